"""Text out of bytes: which encoding a file is in, its lines, and where bytes made no sense."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from functools import cache, lru_cache, partial

from qingzhuang.intake.types import Blob, Skip
from qingzhuang.kit.pure.errors import UserError

HEAD = 65_536
# A line beyond this is cut in two, so that a file without line ends cannot fill the memory.
LONGEST_LINE = 1 << 20
_CHUNK = 1 << 18

_MARKS = (  # UTF-32's mark begins with UTF-16's, so it is asked first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = b"\t\n\r\x0b\x0c\x1b"
_CONTROLS = bytes(i for i in range(32) if i not in _TEXT_CONTROLS)


def codec_of(head: bytes) -> str | None:
    """The codec of a text that begins so, None for something that is no text.

    Order: byte order mark; NULs on one side (UTF-16); strict UTF-8; GB18030 when what comes
    out looks like Chinese; either line by line; UTF-8 with some bytes spoilt. The head may end inside a character.
    """
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec
    if wide := _wide_codec(head):
        return wide
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls * 50 > len(head):
        return None
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    high = sum(byte > 0x7F for byte in head)
    if _spoilt(head, "utf-8") * 10 < high:
        return "utf-8"
    if _spoilt(head, "gb18030") * 20 < high and _looks_chinese(_start(head, "gb18030")):
        return "gb18030"
    return _line_by_line(head) or ("utf-8" if high * 10 < len(head) else None)


@lru_cache(maxsize=8)
def head_text(head: bytes) -> str | None:
    """The first 64 KiB as text for `Reader.rate`, line ends folded; None when it is no text."""
    codec = codec_of(head)
    if codec is None:
        return None
    return _start(head, codec).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def codec_of_blob(blob: Blob) -> str:
    """The codec of a whole file: looks on while there is only ASCII.

    Raises UserError("intake.unknown_encoding") when it is no text.
    """
    with blob.open() as stream:
        head = stream.read(HEAD)
        while head.isascii() and b"\0" not in head and (more := stream.read(HEAD)):
            head = more
    codec = codec_of(head)
    if codec is None:
        raise UserError("intake.unknown_encoding")
    return codec


class TextLines:
    """Lines of a text file as (number from 1, text without its line end); memory stays flat.

    A line in another encoding than the file's (exports pasted together) is read in its own;
    bytes that fit none become U+FFFD and are told once by `damage()` after the last line.
    """

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._first_bad: int | None = None
        self._bad = 0

    def __iter__(self) -> Iterator[tuple[int, str]]:
        codec = codec_of_blob(self._blob)
        number = 0
        for number, line in enumerate(self._decoded(codec), 1):
            if "\ufffd" in line:
                self._bad += 1
                self._first_bad = self._first_bad or number
            if line.startswith("\ufeff"):
                line = line[1:]
            line = line.rstrip("\r\n")
            if "\r" in line:
                for part in line.split("\r"):
                    yield number, part
            else:
                yield number, line

    def damage(self) -> Iterator[Skip]:
        """At most one Skip: the first line with bytes that are no text, and how many more."""
        if self._first_bad is not None:
            yield Skip(
                path=self._blob.path,
                locator=f"行 {self._first_bad}",
                code="intake.damaged_text",
                params={"lines": self._bad},
            )

    def _decoded(self, codec: str) -> Iterator[str]:
        with self._blob.open() as stream:
            if codec.startswith(("utf-16", "utf-32")):
                text = io.TextIOWrapper(stream, codec, errors="replace", newline="\n")
                yield from iter(partial(text.readline, LONGEST_LINE), "")
                return
            codec = "utf-8" if codec == "utf-8-sig" else codec
            rest = b""
            for raw in iter(partial(stream.readline, LONGEST_LINE), b""):
                if rest:
                    raw, rest = rest + raw, b""
                try:
                    yield raw.decode(codec)
                except UnicodeDecodeError as error:
                    if len(raw) >= LONGEST_LINE and len(raw) - error.start < 4:
                        raw, rest = raw[: error.start], raw[error.start :]  # a cut character
                        yield raw.decode(codec)
                    else:
                        yield _mended(raw, codec)
            if rest:
                yield rest.decode(codec, "replace")


class TextChunks:
    """A text file in pieces of some 256 K characters, for formats that do not go by lines."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._first_bad: int | None = None
        self._bad = 0

    def __iter__(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder(codec_of_blob(self._blob))("replace")
        seen = 0
        with self._blob.open() as stream:
            for raw in iter(partial(stream.read, _CHUNK), b""):
                text = decoder.decode(raw)
                yield self._looked_at(text, seen)
                seen += len(text)
        if tail := decoder.decode(b"", final=True):
            yield self._looked_at(tail, seen)

    def damage(self) -> Iterator[Skip]:
        """At most one Skip, as for lines."""
        if self._first_bad is not None:
            yield Skip(
                path=self._blob.path,
                locator=f"第 {self._first_bad + 1} 个字符",
                code="intake.damaged_text",
                params={"lines": self._bad},
            )

    def _looked_at(self, text: str, offset: int) -> str:
        found = text.find("\ufffd")
        if found >= 0:
            self._bad += text.count("\ufffd")
            if self._first_bad is None:
                self._first_bad = offset + found
        return text


def _line_by_line(head: bytes) -> str | None:
    """Exports of both encodings in one file: nearly every line is good in one of the two."""
    lines = [line for line in head.split(b"\n")[:-1] if not line.isascii()]
    found = {"utf-8": 0, "gb18030": 0}
    for line in lines:
        for codec in found:
            try:
                text = line.decode(codec)
            except UnicodeDecodeError:
                continue
            if codec == "utf-8" or _looks_chinese(text):
                found[codec] += 1
                break
    if not lines or sum(found.values()) * 10 < len(lines) * 9:
        return None
    return max(found, key=lambda codec: found[codec])


def _start(head: bytes, codec: str) -> str:
    return codecs.getincrementaldecoder(codec)("replace").decode(head)


def _spoilt(head: bytes, codec: str) -> int:
    return _start(head, codec).count("\ufffd")


def _mended(raw: bytes, codec: str) -> str:
    other = "gb18030" if codec == "utf-8" else "utf-8"
    try:
        text = raw.decode(other)
        if other == "utf-8" or _looks_chinese(text):
            return text
    except UnicodeDecodeError:
        pass
    return raw.decode(codec, "replace")


def _wide_codec(head: bytes) -> str | None:
    """UTF-16 without a mark: ASCII in it leaves NULs in every second place."""
    left, right = head[0::2].count(0), head[1::2].count(0)
    if max(left, right) * 50 < len(head) or min(left, right) * 10 > max(left, right):
        return None
    codec = "utf-16-le" if right > left else "utf-16-be"
    text = _start(head, codec)[:4000]
    good = sum(c.isalnum() or c in " \t\r\n" or c.isprintable() for c in text)
    common = sum(c < "\x80" or "\u2000" <= c <= "\u9fff" or c >= "\uff00" for c in text)
    return codec if text and good * 100 > len(text) * 98 and common * 10 > len(text) * 9 else None


@cache
def _usual_characters() -> frozenset[str]:
    """GB 2312 level 1: the 3,755 characters that make some 99 % of running Chinese text."""
    rows = (bytes((lead, trail)) for lead in range(0xB0, 0xD8) for trail in range(0xA1, 0xFF))
    return frozenset(row.decode("gb2312", "ignore") for row in rows)


def _looks_chinese(text: str) -> bool:
    """Wrongly decoded text lands on rare characters; true Chinese on the usual ones."""
    high = [c for c in text if c > "\x7f"][:2000]
    if not high:
        return False
    usual = _usual_characters()
    signs = sum(
        "\u2000" <= c <= "\u206f" or "\u3000" <= c <= "\u303f" or c >= "\uff00" for c in high
    )
    hits = sum(c in usual for c in high)
    return hits * 2 >= len(high) - signs and (hits + signs) > 0
