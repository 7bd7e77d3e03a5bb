"""A day and a time of day to the minute: office bells, parts of the day, bare hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from qingzhuang.intake.rules.times.anchors import ONE_DAY, Sending
from qingzhuang.intake.rules.times.lexer import Token
from qingzhuang.kit.pure.clock import at

END_OF_DAY = (23, 59)
# A part of the day taken as a deadline: its end.
PART_ENDS = {
    "am": (12, 0), "dawn": (12, 0), "noon": (12, 0), "pm": (17, 30), "dusk": (18, 0),
    "night": END_OF_DAY, "small": (6, 0),
}  # fmt: skip
_DAWN = time(4)  # sent between then and half past seven, 7点半 is the morning's
_EVENING_FROM = 17  # after this hour a passed "8点" is tonight's


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day; hours from 24 are the next day's. `certain`: cannot be the other half."""

    hour: int
    minute: int
    certain: bool


def _with_part(hour: int, minute: int, part: str) -> Clock:
    if part in ("pm", "dusk") and hour < 12:
        hour += 12
    elif part == "night":
        hour += 24 if hour < 5 and hour > 0 else 12 if 5 <= hour <= 12 else 24 if hour == 0 else 0
    elif part == "noon" and hour <= 3:
        hour += 12
    elif part == "small" and hour == 12:
        hour = 0
    return Clock(hour, minute, True)


def read_clock(
    tokens: Sequence[Token], *, part: str | None, bounded: bool, early: bool, sending: Sending
) -> Clock | None:
    """The time of day that the tokens name, None without any.

    `part` is what the day itself said (今晚), `early` whether six and seven are rather morning
    (an event), `bounded` whether 前 follows. Office hours are the calendar's.
    """
    hours = sending.calendar.office_hours
    for token in tokens:
        if token.kind == "h":
            part = token.value
    for token in tokens:
        if token.kind == "c" or (token.kind == "n" and token.value[4]):
            hour, minute = token.value[:2]
            certain = token.kind == "c" and token.value[2]
            if part:
                return _with_part(hour, minute, part)
            if certain or not 1 <= hour <= 12:
                return Clock(hour, minute, True)
            soon = sending.moment and _DAWN <= sending.moment.time() < time(hour, minute)
            afternoon = hour < (6 if early or soon else 8)
            return Clock(hour + 12 if afternoon else hour, minute, afternoon and hour < 6)
    for token in tokens:
        if token.kind == "g":
            bell = token.value[0]
            if bell == "noon" or (bell == "closes" and part in ("am", "noon")):
                moment = hours[0][1]
            elif bell == "closes":
                moment = hours[-1][1]
            else:
                moment = hours[-1 if part == "pm" else 0][0]
            return Clock(moment.hour, moment.minute, True)
    if part:
        if part == "dawn" and bounded:
            return Clock(hours[0][0].hour, hours[0][0].minute, True)
        return Clock(*PART_ENDS[part], True)
    return None


def on(day: date, clock: Clock | None) -> datetime:
    """That clock on that day; midnight at its end is 23:59, so is a day without a time."""
    hour, minute = (clock.hour, clock.minute) if clock else END_OF_DAY
    if hour == 24 and minute == 0:
        hour, minute = END_OF_DAY
    return at(day + timedelta(days=hour // 24), hour % 24, minute)


def coming(clock: Clock, tokens: Sequence[Token], sending: Sending, *, bounded: bool) -> datetime:
    """A time of day without a day: the next one that an office can mean."""
    sent = sending.moment
    assert sent is not None
    today = sent.date()
    if bounded and (clock.hour, clock.minute) == (0, 0):  # 零点前 is the midnight to come
        clock = Clock(24, 0, True)
    moment = on(today, clock)
    if moment >= sent:
        return moment
    if not clock.certain:
        later = on(today, Clock(clock.hour + 12, clock.minute, True))
        if (sent.hour >= _EVENING_FROM or (clock.hour == 12 and bounded)) and later > sent:
            return later
    if any(token.kind == "g" for token in tokens):
        return on(sending.calendar.add_workdays(today, 1), clock)
    return on(today + ONE_DAY, clock)


def this_day(day: date, clock: Clock | None, sending: Sending) -> datetime:
    """That clock on a named day; an hour of today that has passed may be this evening's."""
    moment, sent = on(day, clock), sending.moment
    if clock is None or clock.certain or sent is None or sent.date() != day or moment >= sent:
        return moment
    later = on(day, Clock(clock.hour + 12, clock.minute, True))
    return later if clock.hour < 12 and later > sent else moment
