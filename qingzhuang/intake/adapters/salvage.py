"""Reading what is left of a zip file whose end (the directory of members) is missing.

A broken download or a full USB stick cuts a zip at its end; the members before the cut are whole.
Layout: PKWARE APPNOTE 6.3, 4.3.7 (local file header) and 4.3.9 (data descriptor).
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

from qingzhuang.intake.adapters.streams import BOMB_FLOOR, BOMB_RATIO, IN_MEMORY, MEMBER_LIMIT

_HEADER = struct.Struct("<4s5H3I2H")
_CHUNK = 1 << 16
_ENCRYPTED, _DESCRIPTOR, _UTF8 = 0x1, 0x8, 0x800


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """A member found by its local header; `whole` is False when the file breaks off inside."""

    raw_name: bytes
    flags: int
    data: BinaryIO
    whole: bool


def salvage_zip(stream: BinaryIO) -> Iterator[Salvaged]:
    """The members from the start of a broken zip, in order, as far as they can be followed."""
    stream.seek(0)
    while True:
        header = stream.read(_HEADER.size)
        if len(header) < _HEADER.size or not header.startswith(b"PK\x03\x04"):
            return
        fields = _HEADER.unpack(header)
        flags, method, packed = fields[2], fields[3], fields[7]
        name = stream.read(fields[9])
        stream.seek(fields[10], 1)
        if flags & _ENCRYPTED or (method == 0 and flags & _DESCRIPTOR) or method not in (0, 8):
            return  # its end cannot be known without the directory
        spool = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115 - the taker closes it
        whole = _copy(stream, spool, packed) if method == 0 else _inflate(stream, spool)
        if whole and flags & _DESCRIPTOR:
            _skip_descriptor(stream)
        spool.seek(0)
        yield Salvaged(raw_name=name, flags=flags, data=spool, whole=whole)
        if not whole:
            return


def _copy(stream: BinaryIO, out: BinaryIO, size: int) -> bool:
    left = min(size, MEMBER_LIMIT)
    while left:
        chunk = stream.read(min(_CHUNK, left))
        if not chunk:
            return False
        out.write(chunk)
        left -= len(chunk)
    return size <= MEMBER_LIMIT


def _inflate(stream: BinaryIO, out: BinaryIO) -> bool:
    inflater = zlib.decompressobj(-15)
    packed = unpacked = 0
    while not inflater.eof:
        chunk = inflater.unconsumed_tail or stream.read(_CHUNK)
        if not chunk:
            return False
        packed += len(chunk) - len(inflater.unconsumed_tail)
        try:
            data = inflater.decompress(chunk, _CHUNK)
        except zlib.error:
            return False
        unpacked += len(data)
        if unpacked > MEMBER_LIMIT or unpacked > max(BOMB_FLOOR, BOMB_RATIO * packed):
            return False
        out.write(data)
    stream.seek(-len(inflater.unused_data), 1)
    return True


def _skip_descriptor(stream: BinaryIO) -> None:
    """Past CRC and sizes, with or without signature, in 32 or 64 bits: up to the next header."""
    here = stream.tell()
    following = stream.read(24 + 4)
    for length in (16, 12, 24, 20):
        if following[length : length + 4] in (b"PK\x03\x04", b"PK\x01\x02"):
            stream.seek(here + length)
            return
    stream.seek(here + 16)
