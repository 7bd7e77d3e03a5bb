"""What could be had back of a masked number, and what a flood could hide."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from qingzhuang.intake.models import Ask, Message
from qingzhuang.intake.queries import is_day_cut, list_day_items
from qingzhuang.intake.types import ChannelKind
from qingzhuang.intake.types import Message as Said
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import at

from .conftest import Give, Town, qq_group, somebody

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _monday():
    with clock.fixed_at(at(MONDAY, 9)):
        yield


def test_a_masked_phone_cannot_be_found_by_trying_its_four_digits(town: Town, give: Give) -> None:
    text = "请于3月6日前报《高龄津贴发放表》，联系人13812345678。"
    give(town.pond, qq_group([("2026-03-02 08:00:00", "小陈(10001)", text)]))
    row = Message.objects.unscoped("test").select_related("channel").get()
    assert "13812345678" not in row.text
    stored = Said(
        path="",
        locator="",
        channel=ChannelKind(row.channel.kind),
        group=row.channel.name,
        sender=row.sender,
        sent_at=row.sent_at,
        text=row.text,
    )
    tries = (row.text.replace("138****5678", f"138{n:04}5678") for n in range(10_000))
    assert not any(replace(stored, text=said).shown_id == row.shown_digest for said in tries)


def test_no_flood_of_notices_hides_life_safety(town: Town, give: Give) -> None:
    give(
        town.pond,
        qq_group(
            [
                (
                    "2026-03-02 08:00:00",
                    "应急办(1)",
                    "台风来了，立即转移危房群众，今天17:00前报转移人数。",
                )
            ]
        ),
    )
    urgent = Ask.objects.unscoped("test").get()
    assert "life_safety" in urgent.flags
    for n in range(650):
        urgent.pk, urgent.ordinal, urgent.flags = None, n + 2, []
        urgent.summary = urgent.fold = f"其他{n}"
        urgent.sent_at = at(MONDAY, 8) + timedelta(seconds=n + 1)
        urgent.save(force_insert=True)
    items = list_day_items(actor=somebody(town.pond), place=town.pond.path, on=MONDAY)
    assert any(item.is_urgent for item in items)
    assert is_day_cut(place=town.pond.path, on=MONDAY), "and the page says that there is more"
    assert not is_day_cut(place=town.bridge.path, on=MONDAY)
