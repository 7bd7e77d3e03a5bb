"""WeCom's 会话内容存档 after decryption: a list, one message a line, or {"chatdata":[…]}.

Layout: developer.work.weixin.qq.com/document/path/91774. A recalled message is left out with
its recall, and so are the logs of people switching companies: neither says anything any more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from qingzhuang.intake.adapters.chat import attachments_in, fold_lines, moment, words
from qingzhuang.intake.adapters.encoding import HEAD, head_text
from qingzhuang.intake.adapters.json_stream import lines_of, pieces
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip

Part = Mapping[str, Any]
_MARKS = ('"msgid"', '"msgtype"', '"action"')
_RECALLED = re.compile(rb'"pre_msgid"\s*:\s*"([^"]+)"')
_SYSTEM = frozenset({"revoke", "agree", "disagree"})
_PLAIN = {
    "image": "[图片]", "voice": "[语音]", "video": "[视频]", "emotion": "[表情]", "card": "[名片]",
    "voiptext": "[通话]", "meeting_voice_call": "[会议录音]",
}  # fmt: skip
# The object is not always called like its msgtype.
_OTHER_KEY = {
    "markdown": "info", "news": "info", "docmsg": "doc", "voiptext": "info", "qydiskfile": "info",
    "external_redpacket": "redpacket",
}  # fmt: skip
_DEEPEST = 4


class _WeCom:
    name = "wecom"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head) or ""
        if text.lstrip()[:1] not in {"[", "{"} or '"action"' not in text:
            return 0
        # A first message of more than 64 KiB may hide its own type.
        return 3 if all(mark in text for mark in _MARKS) else 2 * ('"msgid"' in text)

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        with blob.open() as stream:
            start = (head_text(stream.read(HEAD)) or "").lstrip()
        recalled = _recalled(blob)
        if start.startswith("[") or '"chatdata"' in start:
            for piece in pieces(blob, arrays=("chatdata",)):
                if isinstance(piece, Skip):
                    yield piece
                else:
                    yield from _message(blob, piece.locator, piece.value, recalled)
            return
        for line in lines_of(blob):
            if isinstance(line, Skip):
                yield line
            else:
                yield from _message(blob, *line, recalled)


def _recalled(blob: Blob) -> frozenset[str]:
    """Ids of messages that somebody took back, found without decoding the file."""
    found: set[str] = set()
    rest = b""
    with blob.open() as stream:
        while chunk := stream.read(1 << 20):
            found.update(m.decode("utf-8", "replace") for m in _RECALLED.findall(rest + chunk))
            rest = chunk[-256:]
    return frozenset(found)


def _message(
    blob: Blob, place: str, item: object, recalled: frozenset[str]
) -> Iterator[Message | Skip]:
    if not isinstance(item, Mapping):
        return
    kind = words(item.get("msgtype"))
    if "encrypt_chat_msg" in item and not kind:
        yield Skip(path=blob.path, locator=place, code="intake.still_encrypted")
        return
    if item.get("action") not in (None, "send") or kind in _SYSTEM or item.get("msgid") in recalled:
        return
    part = item.get(kind)
    if not isinstance(part, Mapping):
        part = item.get(_OTHER_KEY.get(kind, "info"))
    text = _text_of(kind, part if isinstance(part, Mapping) else {})
    account, room = words(item.get("from")), words(item.get("roomid"))
    yield Message(
        path=blob.path,
        locator=place,
        channel=ChannelKind.CHAT,
        # The archive has ids only; names of rooms and people are the address book's.
        group=words(item.get("roomname")) or None,
        sender=words(item.get("fromname"), account) or None,
        sent_at=moment(item.get("msgtime")),
        text=text,
        attachments=attachments_in(text),
        account=account or None,
        channel_key=room or None,
    )


def _text_of(kind: str, part: Part, depth: int = 0) -> str:
    """What a message says; the archive's own fields are named as the app names them."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if depth > _DEEPEST:
        return "[聊天记录]"
    if kind == "mixed":
        return "\n".join(_inner(part, depth))
    if kind == "chatrecord":
        title = words(part.get("title"))
        return "\n".join([f"[聊天记录]{title}", *_inner(part, depth)])
    make = _MAKERS.get(kind)
    return fold_lines(make(part) if make else _anything(kind, part))


def _inner(part: Part, depth: int) -> Iterator[str]:
    items = part.get("item")
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, Mapping):
            continue
        # "ChatRecordText" within a forwarded record is "text" elsewhere.
        kind = words(item.get("type")).removeprefix("ChatRecord").lower()
        content = item.get("content")
        if isinstance(content, str):
            try:
                content = json.loads(content, strict=False)
            except (ValueError, RecursionError):
                content = {"content": content}
        if isinstance(content, Mapping) and (text := _text_of(kind, content, depth + 1)):
            yield text


