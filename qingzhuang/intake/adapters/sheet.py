"""Workbooks and delimited files: receiving registers, phone cards, chat tables, lists of work.

What a table is, its headers tell (data/sheet_headers.toml); a form to be filled is no message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain, islice

from qingzhuang.intake.adapters.encoding import head_text
from qingzhuang.intake.adapters.moments import from_serial, parse_clock, parse_moment
from qingzhuang.intake.adapters.sheet_columns import (
    Cell,
    Header,
    find_header,
    looks_like_header,
    recognise,
)
from qingzhuang.intake.adapters.sheet_grid import Table, delimiter_of, text_table, workbook_tables
from qingzhuang.intake.adapters.sheet_markup import is_excel_page, is_xml_sheet, markup_tables
from qingzhuang.intake.adapters.streams import (
    OLE_MAGIC,
    ZIP_MAGIC,
    base_name,
    extension,
    is_package,
    ole_kind,
)
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip

_HEADER_WITHIN = 30  # rows in which a header must stand
_LONGEST_ROW = 400  # columns looked at; forms have a hundred at most
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?:\s*年|(?!\d))")
_STRUCTURE = re.compile(
    r"^(?:合计|小计|总计|备注|说明|注|填表人|填报人|制表人|审核人|领导签字|填表说明)"
)
_CHANNELS = {
    "register": ChannelKind.DOCUMENT,
    "phone": ChannelKind.PHONE,
    "chat": ChannelKind.CHAT,
    "list": ChannelKind.SHEET,
}
_CONTENT = {"register": "title", "phone": "content", "chat": "content", "list": "item"}
_TIME = {"register": "received_on"}
_SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"


class SheetReader:
    name = "sheet"

    def rate(self, blob: Blob, head: bytes) -> int:
        if head.startswith(ZIP_MAGIC):
            return 3 if _SPREADSHEET in head[:200] or is_package(blob, head, "xl/workbook") else 0
        if head.startswith(OLE_MAGIC):
            return 3 if ole_kind(blob, head) == "sheet" else 0
        text = head_text(head)
        if not text:
            return 0
        ending = extension(blob)
        if is_xml_sheet(text) or is_excel_page(text):
            return 3
        if re.match(r"\s*(?:<!doctype html|<html|<meta|<table|<style)", text, re.I):
            return 3 if ending in ("xls", "et", "xlsx") and "<table" in text.lower() else 0
        if ending in ("csv", "tsv", "tab"):
            return 2
        if ending in ("xls", "et", "xlsx"):  # many systems write tabs and call it Excel
            return 2 if delimiter_of(text.splitlines()) else 0
        return 2 if ending == "txt" and _has_header(text) else 0

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        with blob.open() as stream:
            head = stream.read(65_536)
        tables: Iterator[Table | Skip]
        if head.startswith((ZIP_MAGIC, OLE_MAGIC)):
            tables = workbook_tables(blob)
        else:
            text = head_text(head) or ""
            markup = is_xml_sheet(text) or re.match(r"\s*<", text)
            tables = markup_tables(blob, text) if markup else text_table(blob)
        filled = False
        for table in tables:
            if isinstance(table, Skip):
                filled = True
                yield table
                continue
            for item in _read_table(blob, table):
                filled = True
                yield item
        if not filled:
            params = {"name": base_name(blob.path)}
            yield Skip(path=blob.path, locator="全部", code="intake.sheet_empty", params=params)


def _has_header(text: str) -> bool:
    lines = text.splitlines()[:_HEADER_WITHIN]
    sign = delimiter_of(lines)
    return sign is not None and find_header([line.split(sign) for line in lines]) is not None


def _read_table(blob: Blob, table: Table) -> Iterator[Message | Skip]:
    rows = ((number, row[:_LONGEST_ROW]) for number, row in table.rows())
    filled = ((n, r) for n, r in rows if any(_text(c) for c in r))
    start = list(islice(filled, _HEADER_WITHIN))
    if not start:
        return
    title = f"{base_name(blob.path)} {table.name}"
    found = find_header([row for _, row in start], title)
    place = table.name or "全表"
    if found is None:
        yield Skip(
            path=blob.path,
            locator=place,
            code="intake.sheet_not_messages",
            params={"name": base_name(blob.path), "sheet": place},
        )
        return
    index, header = found
    above = [_text(c) for _, row in start[:index] for c in row if _text(c)]
    reading = _Reading(blob=blob, sheet=table.name, header=header)
    reading.year = _year_of([*above, table.name, base_name(blob.path)])
    reading.group = _group_of(above, table.name) if header.kind == "chat" else None
    empty = True
    for number, row in chain(start[index + header.rows :], filled):
        item = reading.read(number, row)
        if item is not None:
            empty = False
            yield item
    if empty:
        yield Skip(
            path=blob.path,
            locator=place,
            code="intake.sheet_no_rows",
            params={"name": base_name(blob.path), "sheet": place},
        )


def _year_of(texts: Sequence[str]) -> int | None:
    for text in texts:
        found = _YEAR.search(text)
        if found:
            return int(found[1])
    return None


def _group_of(above: Sequence[str], sheet: str) -> str | None:
    """A chat table's group, when only its title or the sheet's name tells it."""
    for text in [*above, sheet]:
        if "群" in text and len(text) <= 40:
            return re.sub(r"(?:聊天记录|消息记录|群消息|导出).*$", "", text).strip() or None
    return None


@dataclass(slots=True)
class _Reading:
    """Goes down a table and makes each row a message."""

    blob: Blob
    sheet: str
    header: Header
    year: int | None = None
    group: str | None = None
    _month: int = 0
    _places: dict[str, list[int]] = field(default_factory=dict)

    def _columns(self, role: str) -> list[int]:
        found = self._places.get(role)
        if found is None:
            found = self._places[role] = self.header.columns(role)
        return found

    def read(self, number: int, row: Sequence[Cell]) -> Message | Skip | None:
        if looks_like_header(row):
            again = recognise(row)
            if again:
                # Printed registers repeat their header on each page; the next may differ.
                self.header = again
                self._places.clear()
                return None
        content = _CONTENT[self.header.kind]
        text = " ".join(t for c in self._columns(content) if (t := self._cell(row, c)))
        place = f"{self.sheet} 行 {number}" if self.sheet else f"行 {number}"
        if not text:
            return self._without_text(row, place)
        sent_at = self._moment(row)
        kind = self.header.kind
        return Message(
            path=self.blob.path,
            locator=place,
            channel=_CHANNELS[kind],
            group=self._first(row, "group") or self.group,
            sender=self._sender(row),
            sent_at=sent_at,
            text=self._compose(row, text, dated=sent_at is not None),
            attachments=self._attachments(row),
            account=self._first(row, "account"),
        )

    def _without_text(self, row: Sequence[Cell], place: str) -> Skip | None:
        """A ruled row with only its number is empty; anything else is told."""
        numbers = self._columns("number")
        rest = [t for c, v in enumerate(row) if c not in numbers and (t := _text(v))]
        if not rest:
            first = _text(row[numbers[0]]) if numbers and numbers[0] < len(row) else ""
            if not first or first.isdecimal():
                return None
        first = rest[0] if rest else ""
        start = next((t for v in row if (t := _text(v))), "")
        if _STRUCTURE.match(re.sub(r"\s", "", start)):
            return None
        if len(rest) == 1 and self.year is not None and _YEAR.search(first):
            self.year = _year_of([first]) or self.year  # "2026年3月" between months
            return None
        return Skip(
            path=self.blob.path,
            locator=place,
            code="intake.sheet_row_no_text",
            params={"name": base_name(self.blob.path), "row": place},
        )

    def _cell(self, row: Sequence[Cell], column: int) -> str:
        return _text(row[column]) if column < len(row) else ""

    def _first(self, row: Sequence[Cell], role: str) -> str | None:
        return next((t for c in self._columns(role) if (t := self._cell(row, c))), None)

    def _sender(self, row: Sequence[Cell]) -> str | None:
        if self.header.kind == "phone":
            parts = [self._first(row, "caller_unit"), self._first(row, "caller")]
            return " ".join(dict.fromkeys(p for p in parts if p)) or None
        return self._first(row, "sender" if self.header.kind == "chat" else "from_unit")

    def _moment(self, row: Sequence[Cell]) -> datetime | None:
        """The row's time; a day and a clock may stand in two columns, a year may be missing."""
        cells = [
            row[c]
            for c in self._columns(_TIME.get(self.header.kind, "sent_at"))
            if c < len(row) and _text(row[c])
        ]
        moments = [parse_moment(cell, year=self.year) for cell in cells]
        moment = next((m for m in moments if m), None)
        if moment is None:
            return None
        clocks = [
            clock
            for cell, found in zip(cells, moments, strict=True)
            if found is None and (clock := parse_clock(cell))
        ]
        if clocks:
            moment = datetime.combine(moment.date(), clocks[0], moment.tzinfo)
        if self.year is not None and moment.year == self.year and moment.month < self._month - 6:
            # December's rows are followed by January's: the year has turned.
            given = [c for c in cells if isinstance(c, str) and not _YEAR.search(c)]
            if given:
                self.year += 1
                moment = moment.replace(year=self.year)
        self.year, self._month = moment.year, moment.month
        return moment

    def _attachments(self, row: Sequence[Cell]) -> tuple[str, ...]:
        text = self._first(row, "attachment") or ""
        names = [n.strip() for n in re.split(r"[;；、\n]+", text) if n.strip()]
        return tuple(n for n in names if n not in ("无", "有", "/", "-", "—"))

    def _compose(self, row: Sequence[Cell], text: str, *, dated: bool) -> str:
        kind = self.header.kind
        if kind == "chat":
            return text
        hidden = {"number", "listener", "caller", "caller_unit", "attachment", "account", "group"}
        if kind != "list":
            hidden |= {_CONTENT[kind], "from_unit"}
        if dated:
            hidden.add(_TIME.get(kind, "sent_at"))
        parts = [
            f"{name}：{value}"
            for column, (name, role) in enumerate(
                zip(self.header.names, self.header.roles, strict=True)
            )
            if role not in hidden and name and (value := self._shown(row, column, role))
        ]
        if kind == "list":
            return "；".join(parts) or text
        return "\n".join([text, *parts])

    def _shown(self, row: Sequence[Cell], column: int, role: str) -> str:
        cell = row[column] if column < len(row) else ""
        if role in ("deadline", "sent_at", "received_on") and isinstance(cell, float):
            cell = from_serial(cell) or cell
            if isinstance(cell, datetime) and (cell.hour, cell.minute) == (9, 0):
                cell = cell.date()
        return re.sub(r"\s*\n\s*", " ", _text(cell))


def _text(cell: Cell) -> str:
    """A cell as a person sees it; whole numbers without a point, so that phone numbers stay."""
    if isinstance(cell, str):
        return cell.strip(" \t\r\n\u3000\xa0")
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e18 else repr(cell)
    if isinstance(cell, datetime):
        day = f"{cell.year}年{cell.month}月{cell.day}日"
        return day if cell.time() == time() else f"{day}{cell.hour}:{cell.minute:02d}"
    if isinstance(cell, date):
        return f"{cell.year}年{cell.month}月{cell.day}日"
    if isinstance(cell, time):
        return f"{cell.hour}:{cell.minute:02d}"
    if isinstance(cell, timedelta):
        minutes = int(cell.total_seconds()) // 60
        return f"{minutes // 60}:{minutes % 60:02d}"
    return str(cell)


READERS: tuple[Reader, ...] = (SheetReader(),)
