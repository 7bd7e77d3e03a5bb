"""Object literals as pages of exported chats write them: {type:1, text:'它\\'s', is_send:0,}."""

from __future__ import annotations

import re
from typing import Any

from qingzhuang.intake.adapters.json_stream import IncompleteError, MalformedError

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)
    | (?P<sign>[{}\[\],:])
    | (?P<word>[^\s{}\[\],:"'`]+)
    )""",
    re.X | re.S,
)
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]+\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|\r\n|.)", re.S)
_PLAIN = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "0": "\0",
    "\n": "",
    "\r\n": "",
}
_NAMES = {
    "true": True, "false": False, "null": None, "undefined": None,
    "True": True, "False": False, "None": None,
}  # fmt: skip
_DEEPEST = 50


def decode_js(text: str, start: int) -> tuple[Any, int]:
    """One literal at `start` and where it ends. Raises IncompleteError or MalformedError."""
    return _value(text, start, 0)


def _next(text: str, at: int) -> re.Match[str]:
    match = _TOKEN.match(text, at)
    if match is None:  # an open quote, or nothing but white space, up to the chunk's end
        raise IncompleteError
    if match.lastgroup == "word" and match.end() == len(text):
        raise IncompleteError
    return match


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise MalformedError("nested too deep")
    token = _next(text, at)
    if token["string"] is not None:
        return _unescaped(token["string"]), token.end()
    if token["word"] is not None:
        return _word(token["word"]), token.end()
    if token["sign"] == "{":
        return _object(text, token.end(), depth)
    if token["sign"] == "[":
        return _array(text, token.end(), depth)
    raise MalformedError(token["sign"])


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    result: dict[str, Any] = {}
    while True:
        token = _next(text, at)
        at = token.end()
        if token["sign"] == "}":
            return result, at
        if token["sign"] == ",":
            continue
        if token["sign"] is not None:
            raise MalformedError(token["sign"])
        key = token["word"] if token["word"] is not None else _unescaped(token["string"])
        colon = _next(text, at)
        if colon["sign"] != ":":
            raise MalformedError("no colon")
        result[key], at = _value(text, colon.end(), depth + 1)


def _array(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    result: list[Any] = []
    while True:
        token = _next(text, at)
        if token["sign"] == "]":
            return result, token.end()
        if token["sign"] == ",":
            at = token.end()
            continue
        value, at = _value(text, at, depth + 1)
        result.append(value)


def _word(word: str) -> Any:
    if word in _NAMES:
        return _NAMES[word]
    try:
        return int(word) if word.lstrip("-").isdecimal() else float(word)
    except ValueError:
        return word


def _unescaped(quoted: str) -> str:
    if "\\" not in quoted:
        return quoted[1:-1]
    text = _ESCAPE.sub(_meant, quoted[1:-1])
    # \\ud83d\\ude00 are two escapes and one character.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _meant(match: re.Match[str]) -> str:
    escape = match[1]
    if escape[0] in "ux" and len(escape) > 1:
        code = int(escape[1:].strip("{}"), 16)
        return chr(code) if code <= 0x10FFFF else "\ufffd"
    return _PLAIN.get(escape, escape)
