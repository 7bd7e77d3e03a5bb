"""Which jobs exist, how each is retried, and which are rung by the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from qingzhuang.kit.pure.clock import CHINA, at, in_china

if TYPE_CHECKING:
    from qingzhuang.kit.jobs.context import JobContext

LONGEST_BACKOFF_SECONDS = 3600

_F = TypeVar("_F", bound="Callable[..., None]")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind:
    """A registered job: its function and what happens when it fails."""

    name: str
    function: Callable[..., None]
    retries: int
    backoff_seconds: int
    timeout_seconds: int
    priority: int

    def __post_init__(self) -> None:
        if self.name.count(".") != 1 or not all(self.name.split(".")):
            raise ValueError(f"a job is called room.name, not {self.name!r}")
        if self.retries < 0 or self.backoff_seconds < 1 or self.timeout_seconds < 1:
            raise ValueError(f"{self.name}: retries ≥ 0, backoff and timeout ≥ 1 second")

    def pause_after(self, failures: int) -> timedelta:
        """How long to wait after the n-th failure: doubled each time, an hour at most."""
        seconds = self.backoff_seconds * 2 ** min(failures - 1, 20)
        return timedelta(seconds=min(seconds, LONGEST_BACKOFF_SECONDS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a job is rung: every so many minutes, or daily at a time of China's clock."""

    name: str
    minutes: int = 0
    hour: int = 0
    minute: int = 0

    def due_at(self, now: datetime) -> datetime:
        """The last moment, not later than now, at which it was to be rung."""
        now = in_china(now)
        if self.minutes:
            step = self.minutes * 60
            return datetime.fromtimestamp(int(now.timestamp()) // step * step, CHINA)
        due = at(now.date(), self.hour, self.minute)
        return due if due <= now else due - timedelta(days=1)


_kinds: dict[str, JobKind] = {}
_schedules: dict[str, Schedule] = {}


def register(
    name: str,
    *,
    retries: int,
    backoff_seconds: int,
    timeout_seconds: int = 300,
    priority: int = 0,
) -> Callable[[_F], _F]:
    """Let workers run this function as job `room.name`: `(ctx: JobContext, *args) -> None`.

    It MAY RUN TWICE and must come to the same end. `retries` is how often it is tried again
    after an error, waiting `backoff_seconds`, then twice that, and so on; a UserError is final
    at once, since trying again would not mend it. After `timeout_seconds` it is stopped and
    counts as failed. A higher `priority` goes first. The function stands in the room's jobs.py.
    """

    def keep(function: _F) -> _F:
        known = _kinds.get(name)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"job {name} is registered twice")
        _kinds[name] = JobKind(
            name=name,
            function=function,
            retries=retries,
            backoff_seconds=backoff_seconds,
            timeout_seconds=timeout_seconds,
            priority=priority,
        )
        return function

    return keep


def every(*, minutes: int, name: str) -> None:
    """Ring job `name` (without arguments) every so many minutes; missed rings count as one."""
    if minutes < 1:
        raise ValueError("at least a minute")
    _schedules[name] = Schedule(name=name, minutes=minutes)


def daily(*, hour: int, minute: int = 0, name: str) -> None:
    """Ring job `name` (without arguments) daily at this time in China; a missed day is made up."""
    time(hour, minute)  # refuses 25:00
    _schedules[name] = Schedule(name=name, hour=hour, minute=minute)


def get_kind(name: str) -> JobKind:
    """The registered job of that name. Raises LookupError when no room registered it."""
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no job is registered as {name!r}") from None


def list_kinds() -> list[JobKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def list_schedules() -> list[Schedule]:
    return sorted(_schedules.values(), key=lambda schedule: schedule.name)


def call(kind: JobKind, ctx: JobContext, args: list[Any]) -> None:
    """Run the job's function; a published event among the arguments arrives as that event."""
    from qingzhuang.kit.events import read_argument

    kind.function(ctx, *(read_argument(value) for value in args))
