"""Who sees what, on which day; search and filters on both databases; long lists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from qingzhuang.intake import actions, queries
from qingzhuang.intake.models import Ask, AskMove, Source
from qingzhuang.intake.queries import (
    AskFilter,
    access_ask,
    access_source,
    list_asks,
    list_day_items,
    list_issuers,
    list_sightings,
    lists,
)
from qingzhuang.intake.rules import index
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.search import search_words
from qingzhuang.org.models import Unit
from qingzhuang.org.types import Actor, Permission, Role, Scope

from .conftest import Give, Town, qq_group, somebody

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 3, 2)
SAID = (
    "民政局：请各社区3月6日前报《高龄津贴发放表》。",
    "住建局：请各社区3月9日17:00前报《老旧小区情况统计表》，零报告也要报。",
    "团区委：请各社区转发青年大学习链接，3月5日前将截图发群里，收到请回复。",
    "应急局：明天上午9点在街道开防汛工作会，请书记参加。",
)


@pytest.fixture(autouse=True)
def _monday():
    with clock.fixed_at(at(MONDAY, 9)):
        yield


def lines(*texts: str) -> str:
    return qq_group(
        [(f"2026-03-02 08:{n:02}:00", "小陈(10001)", text) for n, text in enumerate(texts)]
    )


def found(who: Actor, **wanted: Any) -> list[str]:
    listed = list_asks(who.scope, AskFilter(**wanted))
    rows = [row.summary for row in listed.rows]
    assert listed.count == len(rows)
    return rows


def day(unit: Unit, who: Actor | None = None, on: date = MONDAY) -> list[str]:
    who = who or somebody(unit)
    return [item.text for item in list_day_items(actor=who, place=unit.path, on=on)]


# Whose


def test_a_community_cannot_tell_anothers_from_absent(town: Town, give: Give) -> None:
    source = give(town.bridge, lines(SAID[0]))
    ask = Ask.objects.unscoped("test").get()
    for reach in (
        lambda who: access_ask(who, ask.pk),
        lambda who: access_ask(who, 10**9),
        lambda who: access_source(who, source.pk),
        lambda who: access_source(who, 10**9),
        lambda who: access_ask(who, ask.pk, Permission.INTAKE_CORRECT),
        lambda who: access_ask(who, ask.pk, Permission.DESK_TODAY, place=town.pond.path),
        lambda who: access_ask(who, ask.pk, Permission.DESK_TODAY, place=town.bridge.path),
    ):
        with pytest.raises(UserError) as told:
            reach(somebody(town.pond))
        assert told.value.code == "org.not_found"
    assert access_ask(somebody(town.street, Role.STREET_DESK), ask.pk).pk == ask.pk


def test_the_streets_asks_are_on_its_communities_days_and_not_to_be_corrected_there(
    town: Town, give: Give
) -> None:
    give(town.street, lines(SAID[0]))
    ask = Ask.objects.unscoped("test").get()
    pond = somebody(town.pond)
    assert day(town.pond) == day(town.bridge)
    assert len(day(town.pond)) == 1
    assert day(town.street) == [], "各社区 are not the street"
    assert day(town.district) == []
    assert access_ask(pond, ask.pk).pk == ask.pk
    with pytest.raises(UserError, match=r"org\.not_found"):
        access_ask(pond, ask.pk, Permission.INTAKE_CORRECT)
    assert list(list_sightings(ask, pond.scope)) == [], "the street's file is the street's"
    assert list_sightings(ask, somebody(town.street).scope).count() == 1


def test_an_ask_that_names_somebody_is_theirs_alone_but_for_life_safety(
    town: Town, give: Give
) -> None:
    give(
        town.street,
        lines(
            "请石桥社区3月6日前报送《危房排查表》。",
            "【紧急】燃气泄漏，请石桥社区立即组织疏散楼内群众！",
        ),
    )
    assert len(day(town.bridge)) == 2
    assert [("燃气" in text) for text in day(town.pond)] == [True]


def test_words_that_go_to_a_unit_beside_are_not_on_this_ones_day(town: Town, give: Give) -> None:
    give(town.street, lines("请石桥书记带队,3月6日前把《消防通道排查表》报街道。"))
    assert len(day(town.bridge)) == 1
    assert day(town.pond) == []


def test_without_a_right_nothing_is_seen(town: Town, give: Give) -> None:
    give(town.pond, lines(*SAID))
    nobody = Actor(id="user:0", scope=Scope())
    assert found(nobody) == []
    assert day(town.pond, nobody) == []
    assert list_issuers(nobody.scope) == []
    assert queries.search_asks(actor=nobody, words="高龄津贴", limit=5) == []


# The day


def test_copies_are_folded_and_answered_ones_leave_for_this_unit_only(
    town: Town, give: Give
) -> None:
    give(town.street, lines(SAID[0]))
    give(town.pond, qq_group([("2026-03-02 08:40:00", "石桥小刘(7)", SAID[0])], "社区群"))
    items = list_day_items(actor=somebody(town.pond), place=town.pond.path, on=MONDAY)
    assert [item.copies for item in items] == [1]
    ask_id = int(items[0].key)
    actions.mark_ask(
        actor=somebody(town.pond), ask_id=ask_id, place=town.pond.path, state=AskMove.NOT_OURS
    )
    assert day(town.pond) == []
    assert len(day(town.bridge)) == 1
    answered = queries.list_answered(
        actor=somebody(town.pond), place=town.pond.path, since=at(MONDAY)
    )
    assert [row.state for row in answered] == ["not_ours"]
    actions.mark_ask(
        actor=somebody(town.pond), ask_id=ask_id, place=town.pond.path, state=AskMove.OPEN
    )
    assert len(day(town.pond)) == 1


def test_a_day_begins_three_days_back_and_ends_in_two_weeks(town: Town, give: Give) -> None:
    give(town.pond, lines(SAID[0]))  # due on the 6th
    seen = [on for on in range(-10, 20) if day(town.pond, on=date(2026, 3, 6) + timedelta(on))]
    assert seen == list(range(-4, 4)), "from the day it was sent to three days after it was due"


def test_what_was_withdrawn_is_on_no_list(town: Town, give: Give) -> None:
    give(town.pond, lines(SAID[0]))
    ask = Ask.objects.unscoped("test").get()
    who = somebody(town.pond)
    actions.correct_ask(actor=who, ask_id=ask.pk, seen_version=1, changes={"is_withdrawn": True})
    assert found(who) == found(who, words="高龄津贴") == day(town.pond) == []
    actions.correct_ask(actor=who, ask_id=ask.pk, seen_version=2, changes={"is_withdrawn": False})
    assert len(found(who)) == len(found(who, words="高龄津贴")) == len(day(town.pond)) == 1


# Search and filters


@pytest.mark.parametrize("few_is", [10_000, 0], ids=["few", "many"])
@pytest.mark.parametrize(
    ("wanted", "hits"),
    [
        ({}, {0, 1, 2, 3}),
        ({"words": "高龄津贴"}, {0}),
        ({"words": "老旧小区 统计表"}, {1}),
        ({"words": "没有这个词"}, set()),
        ({"words": "，。"}, set()),
        ({"words": "'\" OR * ) ( -- \\ : & | !"}, set()),
        ({"issuer": "民政局"}, {0}),
        ({"issuer": "民政"}, set()),
        ({"kind": "meeting"}, {3}),
        ({"kind": "form", "words": "零报告"}, {1}),
        ({"flag": "relay_reply"}, {2}),
        ({"flag": "zero_report", "issuer": "住建局"}, {1}),
        ({"channel": "chat"}, {0, 1, 2, 3}),
        ({"channel": "phone"}, set()),
        ({"due_from": date(2026, 3, 6), "due_until": date(2026, 3, 6)}, {0}),
        ({"due_from": date(2026, 3, 6), "kind": "form"}, {0, 1}),
        ({"due_until": date(2026, 3, 3)}, {3}),
        ({"kind": "' OR 1=1 --"}, set()),
    ],
)
def test_filters_find_the_same_whether_few_or_many(
    town: Town,
    give: Give,
    monkeypatch: pytest.MonkeyPatch,
    few_is: int,
    wanted: dict[str, Any],
    hits: set[int],
) -> None:
    give(town.pond, lines(*SAID))
    give(town.bridge, lines(*SAID), name="别人的.txt")
    monkeypatch.setattr(lists, "MOST_COUNTED", few_is)
    asks = list_asks(somebody(town.pond).scope, AskFilter(**wanted)).rows
    texts = [ask.message.text for ask in asks]
    assert texts == [SAID[n] for n in sorted(hits, reverse=True)], "newest first"
    assert {ask.place for ask in asks} <= {town.pond.path}


@pytest.mark.parametrize("few_is", [10_000, 0], ids=["few", "many"])
def test_a_sources_asks_few_or_many(
    town: Town, give: Give, monkeypatch: pytest.MonkeyPatch, few_is: int
) -> None:
    source = give(town.pond, lines(*SAID))
    give(town.pond, lines("妇联：请各社区3月8日前报《最美家庭推荐表》。"), name="另一份.txt")
    monkeypatch.setattr(lists, "MOST_COUNTED", few_is)
    who = somebody(town.pond)
    assert len(queries.list_source_asks(who.scope, source).rows) == 4
    assert len(queries.list_batch_asks(who.scope, source.batch, limit=3)) == 3
    assert queries.sum_batch(who.scope, source.batch) == {
        "sources": 1, "unfinished": 0, "messages": 4, "new": 4, "asks": 4, "skips": 0,
    }  # fmt: skip
    assert queries.list_batch_asks(somebody(town.bridge).scope, source.batch, limit=3) == []


def test_several_posts_at_two_places_see_both_and_nothing_between(town: Town, give: Give) -> None:
    give(town.pond, lines(SAID[0]))
    give(town.bridge, lines(SAID[1]))
    give(town.street, lines(SAID[2]), name="街道.txt")
    both = Actor(
        id="user:9",
        scope=Scope(grants=somebody(town.pond).scope.grants + somebody(town.bridge).scope.grants),
    )
    assert len(found(both)) == 2
    assert len(found(both, channel="chat")) == 2


def test_search_follows_a_correction(town: Town, give: Give) -> None:
    give(town.pond, lines(SAID[0]))
    ask = Ask.objects.unscoped("test").get()
    who = somebody(town.pond)
    changes = {"forms": ["长寿金名册"], "issuer": "退役军人局", "deliverables": ["form", "visit"]}
    actions.correct_ask(actor=who, ask_id=ask.pk, seen_version=1, changes=changes)
    assert len(found(who, words="长寿金")) == 1
    assert len(found(who, issuer="退役军人局")) == 1
    assert len(found(who, kind="visit")) == 1
    assert found(who, issuer="民政局") == []
    assert list_issuers(who.scope) == ["民政局", "退役军人局"]


def test_long_lists_are_counted_up_to_a_number(
    town: Town, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(town.pond, lines(*SAID))
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    listed = list_asks(somebody(town.pond).scope, AskFilter())
    assert listed.count == 3, "more than two"
    assert queries.count_up_to(Source.objects.unscoped("test")) == 1


def test_marks_are_single_words_that_no_text_makes() -> None:
    marks = [
        index.place_mark("0001.0007."), index.issuer_mark("住建局"), index.kind_mark("join_group"),
        index.flag_mark("short_notice"), index.channel_mark("chat"),
    ]  # fmt: skip
    assert all(mark.isalnum() and mark.isascii() and mark.islower() for mark in marks)
    assert len(set(marks)) == 5
    assert index.place_mark("0001.0007.").startswith(index.place_mark("0001."))
    assert set(marks).isdisjoint(
        search_words("住建局 join_group short_notice chat 0001.0007").split()
    )
