"""Reading kept files. Rights are the owner's to check: a file is reached through what it hangs on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.conf import settings

from qingzhuang.files.adapters.aes_gcm import AesGcm
from qingzhuang.files.models import StoredFile
from qingzhuang.files.types import DamagedFile, FileCipher, KeptFile
from qingzhuang.kit import clock
from qingzhuang.kit.keys import key_at
from qingzhuang.kit.pure.errors import UserError

CIPHER: FileCipher = AesGcm()  # what new files are sealed with
_CIPHERS: dict[str, FileCipher] = {CIPHER.name: CIPHER}


def open_file(file_id: UUID | str) -> BinaryIO:
    """The file's bytes as a stream that can be sought and read again; close it.

    Every frame is proved before a byte of it is given. Raises UserError: files.not_found,
    files.expired, files.damaged (also while reading).
    """
    row = _get_row(file_id)
    if row.shredded_at is not None or row.expires_at <= clock.now():
        raise UserError("files.expired")
    cipher = _CIPHERS[row.cipher]
    try:
        source = path_of(row.id).open("rb")
    except FileNotFoundError:
        raise DamagedFile("missing") from None
    try:
        if path_of(row.id).stat().st_size != cipher.sealed_size(row.size):
            raise DamagedFile("size")
        key = cipher.unwrap(bytes(row.sealed_key), master=master_key(), file_id=row.id)
        return cipher.open(source, key=key, file_id=row.id, size=row.size)
    except DamagedFile:
        source.close()
        raise


def get_file(file_id: UUID | str) -> KeptFile:
    """What is known of a file, shredded ones too (their name empty). Raises files.not_found."""
    row = _get_row(file_id)
    name = b""
    if row.sealed_name:
        name = _CIPHERS[row.cipher].unwrap(
            bytes(row.sealed_name), master=master_key(), file_id=row.id
        )
    return KeptFile(
        id=row.id,
        name=name.decode("utf-8", "surrogatepass"),
        size=row.size,
        media_type=row.media_type,
        purpose=row.purpose,
        place=row.place,
        lawful_basis=row.lawful_basis,
        stored_at=row.stored_at,
        expires_at=row.expires_at,
        shredded_at=row.shredded_at,
    )


def list_expired_ids(limit: int = 500) -> list[UUID]:
    """Files past their time that are not yet shredded, oldest first."""
    due = StoredFile.objects.filter(shredded_at=None, expires_at__lte=clock.now())
    return list(due.order_by("expires_at").values_list("id", flat=True)[:limit])


def list_overdue() -> Iterator[UUID]:
    """Files that should have been shredded two days ago."""
    long_ago = clock.now() - timedelta(days=2)
    due = StoredFile.objects.filter(shredded_at=None, expires_at__lte=long_ago)
    yield from due.values_list("id", flat=True).iterator()


def list_missing_originals() -> Iterator[UUID]:
    """Files whose bytes are not on the disk or not as many as they should be."""
    kept = StoredFile.objects.filter(shredded_at=None).values_list("id", "size", "cipher")
    for file_id, size, cipher in kept.iterator():
        try:
            present = path_of(file_id).stat().st_size
        except FileNotFoundError:
            present = -1
        if present != _CIPHERS[cipher].sealed_size(size):
            yield file_id


def list_unreadable_keys(newest: int = 50) -> Iterator[UUID]:
    """Of the newest files, those whose key the master key does not open: it is not theirs."""
    kept = StoredFile.objects.filter(shredded_at=None).order_by("-stored_at")
    for row in kept[:newest]:
        try:
            _CIPHERS[row.cipher].unwrap(bytes(row.sealed_key), master=master_key(), file_id=row.id)
        except DamagedFile:
            yield row.id


def folder() -> Path:
    return Path(settings.QZ_HOME) / "files"


def path_of(file_id: UUID) -> Path:
    return folder() / file_id.hex[:2] / file_id.hex


def master_key() -> bytes:
    """The key that wraps the keys of all files. Lost, no file can be read again: back it up."""
    return key_at(Path(settings.QZ_HOME) / "files.key")


def _get_row(file_id: UUID | str) -> StoredFile:
    try:
        number = file_id if isinstance(file_id, UUID) else UUID(file_id)
        return StoredFile.objects.get(pk=number)
    except (ValueError, StoredFile.DoesNotExist):
        raise UserError("files.not_found") from None
