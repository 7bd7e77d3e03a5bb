"""What people say of a reading: put right, done, not ours; and reading again with a newer reader."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from qingzhuang.intake import models
from qingzhuang.intake.actions.retention import settle_retention
from qingzhuang.intake.actions.rows import ask_row, fold_of, remember_issuers, words_of
from qingzhuang.intake.queries import access_ask
from qingzhuang.intake.rules.asks import READER_VERSION, SHORT_NOTICE_HOURS, read_asks
from qingzhuang.intake.rules.corrections import check_correction
from qingzhuang.intake.rules.redact import redact
from qingzhuang.intake.types import ChannelKind, Flag, Message
from qingzhuang.kit import clock
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.queries import calendar_for, prefixes
from qingzhuang.org.types import Actor, Permission, WorkCalendar
from qingzhuang.trail.actions import record

COPIES_DAYS = 31  # copies without a date are those of about a month, not of all years
_READ_FIELDS = (
    "issuer", "audience", "summary", "deliverables", "forms", "due_at", "lead_working_hours",
    "recurrence", "flags", "phrases", "start", "end",
)  # fmt: skip


def correct_ask(
    *, actor: Actor, ask_id: int, seen_version: int, changes: dict[str, Any]
) -> models.Ask:
    """Put a reading right. The machine's word is kept beside; a later reading keeps to this one.

    `changes` maps field → new value (issuer, deliverables, forms, due_at, recurrence, flags,
    summary, is_withdrawn). What hangs on them (lead time, short notice, copies, search) follows.
    Raises UserError: intake.bad_correction, kit.changed_meanwhile, org.not_found.
    """
    ask = access_ask(actor, ask_id, Permission.INTAKE_CORRECT)
    checked = {field: check_correction(field, raw) for field, raw in changes.items()}
    values = {field: value for field, value in checked.items() if value != getattr(ask, field)}
    if not values:
        return ask
    now = clock.now()
    with transaction.atomic():
        models.AskCorrection.objects.bulk_create(
            models.AskCorrection(
                ask=ask,
                field=field,
                was=_plain(getattr(ask, field)),
                now=_plain(value),
                by=actor.id,
                at=now,
            )
            for field, value in values.items()
        )
        for field, value in values.items():
            setattr(ask, field, value)
        derived = _derive(ask, set(values), calendar_for(ask.place))
        ask.compare_and_set(seen_version=seen_version, **{**values, **derived})
        remember_issuers(ask.place, {ask.issuer})
        if "is_withdrawn" in values:
            settle_retention(ask.message_id)
        record(
            actor=actor.id,
            action="intake.correct_ask",
            target=f"intake.Ask:{ask.pk}",
            place=ask.place,
            fields=sorted(values),
        )
    return ask


def _derive(ask: models.Ask, changed: set[str], calendar: WorkCalendar) -> dict[str, Any]:
    """The columns that follow from the others, after `changed` were set on `ask`."""
    if "due_at" in changed:
        _measure_notice(ask, calendar, is_said="flags" in changed or _is_notice_said(ask))
    message = ask.message
    ask.fold = fold_of(ask)
    ask.words = words_of(ask, text=message.text[ask.start : ask.end], channel=message.channel.kind)
    names = ("fold", "words", "lead_working_hours", "flags")
    return {name: getattr(ask, name) for name in names}


def _measure_notice(ask: models.Ask, calendar: WorkCalendar, *, is_said: bool) -> None:
    """Working hours from sending to deadline, and the flag that hangs on them.

    What a person has said of short notice stays.
    """
    lead = None
    if ask.message.sent_at and ask.due_at:
        lead = round(calendar.working_hours_between(ask.message.sent_at, ask.due_at), 2)
    ask.lead_working_hours = lead
    if not is_said:
        wanted = {*ask.flags} - {str(Flag.SHORT_NOTICE)}
        if lead is not None and lead < SHORT_NOTICE_HOURS:
            wanted.add(str(Flag.SHORT_NOTICE))
        ask.flags = [str(flag) for flag in Flag if flag in wanted]


def _is_notice_said(ask: models.Ask) -> bool:
    said = ask.corrections.filter(field="flags").values_list("was", "now")
    return any(
        (Flag.SHORT_NOTICE in (was or [])) != (Flag.SHORT_NOTICE in (now or []))
        for was, now in said
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def mark_ask(
    *, actor: Actor, ask_id: int, place: str, state: models.AskMove, colleague: str = ""
) -> int:
    """Say for one unit what became of an ask, and of its copies; undone by marking it open.

    Copies are those on the unit's own day: given to it or to a unit above it. Answers how many
    asks were marked. Raises UserError org.not_found.
    """
    ask = access_ask(actor, ask_id, Permission.DESK_TODAY, place=place)
    now = clock.now()
    with transaction.atomic():
        copies = {
            ask.pk,
            *models.Ask.objects.unscoped("copies of an ask that the actor may see")
            .filter(place__in=prefixes(place), fold=ask.fold)
            .filter(Q(due_at__isnull=False) | Q(sent_at__gte=now - timedelta(days=COPIES_DAYS)))
            .values_list("pk", flat=True),
        }
        models.AskState.objects.bulk_create(
            models.AskState(
                ask_id=pk,
                place=place,
                state=state,
                colleague=redact(colleague)[:50],
                by=actor.id,
                at=now,
            )
            for pk in sorted(copies)
        )
        record(
            actor=actor.id,
            action="intake.mark_ask",
            target=f"intake.Ask:{ask.pk}",
            place=place,
            state=str(state),
            copies=len(copies) - 1,
        )
    return len(copies)


def reread_asks(*, limit: int = 200) -> int:
    """Read again what an older reader read, from the stored text; answers how many messages.

    What people corrected or withdrew stays as they said. An ask that the newer reader does not
    see any more is withdrawn, unless a person has said anything of it; a new one is added. Run
    until it answers 0.
    """
    old = (
        models.Ask.objects.unscoped("every place's asks are read by the same reader")
        .filter(reader_version__lt=READER_VERSION)
        .order_by("message_id")
        .values_list("message_id", flat=True)
        .distinct()
    )
    pks = list(old[:limit])
    messages = (
        models.Message.objects.unscoped("every place's asks are read by the same reader")
        .filter(pk__in=pks)
        .select_related("channel")
    )
    for row in messages:
        with transaction.atomic():
            _reread(row)
    return len(pks)


def _reread(row: models.Message) -> None:
    calendar = calendar_for(row.place)
    present = {
        ask.ordinal: ask
        for ask in models.Ask.objects.unscoped("one message's asks")
        .filter(message=row)
        .select_related("message__channel")
    }
    received_at = next((ask.sent_at for ask in present.values() if ask.sent_at), clock.now())
    message = Message(
        path="",
        locator="",
        channel=ChannelKind(row.channel.kind),
        group=row.channel.name or None,
        sender=row.sender or None,
        sent_at=row.sent_at or received_at,
        text=row.text,
    )
    found = {
        ask.ordinal: ask
        for ask in (
            ask_row(
                ask,
                message_pk=row.pk,
                place=row.place,
                received_at=received_at,
                channel=row.channel.kind,
            )
            for ask in read_asks(message, calendar=calendar)
        )
    }
    if row.sent_at is None:
        for ask in found.values():
            ask.lead_working_hours = None
            ask.flags = [f for f in ask.flags if f not in (Flag.OFF_HOURS, Flag.SHORT_NOTICE)]
    for ordinal, ask in present.items():
        _take_over(ask, found.pop(ordinal, None), calendar)
    models.Ask.objects.bulk_create(found.values())
    settle_retention(row.pk)
    remember_issuers(row.place, {ask.issuer for ask in found.values()})


def _take_over(ask: models.Ask, newer: models.Ask | None, calendar: WorkCalendar) -> None:
    """Bring a row to the newer reading, but for the fields that people corrected."""
    said = set(ask.corrections.values_list("field", flat=True))
    values: dict[str, Any] = {"reader_version": READER_VERSION}
    if newer is None:
        is_touched = (
            bool(said)
            or models.AskState.objects.unscoped("was it answered?").filter(ask=ask).exists()
        )
        if not is_touched:
            values["is_withdrawn"] = True
    else:
        for field in _READ_FIELDS:
            if field not in said:
                values[field] = getattr(newer, field)
                setattr(ask, field, values[field])
        values |= _derive(ask, {"due_at"} if "due_at" in said else set(), calendar)
        remember_issuers(ask.place, {ask.issuer})
    try:
        ask.compare_and_set(**values)
    except UserError:
        raise RuntimeError("somebody corrected it at this moment; the job comes again") from None
