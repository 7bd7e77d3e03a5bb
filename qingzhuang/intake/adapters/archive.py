"""Archives: the files inside as blobs to be read in their turn; bombs and locked ones as skips.

.zip, .tar, .gz, .bz2, .xz by the standard library; .rar and .7z by the optional extra `archives`
(libarchive-c over the system's libarchive). Nothing is ever unpacked to a place it names itself.
"""

from __future__ import annotations

import bz2
import ctypes
import gzip
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import BinaryIO, cast

from qingzhuang.intake.adapters.members import BROKEN, Member, keep
from qingzhuang.intake.adapters.salvage import salvage_zip
from qingzhuang.intake.adapters.streams import (
    BOMB_FLOOR,
    BOMB_RATIO,
    MEMBER_LIMIT,
    TOTAL_LIMIT,
    ZIP_MAGIC,
    Guard,
    base_name,
    seekable,
    shown_name,
)
from qingzhuang.intake.types import Blob, Message, Reader, Skip
from qingzhuang.kit.pure.errors import UserError

_RAR, _SEVEN = b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c"
_GZIP, _BZIP, _XZ = b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00"
_EMPTY_ZIPS = (b"PK\x05\x06", b"PK\x07\x08PK")
_ENCRYPTED, _UTF8 = 0x1, 0x800
_UNICODE_PATH = 0x7075  # extra field of Info-ZIP: the name in UTF-8

Found = Message | Skip | Blob


class ArchiveReader:
    name = "archive"

    def rate(self, blob: Blob, head: bytes) -> int:
        if head.startswith((_RAR, _SEVEN, _XZ, *_EMPTY_ZIPS)) or head[257:262] == b"ustar":
            return 3
        if head.startswith(_BZIP):
            return 3 if head[4:10] == b"1AY&SY" else 0
        # Office files are zips, too: their readers know them by a mark and rate higher.
        return 2 if head.startswith((ZIP_MAGIC, _GZIP)) else 0

    def read(self, blob: Blob) -> Iterator[Found]:
        name = base_name(blob.path)
        guard = getattr(blob, "guard", None) or Guard(path=blob.path, packed=blob.size)
        with seekable(blob) as stream:
            head = stream.read(512)
            stream.seek(0)
            if head.startswith((ZIP_MAGIC, *_EMPTY_ZIPS)):
                yield from _read_zip(blob, stream, guard)
            elif head.startswith((_RAR, _SEVEN)):
                yield from _read_foreign(blob, stream, guard)
            elif head.startswith((_GZIP, _BZIP, _XZ)):
                yield from _read_packed(blob, stream, head, guard)
            elif head[257:262] == b"ustar":
                yield from _read_tar(blob, stream, guard)
            else:
                raise UserError("intake.archive_damaged", name=name)


def _skip(blob: Blob, place: str, code: str, **params: object) -> Skip:
    name = base_name(blob.path) if place in ("全部", "末尾") else place
    return Skip(path=blob.path, locator=place, code=code, params={"name": name, **params})


def _is_litter(name: str) -> bool:
    """What systems leave in archives by themselves; nobody wrote it and nobody misses it."""
    last = name.rsplit("/", 1)[-1]
    return (
        name.startswith("__MACOSX/")
        or "/__MACOSX/" in name
        or last in (".DS_Store", "Thumbs.db", "desktop.ini")
        or last.startswith("._")
    )


def _damaged(blob: Blob, members: list[tuple[str, Member]]) -> Iterator[Skip]:
    for name, member in members:
        if member.damage.found:
            yield _skip(blob, name, "intake.archive_member_damaged")


# ---- zip -----------------------------------------------------------------------------------------


