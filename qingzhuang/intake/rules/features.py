"""What is seen in a text before judging it: cues, clauses, times, and pairs of characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qingzhuang.intake.rules.clauses import Clause, ClauseIndex, mark_speech, split_clauses
from qingzhuang.intake.rules.cues import Cue, find_cues
from qingzhuang.intake.rules.times import TimeMention, TimeRole
from qingzhuang.intake.types import ChannelKind, Deliverable

_DIGITS = re.compile(r"\d+")
_MASKED = re.compile(r"[*×xX]{2,}")
_NOT_WORDS = re.compile(r"[^一-龥A-Za-z0@?!:;。,%]+")
_GRAM_LIMIT = 700  # characters; what is asked stands in the head and the tail of a document
_KINDS = frozenset(str(kind) for kind in Deliverable)
_TITLE = re.compile(
    r"关于[^\n。]{2,60}?的?(通知|函|通报|公告|复函|请示|批复|意见|方案|预告|提醒|说明)"
)
_TITLE_SPAN = re.compile(
    r"关于[^\n。;]{2,70}?的?(?:通知|函|通报|公告|复函|请示|预告)(?=[\n \u3000]|$)"
)
_BOOK = re.compile(r"《[^》\n]{1,60}》")
_WAYS = ("order", "done", "question", "handin", "info", "unit", "tome", "optional", "others")
_TAIL = 80  # characters: the last word stands in them, whatever marks follow it
_AT_END = re.compile(r"(?:[^\w\s]|\[[^\]]{1,6}\]|\s)*$")
_LAST_WORD = re.compile(r"(了|吗|呢|吧|哈|啊|的|呀|哦|嘛)$")


@dataclass(slots=True)
class Seen:
    """One text with all that was found in it; spans count characters of `folded`."""

    folded: str
    clauses: list[Clause]
    cues: list[Cue]
    times: Sequence[TimeMention]
    index: ClauseIndex

    def part(self, start: int, end: int) -> Seen:
        """The same for a part of the text; spans still count from the whole text's start."""
        clauses = [c for c in self.clauses if c.start < end and c.end > start]
        return Seen(
            self.folded,
            clauses,
            [c for c in self.cues if start <= c.start < end],
            [t for t in self.times if start <= t.start < end],
            ClauseIndex(clauses),
        )


def look(folded: str, times: Sequence[TimeMention]) -> Seen:
    clauses = split_clauses(folded)
    cues = find_cues(folded)
    index = ClauseIndex(clauses)
    mark_speech(clauses, index, cues)
    return Seen(folded, clauses, cues, times, index)


def is_denied(seen: Seen, cue: Cue) -> bool:
    """The cue stands behind 不用, 无需, 取消 … in its clause."""
    at = seen.index.at(cue.start)
    return at >= 0 and seen.clauses[at].denies(cue.start)


def is_due(time: TimeMention) -> bool:
    """The time may be when something has to be done."""
    return time.role in (TimeRole.DEADLINE, TimeRole.EVENT, TimeRole.RECURRENCE)


