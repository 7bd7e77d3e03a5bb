"""What people and jobs do with what came in: give a source, read it, correct, answer, forget."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import F

from qingzhuang.files.actions import delete_file, store_file
from qingzhuang.files.queries import open_file
from qingzhuang.intake import models, types
from qingzhuang.intake.inputs import read_blobs, unique
from qingzhuang.intake.queries import access_ask, access_source
from qingzhuang.intake.rules.asks import READER_VERSION, read_asks
from qingzhuang.intake.rules.corrections import check_correction
from qingzhuang.intake.rules.redact import redact
from qingzhuang.kit import clock
from qingzhuang.kit.events import publish
from qingzhuang.kit.jobs import JobContext, cancel, enqueue
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.ids import digest
from qingzhuang.kit.pure.search import search_words
from qingzhuang.org.queries import calendar_for
from qingzhuang.org.types import Actor, Permission, WorkCalendar
from qingzhuang.trail.actions import record

DEFAULT_RETENTION_DAYS = 30
ORIGINAL_DAYS = 7  # an unread original does not wait longer than this
BATCH = 500


class _Hashed:
    """A stream that is hashed while it is stored."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._hash = hashlib.sha256()
        self.size = 0

    def read(self, count: int = -1) -> bytes:
        data = self._stream.read(count)
        self._hash.update(data)
        self.size += len(data)
        return data

    def hex(self) -> str:
        return self._hash.hexdigest()


def add_source(
    *,
    actor: Actor,
    place: str,
    kind: models.SourceKind,
    name: str,
    stream: BinaryIO,
    lawful_basis: str,
    batch: UUID | None = None,
    retention_days: int = DEFAULT_RETENTION_DAYS,
    max_bytes: int | None = None,
) -> models.Source:
    """Take a file in and have it read soon; the original is sealed and goes once it is read.

    Raises UserError: intake.no_basis, files.too_large, org.not_allowed, org.not_found.
    """
    actor.scope.check(Permission.INTAKE_ADD, place)
    if lawful_basis not in models.LawfulBasis.values:
        raise UserError("intake.no_basis")
    now = clock.now()
    hashed = _Hashed(stream)
    with transaction.atomic():
        stored = store_file(
            stream=hashed,  # type: ignore[arg-type]
            name=name,
            purpose="intake.read",
            place=place,
            expires_at=now + timedelta(days=ORIGINAL_DAYS),
            actor=actor.id,
            lawful_basis=lawful_basis,
            max_bytes=max_bytes,
        )
        source = models.Source.objects.create(
            place=place,
            kind=kind,
            name=redact(name)[:300],
            batch=batch or uuid.uuid4(),
            digest=hashed.hex(),
            size=hashed.size,
            lawful_basis=lawful_basis,
            retention_days=retention_days,
            added_by=actor.id,
            added_at=now,
            file_id=stored.id,
        )
        source.job_id = enqueue("intake.read_source", source.pk)
        _sources(source.pk).update(job_id=source.job_id)
        record(
            actor=actor.id,
            action="intake.add_source",
            target=f"intake.Source:{source.pk}",
            place=place,
            kind=str(kind),
            size=source.size,
            basis=lawful_basis,
        )
    return source


def _sources(source_id: int) -> Any:
    return models.Source.objects.unscoped("this very source").filter(pk=source_id)


class _StoredBlob:
    """A sealed original as something to read, from its start as often as wanted."""

    def __init__(self, source: models.Source) -> None:
        self.path = source.name
        self.size = source.size
        self._file_id = source.file_id

    def open(self) -> BinaryIO:
        assert self._file_id is not None
        return open_file(self._file_id)


def read_source(*, source_id: int, ctx: JobContext) -> None:
    """Read a source into messages and asks, batch by batch; run again, it adds nothing twice."""
    source: models.Source | None = _sources(source_id).first()
    if source is None or source.state not in (
        models.SourceState.WAITING,
        models.SourceState.READING,
    ):
        return
    _sources(source_id).update(state=models.SourceState.READING)
    writer = _Writer(source, calendar_for(source.place))
    blob = _StoredBlob(source)
    try:
        stream = iter(read_blobs([blob]))
        count = 0
        while batch := list(islice(stream, BATCH)):
            ctx.checkpoint()
            with transaction.atomic():
                writer.write(batch)
            count += len(batch)
            ctx.progress(count, unit="条")
    except UserError as error:
        _sources(source_id).update(
            state=models.SourceState.REFUSED, error_code=error.code, error_params=dict(error.params)
        )
    finish_source(source_id=source_id)


