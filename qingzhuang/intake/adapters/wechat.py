"""What WeChat's message types look like as words, whichever tool exported them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

SYSTEM_TYPES = frozenset({10000, 10002})
_PLACEHOLDERS = {
    3: "[图片]", 34: "[语音]", 42: "[名片]", 43: "[视频]", 47: "[表情]", 48: "[位置]", 50: "[通话]",
    62: "[视频]",
}  # fmt: skip
_SHARED = {
    5: "[链接]", 6: "[文件]", 8: "[表情]", 17: "[位置]", 19: "[合并转发]", 33: "[小程序]",
    36: "[小程序]", 51: "[视频号]", 62: "[拍一拍]", 63: "[直播]", 87: "[群公告]", 2000: "[转账]",
    2001: "[红包]",
}  # fmt: skip
_SHARE, _QUOTE, _NOTICE = 49, 57, 87
_TAG = {
    name: re.compile(rf"<{name}>(.{{0,5000}}?)</{name}>", re.S)
    for name in ("title", "des", "datadesc")
}
_CDATA = re.compile(r"^\s*<!\[CDATA\[(.*)\]\]>\s*$", re.S)
# chatlog writes "[文件|名单.xlsx](http://127.0.0.1:5030/…)" and "![图片](…)": the address is its own.
_LINKED = re.compile(r"!?\[(\w{1,20})(?:\|([^\]\n]{0,500}))?\]\((https?://[^)\s]{0,2000})\)")
_PIPED = re.compile(r"\[(文件|链接|小程序|位置|群公告|视频号|合并转发)\|([^\]\n]{0,500})\]")


def number(value: object) -> int:
    """A type as a number whatever the file wrote it as; 0 when it is none."""
    try:
        return int(str(value).strip())
    except ValueError:
        return 0


def text_of(kind: int, sub: int, content: str, parts: Mapping[str, Any] | None = None) -> str:
    """The words of one message: text as it stands, everything else behind its placeholder.

    `content` may be WeChat's XML; `parts` are chatlog's `contents` (title, desc, url, refer …).
    """
    parts = parts or {}
    if kind in (0, 1):
        return tidy(content)
    if kind != _SHARE:
        mark = _PLACEHOLDERS.get(kind, "[其他消息]")
        label = str(parts.get("label") or "") if kind == 48 else ""
        shown = tidy(content) if content and not _is_markup(content) else ""
        return shown if shown.startswith("[") else " ".join(filter(None, (mark + label, shown)))
    if _is_markup(content):
        parts = {**_from_xml(content), **parts}
        content = ""
    if sub == _QUOTE:
        return _quoted(content or str(parts.get("title") or ""), parts.get("refer"))
    mark = _SHARED.get(sub, "[分享]")
    if content and content.lstrip().startswith(("[", "!", ">")):
        return tidy(content)
    title = str(parts.get("title") or "").strip()
    lines = [f"{mark}{title}"]
    lines += [str(parts[name]).strip() for name in ("desc", "des") if parts.get(name)]
    lines += _forwarded(parts.get("recordInfo"))
    if sub == 5 and parts.get("url"):
        lines.append(str(parts["url"]))
    if content.strip() and content.strip() != title:
        lines.append(content.strip())
    return "\n".join(dict.fromkeys(lines))


def tidy(content: str) -> str:
    """The same words without the exporter's own addresses: '![图片](http…)' → '[图片]'."""
    if "[" not in content:
        return content
    content = _LINKED.sub(_without_address, content)
    return _PIPED.sub(r"[\1]\2", content)


def _without_address(match: re.Match[str]) -> str:
    kind, title, address = match.groups()
    if kind == "动画表情":
        kind = "表情"
    end = f" {address}" if kind in {"链接", "小程序"} else ""
    return f"[{kind}]{title or ''}{end}"


def _is_markup(content: str) -> bool:
    return content.lstrip().startswith(("<?xml", "<msg", "<appmsg", "<sysmsg", "<voipmsg"))


def _from_xml(content: str) -> dict[str, str]:
    """Titles by expression, not by a parser: exported XML is often cut short."""
    found: dict[str, str] = {}
    for name, pattern in _TAG.items():
        if match := pattern.search(content):
            inner = _CDATA.sub(r"\1", match[1])
            found[name] = html.unescape(inner).strip()
    return found


def _quoted(reply: str, refer: object) -> str:
    """A reply with what it answers under it, as the chat shows it."""
    if not isinstance(refer, Mapping):
        return tidy(reply)
    said = str(refer.get("content") or "").strip()
    if _is_markup(said):
        said = _from_xml(said).get("title", "")
    name = str(refer.get("senderName") or refer.get("sender") or "").strip()
    return f"{tidy(reply)}\n引用 {name}：{tidy(said)}" if said else tidy(reply)


def _forwarded(record: object) -> list[str]:
    """The lines of merged-forward messages: '张三：内容'."""
    if not isinstance(record, Mapping):
        return []
    listed: Any = record.get("DataList") or record.get("dataList") or {}
    items = (
        listed.get("DataItems") or listed.get("dataItems")
        if isinstance(listed, Mapping)
        else listed
    )
    lines = []
    for item in items if isinstance(items, list) else []:
        if isinstance(item, Mapping):
            name = item.get("SourceName") or item.get("sourceName") or item.get("sourcename") or ""
            said = item.get("DataDesc") or item.get("dataDesc") or item.get("datadesc")
            said = (
                said
                or item.get("DataTitle")
                or item.get("dataTitle")
                or item.get("datatitle")
                or ""
            )
            lines.append(f"{name}：{said}")
    return lines
