"""Small words of pages: the reply to paste back, the phone card's row, the exported workbook."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import pytest
from python_calamine import load_workbook

from qingzhuang.intake.adapters.workbook import write_asks
from qingzhuang.intake.rules.cards import HEADER, PhoneCard, phone_card_text
from qingzhuang.intake.rules.replies import reply_text
from qingzhuang.kit.pure.clock import at


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("done", "民政局：《高龄津贴表》，我们已于3月2日办好，请查收。（荷塘社区）"),
        (
            "handed_on",
            "民政局：《高龄津贴表》已转小赵承办，后续由小赵与您联系。（荷塘社区）",
        ),
    ],
)
def test_a_reply_is_polite_and_says_who_and_what(state: str, said: str) -> None:
    words = {"unit": "荷塘社区", "issuer": "民政局", "matter": "《高龄津贴表》"}
    assert reply_text(state=state, colleague="小赵", today=date(2026, 3, 2), **words) == said


def test_a_reply_without_names_has_no_holes() -> None:
    for state in ("done", "not_ours", "handed_on", "open"):
        text = reply_text(
            state=state, unit="", issuer="", matter="报表", colleague="", today=date(2026, 3, 2)
        )
        assert "None" not in text
        assert "（）" not in text
        assert not text.startswith("：")


@pytest.mark.parametrize("said", ['他说"周五前"，\n报数', "=1+1", "a,b;c\td", "“全角”，逗号"])
def test_a_phone_card_is_one_row_whatever_was_said(said: str) -> None:
    card = PhoneCard(caller="民政局,老张", rang_at=at(date(2026, 3, 2), 9), said=said)
    rows = list(csv.reader(io.StringIO(phone_card_text(card))))
    assert rows == [list(HEADER), ["2026-03-02 09:00", "民政局,老张", said]]


def test_a_formula_in_a_notice_stays_text_in_the_workbook() -> None:
    moment = at(date(2026, 3, 2), 9, 30)
    lines = [[moment, "=cmd()", "@SUM(1)", None, "http://x.example"]]
    with write_asks(["一", "二", "三", "四", "五"], lines) as stream:
        rows = load_workbook(io.BytesIO(stream.read())).get_sheet_by_index(0).to_python()
    assert rows[1] == [datetime(2026, 3, 2, 9, 30), "=cmd()", "@SUM(1)", "", "http://x.example"]  # noqa: DTZ001
