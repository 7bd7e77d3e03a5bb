"""From paths and uploads to messages: walks, picks the reader, opens what is packed, refuses secrets."""

from __future__ import annotations

import errno
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, BinaryIO

from qingzhuang.intake.rules.secrecy import is_marked_secret
from qingzhuang.intake.types import Blob, ChannelKind, Message, Reader, Skip
from qingzhuang.kit.key_set import KeySet
from qingzhuang.kit.metered import metered
from qingzhuang.kit.pure.errors import UserError

logger = logging.getLogger(__name__)

Item = Message | Skip
# Told how many bytes of the files given have been read so far in this run.
Progress = Callable[[int], None]

HEAD = 65_536
DEEPEST = 3
MOST_UNPACKED = 2 << 30
MOST_MEMBERS = 20_000
# One set holds ids, looks of messages without keys and looks of those with; the marks part them.
_SHOWN_PLAIN = 0x9E3779B97F4A7C15
_SHOWN_KEYED = 0xC2B2AE3D27D4EB4F
_GROUP = "qingzhuang.intake.readers"
_IGNORED = frozenset({"thumbs.db", "desktop.ini", "ehthumbs.db", "__macosx"})
_REASONS = {
    errno.ENOENT: "文件已经不在了",
    errno.EACCES: "没有读取权限",
    errno.EPERM: "没有读取权限",
    errno.EISDIR: "这是一个文件夹",
    errno.EIO: "磁盘读不出来",
    errno.EMFILE: "同时打开的文件太多",
}
# Neither a database nor a printer takes NULs and halves of characters.
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBlob:
    """A file on disk. `path` is what a person is shown, as he gave it."""

    path: str
    file: Path

    @property
    def size(self) -> int:
        return self.file.stat().st_size

    def open(self) -> BinaryIO:
        return self.file.open("rb")

    def sibling(self, name: str) -> FileBlob | None:
        """The file at that path relative to this one's folder, None when there is none."""
        file = self.file.parent / name
        # Only beside or one folder up or down: a file's own words must not lead anywhere else.
        around = self.file.parent.parent.resolve()
        if not file.is_file() or around not in file.resolve().parents:
            return None
        return FileBlob(path=str(Path(self.path).parent / name), file=file)


def read_paths(paths: Sequence[Path], *, progress: Progress | None = None) -> Iterator[Item]:
    """Everything in these files and folders, in the order of their names, as a stream.

    Raises UserError("intake.no_such_path") before anything else when none of the paths exists;
    when only some are missing they come as Skip. Whatever else goes wrong is a Skip too.
    """
    missing = [path for path in paths if not os.path.exists(path)]
    if paths and len(missing) == len(paths):
        raise UserError("intake.no_such_path", name=_shown(missing[0]))
    return _read_all(_walk_all(paths), progress)


def read_blobs(blobs: Iterable[Blob | Skip], *, progress: Progress | None = None) -> Iterator[Item]:
    """The same for files that came another way: uploads, an inbox, a mailbox."""
    return _read_all(blobs, progress)


def _read_all(blobs: Iterable[Blob | Skip], progress: Progress | None) -> Iterator[Item]:
    run = _Run(progress=progress)
    for blob in blobs:
        if isinstance(blob, Skip):
            yield blob
        else:
            yield from run.read(blob)


@cache
def readers() -> tuple[Reader, ...]:
    """All readers that are installed, by name. One that cannot be imported is left out and logged."""
    found: list[Reader] = []
    for point in entry_points(group=_GROUP):
        try:
            found.extend(point.load())
        except ImportError:
            logger.warning("reader %s cannot be imported", point.name, exc_info=True)
    return tuple(sorted(found, key=lambda reader: reader.name))


