"""Events: told after commit, to every subscriber, as what they were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from qingzhuang.kit import events
from qingzhuang.kit.events import list_subscriptions, publish, subscribe
from qingzhuang.kit.jobs import JobContext, register, registry
from qingzhuang.kit.jobs.worker import run_ready_jobs
from qingzhuang.kit.models import Job
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.system_checks import check_events

CaseId = NewType("CaseId", int)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    start: date
    end: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    case: CaseId
    closed_at: datetime
    colour: Colour
    file: UUID
    spans: tuple[Span, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodyCares:
    case: CaseId


heard: list[tuple[str, object]] = []
EVENT = CaseClosed(
    case=CaseId(7),
    closed_at=at(date(2026, 3, 2), 9, 30),
    colour=Colour.RED,
    file=uuid4(),
    spans=(Span(start=date(2026, 3, 2), end=None),),
)


@pytest.fixture(autouse=True)
def _subscribers(monkeypatch: pytest.MonkeyPatch) -> None:
    heard.clear()
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr(events, "_types", {})
    monkeypatch.setattr(events, "_subscribers", {})
    for name in ("kittest.first", "kittest.second"):

        def hear(ctx: JobContext, event: object, name: str = name) -> None:
            heard.append((name, event))

        register(name, retries=0, backoff_seconds=1)(hear)
        subscribe(CaseClosed, name)
        subscribe(CaseClosed, name)  # twice is once


@pytest.mark.django_db
def test_every_subscriber_hears_the_event_as_it_was() -> None:
    with transaction.atomic():
        publish(EVENT)
        assert heard == []
    assert run_ready_jobs() == 2
    assert heard == [("kittest.first", EVENT), ("kittest.second", EVENT)]


@pytest.mark.django_db
def test_a_rolled_back_event_is_not_heard() -> None:
    with transaction.atomic():
        publish(EVENT)
        transaction.set_rollback(True)
    assert run_ready_jobs() == 0
    assert heard == []


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_of_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError):
        publish(EVENT)
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_an_event_that_nobody_subscribed_to_makes_no_job() -> None:
    publish(NobodyCares(case=CaseId(1)))
    assert not Job.objects.exists()


def test_only_frozen_dataclasses_are_events() -> None:
    @dataclass
    class Loose:
        case: int

    for kind in (Loose, dict):
        with pytest.raises(TypeError):
            subscribe(kind, "kittest.first")


def test_a_subscriber_that_is_no_job_is_found_by_the_system_check() -> None:
    assert not [error for error in check_events() if "kittest" in error.msg]
    subscribe(NobodyCares, "kittest.nowhere")
    assert len(list_subscriptions()) == 3
    assert any("kittest.nowhere" in error.msg for error in check_events())
