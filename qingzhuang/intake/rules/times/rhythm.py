"""How often, and the first time it is due: one row a rule, from token kinds to a test of a day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from qingzhuang.intake.rules.times.anchors import LAST_OF_PART, ONE_DAY, month_end
from qingzhuang.intake.rules.times.lexer import Token
from qingzhuang.intake.types import Recurrence
from qingzhuang.org.types import WorkCalendar

Test = Callable[[Sequence[Token], date, WorkCalendar], bool]
_EARLY_DAYS = 15
_DAYS_BEFORE_LAST = {"half_month": (15,), "ten_days": (10, 20)}
HORIZON_DAYS = 1500  # reaches a 29 February


def _is_month_end(day: date) -> bool:
    return (day + ONE_DAY).day == 1


def _by_period(tokens: Sequence[Token], day: date, calendar: WorkCalendar) -> bool:
    """Without a day of its own: the last day of the period."""
    period, detail = tokens[0].value
    match period:
        case Recurrence.DAILY:
            return detail != "workday" or calendar.is_workday(day)
        case Recurrence.WEEKLY:
            return day.weekday() == 6
        case Recurrence.MONTHLY:
            return _is_month_end(day)
        case Recurrence.QUARTERLY:
            return _is_month_end(day) and day.month % 3 == 0
        case Recurrence.YEARLY:
            return day.month == 12 and day.day == 31
    if detail in _DAYS_BEFORE_LAST:
        return day.day in _DAYS_BEFORE_LAST[detail] or _is_month_end(day)
    return detail == "half" and _is_month_end(day) and day.month % 6 == 0


def _weekdays(tokens: Sequence[Token], day: date, _: WorkCalendar) -> bool:
    return day.weekday() in tokens[0].value


def _days_of_week(tokens: Sequence[Token], day: date, _: WorkCalendar) -> bool:
    return any(t.kind == "k" and t.value[1] == day.weekday() for t in tokens)


def _days_of_month(tokens: Sequence[Token], day: date, _: WorkCalendar) -> bool:
    wanted = [int(t.value) for t in tokens if t.kind == "D"]
    if any(t.kind == "~" for t in tokens):
        wanted = wanted[-1:]
    if tokens[-1].kind in "Pp":  # 每月25日至月底; 每月15日、月底
        wanted = [31] if tokens[-2].kind == "~" else [*wanted, 31]
    if tokens[0].value[0] is Recurrence.QUARTERLY:
        # 每季度5日前 tells of the quarter behind, 每季度25日前 of this one
        wanted = [w for w in wanted if day.month % 3 == (1 if w <= _EARLY_DAYS else 0)]
    return day.day in wanted or (_is_month_end(day) and any(w > day.day for w in wanted))


def _part_of_month(tokens: Sequence[Token], day: date, _: WorkCalendar) -> bool:
    last = LAST_OF_PART.get(tokens[-1].value)
    if tokens[-1].value in ("初", "start"):
        return False
    in_month = all(t.kind != "m" or t.value[1] == day.month for t in tokens)
    return in_month and (day.day == last if last else _is_month_end(day))


def _day_of_quarter(tokens: Sequence[Token], day: date, _: WorkCalendar) -> bool:
    return bool((day.month - 1) % 3 == tokens[1].value and day.day == tokens[2].value)


def _day_of_year(tokens: Sequence[Token], day: date, _: WorkCalendar) -> bool:
    return any(t.kind == "a" and t.value == (day.month, day.day) for t in tokens)


def _month_of_year(tokens: Sequence[Token], day: date, _: WorkCalendar) -> bool:
    return bool(day.month == tokens[1].value[1]) and _is_month_end(day)


def _working_day(tokens: Sequence[Token], day: date, calendar: WorkCalendar) -> bool:
    first, last = day.replace(day=1), month_end(day.year, day.month)
    if tokens[0].value[1] in _DAYS_BEFORE_LAST:  # 每旬最后一天
        return _by_period(tokens, day, calendar)
    if tokens[1].value > 0:
        return calendar.add_workdays(first - ONE_DAY, 1) == day
    while not calendar.is_workday(last):
        last -= ONE_DAY
    return last == day


def _never(_: Sequence[Token], __: date, ___: WorkCalendar) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class RhythmRule:
    """One row: its id, its token kinds, and whether a day is one of its days."""

    id: str
    kinds: str
    test: Test


# Tried in this order; longer ones stand before their beginnings.
RHYTHMS: tuple[RhythmRule, ...] = (
    RhythmRule("each.weekdays", "K", _weekdays),
    RhythmRule("each.other_weekday", "X", _weekdays),
    RhythmRule("each.so_long", "G", _never),
    RhythmRule("each.working_day_of_month", "eN", _working_day),
    RhythmRule("each.day_of_quarter", "etD", _day_of_quarter),
    RhythmRule("each.day_of_year", "ea(?:、a)*", _day_of_year),
    RhythmRule("each.part_of_month", "em?p|eP", _part_of_month),
    RhythmRule("each.month_of_year", "em", _month_of_year),
    RhythmRule("each.days_of_month", "eD(?:、D)*(?:[~、][DPp])?", _days_of_month),
    RhythmRule("each.days_of_week", "ek(?:、k)*", _days_of_week),
    RhythmRule("each.period", "eE|eS|e", _by_period),
    RhythmRule("rhythm.word", "z", _never),
)
RHYTHM_BY_ID = {rule.id: rule for rule in RHYTHMS}


def recurrence_of(tokens: Sequence[Token]) -> Recurrence:
    """How often these tokens say that it comes."""
    head = tokens[0]
    if head.kind == "K":
        return Recurrence.WEEKLY
    if head.kind == "e":
        return Recurrence(head.value[0])
    return Recurrence(head.value) if head.kind == "z" else Recurrence.OTHER
