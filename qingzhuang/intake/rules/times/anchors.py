"""Which days an expression means: one row a rule, from token kinds to days.

A row's `kinds` is a pattern over the token letters of lexicon.py; its function gets the tokens
and what is known of the sending, and answers a Span, or None when the days cannot be told.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from qingzhuang.intake.rules.times.lexer import Token
from qingzhuang.intake.rules.times.observances import load_observances
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.org.rules import load_festivals
from qingzhuang.org.types import WorkCalendar

ONE_DAY = timedelta(days=1)
STALE_DAYS = 60  # a month and day further back than this is next year's
LAST_OF_PART = {"上旬": 10, "中旬": 20, "mid": 15}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """When the text was sent (None: unknown), the calendar, and whether what is read lies back."""

    moment: datetime | None
    calendar: WorkCalendar
    back: bool = False
    event: date | None = None  # that 当日 and 会前一天 go by

    @property
    def today(self) -> date | None:
        return self.moment.date() if self.moment else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """First and last day meant. `before`: the last day if 前 follows and does not include it.

    `moment` stands for spans measured in hours and minutes; `moves`: a clock time that has
    passed moves it on by so many days.
    """

    first: date
    last: date
    grain: str
    before: date | None = None
    moment: datetime | None = None
    moves: int = 0


def in_china_or_none(sent_at: datetime | None) -> datetime | None:
    """The moment in China, None when it is not given or off the calendar there."""
    try:
        return in_china(sent_at) if sent_at else None
    except OverflowError:  # the first or last day of the calendar, seen from another zone
        return None


Reader = Callable[[Sequence[Token], Sending], "Span | None"]


def month_end(year: int, month: int) -> date:
    """The last day of a month; months beyond 12 count on into the next years."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def _one(day: date, **more: int) -> Span:
    return Span(first=day, last=day, grain="day", moves=more.get("moves", 0))


def _months(year: int, first: int, last: int) -> Span:
    end = month_end(year, last)
    return Span(first=month_end(year, first).replace(day=1), last=end, grain="month")


def _year(tokens: Sequence[Token], sending: Sending) -> int | None:
    for token in tokens:
        if token.kind == "y":
            return int(token.value)
        if token.kind == "Z":
            return sending.today.year + int(token.value) if sending.today else None
        if token.kind == "m" and token.value[0]:
            return int(token.value[0])
    return sending.today.year if sending.today else None


def _full(tokens: Sequence[Token], _: Sending) -> Span | None:
    return _one(date(*tokens[0].value))


def _month_day(tokens: Sequence[Token], sending: Sending) -> Span | None:
    month, day = tokens[-1].value[:2]
    year, today = _year(tokens, sending), sending.today
    if year is None or today is None:
        return None
    if tokens[0].kind == "Z":
        return _one(date(year, month, day))
    if sending.back:
        this = date(year, month, day)
        return _one(this if this <= today else date(year - 1, month, day))
    if (today - date(year, month, min(day, 28))).days > STALE_DAYS:
        year += 1
    return _one(date(year, month, day))


def _dotted(tokens: Sequence[Token], sending: Sending) -> Span | None:
    return _month_day(tokens, sending) if tokens[0].value[3] else None


def _day(tokens: Sequence[Token], sending: Sending) -> Span | None:
    today, wanted = sending.today, int(tokens[-1].value)
    if today is None or not 1 <= wanted <= 31:
        return None
    shift = int(tokens[0].value) if tokens[0].kind == "M" else None
    if shift is not None:
        end = month_end(today.year, today.month + shift)
        return _one(end.replace(day=wanted))
    step = -1 if sending.back else 1
    for months in range(4):
        end = month_end(today.year, today.month + step * months)
        if wanted <= end.day and (end.replace(day=wanted) - today).days * step >= 0:
            return _one(end.replace(day=wanted), moves=30)
    return None


def _relative(tokens: Sequence[Token], sending: Sending) -> Span | None:
    today = sending.today
    return _one(today + int(tokens[0].value[0]) * ONE_DAY) if today else None


def _by_event(tokens: Sequence[Token], sending: Sending) -> Span | None:
    shift = int(tokens[0].value)
    base = sending.event or (sending.today if shift >= 0 else None)
    return _one(base + shift * ONE_DAY) if base else None


def _weekday(tokens: Sequence[Token], sending: Sending) -> Span | None:
    today, (shift, wanted) = sending.today, tokens[0].value
    if today is None:
        return None
    if shift is None:
        if sending.back:
            return _one(today - (today.weekday() - wanted) % 7 * ONE_DAY)
        return _one(today + (wanted - today.weekday()) % 7 * ONE_DAY, moves=7)
    return _one(today + (wanted - today.weekday() + 7 * shift) * ONE_DAY)


def _week(tokens: Sequence[Token], sending: Sending) -> Span | None:
    today, shift = sending.today, int(tokens[0].value)
    if today is None:
        return None
    monday = today + (7 * shift - today.weekday()) * ONE_DAY
    before = monday - ONE_DAY if shift > 0 else None
    return Span(first=monday, last=monday + 6 * ONE_DAY, grain="week", before=before)


def _weekend(tokens: Sequence[Token], sending: Sending) -> Span | None:
    week = _week(tokens, sending)
    if week is None:
        return None
    saturday = week.last - ONE_DAY
    return Span(first=saturday, last=week.last, grain="week", before=saturday - ONE_DAY)


def _month(tokens: Sequence[Token], sending: Sending) -> Span | None:
    today, head = sending.today, tokens[0]
    if head.kind == "M":
        return _months(today.year, *[today.month + int(head.value)] * 2) if today else None
    year, month = _year(tokens, sending), int(tokens[-1].value[1])
    if year is None or not 1 <= month <= 12:
        return None
    if head.kind == "m" and head.value[0] is None and today is not None:
        if sending.back and month > today.month:
            year -= 1
        elif (today - month_end(year, month)).days > STALE_DAYS and not sending.back:
            year += 1
    return _months(year, month, month)


