"""Files of chatlog: CSV, JSON, and text whose headings have no year."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from qingzhuang.intake.adapters.chat import (
    LONGEST_HEADING,
    Heading,
    attachments_in,
    csv_records,
    file_stem,
    first_year,
    fold_lines,
    gather,
    has_columns,
    moment,
    words,
)
from qingzhuang.intake.adapters.encoding import TextLines, head_text
from qingzhuang.intake.adapters.json_stream import pieces
from qingzhuang.intake.adapters.wechat import SYSTEM_TYPES, number, text_of, tidy
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import CHINA

_COLUMNS = frozenset({"Time", "SenderName", "Sender", "TalkerName", "Talker", "Content"})
_HEAD = re.compile(
    r"^(?:\[(?P<group>[^\]\n]{0,100})\((?P<talker>[^()\n]{1,100})\)\] *)?(?P<name>\S.{0,100}?|)\((?P<account>(?!\d+\))[^()\s]{1,100})\) +"
    r"(?:(?:(?P<year>\d{4})-)?(?P<month>\d{1,2})-(?P<day>\d{1,2}) +)?"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})[ \t]*$",
    re.M,
)
_FILE_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


def _channel_key(talker: str) -> str | None:
    return talker if talker.endswith("@chatroom") else None


class _ChatlogCsv:
    name = "chatlog_csv"

    def rate(self, blob: Blob, head: bytes) -> int:
        return 3 if has_columns(head, _COLUMNS) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        for record in csv_records(blob, ("Time", "Content")):
            if isinstance(record, Skip):
                yield record
                continue
            place, row = record
            account, talker = words(row["Sender"]), words(row["Talker"])
            name = words(row["SenderName"])
            if account in {"系统消息", "system"} or name == "系统消息":
                continue
            text = tidy(fold_lines(row["Content"]))
            yield Message(
                path=blob.path,
                locator=place,
                channel=ChannelKind.CHAT,
                group=words(row["TalkerName"]) or None,
                sender=name or account or None,
                sent_at=moment(row["Time"]),
                text=text,
                attachments=attachments_in(text),
                account=account or None,
                channel_key=_channel_key(talker),
            )


class _ChatlogJson:
    name = "chatlog_json"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head) or ""
        marks = ('"talker"', '"talkerName"', '"isChatRoom"', '"senderName"')
        return 3 if text.lstrip()[:1] in {"[", "{"} and all(m in text for m in marks) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        for piece in pieces(blob, arrays=("items", "messages", "data")):
            if isinstance(piece, Skip):
                yield piece
            elif isinstance(piece.value, Mapping):
                yield from self._message(blob, piece.locator, piece.value)

    def _message(self, blob: Blob, place: str, item: Mapping[str, Any]) -> Iterator[Message]:
        kind = number(item.get("type"))
        if kind in SYSTEM_TYPES:
            return
        parts = item.get("contents")
        text = text_of(
            kind,
            number(item.get("subType")),
            fold_lines(item.get("content")),
            parts if isinstance(parts, Mapping) else None,
        )
        account, talker = words(item.get("sender")), words(item.get("talker"))
        yield Message(
            path=blob.path,
            locator=place,
            channel=ChannelKind.CHAT,
            group=words(item.get("talkerName")) or None,
            sender=words(item.get("senderName")) or account or None,
            sent_at=moment(item.get("time")),
            text=text,
            attachments=attachments_in(text),
            account=account or None,
            channel_key=_channel_key(talker),
        )


class _ChatlogTxt:
    """Headings are '昵称(wxid) 01-02 15:04:05'. The year comes from the file's name
    (talker_起_止); without one, the last message is taken to be of the past twelve months, and
    a Skip says so.
    """

    name = "chatlog_txt"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = (head_text(head) or "").lstrip()
        # A line like it may stand in other chats (QQ's copies have numbers only); here it is the first.
        return 2 if _HEAD.match(text) or len(_HEAD.findall(text)) > 2 else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        named = [date(int(y), int(m), int(d)) for y, m, d in _days(file_stem(blob))]
        year = named[0].year if named else None
        if year is None:
            year = first_year(self._yearless(blob), clock.now().date())
            if year is not None:
                yield Skip(
                    path=blob.path, locator="", code="intake.year_guessed", params={"year": year}
                )
        lines = TextLines(blob)
        day = named[0] if named and len(set(named)) == 1 else None
        yield from gather(blob.path, self._told_apart(blob, lines, year, day))
        yield from lines.damage()

    def _yearless(self, blob: Blob) -> Iterator[tuple[int, int]]:
        for _, line in TextLines(blob):
            match = _HEAD.match(line) if len(line) <= LONGEST_HEADING else None
            if match and match["month"] and not match["year"]:
                yield int(match["month"]), int(match["day"])

    def _told_apart(
        self, blob: Blob, lines: TextLines, year: int | None, day: date | None
    ) -> Iterator[tuple[int, str | Heading]]:
        talker = file_stem(blob).partition("_")[0]
        month = 0
        for number_, line in lines:
            match = (
                _HEAD.match(line)
                if len(line) <= LONGEST_HEADING and line.endswith(tuple("0123456789 "))
                else None
            )
            if match is None:
                yield number_, line
                continue
            if match["month"] and not match["year"] and year is not None:
                year += month - int(match["month"]) >= 6
                month = int(match["month"])
            account = match["account"]
            system = "系统消息" in (match["name"], account)
            yield (
                number_,
                Heading(
                    sender=match["name"].strip() or account,
                    account=account,
                    group=words(match["group"]) or None,
                    channel_key=_channel_key(match["talker"] or talker),
                    sent_at=_moment(match, year, day),
                    keep=not system,
                ),
            )


def _days(name: str) -> list[tuple[str, str, str]]:
    found = []
    for y, m, d in _FILE_DAY.findall(name):
        try:
            date(int(y), int(m), int(d))
        except ValueError:
            continue
        found.append((y, m, d))
    return found


def _moment(match: re.Match[str], year: int | None, day: date | None) -> datetime | None:
    try:
        if match["month"]:
            if match["year"] is None and year is None:
                return None
            day = date(int(match["year"] or year or 0), int(match["month"]), int(match["day"]))
        if day is None:
            return None
        clock_ = int(match["hour"]), int(match["minute"]), int(match["second"])
        return datetime(day.year, day.month, day.day, *clock_, tzinfo=CHINA)
    except ValueError:
        return None


READERS: tuple[Reader, ...] = (_ChatlogCsv(), _ChatlogJson(), _ChatlogTxt())
