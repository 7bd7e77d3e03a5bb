"""Keeping a file and shredding it."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID

from django.db import transaction

from qingzhuang.files.models import StoredFile
from qingzhuang.files.queries import CIPHER, folder, list_expired_ids, master_key, path_of
from qingzhuang.kit import clock
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.trail.actions import record

ORPHAN_HOURS = 24


def store_file(
    *,
    stream: BinaryIO,
    name: str,
    purpose: str,
    place: str,
    expires_at: datetime,
    actor: str,
    lawful_basis: str = "",
    media_type: str = "application/octet-stream",
    max_bytes: int | None = None,
) -> StoredFile:
    """Keep what `stream` gives, sealed, until `expires_at`; row and bytes both or neither.

    `purpose` is why it is kept ("intake.original"), `place` the path of the unit that owns it.
    The stream is read from where it stands, once, in frames of 1 MiB. Part of the caller's
    transaction: rolled back, the bytes are an orphan that the daily sweep removes. A large file
    inside a long transaction keeps other writers of SQLite waiting: store it first, then open
    yours. Leaves a trail entry. Raises UserError("files.too_large") beyond `max_bytes`, and nothing is kept.
    """
    file_id = uuid.uuid4()
    key = CIPHER.make_key()
    master = master_key()
    source = _Counted(stream, master, max_bytes)
    path = path_of(file_id)
    for parent in (folder(), path.parent, folder() / "tmp"):
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder() / "tmp" / file_id.hex
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as target:
            size = CIPHER.write(cast("BinaryIO", source), target, key=key, file_id=file_id)
            target.flush()
            os.fsync(target.fileno())
        # In place before the row: a crash between leaves an orphan, never a row without bytes.
        draft.rename(path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)
    try:
        with transaction.atomic():
            row = StoredFile.objects.create(
                id=file_id,
                digest=source.hex(),
                size=size,
                media_type=media_type,
                sealed_name=CIPHER.wrap(
                    name.encode("utf-8", "surrogatepass"), master=master, file_id=file_id
                ),
                cipher=CIPHER.name,
                sealed_key=CIPHER.wrap(key, master=master, file_id=file_id),
                purpose=purpose,
                place=place,
                lawful_basis=lawful_basis,
                stored_at=clock.now(),
                expires_at=expires_at,
            )
            record(
                actor=actor,
                action="files.store_file",
                target=f"files.StoredFile:{file_id}",
                place=place,
                purpose=purpose,
                size=size,
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return row


def delete_file(*, file_id: UUID, actor: str, reason: str) -> bool:
    """Shred a file now: its key, name and digest are wiped, its bytes removed after commit.

    Without its key no copy of the bytes can be read, wherever the disk or a backup of the folder
    keeps one; a database backup taken earlier still holds the wrapped key until it is rotated
    out. False when it was shredded before. Leaves a trail entry.
    """
    with transaction.atomic():
        row = StoredFile.objects.filter(pk=file_id, shredded_at=None)
        place = row.values_list("place", flat=True).first()
        wiped = row.update(sealed_key=b"", sealed_name=b"", digest="", shredded_at=clock.now())
        if not wiped:
            return False
        record(
            actor=actor,
            action="files.delete_file",
            target=f"files.StoredFile:{file_id}",
            place=place or "",
            reason=reason,
        )
        transaction.on_commit(lambda: path_of(file_id).unlink(missing_ok=True))
    return True


def shred_expired(*, actor: str = "system") -> int:
    """Shred every file past its time; answers how many."""
    count = 0
    while ids := list_expired_ids():
        for file_id in ids:
            count += delete_file(file_id=file_id, actor=actor, reason="expired")
    return count


def sweep_orphans() -> int:
    """Remove bytes that no living row knows and that are a day old; answers how many.

    They are what a rolled-back transaction or a crash left. The day's grace is for transactions
    that are still open.
    """
    count = 0
    for batch in _batches(_old_files()):
        ids = {UUID(path.name): path for path in batch if path.parent.name != "tmp"}
        alive = StoredFile.objects.filter(pk__in=ids, shredded_at=None)
        kept = {ids[file_id] for file_id in alive.values_list("pk", flat=True)}
        for path in batch:
            if path not in kept:
                path.unlink(missing_ok=True)
                count += 1
    return count


def _old_files() -> Iterator[Path]:
    before = time.time() - ORPHAN_HOURS * 3600  # the file system's own clock
    for path in folder().glob("*/*"):
        try:
            is_name = len(path.name) == 32 and bool(UUID(path.name))
            if is_name and path.stat().st_mtime < before:
                yield path
        except (ValueError, FileNotFoundError):
            continue  # not ours, or gone meanwhile


def _batches(paths: Iterator[Path], size: int = 500) -> Iterator[list[Path]]:
    batch: list[Path] = []
    for path in paths:
        batch.append(path)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Counted:
    """A stream that takes its own digest on the way and stops when it grows too large."""

    def __init__(self, stream: BinaryIO, master: bytes, max_bytes: int | None) -> None:
        self._stream, self._max, self._size = stream, max_bytes, 0
        # Derived from the master key, so that the digests alone tell nothing of the contents.
        key = hmac.digest(master, b"files-digest", "sha256")
        self._digest = hmac.new(key, digestmod=hashlib.sha256)

    def read(self, size: int = -1) -> bytes:
        part = self._stream.read(size)
        self._size += len(part)
        if self._max is not None and self._size > self._max:
            raise UserError("files.too_large", limit_mb=self._max // 2**20)
        self._digest.update(part)
        return part

    def hex(self) -> str:
        return self._digest.hexdigest()
