"""Values of kept files, and the one seam where another cipher (SM4) can be put."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol
from uuid import UUID

from qingzhuang.kit.pure.errors import UserError


class DamagedFile(UserError):  # noqa: N818 - named as the thing people meet
    """What lies on the disk is not what was written: cut short, changed, or under another key.

    `part` says where, for the record; people read files.damaged.
    """

    def __init__(self, part: str) -> None:
        super().__init__("files.damaged", part=part)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """What may be told of a kept file. `size` in bytes; `shredded_at` once it is gone."""

    id: UUID
    name: str
    size: int
    media_type: str
    purpose: str
    place: str
    lawful_basis: str
    stored_at: datetime
    expires_at: datetime
    shredded_at: datetime | None


class FileCipher(Protocol):
    """How files are sealed. `name` is kept with each file, so that ciphers can stand together."""

    name: str

    def make_key(self) -> bytes:
        """A fresh key for one file."""
        ...

    def wrap(self, data: bytes, *, master: bytes, file_id: UUID) -> bytes:
        """Seal few bytes (a file's key, its name) under the master key, bound to the file."""
        ...

    def unwrap(self, data: bytes, *, master: bytes, file_id: UUID) -> bytes:
        """What was wrapped. Raises DamagedFile."""
        ...

    def sealed_size(self, size: int) -> int:
        """How many bytes lie on the disk for a file of this size."""
        ...

    def write(self, source: BinaryIO, target: BinaryIO, *, key: bytes, file_id: UUID) -> int:
        """Seal a stream into another; answers the size read. Memory does not grow with it."""
        ...

    def open(self, source: BinaryIO, *, key: bytes, file_id: UUID, size: int) -> BinaryIO:
        """A readable, seekable stream of what was sealed; reading raises DamagedFile."""
        ...
