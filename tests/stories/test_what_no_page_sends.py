"""Somebody with a community account sends what no page of ours would send."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from qingzhuang.intake.actions import add_source
from qingzhuang.intake.models import Ask, AskState, LawfulBasis, Source, SourceKind
from qingzhuang.kit import clock
from qingzhuang.kit.jobs.worker import run_ready_jobs
from qingzhuang.kit.pure.clock import at
from qingzhuang.org.models import Unit
from qingzhuang.org.types import Role
from qingzhuang.trail.models import TrailEntry

from .conftest import ROOT, Enter, Town, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday_morning():
    with clock.fixed_at(at(date(2026, 3, 2), 9)):
        yield


def given(unit: Unit, text: str) -> Ask:
    add_source(
        actor=ROOT,
        place=unit.path,
        kind=SourceKind.PASTE,
        name="a.txt",
        stream=io.BytesIO(text.encode()),
        lawful_basis=LawfulBasis.DUTY,
    )
    run_ready_jobs()
    return Ask.objects.unscoped("test").filter(place=unit.path).order_by("-pk")[:1].get()


def quiet(client: Client) -> Client:
    client.raise_request_exception = False
    return client


def test_an_ask_that_is_for_others_cannot_be_read_by_marking_it(enter: Enter, town: Town) -> None:
    ask = given(town.street, "请石桥社区于3月4日17:00前报送《老旧小区情况统计表》。")
    assert ask.audience == ["石桥社区"]
    pond = enter(Role.COMMUNITY, town.pond)
    assert pond.get(f"/asks/{ask.pk}").status_code == 404
    answer = pond.post(f"/asks/{ask.pk}/mark", {"place": town.pond.path, "state": "done"})
    assert "老旧小区" not in text_of(answer)
    assert answer.status_code == 404


def test_nothing_is_marked_for_a_place_that_is_no_unit(enter: Enter, town: Town) -> None:
    ask = given(town.pond, "各社区请于3月4日17:00前报送《老旧小区情况统计表》。")
    pond = enter(Role.COMMUNITY, town.pond)
    place = town.pond.path + "没有这个单位" * 50
    answer = pond.post(f"/asks/{ask.pk}/mark", {"place": place, "state": "done"})
    assert answer.status_code == 404
    assert not AskState.objects.unscoped("test").exists()


@pytest.mark.parametrize(
    "url",
    [
        "/asks/?due_until=9999-12-31",
        "/asks/?due_from=0001-01-01",
        "/asks/export?due_until=9999-12-31",
    ],
)
def test_a_day_at_the_end_of_time_breaks_no_page(enter: Enter, town: Town, url: str) -> None:
    assert quiet(enter(Role.COMMUNITY, town.pond)).get(url).status_code < 500


@pytest.mark.parametrize(
    "sent", [{"version": "abc"}, {"version": "9" * 5000}, {"due_at": "0001-01-01T00:00"}]
)
def test_a_correction_of_nonsense_is_refused_in_words(
    enter: Enter, town: Town, sent: dict[str, str]
) -> None:
    ask = given(town.pond, "各社区请于3月4日17:00前报送《老旧小区情况统计表》。")
    pond = quiet(enter(Role.COMMUNITY, town.pond))
    whole = {"version": "1", "summary": "报", "deliverables": "form", "recurrence": "once"} | sent
    assert pond.post(f"/asks/{ask.pk}/correct", whole).status_code in (400, 409)


@pytest.mark.parametrize("url", ["/trail/?before={}", "/people/?unit={}"])
def test_a_number_of_five_thousand_digits_breaks_no_page(
    enter: Enter, town: Town, url: str
) -> None:
    auditor = quiet(enter(Role.AUDIT_OFFICER, town.district))
    assert auditor.get(url.format("9" * 5000)).status_code < 500


def test_a_retention_of_five_thousand_digits_breaks_no_page(enter: Enter, town: Town) -> None:
    pond = quiet(enter(Role.COMMUNITY, town.pond))
    file = SimpleUploadedFile("a.txt", b"hello")
    sent = {"basis": "duty", "retention_days": "9" * 5000, "files": file}
    assert pond.post("/in/drop", sent).status_code < 500


def test_the_limit_of_uploads_holds_for_uploads(enter: Enter, town: Town, settings: Any) -> None:
    settings.QZ_MAX_UPLOAD_BYTES = 1000
    pond = quiet(enter(Role.COMMUNITY, town.pond))
    pond.post("/in/drop", {"basis": "duty", "files": SimpleUploadedFile("a.txt", b"x" * 5000)})
    assert not Source.objects.unscoped("test").exclude(state="refused").exists()


def test_a_filter_that_is_none_shows_nothing(enter: Enter, town: Town) -> None:
    given(town.pond, "各社区请于3月4日17:00前报送《老旧小区情况统计表》。")
    pond = enter(Role.COMMUNITY, town.pond)
    assert "老旧小区情况统计表" not in text_of(pond.get("/asks/?kind=no_such-kind"))


def test_an_export_leaves_a_trace(enter: Enter, town: Town) -> None:
    given(town.pond, "各社区请于3月4日17:00前报送《老旧小区情况统计表》。")
    pond = enter(Role.COMMUNITY, town.pond)
    before = TrailEntry.objects.count()
    b"".join(pond.get("/asks/export").streaming_content)
    assert TrailEntry.objects.count() > before


def test_what_was_no_ask_is_forgotten_in_time(enter: Enter, town: Town) -> None:
    ask = given(town.pond, "各社区请于3月4日17:00前报送《老旧小区情况统计表》。")
    pond = enter(Role.COMMUNITY, town.pond)
    pond.post(f"/asks/{ask.pk}/correct", {"version": ask.version, "not_an_ask": "1"})
    ask = Ask.objects.unscoped("test").select_related("message").get(pk=ask.pk)
    assert ask.is_withdrawn
    assert ask.message.expires_on is not None
