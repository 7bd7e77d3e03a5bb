"""The layout of an official document (GB/T 9704-2012): who issued it, when, with what attached.

Works on plain text, so that Word, PDF, OFD, web page and scan share it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from typing import NamedTuple

from qingzhuang.intake.types import ChannelKind, Message
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.text import fold_width, parse_numeral

# Words that a Chinese office's name ends with (GB/T 9704: 机关全称或者规范化简称).
_ORGAN = (
    r"(?:委员会|人民政府|政府|办公厅|办公室|指挥部|领导小组|工作组|专班|联席会议|管委会|居委会|村委会"
    r"|党工委|党委|纪委|监委|党支部|总支|支部|工委|联合会|残联|妇联|工会|团委|总队|支队|大队|中队"
    r"|服务中心|中心|管理处|街道办|办事处|街道|镇|乡|村|社区|公司|集团|协会|总站|分局|总局|站|所|院|校"
    r"|部|委|厅|局|署|办|队|馆|科|处|社)"
)
_ORGAN_NAME = re.compile(rf"[\u4e00-\u9fa5（）()·]{{1,40}}?{_ORGAN}(?:[（(][\u4e00-\u9fa5]+[）)])?")
_ORGAN_LINE = re.compile(rf"(?:[\u4e00-\u9fa5·]{{1,40}}{_ORGAN}(?:[（(][\u4e00-\u9fa5]+[）)])?)")
_YEAR = r"(\d{4}|[〇○零一二三四五六七八九０oO]{4})"
_DATE = rf"{_YEAR}\s*年\s*(\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\s*月\s*(\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\s*日"
_DATE_LINE = re.compile(
    rf"\s*(?P<organ>.*?)\s*{_DATE}\s*(?:[（(]?\s*(?:印章|公章|盖章)\s*[)）]?)?\s*"
)
_DOTTED_DATE_LINE = re.compile(r"\s*(\d{4})\s*[./-]\s*(\d{1,2})\s*[./-]\s*(\d{1,2})\s*")
NUMBER = re.compile(
    r"(?P<organ>[\u4e00-\u9fa5]{1,12}?)\s*[〔\[【（(［]\s*(?P<year>\d{4})\s*[〕\]】）)］]\s*第?\s*(?P<no>\d{1,4})\s*号"
)
_KINDS = (
    "通知|通报|通告|公告|公报|决定|决议|命令|令|意见|议案|报告|请示|批复|函|纪要|方案|办法|细则|规定"
    "|规划|计划|要点|清单|倡议书|简报|工作提示|提示|提醒|告知书|安排|复函"
)
_TITLE_END = re.compile(rf".*(?:{_KINDS})(?:\s*[（(][^）)]{{1,20}}[）)])?\s*$")
_HEAD_MARK = re.compile(
    r"^(?:\d{6}|[绝机秘]密.*|特急|加急|平急|特提|紧急|内部.*|签发人.*|.*文件|.*文\s*件)$"
)
_ATTACHED = re.compile(r"^\s*附\s*件?\s*(?P<no>\d{0,2})\s*[：:]\s*(?P<rest>.*)$")
_ITEM = re.compile(r"^\s*(\d{1,2})\s*[.．、]\s*(?P<name>\S.*)$")
_INLINE_ITEM = re.compile(r"(?:^|\s+)\d{1,2}\s*[.．、]\s*(?=\S)")
# What may stand after the date: notes in brackets, copies, printing line, page numbers, annexes.
_TRAILER = re.compile(
    r"^\s*(?:[（(].*[）)]|抄\s*[送报].*|主\s*送\s*[：:].*|分送.*|主题词.*|公开(?:方式|属性|选项).*|信息公开.*"
    r"|联\s*系\s*(?:人|电\s*话).*|.*印发\s*|.*校对.*|共印.*|[-—–－\s\d]*|第\s*\d+\s*页.*|【.*】)\s*$"
)
_ANNEX = re.compile(r"^\s*附\s*件\s*(?:\d{1,2}|[一二三四五六七八九十])?\s*[：:]?\s*$")
_ATTACHED_FILE = re.compile(r"[\u4e00-\u9fa5A-Za-z0-9]")
_HEAD_LINES = 20


class Head(NamedTuple):
    """Who issued it, the date of issue at the end, and the names in the 附件说明."""

    sender: str | None
    date: date | None
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Closing:
    first: int  # line where the signature begins
    organs: tuple[str, ...]
    day: date


def official_head(text: str) -> Head:
    """Sender, date and attachments by layout; what the text does not say stays None or empty.

    Source of the layout: GB/T 9704-2012, 7.2 (版头) and 7.3 (主体).
    """
    lines = text.splitlines()
    closing = _find_closing(lines)
    sender = "、".join(closing.organs) if closing and closing.organs else None
    return Head(
        sender=sender or _organ_of_head(lines),
        date=closing.day if closing else None,
        attachments=_list_attached(lines, closing.first if closing else None),
    )


def document_message(
    *,
    path: str,
    text: str,
    locator: str = "全文",
    attachments: Iterable[str] = (),
    sender: str | None = None,
    sent_at: datetime | None = None,
) -> Message | None:
    """One document as one message, title first; None when there is nothing to read.

    A date alone is taken as nine o'clock: the office's day begins then, and midnight would
    make every document one that was sent at night. `sender` and `sent_at` are what the file
    itself says and stand in where the text says nothing.
    """
    body = title_first(tidy(text))
    if not body:
        return None
    head = official_head(body)
    return Message(
        path=path,
        locator=locator,
        channel=ChannelKind.DOCUMENT,
        sender=head.sender or sender,
        sent_at=at(head.date, 9) if head.date else sent_at,
        text=body,
        attachments=tuple(dict.fromkeys([*head.attachments, *attachments])),
    )


def tidy(text: str) -> str:
    """Lines without trailing blanks and without runs of empty lines; characters untouched."""
    lines = [line.strip(" \t\r\u3000\xa0") for line in text.replace("\x00", "").splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def title_first(text: str) -> str:
    """The text with its title, joined if it was wrapped, as the first line; else unchanged.

    The lines above a title (份号, 密级, 紧急程度, 发文机关标志, 文号) follow it.
    """
    lines = text.splitlines()
    found = _find_title(lines)
    if found is None:
        return text
    first, last = found
    title = "".join(lines[first : last + 1])
    above = lines[:first]
    while above and not above[-1]:
        above.pop()
    return "\n".join([title, *above, *lines[last + 1 :]])


def _find_title(lines: Sequence[str]) -> tuple[int, int] | None:
    """First and last line of the title: from 'organ' or '关于' to the kind of document."""
    for first, line in enumerate(lines[:_HEAD_LINES]):
        if "关于" not in line:
            continue
        if len(line) > 120 or line.endswith(("。", "；", "，", "：", ":")):
            return None
        for last in range(first, min(first + 4, len(lines))):
            whole = "".join(lines[first : last + 1])
            if not lines[last] or len(whole) > 120 or re.search(r"[。；：]", whole):
                break
            if _TITLE_END.fullmatch(whole):
                above = lines[first - 1] if first else ""
                # "江岚区民政局" on its own line right above belongs to the title.
                if line.startswith("关于") and _is_organ(above) and not NUMBER.search(above):
                    first -= 1
                return first, last
        return None
    return None


def _is_organ(line: str) -> bool:
    bare = re.sub(r"\s", "", line)
    return 2 < len(bare) <= 40 and not _HEAD_MARK.match(bare) and bool(_ORGAN_LINE.fullmatch(bare))


def _organs_of(line: str) -> tuple[str, ...]:
    """The offices on a signature line ('民政局　　财政局' are two); empty when it is none."""
    line = re.sub(r"[（(]\s*(?:盖章|印章|公章|章)\s*[)）]", "", line).strip()
    parts = [p for p in re.split(r"\s{2,}|[、　]+", line) if p]
    names = [re.sub(r"\s", "", p) for p in parts]
    if names and all(_is_organ(n) for n in names):
        return tuple(names)
    whole = re.sub(r"\s", "", line)
    return (whole,) if _is_organ(whole) else ()


def _read_number(text: str) -> int | None:
    return parse_numeral(re.sub("[○０oO]", "〇", text))


def _read_day(year: str, month: str, day: str) -> date | None:
    numbers = [_read_number(part) for part in (year, month, day)]
    if None in numbers:
        return None
    try:
        return date(*(n for n in numbers if n is not None))
    except ValueError:
        return None


def _match_date(line: str) -> tuple[str, date] | None:
    """('' or the office on the same line, the day) when the line is a date of issue."""
    line = fold_width(line)
    if len(line) > 60 or line.rstrip().endswith("印发"):
        return None
    found = _DATE_LINE.fullmatch(line)
    if found:
        day = _read_day(*found.groups()[1:])
        organ = found["organ"]
        return (organ, day) if day and (not organ or _organs_of(organ)) else None
    dotted = _DOTTED_DATE_LINE.fullmatch(line)
    if dotted:
        day = _read_day(*dotted.groups())
        return ("", day) if day else None
    return None


def _find_closing(lines: Sequence[str]) -> _Closing | None:
    """The signature and date: under an office's name, or the last line but for trailers."""
    last = len(lines) - 1
    while last >= 0 and _TRAILER.match(lines[last]):
        last -= 1
    for index, line in enumerate(lines):
        found = _match_date(line)
        if found is None:
            continue
        organ, day = found
        organs, first = _signature_above(lines, index)
        if organ:
            organs, first = (*organs, *_organs_of(organ)), min(first, index)
        closes = index == last or _only_annexes_follow(lines, index)
        dotted = bool(_DOTTED_DATE_LINE.fullmatch(fold_width(line)))
        if (organs and (index > 2 or closes)) or (closes and not dotted):
            return _Closing(first=first, organs=organs, day=day)
    return None