def finish_source(*, source_id: int) -> None:
    """Count what the source gave, shred its original, tell the upper rooms."""
    with transaction.atomic():
        source = _sources(source_id).get()
        sightings = models.Sighting.objects.filter(source=source)
        messages = sightings.values("message").distinct().count()
        asks = models.Ask.objects.unscoped("counts of one source").filter(
            message__sightings__source=source
        )
        state = source.state
        if state == models.SourceState.READING:
            state = models.SourceState.DONE
        _sources(source_id).update(
            state=state,
            finished_at=clock.now(),
            message_count=messages,
            ask_count=asks.values("pk").distinct().count(),
            skip_count=source.skips.count(),
            file_id=None,
        )
        if source.file_id:
            delete_file(file_id=source.file_id, actor="job", reason="read")
        record(
            actor="job",
            action="intake.read_source",
            target=f"intake.Source:{source_id}",
            place=source.place,
            outcome="done" if state == models.SourceState.DONE else "refused",
            messages=messages,
        )
        publish(types.SourceRead(source=source_id, place=source.place))


class _Writer:
    """Puts a stream of messages and skips of one source into the tables."""

    def __init__(self, source: models.Source, calendar: WorkCalendar) -> None:
        self.source = source
        self.calendar = calendar
        self._channels: dict[tuple[str, str, str], models.Channel] = {}

    def write(self, batch: Sequence[types.Message | types.Skip]) -> None:
        skips = [found for found in batch if isinstance(found, types.Skip)]
        for skip in skips:
            models.Skip.objects.get_or_create(
                source=self.source,
                path=skip.path[:500],
                locator=skip.locator[:200],
                code=skip.code,
                defaults={"params": dict(skip.params)},
            )
        said = (found for found in batch if isinstance(found, types.Message))
        messages = [
            self._dated(found) for found in unique(said) if isinstance(found, types.Message)
        ]
        if messages:
            self._write_messages(messages)

    def _dated(self, message: types.Message) -> types.Message:
        """What is pasted without a head was said, as far as anybody knows, when it was pasted."""
        is_fresh = self.source.kind in (models.SourceKind.PASTE, models.SourceKind.PHONE)
        return (
            message.received_at(self.source.added_at)
            if is_fresh and not message.sent_at
            else message
        )

    def _write_messages(self, messages: Sequence[types.Message]) -> None:
        known = self._find_known(messages)
        fresh = [message for message in messages if message.id not in known]
        asks = {m.id: read_asks(_redacted(m), calendar=self.calendar) for m in fresh}
        models.Message.objects.bulk_create(
            [self._row(message, is_ask=bool(asks[message.id])) for message in fresh]
        )
        known |= dict(
            models.Message.objects.unscoped("rows just written")
            .filter(place=self.source.place, digest__in=[m.id for m in fresh])
            .values_list("digest", "pk")
        )
        models.Ask.objects.bulk_create(
            ask_row(ask, message_pk=known[m.id], place=self.source.place, sent_at=m.sent_at)
            for m in fresh
            for ask in asks[m.id]
        )
        models.Sighting.objects.bulk_create(
            (
                models.Sighting(
                    message_id=known[m.id],
                    source=self.source,
                    path=m.path[:500],
                    locator=m.locator[:100],
                )
                for m in messages
            ),
            ignore_conflicts=True,
        )
        _sources(self.source.pk).update(
            message_count=F("message_count") + len(messages),
            new_message_count=F("new_message_count") + len(fresh),
            ask_count=F("ask_count") + sum(map(len, asks.values())),
        )

    def _find_known(self, messages: Sequence[types.Message]) -> dict[str, int]:
        """Message id → row, for those that this place has already, under whichever name.

        The shown name counts as the same person unless both carry accounts of their own.
        """
        rows = models.Message.objects.unscoped("one place's own messages").filter(
            place=self.source.place
        )
        known = dict(rows.filter(digest__in=[m.id for m in messages]).values_list("digest", "pk"))
        others = [m for m in messages if m.id not in known]
        shown = {
            key: (pk, has_account)
            for key, pk, has_account in rows.filter(
                shown_digest__in=[m.shown_id for m in others]
            ).values_list("shown_digest", "pk", "has_account")
        }
        for message in others:
            found = shown.get(message.shown_id)
            if found and not (found[1] and message.id != message.shown_id):
                known[message.id] = found[0]
        return known

    def _row(self, message: types.Message, *, is_ask: bool) -> models.Message:
        redacted = _redacted(message)
        expires_on = clock.now().date() + timedelta(days=self.source.retention_days)
        return models.Message(
            place=self.source.place,
            digest=message.id,
            shown_digest=message.shown_id,
            has_account=message.id != message.shown_id,
            channel=self._channel(message),
            sender=(redacted.sender or "")[:100],
            sent_at=message.sent_at,
            text=redacted.text,
            attachments=list(redacted.attachments),
            is_ask=is_ask,
            expires_on=None if is_ask else expires_on,
        )

    def _channel(self, message: types.Message) -> models.Channel:
        name = redact(message.group or "")[:200]
        seen = (str(message.channel), name, message.channel_key or "")
        if seen in self._channels:
            return self._channels[seen]
        rows = models.Channel.objects.unscoped("one place's own channels").filter(
            place=self.source.place, kind=message.channel
        )
        channel = rows.filter(key=message.channel_key).first() if message.channel_key else None
        channel = channel or rows.filter(name=name, key=message.channel_key or "").first()
        if channel is None:
            channel = models.Channel.objects.create(
                place=self.source.place,
                kind=message.channel,
                name=name,
                key=message.channel_key or "",
            )
        if name != channel.name:
            models.ChannelAlias.objects.get_or_create(channel=channel, name=name)
        self._channels[seen] = channel
        return channel


