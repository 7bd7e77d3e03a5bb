"""JSON of any length read piece by piece with the standard decoder, as far as it goes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any

from qingzhuang.intake.adapters.encoding import TextChunks, TextLines
from qingzhuang.intake.types import Blob, Skip

# One element beyond this (characters) is taken for damage: no chat message is near it.
LONGEST_VALUE = 1 << 24
_SPACE = re.compile(r"[\s\ufeff]*")
_STRUCTURE = re.compile(r'["{}\[\],]')
_STRING_REST = re.compile(r'[^"\\]*(?:\\.[^"\\]*)*', re.S)
# strict=False: exporters leave raw line ends and tabs in strings.
_DECODER = json.JSONDecoder(strict=False)

Decode = Callable[[str, int], tuple[Any, int]]


class IncompleteError(ValueError):
    """The text ends inside a value."""


class MalformedError(ValueError):
    """Not the notation it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """An element of a list (`index` from 0) or a value of the outermost object (`index` None)."""

    key: str
    index: int | None
    value: Any

    @property
    def locator(self) -> str:
        return f"第 {(self.index or 0) + 1} 条"


def decode_json(text: str, start: int) -> tuple[Any, int]:
    """One JSON value at `start` and where it ends. Raises IncompleteError or MalformedError."""
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError as error:
        raise MalformedError("nested too deep") from error
    except JSONDecodeError as error:
        # An error in the last few characters may be a \\uXXXX or a literal cut by the chunk's end.
        if error.msg.startswith("Unterminated string") or error.pos >= len(text) - 12:
            raise IncompleteError from error
        raise MalformedError(error.msg) from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise MalformedError(str(error)) from error


class Cursor:
    """A place in a text that comes in chunks; what lies behind it is let go."""

    def __init__(self, chunks: Iterator[str], decode: Decode = decode_json) -> None:
        self._chunks = chunks
        self._decode = decode
        self._text = ""
        self._at = 0

    def more(self) -> bool:
        """Bring in the next chunk; False at the end of the file."""
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self._text = self._text[self._at :] + chunk
        self._at = 0
        return True

    def peek(self) -> str:
        """The next character that is no white space; '' at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self.more():
                return ""

    def take(self, character: str) -> None:
        """Step over `character`. Raises IncompleteError at the end, MalformedError at another one."""
        found = self.peek()
        if found != character:
            raise MalformedError(f"{found} for {character}") if found else IncompleteError
        self._at += 1

    def take_if(self, character: str) -> bool:
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def value(self) -> Any:
        """The value that stands here. Raises IncompleteError or MalformedError, and then stays in front of it."""
        self.peek()
        ahead = 1
        while True:
            try:
                value, end = self._decode(self._text, self._at)
                if end < len(self._text) or not self.more():  # a number may go on in the next chunk
                    self._at = end
                    return value
            except IncompleteError:
                if len(self._text) - self._at > LONGEST_VALUE:
                    raise MalformedError("longer than any message") from None
                # Twice as many chunks each time, so that a long value is not parsed too often.
                if sum(self.more() for _ in range(ahead)) == 0:
                    raise
                ahead *= 2

    def skip(self) -> None:
        """Step over the value that stands here without building it. Raises IncompleteError."""
        depth = 0
        self.peek()
        while True:
            found = _STRUCTURE.search(self._text, self._at)
            if found is None:
                self._at = len(self._text)
                if not self.more():
                    raise IncompleteError
                continue
            sign = found.group()
            if sign in "{[":
                depth += 1
            elif sign == '"':
                self._at = found.end()
                self._skip_string()
                if depth == 0:
                    return
                continue
            elif depth == 0:  # the comma or bracket after a number or a literal
                self._at = found.start()
                return
            elif sign in "}]":
                depth -= 1
            self._at = found.end()
            if depth == 0 and sign in "}]":
                return

    def _skip_string(self) -> None:
        while True:
            end = _STRING_REST.match(self._text, self._at).end()  # type: ignore[union-attr]
            if end < len(self._text) and self._text[end] == '"':
                self._at = end + 1
                return
            self._at = end  # at the end of the chunk, or before a lone backslash there
            if not self.more():
                raise IncompleteError

    def seek(self, pattern: re.Pattern[str]) -> bool:
        """Go to where the pattern's last character matched; False when it is nowhere."""
        while True:
            if match := pattern.search(self._text, self._at):
                self._at = match.end() - 1
                return True
            self._at = max(self._at, len(self._text) - 512)  # the pattern may lie over the border
            if not self.more():
                return False

    def elements(self) -> Iterator[tuple[int, Any | MalformedError]]:
        """Elements of the list that stands here; one that is malformed but closed comes as such.

        Raises IncompleteError or MalformedError where the list cannot be followed further; `self.index`
        then names the element.
        """
        self.take("[")
        index = 0
        while not self.take_if("]"):
            if index and self.peek() == ",":
                self.take(",")
                if self.take_if("]"):
                    return
            elif index:
                raise MalformedError("no comma") if self.peek() else IncompleteError
            try:
                value = self.value()
            except MalformedError as error:
                self.skip()
                value = error
            yield index, value
            index += 1


