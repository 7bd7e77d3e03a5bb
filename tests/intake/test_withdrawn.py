"""What a person says is no ask goes in its time like other talk; what people said of it stays."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from qingzhuang.intake import actions
from qingzhuang.intake.models import Ask, AskCorrection, AskMove, AskState, ChannelDay, Message
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import at

from .conftest import Give, Town, qq_group, somebody

pytestmark = pytest.mark.django_db
ASKED = ("2026-03-02 08:30:00", "民政局小陈(10001)", "请3月6日前报《高龄津贴发放表》。")
MONDAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _monday():
    with clock.fixed_at(at(MONDAY, 9)):
        yield


def say(town: Town, is_withdrawn: bool) -> None:
    ask = Ask.objects.unscoped("test").get()
    actions.correct_ask(
        actor=somebody(town.pond),
        ask_id=ask.pk,
        seen_version=ask.version,
        changes={"is_withdrawn": is_withdrawn},
    )


def message() -> Any:
    return Message.objects.unscoped("test").get()


def test_it_goes_with_its_source_and_stays_when_it_is_put_back(town: Town, give: Give) -> None:
    give(town.pond, qq_group([ASKED]), retention_days=20)
    assert (message().is_ask, message().expires_on) == (True, None)
    say(town, True)
    assert (message().is_ask, message().expires_on) == (False, MONDAY + timedelta(days=20))
    say(town, False)
    assert (message().is_ask, message().expires_on) == (True, None)
    with clock.fixed_at(at(MONDAY + timedelta(days=60), 9)):
        say(town, True)
        left = MONDAY + timedelta(days=67)
        assert message().expires_on == left, "a slip of the hand can be undone"


def test_its_words_go_and_what_people_said_of_it_stays(town: Town, give: Give) -> None:
    give(town.pond, qq_group([ASKED, ("2026-03-02 08:31:00", "小李(2)", "好的，辛苦了")]))
    ask = Ask.objects.unscoped("test").get()
    actions.mark_ask(
        actor=somebody(town.pond), ask_id=ask.pk, place=town.pond.path, state=AskMove.NOT_OURS
    )
    say(town, True)
    over = at(MONDAY + timedelta(days=40), 2)
    with clock.fixed_at(over):
        assert actions.expire_messages(on=over) == 2
        assert actions.expire_messages(on=over) == 0
        assert actions.reread_asks() == 0
    left = message()
    assert (left.text, left.sender, left.is_ask, left.expires_on) == ("", "", False, None)
    ask = Ask.objects.unscoped("test").get()
    assert "高龄津贴" not in f"{ask.summary}{ask.forms}{ask.words}{ask.phrases}"
    assert AskState.objects.unscoped("test").count() == 1
    assert AskCorrection.objects.count() == 1
    assert sum(ChannelDay.objects.values_list("message_count", flat=True)) == 2