def _add_grams(text: str, found: set[str]) -> None:
    text = _NOT_WORDS.sub(" ", _MASKED.sub("x", _DIGITS.sub("0", text)))
    if len(text) > _GRAM_LIMIT:
        text = text[: _GRAM_LIMIT * 2 // 3] + " " + text[-_GRAM_LIMIT // 3 :]
    for word in text.split(" "):
        size = len(word)
        found.update("g:" + word[at : at + 2] for at in range(size - 1))
        found.update("g:" + word[at : at + 3] for at in range(size - 2))


def list_features(
    seen: Seen,
    start: int,
    end: int,
    *,
    channel: ChannelKind,
    sender_kind: str,
) -> set[str]:
    """Names of what text[start:end] shows; each is there or not."""
    found: set[str] = set()
    folded = seen.folded
    text = folded[start:end]
    _add_grams(text, found)
    found.add(f"channel:{channel}")
    found.add(f"sender:{sender_kind}")
    found.add(f"channel:{channel}:{sender_kind}")
    length = end - start
    size = (
        0 if length < 12 else 1 if length < 30 else 2 if length < 80 else 3 if length < 300 else 4
    )
    found.add(f"length:{size}")
    if title := _TITLE.search(text):
        found.add(f"title:{title[1]}")
    tail = text[-_TAIL:]
    bare = tail[: _AT_END.search(tail).start()]  # type: ignore[union-attr]
    if last := _LAST_WORD.search(bare):
        found.add(f"lastword:{last[1]}")
    found.add(f"lines:{min(text.count(chr(10)), 3)}")
    _add_times(seen, found)
    _add_speech(seen, found, sender_kind)
    _add_cues(seen, found, start, end)
    return found


def _add_times(seen: Seen, found: set[str]) -> None:
    due = 0
    for time in seen.times:
        found.add(f"time:{time.role}")
        found.add(f"time:{time.role}:{time.grain}")
        due += is_due(time)
    found.add(f"due:{min(due, 3)}")


def _add_speech(seen: Seen, found: set[str], sender_kind: str) -> None:
    clauses = seen.clauses
    for clause in clauses:
        for way in clause.speech:
            found.add(f"speech:{way}")
            found.add(f"speech:{way}:{sender_kind}")
        if "order" in clause.speech and "handin" in clause.speech:
            found.add("speech:order+handin")
        if "self" in clause.speech and ("done" in clause.speech or "ended" in clause.speech):
            found.add("speech:self+done")
    if clauses:
        for way in clauses[-1].speech:
            found.add(f"last:{way}")
        for way in clauses[0].speech:
            found.add(f"first:{way}")


def _add_cues(seen: Seen, found: set[str], start: int, end: int) -> None:
    clauses, at_of = seen.clauses, seen.index.at
    quoted = [m.span() for m in _BOOK.finditer(seen.folded, start, end)]
    titles = [m.span() for m in _TITLE_SPAN.finditer(seen.folded, start, end)]
    dated = {at_of(time.start) for time in seen.times if is_due(time)}
    doing: dict[int, set[str]] = {}
    things: dict[int, set[str]] = {}
    cued: dict[int, set[str]] = {}
    for cue in seen.cues:
        group, reason = cue.group, cue.reason
        if group == "speech":
            continue
        at = at_of(cue.start)
        if at < 0:
            continue
        clause = clauses[at]
        if group in ("doing", "thing"):
            if group == "doing" and any(a <= cue.start < b for a, b in quoted):
                continue
            kept = doing if group == "doing" else things
            denied = clause.denies(cue.start)
            kept.setdefault(at, set()).add("-" + reason if denied else reason)
            continue
        if clause.denies(cue.start):
            found.add(f"denied:{reason}")
            continue
        if reason != "form" and any(a <= cue.start < b for a, b in quoted):
            found.add(f"quoted:{reason}")
            continue
        if any(a <= cue.start < b for a, b in titles):
            found.add(f"title:{reason}")
            continue
        if cue.start < clause.negated_at < cue.end:
            found.add(f"inner:{reason}")
            continue
        found.add(f"cue:{reason}")
        found.add(f"cue:{reason}:{cue.pattern}")
        cued.setdefault(at, set()).add(reason)
    together: set[str] = set()
    for at, reasons in cued.items():
        clause = clauses[at]
        ways = [way for way in _WAYS if way in clause.speech]
        together.update(reasons)
        if at in dated:
            ways.append("dated")
        for reason in reasons:
            found.update(f"cue:{reason}+{way}" for way in ways)
    kinds = sorted(together & _KINDS)
    found.update(f"k:{a}+{b}" for n, a in enumerate(kinds) for b in kinds[n + 1 :])
    for at, verbs in doing.items():
        clause = clauses[at]
        for verb in verbs:
            found.add(f"d:{verb}")
            if at in dated:
                found.add(f"d:{verb}+dated")
            if "order" in clause.speech:
                found.add(f"d:{verb}+order")
            if "done" in clause.speech:
                found.add(f"d:{verb}+done")
            found.update(f"p:{verb}+{thing}" for thing in things.get(at, ()))
    for at, some in things.items():
        clause = clauses[at]
        for thing in some:
            found.add(f"t:{thing}")
            if at in dated:
                found.add(f"t:{thing}+dated")
