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

    group: str  # "kinds", "flags", "speech"
    reason: str
    start: int
    end: int


@cache
def _patterns() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    table = tomllib.loads(files("qingzhuang.intake").joinpath("data/cues.toml").read_text("utf-8"))
    return tuple(
        (group, reason, re.compile("|".join(f"(?:{one})" for one in expressions)))
        for group, reasons in table.items()
        for reason, expressions in reasons.items()
    )


def find_cues(folded: str) -> list[Cue]:
    """Every sign in a text of folded width, by group and reason, in the order of the table."""
    return [
        Cue(group, reason, *found.span())
        for group, reason, pattern in _patterns()
        for found in pattern.finditer(folded)
    ]
