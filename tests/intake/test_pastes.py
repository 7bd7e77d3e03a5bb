"""Chats as people paste them, and other text: when it is one message, when several."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from qingzhuang.intake.inputs import read_blobs, read_paths
from qingzhuang.intake.types import ChannelKind, Message, Skip
from qingzhuang.kit.clock import fixed_at
from qingzhuang.kit.pure.clock import CHINA

CHATS = Path(__file__).parent.parent / "fixtures" / "chats"


@dataclass(frozen=True)
class Bytes:
    path: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.data)


def read(*blobs: Bytes) -> tuple[list[Message], list[Skip]]:
    return sift(read_blobs(blobs))


def read_file(name: str) -> tuple[list[Message], list[Skip]]:
    return sift(read_paths([CHATS / name]))


def sift(items: object) -> tuple[list[Message], list[Skip]]:
    found = list(items)  # type: ignore[call-overload]
    return (
        [item for item in found if isinstance(item, Message)],
        [item for item in found if isinstance(item, Skip)],
    )


def rows(messages: list[Message]) -> list[tuple[str | None, str, str]]:
    """(who, 'MM-DD HH:MM', first line) of each."""
    return [
        (
            m.sender,
            m.sent_at.strftime("%m-%d %H:%M") if m.sent_at else "",
            m.text.partition("\n")[0],
        )
        for m in messages
    ]


def test_copied_from_pc_wechat_with_a_date_in_a_text() -> None:
    messages, skips = read_file("copied/电脑微信.txt")
    assert skips == []
    assert rows(messages) == [
        ("街道民生办小覃", "03-02 09:10", "各社区：高龄津贴核对表，今天17点前报。"),
        ("张三", "03-02 09:11", "收到"),
        ("李四", "03-02 21:05", "[文件]名单.xlsx"),
    ]
    assert messages[0].text.endswith("开会时间 2026/3/3 9:00 三楼")
    assert messages[2].account == "10086"


def test_copied_with_the_name_over_the_time() -> None:
    messages, skips = read_file("copied/电脑微信旧版.txt")
    assert skips == []
    assert rows(messages) == [
        ("街道民生办小覃", "03-02 09:10", "各社区："),
        ("张三", "03-02 15:05", "收到"),
    ]


def test_merged_forward_mailed_by_a_phone_has_group_and_days() -> None:
    messages, skips = read_file("copied/手机邮件.txt")
    assert skips == []
    assert rows(messages) == [
        ("街道民生办小覃", "03-02 09:10", "请报独居老人数，"),
        ("张三", "03-02 23:50", "[图片]"),
        ("李四", "03-03 00:10", "收到"),
    ]
    assert {m.group for m in messages} == {"长乐街道民生条线"}


def test_dingtalks_copied_text_without_a_year() -> None:
    with fixed_at(datetime(2026, 3, 3, 9, 0, tzinfo=CHINA)):
        messages, skips = read_file("copied/钉钉.txt")
    assert [m.sent_at and m.sent_at.isoformat() for m in messages] == [
        "2026-03-02T09:10:00+08:00",
        "2026-03-02T09:12:00+08:00",
    ]
    assert [s.code for s in skips] == ["intake.year_guessed"]


def test_lines_of_time_name_and_text_in_one() -> None:
    text = (
        "[2026-03-02 09:10:05] 小覃：请报独居老人数\n半小时内\n[2026-03-02 09:11:00] 张三：收到\n"
    )
    messages, skips = read(Bytes("a.txt", text.encode()))
    assert skips == []
    assert [(m.sender, m.sent_at and m.sent_at.minute, m.text) for m in messages] == [
        ("小覃", 10, "请报独居老人数\n半小时内"),
        ("张三", 11, "收到"),
    ]


def test_dates_within_a_notice_do_not_make_a_chat_of_it() -> None:
    text = "各社区：\n会议安排如下\n第一场 2026/3/2 9:10\n请准时参加\n\n联系人：小覃\n"
    messages, _ = read(Bytes("a.txt", text.encode()))
    assert [m.text for m in messages] == [text.strip()]


def test_words_over_a_copied_chat_are_kept_as_a_message_without_sender() -> None:
    text = "转给你们看看\n\n张三 2026/3/2 9:10\n请报数\n\n李四 2026/3/2 9:11\n收到\n"
    messages, skips = read(Bytes("a.txt", text.encode()))
    assert skips == []
    assert [(m.sender, m.text) for m in messages] == [
        (None, "转给你们看看"),
        ("张三", "请报数"),
        ("李四", "收到"),
    ]


def test_a_pasted_notice_is_one_message_whatever_its_empty_lines() -> None:
    messages, skips = read_file("plain/粘贴的通知.txt")
    assert skips == []
    assert len(messages) == 1
    assert messages[0].text.startswith("各社区：\n\n请于")
    assert messages[0].channel is ChannelKind.CHAT


def test_a_pasted_conversation_is_several() -> None:
    messages, _ = read_file("plain/粘贴的对话.txt")
    assert [(m.sender, m.text) for m in messages] == [
        ("小覃", "独居老人数报一下"),
        ("张三", "含空巢吗"),
        ("小覃", "不含，半小时内"),
        ("李四", "收到"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "张三：12户\n李四：8户\n王五：9户",  # a list names each once
        "时间：周三\n地点：三楼\n时间：周四\n地点：二楼",  # labels, not people
        "请看：\n第一：报表\n第二：照片\n第一：先报",
    ],
)
def test_lists_and_labels_are_no_conversation(text: str) -> None:
    messages, _ = read(Bytes("a.txt", text.encode()))
    assert [m.text for m in messages] == [text]


def test_a_text_with_the_look_of_an_official_document_is_one() -> None:
    messages, skips = read_file("plain/公文.md")
    assert skips == []
    assert len(messages) == 1
    assert messages[0].channel is ChannelKind.DOCUMENT
    assert messages[0].sender == "江岚区住房和城乡建设局"
    assert messages[0].text.startswith("关于开展老旧小区基础数据统计工作的通知")


def test_a_chat_that_names_a_document_is_not_one() -> None:
    messages, _ = read(Bytes("a.txt", "请落实《关于报送材料的通知》，下班前报。".encode()))
    assert messages[0].channel is ChannelKind.CHAT


def test_a_very_long_paste_is_read_whole_in_parts() -> None:
    text = "".join(f"第{i}行，请各社区注意。\n\n" for i in range(60_000))
    messages, skips = read(Bytes("a.txt", text.encode()))
    assert skips == []
    assert len(messages) > 3
    assert "\n\n".join(m.text for m in messages) == text.strip()
