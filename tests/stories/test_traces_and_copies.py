"""What leaves the program leaves a trace, and no copy stays behind on the way."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from django.test import Client

from qingzhuang.intake.actions import add_source
from qingzhuang.intake.models import LawfulBasis, SourceKind
from qingzhuang.kit import clock
from qingzhuang.kit.jobs.worker import run_ready_jobs
from qingzhuang.kit.pure.clock import at
from qingzhuang.org.types import Role
from qingzhuang.trail.models import TrailEntry

from .conftest import ROOT, Enter, Town, text_of

pytestmark = pytest.mark.django_db
NOW = at(date(2026, 3, 2), 9)


@pytest.fixture(autouse=True)
def _monday_morning():
    with clock.fixed_at(NOW):
        yield


def give(town: Town):
    return add_source(
        actor=ROOT,
        place=town.pond.path,
        kind=SourceKind.PASTE,
        name="a.txt",
        stream=io.BytesIO("请3月6日前报《情况表》。".encode()),
        lawful_basis=LawfulBasis.DUTY,
    )


def test_the_trace_of_an_export_has_its_rows_and_none_of_its_words(
    enter: Enter, town: Town
) -> None:
    give(town)
    run_ready_jobs()
    enter(Role.COMMUNITY, town.pond).get("/asks/export", {"words": "情况表"})
    entry = TrailEntry.objects.get(action="intake.export_asks")
    assert entry.details["rows"] == 1
    assert entry.place == town.pond.path
    assert "情况" not in str(entry.details)


@pytest.mark.parametrize("url", ["/today/", "/asks/", "/asks/export", "/sources/", "/sources/1"])
def test_nothing_for_a_signed_in_person_is_kept(enter: Enter, town: Town, url: str) -> None:
    give(town)
    assert enter(Role.COMMUNITY, town.pond).get(url)["Cache-Control"] == "no-store"
    assert "Cache-Control" not in Client(headers={"host": "localhost"}).get("/healthz")


@pytest.mark.parametrize("query", ["kind=x", "flag=no_such", "channel=x", "due_from=2026-13-01"])
def test_a_filter_that_nobody_knows_is_said_to_be_one(enter: Enter, town: Town, query: str) -> None:
    give(town)
    run_ready_jobs()
    pond = enter(Role.COMMUNITY, town.pond)
    page = text_of(pond.get(f"/asks/?{query}"))
    assert "认不出来" in page
    assert "《情况表》" not in page
    assert "认不出来" in text_of(pond.get("/sources/?state=x"))
    assert "认不出来" not in text_of(pond.get("/asks/?kind=meeting"))


def test_a_page_left_open_does_not_keep_the_session_for_ever(enter: Enter, town: Town) -> None:
    source = give(town)
    url = f"/sources/batch/{source.batch}"
    assert "data-poll" in text_of(enter(Role.COMMUNITY, town.pond).get(url))
    with clock.fixed_at(NOW + timedelta(hours=2)):
        page = text_of(enter(Role.COMMUNITY, town.pond).get(url))
    assert "data-poll" not in page
    assert "请刷新" in page
