"""Texts made to keep the reader busy."""

from __future__ import annotations

import time
from datetime import date

import pytest

from qingzhuang.intake.rules.asks import read_asks
from qingzhuang.intake.types import ChannelKind, Message
from qingzhuang.kit.pure.clock import at
from qingzhuang.org.rules import load_calendar

NOTICE = "请于3月5日前将《情况统计表》报区民政局。"


def seconds(text: str) -> float:
    message = Message(
        path="", locator="", channel=ChannelKind.CHAT, sent_at=at(date(2026, 3, 2), 9), text=text
    )
    began = time.process_time()
    read_asks(message, calendar=load_calendar())
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.parametrize("unit", ["7", "０", "一", "“", ",", "\u200b", "【", "x"])
def test_twice_the_text_takes_about_twice_the_time(unit: str) -> None:
    seconds(NOTICE)  # models and tables are loaded once
    short, long = (seconds(unit * length + NOTICE) for length in (2_000, 8_000))
    assert long < max(10 * short, 0.5), f"{short:.2f} s, four times as long: {long:.2f} s"
