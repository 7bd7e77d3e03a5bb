"""Reading what came in: gates, lists with their filters, a unit's day, search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Count, Exists, Max, Model, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat
from django.urls import reverse

from qingzhuang.intake import models
from qingzhuang.intake.rules import index
from qingzhuang.intake.types import Flag
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.search import search_words
from qingzhuang.kit.scoping import below
from qingzhuang.notify.types import DayItem, Found
from qingzhuang.org.queries import prefixes, unit_at
from qingzhuang.org.types import Actor, Permission, Scope

M = TypeVar("M", bound=Model)
UNFINISHED = (models.SourceState.WAITING, models.SourceState.READING)
MOST_COUNTED = 10_000  # "超过 10,000 件": a filter helps more than page 201
MOST_SOURCES = 5_000  # of one batch
MOST_ISSUERS = 500
DAYS_SHOWN_LATE = 3
DAYS_SHOWN_AHEAD = 14
DAYS_SHOWN_UNDATED = 3
MOST_DAY_ROWS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class AskList:
    """Rows in their order, not yet fetched, and how many: MOST_COUNTED + 1 means more."""

    rows: QuerySet[models.Ask]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFilter:
    """What a person looks for in the list of asks; empty means all."""

    words: str = ""
    issuer: str = ""
    kind: str = ""
    flag: str = ""
    channel: str = ""
    due_from: date | None = None
    due_until: date | None = None


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

    With `place` the right is that of this unit, which must lie at or below the ask's own place.
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
        is_theirs = place.startswith(ask.place) and actor.scope.may_at(permission, place)
    else:
        is_theirs = actor.scope.may_at(permission, ask.place) or (
            permission in (Permission.INTAKE_READ, Permission.DESK_TODAY)
            and any(
                path.startswith(ask.place) and _concerns(ask, _names_of(path))
                for path in actor.scope.narrowed(permission).paths
            )
        )
    if not is_theirs:
        raise UserError("org.not_found")
    return ask


def list_sources(scope: Scope, *, words: str = "", state: str = "") -> QuerySet[models.Source]:
    """Sources of the scope, newest first."""
    rows = models.Source.objects.for_scope(scope.narrowed(Permission.INTAKE_READ))
    if words:
        rows = rows.filter(name__icontains=words)
    if state:
        rows = rows.filter(state=state)
    return rows.order_by("-added_at", "-pk")


def count_up_to(rows: QuerySet[M]) -> int:
    """How many rows, or MOST_COUNTED + 1 for more: counting a million takes too long for a page."""
    return rows.order_by().values("pk")[: MOST_COUNTED + 1].count()


def list_skips(source: models.Source) -> QuerySet[models.Skip]:
    return source.skips.order_by("path", "pk")


def sum_batch(scope: Scope, batch: UUID) -> dict[str, int]:
    """Of all sources of a batch: how many, how many ended, and their counts."""
    found = list_sources(scope).filter(batch=batch).order_by()
    sums = found.aggregate(
        sources=Count("pk"),
        unfinished=Count("pk", filter=Q(state__in=UNFINISHED)),
        messages=Sum("message_count", default=0),
        new=Sum("new_message_count", default=0),
        asks=Sum("ask_count", default=0),
        skips=Sum("skip_count", default=0),
    )
    return {name: int(value) for name, value in sums.items()}


def list_batch_asks(scope: Scope, batch: UUID, *, limit: int) -> list[models.Ask]:
    """The newest asks of a batch."""
    sources = list_sources(scope).filter(batch=batch)
    return list(_asks_of(scope, sources)[:limit])


def list_source_asks(scope: Scope, source: models.Source) -> AskList:
    """The asks seen in a source, newest first."""
    mine = list_sources(scope).filter(pk=source.pk)
    return AskList(rows=_asks_of(scope, mine), count=min(source.ask_count, MOST_COUNTED + 1))


def _asks_of(scope: Scope, sources: QuerySet[models.Source]) -> QuerySet[models.Ask]:
    """Asks seen in these sources. Of many, the newest are walked and each is looked up; of few,
    all are gathered: neither way does the other's work.
    """
    rows = models.Ask.objects.for_scope(scope.narrowed(Permission.INTAKE_READ))
    rows = rows.filter(is_withdrawn=False)
    pks = list(sources.order_by().values_list("pk", flat=True)[:MOST_SOURCES])
    total = sources.order_by().aggregate(n=Sum("ask_count", default=0))["n"]
    seen = models.Sighting.objects.filter(source__in=pks)
    if total > MOST_COUNTED:
        rows = rows.filter(Exists(seen.filter(message=OuterRef("message"))))
    else:
        rows = rows.filter(message__in=seen.values("message"))
    return _newest(rows)


def _newest(rows: QuerySet[models.Ask]) -> QuerySet[models.Ask]:
    return (
        rows.select_related("message__channel")
        .defer("words", "phrases", "message__text", "message__attachments")
        .order_by("-sent_at", "-pk")
    )


def list_asks(scope: Scope, wanted: AskFilter) -> AskList:
    """Asks of the scope, newest first, with their channel.

    Few of many are found through the index of words and sorted; many of many are walked from the
    newest until the page is full. Which it is, a count that stops at MOST_COUNTED tells.
    """
    paths = scope.narrowed(Permission.INTAKE_READ).paths
    everything = models.Ask.objects.unscoped("the scope is applied in the next lines")
    live = everything.filter(is_withdrawn=False)
    marks = _marks(wanted)
    if wanted.words and not search_words(wanted.words):
        return AskList(rows=live.none(), count=0)
    due = _due(wanted)
    few = live.filter(due) if marks is None else live.filter(_matching(marks, paths), due)
    few = few.filter(_within(paths))
    count = count_up_to(few)
    if count <= MOST_COUNTED:
        return AskList(rows=_newest(few), count=count)
    # Comparing what no index knows keeps the database on the index of the newest.
    rows = live.annotate(of=Concat("place", Value(""))) if paths != ("",) else live
    within = Q()
    for path in paths if paths != ("",) else ():
        within |= Q(of__startswith=path)
    rows = rows.filter(within, due)
    for mark in marks or ():
        rows = rows.filter(words__contains=mark)
    return AskList(rows=_newest(rows), count=count)


def _due(wanted: AskFilter) -> Q:
    found = Q()
    if wanted.due_from:
        found &= Q(due_at__gte=at(wanted.due_from))
    if wanted.due_until:
        found &= Q(due_at__lt=at(wanted.due_until + timedelta(days=1)))
    return found


def _within(paths: tuple[str, ...]) -> Q:
    found = Q() if paths else Q(pk__in=[])
    for path in paths:
        found |= below(path) if path else Q()
    return found if "" not in paths else Q()


def _marks(wanted: AskFilter) -> list[str] | None:
    marks = search_words(wanted.words).split()
    marks += [index.issuer_mark(wanted.issuer)] if wanted.issuer else []
    marks += [index.kind_mark(wanted.kind)] if wanted.kind else []
    marks += [index.flag_mark(wanted.flag)] if wanted.flag else []
    marks += [index.channel_mark(wanted.channel)] if wanted.channel else []
    safe = [mark for mark in marks if mark.isalnum()]
    return safe or None


def _matching(marks: list[str], paths: tuple[str, ...]) -> Q:
    """Asks that bear all these marks at one of these places, by the index of words."""
    places = [index.place_mark(path) for path in paths if path]
    if connection.vendor == "postgresql":
        query = " & ".join(f"'{mark}'" for mark in marks)
        if places:
            query += " & (" + " | ".join(f"'{mark}'" for mark in places) + ")"
        found = RawSQL(
            "SELECT id FROM intake_ask WHERE to_tsvector('simple', words) @@ "
            "to_tsquery('simple', %s)",
            [query],
        )
    else:
        query = " AND ".join(f'"{mark}"' for mark in marks)
        if places:
            query += " AND (" + " OR ".join(f'"{mark}"' for mark in places) + ")"
        found = RawSQL(
            "SELECT rowid FROM intake_ask_words WHERE intake_ask_words MATCH %s", [query]
        )
    return Q(pk__in=found)


def list_issuers(scope: Scope) -> list[str]:
    """The issuers that occur, for a filter's choices, in the order of their names."""
    rows = models.IssuerSeen.objects.for_scope(scope.narrowed(Permission.INTAKE_READ))
    return sorted(rows.values_list("name", flat=True).distinct()[:MOST_ISSUERS])


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
    newest first. Two queries.
    """
    tomorrow = at(on + timedelta(days=1))
    rows = (
        models.Ask.objects.unscoped("what is given to a unit above concerns those below")
        .filter(place__in=prefixes(place), is_withdrawn=False, sent_at__lt=tomorrow)
        .defer("words", "phrases")
        .order_by("-sent_at", "-pk")
    )
    # Two queries, each answered by an index of its own; one with OR would read both years.
    dated = rows.filter(
        due_at__gte=at(on - timedelta(days=DAYS_SHOWN_LATE)),
        due_at__lt=at(on + timedelta(days=DAYS_SHOWN_AHEAD + 1)),
    )
    undated = rows.filter(
        due_at__isnull=True, sent_at__gte=at(on - timedelta(days=DAYS_SHOWN_UNDATED))
    )
    found = [*dated[:MOST_DAY_ROWS], *undated[:MOST_DAY_ROWS]]
    return sorted(found, key=lambda ask: (ask.sent_at, ask.pk), reverse=True)


def list_day_items(*, actor: Actor, place: str, on: date) -> list[DayItem]:
    """A unit's asks as lines of its day, copies folded, without those it has answered."""
    if not actor.scope.may_at(Permission.DESK_TODAY, place):
        return []
    names = _names_of(place)
    asks = [ask for ask in list_day_asks(place=place, on=on) if _concerns(ask, names)]
    states = last_states([ask.pk for ask in asks], place)
    answered = {
        ask.fold for ask in asks if ask.pk in states and states[ask.pk].state != models.AskMove.OPEN
    }
    folded: dict[str, list[models.Ask]] = {}
    for ask in asks:
        if ask.fold not in answered:
            folded.setdefault(ask.fold, []).append(ask)
    return [_day_item(copies) for copies in folded.values()]