def _lines(mark: str, title: object, *more: tuple[str, object]) -> str:
    labelled = [f"{label}：{value}" if label else str(value) for label, value in more if value]
    return "\n".join([f"{mark}{words(title)}", *labelled])


def _clock(value: object) -> str:
    at: datetime | None = moment(value)
    return at.strftime("%Y-%m-%d %H:%M") if at else ""


def _time_span(part: Part) -> str:
    return " 至 ".join(filter(None, (_clock(part.get("starttime")), _clock(part.get("endtime")))))


def _file(part: Part) -> str:
    name, ending = words(part.get("filename")), words(part.get("fileext"))
    return f"[文件]{name}" + (f".{ending}" if ending and name and "." not in name else "")


def _link(part: Part) -> str:
    return _lines(
        "[链接]",
        part.get("title"),
        ("", words(part.get("description"))),
        ("", words(part.get("link_url"))),
    )


def _place(part: Part) -> str:
    return f"[位置]{words(part.get('title'))} {words(part.get('address'))}".rstrip()


def _vote(part: Part) -> str:
    items = part.get("voteitem")
    choices = [str(item) for item in items] if isinstance(items, list) else []
    return _lines("[投票]", part.get("votetitle"), *(("", choice) for choice in choices))


def _collect(part: Part) -> str:
    details = part.get("details")
    asked = (
        [words(d.get("ques")) for d in details if isinstance(d, Mapping)]
        if isinstance(details, list)
        else []
    )
    return _lines("[填表]", part.get("title"), *(("", question) for question in asked))


def _meeting(part: Part) -> str:
    return _lines(
        "[会议]",
        part.get("topic"),
        ("时间", _time_span(part)),
        ("地点", words(part.get("address"))),
        ("备注", words(part.get("remarks"))),
    )


def _calendar(part: Part) -> str:
    names = part.get("attendeename")
    people = "、".join(str(name) for name in names) if isinstance(names, list) else ""
    return _lines(
        "[日程]",
        part.get("title"),
        ("时间", _time_span(part)),
        ("地点", words(part.get("place"))),
        ("参加", people),
        ("备注", words(part.get("remarks"))),
    )


def _news(part: Part) -> str:
    items = part.get("item")
    lines = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, Mapping):
            lines.append(_lines("[图文]", item.get("title"), ("", words(item.get("description")))))
    return "\n".join(lines)


def _anything(kind: str, part: Part) -> str:
    """A type without a rule (接龙, note, whatever comes): its words in the order they stand."""
    mark = _MARKS_OF.get(kind, f"[{kind}]" if kind else "")
    return "\n".join([mark, *dict.fromkeys(_strings(part))]) if part else mark


def _strings(value: object, key: str = "", depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        if value.strip() and key not in _OPAQUE and not key.endswith(("id", "url", "sum")):
            yield value.strip()
    elif depth < 6 and isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _strings(inner, str(name).lower(), depth + 1)
    elif depth < 6 and isinstance(value, list):
        for inner in value:
            yield from _strings(inner, key, depth + 1)


_OPAQUE = frozenset({"type", "creator", "username", "userid", "fileext", "sdkfileid", "md5sum"})
_MARKS_OF = {
    "solitaire": "[接龙]",
    "接龙": "[接龙]",
    "jielong": "[接龙]",
    "note": "[笔记]",
    "sphfeed": "[视频号]",
}
_MAKERS: dict[str, Callable[[Part], str]] = {
    "text": lambda part: str(part.get("content") or ""),
    "markdown": lambda part: str(part.get("content") or ""),
    "link": _link,
    "file": _file,
    "qydiskfile": _file,
    "voip_doc_share": _file,
    "location": _place,
    "weapp": lambda p: _lines("[小程序]", p.get("title"), ("", words(p.get("description")))),
    "todo": lambda p: _lines("[待办]", p.get("title"), ("", words(p.get("content")))),
    "vote": _vote,
    "collect": _collect,
    "redpacket": lambda p: _lines("[红包]", p.get("wish")),
    "external_redpacket": lambda p: _lines("[红包]", p.get("wish")),
    "meeting": _meeting,
    "docmsg": lambda p: _lines("[文档]", p.get("title"), ("", words(p.get("link_url")))),
    "news": _news,
    "calendar": _calendar,
}


READERS: tuple[Reader, ...] = (_WeCom(),)
