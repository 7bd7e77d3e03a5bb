"""Exports of chat groups: QQ text and .mht, chatlog, WeChatMsg, WeCom archive, copied text."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from qingzhuang.demo.types import Said

# One pixel, so that an .mht has a picture to keep.
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_TYPES = {"[图片]": 3, "[语音]": 34, "[视频]": 43, "[表情]": 47}
Chats = Sequence[tuple[str, Sequence[Said]]]  # group name and what was said there


def _is_system(said: Said) -> bool:
    return said.life == "system"


def qq_txt(chats: Chats, *, pad: bool = True) -> str:
    """The message manager's text export; several groups follow each other in one file."""
    rule, parts = "=" * 64, ["消息记录（此消息记录为文本格式，不支持重新导入）\n"]
    for group, said in chats:
        parts.append(f"\n{rule}\n消息分组:我的群聊\n{rule}\n消息对象:{group}\n{rule}\n\n")
        for one in said:
            clock = f"{one.at:%H:%M:%S}" if pad else f"{one.at.hour}:{one.at:%M:%S}"
            who = f"{_title(one)}{one.sender.shown}({one.sender.account})"
            if _is_system(one):
                who = "系统消息(10000)"
            parts.append(f"{one.at:%Y-%m-%d} {clock} {who}\n{one.text}\n\n")
    return "".join(parts).replace("\n", "\r\n")


def _title(said: Said) -> str:
    return f"【{said.sender.title}】" if said.sender.title else ""


def qq_mht(chats: Chats) -> str:
    """The message manager's .mht, which keeps pictures; its head is as the program writes it."""
    boundary = "----=_NextPart_A240C18D_603F_466a_8338.0D1C1796EFC3"
    rows: list[str] = []
    pictures = 0
    for group, said in chats:
        rows.append("<tr><td><div style=padding-left:10px;>消息分组:我的群聊</div></td></tr>")
        rows.append(
            f"<tr><td><div style=padding-left:10px;>消息对象:{html.escape(group)}</div></td></tr>"
        )
        rows.append("<tr><td><div style=padding-left:10px;>&nbsp;</div></td></tr>")
        day = None
        for one in said:
            if one.at.date() != day:
                day = one.at.date()
                rows.append(
                    "<tr><td style=border-bottom-width:1px;border-bottom-color:#8EC3EB;"
                    f"border-bottom-style:solid;color:#3568BB;font-weight:bold;height:24px;>日期: {day:%Y-%m-%d}</td></tr>"
                )
            who = (
                "系统消息(10000)"
                if _is_system(one)
                else f"{_title(one)}{one.sender.shown}({one.sender.account})"
            )
            body = html.escape(one.text).replace("\n", "<br>")
            if one.text.startswith("[图片]") and pictures < 12:
                pictures += 1
                body = body.replace("[图片]", f'<IMG src="{_guid(pictures)}.dat">', 1)
            rows.append(
                "<tr><td><div style=color:#006EFE;padding-left:10px;><div style=float:left;margin-right:6px;>"
                f"{html.escape(who)}</div>{one.at.hour}:{one.at:%M:%S}</div><div style=padding-left:20px;>"
                f"<font style=\"font-size:10pt;font-family:'微软雅黑';\" color='000000'>{body}</font></div></td></tr>"
            )
    head = (
        "From: <Save by Tencent MsgMgr>\nSubject: Tencent IM Message\nMIME-Version: 1.0\n"
        'Content-Type:multipart/related;\n\tcharset="utf-8"\n\ttype="text/html";\n'
        f'\tboundary="{boundary}"\n\n--{boundary}\nContent-Type: text/html\nContent-Transfer-Encoding:7bit\n\n'
    )
    page = (
        '<html xmlns="http://www.w3.org/1999/xhtml"><head><meta http-equiv="Content-Type" '
        'content="text/html; charset=UTF-8" /><title>QQ Message</title></head><body><table width=100% cellspacing=0>'
        + "\n".join(rows)
        + "</table></body></html>\n"
    )
    images = "".join(
        f"--{boundary}\nContent-Type:image/png\nContent-Transfer-Encoding:base64\n"
        f"Content-Location:{_guid(n)}.dat\n\n{base64.b64encode(_PIXEL).decode()}\n\n"
        for n in range(1, pictures + 1)
    )
    return (head + page + "\n" + images + f"--{boundary}--\n").replace("\n", "\r\n")


def _guid(number: int) -> str:
    return f"{{A1F0C2D3-0000-4000-8000-{number:012d}}}"


