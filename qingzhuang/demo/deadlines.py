"""By when, and how people say it so that it agrees with the moment of saying."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random

from qingzhuang.demo.days import add_workdays, is_workday, working_hours
from qingzhuang.demo.types import Due
from qingzhuang.kit.pure.clock import at

SHORT_HOURS = 8.0
_WEEK = "一二三四五六日"
_VAGUE = ("尽快", "抓紧", "近期", "抽空", "尽早")
_EVENT_TIMES = ((8, 30), (9, 0), (9, 30), (10, 0), (14, 0), (14, 30), (15, 0), (15, 30))


def plan_due(rng: Random, sent: datetime, *, timing: str, short: bool, vague: float) -> Due | None:
    """A deadline (or an event's start) that fits the sending time; None when none is named."""
    if timing == "now":
        return None
    if timing in ("number", "hours"):
        return _within_hours(rng, sent)
    if timing == "morning":
        return Due(at=at(_next_workday(sent.date()), 9), grain="clock")
    if timing == "event":
        return _event(rng, sent, short=short)
    if not short and rng.random() < vague:
        return None
    return _soon(rng, sent) if short else _some_days(rng, sent)


def is_short(sent: datetime, due: Due | None) -> bool:
    return due is not None and working_hours(sent, due.at) < SHORT_HOURS


def _next_workday(day: date) -> date:
    return add_workdays(day, 1)


def _within_hours(rng: Random, sent: datetime) -> Due:
    hours = rng.choice((0.5, 0.5, 1.0, 2.0))
    return Due(at=sent + timedelta(hours=hours), grain="hours", hours=hours)


def _soon(rng: Random, sent: datetime) -> Due:
    day, options = sent.date(), []
    if is_workday(day):
        for grain, hour, minute in (
            ("noon", 12, 0),
            ("clock", 16, 0),
            ("clock", 17, 0),
            ("close", 17, 30),
        ):
            moment = at(day, hour, minute)
            if moment - sent > timedelta(minutes=50):
                options.append(Due(at=moment, grain=grain))
    if not options or rng.random() < 0.15:
        morrow = _next_workday(day)
        options = [Due(at=at(morrow, 9), grain="clock"), Due(at=at(morrow, 10), grain="clock")]
    return rng.choice(options)


def _some_days(rng: Random, sent: datetime) -> Due:
    month_end = (sent.replace(day=28) + timedelta(days=4)).replace(day=1).date() - timedelta(days=1)
    if 3 <= (month_end - sent.date()).days <= 12 and rng.random() < 0.25:
        return Due(at=at(month_end, 23, 59), grain="day")
    while True:
        day = add_workdays(
            sent.date(), rng.choices((1, 2, 3, 4, 5, 7, 10), (14, 22, 20, 16, 14, 8, 6))[0]
        )
        grain = rng.choices(("day", "close", "clock", "noon"), (42, 28, 20, 10))[0]
        hour, minute = {"day": (23, 59), "close": (17, 30), "noon": (12, 0)}.get(
            grain, (rng.choice((9, 10, 11, 15, 16, 17)), 0)
        )
        due = Due(at=at(day, hour, minute), grain=grain)
        if not is_short(sent, due):
            return due


def _event(rng: Random, sent: datetime, *, short: bool) -> Due:
    for _ in range(20):
        if short:
            day = sent.date() if rng.random() < 0.4 else _next_workday(sent.date())
        elif rng.random() < 0.06:
            day = sent.date() + timedelta(days=(5 - sent.weekday()) % 7 or 7)  # a Saturday
        else:
            day = add_workdays(sent.date(), rng.choice((1, 2, 2, 3, 4, 5, 6)))
        due = Due(at=at(day, *rng.choice(_EVENT_TIMES)), grain="event")
        if due.at - sent > timedelta(minutes=90) and (short or not is_short(sent, due)):
            return due
    return Due(at=at(add_workdays(sent.date(), 3), 9), grain="event")


def vaguely(rng: Random, *, urgent: bool = False) -> str:
    return rng.choice(("立即", "马上", "速")) if urgent else rng.choice(_VAGUE)


def day_words(rng: Random, said: datetime, day: date, *, formal: bool) -> str:
    """A name of a coming day as one would say it at that moment."""
    ahead = (day - said.date()).days
    if ahead == 0:
        return (
            rng.choice(("今天", "今天", "今日"))
            if not formal
            else f"今日({day.month}月{day.day}日)"
        )
    if formal:
        return rng.choice((f"{day.month}月{day.day}日", f"{day.year}年{day.month}月{day.day}日"))
    week = "周" + _WEEK[day.weekday()]
    dated = f"{day.month}月{day.day}日"
    options = [dated, f"{day.month}月{day.day}号", f"{dated}({week})"]
    if ahead == 1:
        options = ["明天", "明天", "明天", "明日", *options]
    if ahead == 2:
        options += ["后天", "后天"]
    if ahead <= 20:
        options += [f"{day.day}号"]
    monday = said.date() - timedelta(days=said.weekday())
    weeks = (day - monday).days // 7
    if weeks == 0:
        options += [
            week,
            week,
            week,
            f"本{week}",
            f"这{week}",
            f"本{week}({day.month}月{day.day}日)",
        ]
    elif weeks == 1:
        options += [f"下{week}", f"下{week}"] + ([week] if ahead <= 6 else [])
    return rng.choice(options)


def _clock_words(rng: Random, moment: datetime, *, formal: bool) -> str:
    hour, minute = moment.hour, moment.minute
    sharp = f"{hour}:{minute:02d}"
    if formal:
        return rng.choice(
            (f"{'上午' if hour < 12 else '下午'}{(hour - 1) % 12 + 1}:{minute:02d}", sharp)
        )
    tail = "半" if minute == 30 else "" if minute == 0 else f"{minute}分"
    half = "上午" if hour < 12 else "下午"
    return rng.choice((sharp, f"{hour}点{tail}", f"{half}{(hour - 1) % 12 + 1}点{tail}"))


def phrase(rng: Random, due: Due | None, said: datetime, *, formal: bool = False) -> str:
    """The deadline in words; vague ones when there is none. Never a moment that is past."""
    if due is None:
        return "尽快" if formal else vaguely(rng)
    if due.grain == "hours":
        if due.hours == 0.5:
            return rng.choice(("半小时内", "30分钟内", "半个小时内"))
        number = {1.0: ("1", "一"), 2.0: ("2", "两")}[due.hours]
        return rng.choice((f"{number[0]}小时内", f"{number[1]}小时内", f"{number[1]}个小时之内"))
    day = due.at.date()
    if due.grain == "event":
        return event_phrase(rng, due.at, said, formal=formal)
    if due.grain == "day":
        return _whole_day(rng, day, said, formal=formal)
    if due.grain == "close" and day == said.date():
        return rng.choice(("下班前", "今天下班前", "今天下班之前", "今天17:30前", "今日下班前"))
    if (
        due.grain == "clock"
        and day == said.date() + timedelta(days=1)
        and due.at.hour <= 10
        and not formal
    ):
        return rng.choice(
            (f"明早{due.at.hour}点前", f"明天早上{due.at.hour}点前", f"明天{due.at.hour}点前")
        )
    words = day_words(rng, said, day, formal=formal)
    if due.grain == "close":
        return words + ("17:30前" if formal else "下班前")
    if due.grain == "noon":
        return words + (
            "12:00前" if formal else rng.choice(("中午前", "中午12点前", "12点前", "中午12:00前"))
        )
    return words + _clock_words(rng, due.at, formal=formal) + rng.choice(("前", "前", "之前"))


def _whole_day(rng: Random, day: date, said: datetime, *, formal: bool) -> str:
    morrow = day + timedelta(days=1)
    if morrow.month != day.month and day.month == said.month and rng.random() < 0.6:
        return rng.choice(("月底前", "本月底前", "月底之前", f"{day.month}月底前"))
    words = day_words(rng, said, day, formal=formal)
    if words in ("明天", "明日", "后天", "今天", "今日"):
        return words + rng.choice(("内", "之内"))
    return words + rng.choice(("前", "前", "之前"))


def event_phrase(rng: Random, start: datetime, said: datetime, *, formal: bool = False) -> str:
    """When something takes place, as one says it: "明天上午9点", "周六8:30"."""
    return day_words(rng, said, start.date(), formal=formal) + _clock_words(
        rng, start, formal=formal
    )
