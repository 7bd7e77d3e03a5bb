"""A year's working days of a unit, and the orders that change them."""

from __future__ import annotations

import calendar as months
import re
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.access import PageRequest, check_method, page, read_id
from qingzhuang.org.actions import override_calendar
from qingzhuang.org.models import Unit
from qingzhuang.org.pages.people import read_day
from qingzhuang.org.queries import (
    access_unit,
    calendar_for,
    list_calendar_exceptions,
    list_children,
)
from qingzhuang.org.types import Permission, WorkCalendar

_WORK = {"work": True, "rest": False, "back": None}


@page(permission=Permission.ORG_READ)
def calendar(request: PageRequest) -> HttpResponse:
    """Twelve months with what differs from the common week, and the orders of the units."""
    asked = request.GET.get("year", "")
    year = int(asked) if re.fullmatch("20[0-9]{2}|2100", asked) else now().year
    unit = _unit(request)
    days = calendar_for(unit.path if unit else "")
    context = {
        "year": year,
        "unit": unit,
        "months": [(month, _weeks(year, month, days)) for month in range(1, 13)],
        "orders": list_calendar_exceptions(request.scope, year=year),
        "may_override": unit is not None
        and request.actor.scope.may_at(Permission.ORG_CALENDAR, unit.path),
    }
    return render(request, "org/calendar.html", context)


@page(permission=Permission.ORG_CALENDAR, elevated=True)
def calendar_override(request: PageRequest) -> HttpResponse:
    check_method(request, "POST")
    asked = read_id(request.POST.get("unit", ""))
    unit = access_unit(request.actor, asked, Permission.ORG_CALENDAR)
    day = read_day(request.POST.get("day", ""))
    work = request.POST.get("work", "")
    if work not in _WORK:
        raise UserError("org.choice_missing")
    override_calendar(
        actor=request.actor,
        unit=unit,
        day=day,
        is_workday=_WORK[work],
        reason=request.POST.get("reason", ""),
    )
    messages.success(request, _("{day} 的安排记下了。").format(day=day))
    return redirect(f"{reverse('org:calendar')}?year={day.year}&unit={unit.pk}")


def _unit(request: PageRequest) -> Unit | None:
    if asked := request.GET.get("unit", ""):
        return access_unit(request.actor, read_id(asked))
    return list_children(request.scope, None).first()


def _weeks(year: int, month: int, days: WorkCalendar) -> list[list[tuple[date, str] | None]]:
    """Weeks of seven cells: the day and how it differs, None outside the month."""
    return [
        [(day, _mark(day, days)) if day.month == month else None for day in week]
        for week in months.Calendar().monthdatescalendar(year, month)
    ]


def _mark(day: date, days: WorkCalendar) -> str:
    works = days.is_workday(day)
    if works == (day.weekday() < 5):
        return ""
    return _("班") if works else _("休")
