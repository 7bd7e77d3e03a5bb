"""One message, one ask or several: cut where another matter has another deadline.

Places to cut are found by rule (two times that may be due, each in clauses of its own); whether
to cut there is learned ("cut" in data/reader.json), as the wording decides: steps of one matter
and two matters are written alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qingzhuang.intake.rules.features import Seen, is_denied, is_due
from qingzhuang.intake.rules.forms import find_forms
from qingzhuang.intake.rules.model import Judge
from qingzhuang.intake.rules.times import TimeMention, TimeRole

# Work that is handed up by steps is one matter, due when it is handed up last.
_STEPS = re.compile(
    r"(?:网格|组|村|小区|楼栋|社区|支部)[^。;\n]{0,24}(?:报|交|汇总|给)[^。;\n]{0,8}(?:社区|村|街道|镇|乡)"
    r"[^。\n]{0,16}(?:社区|村|街道|镇|乡)[^。\n]{0,24}(?:报|交|汇总)"
)
_ITEM = re.compile(
    r"\s*(?:[①-⑳]|[\d]{1,2}[.、．)）](?!\d)|[(（][一二三四五六七八九十\d]{1,2}[)）]|"
    r"[一二三四五六七八九十]{1,2}[、.是]|【\d】|✏|▶|-)"
)
_TURN = re.compile(
    r"\s*(另外|另|同时|此外|还有|并|再|随后|之后|然后|提前|先|期间|其中|以后|此后|整改)"
)
_MOST_PARTS = 12


@dataclass(frozen=True, slots=True)
class Cut:
    """Between two times: the later one's part would begin at clause number `clause`."""

    clause: int
    earlier: TimeMention
    later: TimeMention
    begin: int  # clause where the earlier one's part begins
    until: int  # clause after the later one's part
    place: int  # how many places there are before this one

    @property
    def due(self) -> str | None:
        return self.later.at.isoformat() if self.later.at else None

    @property
    def due_before(self) -> str | None:
        return self.earlier.at.isoformat() if self.earlier.at else None


def find_cuts(seen: Seen) -> list[Cut]:
    """Every place where one ask may end and another begin, in the order of the text."""
    anchors = _find_anchors(seen)
    if len(anchors) < 2:
        return []
    wants = _wants_by_clause(seen)
    found: list[tuple[int, TimeMention, TimeMention]] = []
    current, (held_at, held) = 0, anchors[0]
    for at, time in anchors[1:]:
        if _same(time, held):
            held_at = at
            continue
        if at == held_at:
            continue
        first = _begin(seen, wants, at, held_at + 1)
        if first > current:
            found.append((first, held, time))
            current = first
        held_at, held = at, time
    borders = [first for first, _, _ in found]
    return [
        Cut(
            first,
            earlier,
            later,
            begin=borders[place - 1] if place else 0,
            until=borders[place + 1] if place + 1 < len(borders) else len(seen.clauses),
            place=place,
        )
        for place, (first, earlier, later) in enumerate(found)
    ]


def split_parts(seen: Seen, judge: Judge) -> list[tuple[int, int]]:
    """(start, end) of each part that is an ask of its own; the whole text when there is one."""
    chosen = [
        cut
        for cut in find_cuts(seen)
        if judge.weigh(list_cut_features(seen, cut))["cut"] > 0 or _are_two_forms(seen, cut)
    ]
    return parts_of(seen, chosen[: _MOST_PARTS - 1])


def _are_two_forms(seen: Seen, cut: Cut) -> bool:
    """ "低保表周三前报,残疾人表周四前报": each deadline's own clause names a form of its own."""
    if cut.earlier.role is not TimeRole.DEADLINE or cut.later.role is not TimeRole.DEADLINE:
        return False
    one, two = (
        {form.name for form in find_forms(seen.folded[clause.start : clause.end])}
        for time in (cut.earlier, cut.later)
        for clause in [seen.clauses[seen.index.at(time.start)]]
    )
    return bool(one and two) and one.isdisjoint(two)


def parts_of(seen: Seen, cuts: Sequence[Cut]) -> list[tuple[int, int]]:
    """(start, end) of the parts that the cuts make of the whole text."""
    starts = [0, *(seen.clauses[cut.clause].start for cut in cuts)]
    return list(zip(starts, [*starts[1:], len(seen.folded)], strict=True))


def _same(one: TimeMention, other: TimeMention) -> bool:
    return one.at == other.at and one.recurrence == other.recurrence


