"""The walker: which files, which reader, what is refused, what is told; and each message once."""

from __future__ import annotations

import io
import os
import random
import string
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingzhuang.intake import inputs
from qingzhuang.intake.inputs import FileBlob, pick_reader, read_blobs, read_paths, unique
from qingzhuang.intake.rules.secrecy import is_marked_secret
from qingzhuang.intake.types import ChannelKind, Message, Skip
from qingzhuang.kit.key_set import KeySet
from qingzhuang.kit.pure.errors import UserError

FIXTURES = Path(__file__).parent.parent / "fixtures"
CHATS, BAD = FIXTURES / "chats", FIXTURES / "bad"


@dataclass(frozen=True)
class Bytes:
    path: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.data)


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def said(text: str, **more: object) -> Message:
    values: dict[str, object] = {"path": "a", "locator": "行 1", "channel": ChannelKind.CHAT}
    return Message(**{**values, "text": text, **more})  # type: ignore[arg-type]


def messages_of(items: Iterator[Message | Skip]) -> list[Message]:
    return [item for item in items if isinstance(item, Message)]


# Walking


def test_folders_are_walked_in_order_and_what_no_one_wrote_is_passed_over(tmp_path: Path) -> None:
    for name in (
        "b/2.txt", "b/1.txt", "a.txt", ".hidden/x.txt", ".x.txt", "__MACOSX/a.txt", "~$a.docx",
        "Thumbs.db", "desktop.ini", "b/.DS_Store",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(f"请报送 {name}", "utf-8")
    found = list(read_paths([tmp_path]))
    assert [item.path for item in found] == [
        str(tmp_path / name) for name in ("a.txt", "b/1.txt", "b/2.txt")
    ]
    assert all(isinstance(item, Message) for item in found)


def test_paths_are_shown_as_they_were_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "导出").mkdir()
    (tmp_path / "导出" / "群.txt").write_text("请报数", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert [item.path for item in read_paths([Path("导出")])] == ["导出/群.txt"]


def test_a_missing_path_is_an_error_alone_and_a_skip_among_others(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        read_paths([tmp_path / "没有.txt"])
    assert error.value.code == "intake.no_such_path"
    (tmp_path / "a.txt").write_text("请报数", "utf-8")
    found = list(read_paths([tmp_path / "没有.txt", tmp_path / "a.txt"]))
    assert [getattr(item, "code", None) for item in found] == ["intake.no_such_path", None]


def test_a_link_in_a_circle_does_not_hang_the_walk(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("请报数", "utf-8")
    (tmp_path / "circle").symlink_to(tmp_path)
    assert len(list(read_paths([tmp_path]))) == 1


def test_names_of_files_in_gbk_are_shown_as_words(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + "群消息.txt".encode("gb18030"))).write_bytes(
        b"x"
    )
    assert [item.path for item in read_paths([tmp_path])] == [str(tmp_path / "群消息.txt")]


def test_a_name_longer_than_any_file_is_just_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        read_paths([tmp_path / ("长" * 300)])


def test_a_manifest_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("x")
    (inner / "m.json").write_text("{}")
    blob = FileBlob(path="m.json", file=inner / "m.json")
    assert blob.sibling("m.json") is not None
    assert blob.sibling("../../../secret.txt") is None
    assert blob.sibling(str(tmp_path / "secret.txt")) is None


def test_progress_counts_the_bytes_of_the_files_once(tmp_path: Path) -> None:
    data = (CHATS / "weflow/weflow.json").read_bytes()  # read twice: the session, the messages
    (tmp_path / "a.json").write_bytes(data)
    told: list[int] = []
    list(read_paths([tmp_path], progress=told.append))
    assert told[-1] == len(data)
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("qq_txt", "qq_txt/两个群.txt"),
        ("qq_mht", "qq_mht/群.mht"),
        ("qq_json", "qq_json/单文件.json"),
        ("chatlog_csv", "chatlog/长乐_2026-03-01_2026-03-31.csv"),
        ("chatlog_json", "chatlog/长乐.json"),
        ("chatlog_txt", "chatlog/111@chatroom_2025-12-01_2026-01-31.txt"),
        ("wechatmsg_csv", "wechatmsg/民生条线_utf8.csv"),
        ("wechatmsg_txt", "wechatmsg/安全群.txt"),
        ("wechatmsg_html", "wechatmsg/聊天页.html"),
        ("pywxdump_csv", "pywxdump/111@chatroom_0_3.csv"),
        ("pywxdump_json", "pywxdump/data.js"),
        ("weflow", "weflow/echotrace.json"),
        ("wecom", "wecom/存档.jsonl"),
        ("copied", "copied/电脑微信.txt"),
        ("plain", "plain/粘贴的通知.txt"),
    ],
)
@pytest.mark.parametrize("ending", ["", ".bak", ".docx"])
def test_readers_go_by_content_not_by_name(name: str, folder: str, ending: str) -> None:
    blob = Bytes(f"改过的名字{ending}", (CHATS / folder).read_bytes())
    reader = pick_reader(blob, blob.data)
    assert reader is not None
    assert reader.name == name


