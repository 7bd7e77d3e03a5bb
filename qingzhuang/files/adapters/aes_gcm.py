"""AES-256-GCM in frames of 1 MiB, so that a file of any size is sealed and read as a stream.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the nonce of frame n is
7 random bytes of the file, n as 4 bytes, and 1 in the last frame, 0 before. So frames cannot be
swapped, left out or doubled, and a file cut at a frame's border is found, since its last frame
does not open as a last one. The file's id is authenticated with each frame: two files cannot
change places.

On the disk: b"QZF1", 7 bytes of nonce, then the frames, each with its 16-byte tag. An empty file
is one empty last frame.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO, cast
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from qingzhuang.files.types import DamagedFile

FRAME = 1 << 20
TAG = 16
MAGIC = b"QZF1"
PREFIX = 7
HEADER = len(MAGIC) + PREFIX


class AesGcm:
    """The cipher of `files`: see FileCipher for what each method promises."""

    name = "aes-256-gcm"

    def make_key(self) -> bytes:
        return AESGCM.generate_key(bit_length=256)

    def wrap(self, data: bytes, *, master: bytes, file_id: UUID) -> bytes:
        nonce = os.urandom(12)
        return nonce + AESGCM(master).encrypt(nonce, data, file_id.bytes)

    def unwrap(self, data: bytes, *, master: bytes, file_id: UUID) -> bytes:
        try:
            return AESGCM(master).decrypt(data[:12], data[12:], file_id.bytes)
        except (InvalidTag, ValueError) as error:
            raise DamagedFile("wrapped key") from error

    def sealed_size(self, size: int) -> int:
        frames = max(-(-size // FRAME), 1)
        return HEADER + size + frames * TAG

    def write(self, source: BinaryIO, target: BinaryIO, *, key: bytes, file_id: UUID) -> int:
        aead, prefix = AESGCM(key), os.urandom(PREFIX)
        target.write(MAGIC + prefix)
        size = number = 0
        frame = _read_frame(source)
        while True:
            following = _read_frame(source) if len(frame) == FRAME else b""
            is_last = not following
            target.write(aead.encrypt(_nonce(prefix, number, is_last), frame, file_id.bytes))
            size += len(frame)
            if is_last:
                return size
            frame, number = following, number + 1

    def open(self, source: BinaryIO, *, key: bytes, file_id: UUID, size: int) -> BinaryIO:
        frames = _Frames(source, key, file_id, size)
        return cast("BinaryIO", io.BufferedReader(frames, buffer_size=64 * 1024))


class _Frames(io.RawIOBase):
    """The plain bytes of a sealed file, one frame open at a time."""

    def __init__(self, source: BinaryIO, key: bytes, file_id: UUID, size: int) -> None:
        self._source, self._aead, self._file_id, self._size = source, AESGCM(key), file_id, size
        header = source.read(HEADER)
        if len(header) != HEADER or not header.startswith(MAGIC):
            raise DamagedFile("header")
        self._prefix = header[len(MAGIC) :]
        self._last = max(-(-size // FRAME), 1) - 1
        self._at = 0
        self._number = -1
        self._frame = b""
        if size == 0:
            self._open_frame(0)  # reading nothing would prove nothing

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("seek before the start")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        number, offset = divmod(self._at, FRAME)
        if number != self._number:
            self._open_frame(number)
        part = self._frame[offset : offset + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def close(self) -> None:
        if not self.closed:
            self._source.close()
        super().close()

    def _open_frame(self, number: int) -> None:
        self._source.seek(HEADER + number * (FRAME + TAG))
        is_last = number == self._last
        wanted = (self._size - number * FRAME if is_last else FRAME) + TAG
        sealed = self._source.read(wanted)
        try:
            self._frame = self._aead.decrypt(
                _nonce(self._prefix, number, is_last), sealed, self._file_id.bytes
            )
        except (InvalidTag, ValueError) as error:
            raise DamagedFile(f"frame {number}") from error
        self._number = number


def _nonce(prefix: bytes, number: int, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([is_last])  # 4 PiB a file


def _read_frame(source: BinaryIO) -> bytes:
    """FRAME bytes, or fewer at the end only: sockets and zip members give short reads."""
    parts, missing = [], FRAME
    while missing:
        part = source.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
