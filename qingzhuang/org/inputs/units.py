"""A workbook of units as an office keeps it: 序号 单位名称 简称 类别 上级单位 编制数 排序."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.text import parse_numeral
from qingzhuang.org.inputs.tables import Header, Table, find_header, key, read_tables, text_of
from qingzhuang.org.rules import find_kind, roster_words
from qingzhuang.org.types import RowError, Sheet, UnitKind, UnitRow

_SPLIT_NAMES = re.compile(r"[、,;/|\s]+")


def read_units(data: bytes, name: str) -> Sheet[UnitRow]:
    """The units of every sheet that has a column of names.

    Raises org.header_missing when none has, and what read_tables raises.
    """
    aliases = roster_words()["unit_headers"]
    rows: list[UnitRow] = []
    errors: list[RowError] = []
    notices: list[str] = []
    seen = False
    for table in read_tables(data, name):
        header = find_header(table.rows, aliases, ["name"])
        if header is None or len(header.columns) < 2:
            if any(any(text_of(cell) for cell in row) for row in table.rows):
                notices.append(_("工作表“{name}”没有单位名称一栏，未读。").format(name=table.name))
            continue
        seen = True
        _read_table(table, header, rows, errors)
        if header.others:
            notices.append(
                _("工作表“{name}”里这些栏用不上，没有存：{columns}。").format(
                    name=table.name, columns="、".join(header.others)
                )
            )
    if not seen:
        raise UserError("org.header_missing", name=name, wanted="单位名称、类别、上级单位")
    return Sheet(rows=tuple(rows), errors=tuple(errors), notices=tuple(notices))


def _read_table(table: Table, header: Header, rows: list[UnitRow], errors: list[RowError]) -> None:
    for number, line in enumerate(table.rows[header.last_row + 1 :], header.last_row + 2):
        cells = {field: text_of(line[i]) for field, i in header.columns.items() if i < len(line)}
        name = cells.get("name", "").replace(" ", "")
        if not name:
            continue
        if key(name) in {"合计", "总计", "小计"} or name.startswith(("注:", "说明:", "填表")):
            continue
        problem, kind = _kind(cells.get("kind", ""))
        if len(name) > 100:
            problem = _("单位名称超过 100 个字。")
        headcount = _whole(cells.get("headcount", ""))
        if headcount is None and cells.get("headcount"):
            problem = _("人数“{value}”不是整数。").format(value=cells["headcount"])
        division = re.sub(r"\D", "", cells.get("division_code", ""))
        if division and len(division) not in {2, 4, 6, 9, 12}:
            problem = _("区划代码“{value}”应为 6、9 或 12 位数字。").format(
                value=cells["division_code"]
            )
        if problem:
            errors.append(RowError(row=number, why=problem))
            continue
        rows.append(
            UnitRow(
                row=number,
                name=name,
                short_name=cells.get("short_name", "").replace(" ", "")[:50],
                aliases=tuple(
                    word for word in _SPLIT_NAMES.split(cells.get("aliases", "")) if word
                ),
                kind=kind,
                parent=cells.get("parent", "").replace(" ", ""),
                headcount=headcount,
                order=_whole(cells.get("order") or cells.get("serial", "")),
                code=cells.get("code", "").replace(" ", "")[:40],
                division_code=division.ljust(12, "0") if division else "",
            )
        )


def _kind(word: str) -> tuple[str, UnitKind | None]:
    if not word:
        return "", None
    kind = find_kind(key(word))
    if kind is None:
        return _("不认识的类别“{word}”；可写街道、乡镇、社区、村、部门、内设机构等。").format(
            word=word
        ), None
    return "", kind


def _whole(text: str) -> int | None:
    number = parse_numeral(text.removesuffix("人").removesuffix("名")) if text else None
    return number if number is None or number < 1_000_000 else None
