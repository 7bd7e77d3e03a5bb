"""A unit's day: what concerns it, and what it has said of that."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Max, QuerySet, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from qingzhuang.intake import models
from qingzhuang.intake.queries.gates import concerns, names_of
from qingzhuang.intake.types import Flag
from qingzhuang.kit.pure.clock import at
from qingzhuang.notify.types import DayItem
from qingzhuang.org.queries import names_beside, prefixes
from qingzhuang.org.types import Actor, Permission

DAYS_SHOWN_LATE = 3
DAYS_SHOWN_AHEAD = 14
DAYS_SHOWN_UNDATED = 3
MOST_DAY_ROWS = 600


def last_states(ask_ids: Iterable[int], place: str) -> dict[int, models.AskState]:
    """Ask → this unit's last word on it."""
    states = models.AskState.objects.unscoped("one unit's own words").filter(
        ask__in=list(ask_ids), place=place
    )
    newest = states.values("ask").annotate(newest=Max("pk")).values("newest")
    return {state.ask_id: state for state in states.filter(pk__in=newest)}


def list_day_asks(*, place: str, on: date) -> list[models.Ask]:
    """Asks that concern a unit that day: given to it or to a unit above it.

    Due from three days ago to two weeks ahead, or undated and received in the last three days;
    newest first. Of a flood the newest of each kind, and all that is of life safety.
    """
    found: dict[int, models.Ask] = {}
    for rows in _day_rows(place, on):
        newest = list(rows.order_by("-sent_at", "-pk")[:MOST_DAY_ROWS])
        if len(newest) == MOST_DAY_ROWS:
            said = rows.annotate(said=Cast("flags", TextField()))
            newest += said.filter(said__contains=str(Flag.LIFE_SAFETY))
        found |= {ask.pk: ask for ask in newest}
    return sorted(found.values(), key=lambda ask: (ask.sent_at, ask.pk), reverse=True)


def is_day_cut(*, place: str, on: date) -> bool:
    """Whether there is more that day than list_day_asks gives."""
    return any(some.values("pk")[MOST_DAY_ROWS:].exists() for some in _day_rows(place, on))


def _day_rows(place: str, on: date) -> tuple[QuerySet[models.Ask], QuerySet[models.Ask]]:
    """With a deadline and without. Each is answered by an index of its own; one query with OR
    would read both years.
    """
    tomorrow = at(on + timedelta(days=1))
    rows = (
        models.Ask.objects.unscoped("what is given to a unit above concerns those below")
        .filter(place__in=prefixes(place), is_withdrawn=False, sent_at__lt=tomorrow)
        .defer("words", "phrases")
    )
    dated = rows.filter(
        due_at__gte=at(on - timedelta(days=DAYS_SHOWN_LATE)),
        due_at__lt=at(on + timedelta(days=DAYS_SHOWN_AHEAD + 1)),
    )
    undated = rows.filter(
        due_at__isnull=True, sent_at__gte=at(on - timedelta(days=DAYS_SHOWN_UNDATED))
    )
    return dated, undated


def list_day_items(*, actor: Actor, place: str, on: date) -> list[DayItem]:
    """A unit's asks as lines of its day, copies folded, without those it has answered."""
    if not actor.scope.may_at(Permission.DESK_TODAY, place):
        return []
    names = names_of(place)
    others = names_beside(place)
    asks = [
        ask
        for ask in list_day_asks(place=place, on=on)
        if concerns(ask, names) and not _is_of_another(ask, names, others)
    ]
    states = last_states([ask.pk for ask in asks], place)
    answered = {
        ask.fold for ask in asks if ask.pk in states and states[ask.pk].state != models.AskMove.OPEN
    }
    folded: dict[str, list[models.Ask]] = {}
    for ask in asks:
        if ask.fold not in answered:
            folded.setdefault(ask.fold, []).append(ask)
    return [_day_item(copies) for copies in folded.values()]


_KIND = re.compile(r"(?:社区|村|街道|镇|乡)$")


def _is_of_another(ask: models.Ask, names: set[str], others: set[str]) -> bool:
    """ "督导组去金山桥看消防通道": the words go to a unit beside this one and not to this one."""
    if ask.audience or Flag.LIFE_SAFETY in ask.flags:
        return False
    own, beside = _stems(names), _stems(others)
    said = ask.summary
    return any(name in said for name in beside - own) and not any(name in said for name in own)


def _stems(names: set[str]) -> set[str]:
    """The names as people shorten them: 金山桥社区 is 金山桥."""
    return {stem for name in names if len(stem := _KIND.sub("", name)) > 1}


def _day_item(copies: list[models.Ask]) -> DayItem:
    ask = copies[0]
    return DayItem(
        room="intake",
        key=str(ask.pk),
        text=ask.summary,
        url=reverse("intake:ask", args=[ask.pk]),
        due_at=ask.due_at,
        sent_at=ask.sent_at,
        asked_by=ask.issuer,
        copies=len(copies) - 1,
        is_urgent=Flag.LIFE_SAFETY in ask.flags,
        template="intake/day_item.html",
        data={"ask": ask},
    )


def list_answered(*, actor: Actor, place: str, since: datetime) -> list[models.AskState]:
    """What a unit has answered since then, newest first, each fold once: for undoing."""
    if not actor.scope.may_at(Permission.DESK_TODAY, place):
        return []
    rows = (
        models.AskState.objects.unscoped("one unit's own words")
        .filter(place=place, at__gte=since)
        .select_related("ask")
        .defer("ask__words", "ask__phrases")
        .order_by("-pk")[:200]
    )
    newest: dict[str, models.AskState] = {}
    for row in rows:
        newest.setdefault(row.ask.fold, row)
    return [row for row in newest.values() if row.state != models.AskMove.OPEN]
