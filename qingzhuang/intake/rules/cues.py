"""Words that are a sign of something: loaded from data/cues.toml, found in one pass a reason."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Cue:
    """text[start:end] is a sign of `reason` (a Deliverable, a Flag, or a way of speaking)."""

    group: str  # "kinds", "flags", "speech", "doing", "thing"
    reason: str
    start: int
    end: int
    pattern: int = 0  # which of the reason's expressions


@cache
def _patterns() -> tuple[tuple[str, str, int, re.Pattern[str]], ...]:
    table = tomllib.loads(files("qingzhuang.intake").joinpath("data/cues.toml").read_text("utf-8"))
    return tuple(
        (group, reason, at, re.compile(expression))
        for group, reasons in table.items()
        for reason, expressions in reasons.items()
        for at, expression in enumerate(expressions)
    )


def find_cues(folded: str) -> list[Cue]:
    """Every sign in a text of folded width, by group and reason, in the order of the table."""
    return [
        Cue(group, reason, *found.span(), at)
        for group, reason, at, pattern in _patterns()
        for found in pattern.finditer(folded)
    ]
