"""Very large .xlsx sheets row by row, so that memory does not grow with their length.

Source of the layout: ECMA-376 part 1, 18.3 (worksheets), 18.4 (shared strings), 18.8 (styles).
"""

from __future__ import annotations

import posixpath
import re
import tempfile
import zipfile
from array import array
from collections.abc import Callable, Iterator
from functools import cache, partial

from lxml import etree

from qingzhuang.intake.adapters.moments import from_serial, parse_clock
from qingzhuang.intake.adapters.sheet_columns import Cell

_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def stream_tables(
    package: zipfile.ZipFile,
) -> Iterator[tuple[str, Callable[[], Iterator[tuple[int, list[Cell]]]]]]:
    """Each sheet's name and a function that goes through its rows (number from 1, cells)."""
    targets = {
        node.get("Id", ""): node.get("Target", "")
        for node in _root(package, "xl/_rels/workbook.xml.rels").iter("{*}Relationship")
    }
    strings = _Strings(package)
    dates = _date_styles(package)
    for sheet in _root(package, "xl/workbook.xml").iter("{*}sheet"):
        target = targets.get(sheet.get(_R, ""), "")
        part = target.lstrip("/") if target.startswith("/") else posixpath.join("xl", target)
        if part in package.namelist() and "worksheets/" in part:
            yield sheet.get("name", ""), partial(_rows, package, part, strings, dates)


def _root(package: zipfile.ZipFile, part: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(package.read(part), parser)


def _date_styles(package: zipfile.ZipFile) -> frozenset[int]:
    """The style numbers whose format shows a date."""
    if "xl/styles.xml" not in package.namelist():
        return frozenset()
    root = _root(package, "xl/styles.xml")
    own = {
        int(node.get("numFmtId", "0"))
        for node in root.iter("{*}numFmt")
        if re.search(
            r"[ymdh年月日]",
            re.sub(r"\[[^\]]*\]|\"[^\"]*\"", "", node.get("formatCode", "").lower()),
        )
    }
    styles = root.find("{*}cellXfs")
    return frozenset(
        index
        for index, node in enumerate(styles if styles is not None else ())
        if int(node.get("numFmtId", "0")) in own | _DATE_FORMATS
    )


class _Strings:
    """The workbook's shared strings in a file, found by their number."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the sheets
        self._ends = array("Q", [0])
        if "xl/sharedStrings.xml" not in package.namelist():
            return
        end = 0
        with package.open("xl/sharedStrings.xml") as stream:
            for _, node in etree.iterparse(stream, tag="{*}si", resolve_entities=False):
                data = _text_of(node).encode("utf-8", "replace")
                end += self._file.write(data)
                self._ends.append(end)
                _forget(node)

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._ends) - 1:
            return ""
        start = self._ends[index]
        self._file.seek(start)
        return self._file.read(self._ends[index + 1] - start).decode("utf-8")


def _forget(node: etree._Element) -> None:
    node.clear()
    parent = node.getparent()
    while parent is not None and node.getprevious() is not None:
        del parent[0]


def _text_of(node: etree._Element) -> str:
    """All text but phonetic guides; Excel writes odd characters as _x000D_."""
    if len(node) == 1 and node[0].tag.endswith("}t"):  # nearly always one <t>
        text = node[0].text or ""
        return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text
    text = "".join(
        t.text or "" for t in node.iter("{*}t") if next(t.iterancestors("{*}rPh"), None) is None
    )
    return _ESCAPED.sub(lambda m: chr(int(m[1], 16)), text) if "_x" in text else text


@cache
def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter.upper()) - 64
    return number - 1


def _rows(
    package: zipfile.ZipFile, part: str, strings: _Strings, dates: frozenset[int]
) -> Iterator[tuple[int, list[Cell]]]:
    number = 0
    with package.open(part) as stream:
        for _, row in etree.iterparse(stream, tag="{*}row", resolve_entities=False):
            given = row.get("r", "")
            number = int(given) if given.isdecimal() else number + 1
            cells: list[Cell] = []
            for cell in row:
                reference = cell.get("r")
                at = _column(reference.rstrip("0123456789")) if reference else len(cells)
                if not 0 <= at < 16_384:
                    continue
                while len(cells) <= at:
                    cells.append("")
                cells[at] = _value(cell, strings, dates)
            yield number, cells
            _forget(row)


def _value(cell: etree._Element, strings: _Strings, dates: frozenset[int]) -> Cell:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text_of(cell)
    node = cell.find("{*}v")
    text = node.text or "" if node is not None else ""
    if kind == "s":
        return strings[int(text)] if text.isdecimal() else ""
    if kind == "b":
        return text == "1"
    if kind in ("str", "d"):
        return text
    if kind == "e" or not text:
        return ""
    try:
        value = float(text)
    except ValueError:
        return text
    style = cell.get("s", "0")
    if style.isdecimal() and int(style) in dates:
        moment = from_serial(value)
        if moment and value == int(value):
            return moment.date()
        return moment or parse_clock(value) or value
    return value
