"""The .txt that QQ's message manager exported (up to PC version 9.7), and files put together of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from qingzhuang.intake.adapters.chat import (
    LONGEST_HEADING,
    Heading,
    gather,
    half_day,
    is_name,
    split_account,
)
from qingzhuang.intake.adapters.encoding import TextLines, head_text
from qingzhuang.intake.types import Blob, Message, Reader, Skip
from qingzhuang.kit.pure.clock import CHINA

_TITLE = "消息记录（此消息记录为文本格式"
_SECTION = re.compile(r"^消息(分组|对象)[:：]\s*(.*?)\s*$")
_RULE = "=" * 20
_HEAD = re.compile(
    r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2}) +(\d{1,2}):(\d{1,2}):(\d{1,2})(?: +(AM|PM|上午|下午))? +(\S.*?)\s*$"
)
_NUMBERED = re.compile(
    r"^\d{4}[-/]\d{1,2}[-/]\d{1,2} +\d{1,2}:\d{1,2}:\d{1,2}(?: +(?:AM|PM|上午|下午))? +"
    r".{0,200}(?:\(\d{5,}\)|<[^<>\s]{1,64}@[^<>\s]{1,64}>)[ \t]*$",
    re.M,
)
_SYSTEM = frozenset({"10000", "1000000"})


def _heading(line: str, group: str | None, after_blank: bool) -> Heading | None:
    if not line[:4].isdecimal() or len(line) > LONGEST_HEADING:
        return None
    if (match := _HEAD.match(line)) is None:
        return None
    year, month, day, hour, minute, second, mark, shown = match.groups()
    sender, account = split_account(shown)
    # Chats of several people may show no numbers; then only an empty line before tells a heading.
    if account is None and not (after_blank and is_name(shown)):
        return None
    try:
        sent_at = datetime(
            int(year),
            int(month),
            int(day),
            half_day(int(hour), mark),
            int(minute),
            int(second),
            tzinfo=CHINA,
        )
    except ValueError:
        return None
    system = account in _SYSTEM or (account is None and sender == "系统消息")
    return Heading(sender=sender, account=account, group=group, sent_at=sent_at, keep=not system)


class _QqTxt:
    """Sections change the group; system messages (someone joined) are no messages and are left."""

    name = "qq_txt"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head)
        if text is None:
            return 0
        if text.lstrip().startswith(_TITLE) or ("\n消息对象:" in text and _RULE in text):
            return 3
        return 2 if _NUMBERED.search(text) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        lines = TextLines(blob)
        yield from gather(blob.path, self._told_apart(lines))
        yield from lines.damage()

    def _told_apart(self, lines: TextLines) -> Iterator[tuple[int, str | Heading]]:
        group: str | None = None
        in_section = True
        rule: tuple[int, str] | None = None  # a rule that may begin a section, or be part of a text
        blank = True
        for number, line in lines:
            if line.startswith(_TITLE):
                in_section, rule = True, None
                continue
            if line.startswith(_RULE) and not line.strip("= "):
                if not in_section:
                    rule = number, line
                continue
            if (in_section or rule) and (section := _SECTION.match(line)):
                if section[1] == "对象":
                    group = section[2] or None
                in_section, rule = True, None
                continue
            if rule is not None:
                yield rule
                rule, blank = None, False
            heading = _heading(line, group, blank)
            if heading is not None:
                in_section = False
                yield number, heading
            elif not (in_section and not line.strip()):
                in_section = False
                yield number, line
            blank = not line.strip()


READERS: tuple[Reader, ...] = (_QqTxt(),)