# Packed files


def test_members_of_an_archive_are_read_and_shown_under_it() -> None:
    inner = packed(**{"3月.txt": "请报数".encode()})
    outer = packed(**{"群/a.txt": "收到".encode(), "b.zip": inner, "__MACOSX/x.txt": b"x"})
    found = list(read_blobs([Bytes("导出.zip", outer)]))
    assert {(item.path, getattr(item, "text", None)) for item in found} == {
        ("导出.zip!/群/a.txt", "收到"),
        ("导出.zip!/b.zip!/3月.txt", "请报数"),
    }


def test_archives_in_archives_are_opened_three_deep() -> None:
    data = "最里面".encode()
    name = "a.txt"
    for _ in range(4):
        data, name = packed(**{name: data, "旁边.txt": "这一层".encode()}), "a.zip"
    found = list(read_blobs([Bytes("a.zip", data)]))
    assert sum(isinstance(item, Message) for item in found) == 3
    assert [item.code for item in found if isinstance(item, Skip)] == ["intake.nested_too_deep"] * 2


def test_too_many_members_and_too_many_bytes_are_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(**{f"{i}.txt": f"第{i}条".encode() * 200 for i in range(20)})
    monkeypatch.setattr(inputs, "MOST_MEMBERS", 5)
    found = list(read_blobs([Bytes("a.zip", archive)]))
    assert len([item for item in found if isinstance(item, Message)]) == 5
    assert [s.code for s in found if isinstance(s, Skip)] == ["intake.too_many_members"]
    monkeypatch.setattr(inputs, "MOST_MEMBERS", 100)
    monkeypatch.setattr(inputs, "MOST_UNPACKED", 5000)
    found = list(read_blobs([Bytes("a.zip", archive)]))
    assert 0 < len([item for item in found if isinstance(item, Message)]) < 20
    assert [s.code for s in found if isinstance(s, Skip)] == ["intake.too_much_unpacked"]


# Secrets


@pytest.mark.parametrize(
    ("text", "channel", "secret"),
    [
        ("机密★1年\n关于某事的通知", ChannelKind.DOCUMENT, True),
        ("秘密★启封前 请阅", ChannelKind.CHAT, True),
        ("绝 密 ★ 长 期", ChannelKind.DOCUMENT, True),
        ("000001\n秘　密\n某局文件", ChannelKind.DOCUMENT, True),
        ("机密 1年\n某局文件", ChannelKind.CHAT, True),
        ("机密＊1年", ChannelKind.CHAT, True),
        ("文号：江〔2026〕1号\n密级：秘密\n标题：某事", ChannelKind.SHEET, True),
        ("绝密", ChannelKind.DOCUMENT, True),
        ("秘密", ChannelKind.CHAT, False),
        ("请保守秘密，不要外传", ChannelKind.DOCUMENT, False),
        ("密级：\n缓急：特急", ChannelKind.SHEET, False),
        ("这个秘密三十年没人知道", ChannelKind.CHAT, False),
        ("开展保密教育，观看《秘密图纸》", ChannelKind.DOCUMENT, False),
        ("正文\n" * 30 + "秘密\n", ChannelKind.DOCUMENT, False),
    ],
)
def test_secret_marks(text: str, channel: ChannelKind, secret: bool) -> None:
    assert is_marked_secret(text, channel) is secret


def test_a_secret_text_is_nowhere_in_what_comes_out() -> None:
    found = list(read_paths([BAD / "带密级的通知.txt", BAD / "群里贴了密件.txt"]))
    assert [s.code for s in found if isinstance(s, Skip)] == ["intake.secret_refused"] * 2
    assert [m.text for m in found if isinstance(m, Message)] == ["请删除"]
    assert "外传" not in repr(found)
    assert "涉密的话" not in repr(found)


def test_a_fault_in_a_reader_becomes_a_skip_with_the_place_it_came_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Faulty:
        name = "faulty"

        def rate(self, blob: object, head: bytes) -> int:
            return 3

        def read(self, blob: object) -> Iterator[Message]:
            yield said("读到的", locator="行 7")
            raise ZeroDivisionError

    class CannotRate(Faulty):
        name = "cannot"

        def rate(self, blob: object, head: bytes) -> int:
            raise KeyError

    monkeypatch.setattr(inputs, "readers", lambda: (CannotRate(), Faulty()))
    found = list(read_blobs([Bytes("a.txt", b"x")]))
    assert [getattr(item, "text", getattr(item, "code", "")) for item in found] == [
        "读到的",
        "intake.broken_file",
    ]
    assert found[1].locator == "行 7之后"