def _only_annexes_follow(lines: Sequence[str], index: int) -> bool:
    for line in lines[index + 1 :]:
        if _ANNEX.match(line):
            return True
        if not _TRAILER.match(line):
            return False
    return True


def _signature_above(lines: Sequence[str], index: int) -> tuple[tuple[str, ...], int]:
    organs: list[str] = []
    first = index
    blanks = 0
    for row in range(index - 1, max(index - 10, -1), -1):
        if not lines[row].strip():
            blanks += 1
            if blanks > 3 or organs:
                break
            continue
        names = _organs_of(fold_width(lines[row]))
        if not names:
            break
        organs[:0] = names
        first = row
    return tuple(organs), first


def _organ_of_head(lines: Sequence[str]) -> str | None:
    """From '…文件' at the head, from the number's line, or from the title's beginning."""
    head = [fold_width(line).strip() for line in lines[:_HEAD_LINES]]
    for index, line in enumerate(head):
        bare = re.sub(r"\s", "", line)
        if bare.endswith("文件") and len(bare) <= 42 and _is_organ(bare[:-2]):
            # Offices that issue together stand one under the other, 文件 beside the last or first.
            above = list(takewhile(_is_organ, reversed(head[:index])))
            below = list(takewhile(_is_organ, head[index + 1 :])) if not above else []
            names = [*reversed(above), bare[:-2], *below]
            return "、".join(re.sub(r"\s", "", name) for name in names)
    for line in head:
        number = NUMBER.search(line)
        if number and len(line) <= 60:
            before = line[: number.start()].strip()
            for candidate in (before, number["organ"]):
                bare = re.sub(r"\s", "", candidate)
                if len(bare) > 3 and _is_organ(bare):
                    return bare
    for line in head:
        before, cut, _ = line.partition("关于")
        if cut and _TITLE_END.fullmatch(line) and _is_organ(before):
            return re.sub(r"\s", "", before)
    return None


def _list_attached(lines: Sequence[str], signature: int | None) -> tuple[str, ...]:
    """Names of the 附件说明: '附件：1.甲' with '2.乙' below, wrapped names joined."""
    names: list[str] = []
    end = signature if signature is not None else len(lines)
    row = 0
    while row < end:
        found = _ATTACHED.match(fold_width(lines[row]))
        row += 1
        if not found:
            continue
        block = [found["rest"]] if found["rest"].strip() else []
        numbered = bool(_ITEM.match(found["rest"])) or not block
        while row < end and lines[row].strip():
            line = fold_width(lines[row]).strip()
            if _ATTACHED.match(line):
                break
            item = _ITEM.match(line)
            if item and (numbered or not block):
                block.append(line)
            elif signature is not None and block and len(line) <= 40:
                block[-1] += line
            else:
                break
            row += 1
        for piece in block:
            names.extend(_INLINE_ITEM.split(piece))
    return tuple(dict.fromkeys(_bare_name(n) for n in names if _ATTACHED_FILE.search(n)))


def _bare_name(name: str) -> str:
    return re.sub(r"^\s*\d{1,2}\s*[.．、]\s*", "", name).strip(" 。；;，,\u3000")
