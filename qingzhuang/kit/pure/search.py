"""One column that search looks in: latin words as they are, Chinese as pairs of characters."""

from __future__ import annotations

import re

from qingzhuang.kit.pure.text import normalise

_RUN = re.compile(r"[一-鿿㐀-䶿]+|[0-9a-z]+")


def search_words(text: str) -> str:
    """'报《老旧小区表》v2' → '报 老旧 旧小 小区 区表 v2', for an index of words."""
    words: list[str] = []
    for run in _RUN.findall(normalise(text).lower()):
        if run[0].isascii() or len(run) == 1:
            words.append(run)
        else:
            words.extend(run[at : at + 2] for at in range(len(run) - 1))
    return " ".join(words)
