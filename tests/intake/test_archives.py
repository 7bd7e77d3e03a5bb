"""Archives as Windows, WPS and phones make them, and as somebody makes them who means harm."""

from __future__ import annotations

import gzip
import importlib.util
import io
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from qingzhuang.intake.adapters import archive as adapter
from qingzhuang.intake.adapters import streams
from qingzhuang.intake.adapters.archive import ArchiveReader
from qingzhuang.intake.adapters.streams import shown_name
from qingzhuang.intake.inputs import FileBlob, read_paths
from qingzhuang.intake.types import Blob, Message, Skip
from qingzhuang.kit.pure.errors import describe

NOTE = "请各社区于周五前报送独居老人数据。"


def _read(path: Path) -> tuple[list[Message], list[Skip]]:
    items = list(read_paths([path]))
    messages = [i for i in items if isinstance(i, Message)]
    skips = [i for i in items if isinstance(i, Skip)]
    for skip in skips:
        describe(skip.code, skip.params)
    return messages, skips


def _members(path: Path) -> tuple[list[Blob], list[Skip]]:
    blobs: list[Blob] = []
    skips: list[Skip] = []
    for item in ArchiveReader().read(FileBlob(path=path.name, file=path)):
        if isinstance(item, Skip):
            describe(item.code, item.params)
            skips.append(item)
        else:
            assert not isinstance(item, Message)
            blobs.append(item)
            with item.open() as stream:
                stream.read()
    return blobs, skips


def _zip_raw(
    path: Path, members: list[tuple[bytes, bytes, int]], *, lie: int | None = None
) -> Path:
    """A zip written by hand: raw names, flags as given, and sizes that may lie."""
    out, directory = io.BytesIO(), io.BytesIO()
    for name, data, flags in members:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
        size = len(data) if lie is None else lie
        fields = (flags, 8, 0, 0, zlib.crc32(data), len(packed), size, len(name), 0)
        directory.write(
            struct.pack(
                "<4s6H3I5H2I",
                b"PK\x01\x02",
                20,
                20,
                *fields[:4],
                *fields[4:7],
                len(name),
                0,
                0,
                0,
                0,
                0,
                out.tell(),
            )
            + name
        )
        out.write(struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, *fields) + name + packed)
    start = out.tell()
    out.write(directory.getvalue())
    out.write(
        struct.pack(
            "<4s4H2IH",
            b"PK\x05\x06",
            0,
            0,
            len(members),
            len(members),
            len(directory.getvalue()),
            start,
            0,
        )
    )
    path.write_bytes(out.getvalue())
    return path


def test_names_in_gbk_utf8_and_with_the_flag(tmp_path: Path) -> None:
    path = _zip_raw(
        tmp_path / "导出.zip",
        [
            ("三月/群聊.txt".encode("gbk"), NOTE.encode(), 0),
            ("手机.txt".encode(), NOTE.encode(), 0),
            ("标明.txt".encode(), NOTE.encode(), 0x800),
        ],
    )
    blobs, skips = _members(path)
    assert skips == []
    assert [b.path for b in blobs] == [
        "导出.zip!/三月/群聊.txt",
        "导出.zip!/手机.txt",
        "导出.zip!/标明.txt",
    ]


def test_members_are_read_and_litter_is_left(tmp_path: Path) -> None:
    path = tmp_path / "包.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("通知.txt", NOTE)
        package.writestr("夹/", "")
        package.writestr("__MACOSX/._通知.txt", b"\x00\x05\x16\x07")
        package.writestr(".DS_Store", b"x")
    messages, skips = _read(path)
    assert skips == []
    assert [m.text for m in messages] == [NOTE]
    assert messages[0].path == f"{path}!/通知.txt"


