"""Times as cells and pages write them."""

from __future__ import annotations

import datetime as dt

import pytest

from qingzhuang.intake.adapters.moments import parse_clock, parse_moment
from qingzhuang.kit.pure.clock import CHINA


def at(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=CHINA)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026/3/1 9:05", at(2026, 3, 1, 9, 5)),
        ("2026.3.1", at(2026, 3, 1, 9)),
        ("20260301", at(2026, 3, 1, 9)),
        ("2026年3月1日下午3点半", at(2026, 3, 1, 15, 30)),
        ("2026-03-01T01:00:00Z", at(2026, 3, 1, 9)),
        ("2026-02-30", None),
        ("3月1日", None),
        (12.0, None),
        ("随时", None),
        (20260301.0, at(2026, 3, 1, 9)),
    ],
)
def test_moments(value: object, expected: dt.datetime | None) -> None:
    assert parse_moment(value) == expected


def test_clocks() -> None:
    assert parse_clock("中午12:30") == dt.time(12, 30)
    assert parse_clock("晚上8点") == dt.time(20)
    assert parse_clock(0.5) == dt.time(12)
    assert parse_clock("25:00") is None
