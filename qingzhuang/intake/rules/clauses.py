"""A message cut into sentences and clauses, each with the way it speaks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from qingzhuang.intake.rules.cues import Cue

# A comma between digits is a thousand's mark; a full stop between them a decimal point.
_BREAK = re.compile(r"[。！!?？;\n\r…~]+|(?<!\d)[,，]|[,，](?!\d)")
_SENTENCE = frozenset("。！!?？;\n\r…")


@dataclass(slots=True)
class Clause:
    """text[start:end] without its closing mark; `sentence` counts from 0."""

    start: int
    end: int
    sentence: int
    speech: set[str] = field(default_factory=set)
    negated_at: int = -1  # from here on the clause says what need not be done

    def denies(self, position: int) -> bool:
        return 0 <= self.negated_at <= position < self.end


def split_clauses(folded: str) -> list[Clause]:
    """Clauses in order; empty ones left out."""
    clauses: list[Clause] = []
    start = sentence = 0
    for mark in _BREAK.finditer(folded):
        if folded[start : mark.start()].strip():
            clauses.append(Clause(start, mark.start(), sentence))
        if not _SENTENCE.isdisjoint(mark.group()):
            sentence += 1
        start = mark.end()
    if folded[start:].strip():
        clauses.append(Clause(start, len(folded), sentence))
    return clauses


class ClauseIndex:
    """Finds the clause of a position in a list of clauses that stay as they are."""

    __slots__ = ("_clauses", "_starts")

    def __init__(self, clauses: list[Clause]) -> None:
        self._clauses = clauses
        self._starts = [clause.start for clause in clauses]

    def at(self, position: int) -> int:
        """The number of the clause that has text[position]; -1 between clauses."""
        found = bisect_right(self._starts, position) - 1
        return found if found >= 0 and position < self._clauses[found].end else -1


def mark_speech(clauses: list[Clause], index: ClauseIndex, cues: Iterable[Cue]) -> None:
    """Note in each clause how it speaks: orders, denies, reports as done, thanks, asks back."""
    for cue in cues:
        if cue.group != "speech":
            continue
        at = index.at(cue.start)
        if at < 0:
            continue
        clause = clauses[at]
        clause.speech.add(cue.reason)
        if cue.reason == "negated" and (clause.negated_at < 0 or cue.start < clause.negated_at):
            clause.negated_at = cue.start
