"""An expression to a moment, by the sending time and the working-day calendar."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from qingzhuang.intake.rules.times.anchors import ANCHOR_BY_ID, ONE_DAY, Sending, Span
from qingzhuang.intake.rules.times.grammar import Expression
from qingzhuang.intake.rules.times.lexer import Token
from qingzhuang.intake.rules.times.moments import PART_ENDS, Clock, coming, on, read_clock, this_day
from qingzhuang.intake.rules.times.rhythm import HORIZON_DAYS, RHYTHM_BY_ID

VAGUE = "vague"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What an expression comes to. `first`: the day that a later bare clock time belongs to."""

    at: datetime | None
    grain: str
    first: date | None = None


_NEVER = Moment(at=None, grain=VAGUE)


def _part_of_anchor(expression: Expression) -> str | None:
    """The part of the day that the day's own word carries (今晚, 每晚)."""
    for token in expression.anchor:
        if token.kind in "re" and token.value[1] in PART_ENDS:
            return str(token.value[1])
    return None


def _clock_of(expression: Expression, sending: Sending, early: bool) -> Clock | None:
    return read_clock(
        expression.clock,
        part=_part_of_anchor(expression),
        bounded="b" in expression.marks,
        early=early,
        sending=sending,
    )


def _days(expression: Expression, sending: Sending) -> Span | None:
    rule = ANCHOR_BY_ID.get(expression.rule)
    try:
        return rule.read(expression.anchor, sending) if rule else None
    except (ValueError, OverflowError):  # 2月30日, or past the end of the calendar
        return None


def resolve(
    expression: Expression, sending: Sending, *, as_start: bool, day: date | None = None
) -> Moment:
    """The moment of an expression that is no rhythm.

    `as_start`: an event counts by its start, anything else by its end; `day` is the day that a
    bare clock time continues (明天检查, 8点到岗). Never raises.
    """
    try:
        if expression.until is not None:
            return _resolve_range(expression, sending, as_start, day)
        return _resolve_one(expression, sending, as_start, day)
    except (ValueError, OverflowError):
        return _NEVER


def _resolve_range(
    expression: Expression, sending: Sending, as_start: bool, day: date | None
) -> Moment:
    whole, until = replace(expression, until=None), expression.until
    assert until is not None
    if expression.rule == "clock" and until.rule == "clock" and day is None:
        # 8:30-9:30 at 8:40 is still today's
        end = _resolve_one(until, sending, False, None)
        clock = _clock_of(whole, sending, True)
        if as_start and end.first is not None and clock is not None:
            return Moment(at=on(end.first, clock), grain="minute", first=end.first)
    first = _resolve_one(whole, sending, True, day)
    if as_start:
        return first
    if until.rule == "clock":
        own = _clock_of(until, sending, False)
        if own and until.clock[0].kind != "h" and whole.clock and whole.clock[0].kind == "h":
            until = replace(until, times=((whole.clock[0], *until.clock),))
        return _resolve_one(until, sending, False, first.first or day)
    if first.first is not None and until.rule in (
        "day.of_month",
        "day.weekday",
        "day.month_day",
        "day.dotted",
        "part.of_month",
    ):
        from_start = Sending(moment=on(first.first, Clock(0, 0, True)), calendar=sending.calendar)
        return _resolve_one(until, from_start, False, None)
    return _resolve_one(until, sending, False, None)


def _resolve_one(
    expression: Expression, sending: Sending, as_start: bool, day: date | None
) -> Moment:
    clock = _clock_of(expression, sending, as_start)
    if expression.rule == "clock":
        if clock is None or (sending.moment is None and day is None):
            return _NEVER
        grain = _grain(expression, "day")
        if day is not None:
            return Moment(at=this_day(day, clock, sending), grain=grain, first=day)
        at = coming(clock, expression.clock, sending, bounded="b" in expression.marks)
        if _is_small_hour(expression.clock) and sending.moment is not None and at < sending.moment:
            at += ONE_DAY
        return Moment(at=at, grain=grain, first=at.date())
    span = _days(expression, sending)
    if span is None:
        return _NEVER
    if span.moment is not None:
        return Moment(at=span.moment, grain=span.grain, first=span.first)
    last = span.first if as_start and span.grain == "day" else span.last
    before = "b" in expression.marks or any(token.kind == "F" for token in expression.anchor)
    if before and span.before is not None:
        last = span.before
    moment = this_day(last, clock, sending)
    if clock and span.moves and sending.moment and moment < sending.moment and not sending.back:
        later = _days(
            expression, Sending(moment=on(last + ONE_DAY, None), calendar=sending.calendar)
        )
        last = later.last if later else last
        moment = on(last, clock)
    first = last if span.grain == "day" else span.first
    return Moment(at=moment, grain=_grain(expression, span.grain), first=first)


def _grain(expression: Expression, of_days: str) -> str:
    """Minute only with a clock or a bell: 上午 is a reading of a day."""
    parts = expression.last.clock
    return "minute" if any(token.kind in "cng" for token in parts) else of_days


def _is_small_hour(tokens: tuple[Token, ...]) -> bool:
    return any(token.kind == "h" and token.value == "small" for token in tokens)


def first_due(expression: Expression, sending: Sending, *, since: date | None) -> Moment:
    """The first time a rhythm is due, at or after sending and not before `since` (自…起)."""
    rule, sent = RHYTHM_BY_ID[expression.rule], sending.moment
    if sent is None:
        return _NEVER
    try:
        if rule.id == "each.so_long" and expression.anchor[0].value[1] == "整点":
            hour = (sent - timedelta(minutes=1)).replace(minute=0) + timedelta(hours=1)
            return Moment(at=hour.replace(second=0, microsecond=0), grain="minute")
        if rule.id == "each.so_long":
            length = expression.anchor[0]._replace(kind="u")
            span = ANCHOR_BY_ID["duration"].read([length], sending)
            at = (span.moment or on(span.first, None)) if span else None
            return Moment(at=at, grain="minute")
        part = _part_of_anchor(expression)
        clocks = [
            read_clock(
                time, part=part, bounded="b" in expression.marks, early=False, sending=sending
            )
            for time in expression.times or ((),)
        ]
        moments = sorted({on(date(2000, 1, 1), clock) for clock in clocks})
        day = max(sent.date(), since) if since else sent.date()
        for _ in range(HORIZON_DAYS):
            if rule.test(expression.anchor, day, sending.calendar):
                for moment in moments:
                    due = moment + timedelta(days=(day - date(2000, 1, 1)).days)
                    if due >= sent:
                        return Moment(at=due, grain="minute" if clocks[0] else "day")
            day += ONE_DAY
    except (ValueError, OverflowError):
        return _NEVER
    return _NEVER
