"""Who is meant by a roster's rows: which unit, which person, and which rows are one person's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from qingzhuang.kit.pure.text import normalise
from qingzhuang.org.models import Person, Unit
from qingzhuang.org.queries import units_called
from qingzhuang.org.types import PostRow, RowError, Scope


@dataclass(slots=True, kw_only=True, eq=False)
class Someone:
    """All rows of one person, and who that is in the system."""

    name: str
    number: str
    person: Person | None = None
    rows: list[tuple[PostRow, Unit]] = field(default_factory=list)


def units_of_rows(
    scope: Scope,
    rows: Iterable[PostRow],
    under: Unit | None,
    today: date,
    errors: list[RowError],
) -> dict[int, Unit]:
    """The unit of each row, by the row's number; rows without one get an error."""
    rows = list({row.row: row for row in rows}.values())
    names = {row.unit for row in rows if row.unit}
    parts = {n[:i] for n in names for i in range(2, len(n) - 1)}
    parts |= {n[i:] for n in names for i in range(2, len(n) - 1)}
    tree = units_called(names | parts, scope, on=today)
    found: dict[int, Unit] = {}
    for row in rows:
        if not row.unit:
            if under is None:
                errors.append(RowError(row=row.row, why=_("没有写单位。")))
            else:
                found[row.row] = under
            continue
        name = normalise(row.unit)
        called = tree.get(name) or _composed(name, tree)
        if under is not None:
            called = [unit for unit in called if unit.path.startswith(under.path)] or called
        exact = [unit for unit in called if unit.name == name]
        called = exact if len(exact) == 1 else called
        if len(called) == 1:
            found[row.row] = called[0]
            continue
        why = (
            _("找不到单位“{name}”；请先导入单位，或改成单位名单里的叫法。")
            if not called
            else _("叫“{name}”的单位不止一个；请写成“某某街道{name}”。")
        )
        errors.append(RowError(row=row.row, why=why.format(name=row.unit)))
    return found


def _composed(name: str, tree: dict[str, list[Unit]]) -> list[Unit]:
    """'柳巷街道党建办': a unit's name after the name of one above it."""
    return list(
        {
            unit.pk: unit
            for i in range(2, len(name) - 1)
            for above in tree.get(name[:i], [])
            for unit in tree.get(name[i:], [])
            if unit.path.startswith(above.path) and unit.pk != above.pk
        }.values()
    )


def people_of_rows(
    rows: Iterable[PostRow], units: dict[int, Unit], notices: list[str]
) -> tuple[list[Someone], int]:
    """Rows put together by person. One name in two units is two people, unless the roster says
    that a post is held besides another or lent, or the staff number is the same."""
    groups: dict[tuple[str, str, int], Someone] = {}
    rows = [row for row in rows if row.row in units]
    homes: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        if not (row.is_concurrent or row.is_seconded):
            homes[row.name].add(units[row.row].pk)
    for row in rows:
        unit = units[row.row]
        home = unit.pk
        if (row.is_concurrent or row.is_seconded) and len(homes[row.name]) == 1:
            home = next(iter(homes[row.name]))
        key = (row.name, row.number, 0 if row.number else home)
        someone = groups.setdefault(key, Someone(name=row.name, number=row.number))
        someone.rows.append((row, unit))
    for name, places in homes.items():
        same = [someone for someone in groups.values() if someone.name == name]
        if len(places) > 1 and len(same) > 1:
            notices.append(
                _("“{name}”在 {n} 个单位出现，按同名的不同人处理。").format(name=name, n=len(same))
            )
    untold = 0
    found: list[Someone] = []
    for someone in groups.values():
        someone.person = _find_person(someone)
        gone = [row for row, _unit in someone.rows if row.has_left and row.until_on is None]
        if someone.person is None and len(gone) == len(someone.rows):
            untold += 1
            continue
        found.append(someone)
    return found, untold


def _find_person(someone: Someone) -> Person | None:
    if someone.number:
        known = Person.objects.filter(number=someone.number).first()
        if known is not None:
            return known
    units = {unit.pk for _row, unit in someone.rows}
    same_name = Person.objects.filter(name=someone.name)
    here = same_name.filter(posts__unit_id__in=units)
    if someone.number:
        here = here.filter(number=None)
    found = list(here.distinct()[:2])
    if not found and any(row.is_concurrent for row, _unit in someone.rows):
        found = list(same_name[:2])
    return found[0] if len(found) == 1 else None
