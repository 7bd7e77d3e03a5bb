"""JSON of WeFlow and echotrace: a session and its messages, types as Chinese names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qingzhuang.intake.adapters.chat import attachments_in, fold_lines, moment, words
from qingzhuang.intake.adapters.encoding import head_text
from qingzhuang.intake.adapters.json_stream import pieces, values_of
from qingzhuang.intake.adapters.wechat import tidy
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip

_PLACEHOLDERS = {
    "图片消息": "[图片]", "语音消息": "[语音]", "视频消息": "[视频]", "动画表情": "[表情]",
    "表情消息": "[表情]", "名片消息": "[名片]", "位置消息": "[位置]", "文件消息": "[文件]",
    "链接消息": "[链接]", "小程序消息": "[小程序]", "聊天记录消息": "[合并转发]", "通话消息": "[通话]",
    "红包消息": "[红包]", "转账消息": "[转账]",
}  # fmt: skip


class _WeFlow:
    name = "weflow"

    def rate(self, blob: Blob, head: bytes) -> int:
        text = head_text(head) or ""
        if not text.lstrip().startswith("{"):
            return 0
        if '"weflow"' in text[:2000]:
            return 3
        if '"senderUsername"' in text and '"createTime"' in text:
            return 3
        # A picture of the group within `session` may push the messages out of the head.
        return 2 if all(m in text for m in ('"session"', '"wxid"', '"messageCount"')) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        session = values_of(blob, "session").get("session")
        session = session if isinstance(session, Mapping) else {}
        group = words(session.get("displayName"), session.get("nickname"), session.get("remark"))
        key = words(session.get("wxid"))
        for piece in pieces(blob, arrays=("messages",)):
            if isinstance(piece, Skip):
                yield piece
                continue
            item = piece.value
            if not isinstance(item, Mapping) or "系统" in words(item.get("type")):
                continue
            text = _text(words(item.get("type")), item)
            account = words(item.get("senderUsername"))
            yield Message(
                path=blob.path,
                locator=piece.locator,
                channel=ChannelKind.CHAT,
                group=group or None,
                sender=words(item.get("senderDisplayName"), account) or None,
                sent_at=moment(item.get("createTime")) or moment(item.get("formattedTime")),
                text=text,
                attachments=attachments_in(text),
                account=account or None,
                channel_key=key if key.endswith("@chatroom") else None,
            )


def _text(kind: str, item: Mapping[str, Any]) -> str:
    said = tidy(fold_lines(item.get("content")))
    mark = _PLACEHOLDERS.get(kind)
    if mark is None or said.startswith("["):
        return said or (f"[{kind.removesuffix('消息')}]" if kind not in {"", "文本消息"} else "")
    return f"{mark}{said}"


READERS: tuple[Reader, ...] = (_WeFlow(),)