def _find_anchors(seen: Seen) -> list[tuple[int, TimeMention]]:
    anchors: list[tuple[int, TimeMention]] = []
    for time in seen.times:
        if not is_due(time) or time.at is None:
            continue
        at = seen.index.at(time.start)
        if at >= 0 and not seen.clauses[at].denies(time.start):
            anchors.append((at, time))
    return anchors


def _wants_by_clause(seen: Seen) -> list[bool]:
    wants = [False] * len(seen.clauses)
    for cue in seen.cues:
        if cue.group == "kinds" and not is_denied(seen, cue):
            wants[seen.index.at(cue.start)] = True
    return wants


def _begin(seen: Seen, wants: list[bool], at: int, lowest: int) -> int:
    """Where the part of the time in clause `at` begins: its item, its sentence, its matter."""
    clauses = seen.clauses
    for first in range(at, lowest - 1, -1):
        if first and _starts_item(seen, first):
            return first
    first = at
    while first > lowest:
        same = clauses[first - 1].sentence == clauses[at].sentence
        if not same and any(wants[first : at + 1]):
            break
        if same and wants[at] and wants[first - 1]:
            break
        first -= 1
        if same and wants[first] and not wants[at]:
            break
    return first


def _starts_item(seen: Seen, at: int) -> bool:
    """The clause is the first of a line or of an item of a list."""
    start = seen.clauses[at].start
    between = seen.folded[seen.clauses[at - 1].end : start]
    return "\n" in between or bool(_ITEM.match(seen.folded, start))


def list_cut_features(seen: Seen, cut: Cut) -> set[str]:
    """What speaks for and against two asks here; each is there or not."""
    clauses = seen.clauses
    one, two = cut.earlier, cut.later
    start = clauses[cut.clause].start
    found = {
        f"roles:{one.role}>{two.role}",
        f"earlier:{one.role}:{one.grain}",
        f"later:{two.role}:{two.grain}",
        f"rule1:{one.rule.partition('/')[2]}",
        f"rule2:{two.rule.partition('/')[2]}",
        f"place:{min(cut.place, 3)}",
    }
    if one.at and two.at:
        found.add(f"order:{(two.at > one.at) - (two.at < one.at)}")
        if one.at.date() == two.at.date():
            found.add("sameday")
    if TimeRole.RECURRENCE in (one.role, two.role):
        found.add(f"rhythms:{one.recurrence}>{two.recurrence}")
    text = seen.folded
    between = text[clauses[cut.clause - 1].end : start]
    mark = "line" if "\n" in between else "sentence" if between.strip(",， ") else "comma"
    item = bool(_ITEM.match(text, start))
    found.add(f"mark:{mark}")
    found.add(f"item:{item}:{mark}")
    if turn := _TURN.match(text, start):
        found.add(f"turn:{turn[1]}")
    if _STEPS.search(text):
        found.add("steps")
    found.add(f"end1:{text[one.end - 1]}")
    found.add(f"end2:{text[two.end - 1]}")
    after = text[two.end : two.end + 2].strip()
    found.add(f"after2:{after[:1]}")
    found.add(f"after2:{after}")
    _add_sides(seen, cut, found)
    return found


def _add_sides(seen: Seen, cut: Cut, found: set[str]) -> None:
    """What is wanted before the place and after it."""
    sides: tuple[set[str], set[str]] = (set(), set())
    near: set[str] = set()
    dated = seen.index.at(cut.later.start)
    for cue in seen.cues:
        at = seen.index.at(cue.start)
        if not cut.begin <= at < cut.until:
            continue
        side = 1 if at >= cut.clause else 0
        if cue.group == "flags":
            continue
        name = cue.reason
        if cue.group != "speech" and seen.clauses[at].denies(cue.start):
            name = "-" + name
        prefix = {"kinds": "", "speech": "s.", "doing": "d.", "thing": "t."}[cue.group]
        sides[side].add(prefix + name)
        if at == dated:
            near.add(prefix + name)
    found.update(f"one:{name}" for name in sides[0])
    found.update(f"two:{name}" for name in sides[1])
    found.update(f"near:{name}" for name in near)
    kinds = tuple({n for n in side if "." not in n and n[0] != "-"} for side in sides)
    found.add(f"wants:{min(len(kinds[0]), 2)}>{min(len(kinds[1]), 2)}")
    found.add(f"new:{bool(kinds[1] - kinds[0])}:{bool(kinds[0] - kinds[1])}")
    found.update(f"{a}>{b}" for a in kinds[0] for b in kinds[1])
