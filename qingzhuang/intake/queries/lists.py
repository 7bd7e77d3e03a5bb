"""Lists of sources and asks with their filters, as fast with a million messages as with ten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Exists, Model, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Concat
from django.urls import reverse

from qingzhuang.intake import models
from qingzhuang.intake.rules import index
from qingzhuang.intake.types import ChannelKind, Deliverable, Flag
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.search import search_words
from qingzhuang.kit.scoping import below
from qingzhuang.notify.types import Found
from qingzhuang.org.types import Actor, Permission, Scope

M = TypeVar("M", bound=Model)
UNFINISHED = (models.SourceState.WAITING, models.SourceState.READING)
MOST_COUNTED = 10_000  # "超过 10,000 件": a filter helps more than page 201
MOST_SOURCES = 5_000  # of one batch
MOST_ISSUERS = 500


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
    is_nonsense: bool = False  # asked for in words that nobody knows, so nothing is what fits

    @property
    def fits_nothing(self) -> bool:
        """Whether it names a kind, flag, channel or day that there is not."""
        return self.is_nonsense or not (
            self.kind in {"", *Deliverable}
            and self.flag in {"", *Flag}
            and self.channel in {"", *ChannelKind}
        )


def list_sources(scope: Scope, *, words: str = "", state: str = "") -> QuerySet[models.Source]:
    """Sources of the scope, newest first."""
    rows = models.Source.objects.for_scope(scope.narrowed(Permission.INTAKE_READ))
    if words:  # no name holds a NUL, and PostgreSQL takes none
        rows = rows.filter(name__icontains=words.replace("\0", ""))
    if state:
        rows = rows.filter(state=state.replace("\0", "?"))
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


def _sorted(rows: QuerySet[models.Ask]) -> QuerySet[models.Ask]:
    """Few rows, newest first, by sorting them: an expression keeps PostgreSQL from walking the
    index of the newest through a million others.
    """
    return _newest(rows).order_by(Coalesce("sent_at", "sent_at").desc(), "-pk")


def list_asks(scope: Scope, wanted: AskFilter) -> AskList:
    """Asks of the scope, newest first, with their channel.

    Few of many are found through an index and sorted; many of many are walked from the newest
    until the page is full. Which it is, a count that stops at MOST_COUNTED tells.
    """
    paths = scope.narrowed(Permission.INTAKE_READ).paths
    live = models.Ask.objects.unscoped("the scope is applied in the next lines")
    live = live.filter(is_withdrawn=False)
    marks, due = _marks(wanted), _due(wanted)
    if not paths or wanted.fits_nothing or (wanted.words and not search_words(wanted.words)):
        return AskList(rows=live.none(), count=0)
    if marks and _count_matching(marks, paths) <= MOST_COUNTED:
        rows = live.filter(_matching(marks, paths), due, _within(paths))
        return AskList(rows=_sorted(rows), count=count_up_to(rows))
    near = live.filter(due, _within(paths))
    count = count_up_to(near)
    if count <= MOST_COUNTED:
        rows = near.filter(*(Q(words__contains=mark) for mark in marks))
        return AskList(rows=_sorted(rows), count=count_up_to(rows) if marks else count)
    # Comparing what no index knows keeps the database on the index of the newest.
    rows = live.filter(due, *(Q(words__contains=mark) for mark in marks))
    if "" not in paths:
        within = Q()
        for path in paths:
            within |= Q(of__startswith=path)
        rows = rows.annotate(of=Concat("place", Value(""))).filter(within)
    if marks and due:
        count = count_up_to(near.filter(_matching(marks, paths)))
    return AskList(rows=_newest(rows), count=count)


def fetch_page(rows: QuerySet[models.Ask], first: int, last: int) -> list[models.Ask]:
    """Rows first to last of a list, the ones before them passed over by the index alone."""
    pks = list(rows.values_list("pk", flat=True)[first:last])
    some = models.Ask.objects.unscoped("rows of a list that was scoped").filter(pk__in=pks)
    return list(_newest(some))


def _due(wanted: AskFilter) -> Q:
    found = Q()
    if wanted.due_from:
        found &= Q(due_at__gte=at(_possible(wanted.due_from)))
    if wanted.due_until:
        found &= Q(due_at__lt=at(_possible(wanted.due_until) + timedelta(days=1)))
    return found


def _possible(day: date) -> date:
    """A day that a database knows in every time zone."""
    return min(max(day, date(1900, 1, 1)), date(9000, 1, 1))


def _within(paths: tuple[str, ...]) -> Q:
    found = Q()
    for path in paths if "" not in paths else ():
        found |= below(path)
    return found


def _marks(wanted: AskFilter) -> list[str]:
    marks = search_words(wanted.words).split()
    marks += [index.issuer_mark(wanted.issuer)] if wanted.issuer else []
    marks += [index.kind_mark(wanted.kind)] if wanted.kind else []
    marks += [index.flag_mark(wanted.flag)] if wanted.flag else []
    marks += [index.channel_mark(wanted.channel)] if wanted.channel else []
    return [mark for mark in marks if mark.isalnum()]


def _matching(marks: list[str], paths: tuple[str, ...]) -> Q:
    """Asks that bear all these marks at one of these places, by the index of words."""
    statement, query = _word_search(marks, paths)
    return Q(pk__in=RawSQL(statement, [query]))  # noqa: S611 - constant, with one parameter


def _count_matching(marks: list[str], paths: tuple[str, ...]) -> int:
    """How many bear them, withdrawn ones too; counted no further than a page needs to know."""
    statement, query = _word_search(marks, paths)
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A word that is everywhere would be looked for in the text of row after row.
            cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            f"SELECT count(*) FROM ({statement} LIMIT {MOST_COUNTED + 1}) AS found",  # noqa: S608
            [query],
        )
        return int(cursor.fetchone()[0])


def _word_search(marks: list[str], paths: tuple[str, ...]) -> tuple[str, str]:
    """A statement that finds ids, and its one parameter. Marks are letters and digits only."""
    both, either = (" & ", " | ") if connection.vendor == "postgresql" else (" AND ", " OR ")
    quote = "'" if connection.vendor == "postgresql" else '"'
    query = both.join(f"{quote}{mark}{quote}" for mark in marks)
    if "" not in paths:
        places = either.join(f"{quote}{index.place_mark(path)}{quote}" for path in paths)
        query += f"{both}({places})"
    if connection.vendor == "postgresql":
        return (
            "SELECT id FROM intake_ask WHERE to_tsvector('simple', words) @@ "
            "to_tsquery('simple', %s)",
            query,
        )
    return "SELECT rowid FROM intake_ask_words WHERE intake_ask_words MATCH %s", query


def list_issuers(scope: Scope) -> list[str]:
    """The issuers that occur, for a filter's choices, in the order of their names."""
    rows = models.IssuerSeen.objects.for_scope(scope.narrowed(Permission.INTAKE_READ))
    return sorted(rows.values_list("name", flat=True).distinct()[:MOST_ISSUERS])


def search_asks(*, actor: Actor, words: str, limit: int) -> list[Found]:
    """Asks of the actor's places by their words, newest first."""
    if not actor.scope.may(Permission.INTAKE_READ):
        return []
    rows = fetch_page(list_asks(actor.scope, AskFilter(words=words)).rows, 0, limit)
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
