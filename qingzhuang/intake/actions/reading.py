"""Reading a source into messages and asks, in batches that may be run again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import BinaryIO

from django.db import transaction
from django.db.models import F

from qingzhuang.files.queries import open_file
from qingzhuang.intake import models, types
from qingzhuang.intake.actions.digests import keyed
from qingzhuang.intake.actions.locks import hold_place
from qingzhuang.intake.actions.rows import ask_row, remember_issuers
from qingzhuang.intake.actions.sources import UNFINISHED, finish_source, sources
from qingzhuang.intake.inputs import read_blobs, unique
from qingzhuang.intake.rules.asks import read_asks
from qingzhuang.intake.rules.redact import redact
from qingzhuang.intake.types import Flag
from qingzhuang.kit import clock
from qingzhuang.kit.jobs import JobContext, JobStopped
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.ids import digest
from qingzhuang.org.queries import calendar_for
from qingzhuang.org.types import WorkCalendar

BATCH = 500
MOST_SKIPS = 2_000  # rows kept of a file that is broken throughout; the rest is counted
_FRESH = (models.SourceKind.PASTE, models.SourceKind.PHONE)


class _StoredBlob:
    """A sealed original as something to read, from its start as often as wanted."""

    def __init__(self, source: models.Source) -> None:
        self.path = source.name
        self.size = source.size
        self._file_id = source.file_id

    def open(self) -> BinaryIO:
        if self._file_id is None:
            raise UserError("files.expired")
        return open_file(self._file_id)


def read_source(*, source_id: int, ctx: JobContext) -> None:
    """Read a source into messages and asks, batch by batch; run again, it adds nothing twice."""
    started = sources(source_id).filter(state__in=UNFINISHED)
    if not started.update(state=models.SourceState.READING, message_count=0):
        return
    source: models.Source = sources(source_id).get()
    blob = _StoredBlob(source)
    try:
        blob.open().close()
    except UserError as error:  # its time was over, or the disk lost it
        finish_source(
            source_id=source_id,
            state=models.SourceState.REFUSED,
            error_code=error.code,
            error_params=error.params,
        )
        return
    writer = _Writer(source, calendar_for(source.place))
    stream = iter(read_blobs([blob]))
    count = 0
    while batch := list(islice(stream, BATCH)):
        ctx.checkpoint()
        writer.write(batch)
        count += len(batch)
        ctx.progress(count, unit="条")
    finish_source(source_id=source_id, state=models.SourceState.DONE, skip_count=writer.skip_count)


class _Writer:
    """Puts a stream of messages and skips of one source into the tables."""

    def __init__(self, source: models.Source, calendar: WorkCalendar) -> None:
        self.source = source
        self.calendar = calendar
        self.skip_count = 0
        self._channels: dict[tuple[str, str, str], models.Channel] = {}

    def write(self, batch: Sequence[types.Message | types.Skip]) -> None:
        """One batch, whole or not at all. Raises JobStopped when the source was cancelled."""
        skips = [self._skip(found) for found in batch if isinstance(found, types.Skip)]
        said = (found for found in batch if isinstance(found, types.Message))
        messages = [self._dated(m) for m in unique(said) if isinstance(m, types.Message)]
        # Reading takes longer than writing: it is done before the others' writing has to wait.
        known = self._find_known(messages)
        # From here on nothing that names a person leaves this method.
        safe = {m.id: m.redacted(redact) for m in messages if m.id not in known}
        asks = {m.id: self._read(m) for m in safe.values()}
        with transaction.atomic():
            hold_place(self.source.place)
            still = sources(self.source.pk).filter(state=models.SourceState.READING)
            if not still.update(message_count=F("message_count") + len(messages)):
                raise JobStopped("the source was cancelled")
            kept = max(0, MOST_SKIPS - self.skip_count)
            models.Skip.objects.bulk_create(skips[:kept], ignore_conflicts=True)
            if messages:
                self._write_messages(messages, safe, asks)
        self.skip_count += len(skips)

    def _skip(self, skip: types.Skip) -> models.Skip:
        return models.Skip(
            source=self.source,
            path=redact(skip.path)[:500],
            locator=redact(skip.locator)[:200],
            code=skip.code,
            params={
                name: value if isinstance(value, int | float) else redact(str(value))
                for name, value in skip.params.items()
            },
        )

    def _dated(self, message: types.Message) -> types.Message:
        """What is pasted without a head was said, as far as anybody knows, when it was pasted.

        Said again another day it is another message.
        """
        if self.source.kind not in _FRESH or message.sent_at:
            return message
        day = in_china(self.source.added_at).date().isoformat()
        dated = message.received_at(self.source.added_at)
        object.__setattr__(dated, "id", digest(message.id, day))
        object.__setattr__(dated, "shown_id", digest(message.shown_id, day))
        return dated

    def _read(self, message: types.Message) -> tuple[types.Ask, ...]:
        """The asks of a message as it is stored.

        One without a time is read as of the day it was given; what its hour would say of the
        sender is left unsaid.
        """
        if message.sent_at:
            return read_asks(message, calendar=self.calendar)
        found = read_asks(message.received_at(self.source.added_at), calendar=self.calendar)
        unknown = (Flag.OFF_HOURS, Flag.SHORT_NOTICE)
        return tuple(
            replace(
                ask,
                lead_working_hours=None,
                flags=tuple(flag for flag in ask.flags if flag not in unknown),
            )
            for ask in found
        )

    def _write_messages(
        self,
        messages: Sequence[types.Message],
        safe: dict[str, types.Message],
        read: dict[str, tuple[types.Ask, ...]],
    ) -> None:
        known = self._find_known(messages)  # again: somebody may have written meanwhile
        fresh = [message for message in safe.values() if message.id not in known]
        models.Message.objects.bulk_create(
            [self._row(message, is_ask=bool(read[message.id])) for message in fresh]
        )
        known |= self._find_digests([message.id for message in fresh])
        rows = [
            ask_row(
                ask,
                message_pk=known[m.id],
                place=self.source.place,
                received_at=m.sent_at or self.source.added_at,
                channel=m.channel,
            )
            for m in fresh
            for ask in read[m.id]
        ]
        models.Ask.objects.bulk_create(rows)
        remember_issuers(self.source.place, {row.issuer for row in rows})
        models.Sighting.objects.bulk_create(
            (
                models.Sighting(
                    message_id=known[m.id],
                    source=self.source,
                    path=redact(m.path)[:500],
                    locator=redact(m.locator)[:100],
                )
                for m in messages
            ),
            ignore_conflicts=True,
        )
        sources(self.source.pk).update(
            new_message_count=F("new_message_count") + len(fresh),
            ask_count=F("ask_count") + len(rows),
        )

    def _find_digests(self, ids: Sequence[str]) -> dict[str, int]:
        """Message id → row, for those that are there under this very id."""
        wanted = {keyed("message", one): one for one in ids}
        rows = models.Message.objects.unscoped("one place's own messages").filter(
            place=self.source.place, digest__in=list(wanted)
        )
        return {wanted[found]: pk for found, pk in rows.values_list("digest", "pk")}

    def _find_known(self, messages: Iterable[types.Message]) -> dict[str, int]:
        """Message id → row, for those that this place has already, under whichever name.

        The shown name counts as the same person unless both carry accounts of their own.
        """
        messages = list(messages)
        known = self._find_digests([m.id for m in messages])
        others = [m for m in messages if m.id not in known]
        shown_as = {m.id: keyed("message", m.shown_id) for m in others}
        rows = models.Message.objects.unscoped("one place's own messages").filter(
            place=self.source.place, shown_digest__in=list(shown_as.values())
        )
        plain: dict[str, int] = {}
        any_of: dict[str, int] = {}
        for shown, pk, has_account in rows.order_by("-pk").values_list(
            "shown_digest", "pk", "has_account"
        ):
            any_of[shown] = pk
            if not has_account:
                plain[shown] = pk
        for message in others:
            same = plain if _has_account(message) else any_of
            if shown_as[message.id] in same:
                known[message.id] = same[shown_as[message.id]]
        return known

    def _row(self, message: types.Message, *, is_ask: bool) -> models.Message:
        expires_on = clock.now().date() + timedelta(days=self.source.retention_days)
        return models.Message(
            place=self.source.place,
            digest=keyed("message", message.id),
            shown_digest=keyed("message", message.shown_id),
            has_account=_has_account(message),
            channel=self._channel(message),
            sender=(message.sender or "")[:100],
            sent_at=message.sent_at,
            text=message.text,
            attachments=list(message.attachments),
            is_ask=is_ask,
            expires_on=None if is_ask else expires_on,
        )

    def _channel(self, message: types.Message) -> models.Channel:
        name = (message.group or "")[:200]
        key = keyed("channel", digest(message.channel_key)) if message.channel_key else ""
        seen = (str(message.channel), name, key)
        if seen in self._channels:
            return self._channels[seen]
        rows = models.Channel.objects.unscoped("one place's own channels").filter(
            place=self.source.place, kind=message.channel
        )
        # Without a key the group is known by its name, or by a name it had.
        channel = rows.filter(key=key).first() if key else rows.filter(name=name).first()
        if channel is None and not key and name:
            channel = rows.filter(aliases__name=name).first()
        if channel is None:
            channel = models.Channel.objects.create(
                place=self.source.place, kind=message.channel, name=name, key=key
            )
        if name and name != channel.name:
            models.ChannelAlias.objects.get_or_create(channel=channel, name=name)
        # A batch that is rolled back ends the run, and this writer with it.
        self._channels[seen] = channel
        return channel


def _has_account(message: types.Message) -> bool:
    return message.id != message.shown_id
