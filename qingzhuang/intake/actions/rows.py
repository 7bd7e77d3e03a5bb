"""Asks as rows: what is computed from their fields, and kept in step with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from qingzhuang.intake import models, types
from qingzhuang.intake.rules.asks import READER_VERSION
from qingzhuang.intake.rules.index import index_words
from qingzhuang.intake.types import Recurrence
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.ids import digest

MOST_INDEXED = 600  # characters of an ask's text that search looks in


def ask_row(
    ask: types.Ask, *, message_pk: int, place: str, received_at: datetime, channel: str
) -> models.Ask:
    """A reading as a row."""
    row = models.Ask(
        place=place,
        message_id=message_pk,
        ordinal=int(ask.id.rpartition("-")[2]),
        start=ask.start,
        end=ask.end,
        reader_version=READER_VERSION,
        sent_at=received_at,
        issuer=(ask.issuer or "")[:60],
        audience=list(ask.audience),
        summary=ask.summary[:200],
        deliverables=[str(kind) for kind in ask.deliverables],
        forms=list(ask.forms),
        due_at=ask.due_at,
        lead_working_hours=ask.lead_working_hours,
        recurrence=str(ask.recurrence),
        flags=[str(flag) for flag in ask.flags],
        phrases=[[p.start, p.end, p.reason] for p in ask.phrases],
    )
    row.fold = fold_of(row)
    row.words = words_of(row, text=ask.text, channel=channel)
    return row


def fold_of(row: models.Ask) -> str:
    """The same for what a person would call one thing to do: who, what, by when.

    Who forwarded it and where is left out. What comes round without a date is each day's own.
    """
    due = in_china(row.due_at).isoformat() if row.due_at else ""
    if not due and row.recurrence != Recurrence.ONCE and row.sent_at:
        due = in_china(row.sent_at).date().isoformat()
    return digest(row.issuer, due, "、".join(row.forms) or row.summary)


def words_of(row: models.Ask, *, text: str, channel: str) -> str:
    """What the index of words holds of the ask."""
    return index_words(
        text=" ".join([*row.forms, row.summary, text[:MOST_INDEXED]]),
        place=row.place,
        issuer=row.issuer,
        kinds=row.deliverables,
        flags=row.flags,
        channel=channel,
    )


def remember_issuers(place: str, names: Iterable[str]) -> None:
    """Names that a filter offers from now on."""
    seen: Sequence[models.IssuerSeen] = [
        models.IssuerSeen(place=place, name=name) for name in sorted(names) if name
    ]
    models.IssuerSeen.objects.bulk_create(seen, ignore_conflicts=True)
