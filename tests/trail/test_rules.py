"""The pure part of the chain."""

from __future__ import annotations

from datetime import UTC, date, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from qingzhuang.kit.pure.clock import at
from qingzhuang.trail.rules import BatchDigest, canonical, join_ids, list_gaps, read_ranges

ids = st.lists(st.integers(1, 500), unique=True, min_size=1).map(sorted)


@given(ids)
def test_ids_go_through_ranges_unharmed(numbers: list[int]) -> None:
    back = [n for low, high in read_ranges(join_ids(numbers)) for n in range(low, high + 1)]
    assert back == numbers


@given(ids)
def test_ranges_and_gaps_together_are_everything_once(numbers: list[int]) -> None:
    ranges = list(read_ranges(join_ids(numbers)))
    covered = [n for low, high in ranges + list_gaps(ranges) for n in range(low, high + 1)]
    assert sorted(covered) == list(range(1, numbers[-1] + 1))


def test_neighbours_are_written_as_one_range() -> None:
    assert join_ids([1, 2, 3, 5, 9, 10]) == "1-3,5,9-10"


def test_one_moment_in_two_zones_is_one_text() -> None:
    moment = at(date(2026, 3, 2), 9)
    assert canonical({"at": moment, "b": "甲"}) == canonical(
        {"b": "甲", "at": moment.astimezone(UTC)}
    )
    shifted = moment.astimezone(timezone(timedelta(hours=1))) + timedelta(seconds=1)
    assert canonical({"at": moment}) != canonical({"at": shifted})


def test_a_digest_needs_the_key_and_the_order() -> None:
    def digest(key: bytes, *rows: dict[str, object]) -> str:
        batch = BatchDigest(key)
        for row in rows:
            batch.add(row)
        return batch.hex()

    one, two = {"id": 1}, {"id": 2}
    assert digest(b"k", one, two) == digest(b"k", one, two)
    assert len({digest(b"k", one, two), digest(b"k", two, one), digest(b"l", one, two)}) == 3
