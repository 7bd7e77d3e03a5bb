"""What chat exports have in common: names, times, placeholders, and turning lines into messages."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

from qingzhuang.intake.adapters.encoding import TextLines, head_text
from qingzhuang.intake.types import Blob, ChannelKind, Message, Skip
from qingzhuang.kit.pure.clock import CHINA, from_unix

# No heading is longer; a longer line is never tried (some patterns take the square of its length).
LONGEST_HEADING = 300
# The longest message text kept (characters); no chat program sends a tenth of it.
LONGEST_TEXT = 1 << 20

_TITLES = re.compile(r"^(?:【[^】]*】\s*)+")
# "【兴华社区】李四": the bracket holds where he works, not a title given by the group.
_UNIT_TITLE = re.compile(
    r"(?:社区|村|街道|镇|乡|局|委|办|部|站|所|中心|网格|大队|公司|学校|医院)】\s*$"
)
_ACCOUNT = re.compile(
    r"^(?P<name>.*?)\s*(?:\((?P<number>\d{5,})\)|<(?P<mail>[^<>\s]{1,64}@[^<>\s]{1,64})>)$", re.S
)
_BRACKETED = re.compile(r"\[(?:文件|图片|视频|语音|动画表情)[:：|]\s*([^\]\n]{1,255})\]")
_FILE_AFTER = re.compile(r"\[文件\][ \t]*([^\n\[\]]{0,255}?\.[A-Za-z0-9]{1,5})(?![A-Za-z0-9.])")
_MOMENT = re.compile(
    r"\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?[ T\u3000]*"
    r"(?:(AM|PM|上午|下午|凌晨|晚上|中午)\s*)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\.\d+)?"
    r"\s*(AM|PM)?\s*(Z|[+-]\d{2}:?\d{2})?\s*$",
    re.I,
)
# "截止时间 2024-01-01 10:00:00" is a deadline in the text, not somebody speaking.
_NO_NAME = re.compile(r"[，。；！？：:、]|时间|日期|截[止至]|期限|之前|[从自于至到起]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The line over a message: who, when, where. `keep` is False for what is no message."""

    sender: str | None
    sent_at: datetime | None
    account: str | None = None
    group: str | None = None
    channel_key: str | None = None
    keep: bool = True


def strip_titles(name: str) -> str:
    """'【群主】【冒泡】张三' → '张三'; a unit in brackets stays, and so does a name of brackets only."""
    match = _TITLES.match(name)
    if match is None or _UNIT_TITLE.search(match.group()):
        return name.strip()
    return name[match.end() :].strip() or name.strip()


def split_account(shown: str) -> tuple[str | None, str | None]:
    """'张三(城建(二))(10001)' → ('张三(城建(二))', '10001'): the last pair is the number."""
    match = _ACCOUNT.match(shown.strip())
    if match is None:
        return strip_titles(shown) or None, None
    return strip_titles(match["name"]) or None, match["number"] or match["mail"]


def is_name(shown: str) -> bool:
    """Whether what stands before a time can be somebody's name rather than words of a text."""
    return len(shown) <= 40 and not _NO_NAME.search(shown)


def half_day(hour: int, mark: str | None) -> int:
    """The hour on a 24-hour clock: 12 AM is 0, 1 PM is 13."""
    if mark is None or hour > 12:
        return hour
    if mark.upper() in {"PM", "下午", "晚上"} or (mark == "中午" and hour < 11):
        return hour if hour == 12 else hour + 12
    return 0 if hour == 12 and mark != "中午" else hour


def moment(value: object) -> datetime | None:
    """A time as exports write it: ISO, '2026/3/2 9:05', '…年…月…日 …', Unix s or ms; else None."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, (int, float)):
            return from_unix(value / 1000 if abs(value) >= 1e11 else value) if value > 0 else None
        text = str(value)
        if text.strip().isdecimal():
            return moment(int(text))
        match = _MOMENT.match(text) if len(text) <= 64 else None
        if match is None:
            return None
        year, month, day, before, hour, minute, second, after, zone = match.groups()
        clock = half_day(int(hour), before or after)
        return datetime(
            int(year),
            int(month),
            int(day),
            clock,
            int(minute),
            int(second or 0),
            tzinfo=_zone(zone),
        )
    except ValueError:
        return None


def _zone(text: str | None) -> timezone:
    if not text:
        return CHINA
    if text in "Zz":
        return timezone.utc  # noqa: UP017 (the annotation above names the class)
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def attachments_in(text: str) -> tuple[str, ...]:
    """File names that a chat's text shows: '[文件]名单.xlsx', '[图片: a.jpg]'."""
    if "[" not in text:
        return ()
    names = [*_BRACKETED.findall(text), *_FILE_AFTER.findall(text)]
    return tuple(dict.fromkeys(name.strip() for name in names))


