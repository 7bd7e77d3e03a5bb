"""The tree of units: adding, moving and closing a unit. Paths are given once and never again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Max

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.text import normalise
from qingzhuang.kit.scoping import below
from qingzhuang.org.models import PATH_LENGTH, FormerPath, Post, Unit
from qingzhuang.org.queries import areas_of_officers, held_on, in_office_on
from qingzhuang.org.types import Actor, Permission, UnitKind
from qingzhuang.trail.actions import record

_TREE = "the tree itself is being kept in order"
_STEP = 5  # the length of "0001."


def last_child_number(parent: Unit | None) -> int:
    """The highest number that a child of this unit ever had; 0 without children."""
    path = parent.path if parent else ""
    children = Unit.objects.unscoped(_TREE).filter(parent=parent)
    highest = children.aggregate(highest=Max("path"))["highest"] or ""
    former = [
        old
        for old in FormerPath.objects.filter(below(path, "path")).values_list("path", flat=True)
        if len(old) == len(path) + _STEP
    ]
    return max((int(p[len(path) : -1]) for p in [highest, *former] if p), default=0)


def last_child_numbers() -> dict[str, int]:
    """The same for every unit at once, by the parent's path; units without children left out."""
    highest: dict[str, int] = {}
    rows = Unit.objects.unscoped(_TREE).values_list("parent_id").annotate(highest=Max("path"))
    former = FormerPath.objects.values_list("path", flat=True)
    for path in [*(path for _, path in rows), *former]:
        parent, number = path[:-_STEP], int(path[-_STEP:-1])
        highest[parent] = max(number, highest.get(parent, 0))
    return highest


def child_path(parent_path: str, number: int) -> str:
    """The path of the number-th child. Raises org.tree_full past 9,999 children or 16 levels."""
    path = f"{parent_path}{number:04d}."
    if number > 9_999 or len(path) > PATH_LENGTH:
        raise UserError("org.tree_full")
    return path


@contextmanager
def officers_kept_in_place(actor: Actor) -> Iterator[None]:
    """Round changes of the tree: no officer covers another area after them than before.

    Else who manages units could take the trail from the auditor by moving his office, or the
    word for what it is. Raises org.officer_moved; the command line may.
    """
    if actor.scope.may_at(Permission.ORG_OFFICERS, ""):
        yield
        return
    before = areas_of_officers()
    yield
    if areas_of_officers() != before:
        raise UserError("org.officer_moved")


@transaction.atomic
def add_unit(
    *,
    actor: Actor,
    name: str,
    kind: UnitKind,
    parent: Unit | None = None,
    short_name: str = "",
    aliases: tuple[str, ...] = (),
    code: str = "",
    division_code: str = "",
    order: int = 0,
    headcount: int | None = None,
    from_on: date | None = None,
) -> Unit:
    """A new unit below `parent`, or a root. Raises org.code_taken, org.tree_full."""
    place = parent.path if parent else ""
    actor.scope.check(Permission.ORG_MANAGE, place)
    path = child_path(place, last_child_number(parent) + 1)
    code = code or division_code or f"U{path.replace('.', '')}"
    clash = Unit.objects.unscoped(_TREE).filter(code=code).first()
    if clash is not None:
        raise UserError("org.code_taken", taken=code, name=clash.name)
    unit = Unit.objects.create(
        name=normalise(name),
        short_name=normalise(short_name),
        aliases=[normalise(alias) for alias in aliases],
        kind=kind,
        parent=parent,
        path=path,
        code=code,
        division_code=division_code or None,
        order=order,
        headcount=headcount,
        from_on=from_on,
    )
    record(actor=actor.id, action="org.add_unit", target=f"org.Unit:{unit.pk}", place=path)
    return unit


@transaction.atomic
def move_unit(*, actor: Actor, unit: Unit, parent: Unit, reason: str = "") -> None:
    """Put a unit and all below it under another parent; records keep the paths of their day.

    Raises org.unit_below_itself, org.tree_full, org.officer_moved.
    """
    actor.scope.check(Permission.ORG_MANAGE, unit.path)
    actor.scope.check(Permission.ORG_MANAGE, parent.path)
    if parent.path.startswith(unit.path):
        raise UserError("org.unit_below_itself", name=unit.name)
    old = unit.path
    new = child_path(parent.path, last_child_number(parent) + 1)
    today = now().date()
    subtree = list(Unit.objects.unscoped(_TREE).filter(below(old, "path")).order_by("path"))
    FormerPath.objects.bulk_create(
        [FormerPath(unit=one, path=one.path, until_on=today) for one in subtree], batch_size=500
    )
    for one in subtree:
        one.path = new + one.path[len(old) :]
        if len(one.path) > PATH_LENGTH:
            raise UserError("org.tree_full")
        if one.pk == unit.pk:
            one.parent = parent
    with officers_kept_in_place(actor):
        Unit.objects.unscoped(_TREE).bulk_update(subtree, ["path", "parent"], batch_size=500)
    unit.path, unit.parent = new, parent
    record(
        actor=actor.id,
        action="org.move_unit",
        target=f"org.Unit:{unit.pk}",
        place=new,
        reason=reason,
        from_path=old,
        units=len(subtree),
    )


@transaction.atomic
def close_unit(*, actor: Actor, unit: Unit, until_on: date, reason: str = "") -> None:
    """The unit ends with that day. Raises org.unit_in_use while units or posts below go on."""
    actor.scope.check(Permission.ORG_MANAGE, unit.path)
    after = until_on + timedelta(days=1)
    inside = Unit.objects.unscoped(_TREE).filter(below(unit.path, "path")).exclude(pk=unit.pk)
    posts = Post.objects.unscoped(_TREE).filter(below(unit.path, "unit__path"))
    if inside.filter(held_on(after)).exists() or posts.filter(in_office_on(after)).exists():
        raise UserError("org.unit_in_use", name=unit.name)
    unit.compare_and_set(until_on=until_on)
    record(
        actor=actor.id,
        action="org.close_unit",
        target=f"org.Unit:{unit.pk}",
        place=unit.path,
        reason=reason,
        until=until_on.isoformat(),
    )
