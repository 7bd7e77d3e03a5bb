"""Bad input: never a traceback, what is whole is read, what is lost is told. The corpus grows."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qingzhuang.intake.inputs import read_blobs, read_paths, unique
from qingzhuang.intake.types import Message, Skip
from qingzhuang.kit.pure.errors import describe

FIXTURES = Path(__file__).parent.parent / "fixtures"
CHATS, BAD = FIXTURES / "chats", FIXTURES / "bad"
BAD_FILES = sorted(path for path in BAD.rglob("*") if path.is_file())


@dataclass(frozen=True)
class Bytes:
    path: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.data)


@pytest.mark.parametrize("path", BAD_FILES, ids=lambda path: path.name)
def test_every_bad_file_is_read_or_told_in_chinese_with_a_next_step(path: Path) -> None:
    found = list(read_paths([path]))
    assert found
    for skip in found:
        if isinstance(skip, Skip):
            words = describe(skip.code, skip.params)
            assert words.message.endswith("。")
            assert words.next_step.endswith(("。", "）。"))
            assert any("\u4e00" <= c <= "\u9fff" for c in words.message)


@pytest.mark.parametrize(
    ("name", "messages", "codes"),
    [
        ("空的.txt", 0, ["file_empty"]),
        ("只有空行.txt", 0, ["no_messages"]),
        ("不是文字.txt", 0, ["unknown_format"]),
        ("认不出.xyz", 0, ["unknown_format"]),
        ("陌生的.json", 0, ["unknown_format"]),
        ("下载到一半.json", 1, ["json_cut"]),
        ("导出到一半.mht", 5, ["mht_cut"]),
        ("中间坏了一条.json", 6, ["json_item"]),
        ("套得太深.json", 0, ["json_cut"]),
        ("引号没有配对.csv", 6, ["csv_open_quote"]),
        ("缺列的.csv", 5, ["bad_row"]),
        ("夹着坏字节.txt", 8, ["damaged_text"]),
        ("开头被截掉.txt", 7, ["before_first_message"]),
        ("没有年份.txt", 2, ["year_guessed"]),
        ("没有列表的页面.html", 0, ["no_messages"]),
        ("没有解密.json", 0, ["still_encrypted"]),
        ("坏了一行.jsonl", 14, ["json_item"]),
    ],
)
def test_what_is_whole_in_a_bad_file_is_read(name: str, messages: int, codes: list[str]) -> None:
    found = list(read_paths([BAD / name]))
    assert [s.code.removeprefix("intake.") for s in found if isinstance(s, Skip)] == codes
    assert len([item for item in found if isinstance(item, Message)]) == messages


EXTENSIONS = [
    "",
    ".txt",
    ".csv",
    ".json",
    ".jsonl",
    ".html",
    ".mht",
    ".js",
    ".md",
    ".docx",
    ".xlsx",
]
EXTENSIONS += [".pdf", ".zip", ".eml", ".ofd", ".doc", ".xls", ".png", ".gz", ".rar", ".7z"]
SEEDS = [path.read_bytes() for path in sorted(CHATS.rglob("*")) if path.is_file()]
MAGICS = [
    b"PK\x03\x04",
    b"%PDF-1.7\n",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"Rar!\x1a\x07",
    b"\x1f\x8b",
]


@st.composite
def _spoilt(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(SEEDS))
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 200)))
    return data[:start] + draw(st.binary(max_size=40)) + data[end:]


@pytest.mark.slow
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=2000),
        _spoilt(),
        st.tuples(st.sampled_from(MAGICS), st.binary(max_size=400)).map(b"".join),
        st.text(max_size=600).map(lambda text: text.encode("utf-8", "surrogatepass")),
    ),
    st.sampled_from(EXTENSIONS),
)
def test_no_bytes_under_any_name_raise(data: bytes, ending: str) -> None:
    for item in unique(read_blobs([Bytes(f"文件{ending}", data)])):
        if isinstance(item, Skip):
            assert str(describe(item.code, item.params))
        else:
            item.text.encode("utf-8")
            (item.sender or "").encode("utf-8")
            assert "\x00" not in item.text


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", [" ", "(", "<a@", "@", "[a|", "[文件:", "=", "名 2026/3/2 9:10\n", "\r"]
)
@pytest.mark.parametrize(
    "start",
    [
        "",
        "消息记录（此消息记录为文本格式\n2024-01-02 3:04:05 ",
        "Subject: Tencent IM Message\n\n<table><tr><div float:left>",
        "<html>WeChatMsg [{type:1,text:'",
        "—————  2026-03-02  —————\n",
        "a(wxid_a) 01-02 15:04:05\n",
    ],
)
def test_no_pattern_takes_the_square_of_the_text(start: str, unit: str) -> None:
    data = (start + unit * (300_000 // len(unit.encode()))).encode()
    begun = time.process_time()
    list(read_blobs([Bytes("a.txt", data)]))
    assert time.process_time() - begun < 3
