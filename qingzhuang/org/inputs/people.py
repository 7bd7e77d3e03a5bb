"""A roster (花名册) as an office keeps it: merged units, several posts in a cell, leavers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.text import fold_width
from qingzhuang.org.inputs.tables import Cell, Header, Table, find_header, key, read_tables, text_of
from qingzhuang.org.rules import roster_words
from qingzhuang.org.types import PostRow, RowError, Sheet

_NAME = re.compile(r"^[\u3400-\u9fff·•.A-Za-z\U00020000-\U0003ffff]{2,30}$")
_DATE = re.compile(
    r"(?P<y>(?:19|20)\d{2})\s*(?:年|[-./])?\s*(?P<m>1[0-2]|0?[1-9])?\s*(?:月|[-./])?\s*"
    r"(?P<d>3[01]|[12]\d|0?[1-9])?\s*日?"
)
_EXCEL_DAY_ONE = date(1899, 12, 30)


def read_people(data: bytes, name: str) -> Sheet[PostRow]:
    """The posts of every sheet that has a column of names; a cell of two titles gives two.

    ID numbers, phones and other private columns are read past, and the notices say so.
    Raises org.header_missing when no sheet has names, and what read_tables raises.
    """
    words = roster_words()
    rows: list[PostRow] = []
    errors: list[RowError] = []
    notices: list[str] = []
    seen = False
    for table in read_tables(data, name):
        header = find_header(table.rows, words["people_headers"], ["name"])
        if header is None or len(header.columns) < 2:
            if any(any(text_of(cell) for cell in row) for row in table.rows):
                notices.append(_("工作表“{name}”没有姓名一栏，未读。").format(name=table.name))
            continue
        seen = True
        _read_table(table, header, rows, errors)
        notices += _tell_left_out(table.name, header, words["never_stored"]["words"])
    if not seen:
        raise UserError("org.header_missing", name=name, wanted="姓名、单位、职务")
    return Sheet(rows=tuple(rows), errors=tuple(errors), notices=tuple(notices))


def _tell_left_out(sheet: str, header: Header, private: list[str]) -> list[str]:
    hidden = [name for name in header.others if any(name.startswith(key(w)) for w in private)]
    rest = [name for name in header.others if name not in hidden]
    told = []
    if hidden:
        told.append(
            _("工作表“{name}”的{columns}属于个人信息，这里用不着，没有存。").format(
                name=sheet, columns="、".join(hidden)
            )
        )
    if rest:
        told.append(
            _("工作表“{name}”里这些栏用不上，没有存：{columns}。").format(
                name=sheet, columns="、".join(rest)
            )
        )
    return told


def _read_table(table: Table, header: Header, rows: list[PostRow], errors: list[RowError]) -> None:
    unit = ""
    for number, line in enumerate(table.rows[header.last_row + 1 :], header.last_row + 2):
        raw = {field: line[i] for field, i in header.columns.items() if i < len(line)}
        cells = {field: text_of(cell) for field, cell in raw.items()}
        # A unit is written once, above its people, whether the cells were merged or not.
        unit = cells.get("unit", "").replace(" ", "") or unit
        name = cells.get("name", "").replace(" ", "")
        if not name or key(name) in {"姓名", "合计", "总计"}:
            continue
        if not _NAME.match(name):
            if not name.startswith(("注", "说明", "填表", "制表", "审核", "联系")):
                errors.append(RowError(row=number, why=_("“{name}”不像姓名。").format(name=name)))
            continue
        try:
            rows += _posts(number, unit, name, raw, cells)
        except _UnreadError as error:
            errors.append(RowError(row=number, why=str(error)))


class _UnreadError(Exception):
    """A cell of a row that cannot be understood; the text says which, in words."""


def _posts(
    row: int, unit: str, name: str, raw: Mapping[str, Cell], cells: Mapping[str, str]
) -> list[PostRow]:
    words = roster_words()["post_words"]
    remark, left = cells.get("remark", ""), cells.get("until_on", "")
    until_on, has_left = None, False
    if left and left not in words["still_here"]:
        until_on = read_date(raw.get("until_on"))
        has_left = until_on is not None or left in {"是", "已离任"} or _has(left, words["left"])
        if not has_left:
            raise _UnreadError(_("离任一栏“{value}”看不懂。").format(value=left))
    if _has(remark, words["left"]) and not re.search("未离|拟", remark):
        has_left = True
        until_on = until_on or read_date(remark)
    from_on = None
    if cells.get("from_on"):
        from_on = read_date(raw.get("from_on"))
        if from_on is None:
            raise _UnreadError(_("任职时间“{value}”看不懂。").format(value=cells["from_on"]))
    if from_on and until_on and until_on < from_on:
        raise _UnreadError(_("离任时间早于任职时间。"))
    titles = split_titles(cells.get("title", "") or cells.get("position", ""))
    everything = f"{remark} {cells.get('position', '')} {cells.get('title', '')}"
    posts = []
    for place, title in enumerate(titles or [""]):
        clean, is_acting = read_acting(title)
        posts.append(
            PostRow(
                row=row,
                unit=unit,
                name=name,
                number=cells.get("number", "").replace(" ", "")[:40],
                title=clean[:60],
                is_main=place == 0 and not _has(remark, words["concurrent"]),
                is_acting=is_acting or _has(remark, words["acting"]),
                is_seconded=_has(everything, words["seconded"]),
                is_concurrent=_has(everything, words["concurrent"]),
                from_on=from_on,
                until_on=until_on,
                has_left=has_left,
            )
        )
    return posts


def split_titles(text: str) -> list[str]:
    """'社区书记、居委会主任' as two titles; brackets are not split."""
    parts: list[str] = []
    separators = roster_words()["post_words"]["split"]
    pattern = "|".join(re.escape(fold_width(word)) for word in separators)
    # Odd pieces of the split stand in brackets and stay with the title before them.
    for piece in re.split(r"(\([^)]*\))", fold_width(text).replace(" ", "")):
        if piece.startswith("(") and parts:
            parts[-1] += piece
            continue
        cut = re.split(pattern, piece)
        if cut[0] and parts and not re.match(pattern, piece) and parts[-1].endswith(")"):
            parts[-1] += cut[0]
            cut = cut[1:]
        parts += [word for word in cut if word]
    unique = list(dict.fromkeys(parts))
    return [word for word in unique if word not in {"-", "—", "无"}]


def read_acting(title: str) -> tuple[str, bool]:
    """A title without its acting words, and whether it had any: '代主任' and '副主任(主持工作)'."""
    words = roster_words()["post_words"]
    is_acting = _has(title, words["acting"])
    clean = title
    for word in words["acting"]:
        clean = re.sub(rf"\(?{word}\)?", "", clean)
    prefix = words["acting_prefix"]
    if clean.startswith(prefix) and not clean.startswith(("代办", "代表")) and len(clean) > 2:
        clean, is_acting = clean.removeprefix(prefix), True
    return re.sub(r"\(\)", "", clean), is_acting


def read_date(value: Cell) -> date | None:
    """A day from a date cell, an Excel day number, '2023.05', '202305' or '2023年5月1日'.

    A month without a day is its first. None for anything else.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, float | int) and 20_000 < value < 60_000:
        return _EXCEL_DAY_ONE + timedelta(days=int(value))
    text = text_of(value)
    if isinstance(value, float) and re.fullmatch(
        r"20\d\d\.1", text
    ):  # a number cell 2023.10 lost its zero
        text += "0"
    found = _DATE.search(text)
    if found is None:
        return None
    try:
        return date(int(found["y"]), int(found["m"] or 1), int(found["d"] or 1))
    except ValueError:
        return None


def _has(text: str, words: list[str]) -> bool:
    return any(word in text for word in words)
