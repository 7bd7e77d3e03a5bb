"""Values of the organisation: the working-day calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from qingzhuang.kit.pure.clock import at, in_china

OFFICE_HOURS: tuple[tuple[time, time], ...] = (
    (time(8, 30), time(12, 0)),
    (time(13, 0), time(17, 30)),
)
QUIET_FROM = time(18, 0)
QUIET_UNTIL = time(8, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """Which days are worked: weekdays, but for `exceptions` (holidays False, make-up days True).

    Office hours are eight a day; both may differ by place and are data, not law.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    office_hours: tuple[tuple[time, time], ...] = OFFICE_HOURS

    def is_workday(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < 5)

    def add_workdays(self, day: date, count: int) -> date:
        """The count-th working day after `day` (count ≥ 1); `day` itself is not counted."""
        while count > 0:
            day += timedelta(days=1)
            if self.is_workday(day):
                count -= 1
        return day

    def is_off_hours(self, moment: datetime) -> bool:
        """Sent from 18:00 to 8:00, or on a day off."""
        moment = in_china(moment)
        clock = moment.time()
        return clock >= QUIET_FROM or clock < QUIET_UNTIL or not self.is_workday(moment.date())

    def working_hours_between(self, start: datetime, end: datetime, *, cap_days: int = 60) -> float:
        """Office hours from start to end, 0 when end is not later; counting stops at cap_days."""
        start, end = in_china(start), in_china(end)
        total = timedelta()
        day = start.date()
        for _ in range(cap_days):
            if day > end.date():
                break
            if self.is_workday(day):
                for opens, closes in self.office_hours:
                    lower = max(start, at(day, opens.hour, opens.minute))
                    upper = min(end, at(day, closes.hour, closes.minute))
                    total += max(upper - lower, timedelta())
            day += timedelta(days=1)
        return total.total_seconds() / 3600
