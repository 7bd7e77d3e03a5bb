"""Pages that span rooms: a unit's day, search over everything, the trail for its officer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from qingzhuang.intake.queries import home_of, is_day_cut, list_answered
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import at, in_china
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.notify.registry import list_day_items, search
from qingzhuang.notify.types import DayItem
from qingzhuang.org.access import PageRequest, page
from qingzhuang.org.queries import unit_at
from qingzhuang.org.types import Permission
from qingzhuang.trail.queries import list_entries

PAGE_ROWS = 50
MOST_SHOWN = 30  # lines under one heading; nobody reads more at once, the rest is one tap away
_ORDER = ("urgent", "late", "today", "tomorrow", "week", "later", "undated")


@page(permission=Permission.DESK_TODAY)
def today(request: PageRequest) -> HttpResponse:
    """What the unit has to do, in order: life safety, then by deadline; copies folded."""
    place = request.GET.get("place") or home_of(
        person=request.user.person_id, actor=request.actor, permission=Permission.DESK_TODAY
    )
    unit = unit_at(place)
    if unit is None or not request.actor.scope.may_at(Permission.DESK_TODAY, place):
        raise UserError("org.not_found")
    on = clock.now().date()
    items = list_day_items(actor=request.actor, place=place, on=on)
    groups = _group(items, on)
    context = {
        "unit": unit,
        "place": place,
        "on": on,
        "groups": [_shown(name, some, request.GET.get("whole", "")) for name, some in groups],
        "count": sum(len(some) for name, some in groups if name != "late"),
        "is_cut": is_day_cut(place=place, on=on),
        "answered": list_answered(actor=request.actor, place=place, since=at(on)),
    }
    return render(request, "desk/today.html", context)


def _group(items: list[DayItem], on: date) -> list[tuple[str, list[DayItem]]]:
    """Headed as a person would: urgent, late, today, tomorrow, this week, later, no date."""
    named: dict[str, list[DayItem]] = {}
    for item in items:
        named.setdefault(_heading(item, on), []).append(item)
    return [(name, named[name]) for name in _ORDER if name in named]


def _shown(name: str, items: list[DayItem], whole: str) -> tuple[str, list[DayItem], int, int]:
    """A heading's first lines, how many there are and how many of them wait behind a link."""
    shown = items if name in (whole, "urgent") else items[:MOST_SHOWN]
    return name, shown, len(items), len(items) - len(shown)


def _heading(item: DayItem, on: date) -> str:
    due = in_china(item.due_at) if item.due_at else None
    if item.is_urgent:  # late or not: it is never folded away
        return "urgent"
    if due and due < clock.now():
        return "late"
    if due is None:
        return "undated"
    if due.date() == on:
        return "today"
    if due.date() == on + timedelta(days=1):
        return "tomorrow"
    return "week" if due.date() <= on + timedelta(days=6 - on.weekday()) else "later"


@page(permission=Permission.DESK_TODAY)
def find(request: PageRequest) -> HttpResponse:
    words = request.GET.get("words", "").strip()[:100]
    found = search(actor=request.actor, words=words)
    return render(request, "desk/search.html", {"words": words, "found": found})


@page(permission=Permission.TRAIL_READ)
def trail(request: PageRequest) -> HttpResponse:
    names = ("actor", "action", "target")
    wanted: dict[str, Any] = {name: request.GET.get(name, "").strip() for name in names}
    before = request.GET.get("before", "")
    before_id = int(before) if before.isdecimal() and len(before) < 19 else None
    entries = list_entries(**wanted, before_id=before_id, limit=PAGE_ROWS + 1)
    query = request.GET.copy()
    query["before"] = str(entries[PAGE_ROWS - 1].id) if len(entries) > PAGE_ROWS else ""
    context = {"entries": entries[:PAGE_ROWS], "wanted": wanted, "older": query}
    return render(request, "desk/trail.html", context)
