"""Corrections, and what units say of an ask."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from qingzhuang.intake import actions
from qingzhuang.intake.actions import asks as ask_actions
from qingzhuang.intake.models import (
    Ask,
    AskCorrection,
    AskMove,
    AskState,
)
from qingzhuang.kit.jobs.worker import run_twice
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.errors import UserError

from .conftest import Give, Town, qq_group, somebody

pytestmark = pytest.mark.django_db
ASKED = ("2026-03-02 08:30:00", "民政局小陈(10001)", "请各社区3月6日前报《高龄津贴发放表》。")


def rows(model: Any) -> Any:
    manager = model.objects
    return manager.unscoped("test") if hasattr(manager, "unscoped") else manager.all()


def asked(town: Town, give: Give) -> Ask:
    give(town.street, qq_group([ASKED]))
    return rows(Ask).get()  # type: ignore[no-any-return]


def test_a_correction_is_kept_beside_and_what_hangs_on_it_follows(town: Town, give: Give) -> None:
    ask = asked(town, give)
    fold = ask.fold
    actions.correct_ask(
        actor=somebody(town.street), ask_id=ask.pk, seen_version=1,
        changes={"due_at": at(date(2026, 3, 2), 12), "issuer": "卫健局13812345678"},
    )  # fmt: skip
    ask.refresh_from_db(from_queryset=rows(Ask))
    assert ask.issuer == "卫健局138****5678"
    assert ask.lead_working_hours == 3.5
    assert "short_notice" in ask.flags
    assert ask.fold != fold
    assert dict(AskCorrection.objects.values_list("field", "by")) == {
        "due_at": f"user:{town.street.pk}",
        "issuer": f"user:{town.street.pk}",
    }
    with pytest.raises(UserError, match=r"kit\.changed_meanwhile"):
        actions.correct_ask(
            actor=somebody(town.street), ask_id=ask.pk, seen_version=1, changes={"issuer": "统计局"}
        )
    assert AskCorrection.objects.count() == 2, "a refused correction leaves nothing"


def test_what_a_person_said_of_short_notice_stays(town: Town, give: Give) -> None:
    ask = asked(town, give)
    who = somebody(town.street)
    soon, sooner = at(date(2026, 3, 2), 12), at(date(2026, 3, 2), 11)
    actions.correct_ask(actor=who, ask_id=ask.pk, seen_version=1, changes={"due_at": soon})
    actions.correct_ask(actor=who, ask_id=ask.pk, seen_version=2, changes={"flags": []})
    actions.correct_ask(actor=who, ask_id=ask.pk, seen_version=3, changes={"due_at": sooner})
    ask.refresh_from_db(from_queryset=rows(Ask))
    assert ask.flags == []


def test_corrections_survive_a_newer_reader(
    town: Town, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = "1.请各社区3月6日前报《高龄津贴表》。\n2.请各社区3月9日前报《孤儿名册》。"
    give(town.street, qq_group([(ASKED[0], ASKED[1], two)]))
    first, second = rows(Ask).order_by("ordinal")
    who = somebody(town.street)
    wrong = {"issuer": "我说的局", "due_at": at(date(2026, 3, 20), 9)}
    actions.correct_ask(actor=who, ask_id=first.pk, seen_version=1, changes=wrong)
    actions.correct_ask(actor=who, ask_id=second.pk, seen_version=1, changes={"is_withdrawn": True})
    rows(Ask).update(summary="旧读法")
    monkeypatch.setattr(ask_actions, "READER_VERSION", 99)
    run_twice("intake.reread_asks")
    assert rows(Ask).count() == 2
    first.refresh_from_db(from_queryset=rows(Ask))
    second.refresh_from_db(from_queryset=rows(Ask))
    assert (first.issuer, first.due_at) == ("我说的局", at(date(2026, 3, 20), 9))
    assert "高龄津贴" in first.summary, "what nobody corrected is read anew"
    assert second.is_withdrawn
    assert {first.reader_version, second.reader_version} == {99}
    assert actions.reread_asks() == 0


def test_marking_is_one_units_word_on_all_copies_and_is_taken_back(town: Town, give: Give) -> None:
    give(town.street, qq_group([ASKED]))
    give(town.street, qq_group([ASKED], group="另一个群"))
    give(town.pond, qq_group([ASKED], group="第三个群"))
    ask = rows(Ask).filter(place=town.street.path).first()
    who = somebody(town.pond)
    count = actions.mark_ask(actor=who, ask_id=ask.pk, place=town.pond.path, state=AskMove.DONE)
    assert count == 3
    assert set(rows(AskState).values_list("place", flat=True)) == {town.pond.path}
    assert actions.mark_ask(actor=who, ask_id=ask.pk, place=town.pond.path, state=AskMove.OPEN) == 3
    with pytest.raises(UserError, match=r"org\.not_found"):
        actions.mark_ask(actor=who, ask_id=ask.pk, place=town.bridge.path, state=AskMove.DONE)


def test_words_of_people_are_never_changed_or_removed(town: Town, give: Give) -> None:
    from django.db import DatabaseError, transaction

    ask = asked(town, give)
    who = somebody(town.street)
    actions.correct_ask(actor=who, ask_id=ask.pk, seen_version=1, changes={"issuer": "甲局"})
    actions.mark_ask(
        actor=somebody(town.pond), ask_id=ask.pk, place=town.pond.path, state=AskMove.DONE
    )
    for change in (
        lambda: AskCorrection.objects.update(by="x"),
        lambda: rows(AskState).update(state="open"),
        lambda: AskCorrection.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
