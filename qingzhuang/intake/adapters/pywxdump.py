"""Files of PyWxDump: CSV, JSON, and the data.js of its page; names come from users.json beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from qingzhuang.intake.adapters.chat import (
    attachments_in,
    csv_records,
    fold_lines,
    has_columns,
    moment,
    sibling,
    words,
)
from qingzhuang.intake.adapters.encoding import TextChunks, head_text
from qingzhuang.intake.adapters.json_stream import Cursor, IncompleteError, MalformedError, pieces
from qingzhuang.intake.adapters.wechat import tidy
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip

_COLUMNS = frozenset({"MsgSvrID", "type_name", "is_sender", "talker", "room_name", "msg"})
_LIST = re.compile(r"\blocal_msg_list\s*=\s*\[")
_USERS = re.compile(r"\blocal_user_list\s*=\s*\{")
_PLACEHOLDERS = (
    ("图片", "[图片]"), ("语音", "[语音]"), ("视频", "[视频]"), ("表情", "[表情]"), ("文件", "[文件]"),
    ("名片", "[名片]"), ("位置", "[位置]"), ("通话", "[通话]"), ("合并转发", "[合并转发]"),
    ("卡片式链接", "[链接]"), ("链接", "[链接]"), ("小程序", "[小程序]"), ("转账", "[转账]"),
    ("红包", "[红包]"),
)  # fmt: skip


class _Names:
    """Shown names by account or room, from users.json or the page's own list."""

    def __init__(self, users: object) -> None:
        self._users: Mapping[str, Any] = users if isinstance(users, Mapping) else {}

    def of(self, key: str) -> str | None:
        user = self._users.get(key)
        if not isinstance(user, Mapping):
            return None
        return words(user.get("remark"), user.get("nickname"), user.get("nickName")) or None


def _beside(blob: Blob) -> _Names:
    users = sibling(blob, "users.json")
    return _Names(_decoded(users, re.compile(r"\{")) if users else None)


def _decoded(blob: Blob, start: re.Pattern[str]) -> Any:
    cursor = Cursor(iter(TextChunks(blob)))
    try:
        return cursor.value() if cursor.seek(start) else None
    except (IncompleteError, MalformedError):
        return None


def _message(blob: Blob, place: str, row: Mapping[str, Any], names: _Names) -> Iterator[Message]:
    kind = words(row.get("type_name"))
    if "系统" in kind or "拍一拍" in kind or "撤回" in kind:
        return
    account, room = words(row.get("talker")), words(row.get("room_name"))
    is_room = room.endswith("@chatroom")
    text = _text(kind, tidy(fold_lines(row.get("msg"))), words(row.get("src")))
    yield Message(
        path=blob.path,
        locator=place,
        channel=ChannelKind.CHAT,
        group=names.of(room) or (None if is_room else room) or None,
        sender=names.of(account) or account or None,
        sent_at=moment(row.get("CreateTime")),
        text=text,
        attachments=attachments_in(text),
        account=account or None,
        channel_key=room if is_room else None,
    )


def _text(kind: str, said: str, source: str) -> str:
    if kind in {"", "文本"} or said.startswith("["):
        return said
    for word, mark in _PLACEHOLDERS:
        if word in kind:
            shown = said or (re.split(r"[\\/]", source)[-1] if mark in {"[文件]", "[图片]"} else "")
            if mark == "[图片]":
                return f"[图片: {shown}]" if shown and "." in shown else mark
            return mark if shown in {"", kind} else f"{mark}{shown}"
    return said or f"[{kind}]"


class _PywxdumpCsv:
    name = "pywxdump_csv"

    def rate(self, blob: Blob, head: bytes) -> int:
        return 3 if has_columns(head, _COLUMNS) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        names = _beside(blob)
        for record in csv_records(blob, ("type_name", "msg")):
            if isinstance(record, Skip):
                yield record
            else:
                yield from _message(blob, *record, names)


class _PywxdumpJson:
    """The JSON list, and data.js with the same list in a script."""

    name = "pywxdump_json"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head) or ""
        if "local_msg_list" in text and "<html" not in text[:2000].lower():
            return 3
        if "local_user_list" in text and "=" in text[:200]:
            return 3
        return 3 if text.lstrip()[:1] in {"[", "{"} and _has_marks(text) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        with blob.open() as stream:
            script = not (head_text(stream.read(65_536)) or "").lstrip().startswith(("[", "{"))
        names = _Names(_decoded(blob, _USERS)) if script else _beside(blob)
        found = (
            pieces(blob, start=_LIST) if script else pieces(blob, arrays=("msg_list", "messages"))
        )
        for piece in found:
            if isinstance(piece, Skip):
                yield piece
            elif isinstance(piece.value, Mapping):
                yield from _message(blob, piece.locator, piece.value, names)


def _has_marks(text: str) -> bool:
    return all(mark in text for mark in ('"MsgSvrID"', '"type_name"', '"talker"'))


class _PywxdumpUsers:
    """users.json has no messages; its names are read beside the chats."""

    name = "pywxdump_users"

    def rate(self, blob: Blob, head: bytes) -> int:
        if not blob.path.endswith("users.json"):
            return 0
        text = head_text(head) or ""
        marks = '"wxid"' in text and ('"nickname"' in text or '"nickName"' in text)
        return 3 if text.lstrip().startswith("{") and marks else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        return iter(())


READERS: tuple[Reader, ...] = (_PywxdumpCsv(), _PywxdumpJson(), _PywxdumpUsers())