def fold_lines(text: object) -> str:
    """A text value with line ends as \\n and no empty lines around it; '' for anything else."""
    if not isinstance(text, str):
        return ""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def words(*values: object) -> str:
    """The first value that is a text with something in it, stripped; '' when none is."""
    return next((v.strip() for v in values if isinstance(v, str) and v.strip()), "")


def file_stem(blob: Blob) -> str:
    """The file's name without folder and extension: '导出/某群.txt' → '某群'."""
    name = blob.path.replace("\\", "/").rpartition("/")[2]
    return name.rpartition(".")[0] or name


def extension(blob: Blob) -> str:
    """'.txt' in lower case, '' when it has none."""
    name = blob.path.replace("\\", "/").rpartition("/")[2]
    stem, dot, end = name.rpartition(".")
    return f".{end.lower()}" if dot and stem else ""


def sibling(blob: Blob, name: str) -> Blob | None:
    """The file of that relative name beside this one, where the blob knows its neighbours."""
    find: Callable[[str], Blob | None] | None = getattr(blob, "sibling", None)
    return find(name) if find else None


def gather(
    path: str, lines: Iterable[tuple[int, str | Heading]], *, keep_empty: bool = True
) -> Iterator[Message | Skip]:
    """Messages out of headings and the body lines under them; blank lines around a body go.

    Words before the first heading are told as one Skip, and so is a body's end past 1 M
    characters. `keep_empty=False` drops headings with nothing under them.
    """
    heading: Heading | None = None
    start = lost = 0
    body: list[str] = []
    length = 0
    for number, line in lines:
        if not isinstance(line, str):
            if heading is not None and heading.keep:
                yield from _message(path, start, heading, body, keep_empty)
            heading, start, body, length = line, number, [], 0
        elif heading is None:
            if line.strip() and not lost:
                lost = number
                yield Skip(path=path, locator=f"行 {number}", code="intake.before_first_message")
        elif heading.keep:
            length += len(line) + 1
            if length <= LONGEST_TEXT:
                body.append(line)
            elif length - len(line) - 1 <= LONGEST_TEXT:
                yield Skip(path=path, locator=f"行 {number}", code="intake.text_too_long")
    if heading is not None and heading.keep:
        yield from _message(path, start, heading, body, keep_empty)


def _message(
    path: str, start: int, heading: Heading, body: list[str], keep_empty: bool
) -> Iterator[Message]:
    while body and not body[-1].strip():
        body.pop()
    first = 0
    while first < len(body) and not body[first].strip():
        first += 1
    text = "\n".join(body[first:])
    if text or keep_empty:
        yield Message(
            path=path,
            locator=f"行 {start}",
            channel=ChannelKind.CHAT,
            group=heading.group,
            sender=heading.sender,
            sent_at=heading.sent_at,
            text=text,
            attachments=attachments_in(text),
            account=heading.account,
            channel_key=heading.channel_key,
        )


def has_columns(head: bytes, columns: frozenset[str]) -> bool:
    """Whether the file's first line is a CSV header with at least these columns."""
    text = head_text(head)
    if text is None:
        return False
    first = text.partition("\n")[0]
    if len(first) > 4096:
        return False
    return columns <= {cell.strip().strip('"').strip() for cell in first.split(",")}


def csv_records(
    blob: Blob, needed: tuple[str, ...]
) -> Iterator[tuple[str, Mapping[str, Any]] | Skip]:
    """Records of a CSV with a header as ('第 12 行', record); the header is row 1.

    A record without one of the `needed` columns, and a file whose quotes never close, come as Skip.
    """
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 24))
    lines = TextLines(blob)
    row, quotes = 1, 0

    def counted() -> Iterator[str]:
        nonlocal quotes
        for _, line in lines:
            quotes += line.count('"')
            yield f"{line}\n"

    try:
        for row, record in enumerate(csv.DictReader(counted()), 2):
            place = f"第 {row} 行"
            if any(record.get(name) is None for name in needed):
                yield Skip(path=blob.path, locator=place, code="intake.bad_row")
            else:
                yield place, record
        if quotes % 2:  # the last record has swallowed what came after its quote
            yield Skip(path=blob.path, locator=f"第 {row} 行", code="intake.csv_open_quote")
    except csv.Error:
        yield Skip(path=blob.path, locator=f"第 {row + 1} 行起", code="intake.csv_broken")
    yield from lines.damage()


def first_year(days: Iterable[tuple[int, int]], until: date) -> int | None:
    """The year of the first of (month, day) pairs that run forward and end by `until`.

    None when there are none. A fall of six months or more is a New Year between two messages.
    """
    last: tuple[int, int] | None = None
    turns = 0
    for day in days:
        turns += last is not None and last[0] - day[0] >= 6
        last = day
    if last is None:
        return None
    tomorrow = until + timedelta(days=1)
    return (
        until.year - turns - (last > (tomorrow.month, tomorrow.day) and tomorrow.year == until.year)
    )
