"""Days on which a place works, or rests, against the common calendar."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.models import CalendarException, Unit
from qingzhuang.org.types import Actor, Permission
from qingzhuang.trail.actions import record


@transaction.atomic
def override_calendar(
    *, actor: Actor, unit: Unit, day: date, is_workday: bool | None, reason: str
) -> CalendarException:
    """From now on that day is worked, or not, in the unit and below; None takes the order back.

    Earlier orders stay in the table. Raises org.reason_missing.
    """
    actor.scope.check(Permission.ORG_CALENDAR, unit.path)
    if len(reason.strip()) < 2:
        raise UserError("org.reason_missing")
    row = CalendarException.objects.create(
        unit=unit, day=day, is_workday=is_workday, reason=reason.strip()[:100], made_at=now()
    )
    record(
        actor=actor.id,
        action="org.override_calendar",
        target=f"org.Unit:{unit.pk}",
        place=unit.path,
        reason=row.reason,
        day=day.isoformat(),
        is_workday=is_workday,
    )
    return row
