"""A community is put under another street: its people work on at the new place."""

from __future__ import annotations

from datetime import date

import pytest

from qingzhuang.intake.models import Source
from qingzhuang.kit import clock
from qingzhuang.kit.jobs.worker import run_ready_jobs
from qingzhuang.kit.pure.clock import at
from qingzhuang.org.actions import move_unit
from qingzhuang.org.models import Unit
from qingzhuang.org.types import Role

from .conftest import ROOT, Enter, Town, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday_morning():
    with clock.fixed_at(at(date(2026, 3, 2), 9)):
        yield


def test_what_is_given_after_a_move_is_given_at_the_new_place(enter: Enter, town: Town) -> None:
    former = town.pond.path
    move_unit(actor=ROOT, unit=town.pond, parent=town.other_street)
    path = Unit.objects.unscoped("test").get(pk=town.pond.pk).path
    assert former < path, "the former place sorts first"
    pond = enter(Role.COMMUNITY, town.pond)
    said = {"text": "请3月6日前报《情况表》。", "save": "1", "basis": "duty"}
    pond.post("/in/paste", said)
    assert Source.objects.unscoped("test").get().place == path
    run_ready_jobs()
    page = text_of(pond.get("/today/"))
    assert f'value="{path}"' in page
    assert former not in page
