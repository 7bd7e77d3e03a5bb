"""Tables that are called .xls but are a web page or XML Spreadsheet 2003, as many systems export.

Source: [MS-OI29500] for the name; XML Spreadsheet Reference (Office XP) for the elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from lxml import etree

from qingzhuang.intake.adapters.html import decode_html
from qingzhuang.intake.adapters.sheet_columns import Cell
from qingzhuang.intake.adapters.sheet_grid import Rows, Table
from qingzhuang.intake.adapters.streams import base_name, seekable, told_too_long
from qingzhuang.intake.types import Blob, Skip
from qingzhuang.kit.pure.errors import UserError

_LIMIT = 24 << 20  # bytes; a page takes ten times as much while it is read
_SPANS_LIMIT = 10_000  # a rowspan beyond this is a slip or a trap
_XML_SHEET = "urn:schemas-microsoft-com:office:spreadsheet"
_EXCEL_PAGE = re.compile(
    r"urn:schemas-microsoft-com:office:excel|Excel\.Sheet|<x:ExcelWorkbook", re.I
)
_BREAKS = re.compile(r"<br\s*/?>", re.I)


def is_xml_sheet(text: str) -> bool:
    return _XML_SHEET in text[:4096] and "<html" not in text[:4096].lower()


def is_excel_page(text: str) -> bool:
    return "<table" in text.lower() and bool(_EXCEL_PAGE.search(text))


def markup_tables(blob: Blob, head: str) -> Iterator[Table | Skip]:
    """The tables of the page or of the XML workbook, in order."""
    with seekable(blob) as stream:
        if is_xml_sheet(head):
            yield from _xml_tables(blob, stream)
        else:
            yield from _page_tables(blob, stream)
    yield from told_too_long(blob, _LIMIT)


def _page_tables(blob: Blob, stream: BinaryIO) -> Iterator[Table | Skip]:
    from lxml import html

    text = _BREAKS.sub("\n", decode_html(stream.read(_LIMIT)))
    try:
        parser = html.HTMLParser(huge_tree=True, no_network=True)
        root = html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise UserError("intake.document_damaged", name=base_name(blob.path)) from error
    for number, table in enumerate(root.iter("table"), 1):
        if next(table.iterdescendants("table"), None) is not None:
            continue  # a table that only arranges tables
        yield Table(name=f"表{number}", rows=partial(_page_rows, table))


def _page_rows(table: Any) -> Rows:
    spans: dict[int, tuple[int, Cell]] = {}  # column → rows left, value
    for number, row in enumerate(table.iter("tr"), 1):
        cells: list[Cell] = []
        began: dict[int, tuple[int, Cell]] = {}
        for node in row.iter("td", "th"):
            _fill(cells, spans)
            value = re.sub(r"[ \t\xa0]+", " ", node.text_content()).strip()
            down = _span(node.get("rowspan"))
            for _ in range(_span(node.get("colspan"))):
                if down > 1:
                    began[len(cells)] = down - 1, value
                cells.append(value)
                value = ""
        _fill(cells, spans)
        spans = {c: (n - 1, v) for c, (n, v) in spans.items() if n > 1} | began
        yield number, cells


def _fill(cells: list[Cell], spans: dict[int, tuple[int, Cell]]) -> None:
    """Cells that a taller one above reaches into."""
    while len(cells) in spans:
        cells.append(spans[len(cells)][1])


def _span(text: str | None) -> int:
    text = (text or "1").strip()
    return min(max(int(text), 1), _SPANS_LIMIT) if text.isdecimal() else 1


def _xml_tables(blob: Blob, stream: BinaryIO) -> Iterator[Table | Skip]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True)
    root = etree.fromstring(stream.read(_LIMIT), parser)
    if root is None:
        raise UserError("intake.document_damaged", name=base_name(blob.path))
    for sheet in root.iter(f"{{{_XML_SHEET}}}Worksheet"):
        name = sheet.get(f"{{{_XML_SHEET}}}Name", "")
        yield Table(name=name, rows=partial(_xml_rows, sheet))


def _xml_rows(sheet: etree._Element) -> Rows:
    number = 0
    spans: dict[int, tuple[int, Cell]] = {}  # column → rows left, value
    for row in sheet.iter(f"{{{_XML_SHEET}}}Row"):
        given = row.get(f"{{{_XML_SHEET}}}Index", "")
        number = int(given) if given.isdecimal() else number + 1
        cells: list[Cell] = []
        began: dict[int, tuple[int, Cell]] = {}
        for cell in row.iter(f"{{{_XML_SHEET}}}Cell"):
            place = cell.get(f"{{{_XML_SHEET}}}Index", "")
            at = min(int(place) - 1, 16_383) if place.isdecimal() else len(cells)
            while len(cells) < at or (not place and len(cells) in spans):
                cells.append(spans[len(cells)][1] if len(cells) in spans else "")
            data = cell.find(f"{{{_XML_SHEET}}}Data")
            value = _xml_value(data) if data is not None else ""
            down = cell.get(f"{{{_XML_SHEET}}}MergeDown", "")
            if down.isdecimal() and int(down):
                began[len(cells)] = int(down), value
            cells.append(value)
            across = cell.get(f"{{{_XML_SHEET}}}MergeAcross", "")
            if across.isdecimal():
                cells.extend([""] * min(int(across), 1000))
        while spans and len(cells) <= max(spans):
            cells.append(spans[len(cells)][1] if len(cells) in spans else "")
        spans = {c: (n - 1, v) for c, (n, v) in spans.items() if n > 1} | began
        yield number, cells


def _xml_value(data: etree._Element) -> Cell:
    text = "".join(str(piece) for piece in data.itertext())
    if data.get(f"{{{_XML_SHEET}}}Type") == "Number":
        try:
            return float(text)
        except ValueError:
            return text
    return text