def _read_zip(blob: Blob, stream: BinaryIO, guard: Guard) -> Iterator[Found]:
    try:
        archive = zipfile.ZipFile(stream)
    except BROKEN as error:
        found = False
        for item in _read_cut_zip(blob, stream, guard):
            found = True
            yield item
        if not found:
            raise UserError("intake.archive_damaged", name=base_name(blob.path)) from error
        return
    with archive:
        infos = [i for i in archive.infolist() if not i.is_dir()]
        names = set(archive.namelist())
        if "[Content_Types].xml" in names or {"mimetype", "content.xml"} <= names:
            # A slide show, a drawing or an ODF text: its parts would be noise.
            yield _skip(blob, "全部", "intake.office_kind_not_read")
            return
        members: list[tuple[str, Member]] = []
        for info in infos:
            name = shown_name(_zip_name(info))
            if _is_litter(name):
                continue
            if info.flag_bits & _ENCRYPTED:
                yield _skip(blob, name, "intake.archive_encrypted")
                continue
            packed = min(info.compress_size, blob.size)  # what it says cannot exceed the file
            refused = guard.refuse(name, size=info.file_size, packed=packed)
            if refused:
                yield Skip(path=blob.path, locator=name, code=refused.code, params=refused.params)
                continue
            member = Member(
                path=f"{blob.path}!/{name}",
                size=info.file_size,
                guard=guard,
                opener=partial(archive.open, info),
            )
            members.append((name, member))
            yield member
        yield from _damaged(blob, members)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name as its packer meant it: flagged UTF-8, the Unicode extra, bare UTF-8 or GBK."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    return _unicode_extra(info.extra) or _decode_name(raw)


def _decode_name(raw: bytes) -> str:
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp437")


def _unicode_extra(extra: bytes) -> str | None:
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind == _UNICODE_PATH and size > 5:
            return extra[position + 9 : position + 4 + size].decode("utf-8", "replace")
        position += 4 + size
    return None


def _read_cut_zip(blob: Blob, stream: BinaryIO, guard: Guard) -> Iterator[Found]:
    """A zip without its end: the members before the break, and that there may be more."""
    last = "末尾"
    found = False
    for piece in salvage_zip(stream):
        raw = piece.raw_name
        name = shown_name(
            raw.decode("utf-8", "replace") if piece.flags & _UTF8 else _decode_name(raw)
        )
        if raw.endswith(b"/") or _is_litter(name):
            continue
        found = True
        with piece.data:
            kept, whole = keep(
                piece.data,
                path=f"{blob.path}!/{name}",
                guard=guard,
                limit=min(MEMBER_LIMIT, TOTAL_LIMIT - guard.total),
            )
        guard.total += kept.size
        if kept.size:
            yield kept
        if not (whole and piece.whole):
            last = name
    if found:
        yield _skip(blob, last, "intake.archive_cut_off")


# ---- tar, gz, bz2, xz ------------------------------------------------------------------------------


def _read_tar(blob: Blob, stream: BinaryIO, guard: Guard) -> Iterator[Found]:
    try:
        archive = tarfile.TarFile(fileobj=stream, encoding="utf-8", errors="surrogateescape")
    except (tarfile.TarError, *BROKEN) as error:
        raise UserError("intake.archive_damaged", name=base_name(blob.path)) from error
    members: list[tuple[str, Member]] = []
    with archive:
        while True:
            try:
                info = archive.next()
            except (tarfile.TarError, *BROKEN):
                yield _skip(blob, "末尾", "intake.archive_cut_off")
                break
            if info is None:
                break
            raw = info.name.encode("utf-8", "surrogateescape")
            name = shown_name(_decode_name(raw))
            if not info.isfile() or _is_litter(name):
                continue  # links and devices hold nothing to read
            refused = guard.refuse(name, size=info.size, packed=info.size)
            if refused:
                yield Skip(path=blob.path, locator=name, code=refused.code, params=refused.params)
                continue
            member = Member(
                path=f"{blob.path}!/{name}",
                size=info.size,
                guard=guard,
                opener=partial(_open_in_tar, archive, info),
            )
            members.append((name, member))
            yield member
        yield from _damaged(blob, members)


def _open_in_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    file = archive.extractfile(info)
    if file is None:
        raise OSError(f"not a file: {info.name}")
    return cast(BinaryIO, file)


