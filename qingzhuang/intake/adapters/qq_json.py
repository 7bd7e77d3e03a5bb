"""JSON of QQChatExporter: one file, or a manifest with chunks of JSON lines beside it.

Recalled messages are left out: whoever wrote them took them back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qingzhuang.intake.adapters.chat import (
    attachments_in,
    fold_lines,
    moment,
    sibling,
    strip_titles,
    words,
)
from qingzhuang.intake.adapters.encoding import head_text
from qingzhuang.intake.adapters.json_stream import lines_of, pieces, values_of
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip

_SYSTEM = frozenset({"10000", "1000000"})


def _group(chat: object) -> str | None:
    return words(chat.get("name")) or None if isinstance(chat, Mapping) else None


def _message(blob: Blob, place: str, item: object, group: str | None) -> Iterator[Message]:
    if not isinstance(item, Mapping) or item.get("isSystemMessage") or item.get("isRecalled"):
        return
    sender: Any = item.get("sender")
    sender = sender if isinstance(sender, Mapping) else {}
    account = words(str(sender.get("uin") or ""), sender.get("uid"))
    if account in _SYSTEM:
        return
    content: Any = item.get("content")
    content = content if isinstance(content, Mapping) else {"text": content}
    text = fold_lines(content.get("text"))
    files = _files(content.get("resources"))
    name = words(sender.get("groupCard"), sender.get("name"), sender.get("nickname"))
    yield Message(
        path=blob.path,
        locator=place,
        channel=ChannelKind.CHAT,
        group=group,
        # No channel key: the .txt of the same group has none, and the two are the same messages.
        sender=strip_titles(name or account) or None,
        sent_at=moment(item.get("timestamp")) or moment(item.get("time")),
        text=text,
        attachments=tuple(dict.fromkeys([*files, *attachments_in(text)])),
        account=account or None,
    )


def _files(resources: object) -> list[str]:
    listed = resources if isinstance(resources, list) else []
    names = (words(r.get("filename"), r.get("fileName")) for r in listed if isinstance(r, Mapping))
    return [name for name in names if name]


class _QqJson:
    name = "qq_json"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head) or ""
        if not text.lstrip().startswith("{") or '"chunked-jsonl"' in text:
            return 0
        if '"chatInfo"' in text and ("QQChatExporter" in text or '"selfUid"' in text):
            return 3
        return 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        group = _group(values_of(blob, "chatInfo").get("chatInfo"))
        for piece in pieces(blob, arrays=("messages",)):
            if isinstance(piece, Skip):
                yield piece
            else:
                yield from _message(blob, piece.locator, piece.value, group)


class _QqChunk:
    """One chunk; the group's name stands in the manifest one folder up."""

    name = "qq_json_chunk"

    def rate(self, blob: Blob, head: bytes) -> int:
        first = (head_text(head) or "").lstrip().partition("\n")[0]
        marks = ('"messageId"', '"isSystemMessage"', '"sender"')
        return 3 if first.startswith("{") and all(m in first for m in marks) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        group = None
        for place in ("../manifest.json", "manifest.json"):
            if manifest := sibling(blob, place):
                group = _group(values_of(manifest, "chatInfo").get("chatInfo"))
                break
        for line in lines_of(blob):
            if isinstance(line, Skip):
                yield line
            else:
                yield from _message(blob, *line, group)


class _QqManifest:
    """Has no messages itself; tells of chunks that are not where it says."""

    name = "qq_json_manifest"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head) or ""
        return 3 if text.lstrip().startswith("{") and '"chunked-jsonl"' in text else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        chunked = values_of(blob, "chunked").get("chunked")
        listed = chunked.get("chunks") if isinstance(chunked, Mapping) else None
        if not hasattr(blob, "sibling"):
            return
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, Mapping):
                entry = words(entry.get("relativePath"), entry.get("path"), entry.get("fileName"))
            if not isinstance(entry, str) or not entry:
                continue
            if sibling(blob, entry) is None and sibling(blob, f"chunks/{entry}") is None:
                yield Skip(
                    path=blob.path,
                    locator=entry,
                    code="intake.chunk_missing",
                    params={"chunk": entry},
                )


READERS: tuple[Reader, ...] = (_QqJson(), _QqChunk(), _QqManifest())
