"""Office hours between two moments, against counting every minute."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from qingzhuang.kit.pure.clock import CHINA, at
from qingzhuang.org.types import WorkCalendar

CALENDAR = WorkCalendar(exceptions={date(2026, 2, 14): True, date(2026, 2, 16): False})
MOMENTS = st.integers(0, 12 * 24 * 60).map(
    lambda minutes: at(date(2026, 2, 9)) + timedelta(minutes=minutes)
)


def count_minutes(start: datetime, end: datetime) -> int:
    count, moment = 0, start
    while moment < end:
        if CALENDAR.is_workday(moment.date()) and any(
            opens <= moment.time() < closes for opens, closes in CALENDAR.office_hours
        ):
            count += 1
        moment += timedelta(minutes=1)
    return count


@given(MOMENTS, MOMENTS)
def test_hours_are_the_minutes_of_the_office(start: datetime, end: datetime) -> None:
    assert round(CALENDAR.working_hours_between(start, end) * 60) == count_minutes(start, end)


def test_a_day_has_eight_hours_and_counting_stops_somewhere() -> None:
    monday = at(date(2026, 3, 2))
    assert CALENDAR.working_hours_between(monday, monday + timedelta(days=1)) == 8
    assert CALENDAR.working_hours_between(monday, monday + timedelta(days=7)) == 40
    far = datetime(2030, 1, 1, tzinfo=CHINA)
    assert CALENDAR.working_hours_between(monday, far) < 60 * 8
