"""Chats as people paste them: copied on a PC from WeChat, QQ, DingTalk or WeCom, or mailed by a phone.

    张三 2026/3/2 9:10          张三:                      —————  2026-03-02  —————
    正文                        2026年3月2日 09:10          张三  09:10
                                正文                       正文
    2026-03-02 09:10 张三：正文

DingTalk has no export; what its window copies is the first form. Days without a year are of the
past twelve months (a Skip tells which year was taken); 昨天 and 星期一 cannot be dated, so those
messages have no time. Words above the first heading are a message without a sender.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from qingzhuang.intake.adapters.chat import (
    LONGEST_HEADING,
    Heading,
    first_year,
    gather,
    half_day,
    is_name,
    split_account,
)
from qingzhuang.intake.adapters.encoding import TextLines, head_text
from qingzhuang.intake.types import Blob, Message, Reader, Skip
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import CHINA

_CLOCK = r"(?:(?P<half>上午|下午|凌晨|晚上|中午|AM|PM)\s*)?(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
_DAY = (
    r"(?:(?:(?P<year>\d{4})\s*[-/.年]\s*)?(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"|今天|昨天|前天|(?:星期|周)[一二三四五六日天])(?:[ \t]*(?:星期|周)[一二三四五六日天])?"
)
_DATED = re.compile(
    rf"^(?P<name>\S.{{0,59}}?)[ \t\u3000\xa0]+{_DAY}[ \t\u3000\xa0]*{_CLOCK}\s*$", re.I
)
_TIMED = re.compile(rf"^(?P<name>\S.{{0,59}}?)[ \t\u3000\xa0]+{_CLOCK}\s*$", re.I)
_WHEN = re.compile(rf"^{_DAY}[ \t\u3000\xa0]*{_CLOCK}\s*$", re.I)
# "2026-03-02 09:10 张三：正文", with or without brackets around the time.
_INLINE = re.compile(
    rf"^[\[【(（]?{_DAY}[ \t\u3000\xa0]*{_CLOCK}[\]】)）]?[ \t\u3000\xa0]*(?P<name>[^\s:：][^:：]{{0,39}})[:：][ \t]*",
    re.I,
)
_DIVIDER = re.compile(
    r"^\s*[—–─━\-]{3,}\s*(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?\s*[—–─━\-]{3,}\s*$"
)
_TITLE = re.compile(r"^\s*[“\"「]?(?P<group>.+?)[”\"」]?\s*的聊天记录(?:如下)?\s*[:：]?\s*$")
_GREETING = re.compile(r"^\s*(?:Dear|Hi|你好|您好)?\s*[:：,，]?\s*$", re.I)
Numbered = tuple[int, str | Heading]


class _Copied:
    name = "copied"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head)
        if not text:
            return 0
        lines = [line for line in text.split("\n") if line.strip()]
        if any(_DIVIDER.match(line) for line in lines[:20] if len(line) <= LONGEST_HEADING):
            return 3
        found = list(_headings(enumerate(text.split("\n"), 1)))
        headings = [number for number, item in found if isinstance(item, Heading)]
        if not headings:
            return 0
        first = (
            _TITLE.match(lines[0][:LONGEST_HEADING])
            or not text[: _offset(text, headings[0])].strip()
        )
        # One heading within a longer text may be a line of that text; several are a chat.
        return 2 if first or len(headings) > 1 else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        year = first_year(self._yearless(blob), clock.now().date())
        if year is not None:
            yield Skip(
                path=blob.path, locator="", code="intake.year_guessed", params={"year": year}
            )
        lines = TextLines(blob)
        yield from gather(blob.path, _with_preamble(_headings(lines, year)))
        yield from lines.damage()

    def _yearless(self, blob: Blob) -> Iterator[tuple[int, int]]:
        for _, line in TextLines(blob):
            if len(line) > LONGEST_HEADING:
                continue
            match = _DATED.match(line) or _WHEN.match(line) or _INLINE.match(line)
            if match and match["month"] and not match["year"]:
                yield int(match["month"]), int(match["day"])


def _offset(text: str, number: int) -> int:
    """Where line `number` (from 1) begins."""
    at = 0
    for _ in range(number - 1):
        at = text.index("\n", at) + 1
    return at


def _with_preamble(lines: Iterable[Numbered]) -> Iterator[Numbered]:
    started = False
    for number, item in lines:
        if not started and isinstance(item, str):
            if not item.strip() or _GREETING.match(item):
                continue
            yield number, Heading(sender=None, sent_at=None)
        started = True
        yield number, item


def _headings(lines: Iterable[tuple[int, str]], year: int | None = None) -> Iterator[Numbered]:
    """Each line as it stands, or as the heading it is; titles and dividers are used up."""
    reading = _Reading(year)
    held: tuple[int, str] | None = None  # a name may have its time on the next line
    after_blank = True
    for number, line in lines:
        if held is not None:
            when = _WHEN.match(line) if len(line) <= LONGEST_HEADING else None
            if when and (heading := reading.heading(held[1].rstrip(":： \t"), when)):
                yield held[0], heading
                held, after_blank = None, False
                continue
            yield held
            after_blank, held = False, None
        inline = _INLINE.match(line)
        heading = reading.heading(inline["name"], inline) if inline else None
        if inline and heading:
            yield number, heading
            yield number, line[inline.end() :]
            after_blank = False
            continue
        item = reading.line(line, after_blank)
        if isinstance(item, str) and _may_be_name(item, after_blank):
            held = number, item
        elif item is not None:
            yield number, item
        after_blank = item is None or (isinstance(item, str) and not item.strip())
    if held is not None:
        yield held


def _may_be_name(line: str, after_blank: bool) -> bool:
    bare = line.rstrip()
    if not bare or len(bare) > 60:
        return False
    return (bare.endswith((":", "：")) or after_blank) and is_name(bare.rstrip(":："))


class _Reading:
    """What a chat's earlier lines say about the next: the group, the day of the divider, the year."""

    def __init__(self, year: int | None) -> None:
        self._year = year
        self._month = 0
        self._day: date | None = None
        self._group: str | None = None
        self._any = False

    def line(self, line: str, after_blank: bool) -> str | Heading | None:
        """The line as text, as the heading it is, or None when it only tells of what follows."""
        divider = _DIVIDER.match(line) if len(line) <= LONGEST_HEADING else None
        if divider is not None:
            self._day = _date(int(divider[1]), int(divider[2]), int(divider[3]))
            return None
        title = None
        if not self._any and "聊天记录" in line and len(line) <= LONGEST_HEADING:
            title = _TITLE.match(line)
        if title is not None:
            named = title["group"].strip()
            self._group = None if named in {"群聊", "微信群"} else named
            return None
        if len(line) > LONGEST_HEADING or not line.rstrip()[-1:].isdecimal():
            return line
        match = _DATED.match(line)
        if match is None and after_blank and self._day is not None:
            match = _TIMED.match(line)
        return (match and self.heading(match["name"], match)) or line

    def heading(self, shown: str, match: re.Match[str]) -> Heading | None:
        if not is_name(shown):
            return None
        sender, account = split_account(shown)
        self._any = True
        return Heading(
            sender=sender,
            account=account,
            group=self._group,
            sent_at=self._moment(match.groupdict()),
        )

    def _moment(self, parts: dict[str, str | None]) -> datetime | None:
        day = None if "day" in parts else self._day
        if parts.get("month"):
            month = int(parts["month"] or 0)
            if not parts["year"] and self._year is not None:
                self._year += self._month - month >= 6
                self._month = month
            year = int(parts["year"] or self._year or 0)
            day = _date(year, month, int(parts["day"] or 0))
        hour = half_day(int(parts["hour"] or 0), parts["half"])
        minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
        if day is None or hour > 23 or minute > 59 or second > 59:
            return None
        return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=CHINA)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


READERS: tuple[Reader, ...] = (_Copied(),)
