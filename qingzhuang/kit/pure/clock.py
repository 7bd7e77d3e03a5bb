"""China has one time; every moment in this program carries it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "CST")


def at(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """That moment in China, seconds kept, no microseconds."""
    return datetime.combine(day, time(hour, minute, second), CHINA)


def from_unix(seconds: float) -> datetime:
    """A Unix time (seconds) as a moment in China. Raises ValueError outside years 1–9999."""
    try:
        return datetime.fromtimestamp(seconds, UTC).astimezone(CHINA).replace(microsecond=0)
    except (OverflowError, OSError) as error:
        raise ValueError(f"no such moment: {seconds}") from error


def in_china(moment: datetime) -> datetime:
    """The same moment on China's clock; a naive one is taken as China's already."""
    return moment.replace(tzinfo=CHINA) if moment.tzinfo is None else moment.astimezone(CHINA)
