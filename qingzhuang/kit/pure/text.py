"""Chinese text made comparable: width, look-alike characters, white space, numerals."""

from __future__ import annotations

import re
import unicodedata

# Some PDFs and phones give radicals (⼯) for characters (工). NFKC maps the Kangxi block;
# these are the usual ones of the CJK Radicals Supplement, which NFKC leaves alone.
_RADICALS = str.maketrans(
    "⺠⺟⻄⻚⻛⻢⻥⻋⻓⻔⻉⻅⻆⺫⻘⻝⻩", "民母西页风马鱼车长门贝见角目青食黄"
)
_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\u00ad]")
_SPACE = re.compile(r"\s+")
_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "俩": 2,
    "廿": 20,
    "卅": 30,
}
_UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}


def fold_width(text: str) -> str:
    """NFKC with radicals mended and invisible marks dropped. Length may change."""
    if text.isascii():
        return text
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text).translate(_RADICALS))


class _Narrow(dict[int, str]):
    """One character for one: what NFKC makes of it, where that is a single character."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", chr(code)).translate(_RADICALS)
        self[code] = folded if len(folded) == 1 else chr(code)
        return self[code]


_narrow = _Narrow()


def fold_in_place(text: str) -> str:
    """Width folded character by character: offsets in the result are offsets in `text`."""
    return text if text.isascii() else text.translate(_narrow)


def normalise(text: str) -> str:
    """Two texts that a reader would call the same give the same string."""
    return _SPACE.sub(" ", fold_width(text)).strip()


def parse_numeral(text: str) -> int | None:
    """'12', '十二', '二十', '两百', '二〇二六' as an int; None when it is no whole number."""
    text = fold_width(text)
    if text.isdecimal():
        return int(text)
    if not text or any(c not in _DIGITS and c not in _UNITS for c in text):
        return None
    if all(c in _DIGITS and _DIGITS[c] < 10 for c in text):
        return int("".join(str(_DIGITS[c]) for c in text))
    total = section = digit = 0
    for c in text:
        if c in _DIGITS:
            digit = digit + _DIGITS[c] if _DIGITS[c] < 10 and digit >= 20 else _DIGITS[c]
            continue
        unit = _UNITS[c]
        if unit >= 10_000:
            total += (section + digit or 1) * unit
            section = 0
        else:
            section += (digit or 1) * unit
        digit = 0
    return total + section + digit
