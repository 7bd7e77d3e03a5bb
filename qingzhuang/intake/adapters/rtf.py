r"""Rich Text Format to plain text: control words off, \uN and \'xx (GBK) decoded.

Source: Microsoft, Rich Text Format Specification 1.9.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\"
)
_SILENT = {
    b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"themedata", b"datastore",
    b"colorschememapping", b"latentstyles", b"listtable", b"listoverridetable", b"rsidtbl",
    b"generator", b"xmlnstbl", b"fldinst", b"filetbl", b"revtbl", b"bkmkstart", b"bkmkend",
    b"wgrffmtfilter", b"pgptbl", b"mmathPr", b"nonshppict", b"header", b"footer", b"headerl",
    b"headerr", b"headerf", b"footerl", b"footerr", b"footerf", b"annotation", b"atnid",
    b"atnauthor", b"sp", b"private",
}  # fmt: skip
_MARKS = {
    b"par": "\n", b"line": "\n", b"sect": "\n", b"page": "\n", b"row": "\n", b"cell": " | ",
    b"nestcell": " | ", b"nestrow": "\n", b"tab": "\t", b"emdash": "—", b"endash": "–",
    b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•",
    b"emspace": "\u3000", b"enspace": " ",
}  # fmt: skip
_CHARSETS = {134: "gb18030", 136: "big5", 128: "cp932", 129: "cp949", 0: "cp1252"}
_PAGES = {936: "gb18030", 54936: "gb18030", 950: "big5", 65001: "utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    silent: bool = False
    skip: int = 1  # how many characters stand in for one \u
    font: int | None = None


def strip_rtf(data: bytes) -> str:
    """The text a reader of the RTF would see, table cells apart by ' | '. Never raises."""
    fonts: dict[int, str] = {}
    encoding = "gb18030"
    out: list[str] = []
    pending = bytearray()  # bytes of one character may come as several tokens
    state, stack = _State(), []
    to_skip = 0
    in_fonts, starred = False, False
    font_now: int | None = None
    position = 0

    def flush() -> None:
        if pending:
            codec = fonts.get(state.font, encoding) if state.font is not None else encoding
            # Word names a western font before Chinese bytes often enough: the page decides then.
            codec = encoding if codec == "cp1252" else codec
            out.append(pending.decode(codec, "replace"))
            pending.clear()

    while position < len(data):
        token = _TOKEN.match(data, position)
        if token is None:
            break
        position = token.end()
        word, number, code, symbol, brace, plain = token.groups()
        if brace == b"{":
            flush()
            stack.append((state, in_fonts))
            to_skip, starred = 0, False
        elif brace == b"}":
            flush()
            if stack:
                state, in_fonts = stack.pop()
            to_skip = 0
        elif word == b"bin":
            position += max(int(number or 0), 0)
        elif word is not None:
            value = int(number) if number else None
            if in_fonts and word == b"f":
                font_now = value
            elif in_fonts and word == b"fcharset" and font_now is not None:
                fonts[font_now] = _CHARSETS.get(value or 0, "cp1252")
            elif word == b"ansicpg":
                encoding = _PAGES.get(value or 0, encoding)
            elif word in _SILENT or (starred and word not in (b"shpinst", b"shptxt", b"ud")):
                flush()
                in_fonts = in_fonts or word == b"fonttbl"
                state = replace(state, silent=True)
            elif word == b"ud" and starred:
                state = replace(state, silent=False)
            elif state.silent or word == b"upr":
                pass
            elif word == b"uc":
                state = replace(state, skip=value if value is not None else 1)
            elif word == b"u" and value is not None:
                flush()
                out.append(chr(value & 0xFFFF))
                to_skip = state.skip
            elif word == b"f":
                flush()
                state = replace(state, font=value)
            elif word == b"plain":
                flush()
                state = replace(state, font=None)
            elif word in _MARKS:
                flush()
                out.append(_MARKS[word])
            starred = False
        elif symbol == b"*":
            starred = True
        elif state.silent:
            continue
        elif code is not None:
            if to_skip:
                to_skip -= 1
            else:
                pending.append(int(code, 16))
        elif symbol is not None:
            flush()
            out.append(
                {b"~": " ", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n"}.get(
                    symbol, symbol.decode("latin-1")
                )
            )
        elif plain is not None:
            taken = min(to_skip, len(plain))
            to_skip -= taken
            pending.extend(plain[taken:])
    flush()
    text = "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return re.sub(r" \| *\n", "\n", text)
