"""The .mht that QQ's message manager exported: one table in a page, its pictures behind it.

The parts are cut by hand: the header lacks a semicolon that the standard parser stumbles over,
and a file may be larger than the memory. Pictures are named, not kept.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, datetime

from qingzhuang.intake.adapters.chat import (
    LONGEST_HEADING,
    half_day,
    is_name,
    moment,
    split_account,
)
from qingzhuang.intake.adapters.encoding import TextChunks, head_text
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip
from qingzhuang.kit.pure.clock import CHINA

_ROW_END = re.compile(r"</tr\s*>", re.I)
_PAGE_END = re.compile(r"</html\s*>|</table>\s*</body>", re.I)
_TABLE = re.compile(r"<(?:table|tr|body)\b", re.I)
_HEADLINE = re.compile(r"消息(分组|对象)\s*[:：]\s*(.*)", re.S)
_DAY = re.compile(r"日期\s*[:：]\s*(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_SAID = re.compile(
    r"<div[^>]{0,300}float:\s*left[^>]{0,300}>(?P<who>.{0,2000}?)</div>\s*"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})(?:\s|&nbsp;)*(?P<half>AM|PM|上午|下午)?\s*</div>"
    r"(?P<body>.*)",
    re.S | re.I,
)
_IMAGE = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"']?([^\"'\s>]+)[^>]*>", re.I)
_BREAK = re.compile(r"<br\s*/?>|</(?:div|p)\s*>", re.I)
_TAG = re.compile(r"<[^>]*>")
_FORWARDED = re.compile(
    r"^(\S.{0,39}?)[ \t\xa0]+(\d{4}[-/]\d{1,2}[-/]\d{1,2} +\d{1,2}:\d{1,2}:\d{1,2})$"
)
_SYSTEM = frozenset({"10000", "1000000"})
_LONGEST_ROW = 1 << 22


class _QqMht:
    name = "qq_mht"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = (head_text(head) or "")[:4000]
        return 3 if "Tencent MsgMgr" in text or "Subject: Tencent IM Message" in text else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        group: str | None = None
        day: date | None = None
        count = 0
        rows = _Rows(blob)
        for row in rows:
            said = _SAID.search(row)
            if said is None:
                words = _plain(row)[0]
                if (dated := _DAY.search(words)) is not None:
                    day = _read_day(dated)
                elif (headline := _HEADLINE.match(words)) is not None and headline[1] == "对象":
                    group, day = headline[2].strip() or None, None
                continue
            sender, account = split_account(_plain(said["who"])[0])
            count += 1
            if account in _SYSTEM or sender == "系统消息":
                continue
            text, images = _plain(said["body"])
            yield from _split(
                Message(
                    path=blob.path,
                    locator=f"第 {count} 条",
                    channel=ChannelKind.CHAT,
                    group=group,
                    sender=sender,
                    sent_at=_moment(day, said),
                    text=text,
                    attachments=images,
                    account=account,
                )
            )
        if not rows.ended:
            yield Skip(path=blob.path, locator=f"第 {count + 1} 条起", code="intake.mht_cut")
        yield from rows.damage()


class _Rows:
    """The table's rows as their HTML, as a stream; `ended` once the page's end was seen."""

    def __init__(self, blob: Blob) -> None:
        self._chunks = TextChunks(blob)
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        text = ""
        inside = False
        for chunk in self._chunks:
            text += chunk
            if not inside:
                if (table := _TABLE.search(text)) is None:
                    text = text[-4096:]
                    continue
                inside, text = True, text[table.start() :]
            at = 0
            for end in _ROW_END.finditer(text):
                yield text[at : end.start()]
                at = end.end()
            text = text[at:]
            if _PAGE_END.search(text):
                self.ended = True
                return
            if len(text) > _LONGEST_ROW:  # no row is so long: the page is damaged
                return
        # The file broke off within a row; half a tag at its end is no text.
        text = re.sub(r"<[^>]*$", "", text)
        if inside and _SAID.search(text):
            yield text

    def damage(self) -> Iterator[Skip]:
        return self._chunks.damage()


def _plain(markup: str) -> tuple[str, tuple[str, ...]]:
    """The words of a piece of HTML, and the names of its pictures ('[图片]' stands for each)."""
    images = tuple(dict.fromkeys(_IMAGE.findall(markup)))
    markup = markup.replace("\r", "").replace("\n", "")
    markup = _BREAK.sub("\n", _IMAGE.sub("[图片]", markup))
    text = html.unescape(_TAG.sub("", markup)).replace("\xa0", " ")
    lines = [line.rstrip() for line in text.split("\n")]
    return "\n".join(lines).strip("\n").strip(), images


def _read_day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _moment(day: date | None, said: re.Match[str]) -> datetime | None:
    if day is None:
        return None
    hour = half_day(int(said["hour"]), said["half"])
    try:
        return datetime(
            day.year,
            day.month,
            day.day,
            hour,
            int(said["minute"]),
            int(said["second"]),
            tzinfo=CHINA,
        )
    except ValueError:
        return None


def _split(message: Message) -> Iterator[Message]:
    """The message, and each one forwarded inside it under its own name and time."""
    parts: list[tuple[str | None, datetime | None, list[str]]] = [(None, None, [])]
    for line in message.text.split("\n"):
        match = _FORWARDED.match(line.strip()) if len(line) <= LONGEST_HEADING else None
        sent_at = moment(match[2]) if match and is_name(match[1]) else None
        if match and sent_at:
            parts.append((match[1], sent_at, []))
        else:
            parts[-1][2].append(line)
    own = "\n".join(parts[0][2]).strip()
    if len(parts) == 1:
        yield message
        return
    if own:
        yield _with(message, message.locator, message.sender, message.account, message.sent_at, own)
    for index, (shown, sent_at, lines) in enumerate(parts[1:], 1):
        sender, account = split_account(shown or "")
        text = "\n".join(lines).strip()
        yield _with(message, f"{message.locator}之 {index}", sender, account, sent_at, text)


def _with(
    message: Message,
    locator: str,
    sender: str | None,
    account: str | None,
    sent_at: datetime | None,
    text: str,
) -> Message:
    pictures = message.attachments if "[图片]" in text else ()
    return Message(
        path=message.path,
        locator=locator,
        channel=message.channel,
        group=message.group,
        sender=sender,
        sent_at=sent_at,
        text=text,
        attachments=pictures,
        account=account,
    )


READERS: tuple[Reader, ...] = (_QqMht(),)
