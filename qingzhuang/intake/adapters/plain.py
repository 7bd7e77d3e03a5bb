"""Any other text. A pasted notice is one message, whatever empty lines it has.

It is taken for several only when it is plainly a conversation: at least three lines, four in five
of them "名字：…", none of the names a word that forms use (时间：地点：联系人：), and somebody
speaking twice. A notice lists each label once, a chat comes back to its people; a list
("张三：12户") names each once too and stays whole. A text that has the look of an official
document (文号 on its own line, a title 关于…的通知) is one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from qingzhuang.intake.adapters.chat import (
    Heading,
    attachments_in,
    extension,
    gather,
    split_account,
)
from qingzhuang.intake.adapters.encoding import HEAD, TextLines, head_text
from qingzhuang.intake.adapters.official import document_message
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip

# A text beyond this (characters) is handed on in parts, cut at an empty line where there is one.
LONGEST_PART = 200_000
_OWN = frozenset({"", ".txt", ".text", ".md", ".markdown"})
# A text under such a name is a text that was named wrongly, unless a reader of that kind knows it.
_BINARY = frozenset(
    {".doc", ".docx", ".wps", ".pdf", ".ofd", ".xls", ".xlsx", ".et", ".ppt", ".pptx"}
    | {".zip", ".rar", ".7z", ".jpg", ".jpeg", ".png", ".bmp", ".gif"}
)
# "<通知>" is a person's way of setting off a heading; "<html" and '{"' are a program's.
_STRUCTURED = re.compile(
    r"\s*(?:\{\s*[\"'}\]]|<[!?/a-z]|\[\s*[\[{\"\d\]]|%PDF|PK\x03|MIME-Version:)", re.I
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SPEAKER = re.compile(r"^\s*(?:\d{1,2}:\d{2}(?::\d{2})?\s+)?([\w（）()·@\-—]{2,20})\s*[：:](?!//)")
_LABEL = re.compile(
    r"时间|日期|地[点址]|内容|要求|事项|联系|电话|手机|附件|主送|抄送|备注|标题|主题|对象|范围|方式|标准|目的"
    r"|单位|姓名|性别|年龄|人数|参[加会]|说明|通知|步骤|答案?$|问题?$|名称|原因|情况|结果|依据|链接|网址|注意"
    r"|^[一二三四五六七八九十\d]+$|^第"
)
_NUMBER_LINE = re.compile(
    r"^#*\s*[\u4e00-\u9fa5（）]{1,20}\s*[〔\[（(【]\s*\d{4}\s*[〕\]）)】]\s*第?\s*\d{1,4}\s*号\s*$",
    re.M,
)
# "# 关于…的通知" and "**…**" of a .md; the words are the document's, the marks are not.
_MARKDOWN = re.compile(r"^#{1,6}[ \t]+|^\*\*(?=关于)|(?<=\S)\*\*[ \t]*$", re.M)
_TITLE_LINE = re.compile(
    r"^#*\s*[*]{0,2}[^，。；！？：:《\n]{0,40}关于[^。；！？\n]{2,80}的"
    r"(?:通知|函|复函|通报|意见|方案|请示|报告|决定|公告|通告|批复|纪要|规定|办法)(?:[（(][^）)\n]{1,20}[）)])?[*]{0,2}\s*$",
    re.M,
)


class _Plain:
    name = "plain"

    def rate(self, blob: Blob, head: bytes) -> int:
        own = extension(blob)
        if not head:
            return int(own in _OWN)
        text = head_text(head)
        if text is None or _STRUCTURED.match(text):
            return 0
        if own in _OWN or own in _BINARY:
            return 1
        return int(len(_CHINESE.findall(text)) * 5 > len(text))

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        with blob.open() as stream:
            start = head_text(stream.read(HEAD)) or ""
        lines = TextLines(blob)
        if is_conversation(start):
            yield from gather(blob.path, _speakers(lines))
        else:
            official = is_official(start)
            for part, (number, text) in enumerate(_parts(lines)):
                if official and not part:
                    if message := document_message(path=blob.path, text=_MARKDOWN.sub("", text)):
                        yield message
                    continue
                yield Message(
                    path=blob.path,
                    locator=f"行 {number}",
                    channel=ChannelKind.DOCUMENT if official else ChannelKind.CHAT,
                    text=text,
                    attachments=attachments_in(text),
                )
        if not start.strip():
            yield Skip(path=blob.path, locator="", code="intake.no_messages")
        yield from lines.damage()


def is_official(text: str) -> bool:
    """The look of an official document within the first lines: its number, or its title."""
    top = "\n".join([line for line in text.split("\n") if line.strip()][:15])
    return bool(_NUMBER_LINE.search(top) or _TITLE_LINE.search(top))


def is_conversation(text: str) -> bool:
    """Whether lines of a paste are people speaking in turn; see the module's head for the rule."""
    lines = [line for line in text.split("\n") if line.strip()]
    names = [match[1] for line in lines if (match := _SPEAKER.match(line))]
    if len(lines) < 3 or len(names) * 5 < len(lines) * 4 or any(_LABEL.search(n) for n in names):
        return False
    counts = Counter(names)
    return len(counts) > 1 and max(counts.values()) > 1


def _speakers(lines: TextLines) -> Iterator[tuple[int, str | Heading]]:
    for number, line in lines:
        match = _SPEAKER.match(line)
        if match is None:
            yield number, line
            continue
        sender, account = split_account(match[1])
        yield number, Heading(sender=sender, account=account, sent_at=None)
        yield number, line[match.end() :].strip()


def _parts(lines: TextLines) -> Iterator[tuple[int, str]]:
    """The whole text as (1, text); one too long for a message in several, with their first lines."""
    held: list[str] = []
    length, start = 0, 1
    for number, line in lines:
        if length > LONGEST_PART and (not line.strip() or length > LONGEST_PART * 2):
            yield start, "\n".join(held).strip("\n")
            held, length = [], 0
        if not held:
            if not line.strip():
                continue
            start = number
        held.append(line)
        length += len(line) + 1
    if text := "\n".join(held).strip():
        yield start, text.strip("\n")


READERS: tuple[Reader, ...] = (_Plain(),)
