"""Who may reach a source or an ask, and whom an ask concerns."""

from __future__ import annotations

from collections.abc import Mapping

from qingzhuang.intake import models
from qingzhuang.intake.types import Flag
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.queries import unit_at
from qingzhuang.org.types import Actor, Permission, UnitKind


def access_source(
    actor: Actor, source_id: int, permission: Permission = Permission.INTAKE_READ
) -> models.Source:
    """The source, if the actor may. Raises UserError org.not_found, absent or not his alike."""
    scope = actor.scope.narrowed(permission)
    source: models.Source | None = (
        models.Source.objects.for_scope(scope).filter(pk=source_id).first()
    )
    if source is None:
        raise UserError("org.not_found")
    return source


def access_ask(
    actor: Actor,
    ask_id: int,
    permission: Permission = Permission.INTAKE_READ,
    *,
    place: str | None = None,
) -> models.Ask:
    """The ask, if the actor may read it where it came in, or stands below and has it on his day.

    With `place` the right is that of this unit, which must lie at or below the ask's own place
    and be one whom the ask concerns: nobody reads what is for others by answering for them.
    Raises UserError org.not_found.
    """
    ask: models.Ask | None = (
        models.Ask.objects.unscoped("rights are checked in the next lines")
        .select_related("message__channel")
        .filter(pk=ask_id)
        .first()
    )
    if ask is None:
        raise UserError("org.not_found")
    if place is not None:
        is_theirs = (
            place.startswith(ask.place)
            and actor.scope.may_at(permission, place)
            and unit_at(place) is not None
            and concerns(ask, names_of(place))
        )
    else:
        is_theirs = actor.scope.may_at(permission, ask.place) or (
            permission in (Permission.INTAKE_READ, Permission.DESK_TODAY)
            and any(
                path.startswith(ask.place) and concerns(ask, names_of(path))
                for path in actor.scope.narrowed(permission).paths
            )
        )
    if not is_theirs:
        raise UserError("org.not_found")
    return ask


_STREETS = frozenset({"各街道", "各镇街", "各街镇", "各乡镇", "各镇", "各乡"})
_CALLED: Mapping[str, frozenset[str]] = {
    UnitKind.STREET: _STREETS,
    UnitKind.TOWNSHIP: _STREETS,
    UnitKind.COMMUNITY: frozenset({"各社区", "各村居", "各小区"}),
    UnitKind.VILLAGE: frozenset({"各村", "各村居"}),
    UnitKind.GRID: frozenset({"各网格"}),
    UnitKind.DEPARTMENT: frozenset({"各部门"}),
}


def names_of(place: str) -> set[str]:
    """What texts call the unit: its names, and "各社区" where it is one of them."""
    unit = unit_at(place)
    if unit is None:
        return set()
    return {unit.name, unit.short_name, *unit.aliases, *_CALLED.get(unit.kind, ())} - {""}


def concerns(ask: models.Ask, names: set[str]) -> bool:
    """Nobody named means everybody; else the unit's name, or part of it, must be among them.

    Life safety is everybody's.
    """
    if not ask.audience or not names or Flag.LIFE_SAFETY in ask.flags:
        return True
    return any(said and (said in name or name in said) for said in ask.audience for name in names)
