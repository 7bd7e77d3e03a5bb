"""Reading what came in: gates, lists with their filters, a unit's day, search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Max, Q, QuerySet
from django.urls import reverse

from qingzhuang.intake import models
from qingzhuang.intake.types import Flag
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.search import search_words
from qingzhuang.notify.types import DayItem, Found
from qingzhuang.org.queries import prefixes, unit_at
from qingzhuang.org.types import Actor, Permission, Scope

DAYS_SHOWN_LATE = 3
DAYS_SHOWN_AHEAD = 14
DAYS_SHOWN_UNDATED = 3
MOST_DAY_ROWS = 600


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
    source: int | None = None


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
        is_theirs = actor.scope.may_at(permission, ask.place) or any(
            path.startswith(ask.place)
            for path in actor.scope.narrowed(permission).paths
            if permission in (Permission.INTAKE_READ, Permission.DESK_TODAY)
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


def list_skips(source: models.Source) -> QuerySet[models.Skip]:
    return source.skips.order_by("path", "pk")


def list_asks(scope: Scope, wanted: AskFilter) -> QuerySet[models.Ask]:
    """Asks of the scope, newest first, with their message and channel."""
    rows = models.Ask.objects.for_scope(scope.narrowed(Permission.INTAKE_READ)).filter(
        is_withdrawn=False
    )
    if wanted.words:
        rows = rows.filter(matching(wanted.words))
    if wanted.issuer:
        rows = rows.filter(issuer=wanted.issuer)
    if wanted.kind:
        rows = rows.filter(deliverables__icontains=f'"{wanted.kind}"')
    if wanted.flag:
        rows = rows.filter(flags__icontains=f'"{wanted.flag}"')
    if wanted.channel:
        rows = rows.filter(message__channel__kind=wanted.channel)
    if wanted.due_from:
        rows = rows.filter(due_at__gte=at(wanted.due_from))
    if wanted.due_until:
        rows = rows.filter(due_at__lt=at(wanted.due_until + timedelta(days=1)))
    if wanted.source:
        rows = rows.filter(message__sightings__source=wanted.source).distinct()
    return rows.select_related("message__channel").order_by("-sent_at", "-pk")


def matching(words: str) -> Q:
    """Asks whose words hold all of these, by the database's own index of words."""
    wanted = search_words(words).split()
    if not wanted:
        return Q(pk__in=[])
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT id FROM intake_ask WHERE to_tsvector('simple', words) @@ "
                "to_tsquery('simple', %s) ORDER BY id DESC LIMIT 5000",
                [" & ".join(f"'{word}'" for word in wanted)],
            )
        else:
            cursor.execute(
                "SELECT rowid FROM intake_ask_words WHERE intake_ask_words MATCH %s "
                "ORDER BY rowid DESC LIMIT 5000",
                [" AND ".join(f'"{word}"' for word in wanted)],
            )
        return Q(pk__in=[row[0] for row in cursor.fetchall()])


def count_asks_by_issuer(scope: Scope) -> list[str]:
    """The issuers that occur, for a filter's choices, in the order of their names."""
    rows = models.Ask.objects.for_scope(scope.narrowed(Permission.INTAKE_READ))
    since = clock.now() - timedelta(days=90)
    return sorted(
        rows.filter(sent_at__gte=since)
        .exclude(issuer="")
        .values_list("issuer", flat=True)
        .distinct()[:200]
    )


def last_states(ask_ids: Iterable[int], place: str) -> dict[int, models.AskState]:
    """Ask → this unit's last word on it."""
    states = models.AskState.objects.unscoped("one unit's own words").filter(
        ask__in=list(ask_ids), place=place
    )
    newest = states.values("ask").annotate(newest=Max("pk")).values("newest")
    return {state.ask_id: state for state in states.filter(pk__in=newest)}


def list_day_asks(*, place: str, on: date) -> list[models.Ask]:
    """Asks that concern a unit that day: given to it or to a unit above it, and naming it or all.

    Due from three days ago to two weeks ahead, or undated and sent in the last three days.
    Two queries.
    """
    due = Q(
        due_at__gte=at(on - timedelta(days=DAYS_SHOWN_LATE)),
        due_at__lt=at(on + timedelta(days=DAYS_SHOWN_AHEAD + 1)),
    )
    undated = Q(
        due_at__isnull=True,
        sent_at__gte=at(on - timedelta(days=DAYS_SHOWN_UNDATED)),
        sent_at__lt=at(on + timedelta(days=1)),
    )
    rows = (
        models.Ask.objects.unscoped("what is given to a unit above concerns those below")
        .filter(due | undated, place__in=prefixes(place), is_withdrawn=False)
        .filter(Q(sent_at__isnull=True) | Q(sent_at__lt=at(on + timedelta(days=1))))
        .select_related("message__channel")
        .order_by("-sent_at", "-pk")[:MOST_DAY_ROWS]
    )
    return list(rows)


def list_day_items(*, actor: Actor, place: str, on: date) -> list[DayItem]:
    """A unit's asks as lines of its day, copies folded, without those it has answered."""
    if not actor.scope.may_at(Permission.DESK_TODAY, place):
        return []
    unit = unit_at(place)
    names = {unit.name, unit.short_name, *unit.aliases} if unit else set()
    asks = [ask for ask in list_day_asks(place=place, on=on) if _concerns(ask.audience, names)]
    states = last_states([ask.pk for ask in asks], place)
    answered = {
        ask.fold for ask in asks if ask.pk in states and states[ask.pk].state != models.AskMove.OPEN
    }
    folded: dict[str, list[models.Ask]] = {}
    for ask in asks:
        if ask.fold not in answered:
            folded.setdefault(ask.fold, []).append(ask)
    return [_day_item(copies) for copies in folded.values()]


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


def _concerns(audience: list[str], names: set[str]) -> bool:
    """Nobody named means everybody; else the unit's name, or part of it, must be among them."""
    if not audience or not names:
        return True
    return any(said in name or name in said for said in audience for name in names if said and name)


def list_answered(*, actor: Actor, place: str, since: datetime) -> list[models.AskState]:
    """What a unit has answered since then, newest first, each fold once: for undoing."""
    if not actor.scope.may_at(Permission.DESK_TODAY, place):
        return []
    rows = (
        models.AskState.objects.unscoped("one unit's own words")
        .filter(place=place, at__gte=since)
        .select_related("ask")
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
    rows = list_asks(actor.scope, AskFilter(words=words))[:limit]
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


def list_sightings(ask: models.Ask) -> QuerySet[models.Sighting]:
    return ask.message.sightings.select_related("source").order_by("pk")[:20]
