"""Word 97–2003 (.doc), WPS (.wps) and RTF named .doc: the text out of the binary file.

Source: [MS-DOC] 2.4.1 (retrieving text), 2.5 (FIB), 2.9.38 (Clx), 2.4.3 (table rows).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from qingzhuang.intake.adapters.official import document_message
from qingzhuang.intake.adapters.rtf import strip_rtf
from qingzhuang.intake.adapters.streams import (
    base_name,
    extension,
    ole_kind,
    seekable,
    told_too_long,
)
from qingzhuang.intake.types import Blob, Message, Reader, Skip
from qingzhuang.kit.pure.errors import UserError

_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_FC_CLX, _FC_PAPX = 0x01A2, 0x0102  # places in the FIB of Word 97 and later
_CCP = 0x4C  # ccpText, ccpFtn, ccpHdd, ccpMcr, ccpAtn, ccpEdn, ccpTxbx, ccpHdrTxbx
_PAGE = 512
_LIMIT = 200 << 20
_FIELD = re.compile("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x15]*))?\x15")
_ROW_END = "\x1d"  # unused by Word: we put it where a row of a table ends
_MARKS = str.maketrans(
    {
        "\x0b": "\n",
        "\x0c": "\n",
        "\r": "\n",
        "\x1e": "-",
        "\xa0": " ",
        "\x07": " | ",
        _ROW_END: "\n",
    }
    | {chr(n): None for n in (0, 1, 2, 3, 4, 5, 6, 8, 0x13, 0x14, 0x15, 0x1F)}
)
_PAGE_NUMBER = re.compile(r"^[\s\d—–\-·第页共/]*$")


class OldWordReader:
    name = "old_word"

    def rate(self, blob: Blob, head: bytes) -> int:
        if head.startswith(b"{\\rtf"):
            return 3
        kind = ole_kind(blob, head)
        if kind in ("word", "encrypted"):
            return 3
        return 1 if kind == "other" else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        name = base_name(blob.path)
        with seekable(blob) as stream:
            start = stream.read(8)
            stream.seek(0)
            if start.startswith(b"{\\rtf"):
                text = strip_rtf(stream.read(_LIMIT))
            else:
                kind = ole_kind(blob, start)
                if kind == "encrypted":
                    yield _skip(blob, "intake.document_encrypted")
                    return
                if kind == "other":
                    wps = extension(blob) in ("wps", "wpt")
                    yield _skip(blob, "intake.wps_too_old" if wps else "intake.ole_unknown")
                    return
                try:
                    found = read_doc(stream.read(_LIMIT))
                except (struct.error, ValueError, IndexError, OSError, KeyError) as error:
                    raise UserError("intake.document_damaged", name=name) from error
                if found is None:
                    yield _skip(blob, "intake.document_encrypted")
                    return
                text = found
        message = document_message(path=blob.path, text=text)
        yield message or _skip(blob, "intake.document_no_text")
        yield from told_too_long(blob, _LIMIT)


def _skip(blob: Blob, code: str) -> Skip:
    return Skip(
        path=blob.path,
        locator="全文",
        code=code,
        params={"name": base_name(blob.path), "place": "全文"},
    )


def read_doc(data: bytes) -> str | None:
    """The text of a .doc given whole: main text, notes, then text boxes; None when encrypted.

    Raises ValueError, struct.error, IndexError or OSError for a broken file.
    """
    import io

    import olefile

    with olefile.OleFileIO(io.BytesIO(data)) as ole:
        document: bytes = ole.openstream("WordDocument").read()
        (magic, version) = struct.unpack_from("<HH", document, 0)
        flags = struct.unpack_from("<H", document, 0x0A)[0]
        if flags & _ENCRYPTED:
            return None
        if magic != 0xA5EC or version < 101:  # Word 6 and 95: eight bits, the office's code page
            first, last = struct.unpack_from("<II", document, 0x18)
            return _clean(document[first:last].decode("gb18030", "replace"))
        table: bytes = ole.openstream("1Table" if flags & _TABLE_1 else "0Table").read()
    characters = _read_pieces(document, table)
    lengths = struct.unpack_from("<8i", document, _CCP)
    stories: list[str] = []
    start = 0
    for length in lengths:
        stories.append(characters[start : start + max(length, 0)])
        start += max(length, 0)
    main, notes, headers, _, _, endnotes, boxes, header_boxes = (_clean(s) for s in stories)
    return _assemble(main, [notes, endnotes], [boxes, header_boxes, headers])


def _assemble(main: str, notes: list[str], outside: list[str]) -> str:
    """A letterhead in a box or header goes above the text, everything else below."""
    seen = set(main.splitlines())
    above: list[str] = []
    below: list[str] = []
    for line in "\n".join(outside).splitlines():
        line = line.strip()
        if not line or line in seen or _PAGE_NUMBER.match(line):
            continue
        seen.add(line)
        (above if re.sub(r"\s", "", line).endswith("文件") else below).append(line)
    return "\n".join([*above, main, *notes, *below])


def _read_pieces(document: bytes, table: bytes) -> str:
    """All characters of all stories by the piece table, row ends of tables marked."""
    start, length = struct.unpack_from("<II", document, _FC_CLX)
    clx = table[start : start + length]
    position = 0
    while clx[position] == 0x01:  # property runs come first and do not concern us
        position += 3 + struct.unpack_from("<H", clx, position + 1)[0]
    if clx[position] != 0x02:
        raise ValueError("no piece table")
    size = struct.unpack_from("<I", clx, position + 1)[0]
    plc = clx[position + 5 : position + 5 + size]
    count = (size - 4) // 12
    bounds = struct.unpack_from(f"<{count + 1}I", plc, 0)
    row_ends = _row_ends(document, table)
    out: list[str] = []
    for index in range(count):
        fc = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * index + 2)[0]
        length = bounds[index + 1] - bounds[index]
        if length <= 0:
            continue
        if fc & 0x40000000:
            offset, width = (fc & 0x3FFFFFFF) // 2, 1
            text = document[offset : offset + length].decode("cp1252", "replace")
        else:
            offset, width = fc & 0x3FFFFFFF, 2
            text = document[offset : offset + 2 * length].decode("utf-16-le", "surrogatepass")
        if "\x07" in text and row_ends:
            text = "".join(
                _ROW_END if c == "\x07" and offset + (n + 1) * width in row_ends else c
                for n, c in enumerate(text)
            )
        out.append(text)
    return "".join(out)


def _row_ends(document: bytes, table: bytes) -> frozenset[int]:
    """File positions just after the marks that end a table row (paragraphs with sprmPFTtp)."""
    start, length = struct.unpack_from("<II", document, _FC_PAPX)
    count = (length - 4) // 8
    ends: set[int] = set()
    for index in range(max(count, 0)):
        number = struct.unpack_from("<I", table, start + 4 * (count + 1) + 4 * index)[0]
        page = document[(number & 0x3FFFFF) * _PAGE :][:_PAGE]
        if len(page) < _PAGE:
            continue
        runs = page[_PAGE - 1]
        for run in range(runs):
            place = page[4 * (runs + 1) + 13 * run] * 2
            if place and _is_row_end(page, place):
                ends.add(struct.unpack_from("<I", page, 4 * (run + 1))[0])
    return frozenset(ends)


def _is_row_end(page: bytes, place: int) -> bool:
    """Whether the properties at `place` of a page hold sprmPFTtp (0x2417) set."""
    words = page[place]
    first, size = (place + 1, words * 2 - 1) if words else (place + 2, page[place + 1] * 2)
    properties = page[first + 2 : first + size]  # past the style's number
    position = 0
    while position + 2 < len(properties):
        sprm = struct.unpack_from("<H", properties, position)[0]
        if sprm == 0x2417:
            return properties[position + 2] == 1
        operand = (1, 1, 2, 4, 2, 2, 0, 3)[sprm >> 13]
        if operand == 0:
            if sprm == 0xD608 and position + 4 <= len(properties):  # its size takes two bytes
                operand = struct.unpack_from("<H", properties, position + 2)[0] + 1
            else:
                operand = properties[position + 2] + 1
        position += 2 + operand
    return False


def _clean(text: str) -> str:
    """Field codes out, results kept; Word's marks into lines and ' | '."""
    for _ in range(8):  # fields may stand inside fields
        text, changed = _FIELD.subn(lambda m: m[1] or "", text)
        if not changed:
            break
    # Inside a cell a paragraph mark is no new row.
    text = re.sub(r"\x07(\x07|\r)(?=[^\x07]|$)", "\x07\x1d", text) if _ROW_END not in text else text
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return re.sub(r" \| *(?=\n)", "", text.translate(_MARKS))


READERS: tuple[Reader, ...] = (OldWordReader(),)