def _read_packed(blob: Blob, stream: BinaryIO, head: bytes, guard: Guard) -> Iterator[Found]:
    """One packed file; it may be a tar. Unpacked once, because going back in it is slow."""
    name = base_name(blob.path)
    stem, _, ending = name.rpartition(".")
    inside = stem if ending.lower() in ("gz", "bz2", "xz", "tgz", "tbz", "txz") and stem else name
    opened: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile
    if head.startswith(_GZIP):
        opened = gzip.GzipFile(fileobj=stream)
    elif head.startswith(_BZIP):
        opened = bz2.BZ2File(stream)
    else:
        opened = lzma.LZMAFile(stream)  # noqa: SIM115 - closed below
    limit = min(MEMBER_LIMIT, TOTAL_LIMIT - guard.total, max(BOMB_FLOOR, BOMB_RATIO * blob.size))
    with opened:
        kept, whole = keep(
            _Careful(opened), path=f"{blob.path}!/{inside}", guard=guard, limit=limit
        )
    if not whole and kept.size + (1 << 18) > limit:
        if limit >= BOMB_RATIO * blob.size:
            yield _skip(blob, "全部", "intake.archive_bomb", ratio=BOMB_RATIO)
        else:
            size = MEMBER_LIMIT >> 30
            yield _skip(blob, "全部", "intake.archive_member_too_big", limit=size)
        return
    if not kept.size:
        raise UserError("intake.archive_damaged", name=name)
    with kept.open() as inner:
        is_tar = inner.read(262)[257:] == b"ustar"
        if is_tar:
            inner.seek(0)
            yield from _read_tar(blob, inner, guard)
        else:
            guard.total += kept.size
            yield kept
    if not whole:
        yield _skip(blob, "末尾", "intake.archive_cut_off")


class _Careful:
    """Packers' own errors as OSError, so that what came before them is kept."""

    def __init__(self, inner: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile) -> None:
        self._inner = inner

    def read(self, size: int, /) -> bytes:
        try:
            # All that is unpacked so far; `read` would drop it when the next bytes are missing.
            return self._inner.read1(size)
        except lzma.LZMAError as error:
            raise OSError(str(error)) from error


# ---- rar, 7z -------------------------------------------------------------------------------------


def _read_foreign(blob: Blob, stream: BinaryIO, guard: Guard) -> Iterator[Found]:
    try:
        import libarchive
    except (ImportError, OSError, AttributeError, TypeError):  # without the system's library, too
        yield _skip(blob, "全部", "intake.archive_needs_extra")
        return
    error_kind = libarchive.exception.ArchiveError
    # Not wrapped by libarchive-c; without its types a pointer would be cut to 32 bits.
    is_encrypted = libarchive.ffi.libarchive.archive_entry_is_encrypted
    is_encrypted.argtypes, is_encrypted.restype = [ctypes.c_void_p], ctypes.c_int
    found = False
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(libarchive.stream_reader(stream))
            entries = iter(archive)
        except error_kind as error:
            yield _foreign_error(blob, str(error), "全部")
            return
        while True:
            try:
                entry = next(entries, None)
            except error_kind as error:
                yield _foreign_error(blob, str(error), "末尾" if found else "全部")
                return
            if entry is None:
                return
            name = shown_name(str(entry.pathname or ""))
            if not entry.isfile or _is_litter(name):
                continue
            found = True
            if is_encrypted(entry._entry_p):
                yield _skip(blob, name, "intake.archive_encrypted")
                continue
            blocks = _Blocks(entry.get_blocks(), error_kind)
            # Both formats pack files together: the ratio is that of the whole archive.
            ceiling = max(BOMB_FLOOR, BOMB_RATIO * blob.size)
            limit = min(MEMBER_LIMIT, TOTAL_LIMIT - guard.total, ceiling)
            kept, whole = keep(blocks, path=f"{blob.path}!/{name}", guard=guard, limit=limit)
            guard.total += kept.size
            if blocks.error is not None:
                yield _foreign_error(blob, blocks.error, name)
            elif not whole:
                ratio = limit // max(blob.size, 1)
                yield _skip(blob, name, "intake.archive_bomb", ratio=ratio)
                return  # what follows is packed into the same stream
            if kept.size or not blocks.error:
                yield kept


def _is_locked(words: str) -> bool:
    return any(w in words.lower() for w in ("encrypt", "passphrase", "password", "crypto"))


def _foreign_error(blob: Blob, words: str, place: str) -> Skip:
    if _is_locked(words):
        return _skip(blob, place, "intake.archive_encrypted")
    # Its words tell no more than that: volumes, old versions and solid RAR end alike.
    return _skip(blob, place, "intake.archive_not_unpacked")


class _Blocks:
    """libarchive's blocks as a file; its error ends it and is kept for the report."""

    def __init__(self, blocks: Iterator[bytes], error_kind: type[Exception]) -> None:
        self._blocks, self._error_kind = blocks, error_kind
        self.error: str | None = None

    def read(self, size: int, /) -> bytes:
        try:
            return next(self._blocks, b"")
        except self._error_kind as error:
            self.error = str(error)
            return b""


READERS: tuple[Reader, ...] = (ArchiveReader(),)
