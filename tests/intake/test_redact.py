"""Numbers that name a person or an account are masked; all others stay, and so does the length."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingzhuang.intake.rules.corrections import check_correction
from qingzhuang.intake.rules.redact import redact
from qingzhuang.kit.pure.errors import UserError


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("110101199003074514", "110101********4514"),
        ("身份证11010119900307451X，男", "身份证110101********451X，男"),
        ("身份证11010119900307451x", "身份证110101********451x"),
        ("老证110101900307451号", "老证110101******451号"),
        ("电话13812345678。", "电话138****5678。"),
        ("138-1234-5678", "138-****-5678"),
        ("138 1234 5678", "138 **** 5678"),
        ("+86 13812345678", "+86 138****5678"),
        ("8613812345678", "86138****5678"),
        ("卡号6222021234567890123", "卡号***************0123"),
        ("6222 0212 3456 7890 123", "**** **** **** **** 123"),
        ("4111111111111111", "************1111"),
        ("4111111111111112", "4111111111111112"),
        ("账号：33050161", "账号：****0161"),
        ("开户行账号 330501617355", "开户行账号 ********7355"),
        ("913301007654321098", "913301007654321098"),
        ("932682199001017013", "932682********7013"),
        ("张某１３８１２３４５６７８", "张某１３８****５６７８"),
        ("１１０１０１１９９００３０７４５１４", "１１０１０１********４５１４"),
        ("110101 19900307 4514", "110101 ******** 4514"),
        ("座机0571-87654321", "座机0571-87654321"),
        ("江政发〔2026〕12号", "江政发〔2026〕12号"),
        ("2026030217305512", "2026030217305512"),
        ("经费123456789元", "经费123456789元"),
        ("共 1234 5678 户", "共 1234 5678 户"),
        ("信用代码91330100MA27XXXX1Y", "信用代码91330100MA27XXXX1Y"),
    ],
)
def test_masked_and_left(text: str, masked: str) -> None:
    assert redact(text) == masked


@given(st.text(alphabet="0123456789Xx- １２张。\n", max_size=60))
def test_length_stays_and_a_second_time_changes_nothing(text: str) -> None:
    once = redact(text)
    assert len(once) == len(text)
    assert redact(once) == once


@given(st.integers(0, 10**8 - 1), st.sampled_from("3456789"), st.text("报，。 张\n", max_size=5))
def test_no_mobile_number_standing_alone_gets_through(tail: int, second: str, around: str) -> None:
    number = f"1{second}{tail % 10}{tail:08}"
    assert number not in redact(f"{around}{number}{around}")


def test_what_a_person_types_into_a_correction_is_masked_too() -> None:
    assert check_correction("summary", " 找13812345678报表 ") == "找138****5678报表"
    assert check_correction("forms", ["张13812345678表"]) == ["张138****5678表"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("issuer", 3), ("issuer", "长" * 61), ("summary", " "), ("summary", "长" * 201),
        ("recurrence", "hourly"), ("due_at", "2026-03-02"), ("deliverables", []),
        ("deliverables", ["dance"]), ("flags", ["nice"]), ("forms", [""]), ("is_withdrawn", 1),
        ("place", "0001."), ("fold", "x"), ("deliverables", [["form"]]),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_refused(field: str, value: object) -> None:
    with pytest.raises(UserError, match=r"intake\.bad_correction"):
        check_correction(field, value)


@pytest.mark.parametrize(
    "said",
    [
        "Tel13812345678",
        "wx13812345678",
        "138.1234.5678",
        "138—1234—5678",
        "138\u20111234\u20115678",
        "138\u200b1234\u200b5678",
        "138 123 45678",
        "138  1234  5678",
        "ID110101199001011234",
        "110101  19900101  1234",
        "110101 1990 0101 1234",
        "110101\u3000199001011234",
        "110101.19900101.1234",
        "11010119900101123413812345678",
    ],
)
def test_a_number_written_another_way_is_masked_too(said: str) -> None:
    assert "*" in redact(said), said
    assert len(redact(said)) == len(said)
    assert redact(redact(said)) == redact(said)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("138 123 45678", "138 *** *5678"),
        ("Tel138\u200b1234\u200b5678", "Tel138\u200b****\u200b5678"),
        ("ID110101199001011234x", "ID110101********1234x"),
        ("11010119900307451X13812345678", "110101********451X138****5678"),
        ("11010119900101123413812345678", "110101********1234138****5678"),
        ("1381234567813912345678", "138****5678139****5678"),
        ("第1110101199003074514", "第1110101********4514"),
        ("6222—0212—3456—7890", "****—****—****—7890"),
        ("投资1381234.5678万元", "投资1381234.5678万元"),
        ("流水SN123456789012345678", "流水SN123456789012345678"),
        ("编号110105-99991399-1234号", "编号110105-********-1234号"),
        ("编号110105.99991399.1234号", "编号110105.99991399.1234号"),
        ("单号12345678901234567890123", "单号12345678901234567890123"),
        ("2026.03.02至2026.03.15，共138.5万", "2026.03.02至2026.03.15，共138.5万"),
    ],
)
def test_odd_writing_is_seen_and_amounts_and_codes_stay(text: str, masked: str) -> None:
    assert redact(text) == masked


@pytest.mark.parametrize("unit", ["1", "13", "138 ", "1 ", "110101", "138.1234.", "\u200b1", "19"])
def test_ten_times_the_text_takes_about_ten_times_the_time(unit: str) -> None:
    def seconds(length: int) -> float:
        began = time.process_time()
        redact(unit * (length // len(unit)))
        return time.process_time() - began

    seconds(1_000)
    assert seconds(100_000) < max(30 * seconds(10_000), 1.0)
