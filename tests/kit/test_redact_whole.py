"""A number that is masked in messages is replaced as a whole in the trail."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qingzhuang.kit.pure.redact import redact, replace_numbers

_PIECES = st.one_of(
    st.sampled_from(
        ["13812345678", "110101199001011234", "6222021234567890123", "账号33050161", "138 ", "1990"]
    ),
    st.text(alphabet="0123456789Xx- .１２张。\u200b", max_size=12),
)


@given(st.lists(_PIECES, max_size=6).map("".join))
def test_nothing_masked_is_left_and_nothing_said_twice(text: str) -> None:
    masked = redact(text)
    hidden = sum(a != b for a, b in zip(text, masked, strict=True))
    taken: list[str] = []
    left = replace_numbers(text, lambda digits: taken.append(digits) or "数")
    assert sum(c.isdigit() for c in left) <= sum(c.isdigit() for c in text) - hidden
    together = sum(len(digits) for digits in taken) + sum(c.isdigit() for c in left)
    assert together - sum(d.count("X") for d in taken) == sum(c.isdigit() for c in text)


def test_one_behind_the_other_are_two() -> None:
    taken: list[str] = []
    replace_numbers("11010119900101123413812345678", lambda digits: taken.append(digits) or "")
    assert taken == ["110101199001011234", "13812345678"]
