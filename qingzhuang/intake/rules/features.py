"""What is seen in a text before judging it: cues, clauses, times, and pairs of characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qingzhuang.intake.rules.clauses import Clause, clause_at, mark_speech, split_clauses
from qingzhuang.intake.rules.cues import Cue, find_cues
from qingzhuang.intake.rules.times import TimeMention, TimeRole
from qingzhuang.intake.types import ChannelKind

_DIGITS = re.compile(r"\d+")
_MASKED = re.compile(r"[*×xX]{2,}")
_NOT_WORDS = re.compile(r"[^一-龥A-Za-z0@?!:;。,%]+")
_DUE = frozenset({TimeRole.DEADLINE, TimeRole.EVENT, TimeRole.RECURRENCE})
_GRAM_LIMIT = 1200  # characters; what is asked stands in the head and the tail of a document


@dataclass(slots=True)
class Seen:
    """One text with all that was found in it; spans count characters of `folded`."""

    folded: str
    clauses: list[Clause]
    cues: list[Cue]
    times: Sequence[TimeMention]

    def part(self, start: int, end: int) -> Seen:
        """The same for a part of the text; spans still count from the whole text's start."""
        return Seen(
            self.folded,
            [c for c in self.clauses if c.start < end and c.end > start],
            [c for c in self.cues if start <= c.start < end],
            [t for t in self.times if start <= t.start < end],
        )


def look(folded: str, times: Sequence[TimeMention]) -> Seen:
    clauses = split_clauses(folded)
    cues = find_cues(folded)
    mark_speech(clauses, cues)
    return Seen(folded, clauses, cues, times)


def is_denied(seen: Seen, cue: Cue) -> bool:
    """The cue stands behind 不用, 无需, 取消 … in its clause."""
    clause = clause_at(seen.clauses, cue.start)
    return clause is not None and clause.denies(cue.start)


def _grams(text: str) -> Iterator[str]:
    text = _NOT_WORDS.sub(" ", _MASKED.sub("x", _DIGITS.sub("0", text)))
    if len(text) > _GRAM_LIMIT:
        text = text[: _GRAM_LIMIT * 2 // 3] + " " + text[-_GRAM_LIMIT // 3 :]
    for size in (2, 3):
        for at in range(len(text) - size + 1):
            gram = text[at : at + size]
            if " " not in gram:
                yield "g:" + gram


def list_features(
    seen: Seen,
    start: int,
    end: int,
    *,
    channel: ChannelKind,
    sender_kind: str,
) -> set[str]:
    """Names of what text[start:end] shows; each is there or not."""
    found = set(_grams(seen.folded[start:end]))
    found.add(f"channel:{channel}")
    found.add(f"sender:{sender_kind}")
    length = end - start
    found.add(
        f"length:{0 if length < 12 else 1 if length < 30 else 2 if length < 80 else 3 if length < 300 else 4}"
    )
    for time in seen.times:
        found.add(f"time:{time.role}")
    dated = {
        clause.start
        for time in seen.times
        if time.role in _DUE and (clause := clause_at(seen.clauses, time.start))
    }
    for clause in seen.clauses:
        for way in clause.speech:
            found.add(f"speech:{way}")
            found.add(f"speech:{way}:{sender_kind}")
    if seen.clauses:
        for way in seen.clauses[-1].speech:
            found.add(f"last:{way}")
        for way in seen.clauses[0].speech:
            found.add(f"first:{way}")
    for cue in seen.cues:
        if cue.group == "speech":
            continue
        clause = clause_at(seen.clauses, cue.start)
        if clause is None:
            continue
        if clause.denies(cue.start):
            found.add(f"denied:{cue.reason}")
            continue
        found.add(f"cue:{cue.reason}")
        found.add(f"cue:{cue.reason}:{cue.pattern}")
        if clause.start in dated:
            found.add(f"cue:{cue.reason}+dated")
        for way in ("order", "done", "question", "handin", "info", "unit"):
            if way in clause.speech:
                found.add(f"cue:{cue.reason}+{way}")
    return found