def pieces(
    blob: Blob,
    *,
    arrays: Collection[str] = (),
    keep: Collection[str] = (),
    start: re.Pattern[str] | None = None,
    decode: Decode = decode_json,
) -> Iterator[Piece | Skip]:
    """The pieces of a JSON file: every element of an outermost list (key '') or, of an outermost
    object, every element of the lists in `arrays` and the values in `keep`; the rest is passed over.

    `start` finds the value inside other text (its match ends with the value's first character).
    Where the file breaks off or makes no sense, what came before is there and a Skip tells the place.
    """
    chunks = TextChunks(blob)
    cursor = Cursor(iter(chunks), decode)
    count = 0

    def listed(key: str) -> Iterator[Piece | Skip]:
        nonlocal count
        count = 0
        for index, value in cursor.elements():
            piece = Piece(key=key, index=index, value=value)
            count = index + 1
            if isinstance(value, MalformedError):
                yield Skip(path=blob.path, locator=piece.locator, code="intake.json_item")
            else:
                yield piece

    try:
        if start is not None and not cursor.seek(start):
            yield Skip(path=blob.path, locator="", code="intake.no_messages")
            return
        if cursor.peek() == "[":
            yield from listed("")
        else:
            cursor.take("{")
            while not cursor.take_if("}"):
                key = cursor.value()
                cursor.take(":")
                if key in arrays and cursor.peek() == "[":
                    yield from listed(key)
                elif key in keep:
                    yield Piece(key=key, index=None, value=cursor.value())
                else:
                    cursor.skip()
                if not cursor.take_if(",") and cursor.peek() != "}":
                    raise MalformedError("no comma") if cursor.peek() else IncompleteError
    except IncompleteError:
        yield Skip(path=blob.path, locator=f"第 {count + 1} 条起", code="intake.json_cut")
    except MalformedError:
        yield Skip(path=blob.path, locator=f"第 {count + 1} 条起", code="intake.json_malformed")
    yield from chunks.damage()


def values_of(blob: Blob, *keys: str) -> dict[str, Any]:
    """These values of the outermost object, wherever they stand in it; missing ones are left out.

    Stops as soon as it has them all, so that a head at the file's start costs nothing.
    """
    found: dict[str, Any] = {}
    for piece in pieces(blob, keep=keys):
        if isinstance(piece, Piece) and piece.index is None:
            found[piece.key] = piece.value
            if len(found) == len(keys):
                break
    return found


def lines_of(blob: Blob) -> Iterator[tuple[str, Any] | Skip]:
    """JSON values one a line as ('行 12', value); values over several lines are read too."""
    lines = TextLines(blob)
    for number, line in lines:
        if not line.strip():
            continue
        try:
            value = _DECODER.decode(line)
        except (ValueError, RecursionError):
            if number == 1 or line.strip() in {"{", "["}:
                yield from _sequence(blob)
                return
            yield Skip(path=blob.path, locator=f"行 {number}", code="intake.json_item")
        else:
            yield f"行 {number}", value
    yield from lines.damage()


def _sequence(blob: Blob) -> Iterator[tuple[str, Any] | Skip]:
    chunks = TextChunks(blob)
    cursor = Cursor(iter(chunks))
    count = 1
    try:
        while cursor.peek():
            yield f"第 {count} 条", cursor.value()
            count += 1
            cursor.take_if(",")
    except (IncompleteError, MalformedError) as error:
        code = "intake.json_cut" if isinstance(error, IncompleteError) else "intake.json_malformed"
        yield Skip(path=blob.path, locator=f"第 {count} 条起", code=code)
    yield from chunks.damage()
