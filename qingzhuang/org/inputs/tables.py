"""A workbook or CSV as rows of cells, and the search for its header among titles and notes."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import python_calamine
from python_calamine import CalamineWorkbook

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.text import fold_width, normalise

Cell = object
MAX_UNPACKED = 400 * 1024 * 1024
_HEADER_WITHIN = 20  # rows: titles and notes above a header are fewer
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One sheet. Cells below the first of a merged block repeat its value."""

    name: str
    rows: list[list[Cell]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where the columns stand: `columns` field → index; `others` the headers not asked for."""

    last_row: int
    columns: Mapping[str, int]
    others: tuple[str, ...]


def read_tables(data: bytes, name: str) -> list[Table]:
    """The sheets of an .xlsx, .xls, .ods or .csv; the content decides, not the extension.

    Raises org.file_empty, org.workbook_locked, org.workbook_unreadable, org.workbook_too_big.
    """
    if not data.strip(b"\0 \r\n\t"):
        raise UserError("org.file_empty", name=name)
    if not data.startswith((_ZIP, _OLE)):
        return [Table(name=name, rows=list(read_csv(data, name)))]
    if data.startswith(_ZIP):
        _check_unpacked_size(data, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        return [_read_sheet(book, sheet) for sheet in book.sheet_names]
    except python_calamine.PasswordError as error:
        raise UserError("org.workbook_locked", name=name) from error
    except (python_calamine.CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise UserError("org.workbook_unreadable", name=name) from error


def read_csv(data: bytes, name: str) -> Iterator[list[Cell]]:
    """The rows of a CSV or tab-separated text in UTF-8 or GB18030."""
    for encoding in (
        "utf-8-sig",
        "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "gb18030",
    ):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UserError("org.workbook_unreadable", name=name)
    if "\0" in text:
        raise UserError("org.workbook_unreadable", name=name)
    first = text[: text.find("\n")] if "\n" in text else text
    lines = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in first else ",")
    try:
        for line in lines:
            yield list(line)
    except csv.Error as error:
        raise UserError("org.workbook_unreadable", name=name) from error


def find_header(
    rows: Sequence[Sequence[Cell]],
    aliases: Mapping[str, Sequence[str]],
    required: Sequence[str],
) -> Header | None:
    """The row, or the two rows of a folded header, that name most columns; None without `required`.

    Two columns of one field: the first counts.
    """
    field_of = {key(word): field for field, words in aliases.items() for word in words}
    best: Header | None = None
    for number, row in enumerate(rows[:_HEADER_WITHIN]):
        one = _match(number, [key(cell) for cell in row], field_of)
        below = rows[number + 1] if number + 1 < len(rows) else []
        two = _match(
            number + 1,
            [
                key(below[i]) if i < len(below) and key(below[i]) in field_of else key(cell)
                for i, cell in enumerate(row)
            ],
            field_of,
        )
        # A folded header must tell more than its upper row, else the first person is eaten.
        found = two if len(two.columns) > len(one.columns) and len(one.columns) > 1 else one
        if all(field in found.columns for field in required) and (
            best is None or len(found.columns) > len(best.columns)
        ):
            best = found
    return best


def key(cell: Cell) -> str:
    """A header cell made comparable: half width, small letters, no spaces, no mark of duty."""
    return re.sub(r"\s+", "", fold_width(text_of(cell))).lower().strip("*:")


def text_of(cell: Cell) -> str:
    """What a reader sees in the cell: whole floats without .0, dates as 2026-03-02."""
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return normalise(str(cell))


def _match(number: int, keys: list[str], field_of: Mapping[str, str]) -> Header:
    columns: dict[str, int] = {}
    others: list[str] = []
    for index, name in enumerate(keys):
        field = field_of.get(name)
        if field is None and name.endswith(")"):  # "上级单位(必填)"
            field = field_of.get(re.sub(r"\([^)]*\)$", "", name))
        if field is None:
            others += [name] if name else []
        elif field not in columns:
            columns[field] = index
    return Header(last_row=number, columns=columns, others=tuple(others))


def _read_sheet(book: CalamineWorkbook, name: str) -> Table:
    sheet = book.get_sheet_by_name(name)
    rows: list[list[Cell]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    try:
        merged = sheet.merged_cell_ranges or []
    except python_calamine.CalamineError:
        merged = []
    for (top, left), (bottom, right) in merged:
        # Across, a merged cell is a title; only down does it stand for each row below it.
        if right == left and bottom < len(rows):
            for number in range(top + 1, bottom + 1):
                rows[number][left] = rows[top][left]
    return Table(name=name, rows=rows)


def _check_unpacked_size(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            size = sum(part.file_size for part in parts.infolist())
    except zipfile.BadZipFile as error:
        raise UserError("org.workbook_unreadable", name=name) from error
    if size > MAX_UNPACKED:
        raise UserError("org.workbook_too_big", name=name)
