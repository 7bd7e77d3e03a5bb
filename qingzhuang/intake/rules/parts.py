"""One message, one ask or several: cut where another matter has another deadline."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from qingzhuang.intake.rules.clauses import Clause, clause_at
from qingzhuang.intake.rules.features import Seen, is_denied
from qingzhuang.intake.rules.times import TimeMention, TimeRole

_DUE = frozenset({TimeRole.DEADLINE, TimeRole.EVENT, TimeRole.RECURRENCE})
# Work that is handed up by steps is one matter, due when it is handed up last.
_STEPS = re.compile(
    r"(?:网格|组|村|小区|楼栋|社区|支部)[^。;\n]{0,24}(?:报|交|汇总|给)[^。;\n]{0,8}(?:社区|村|街道|镇|乡)"
    r"[^。\n]{0,16}(?:社区|村|街道|镇|乡)[^。\n]{0,24}(?:报|交|汇总)"
)


@dataclass(slots=True)
class _Anchor:
    """A clause that says by when, and what is wanted in the clauses that belong to it."""

    first: int  # index of the clause where its part begins
    clause: int
    due: tuple[datetime | None, str]
    wants: set[str] = field(default_factory=set)


def split_parts(seen: Seen) -> list[tuple[int, int]]:
    """(start, end) of each part that may be an ask of its own; the whole text when there is one."""
    whole = (0, len(seen.folded))
    anchors = _find_anchors(seen)
    if len({anchor.due for anchor in anchors}) < 2 or _STEPS.search(seen.folded):
        return [whole]
    wants = _wants_by_clause(seen)
    merged: list[_Anchor] = []
    for anchor in anchors:
        lowest = merged[-1].clause + 1 if merged else 0
        anchor.first = _begin(seen.clauses, wants, anchor.clause, lowest)
        anchor.wants = set().union(*wants[anchor.first : anchor.clause + 1])
        if merged and (anchor.due == merged[-1].due or not anchor.wants):
            merged[-1].clause = anchor.clause
            continue
        merged.append(anchor)
    if merged and not merged[0].wants and len(merged) > 1:
        following = merged[1].first
        merged[0].wants = set().union(*wants[merged[0].clause + 1 : following])
        if not merged[0].wants:
            merged[1].first = merged[0].first
            del merged[0]
    if len(merged) < 2:
        return [whole]
    starts = [0] + [seen.clauses[anchor.first].start for anchor in merged[1:]]
    return list(zip(starts, [*starts[1:], whole[1]], strict=True))


def _find_anchors(seen: Seen) -> list[_Anchor]:
    anchors: list[_Anchor] = []
    for time in seen.times:
        if time.role not in _DUE or (time.at is None and time.role is not TimeRole.RECURRENCE):
            continue
        at = _index(seen.clauses, time)
        if at is None or seen.clauses[at].denies(time.start):
            continue
        anchors.append(_Anchor(at, at, (time.at, str(time.recurrence or ""))))
    return anchors


def _index(clauses: list[Clause], time: TimeMention) -> int | None:
    clause = clause_at(clauses, time.start)
    return clauses.index(clause) if clause else None


def _wants_by_clause(seen: Seen) -> list[set[str]]:
    wants: list[set[str]] = [set() for _ in seen.clauses]
    for cue in seen.cues:
        if cue.group != "kinds" or is_denied(seen, cue):
            continue
        clause = clause_at(seen.clauses, cue.start)
        if clause is not None:
            wants[seen.clauses.index(clause)].add(cue.reason)
    return wants


def _begin(clauses: list[Clause], wants: list[set[str]], at: int, lowest: int) -> int:
    """Where the part of the anchor at clause `at` begins: its sentence, or what it is about."""
    first = at
    while first > lowest and clauses[first - 1].sentence == clauses[at].sentence:
        if wants[at] and wants[first - 1]:
            break
        first -= 1
        if wants[first] and not wants[at]:
            break
    return first
