"""Word documents (.docx, .docm, .dotx): paragraphs, tables, text boxes in the order of the page.

Read from document.xml with lxml: python-docx leaves out text boxes, content controls and tracked
insertions, which red-head documents are full of. Macros are data here; nothing runs them.
Source of the layout: ECMA-376 part 1, 17 (WordprocessingML).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from qingzhuang.intake.adapters.official import document_message
from qingzhuang.intake.adapters.salvage import salvage_zip
from qingzhuang.intake.adapters.streams import base_name, check_package, is_package, seekable
from qingzhuang.intake.adapters.word_numbers import Numbering
from qingzhuang.intake.types import Blob, Message, Reader, Skip
from qingzhuang.kit.pure.errors import UserError

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_PAGE_NUMBER = re.compile(r"^[\s\d—–\-·第页共/]*$")
_DROPPED = {"del", "moveFrom", "instrText", "delText", "pPr", "rPr", "sectPr", "tblPr", "Fallback"}
_CHECKED = {"F0FE": "☑", "F052": "☑", "F0A8": "☐", "F06F": "☐", "F0A3": "☐"}
_MAIN = "word/document.xml"


class WordReader:
    name = "word"

    def rate(self, blob: Blob, head: bytes) -> int:
        return 3 if is_package(blob, head, "word/document") else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        with seekable(blob) as stream:
            try:
                with zipfile.ZipFile(stream) as archive:
                    yield from self._read_package(blob, archive)
            except (zipfile.BadZipFile, NotImplementedError, EOFError, KeyError, OSError) as error:
                yield from self._read_broken(blob, stream, error)

    def _read_package(
        self, blob: Blob, archive: zipfile.ZipFile
    ) -> Iterator[Message | Skip | Blob]:
        refused = check_package(blob, archive)
        if refused:
            yield refused
            return
        names = archive.namelist()
        main = _MAIN if _MAIN in names else next(n for n in names if n.startswith("word/document"))
        numbering = Numbering.parse(
            archive.read("word/numbering.xml") if "word/numbering.xml" in names else None,
            archive.read("word/styles.xml") if "word/styles.xml" in names else None,
        )
        body = _lines_of(archive.open(main), numbering)
        above = _story(archive, names, "word/header", body)
        below = _story(archive, names, "word/footer", body)
        notes = _story(archive, names, "word/footnotes", body)
        attached = [base_name(n) for n in names if n.startswith("word/embeddings/")]
        message = document_message(
            path=blob.path, text="\n".join([*above, *body, *notes, *below]), attachments=attached
        )
        if message:
            yield message
        else:
            pictures = any("word/media/" in n for n in names)
            code = "intake.scan_needs_ocr" if pictures else "intake.document_no_text"
            yield Skip(
                path=blob.path,
                locator="全文",
                code=code,
                params={"name": base_name(blob.path), "place": "全文"},
            )

    def _read_broken(
        self, blob: Blob, stream: BinaryIO, error: Exception
    ) -> Iterator[Message | Skip | Blob]:
        """The text up to where the file breaks off."""
        for member in salvage_zip(stream):
            if member.raw_name != _MAIN.encode():
                continue
            lines = _lines_of(member.data, Numbering.parse(None, None))
            message = document_message(path=blob.path, text="\n".join(lines))
            if message:
                yield message
                yield Skip(
                    path=blob.path,
                    locator="文末",
                    code="intake.document_cut_off",
                    params={"name": base_name(blob.path)},
                )
                return
        raise UserError("intake.document_damaged", name=base_name(blob.path)) from error


def _story(archive: zipfile.ZipFile, names: list[str], prefix: str, body: list[str]) -> list[str]:
    """Lines of headers, footers or notes that are neither page numbers nor in the body already."""
    seen = set(body)
    lines: list[str] = []
    for name in sorted(n for n in names if n.startswith(prefix) and n.endswith(".xml")):
        for line in _lines_of(archive.open(name), None):
            if line.strip() and line not in seen and not _PAGE_NUMBER.match(line):
                seen.add(line)
                lines.append(line)
    return lines


def _lines_of(stream: object, numbering: Numbering | None) -> list[str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    with stream:  # type: ignore[attr-defined]
        data: bytes = stream.read()  # type: ignore[attr-defined]
    root = etree.fromstring(data.replace(_STRICT.encode(), _W[1:-1].encode()), parser)
    if root is None:
        return []
    lines: list[str] = []
    _walk(root, lines, numbering)
    return lines


def _local(node: etree._Element) -> str:
    return node.tag.rsplit("}", 1)[-1] if isinstance(node.tag, str) else ""


def _walk(node: etree._Element, lines: list[str], numbering: Numbering | None) -> None:
    """Blocks in document order into lines."""
    for child in node:
        name = _local(child)
        if name in _DROPPED:
            continue
        if name == "p":
            _paragraph(child, lines, numbering)
        elif name == "tbl":
            _table(child, lines, numbering)
        elif name in ("footnote", "endnote") and child.get(f"{_W}type"):
            continue  # separators, not notes
        else:
            _walk(child, lines, numbering)


def _paragraph(node: etree._Element, lines: list[str], numbering: Numbering | None) -> None:
    boxes: list[str] = []
    pieces: list[str] = []
    _inline(node, pieces, boxes, numbering)
    text = "".join(pieces)
    if numbering and text.strip():
        text = numbering.label(node) + text
    # What stands in a box drawn at this paragraph is usually above it: a letterhead.
    lines.extend(boxes)
    lines.extend(text.split("\n"))


def _inline(
    node: etree._Element, pieces: list[str], boxes: list[str], numbering: Numbering | None
) -> None:
    for child in node:
        name = _local(child)
        if name in _DROPPED:
            continue
        if name == "t":
            pieces.append(child.text or "")
        elif name in ("tab", "ptab"):
            pieces.append("\t")
        elif name in ("br", "cr"):
            pieces.append("\n")
        elif name == "noBreakHyphen":
            pieces.append("-")
        elif name == "sym":
            pieces.append(_CHECKED.get(child.get(f"{_W}char", "").upper(), ""))
        elif name == "txbxContent":
            _walk(child, boxes, numbering)
        else:
            _inline(child, pieces, boxes, numbering)


def _table(node: etree._Element, lines: list[str], numbering: Numbering | None) -> None:
    """One line a row, cells apart by ' | '; a cell's own lines are joined."""
    for row in node.iter(f"{_W}tr"):
        if next(row.iterancestors(f"{_W}tbl")) is not node:
            continue  # a row of a table inside a cell, read with that cell
        cells: list[str] = []
        for cell in row.iter(f"{_W}tc"):
            if next(cell.iterancestors(f"{_W}tr")) is not row:
                continue
            inner: list[str] = []
            _walk(cell, inner, numbering)
            cells.append(" ".join(line.strip() for line in inner if line.strip()))
        if any(cells):
            lines.append(" | ".join(cells))


READERS: tuple[Reader, ...] = (WordReader(),)
