"""A stream that tells how far it has been read."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import IO, Any, BinaryIO, cast

_BUFFER = 1 << 17


def metered(stream: IO[bytes], reached: Callable[[int], None]) -> BinaryIO:
    """The same bytes, buffered; `reached` is told the place (bytes) after each piece of some 128 KiB.

    What `reached` raises comes out of the read. Closing it closes `stream`.
    """
    return cast(BinaryIO, io.BufferedReader(_Metered(stream, reached), _BUFFER))


class _Metered(io.RawIOBase):
    def __init__(self, stream: IO[bytes], reached: Callable[[int], None]) -> None:
        self._stream = stream
        self._reached = reached
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = self._stream.seek(offset, whence)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        self._reached(self._place)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
