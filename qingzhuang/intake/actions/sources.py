"""A source from its giving to its end: taken in, cancelled, tried again, finished, mended."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import BinaryIO, cast
from uuid import UUID

from django.conf import settings
from django.db import transaction

from qingzhuang.files.actions import delete_file, store_file
from qingzhuang.intake import models, types
from qingzhuang.intake.actions.digests import keyed
from qingzhuang.intake.actions.locks import hold_place
from qingzhuang.intake.queries import access_source
from qingzhuang.intake.rules.redact import redact
from qingzhuang.kit import clock
from qingzhuang.kit.events import publish
from qingzhuang.kit.jobs import cancel, enqueue, find_job
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.scoping import ScopedQuerySet
from qingzhuang.org.types import Actor, Permission
from qingzhuang.trail.actions import record

DEFAULT_RETENTION_DAYS = 30
ORIGINAL_DAYS = 7  # an unread original does not wait longer than this
UNFINISHED = (models.SourceState.WAITING, models.SourceState.READING)


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

    The same bytes that this place gave before and that were read whole are not read again: the
    source says when that was (state repeated). Raises UserError: intake.no_basis,
    files.too_large (beyond `max_bytes`, or what the office allows), org.not_allowed, org.not_found.
    """
    actor.scope.check(Permission.INTAKE_ADD, place)
    if lawful_basis not in models.LawfulBasis.values:
        raise UserError("intake.no_basis")
    now = clock.now()
    shown = redact(name)[:300]
    hashed = _Hashed(stream)
    # Sealing a large file takes minutes: outside of our transaction, or nobody else could write.
    # Killed in between, it lies unread until its time is over.
    stored = store_file(
        stream=cast("BinaryIO", hashed),
        name=name,
        purpose="intake.read",
        place=place,
        expires_at=now + timedelta(days=ORIGINAL_DAYS),
        actor=actor.id,
        lawful_basis=lawful_basis,
        max_bytes=settings.QZ_MAX_UPLOAD_BYTES if max_bytes is None else max_bytes,
    )
    try:
        with transaction.atomic():
            hold_place(place)
            source = models.Source(
                place=place,
                kind=kind,
                name=shown,
                batch=batch or uuid.uuid4(),
                digest=keyed("source", hashed.hex()),
                size=hashed.size,
                lawful_basis=lawful_basis,
                retention_days=retention_days,
                added_by=actor.id,
                added_at=now,
                file_id=stored.id,
            )
            before = _find_same(source)
            if before is None:
                source.save()
                source.job_id = enqueue("intake.read_source", source.pk)
                sources(source.pk).update(job_id=source.job_id)
            else:
                _keep_as_repeated(source, before)
            record(
                actor=actor.id,
                action="intake.add_source",
                target=f"intake.Source:{source.pk}",
                place=place,
                outcome="done" if before is None else "refused",
                kind=str(kind),
                size=source.size,
                basis=lawful_basis,
            )
    except BaseException:
        delete_file(file_id=stored.id, actor=actor.id, reason="not added")
        raise
    return source


def sources(source_id: int) -> ScopedQuerySet[models.Source]:
    return models.Source.objects.unscoped("this very source").filter(pk=source_id)


def _find_same(source: models.Source) -> models.Source | None:
    """The source of the same bytes that this place has read whole, or is going to.

    One with parts that could not be read is worth another try: a component may have come since.
    What is pasted or rung in without a date may be said again another day.
    """
    same = models.Source.objects.unscoped("one place's own sources").filter(
        place=source.place, digest=source.digest
    )
    if source.kind in (models.SourceKind.PASTE, models.SourceKind.PHONE):
        same = same.filter(added_at__gte=in_china(source.added_at).replace(hour=0, minute=0))
    for known in same.order_by("-pk"):
        if known.state in UNFINISHED or (
            known.state == models.SourceState.DONE and not known.skip_count
        ):
            return known
    return None


def _keep_as_repeated(source: models.Source, before: models.Source) -> None:
    day = in_china(before.added_at)
    source.state = models.SourceState.REPEATED
    source.finished_at = source.added_at
    source.error_code = "intake.given_before"
    source.error_params = {"day": f"{day.month}月{day.day}日", "number": before.pk}
    file_id, source.file_id = source.file_id, None
    source.save()
    if file_id:
        delete_file(file_id=file_id, actor="intake", reason="given before")


