"""Files of 留痕 (WeChatMsg): CSV, text, and the page whose chat is a list in a script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from qingzhuang.intake.adapters.chat import (
    Heading,
    attachments_in,
    csv_records,
    file_stem,
    fold_lines,
    gather,
    has_columns,
    moment,
    words,
)
from qingzhuang.intake.adapters.encoding import TextLines, head_text
from qingzhuang.intake.adapters.js_literal import decode_js
from qingzhuang.intake.adapters.json_stream import pieces
from qingzhuang.intake.adapters.wechat import SYSTEM_TYPES, number, text_of
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip

_COLUMNS = frozenset({"localId", "TalkerId", "Type", "StrContent", "StrTime", "IsSender"})
_HEAD = re.compile(r"^(\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}) (\S.{0,59}?)\s*$")
_LOOK = re.compile(r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} \S.{0,59}\n\S.*\n\s*\n", re.M)
_LIST = re.compile(r"""\[(?=\s*\{\s*["']?type["']?\s*:)""")


def _group(blob: Blob) -> str | None:
    """The file bears the chat's name: '某街道工作群_utf8.csv'."""
    return file_stem(blob).removesuffix("_utf8").strip() or None


class _WechatMsgCsv:
    name = "wechatmsg_csv"

    def rate(self, blob: Blob, head: bytes) -> int:
        return 3 if has_columns(head, _COLUMNS) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        for record in csv_records(blob, ("Type", "StrContent")):
            if isinstance(record, Skip):
                yield record
                continue
            place, row = record
            kind = number(row["Type"])
            if kind in SYSTEM_TYPES:
                continue
            text = text_of(kind, number(row.get("SubType")), fold_lines(row["StrContent"]))
            account = words(row.get("Sender"))
            yield Message(
                path=blob.path,
                locator=place,
                channel=ChannelKind.CHAT,
                group=_group(blob),
                sender=words(row.get("Remark"), row.get("NickName"), account) or None,
                sent_at=moment(row.get("CreateTime")) or moment(row.get("StrTime")),
                text=text,
                attachments=attachments_in(text),
                account=account or None,
            )


class _WechatMsgTxt:
    """'时间 名字', the text, an empty line. What has no text under it is a system message."""

    name = "wechatmsg_txt"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head)
        return 2 if text and _LOOK.search(f"{text}\n\n") and _HEAD.match(_first(text)) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        lines = TextLines(blob)
        yield from gather(blob.path, self._told_apart(blob, lines), keep_empty=False)
        yield from lines.damage()

    def _told_apart(self, blob: Blob, lines: TextLines) -> Iterator[tuple[int, str | Heading]]:
        group = _group(blob)
        blank = True
        for number_, line in lines:
            match = _HEAD.match(line) if blank else None
            sent_at = moment(match[1]) if match else None
            if match and sent_at:
                yield number_, Heading(sender=match[2], group=group, sent_at=sent_at)
            else:
                yield number_, line
            blank = not line.strip()


class _WechatMsgHtml:
    name = "wechatmsg_html"

    def rate(self, blob: Blob, head: bytes) -> int:
        # Styles may fill the first 64 KiB, so the list itself is looked for further on.
        text = head_text(head) or ""
        if "<html" not in text[:2000].lower() and "<!doctype" not in text[:2000].lower():
            return 0
        if "displayname" in text and "is_send" in text:
            return 3
        return 3 if "WeChatMsg" in text or "留痕" in text[:4000] else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        for piece in pieces(blob, start=_LIST, decode=decode_js):
            if isinstance(piece, Skip):
                yield piece
            elif isinstance(piece.value, Mapping):
                yield from self._message(blob, piece.locator, piece.value)

    def _message(self, blob: Blob, place: str, item: Mapping[str, Any]) -> Iterator[Message]:
        kind = number(item.get("type"))
        sent_at = moment(item.get("timestamp"))
        if kind in SYSTEM_TYPES or kind == 0:  # 0 is the page's own line of time between messages
            return
        said = _without_markup(fold_lines(item.get("text")))
        # Pictures and voices have the place of their file for a text.
        file = said.rpartition("/")[2] if kind != 1 and said.startswith("./") else ""
        text = text_of(kind, 0, "" if file else said)
        yield Message(
            path=blob.path,
            locator=place,
            channel=ChannelKind.CHAT,
            group=_group(blob),
            sender=words(item.get("displayname")) or None,
            sent_at=sent_at,
            text=text,
            attachments=(file,) if file else attachments_in(text),
        )


def _without_markup(text: str) -> str:
    """The page's script holds line ends as <br>."""
    return re.sub(r"<br\s*/?>", "\n", text)


def _first(text: str) -> str:
    return next((line for line in text.split("\n") if line.strip()), "")


READERS: tuple[Reader, ...] = (_WechatMsgCsv(), _WechatMsgTxt(), _WechatMsgHtml())