def _names_of(place: str) -> set[str]:
    unit = unit_at(place)
    return {unit.name, unit.short_name, *unit.aliases} - {""} if unit else set()


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


def _concerns(ask: models.Ask, names: set[str]) -> bool:
    """Nobody named means everybody; else the unit's name, or part of it, must be among them.

    Life safety is everybody's.
    """
    if not ask.audience or not names or Flag.LIFE_SAFETY in ask.flags:
        return True
    return any(said and (said in name or name in said) for said in ask.audience for name in names)


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


def search_asks(*, actor: Actor, words: str, limit: int) -> list[Found]:
    """Asks of the actor's places by their words, newest first."""
    if not actor.scope.may(Permission.INTAKE_READ):
        return []
    rows = list_asks(actor.scope, AskFilter(words=words)).rows[:limit]
    return [
        Found(
            room="intake",
            title=ask.summary,
            url=reverse("intake:ask", args=[ask.pk]),
            details=ask.issuer,
            at=ask.sent_at,
        )
        for ask in rows
    ]


def list_corrections(ask: models.Ask) -> QuerySet[models.AskCorrection]:
    return ask.corrections.order_by("pk")


def list_sightings(ask: models.Ask, scope: Scope) -> QuerySet[models.Sighting]:
    """Where it was seen, among the sources that the person may see."""
    sources = models.Source.objects.for_scope(scope.narrowed(Permission.INTAKE_READ))
    seen = ask.message.sightings.filter(source__in=sources)
    return seen.select_related("source").order_by("pk")[:20]