def test_a_member_opens_again_and_seeks(tmp_path: Path) -> None:
    path = tmp_path / "包.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a.txt", "0123456789" * 10_000)
    for item in ArchiveReader().read(FileBlob(path="包.zip", file=path)):
        assert not isinstance(item, Message | Skip)
        for _ in range(2):
            with item.open() as stream:
                assert stream.read(10) == b"0123456789"
                stream.seek(99_995)
                assert stream.read() == b"56789"
                stream.seek(3)
                assert stream.read(3) == b"345"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/绝对/路径.txt", "绝对/路径.txt"),
        ("C:\\用户\\..\\表.xls", "用户/表.xls"),
        ("通知\u202etxt.exe", "通知txt.exe"),
        ("a\x00b\n.txt", "ab.txt"),
        ("../..", "无名文件"),
    ],
)
def test_names_that_lead_elsewhere_are_neutralised(name: str, shown: str) -> None:
    assert shown_name(name) == shown


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tgz", "tar.bz2", "tar.xz"])
def test_tars(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"包.{ending}"
    kind = {"tgz": "gz", "tar": ""}.get(ending, ending.rpartition(".")[2])
    with tarfile.open(str(path), f"w:{kind}") as package:  # type: ignore[call-overload]
        for name in ("通知.txt", "../外面.txt"):
            info = tarfile.TarInfo(name)
            info.size = len(NOTE.encode())
            package.addfile(info, io.BytesIO(NOTE.encode()))
        link = tarfile.TarInfo("链接")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        package.addfile(link)
    messages, skips = _read(path)
    assert skips == []
    assert [m.text for m in messages] == [NOTE, NOTE]
    assert [m.path.rpartition("!/")[2] for m in messages] == ["通知.txt", "外面.txt"]


def test_one_packed_file(tmp_path: Path) -> None:
    path = tmp_path / "群聊.txt.gz"
    path.write_bytes(gzip.compress(NOTE.encode("gb18030")))
    (message,), _ = _read(path)
    assert message.text == NOTE
    assert message.path.endswith("群聊.txt.gz!/群聊.txt")


def test_four_deep(tmp_path: Path) -> None:
    data = NOTE.encode()
    name = "通知.txt"
    for depth in range(4):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as package:
            package.writestr(name, data)
            package.writestr(f"第{depth}层.txt", f"第{depth}层的通知，请报送。")
        data, name = buffer.getvalue(), f"{depth}.zip"
    path = tmp_path / "套.zip"
    path.write_bytes(data)
    messages, skips = _read(path)
    assert {m.text[:3] for m in messages} == {"第3层", "第2层", "第1层"}
    assert {s.code for s in skips} == {"intake.nested_too_deep"}


def test_bomb_is_refused_by_its_declared_size(tmp_path: Path) -> None:
    path = tmp_path / "炸弹.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("通知.txt", NOTE)
        with package.open("大.txt", "w") as stream:
            for _ in range(60):
                stream.write(bytes(1 << 20))
    assert path.stat().st_size < 100_000
    blobs, skips = _members(path)
    assert [b.path for b in blobs] == ["炸弹.zip!/通知.txt"]
    assert [(s.locator, s.code) for s in skips] == [("大.txt", "intake.archive_bomb")]


def test_bomb_that_lies_about_its_size_ends_where_it_said(tmp_path: Path) -> None:
    path = _zip_raw(tmp_path / "谎.zip", [(b"a.txt", bytes(60 << 20), 0)], lie=1000)
    blobs, skips = _members(path)
    assert [s.code for s in skips] == ["intake.archive_member_damaged"]
    with blobs[0].open() as stream:
        assert len(stream.read()) <= 1000


def test_office_file_that_is_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "通知.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b" " * (60 << 20))
    messages, skips = _read(path)
    assert messages == []
    assert [s.code for s in skips] == ["intake.archive_bomb"]


def test_limits_of_a_member_and_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MEMBER_LIMIT", 5000)
    monkeypatch.setattr(streams, "TOTAL_LIMIT", 6000)
    path = tmp_path / "大.zip"
    with zipfile.ZipFile(path, "w") as package:
        for name, size in (("一.txt", 4000), ("二.txt", 5001), ("三.txt", 2001), ("四.txt", 2000)):
            package.writestr(name, b"x" * size)
    blobs, skips = _members(path)
    assert [b.path for b in blobs] == ["大.zip!/一.txt", "大.zip!/四.txt"]
    assert [(s.locator, s.code) for s in skips] == [
        ("二.txt", "intake.archive_member_too_big"),
        ("三.txt", "intake.archive_too_big"),
    ]


def test_gzip_bomb_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "BOMB_FLOOR", 1 << 20)
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(bytes(64 << 20), 9))
    blobs, skips = _members(path)
    assert blobs == []
    assert [s.code for s in skips] == ["intake.archive_bomb"]