def _redacted(message: types.Message) -> types.Message:
    """The same message as it may be stored; its id stays that of what was said."""
    return message.redacted(redact)


def ask_row(ask: types.Ask, *, message_pk: int, place: str, sent_at: datetime | None) -> models.Ask:
    """An ask as a row. `fold` leaves out who forwarded it and where."""
    due = ask.due_at.isoformat() if ask.due_at else ""
    matter = "、".join(ask.forms) or ask.summary
    return models.Ask(
        place=place,
        message_id=message_pk,
        ordinal=int(ask.id.rpartition("-")[2]),
        start=ask.start,
        end=ask.end,
        reader_version=READER_VERSION,
        sent_at=sent_at,
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
        fold=digest(ask.issuer or "", due, matter),
        words=search_words(" ".join([ask.issuer or "", *ask.forms, ask.summary, ask.text[:600]])),
    )


def cancel_source(*, actor: Actor, source_id: int) -> None:
    """Stop reading a source. What was read so far stays; the original is shredded."""
    source = access_source(actor, source_id, Permission.INTAKE_ADD)
    if source.job_id:
        cancel(source.job_id)
    waiting = (models.SourceState.WAITING, models.SourceState.READING)
    changed = (
        _sources(source.pk).filter(state__in=waiting).update(state=models.SourceState.CANCELLED)
    )
    if changed:
        finish_source(source_id=source.pk)


def correct_ask(
    *, actor: Actor, ask_id: int, seen_version: int, changes: dict[str, Any]
) -> models.Ask:
    """Put a reading right. The machine's word is kept beside; a later reading keeps to this one.

    `changes` maps field → new value (issuer, deliverables, forms, due_at, recurrence, flags,
    summary, is_withdrawn). Raises UserError: intake.bad_correction, kit.changed_meanwhile,
    org.not_found.
    """
    ask = access_ask(actor, ask_id, Permission.INTAKE_CORRECT)
    with transaction.atomic():
        values: dict[str, Any] = {}
        for field, raw in changes.items():
            value = check_correction(field, raw)
            was = getattr(ask, field)
            if value == was:
                continue
            values[field] = value
            models.AskCorrection.objects.create(
                ask=ask,
                field=field,
                was=_plain(was),
                now=_plain(value),
                by=actor.id,
                at=clock.now(),
            )
        if values:
            ask.compare_and_set(seen_version=seen_version, **values)
            record(
                actor=actor.id,
                action="intake.correct_ask",
                target=f"intake.Ask:{ask.pk}",
                place=ask.place,
                fields=sorted(values),
            )
    return ask


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def mark_ask(
    *, actor: Actor, ask_id: int, place: str, state: models.AskMove, colleague: str = ""
) -> int:
    """Say for one unit what became of an ask, and of its copies; undone by marking it open.

    Answers how many asks were marked.
    """
    ask = access_ask(actor, ask_id, Permission.DESK_TODAY, place=place)
    now = clock.now()
    with transaction.atomic():
        copies = list(
            models.Ask.objects.unscoped("copies of an ask that the actor may see")
            .filter(place=ask.place, fold=ask.fold)
            .values_list("pk", flat=True)
        )
        models.AskState.objects.bulk_create(
            models.AskState(
                ask_id=pk, place=place, state=state, colleague=colleague[:50], by=actor.id, at=now
            )
            for pk in copies
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


def expire_messages(*, on: datetime, limit: int = 5_000) -> int:
    """Forget messages that asked nothing and whose time is over; only their number stays."""
    with transaction.atomic():
        rows = list(
            models.Message.objects.unscoped("retention is the same for all")
            .filter(is_ask=False, expires_on__lte=on.date())
            .values_list("pk", "channel_id", "sent_at")[:limit]
        )
        counts: dict[tuple[int, Any], int] = {}
        for _pk, channel, sent_at in rows:
            day = (sent_at or on).date()
            counts[channel, day] = counts.get((channel, day), 0) + 1
        for (channel, day), count in counts.items():
            entry, is_new = models.ChannelDay.objects.get_or_create(
                channel_id=channel, day=day, defaults={"message_count": count}
            )
            if not is_new:
                models.ChannelDay.objects.filter(pk=entry.pk).update(
                    message_count=F("message_count") + count
                )
        models.Message.objects.unscoped("retention is the same for all").filter(
            pk__in=[pk for pk, _channel, _sent in rows]
        ).delete()
        if rows:
            record(
                actor="job",
                action="intake.expire_messages",
                target="intake.Message",
                count=len(rows),
            )
    return len(rows)
