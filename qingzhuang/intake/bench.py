"""How well asks are read, against labelled messages: `run_reader`, wired to `qz bench reader`.

A labelled file has one JSON object a line: id, channel, group, sender, sent_at, text and the
list `asks` (issuer, deliverables, forms, due_at, recurrence, flags). The asks of a message are
paired with those that were read so that most agrees; what is left over counts as missed or as
made up. Figures are micro-averaged precision, recall and F1.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

from qingzhuang.intake.rules.asks import read_asks
from qingzhuang.intake.types import Ask, ChannelKind, Message
from qingzhuang.org.rules import load_calendar

Part = Literal["held", "dev", "all"]
MEASURES = (
    "message is ask",
    "asks counted",
    "kinds",
    "flags",
    "issuer",
    "deadline",
    "recurrence",
    "forms",
)
# Half of these files, by the digest of the line's id, is for the final figures only.
HELD_OUT = frozenset({"asks_c.jsonl"})
_HELD_FROM = 128  # first byte of the digest
_MOST_PERMUTED = 6


@dataclass(slots=True)
class Tally:
    """Hits, made up, missed."""

    hits: int = 0
    extra: int = 0
    missed: int = 0

    def count(self, want: set[Any], got: set[Any]) -> None:
        self.hits += len(want & got)
        self.extra += len(got - want)
        self.missed += len(want - got)

    def figures(self) -> dict[str, float | int]:
        """precision, recall, f1 (1.0 where there was nothing to find), and n wanted."""
        said, want = self.hits + self.extra, self.hits + self.missed
        return {
            "precision": round(self.hits / said, 4) if said else 1.0,
            "recall": round(self.hits / want, 4) if want else 1.0,
            "f1": round(2 * self.hits / (said + want), 4) if said + want else 1.0,
            "n": want,
        }


@dataclass(slots=True)
class Score:
    """Tallies by measure, and by single kind and flag."""

    messages: int = 0
    seconds: float = 0.0
    tallies: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in MEASURES})
    each: dict[str, Tally] = field(default_factory=dict)

    def add(self, row: dict[str, Any], got: Sequence[Ask]) -> None:
        """Count one labelled message against what was read of it."""
        self.messages += 1
        want = row["asks"]
        here = self.tallies
        here["message is ask"].count({1} if want else set(), {1} if got else set())
        here["asks counted"].count(set(range(len(want))), set(range(len(got))))
        for label, ask in pair(want, got):
            wanted = _facets_of_label(label) if label else _NOTHING
            read = _facets_of_ask(ask) if ask else _NOTHING
            for name in MEASURES[2:]:
                here[name].count(wanted[name], read[name])
            for name in ("kinds", "flags"):
                for one in wanted[name] | read[name]:
                    self.each.setdefault(f"{name}: {one}", Tally()).count(
                        wanted[name] & {one}, read[name] & {one}
                    )


_NOTHING: dict[str, set[Any]] = {name: set() for name in MEASURES[2:]}


def _facets_of_label(label: dict[str, Any]) -> dict[str, set[Any]]:
    return {
        "kinds": set(label["deliverables"]),
        "flags": set(label["flags"]),
        "issuer": {label["issuer"]} - {None},
        "deadline": {label["due_at"][:16]} if label["due_at"] else set(),
        "recurrence": {label["recurrence"]} - {"once"},
        "forms": set(label["forms"]),
    }


def _facets_of_ask(ask: Ask) -> dict[str, set[Any]]:
    return {
        "kinds": {str(kind) for kind in ask.deliverables},
        "flags": {str(flag) for flag in ask.flags},
        "issuer": {ask.issuer} - {None},
        "deadline": {ask.due_at.isoformat()[:16]} if ask.due_at else set(),
        "recurrence": {str(ask.recurrence)} - {"once"},
        "forms": set(ask.forms),
    }


def pair(
    want: Sequence[dict[str, Any]], got: Sequence[Ask]
) -> list[tuple[dict[str, Any] | None, Ask | None]]:
    """Labels with the asks read, so that most agrees; the rest of both sides with None."""
    if len(want) == 1 and len(got) == 1:
        return [(want[0], got[0])]
    wanted = [_facets_of_label(label) for label in want]
    read = [_facets_of_ask(ask) for ask in got]

    def agreement(at: int, to: int) -> float:
        one, other = wanted[at], read[to]
        due = 2.0 * (one["deadline"] == other["deadline"])
        shared = sum(len(one[name] & other[name]) for name in ("kinds", "flags", "forms"))
        apart = sum(len(one[name] ^ other[name]) for name in ("kinds", "flags", "forms"))
        return due + shared - 0.25 * apart + (one["issuer"] == other["issuer"]) * 0.5

    few, many = sorted((len(want), len(got)))
    chosen: list[tuple[int, int]] = []
    if many <= _MOST_PERMUTED:
        flipped = len(want) > len(got)
        best = max(
            permutations(range(many), few),
            key=lambda order: sum(
                agreement(to, at) if flipped else agreement(at, to) for at, to in enumerate(order)
            ),
        )
        chosen = [(to, at) if flipped else (at, to) for at, to in enumerate(best)]
    else:
        ranked = sorted(
            ((agreement(at, to), at, to) for at in range(len(want)) for to in range(len(got))),
            reverse=True,
        )
        for _, at, to in ranked:
            if all(at != a and to != b for a, b in chosen):
                chosen.append((at, to))
    left = {at for at, _ in chosen}
    right = {to for _, to in chosen}
    return [
        *((want[at], got[to]) for at, to in chosen),
        *((label, None) for at, label in enumerate(want) if at not in left),
        *((None, ask) for to, ask in enumerate(got) if to not in right),
    ]


def is_held(file: str, row_id: str) -> bool:
    """The line belongs to the half of a held-out file that nobody may learn from."""
    return file in HELD_OUT and hashlib.sha256(row_id.encode()).digest()[0] >= _HELD_FROM


def read_rows(paths: Iterable[Path | str], part: Part = "all") -> Iterator[dict[str, Any]]:
    """The labelled messages of the files, of one part of them."""
    for path in paths:
        for line in Path(path).read_text("utf-8").splitlines():
            if not line.strip():
                continue
            row = json.loads(line)
            if part == "all" or is_held(Path(path).name, row["id"]) == (part == "held"):
                yield row


def to_message(row: dict[str, Any]) -> Message:
    """A labelled line as the message that it labels."""
    return Message(
        path="labelled",
        locator=row["id"],
        channel=ChannelKind(row["channel"]),
        group=row["group"],
        sender=row["sender"],
        sent_at=datetime.fromisoformat(row["sent_at"]),
        text=row["text"],
    )


def score_rows(rows: Iterable[dict[str, Any]]) -> Score:
    """Read every labelled message and count; only the reading is timed."""
    calendar = load_calendar()
    score = Score()
    for row in rows:
        message = to_message(row)
        began = perf_counter()
        got = read_asks(message, calendar=calendar)
        score.seconds += perf_counter() - began
        score.add(row, got)
    return score


def run_reader(paths: Iterable[Path | str], part: Part = "held") -> dict[str, Any]:
    """Figures of the reader on labelled files; `part` is "held", "dev" or "all".

    {"part", "messages", "ms_per_message", "measures": {name: {precision, recall, f1, n}},
    "each": the same for every kind and flag}. Raises OSError, ValueError for unreadable files.
    """
    return {"part": part} | report(score_rows(read_rows(paths, part)))


def report(score: Score) -> dict[str, Any]:
    """The figures of a score as plain values."""
    return {
        "messages": score.messages,
        "ms_per_message": round(score.seconds / max(score.messages, 1) * 1000, 3),
        "measures": {name: tally.figures() for name, tally in score.tallies.items()},
        "each": {name: score.each[name].figures() for name in sorted(score.each)},
    }


def format_score(score: Score, *, each: bool = False) -> str:
    """The same as a table for the terminal."""
    return format_reader(report(score), each=each)


def format_reader(figures: dict[str, Any], *, each: bool = False) -> str:
    """What `run_reader` gives as a table for the terminal; `each` adds every kind and flag."""
    lines = [
        f"{figures['messages']} messages ({figures.get('part', 'all')}), "
        f"{figures['ms_per_message']} ms each",
        f"{'':24}{'P':>7}{'R':>7}{'F1':>7}{'n':>7}",
    ]
    shown = figures["measures"] | (figures["each"] if each else {})
    for name, row in shown.items():
        numbers = "".join(f"{row[key]:>7.3f}" for key in ("precision", "recall", "f1"))
        lines.append(f"{name:24}{numbers}{row['n']:>7}")
    return "\n".join(lines)
