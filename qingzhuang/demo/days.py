"""When people in the district write: working days, peaks and the late tail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from random import Random

from qingzhuang.demo.source import load
from qingzhuang.kit.pure.clock import at

_OPEN = ((time(8, 30), time(12, 0)), (time(13, 0), time(17, 30)))


@cache
def _exceptions() -> dict[date, bool]:
    data = load("calendar")
    return {date.fromisoformat(day): False for day in data["off"]} | {
        date.fromisoformat(day): True for day in data["on"]
    }


def is_workday(day: date) -> bool:
    return _exceptions().get(day, day.weekday() < 5)


def add_workdays(day: date, count: int) -> date:
    """The count-th working day after `day`."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_workday(day)
    return day


def is_off_hours(moment: datetime) -> bool:
    """From 18:00 to 8:00, or on a day off."""
    return moment.hour >= 18 or moment.hour < 8 or not is_workday(moment.date())


def working_hours(start: datetime, end: datetime) -> float:
    """Office hours between two moments, eight a working day; stops counting at thirty days."""
    total, day = timedelta(), start.date()
    while day <= end.date() and (day - start.date()).days < 30:
        if is_workday(day):
            for opens, closes in _OPEN:
                lower = max(start, at(day, opens.hour, opens.minute))
                upper = min(end, at(day, closes.hour, closes.minute))
                total += max(upper - lower, timedelta())
        day += timedelta(days=1)
    return total.total_seconds() / 3600


@dataclass(kw_only=True)
class Days:
    """The days from `start` to `end` (both included) with their weights; draws moments in them."""

    start: date
    end: date
    last: datetime
    work: list[date] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    rest: list[date] = field(default_factory=list)

    def __post_init__(self) -> None:
        rhythm = load("rhythm")["day"]
        day = self.start
        while day <= self.end:
            if is_workday(day):
                self.work.append(day)
                # The end day is cut off in the morning: only little of it is left to write in.
                cut = 0.25 if day == self.last.date() else 1.0
                self.weights.append(cut * rhythm[_sort(day)])
            elif day < self.last.date():
                self.rest.append(day)
            day += timedelta(days=1)

    def draw(self, rng: Random, *, off_hours: float) -> datetime:
        """A moment not later than `last`; with that probability outside office hours."""
        while True:
            if rng.random() < off_hours:
                if self.rest and rng.random() < 0.25:
                    moment = _clock(rng, rng.choice(self.rest), 9, 20)
                else:
                    day = rng.choices(self.work, self.weights)[0]
                    moment = evening(rng, day)
            else:
                moment = office(rng, rng.choices(self.work, self.weights)[0])
            if moment <= self.last:
                return moment
            if moment.date() == self.last.date():  # that day has only its morning
                return self.last - timedelta(
                    minutes=rng.randrange(1, 55), seconds=rng.randrange(60)
                )


def _sort(day: date) -> str:
    month_last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if add_workdays(day, 3) > month_last:
        return "month_end"
    return "monday" if day.weekday() == 0 else "other"


def _clock(rng: Random, day: date, first: int, last: int) -> datetime:
    return at(day, rng.randrange(first, last), rng.randrange(60), rng.randrange(60))


def office(rng: Random, day: date) -> datetime:
    """A moment of the working day, 8:05 to 17:50, mostly about ten and about four."""
    hour = rng.choices(
        (8, 9, 10, 11, 12, 13, 14, 15, 16, 17), (6, 18, 18, 11, 2, 3, 13, 14, 12, 7)
    )[0]
    lowest, highest = (5, 60) if hour == 8 else (0, 50) if hour == 17 else (0, 60)
    return at(day, hour, rng.randrange(lowest, highest), rng.randrange(60))


def evening(rng: Random, day: date) -> datetime:
    """After hours: early evening mostly, with a tail at eleven, and some before eight."""
    hour = rng.choices((7, 18, 19, 20, 21, 22, 23), (8, 28, 18, 14, 10, 8, 14))[0]
    return _clock(rng, day, hour, hour + 1)


def later(rng: Random, after: datetime, before: datetime, *, off_hours: float) -> datetime | None:
    """A moment between the two, by preference in office hours; None when there is no room."""
    if before - after < timedelta(minutes=45):
        return None
    off = rng.random() < off_hours
    for _ in range(12):
        moment = after + (before - after) * rng.uniform(0.05, 0.95)
        moment = moment.replace(microsecond=0)
        if moment.hour >= 7 and is_off_hours(moment) == off:
            return moment
    return None
