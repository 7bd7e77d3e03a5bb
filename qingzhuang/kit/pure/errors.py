"""Errors that say what to do: a code and parameters here, the words at the edge.

Every room keeps its sentences in `<room>/errors.toml`:

    [file_empty]
    message = "文件“{name}”是空的。"
    next_step = "请确认导出时选对了群和日期，再交一次。"

and raises `UserError("intake.file_empty", name="群.txt")`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


class UserError(Exception):
    """Something a person can put right. `code` is `<room>.<name>` from that room's errors.toml."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params: Mapping[str, object] = params


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a person reads of an error: what happened, and what to do now."""

    message: str
    next_step: str

    def __str__(self) -> str:
        return f"{self.message}{self.next_step}"


@cache
def error_catalogue() -> dict[str, Words]:
    """All sentences of all rooms, by code; placeholders still open."""
    catalogue: dict[str, Words] = {}
    for room in files("qingzhuang").iterdir():
        source = room.joinpath("errors.toml")
        if not room.is_dir() or not source.is_file():
            continue
        for name, entry in tomllib.loads(source.read_text("utf-8")).items():
            catalogue[f"{room.name}.{name}"] = Words(
                message=entry["message"], next_step=entry["next_step"]
            )
    return catalogue


def describe(
    code: str,
    params: Mapping[str, object] | None = None,
    translate: Callable[[str], str] = str,
) -> Words:
    """Put words on a code. Raises KeyError for a code that no errors.toml has."""
    words = error_catalogue()[code]
    values = dict(params or {})
    return Words(
        message=translate(words.message).format(**values),
        next_step=translate(words.next_step).format(**values),
    )
