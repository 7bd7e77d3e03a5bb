"""Broken, locked and cut documents: what is left of them is read, the rest is told in words."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
import xlsxwriter

from qingzhuang.intake.inputs import read_paths
from qingzhuang.intake.types import Message, Skip
from qingzhuang.kit.pure.errors import describe

FIXTURES = Path(__file__).parent.parent / "fixtures"


def _read(*paths: Path) -> tuple[list[Message], list[Skip]]:
    items = list(read_paths(paths))
    messages = [i for i in items if isinstance(i, Message)]
    skips = [i for i in items if isinstance(i, Skip)]
    for skip in skips:
        describe(skip.code, skip.params)
    return messages, skips


@pytest.mark.parametrize(
    ("name", "read", "code"),
    [
        ("doc_cut.docx", 1, "intake.document_cut_off"),
        ("doc_garbage.pdf", 0, "intake.document_damaged"),
        ("doc_password.pdf", 0, "intake.document_encrypted"),
        ("doc_encrypted.xlsx", 0, "intake.document_encrypted"),
        ("doc_empty.docx", 0, "intake.file_empty"),
        ("doc_cut.zip", 1, "intake.archive_cut_off"),
        ("doc_password.zip", 0, "intake.archive_encrypted"),
    ],
)
def test_bad_files_say_what_is_wrong_and_give_what_is_left(name: str, read: int, code: str) -> None:
    messages, skips = _read(FIXTURES / "bad" / name)
    assert len(messages) == read
    assert code in {s.code for s in skips}


def test_text_named_docx_is_read_as_text() -> None:
    (message,), _ = _read(FIXTURES / "bad" / "doc_is_text.docx")
    assert "不是 Word 文件" in message.text


def test_every_cut_of_a_docx_ends_in_words(tmp_path: Path) -> None:
    whole = _docx(tmp_path / "a.docx").read_bytes()
    path = tmp_path / "b.docx"
    for size in range(30, len(whole), max(len(whole) // 40, 1)):
        path.write_bytes(whole[:size])
        messages, skips = _read(path)
        assert messages or skips


def test_every_broken_byte_of_a_doc_ends_in_words(tmp_path: Path) -> None:
    whole = (FIXTURES / "documents" / "notice.doc").read_bytes()
    path = tmp_path / "b.doc"
    for place in range(0, len(whole), len(whole) // 60):
        path.write_bytes(whole[:place] + b"\xff\x00\x7f\xff" * 8 + whole[place + 32 :])
        messages, skips = _read(path)
        assert messages or skips


def _docx(path: Path) -> Path:
    document = docx.Document()
    for line in ("关于报数的通知", "请各社区于周五前报送。", "区民政局", "2026年3月2日"):
        document.add_paragraph(line)
    document.save(str(path))
    return path


def test_every_cut_of_a_workbook_ends_in_words(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    page = book.add_worksheet("收文")
    page.write_row(0, 0, ["收文日期", "来文单位", "标题"])
    page.write_row(1, 0, ["2026-03-01", "区妇联", "通知一"])
    book.close()
    whole = (tmp_path / "a.xlsx").read_bytes()
    path = tmp_path / "b.xlsx"
    for size in range(10, len(whole), len(whole) // 40):
        path.write_bytes(whole[:size])
        messages, skips = _read(path)
        assert messages or skips


def test_workbook_with_macros_is_read_and_nothing_runs(tmp_path: Path) -> None:
    path = tmp_path / "收文.xlsm"
    (tmp_path / "vba.bin").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    book = xlsxwriter.Workbook(str(path))
    book.add_vba_project(str(tmp_path / "vba.bin"))
    page = book.add_worksheet("收文")
    page.write_row(0, 0, ["收文日期", "来文单位", "标题"])
    page.write_row(1, 0, ["2026-03-01", "区妇联", "通知一"])
    book.close()
    (message,), skips = _read(path)
    assert (message.sender, skips) == ("区妇联", [])


def test_a_page_beyond_the_limit_is_read_to_it_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qingzhuang.intake.adapters.html._LIMIT", 2000)
    path = tmp_path / "长.html"
    path.write_text("<html><body>" + "<p>请报送。</p>" * 1000, encoding="utf-8")
    (message,), (skip,) = _read(path)
    assert message.text.startswith("请报送。")
    assert skip.code == "intake.document_too_long"
