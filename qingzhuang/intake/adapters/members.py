"""Files inside an archive as blobs: unpacked on the way, never past their limits, never raising."""

from __future__ import annotations

import io
import os
import tarfile
import tempfile
import weakref
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO, Protocol, cast

from qingzhuang.intake.adapters.streams import IN_MEMORY, Guard


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


# What unpacking broken or foreign data raises, in all packers of the standard library.
BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(slots=True, kw_only=True)
class Damage:
    """Set when a member turned out to be broken while somebody read it."""

    found: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file that is unpacked anew each time it is opened; broken data ends it early."""

    path: str
    size: int
    guard: Guard
    opener: Callable[[], IO[bytes]]
    damage: Damage = field(default_factory=Damage)
    seeks_slowly: bool = True

    def open(self) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Unpacking(self), 1 << 16))


class _Unpacking(io.RawIOBase):
    """The member's bytes; going back starts over."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._at = 0
        self._inner: IO[bytes] | None = None
        self._start()

    def _start(self) -> None:
        self._at = 0
        if self._inner is not None:
            self._inner.close()
        try:
            self._inner = self._member.opener()
        except BROKEN:
            self._inner = None
            self._member.damage.found = True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        if self._inner is None:
            return 0
        try:
            data = self._inner.read(len(buffer))
        except BROKEN:
            self._member.damage.found = True
            return 0
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        target = offset + (0, self._at, self._member.size)[whence]
        if target < self._at:
            self._start()
        while self._at < target:
            if not self.read(min(target - self._at, 1 << 20)):
                break
        return self._at

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()
            self._inner = None
        super().close()


class Kept:
    """A file unpacked once, kept in memory when small, else in a file that goes with this object."""

    def __init__(self, path: str, guard: Guard, data: bytes | None, file: str | None, size: int):
        self.path, self.guard, self.size = path, guard, size
        self._data, self._file = data, file
        if file is not None:
            weakref.finalize(self, _remove, file)

    def open(self) -> BinaryIO:
        return io.BytesIO(self._data) if self._file is None else open(self._file, "rb")  # type: ignore[arg-type]


def _remove(file: str) -> None:
    # Already gone, or still open on a system that forbids it: the temp folder's matter.
    with suppress(OSError):
        os.unlink(file)


def keep(source: Source, *, path: str, guard: Guard, limit: int) -> tuple[Kept, bool]:
    """Unpack at most `limit` bytes; the second value tells whether that was all, undamaged."""
    chunks: list[bytes] = []
    size, whole = 0, True
    file: str | None = None
    out: BinaryIO | None = None
    try:
        while True:
            try:
                chunk = source.read(1 << 18)
            except BROKEN:
                whole = False
                break
            if not chunk:
                break
            if size + len(chunk) > limit:
                whole = False
                break
            size += len(chunk)
            if out is None and size > IN_MEMORY:
                handle, file = tempfile.mkstemp(prefix="qingzhuang-")
                out = os.fdopen(handle, "wb")
                for earlier in chunks:
                    out.write(earlier)
                chunks.clear()
            if out is None:
                chunks.append(chunk)
            else:
                out.write(chunk)
    finally:
        if out is not None:
            out.close()
    return Kept(path, guard, None if file else b"".join(chunks), file, size), whole
