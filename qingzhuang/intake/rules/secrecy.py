"""Marks of state secrets: what bears one is refused before anything else sees it.

Source: 国家秘密定密管理规定 (a mark is 密级★保密期限, such as 机密★1年 or 秘密★启封前) and
GB/T 9704-2012, 7.2.2 (at the head of the page, spaced when it stands without a term: 秘 密).
"""

from __future__ import annotations

import re

from qingzhuang.intake.types import ChannelKind
from qingzhuang.kit.pure.text import fold_width

_DEGREE = r"(?:绝\s*密|机\s*密|秘\s*密)\s*(?:级\s*)?"
_TERM = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*(?:年|个月)|长期|启封前?|解密前"
# With a star, anywhere: nobody writes "机密★" otherwise. An asterisk stands in only before a term.
_STARRED = re.compile(rf"{_DEGREE}(?:[★☆✭✩⭐🌟]|\*\s*(?:{_TERM}))")
_STATED = re.compile(rf"密\s*级\s*[:|]\s*{_DEGREE}(?![\u4e00-\u9fff])")
_ALONE = re.compile(rf"^[\W_]*{_DEGREE}[\W_]*(?:{_TERM})?[\W_]*$")
_TERMED = re.compile(rf"^[\W_]*{_DEGREE}[\W_]*(?:{_TERM})[\W_]*$")
_HEAD_LINES = 10


def is_marked_secret(text: str, channel: ChannelKind) -> bool:
    """Whether a text bears a secret mark: with ★ anywhere; with a term (机密 1年) as a line of the
    head; alone as a line of a document's head. A chat's bare "秘密" is a word like any other.
    """
    if "密" not in text:
        return False
    text = fold_width(text)
    if _STARRED.search(text) or _STATED.search(text):
        return True
    head = [line.strip() for line in text.splitlines() if line.strip()][:_HEAD_LINES]
    mark = _ALONE if channel is ChannelKind.DOCUMENT else _TERMED
    return any(len(line) <= 24 and mark.match(line) for line in head)