def chatlog_csv(chats: Chats) -> str:
    """chatlog's CSV: Time, SenderName, Sender, TalkerName, Talker, Content."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["Time", "SenderName", "Sender", "TalkerName", "Talker", "Content"])
    for group, said in chats:
        for one in said:
            name, key = ("系统消息", "") if _is_system(one) else (one.sender.shown, one.sender.wxid)
            rows.writerow([f"{one.at:%Y-%m-%d %H:%M:%S}", name, key, group, _room(group), one.text])
    return out.getvalue()


def _room(group: str) -> str:
    return f"{sum(ord(c) * 31**i for i, c in enumerate(group)) % 10**11:011d}@chatroom"


def chatlog_json(chats: Chats) -> str:
    """chatlog's JSON: an array; pictures and the like have a type and no text."""
    items: list[dict[str, Any]] = []
    for group, said in chats:
        for one in said:
            kind = 10000 if _is_system(one) else _TYPES.get(one.text[:4], 1)
            items.append(
                {
                    "seq": int(one.at.timestamp()) * 1000 + one.number % 1000,
                    "time": one.at.isoformat(),
                    "talker": _room(group),
                    "talkerName": group,
                    "isChatRoom": True,
                    "sender": "系统消息" if kind == 10000 else one.sender.wxid,
                    "senderName": "" if kind == 10000 else one.sender.shown,
                    "isSelf": False,
                    "type": kind,
                    "subType": 0,
                    "content": one.text if kind in (1, 10000) else "",
                }
            )
    return json.dumps(items, ensure_ascii=False, indent=1)


def wechatmsg_csv(chats: Chats) -> str:
    """WeChatMsg's (留痕) CSV; CreateTime counts seconds, StrTime is local."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(
        ["localId", "TalkerId", "Type", "SubType", "IsSender", "CreateTime", "Status", "StrContent", "StrTime", "Remark", "NickName", "Sender"]
    )  # fmt: skip
    for group, said in chats:
        for number, one in enumerate(said, 1):
            kind = 10000 if _is_system(one) else _TYPES.get(one.text[:4], 1)
            person = (
                ("", "", "")
                if kind == 10000
                else (one.sender.shown, one.sender.shown, one.sender.wxid)
            )
            rows.writerow(
                [number, _room(group), kind, 0, 0, int(one.at.timestamp()), 2, one.text, f"{one.at:%Y-%m-%d %H:%M:%S}", *person]
            )  # fmt: skip
    return out.getvalue()


def wecom_user(said: Said) -> str:
    """The userid under which the WeCom archive knows a person; it has no names."""
    return f"jl{said.sender.number:05d}"


def wecom(chats: Chats) -> str:
    """Decrypted session archive of WeCom: an array of messages, times in milliseconds."""
    items: list[dict[str, Any]] = []
    for group, said in chats:
        room = "wrDEMO" + _room(group)[:11]
        for one in said:
            item: dict[str, Any] = {
                "msgid": f"{one.number:020d}_{int(one.at.timestamp())}",
                "action": "send",
                "from": wecom_user(one),
                "tolist": ["jl00001", "jl00002"],
                "roomid": room,
                "msgtime": int(one.at.timestamp() * 1000),
            }
            if _is_system(one):
                item |= {"action": "recall", "msgtype": "revoke", "revoke": {"pre_msgid": "0"}}
            elif one.text.startswith("[图片]"):
                item |= {
                    "msgtype": "image",
                    "image": {"md5sum": "", "filesize": 20480, "sdkfileid": ""},
                }
            elif one.text.startswith("[文件]"):
                name = one.text.removeprefix("[文件]")
                item |= {
                    "msgtype": "file",
                    "file": {
                        "filename": name,
                        "fileext": name.rpartition(".")[2],
                        "filesize": 1024,
                    },
                }
            else:
                item |= {"msgtype": "text", "text": {"content": one.text}}
            items.append(item)
    return json.dumps(items, ensure_ascii=False, indent=1)


def wecom_rooms(names: Sequence[str]) -> str:
    """What msgaudit/groupchat/get answers for these groups, so that room ids have names."""
    rooms = {
        "wrDEMO" + _room(name)[:11]: {
            "roomname": name,
            "creator": "jl00001",
            "room_create_time": 1735689600,
            "notice": "",
        }
        for name in names
    }
    return json.dumps(rooms, ensure_ascii=False, indent=1)


def forwarded(chats: Chats) -> str:
    """WeChat's merged forward sent on as text: a line a day, then name and time above each message."""
    parts: list[str] = []
    for group, said in chats:
        parts.append(f"微信群“{group}”的聊天记录如下:\n")
        day = None
        for one in said:
            if one.at.date() != day:
                day = one.at.date()
                parts.append(f"\n—————  {day:%Y-%m-%d}  —————\n\n")
            who = "系统消息" if _is_system(one) else one.sender.shown
            parts.append(f"{who}  {one.at:%H:%M}\n\n{one.text}\n\n")
    return "\n".join(["Dear:", "", "".join(parts)])


def dingtalk(chats: Chats) -> str:
    """What lands on the clipboard when messages are marked and copied: name, time, text."""
    parts = []
    for _group, said in chats:
        for one in said:
            who = "系统消息" if _is_system(one) else one.sender.shown
            parts.append(f"{who} {one.at:%Y-%m-%d %H:%M:%S}\n{one.text}\n\n")
    return "".join(parts)


WRITERS: dict[str, Callable[[Chats], str]] = {
    "qq_txt": qq_txt,
    "qq_mht": qq_mht,
    "chatlog_csv": chatlog_csv,
    "chatlog_json": chatlog_json,
    "wechatmsg_csv": wechatmsg_csv,
    "wecom": wecom,
    "forwarded": forwarded,
    "dingtalk": dingtalk,
}
