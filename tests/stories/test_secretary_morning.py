"""A community secretary's morning: what is asked of me today, done, answered, back to the door."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest

from qingzhuang.intake.models import Ask, AskCorrection, Message, Source
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import at
from qingzhuang.org.types import Role

from .conftest import Enter, Town, text_of

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 3, 2)
PASTED = """江岚区住建局 小李 2026/3/2 8:10
各社区：请于3月4日17:00前报送《老旧小区情况统计表》，有问题联系13812345678。

荷塘社区 小王 2026/3/2 8:12
收到
"""


def without_tokens(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


@pytest.fixture(autouse=True)
def _monday_morning():
    with clock.fixed_at(at(MONDAY, 9)):
        yield


def test_the_secretary_pastes_previews_saves_does_answers_and_takes_it_back(
    enter: Enter, town: Town, worker_runs: Callable[[], int]
) -> None:
    secretary = enter(Role.COMMUNITY, town.pond)
    assert secretary.get("/in/").status_code == 200

    preview = text_of(secretary.post("/in/paste", {"text": PASTED}))
    assert "要做的有 1 件" in preview
    assert not Source.objects.unscoped("test").exists(), "a preview keeps nothing"

    saved = secretary.post("/in/paste", {"text": PASTED, "save": "1", "basis": "duty"})
    assert saved.status_code == 302
    waiting = text_of(secretary.get(saved["Location"]))
    assert "正在读" in waiting
    worker_runs()
    finished = text_of(secretary.get(saved["Location"]))
    assert "读完了" in finished
    assert "老旧小区情况统计表" in finished

    today = text_of(secretary.get("/", follow=True))
    assert "要办的 1 件" in today
    assert "报送" in today
    ask = Ask.objects.unscoped("test").get()
    assert ask.due_at == at(date(2026, 3, 4), 17)

    shown = text_of(secretary.get(f"/asks/{ask.pk}"))
    assert "138****5678" in shown
    assert "13812345678" not in shown
    stored = Message.objects.unscoped("test").values_list("text", flat=True)
    assert not any("13812345678" in text for text in stored)

    marked = text_of(
        secretary.post(
            f"/asks/{ask.pk}/mark", {"place": town.pond.path, "state": "done", "next": "/"}
        )
    )
    assert "我们已于3月2日办好" in marked
    assert "荷塘社区" in marked
    after = text_of(secretary.get("/", follow=True))
    assert "要办的" not in after
    assert "今天已经回了 1 件" in after

    undone = secretary.post(
        f"/asks/{ask.pk}/mark", {"place": town.pond.path, "state": "open", "next": "/"}
    )
    assert undone.status_code == 302
    assert "要办的 1 件" in text_of(secretary.get("/", follow=True))


def test_the_same_paste_twice_is_said_and_read_once(
    enter: Enter, town: Town, worker_runs: Callable[[], int]
) -> None:
    secretary = enter(Role.COMMUNITY, town.pond)
    for _ in range(2):
        saved = secretary.post("/in/paste", {"text": PASTED, "save": "1", "basis": "duty"})
        worker_runs()
    assert "3月2日收过" in text_of(secretary.get(saved["Location"]))
    assert Ask.objects.unscoped("test").count() == 1


def test_a_telephone_rings_and_is_on_the_day(
    enter: Enter, town: Town, worker_runs: Callable[[], int]
) -> None:
    secretary = enter(Role.COMMUNITY, town.pond)
    answer = secretary.post(
        "/in/phone", {"caller": "区民政局 老张", "said": "周五下班前报独居老人数"}
    )
    worker_runs()
    assert "读完了" in text_of(secretary.get(answer["Location"]))
    ask = Ask.objects.unscoped("test").get()
    assert ask.due_at == at(date(2026, 3, 6), 17, 30)
    assert "独居老人" in text_of(secretary.get("/", follow=True))


def test_a_wrong_reading_is_put_right_in_place(
    enter: Enter, town: Town, worker_runs: Callable[[], int]
) -> None:
    secretary = enter(Role.COMMUNITY, town.pond)
    secretary.post("/in/paste", {"text": PASTED, "save": "1", "basis": "duty"})
    worker_runs()
    ask = Ask.objects.unscoped("test").get()
    form = {
        "version": ask.version, "summary": ask.summary, "issuer": ask.issuer,
        "deliverables": ask.deliverables, "forms": "老旧小区情况统计表", "flags": ask.flags,
        "recurrence": "once", "due_at": "2026-03-02T12:00",
    }  # fmt: skip
    assert secretary.post(f"/asks/{ask.pk}/correct", form).status_code == 302
    page = text_of(secretary.get(f"/asks/{ask.pk}"))
    assert "期限" in page
    ask.refresh_from_db()
    assert ask.due_at == at(MONDAY, 12)
    assert "short_notice" in ask.flags, "what hangs on the deadline follows"
    assert AskCorrection.objects.get(field="due_at").was == "2026-03-04T09:00:00+00:00"

    stale = secretary.post(f"/asks/{ask.pk}/correct", form | {"issuer": "民政局"})
    assert stale.status_code == 409, "somebody changed it since this form was opened"

    gone = {"version": ask.version, "not_an_ask": "1"}
    assert secretary.post(f"/asks/{ask.pk}/correct", gone).status_code == 302
    assert "要办的" not in text_of(secretary.get("/", follow=True))
    assert re.search(r"共 0 件", text_of(secretary.get("/asks/")))


def test_what_the_street_was_given_for_another_community_is_not_on_my_day(
    enter: Enter, town: Town, worker_runs: Callable[[], int]
) -> None:
    desk = enter(Role.STREET_DESK, town.street)
    text = "住建局 小李 2026/3/2 8:10\n请石桥社区于3月4日前报送《危房排查表》。\n"
    desk.post("/in/paste", {"text": text, "save": "1", "basis": "duty"})
    worker_runs()
    ask = Ask.objects.unscoped("test").get()
    assert ask.audience == ["石桥社区"]
    assert "危房排查表" in text_of(enter(Role.COMMUNITY, town.bridge).get("/", follow=True))
    pond = enter(Role.COMMUNITY, town.pond)
    assert "危房排查表" not in text_of(pond.get("/", follow=True))
    absent = pond.get("/asks/999999")
    theirs = pond.get(f"/asks/{ask.pk}")
    assert theirs.status_code == absent.status_code == 404
    assert without_tokens(text_of(theirs)) == without_tokens(text_of(absent))