def _part_of_month(tokens: Sequence[Token], sending: Sending) -> Span | None:
    part = tokens[-1]
    today = sending.today
    whole = _month(tokens[:-1], sending) if len(tokens) > 1 else None
    if len(tokens) == 1 and today is not None:
        whole = _months(today.year, today.month, today.month)
        if today.day > LAST_OF_PART.get(part.value, 31):
            whole = _months(today.year, today.month + 1, today.month + 1)
    if whole is None or part.value in ("初", "start"):
        return None
    last = whole.last
    if part.value in LAST_OF_PART:
        last = last.replace(day=LAST_OF_PART[part.value])
    return Span(first=last, last=last, grain="day")


def _quarter(tokens: Sequence[Token], sending: Sending) -> Span | None:
    token = next(t for t in tokens if t.kind in "qQS")
    year, today = _year(tokens, sending), sending.today
    if token.kind == "q":
        return _months(year, 3 * token.value - 2, 3 * token.value) if year else None
    if today is None:
        return None
    first = (today.month - 1) // 3 * 3 + 1 + 3 * int(token.value or 0)
    return _months(today.year, first, first + 2)


def _end(reader: Reader) -> Reader:
    def read(tokens: Sequence[Token], sending: Sending) -> Span | None:
        whole = reader(tokens, sending)
        return Span(first=whole.last, last=whole.last, grain="day") if whole else None

    return read


def _half(tokens: Sequence[Token], sending: Sending) -> Span | None:
    year, half = _year(tokens, sending), int(tokens[-1].value)
    return _months(year, 6 * half - 5, 6 * half) if year else None


def _whole_year(tokens: Sequence[Token], sending: Sending) -> Span | None:
    year = _year(tokens, sending)
    return _months(year, 1, 12) if year else None


def _festival(tokens: Sequence[Token], sending: Sending) -> Span | None:
    today = sending.today
    name = next((t.value for t in tokens if t.kind in "fF" and t.value), None)
    year = _year(tokens, sending) if tokens[0].kind in "yZ" else None
    festivals = load_festivals()
    if name is None:
        days: Sequence[date] = sorted(d for ds in festivals.values() for d in ds)
    else:
        days = festivals.get(name) or load_observances().get(name, ())
    for day in days:
        # a New Year's holiday may start in the old year
        if (day + 3 * ONE_DAY).year == year or (year is None and today is not None and day > today):
            return Span(first=day, last=day, grain="day", before=day - ONE_DAY)
    return None


def _duration(tokens: Sequence[Token], sending: Sending) -> Span | None:
    moment, (amount, unit) = sending.moment, tokens[0].value
    if moment is None:
        return None
    minutes = {
        "小时": 60,
        "钟头": 60,
        "钟": 60,
        "h": 60,
        "H": 60,
        "分钟": 1,
        "分": 1,
        "min": 1,
        "刻钟": 15,
    }
    if unit == "天" and amount == 0.5:  # half an office day
        amount, unit = 4, "小时"
    if unit in minutes:
        end = moment + timedelta(minutes=min(amount * minutes[unit], 10**7))
        return Span(first=end.date(), last=end.date(), grain="minute", moment=end)
    today, whole = moment.date(), min(int(amount), 2000)
    if unit == "工作日":
        return _one(sending.calendar.add_workdays(today, whole))
    days = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}
    if unit in days:
        return _one(today + timedelta(days=int(min(amount, 2000) * days[unit])))
    if amount == 0.5:
        return _one(today + timedelta(days=15 if unit == "月" else 45 if unit == "季度" else 182))
    months = whole * {"年": 12, "季度": 3}.get(unit, 1)
    end_day = month_end(today.year, today.month + months)
    return _one(end_day.replace(day=min(today.day, end_day.day)))


def _none(_: Sequence[Token], __: Sending) -> Span | None:
    return None


@dataclass(frozen=True, slots=True)
class AnchorRule:
    """One row: its id, the token kinds it is made of, and how the days are found."""

    id: str
    kinds: str
    read: Reader


# Tried in this order; longer ones stand before their beginnings.
ANCHORS: tuple[AnchorRule, ...] = (
    AnchorRule("day.full", "A", _full),
    AnchorRule("day.month_day", "Z?a", _month_day),
    AnchorRule("day.of_month_from_now", "MD", _day),
    AnchorRule("part.of_month", "Z?mp|Mp|P", _part_of_month),
    AnchorRule("end.of_quarter", "[yZ]?[qQ]E|[yZ]?S", _end(_quarter)),
    AnchorRule("end.of_year", "[yZ]?E", _end(_whole_year)),
    AnchorRule("day.relative", "r", _relative),
    AnchorRule("day.by_event", "B", _by_event),
    AnchorRule("day.weekday", "k", _weekday),
    AnchorRule("weekend", "W", _weekend),
    AnchorRule("week", "w", _week),
    AnchorRule("month", "Z?m|M", _month),
    AnchorRule("quarter", "[yZ]?q|Q", _quarter),
    AnchorRule("half_year", "[yZ]?j", _half),
    AnchorRule("festival", "[yZ]?(?:f?F|f)", _festival),
    AnchorRule("year", "[yZ]", _whole_year),
    AnchorRule("day.dotted", "n", _dotted),
    AnchorRule("day.of_month", "D", _day),
    AnchorRule("duration", "u", _duration),
    AnchorRule("vague", "v", _none),
    AnchorRule("as_of_now", "V", _none),
)
ANCHOR_BY_ID = {rule.id: rule for rule in ANCHORS}