def test_locked_member_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    path = _zip_raw(
        tmp_path / "密.zip", [("密.txt".encode(), b"x" * 30, 0x1), (b"b.txt", NOTE.encode(), 0)]
    )
    messages, skips = _read(path)
    assert [m.text for m in messages] == [NOTE]
    assert [(s.locator, s.code) for s in skips] == [("密.txt", "intake.archive_encrypted")]


def test_broken_member_gives_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "坏.zip"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("a.txt", NOTE)
        package.writestr("b.txt", NOTE)
    data = path.read_bytes()
    first = data.index("独居".encode())
    path.write_bytes(data[:first] + "空巢".encode() + data[first + 6 :])
    messages, skips = _read(path)
    assert NOTE in [m.text for m in messages]
    assert [(s.locator, s.code) for s in skips if s.code.endswith("damaged")] == [
        ("a.txt", "intake.archive_member_damaged")
    ]


def test_cut_zip_and_cut_tar_give_what_is_before_the_cut(tmp_path: Path) -> None:
    whole = tmp_path / "a.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("一.txt", NOTE)
        package.writestr("二.txt", "，".join(str(n) for n in range(5000)))
    cut = tmp_path / "b.zip"
    cut.write_bytes(whole.read_bytes()[:3000])
    messages, skips = _read(cut)
    assert messages[0].text == NOTE
    assert ("二.txt", "intake.archive_cut_off") in [(s.locator, s.code) for s in skips]
    tar = tmp_path / "c.tar.gz"
    with tarfile.open(str(tar), "w:gz") as package:
        for name, text in (("一.txt", NOTE), ("二.txt", "二" * 100_000)):
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            package.addfile(info, io.BytesIO(text.encode()))
    tar.write_bytes(tar.read_bytes()[:300])
    messages, skips = _read(tar)
    assert messages[0].text == NOTE
    assert "intake.archive_cut_off" in {s.code for s in skips}


def test_every_cut_of_a_zip_ends_in_words(tmp_path: Path) -> None:
    whole = tmp_path / "a.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as package:
        for n in range(5):
            package.writestr(f"{n}.txt", NOTE * 20)
    data = whole.read_bytes()
    path = tmp_path / "b.zip"
    for size in range(5, len(data), 17):
        path.write_bytes(data[:size])
        messages, skips = _read(path)
        assert messages or skips


def test_rar_and_7z_without_the_extra_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins

    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name == "libarchive":
            raise ImportError(name)
        return real(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    for name, start in (
        ("a.rar", b"Rar!\x1a\x07\x01\x00"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04"),
    ):
        path = tmp_path / name
        path.write_bytes(start + bytes(100))
        _, (skip,) = _members(path)
        assert skip.code == "intake.archive_needs_extra"
        assert "解压后再交" in describe(skip.code, skip.params).next_step


@pytest.mark.skipif(
    not importlib.util.find_spec("libarchive"), reason="the extra archives is not installed"
)
def test_7z_with_the_extra(tmp_path: Path) -> None:
    import libarchive

    path = tmp_path / "包.7z"
    with libarchive.file_writer(str(path), "7zip") as package:
        package.add_file_from_memory("通知.txt", len(NOTE.encode()), NOTE.encode())
    messages, skips = _read(path)
    assert skips == []
    assert [m.text for m in messages] == [NOTE]


def test_slide_shows_are_told_once(tmp_path: Path) -> None:
    path = tmp_path / "汇报.pptx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("ppt/presentation.xml", "<p/>")
    messages, skips = _read(path)
    assert messages == []
    assert [s.code for s in skips] == ["intake.office_kind_not_read"]
