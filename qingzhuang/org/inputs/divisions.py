"""Division codes of the statistics bureau, from a workbook or from CSV files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.inputs.tables import find_header, read_tables, text_of
from qingzhuang.org.rules import DIVISION_LEVELS, roster_words
from qingzhuang.org.types import Division


def read_divisions(data: bytes, name: str) -> Iterator[Division]:
    """The divisions of one file, with recognisable headers; rows without a code are passed.

    Raises org.header_missing, and what read_tables raises.
    """
    aliases = roster_words()["division_headers"]
    seen = False
    for table in read_tables(data, name):
        header = find_header(table.rows, aliases, ["code", "name"])
        if header is None:
            continue
        seen = True
        code_at, name_at = header.columns["code"], header.columns["name"]
        parent_at = header.columns.get("parent", -1)
        for row in table.rows[header.last_row + 1 :]:
            if len(row) <= max(code_at, name_at):
                continue
            code, level = full_code(text_of(row[code_at]))
            if code:
                parent = text_of(row[parent_at]) if 0 <= parent_at < len(row) else ""
                yield Division(code, text_of(row[name_at]), level, full_code(parent)[0])
    if not seen:
        raise UserError("org.header_missing", name=name, wanted="统计用区划代码、名称")


def full_code(text: str) -> tuple[str, int]:
    """Twelve digits and the level: '4301' and '430100000000' are both level 2. ('', 0) if none."""
    digits = text.strip().removesuffix(".0")
    if not re.fullmatch(r"\d{2}|\d{4}|\d{6}|\d{9}|\d{12}", digits):
        return "", 0
    code = digits.ljust(12, "0")
    for level, length in enumerate(DIVISION_LEVELS, 1):
        if not code[length:].strip("0") and code[:length].strip("0"):
            return code, level
    return "", 0