def refuse_source(
    *,
    actor: Actor,
    place: str,
    kind: models.SourceKind,
    name: str,
    size: int,
    error: UserError,
    batch: UUID | None = None,
) -> models.Source:
    """Note that something came and was not taken in, and why; nothing of it is kept."""
    actor.scope.check(Permission.INTAKE_ADD, place)
    now = clock.now()
    with transaction.atomic():
        source = models.Source.objects.create(
            place=place,
            kind=kind,
            name=redact(name)[:300],
            batch=batch or uuid.uuid4(),
            digest="",
            size=size,
            state=models.SourceState.REFUSED,
            lawful_basis=models.LawfulBasis.DUTY,
            retention_days=DEFAULT_RETENTION_DAYS,
            added_by=actor.id,
            added_at=now,
            finished_at=now,
            error_code=error.code,
            error_params={key: _plain(value) for key, value in error.params.items()},
        )
        record(
            actor=actor.id,
            action="intake.add_source",
            target=f"intake.Source:{source.pk}",
            place=place,
            outcome="refused",
            kind=str(kind),
            size=size,
        )
    return source


def cancel_source(*, actor: Actor, source_id: int) -> None:
    """Stop reading a source. What was read so far stays; the original is shredded."""
    source = access_source(actor, source_id, Permission.INTAKE_ADD)
    with transaction.atomic():
        if source.job_id:
            cancel(source.job_id)
        finish_source(source_id=source.pk, state=models.SourceState.CANCELLED, actor=actor.id)


def retry_source(*, actor: Actor, source_id: int) -> None:
    """Read a source again that failed, while its original is kept; nothing is added twice.

    Raises UserError intake.no_retry when it did not fail or its original is gone.
    """
    source = access_source(actor, source_id, Permission.INTAKE_ADD)
    with transaction.atomic():
        rows = sources(source.pk).filter(state=models.SourceState.FAILED, file_id__isnull=False)
        if not rows.update(
            state=models.SourceState.WAITING, error_code="", error_params={}, finished_at=None
        ):
            raise UserError("intake.no_retry")
        sources(source.pk).update(job_id=enqueue("intake.read_source", source.pk))
        record(
            actor=actor.id,
            action="intake.retry_source",
            target=f"intake.Source:{source.pk}",
            place=source.place,
        )


def finish_source(
    *,
    source_id: int,
    state: models.SourceState,
    actor: str = "job",
    error_code: str = "",
    error_params: Mapping[str, object] | None = None,
    skip_count: int | None = None,
) -> bool:
    """Count what the source gave, end it in that state, shred its original, tell upper rooms.

    Whoever comes first ends it: False when it was ended before. A source of which nothing could
    be read says why in its own words. FAILED keeps the original for another try.
    """
    with transaction.atomic():
        if not sources(source_id).filter(state__in=UNFINISHED).update(state=state):
            return False
        source = sources(source_id).get()
        sightings = models.Sighting.objects.filter(source=source)
        messages = sightings.values("message").distinct().count()
        if state == models.SourceState.DONE and not messages:
            first = source.skips.order_by("pk").first()
            if first is not None:
                state, error_code, error_params = (
                    models.SourceState.REFUSED, first.code, first.params
                )  # fmt: skip
        is_kept = state == models.SourceState.FAILED
        sources(source_id).update(
            state=state,
            error_code=error_code,
            error_params={name: _plain(value) for name, value in (error_params or {}).items()},
            finished_at=clock.now(),
            message_count=messages,
            ask_count=models.Ask.objects.unscoped("counts of one source")
            .filter(message__in=sightings.values("message"))
            .count(),
            skip_count=source.skips.count() if skip_count is None else skip_count,
            file_id=source.file_id if is_kept else None,
        )
        if source.file_id and not is_kept:
            delete_file(file_id=source.file_id, actor=actor, reason=str(state))
        record(
            actor=actor,
            action="intake.read_source",
            target=f"intake.Source:{source_id}",
            place=source.place,
            outcome=_OUTCOMES.get(state, "refused"),
            messages=messages,
        )
        publish(types.SourceRead(source=source_id, place=source.place))
    return True


_OUTCOMES = {models.SourceState.DONE: "done", models.SourceState.FAILED: "failed"}


def _plain(value: object) -> object:
    return value if isinstance(value, int | float | bool) or value is None else redact(str(value))


def mend_sources() -> int:
    """End sources whose job was given up, so that none says "reading" for ever; answers how many.

    The worker that held the last try may be dead, so this is nobody's job but the clock's.
    """
    count = 0
    waiting = models.Source.objects.unscoped("jobs of all places alike").filter(
        state__in=UNFINISHED
    )
    for pk, job_id in waiting.values_list("pk", "job_id"):
        job = find_job(job_id) if job_id else None
        if job is None or job.is_finished:
            count += finish_source(
                source_id=pk,
                state=models.SourceState.FAILED,
                error_code="intake.reading_failed",
                error_params={"days": ORIGINAL_DAYS},
            )
    # Originals whose time is over are shredded by files; then there is nothing to try again.
    long_ago = clock.now() - timedelta(days=ORIGINAL_DAYS)
    models.Source.objects.unscoped("jobs of all places alike").filter(
        state=models.SourceState.FAILED, file_id__isnull=False, added_at__lte=long_ago
    ).update(file_id=None)
    return count
