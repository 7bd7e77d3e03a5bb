"""A list written out as a workbook, row by row."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import BinaryIO


def write_asks(header: Sequence[str], lines: Iterable[Sequence[object]]) -> BinaryIO:
    """An .xlsx as a stream from its start. Text stays text, whatever it begins with."""
    import xlsxwriter

    out = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(header):
            sheet.write_string(0, column, title, bold)
            sheet.set_column(column, column, 46 if column == 2 else 18)
        for row, line in enumerate(lines, 1):
            for column, value in enumerate(line):
                if isinstance(value, datetime):
                    sheet.write_datetime(row, column, value.replace(tzinfo=None), moment)
                elif value is not None:
                    sheet.write_string(row, column, str(value))
    out.seek(0)
    return out