def unique(items: Iterable[Item]) -> Iterator[Item]:
    """Each message once, the first time it comes; Skips pass.

    A message was seen when its id was. It was also seen when it looks the same (`shown_id`) as one
    before and at most one of the two has keys of its own: two members' exports, one without numbers.
    Two people of one name keep their messages apart by their accounts. Memory stays under 200 MB.
    """
    seen = KeySet()
    for item in items:
        if isinstance(item, Skip):
            yield item
            continue
        shown = int(item.shown_id[:16], 16)
        if item.account is None and item.channel_key is None:
            keys: tuple[int, ...] = (shown ^ _SHOWN_PLAIN,)
            known = keys[0] in seen or shown ^ _SHOWN_KEYED in seen
        else:
            own = int(item.id[:16], 16)
            known = own in seen or shown ^ _SHOWN_PLAIN in seen
            keys = (own, shown ^ _SHOWN_KEYED)
        try:
            seen.update(keys)
        except OSError as error:
            raise UserError("intake.temp_full") from error
        if not known:
            yield item


def pick_reader(blob: Blob, head: bytes) -> Reader | None:
    """The reader that is surest of the file; between equals one that knows its name, then by name."""
    best: tuple[int, int] = (0, 0)
    chosen: Reader | None = None
    for reader in readers():
        rate = _rate(reader, blob, head)
        if rate and rate >= best[0]:
            by_name = 1 if _rate(reader, blob, b"") else 0
            if (rate, by_name) > best:
                best, chosen = (rate, by_name), reader
    return chosen


def _rate(reader: Reader, blob: Blob, head: bytes) -> int:
    try:
        return reader.rate(blob, head)
    except Exception:  # a border: one reader's fault must not keep the others from the file
        logger.debug("reader %s could not rate %s", reader.name, blob.path, exc_info=True)
        return 0


# Walking


def _walk_all(paths: Sequence[Path]) -> Iterator[Blob | Skip]:
    for path in paths:
        shown = _shown(path)
        if not os.path.exists(path):  # Path.exists raises on a name that is too long
            yield Skip(path=shown, locator="", code="intake.no_such_path", params={"name": shown})
        elif path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield FileBlob(path=shown, file=path)
        else:
            yield Skip(path=shown, locator="", code="intake.unknown_format")


