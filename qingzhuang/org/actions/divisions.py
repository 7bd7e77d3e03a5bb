"""Statistical divisions, by the hundred thousand, put into the tree in one transaction."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice

from django.db import connection, transaction

from qingzhuang.kit.pure.text import normalise
from qingzhuang.org.actions.tree import child_path, last_child_numbers
from qingzhuang.org.models import Unit
from qingzhuang.org.rules import codes_above, division_kind
from qingzhuang.org.types import Actor, Division, ImportPreview, Permission, RowError
from qingzhuang.trail.actions import record

_IMPORT = "divisions are imported for the whole tree"
_COLUMNS = (
    "code", "division_code", "name", "short_name", "aliases", "kind", "order", "parent_id",
    "path", "version",
)  # fmt: skip
_Line = tuple[str, str, str, str, str, str, int, int | None, str, int]
_SHORTER = (("居民委员会", ""), ("村民委员会", "村"), ("社区居委会", "社区"), ("村委会", "村"),
            ("居委会", ""), ("街道办事处", "街道"), ("办事处", ""))  # fmt: skip


@transaction.atomic
def import_divisions(
    *, actor: Actor, divisions: Iterable[Division], under: Unit | None = None
) -> ImportPreview:
    """Add the divisions that the tree lacks and rename those that are called otherwise now.

    A division stands below the nearest level above it that the file or the tree has, and below
    `under`, or as a root, without one. Running it again changes nothing; none is closed. The
    result counts: `unchanged`, and in `notices` what was added and renamed.
    """
    actor.scope.check(Permission.ORG_MANAGE, under.path if under else "")
    wanted: dict[int, dict[str, Division]] = defaultdict(dict)
    errors: list[RowError] = []
    for division in divisions:
        wanted[division.level][division.code] = division
    added = renamed = unchanged = 0
    tree = Unit.objects.unscoped(_IMPORT).exclude(division_code=None)
    for level in sorted(wanted):
        names = dict(tree.values_list("division_code", "name"))
        fresh: list[Division] = []
        for code, division in wanted[level].items():
            if code not in names:
                fresh.append(division)
            elif names[code] != normalise(division.name):
                _rename(code, division)
                renamed += 1
            else:
                unchanged += 1
        if fresh:
            _insert(_lines(fresh, _parents(), last_child_numbers(), under))
            added += len(fresh)
    record(
        actor=actor.id,
        action="org.import_divisions",
        target=f"org.Unit:{under.pk if under else 'root'}",
        place=under.path if under else "",
        added=added,
        renamed=renamed,
    )
    return ImportPreview(
        unchanged=unchanged,
        errors=tuple(errors),
        notices=(f"新增区划 {added} 个，改名 {renamed} 个，原有未变 {unchanged} 个。",),
    )


def _parents() -> dict[str, tuple[int, str]]:
    """Id and path of every division of the tree, by its code."""
    rows = Unit.objects.unscoped(_IMPORT).exclude(division_code=None)
    return {
        str(code): (pk, path) for code, pk, path in rows.values_list("division_code", "pk", "path")
    }


def _lines(
    fresh: Iterable[Division],
    known: dict[str, tuple[int, str]],
    last: dict[str, int],
    under: Unit | None,
) -> Iterator[_Line]:
    """Rows to insert, each with its path. Children are numbered on from the last there was.

    Asks the database nothing: while a COPY runs, its connection answers nothing else.
    """
    for division in fresh:
        above = [division.parent, *codes_above(division.code)]
        parent_id, parent_path = next(
            (known[code] for code in above if code in known),
            (under.pk, under.path) if under else (None, ""),
        )
        number = last[parent_path] = last.get(parent_path, 0) + 1
        name = normalise(division.name)
        short = shorten(name)
        yield (
            division.code, division.code, name, short if short != name else "", json.dumps([]),
            division_kind(division.level, name).value, number, parent_id,
            child_path(parent_path, number), 1,
        )  # fmt: skip


def shorten(name: str) -> str:
    """'多福巷社区居委会' as people say it: '多福巷社区'."""
    for ending, instead in _SHORTER:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return (name.removesuffix(ending) + instead)[:50]
    return name[:50]


def _rename(code: str, division: Division) -> None:
    name = normalise(division.name)
    short = shorten(name)
    Unit.objects.unscoped(_IMPORT).filter(division_code=code).update(
        name=name, short_name=short if short != name else ""
    )


def _insert(lines: Iterator[_Line]) -> None:
    # The ORM's bulk_create is some fifteen times slower than COPY, and five than executemany.
    table = connection.ops.quote_name(Unit._meta.db_table)
    columns = ", ".join(connection.ops.quote_name(name) for name in _COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for line in lines:
                    copy.write_row(line)
            return
        marks = ", ".join(["%s"] * len(_COLUMNS))
        while batch := list(islice(lines, 10_000)):
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", batch)  # noqa: S608
