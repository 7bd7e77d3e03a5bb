"""A message cut into sentences and clauses, each with the way it speaks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

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
    speech: frozenset[str] = frozenset()
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


def mark_speech(clauses: Sequence[Clause], cues: Sequence[Cue]) -> None:
    """Note in each clause how it speaks: orders, denies, reports as done, thanks, asks back."""
    for cue in cues:
        if cue.group != "speech":
            continue
        for clause in clauses:
            if clause.start <= cue.start < clause.end:
                clause.speech |= {cue.reason}
                if cue.reason == "negated" and clause.negated_at < 0:
                    clause.negated_at = cue.start
                break


def clause_at(clauses: Sequence[Clause], position: int) -> Clause | None:
    for clause in clauses:
        if clause.start <= position < clause.end:
            return clause
    return None