def _walk(folder: Path) -> Iterator[Blob | Skip]:
    """Files of a folder in sorted order, folders within it in their turn; links are not followed."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        yield _cannot_open(_shown(folder), error)
        return
    for entry in entries:
        if _is_ignored(entry.name):
            continue
        path = folder / entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path)
        elif entry.is_file():
            yield FileBlob(path=_shown(path), file=path)


def _shown(path: Path) -> str:
    """A path as it can be printed: names unpacked from a Windows archive may be GBK."""
    raw = os.fsencode(path)
    for codec in ("utf-8", "gb18030"):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", "replace")


def _is_ignored(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in _IGNORED


def _cannot_open(path: str, error: OSError) -> Skip:
    reason = _REASONS.get(error.errno or 0) or error.strerror or type(error).__name__
    return Skip(path=path, locator="", code="intake.cannot_open", params={"reason": reason})


# Reading


class _TooMuchError(Exception):
    """A packed file unpacks to more than a run may."""


@dataclass(slots=True, kw_only=True)
class _Run:
    """One run over many files: how much was read, unpacked, opened."""

    progress: Progress | None = None
    given: int = 0
    unpacked: int = 0
    members: int = 0
    told: set[str] = field(default_factory=set)

    def count(self, more: int, packed: bool) -> None:
        if packed:
            self.unpacked += more
            if self.unpacked > MOST_UNPACKED:
                raise _TooMuchError
        else:
            self.given += more
            if self.progress is not None:
                self.progress(self.given)

    def read(self, blob: Blob, depth: int = 0) -> Iterator[Item]:
        """Everything in one file; nothing that is wrong with it gets out as an exception."""
        refusal = self._refusal(blob, depth) if depth else None
        if refusal is not None:
            yield from refusal
            return
        try:
            counted = _Metered(blob, self, packed=depth > 0)
            with counted.open() as stream:
                head = stream.read(HEAD)
            if not head:
                yield Skip(path=blob.path, locator="", code="intake.file_empty")
                return
            reader = pick_reader(counted, head)
            if reader is None:
                yield Skip(path=blob.path, locator="", code="intake.unknown_format")
                return
            yield from self._read_with(reader, counted, depth)
        except UserError as error:
            yield Skip(path=blob.path, locator="", code=error.code, params=error.params)
        except _TooMuchError:
            yield from self._tell_once(
                blob.path, "intake.too_much_unpacked", gib=MOST_UNPACKED >> 30
            )
        except OSError as error:
            logger.debug("cannot read %s", blob.path, exc_info=True)
            yield _cannot_open(blob.path, error)

    def _read_with(self, reader: Reader, blob: Blob, depth: int) -> Iterator[Item]:
        last = ""
        secret = False
        items = _started(reader, blob)
        while True:
            try:
                item = next(items)
            except StopIteration:
                return
            except (UserError, _TooMuchError):
                raise
            except BaseException as error:
                if isinstance(error, OSError) and error.errno:
                    raise
                # The border to readers and the libraries under them: bad input finds their faults.
                # pyo3's PanicException is no Exception.
                if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                    raise
                logger.debug("reader %s failed on %s", reader.name, blob.path, exc_info=True)
                place = f"{last}之后" if last else ""
                yield Skip(path=blob.path, locator=place, code="intake.broken_file")
                return
            if isinstance(item, Message):
                last = item.locator
                is_document = item.channel is ChannelKind.DOCUMENT
                if (secret and is_document) or is_marked_secret(item.text, item.channel):
                    # Pages after a marked one belong to the same document.
                    secret = secret or is_document
                    yield Skip(path=item.path, locator=last, code="intake.secret_refused")
                else:
                    yield _writable(item)
            elif isinstance(item, Skip):
                yield item
            else:
                yield from self.read(item, depth + 1)

    def _refusal(self, blob: Blob, depth: int) -> list[Skip] | None:
        """Why a packed file is not opened, an empty list when that was told already, None if it is."""
        name = blob.path.replace("\\", "/").rpartition("/")[2]
        if _is_ignored(name) or "__MACOSX" in blob.path:
            return []
        if depth > DEEPEST:
            return [Skip(path=blob.path, locator="", code="intake.nested_too_deep")]
        self.members += 1
        if self.members > MOST_MEMBERS:
            return self._tell_once(blob.path, "intake.too_many_members", members=MOST_MEMBERS)
        if self.unpacked > MOST_UNPACKED:
            return self._tell_once(blob.path, "intake.too_much_unpacked", gib=MOST_UNPACKED >> 30)
        return None

    def _tell_once(self, path: str, code: str, **params: object) -> list[Skip]:
        """The limit is the run's, so it is told with the first file beyond it, not with 100,000."""
        if code in self.told:
            return []
        self.told.add(code)
        return [Skip(path=path, locator="起", code=code, params=params)]


def _started(reader: Reader, blob: Blob) -> Iterator[Message | Skip | Blob]:
    """The reader's items; what it raises, it raises at the first of them."""
    yield from reader.read(blob)


def _writable(message: Message) -> Message:
    changed: dict[str, Any] = {}
    for name in ("text", "sender", "group"):
        value = getattr(message, name)
        if value and _UNWRITABLE.search(value):
            changed[name] = _UNWRITABLE.sub(lambda m: "" if m[0] == "\0" else "\ufffd", value)
    return replace(message, **changed) if changed else message


class _Metered:
    """A blob whose bytes are counted as they are read; a byte read twice counts once."""

    def __init__(self, blob: Blob, run: _Run, *, packed: bool) -> None:
        self._blob = blob
        self._run = run
        self._packed = packed
        self._furthest = 0

    def __getattr__(self, name: str) -> Any:  # `sibling` and what else a blob may know
        return getattr(self._blob, name)

    @property
    def path(self) -> str:
        return self._blob.path

    @property
    def size(self) -> int:
        return self._blob.size

    def open(self) -> BinaryIO:
        return metered(self._blob.open(), self._reached)

    def _reached(self, place: int) -> None:
        if place > self._furthest:
            more, self._furthest = place - self._furthest, place
            self._run.count(more, self._packed)
