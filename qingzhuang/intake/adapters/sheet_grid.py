"""Workbooks and delimited text as named tables of rows, whatever program wrote them."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

from qingzhuang.intake.adapters.encoding import TextLines
from qingzhuang.intake.adapters.sheet_columns import Cell
from qingzhuang.intake.adapters.sheet_stream import stream_tables
from qingzhuang.intake.adapters.streams import ZIP_MAGIC, base_name, check_package, seekable
from qingzhuang.intake.types import Blob, Skip
from qingzhuang.kit.pure.errors import UserError

Rows = Iterator[tuple[int, list[Cell]]]
# Above this many bytes of sheet XML a workbook is read as a stream: all at once, a million rows
# took 600 MB (python-calamine 0.9), and the whole program has to live in that.
_STREAM_ABOVE = 48 << 20
_CELL_LIMIT = 1 << 20
csv.field_size_limit(_CELL_LIMIT * 16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One sheet: its name ('' for text files) and its rows with their numbers from 1."""

    name: str
    rows: Callable[[], Rows]


def workbook_tables(blob: Blob) -> Iterator[Table | Skip]:
    """The sheets of .xlsx, .xlsm, .xlsb, .xls, .et and .ods. Raises UserError for a broken file."""
    name = base_name(blob.path)
    with seekable(blob) as stream:
        if stream.read(4) == ZIP_MAGIC:
            stream.seek(0)
            try:
                with zipfile.ZipFile(stream) as package:
                    refused = check_package(blob, package)
                    sizes = [
                        i.file_size
                        for i in package.infolist()
                        if i.filename.startswith("xl/worksheets/") and i.filename.endswith(".xml")
                    ]
                    if refused:
                        yield refused
                        return
                    if sum(sizes) > _STREAM_ABOVE:
                        for title, rows in stream_tables(package):
                            yield Table(name=title, rows=rows)
                        return
            except (
                zipfile.BadZipFile,
                OSError,
                ValueError,
                KeyError,
                NotImplementedError,
            ) as error:
                raise UserError("intake.document_damaged", name=name) from error
        stream.seek(0)
        yield from _calamine_tables(blob, stream)


def _calamine_tables(blob: Blob, stream: BinaryIO) -> Iterator[Table | Skip]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    name = base_name(blob.path)
    try:
        workbook = _calm(partial(CalamineWorkbook.from_filelike, stream))
    except PasswordError:
        params = {"name": name, "place": "全部"}
        yield Skip(path=blob.path, locator="全部", code="intake.document_encrypted", params=params)
        return
    except (CalamineError, OSError, ValueError) as error:
        raise UserError("intake.document_damaged", name=name) from error
    with workbook:
        for index, title in enumerate(workbook.sheet_names):
            try:
                sheet = _calm(partial(workbook.get_sheet_by_index, index))
            except (CalamineError, OSError, ValueError):
                params = {"name": name, "sheet": title}
                code = "intake.sheet_damaged"
                yield Skip(path=blob.path, locator=title, code=code, params=params)
                continue
            yield Table(name=title, rows=partial(_calamine_rows, sheet))


def _calm(read: Callable[[], Any]) -> Any:
    """Rust panics on some broken files and its exception is no Exception: made an OSError."""
    try:
        return read()
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise OSError(str(error)) from error
        raise


def _calamine_rows(sheet: Any) -> Rows:
    if sheet.start is None:
        return
    first = sheet.start[1]  # rows come from row 1 on, columns from the first used one
    tall = {
        (top, left - first): bottom
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
        # A title merged over the width is not filled down; a unit beside its rows is.
        if bottom > top and right - left < 3
    }
    open_merges: dict[int, tuple[int, Cell]] = {}
    for index, row in enumerate(sheet.iter_rows()):
        for column, (bottom, value) in list(open_merges.items()):
            if index > bottom:
                del open_merges[column]
            elif column < len(row) and row[column] in ("", None):
                row[column] = value
        for column in range(len(row)):
            if tall and (index, column) in tall and row[column] not in ("", None):
                open_merges[column] = tall[index, column], row[column]
        yield index + 1, row


def delimiter_of(lines: Sequence[str]) -> str | None:
    """The sign between the columns, from the first lines; None when there are no columns."""
    best, most = None, 0
    for sign in ("\t", ",", ";", "|", "，"):
        counts = [_count(line, sign) for line in lines[:20] if line.strip()]
        # Titles and ruled rows have fewer, so neither the first line nor the average decides.
        usual = sorted(counts)[len(counts) * 3 // 4] if counts else 0
        if usual > most:
            best, most = sign, usual
    return best


def _count(line: str, sign: str) -> int:
    """How often the sign stands outside quotes."""
    return sum(part.count(sign) for part in line.split('"')[::2])


def text_table(blob: Blob) -> Iterator[Table | Skip]:
    """A .csv or .tsv as its one table, in whatever encoding and with whatever delimiter."""
    lines = TextLines(blob)
    start: list[str] = []
    for _, line in lines:
        start.append(line)
        if len(start) >= 20:
            break
    sign = delimiter_of(start) or ","
    lines = TextLines(blob)
    yield Table(name="", rows=partial(_text_rows, lines, sign))
    yield from lines.damage()


def _text_rows(lines: TextLines, sign: str) -> Rows:
    reader = csv.reader(
        (line.replace("\0", "") + "\n" for _, line in lines), delimiter=sign, strict=False
    )
    number = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error:  # a cell beyond any sense; the lines after it are read on
            number = reader.line_num + 1
            continue
        if row is None:
            return
        # Excel guards numbers from itself by ="0123" and by a leading apostrophe or tab.
        yield number, [_unguarded(cell) for cell in row]
        number = reader.line_num + 1


def _unguarded(cell: str) -> str:
    cell = cell.strip(" \t\u3000\n\r")
    if cell.startswith('="') and cell.endswith('"'):
        return cell[2:-1]
    return cell[1:] if cell.startswith("'") and cell[1:].isdecimal() else cell
