"""Tokens to time expressions: anchor, time of day, bounds, and the second half of a range."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qingzhuang.intake.rules.times.anchors import ANCHORS
from qingzhuang.intake.rules.times.lexer import Token
from qingzhuang.intake.rules.times.rhythm import RHYTHMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """One time expression: text[start:end].

    `rule` is the anchor's or rhythm's id ("clock" for a bare time of day), `anchor` its tokens;
    `times` the times of day (several only in a rhythm); `marks` the kinds of the bounds around it
    (s 截至, b 前, i 内, o 起, l 后, d 期间); `until` the end of a range.
    """

    start: int
    end: int
    rule: str
    anchor: tuple[Token, ...]
    times: tuple[tuple[Token, ...], ...]
    marks: frozenset[str]
    until: Expression | None = None

    @property
    def last(self) -> Expression:
        """The part that a deadline counts by: the end of a range."""
        return self.until or self

    @property
    def bounded(self) -> bool:
        """Whether 前 or the like closes it, a bell (下班前) too."""
        marks = self.last.marks
        return "b" in marks or any(t.kind == "g" and t.value[1] for t in self.last.clock)

    @property
    def clock(self) -> tuple[Token, ...]:
        return self.times[0] if self.times else ()


def _named(prefix: str, rows: Sequence[tuple[str, str]]) -> str:
    return "|".join(f"(?P<{prefix}{index}>{kinds})" for index, (_, kinds) in enumerate(rows))


_RHYTHM_ROWS = [(rule.id, rule.kinds) for rule in RHYTHMS]
_ANCHOR_ROWS = [(rule.id, rule.kinds) for rule in ANCHORS]
_TIME = r"h?c|hn|hg|gc?|h"
# A dotted pair is a clock only where a day stands before it; so is a second, bare hour.
_SHAPE = re.compile(
    r"(?P<before>s?)(?:"
    rf"(?:{_named('e', _RHYTHM_ROWS)})(?:[(,]?(?P<times>(?:{_TIME}|(?<=[Ke])n)(?:、?(?:{_TIME}))*))?"
    rf"|(?:{_named('a', _ANCHOR_ROWS)})(?:(?<=[AarBkDMnw])[(](?P<inner>[AarkDn])[)]|(?<=[AarBkD])(?P<again>[AarkD])|(?<=[Aa]),(?P<named>k))?"
    rf"(?:(?<=[AarBkDnPpEWfF)])[,(]?(?P<clock>{_TIME}|(?<=[rBkAaD)])n))?"
    rf"|(?P<bare>{_TIME})"
    r")(?P<after>[)]?[biold]+)?"
)
_RULES = [
    (_SHAPE.groupindex[f"{prefix}{index}"], rows[index][0])
    for prefix, rows in (("e", _RHYTHM_ROWS), ("a", _ANCHOR_ROWS))
    for index in range(len(rows))
]
_SURER = "AanrDkB"  # of two names of one day, which is believed


def _split(kinds: str, tokens: Sequence[Token]) -> tuple[tuple[Token, ...], ...]:
    times: list[list[Token]] = [[]]
    for kind, token in zip(kinds, tokens, strict=True):
        if kind == "、":
            times.append([])
        elif kind == "h" and times[-1] and times[-1][-1].kind in "cg":  # 早8点晚5点
            times.append([token])
        else:
            times[-1].append(token)
    return tuple(tuple(time) for time in times if time)


def parse(tokens: Sequence[Token]) -> list[Expression]:
    """The expressions in the tokens, in order; ranges are one expression."""
    kinds = "".join(token.kind for token in tokens)
    read: list[tuple[int, int, Expression]] = []
    for found in _SHAPE.finditer(kinds):
        rule = "clock"
        anchor: tuple[Token, ...] = ()
        times: tuple[tuple[Token, ...], ...]
        for index, name in _RULES:
            if found.regs[index][0] >= 0:
                rule, anchor = name, tuple(tokens[slice(*found.regs[index])])
                break
        again = max(found.start("inner"), found.start("again"), found.start("named"))
        if again >= 0 and tokens[again].kind == "n" and not tokens[again].value[3]:
            again = -1
        if again >= 0 and _SURER.find(tokens[again].kind) < _SURER.find(anchor[-1].kind):
            anchor = (tokens[again],)
            rule = next(
                name for name, kind in _ANCHOR_ROWS if re.fullmatch(kind, tokens[again].kind)
            )
        if anchor and rule == "day.dotted" and not anchor[0].value[3]:
            rule, times, anchor = "clock", (anchor,), ()
        else:
            span = max(found.span("times"), found.span("clock"), found.span("bare"))
            times = _split(kinds[slice(*span)], tokens[slice(*span)]) if span[0] >= 0 else ()
        end = found.end() - (kinds[found.end() - 1] == "(")
        last = tokens[end - 1].end
        read.append(
            (
                found.start(),
                end,
                Expression(
                    start=tokens[found.start()].start,
                    end=last,
                    rule=rule,
                    anchor=anchor,
                    times=times,
                    marks=frozenset(found["before"] + (found["after"] or "").lstrip(")")),
                ),
            )
        )
    return _join_ranges(kinds, read)


def _join_ranges(kinds: str, read: Sequence[tuple[int, int, Expression]]) -> list[Expression]:
    joined: list[Expression] = []
    reach = -1
    for first, end, expression in read:
        if joined and kinds[reach:first] == "~" and _may_join(joined[-1], expression):
            joined[-1] = replace(joined[-1], end=expression.end, until=expression)
        else:
            joined.append(expression)
        reach = end
    return joined


def _may_join(first: Expression, second: Expression) -> bool:
    if first.until is not None or second.rule in ("vague", "as_of_now", "duration"):
        return False
    return first.rule not in ("as_of_now", "duration") and not first.marks & {"b", "i"}
