"""What the document readers ask of a blob before they trust it: its kind inside, its true size."""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Literal, cast

from qingzhuang.intake.types import Blob, Skip

MEMBER_LIMIT = 1 << 30  # bytes that one member of an archive may unpack to
TOTAL_LIMIT = 2 << 30  # bytes that one archive may unpack to
BOMB_RATIO = 200  # unpacked : packed; text packs 20 to 1 at best, logs 60 to 1
BOMB_FLOOR = 50 << 20  # below this many unpacked bytes a high ratio harms nobody
IN_MEMORY = 4 << 20  # a member up to this size is kept in memory, a larger one in a file

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
ZIP_MAGIC = b"PK\x03\x04"

OleKind = Literal["word", "sheet", "encrypted", "other"]

# Control and direction marks can make "群.txt" out of "exe.群\u202etxt": not shown.
_UNSHOWN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
_DRIVE = re.compile(r"^[A-Za-z]:")


@contextmanager
def seekable(blob: Blob) -> Iterator[BinaryIO]:
    """The blob's bytes as a stream that seeks fast; a member of an archive is unpacked for it."""
    with blob.open() as stream:
        if not getattr(blob, "seeks_slowly", False) and stream.seekable():
            yield stream
            return
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
            shutil.copyfileobj(stream, spool, 1 << 20)
            spool.seek(0)
            yield cast(BinaryIO, spool)


def extension(blob: Blob) -> str:
    """'docx' for "a.zip!/通知.DOCX"; '' when the name has none."""
    name = blob.path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def told_too_long(blob: Blob, limit: int) -> Iterator[Skip]:
    """At most one Skip: that the file goes on after `limit` bytes, which were all that was read."""
    if blob.size > limit:
        place = f"{limit >> 20} MB 以后"
        yield Skip(
            path=blob.path,
            locator=place,
            code="intake.document_too_long",
            params={"name": base_name(blob.path), "place": place},
        )


def base_name(path: str) -> str:
    return re.split(r"[/\\]", path)[-1]


def shown_name(name: str) -> str:
    """A member's name as it may be shown: no way up, no drive, no root, no hidden marks."""
    visible = "".join(c for c in name if unicodedata.category(c) not in _UNSHOWN)
    parts = [p.strip() for p in _DRIVE.sub("", visible.replace("\\", "/")).split("/")]
    return "/".join(p for p in parts if p not in ("", ".", "..")) or "无名文件"


def zip_names(blob: Blob) -> frozenset[str]:
    """The names in a zip file; empty when it is none or broken. Never raises."""
    try:
        with seekable(blob) as stream, zipfile.ZipFile(stream) as archive:
            return frozenset(archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return frozenset()


def is_package(blob: Blob, head: bytes, mark: str) -> bool:
    """Whether the blob is a zip whose members' names start with `mark` ('word/document')."""
    if not head.startswith(ZIP_MAGIC):
        return False
    if mark.encode() in head:
        # The mark may also stand inside a nested archive; the directory decides.
        names = zip_names(blob)
        return not names or any(n.startswith(mark) for n in names)
    return any(n.startswith(mark) for n in zip_names(blob))


def ole_kind(blob: Blob, head: bytes) -> OleKind | None:
    """What an OLE compound file holds; None when it is no such file. Never raises."""
    if not head.startswith(OLE_MAGIC):
        return None
    import olefile

    try:
        with seekable(blob) as stream, olefile.OleFileIO(stream) as ole:
            streams = {path[0] for path in ole.listdir() if len(path) == 1}
    except (OSError, ValueError, IndexError, KeyError, TypeError, OverflowError):
        return "other"
    if "EncryptedPackage" in streams:
        return "encrypted"
    if "WordDocument" in streams:
        return "word"
    if streams & {"Workbook", "Book", "WORKBOOK", "BOOK"}:
        return "sheet"
    return "other"


@dataclass(slots=True)
class Guard:
    """Counts what one archive unpacks to, and says which member goes too far."""

    path: str
    packed: int
    total: int = 0

    def refuse(self, name: str, *, size: int, packed: int) -> Skip | None:
        """A Skip when the member is a bomb or beyond the limits; else None, and it is counted."""
        if size > BOMB_FLOOR and size > BOMB_RATIO * max(packed, 1):
            return self._skip(name, "intake.archive_bomb", ratio=size // max(packed, 1))
        if size > MEMBER_LIMIT:
            return self._skip(name, "intake.archive_member_too_big", limit=MEMBER_LIMIT >> 30)
        if self.total + size > TOTAL_LIMIT:
            return self._skip(name, "intake.archive_too_big", limit=TOTAL_LIMIT >> 30)
        self.total += size
        return None

    def _skip(self, name: str, code: str, **params: object) -> Skip:
        return Skip(path=self.path, locator=name, code=code, params={"name": name, **params})


def check_package(blob: Blob, archive: zipfile.ZipFile) -> Skip | None:
    """A Skip when an office file (a zip) would unpack to a bomb; python's reader keeps to the
    declared sizes, so checking those is enough for whoever reads it through `zipfile`.
    """
    guard = Guard(path=blob.path, packed=blob.size)
    for info in archive.infolist():
        skip = guard.refuse(
            shown_name(info.filename), size=info.file_size, packed=info.compress_size
        )
        if skip:
            return skip
    return None
