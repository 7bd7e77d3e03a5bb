"""What travels as JSON comes back as it went."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingzhuang.kit.pure.codec import from_json, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    when: datetime
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    number: int
    share: float
    inner: Inner | None
    pair: tuple[int, str]
    table: Mapping[str, int]


_inner = st.builds(
    Inner, when=st.datetimes(timezones=st.just(UTC)), words=st.lists(st.text()).map(tuple)
)
_outer = st.builds(
    Outer,
    number=st.integers(),
    share=st.floats(allow_nan=False, allow_infinity=False),
    inner=st.none() | _inner,
    pair=st.tuples(st.integers(), st.text()),
    table=st.dictionaries(st.text(), st.integers()),
)


@given(_outer)
def test_there_and_back_is_the_identity(value: Outer) -> None:
    assert from_json(Outer, json.loads(json.dumps(to_json(value)))) == value


@pytest.mark.parametrize("value", [object(), {1: 2}, b"x"])
def test_what_would_not_come_back_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        to_json(value)


@pytest.mark.parametrize("data", [{"when": "2026-03-02T09:00:00+08:00"}, {"when": 3, "words": []}])
def test_what_does_not_fit_is_refused(data: object) -> None:
    with pytest.raises(TypeError):
        from_json(Inner, data)


def test_a_field_that_a_newer_release_dropped_is_left_out() -> None:
    data = {"when": "2026-03-02T09:00:00+08:00", "words": ["a"], "old": 1}
    assert from_json(Inner, data).words == ("a",)