def test_nuls_and_halves_of_characters_do_not_get_into_a_message() -> None:
    line = '{"msgid":"1","action":"send","from":"a","roomid":"","msgtime":1772413800000,"msgtype":"text","text":{"content":"好\\ud83d\\u0000的"}}'
    (message,) = messages_of(read_blobs([Bytes("a.json", line.encode())]))
    assert message.text == "好\ufffd的"


def test_a_qq_export_saved_under_a_mail_or_page_name_is_still_qqs() -> None:
    data = (CHATS / "qq_mht/群.mht").read_bytes()
    for ending in (".eml", ".html", ".mht", ".txt"):
        reader = pick_reader(Bytes(f"a{ending}", data), data)
        assert reader is not None
        assert reader.name == "qq_mht"


# Each message once


def test_two_members_exports_of_one_qq_group_give_each_message_once(tmp_path: Path) -> None:
    text = (CHATS / "qq_txt/两个群.txt").read_text("utf-8")
    other = text.replace("【群主】", "【管理员】【冒泡】").replace("【管理员】【活跃】", "【潜水】")
    nameless = text.replace("(10001)", "").replace("(20002)", "").replace("(50005)", "")
    (tmp_path / "1.txt").write_bytes(text.encode("gb18030"))
    (tmp_path / "2.txt").write_bytes(other.encode("utf-8-sig"))
    (tmp_path / "3.txt").write_text(nameless, "utf-8")
    once = messages_of(read_paths([tmp_path / "1.txt"]))
    thrice = messages_of(read_paths([tmp_path]))
    assert len(thrice) == 3 * len(once)
    assert [m.id for m in messages_of(unique(thrice))] == [m.id for m in once]


def test_chatlogs_csv_and_json_of_one_group_give_each_message_once() -> None:
    paths = [CHATS / "chatlog/长乐_2026-03-01_2026-03-31.csv", CHATS / "chatlog/长乐.json"]
    found = messages_of(unique(read_paths(paths)))
    assert len(found) == 7
    assert [m.text for m in found].count("收到") == 2  # two people of one name


def test_a_renamed_group_and_a_new_nickname_are_the_same_message() -> None:
    one = said("报数", group="旧名", sender="小张", account="1", channel_key="g@chatroom")
    two = said("报数", group="新名", sender="张主任", account="1", channel_key="g@chatroom")
    assert list(unique([one, two])) == [one]


def test_two_of_one_name_stay_two_and_one_without_keys_joins_either() -> None:
    plain = said("收到", group="群", sender="张三")
    first = said("收到", group="群", sender="张三", account="1")
    second = said("收到", group="群", sender="张三", account="2")
    assert list(unique([first, second])) == [first, second]
    assert list(unique([first, second, plain])) == [first, second]
    assert list(unique([plain, first])) == [plain]


def test_skips_pass_through() -> None:
    skip = Skip(path="a", locator="", code="intake.file_empty")
    assert list(unique([skip, said("a"), skip, said("a")])) == [skip, said("a"), skip]


@given(st.lists(st.integers(0, 2**64 - 1)), st.lists(st.integers(0, 300), max_size=200))
def test_a_set_that_spills_holds_what_a_set_holds(large: list[int], small: list[int]) -> None:
    ours, known = KeySet(in_memory=7), set[int]()
    for key in [*large, *small]:
        assert (key in ours) == (key in known)
        ours.add(key)
        known.add(key)
    assert all(key in ours for key in known)


# Size


def _write_qq(path: Path, messages: int) -> None:
    rng = random.Random(1)
    with path.open("w", encoding="utf-8") as out:
        out.write("消息记录（此消息记录为文本格式，不支持重新导入）\n\n")
        for i in range(messages):
            day, minute = 1 + i % 28, i // 28 % 1440
            noise = "".join(rng.choices(string.ascii_letters, k=8))
            out.write(
                f"2026-03-{day:02} {minute // 60}:{minute % 60:02}:00 张三({10001 + i % 90})\n"
            )
            out.write(f"请于今天17点前报送老旧小区统计表{noise}\n\n")


@pytest.mark.slow
def test_a_file_of_200_000_lines_needs_little_memory(tmp_path: Path) -> None:
    _write_qq(tmp_path / "群.txt", 66_667)
    tracemalloc.start()
    try:
        count = sum(1 for _ in unique(read_paths([tmp_path])))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 66_667
    assert peak < 150e6


@pytest.mark.slow
def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as out:
        out.write("2026-03-02 09:10:00 张三(10001)\n".encode())
        for _ in range(64):
            out.write("字".encode() * 500_000)
    tracemalloc.start()
    try:
        found = list(read_paths([tmp_path]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [getattr(item, "code", "") for item in found] == ["intake.text_too_long", ""]
    assert isinstance(found[1], Message)
    assert set(found[1].text) <= {"字", "\n"}
    assert peak < 60e6
