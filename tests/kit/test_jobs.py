"""Jobs: they leave with the transaction, are retried, given up, cancelled, rung by the clock."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from django.db import transaction

from qingzhuang.kit import clock
from qingzhuang.kit.jobs import (
    JobContext,
    cancel,
    enqueue,
    find_job,
    list_failed,
    queue,
    register,
    registry,
    retry_failed,
)
from qingzhuang.kit.jobs.process import is_alive, is_gone, own_birth
from qingzhuang.kit.jobs.worker import _Worker, run_ready_jobs, run_twice
from qingzhuang.kit.models import Job, JobProgress, JobStatus, JobWorker
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.errors import UserError

pytestmark = pytest.mark.django_db

DAY = at(date(2026, 3, 2), 9)
seen: list[object] = []


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    seen.clear()
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr(registry, "_schedules", {})
    register("kittest.note", retries=0, backoff_seconds=1)(note)
    register("kittest.break", retries=2, backoff_seconds=30)(break_down)
    register("kittest.refuse", retries=5, backoff_seconds=30)(refuse)
    register("kittest.look", retries=1, backoff_seconds=1)(look)
    register("kittest.slow", retries=0, backoff_seconds=1, timeout_seconds=1)(slow)


def note(ctx: JobContext, *args: object) -> None:
    seen.append(args)


def break_down(ctx: JobContext) -> None:
    seen.append(ctx.attempt)
    raise ZeroDivisionError("no way")


def refuse(ctx: JobContext) -> None:
    seen.append(ctx.attempt)
    raise UserError("kit.changed_meanwhile")


def look(ctx: JobContext) -> None:
    cancel(ctx.job_id)
    if ctx.cancelled():
        return
    seen.append("went on")


def slow(ctx: JobContext) -> None:
    threading.Event().wait(20)


def test_a_job_runs_once_with_its_arguments() -> None:
    job_id = enqueue("kittest.note", 7, "甲", {"k": [1]})
    assert run_ready_jobs() == 1
    assert seen == [(7, "甲", {"k": [1]})]
    state = find_job(job_id)
    assert state is not None
    assert (state.status, state.is_finished) == ("done", True)
    assert run_ready_jobs() == 0


def test_a_rolled_back_transaction_leaves_no_job() -> None:
    with transaction.atomic():
        enqueue("kittest.note", 1)
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_what_is_no_json_and_what_nobody_registered_is_refused() -> None:
    with pytest.raises(TypeError):
        enqueue("kittest.note", object())
    with pytest.raises(LookupError):
        enqueue("kittest.unheard_of")


def test_errors_are_retried_with_growing_pauses_then_kept_with_their_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with clock.fixed_at(DAY):
        job_id = enqueue("kittest.break")
        assert run_ready_jobs() == 1
    with clock.fixed_at(DAY + timedelta(seconds=29)):
        assert run_ready_jobs() == 0
    with clock.fixed_at(DAY + timedelta(seconds=31)):
        assert run_ready_jobs() == 1
    with clock.fixed_at(DAY + timedelta(seconds=31 + 59)):
        assert run_ready_jobs() == 0
    with clock.fixed_at(DAY + timedelta(seconds=31 + 61)):
        assert run_ready_jobs() == 1
        assert run_ready_jobs() == 0
    assert seen == [1, 2, 3]
    (failed,) = list_failed()
    assert failed.id == job_id
    assert failed.reason.startswith("ZeroDivisionError (break_down:")
    assert "no way" not in failed.reason, "messages of errors quote what they choked on"
    assert "no way" not in caplog.text
    assert "ZeroDivisionError (break_down:" in caplog.text
    assert retry_failed(job_id)
    assert run_ready_jobs() == 1


def test_a_user_error_is_final_at_once() -> None:
    job_id = enqueue("kittest.refuse")
    run_ready_jobs()
    state = find_job(job_id)
    assert state is not None
    assert (state.status, state.reason, seen) == ("failed", "kit.changed_meanwhile", [1])


def test_a_key_folds_waiting_jobs_but_not_running_ones() -> None:
    first = enqueue("kittest.note", 1, key="digest")
    assert enqueue("kittest.note", 2, key="digest") == first
    assert enqueue("kittest.note", 1, key="other") != first
    assert enqueue("kittest.note", 1) != first
    taken = queue.claim("w", ["kittest.note"])
    assert taken is not None
    assert taken.pk == first
    again = enqueue("kittest.note", 3, key="digest")
    assert again != first
    assert queue.give_back(taken)  # both are ready now, and that is no collision


def test_a_waiting_job_is_cancelled_at_once_a_running_one_when_it_looks() -> None:
    waiting = enqueue("kittest.note", 1)
    assert cancel(waiting)
    assert not cancel(waiting)
    running = enqueue("kittest.look")
    run_ready_jobs()
    assert seen == []
    state = find_job(running)
    assert state is not None
    assert state.status == "cancelled"


def test_a_higher_priority_goes_first() -> None:
    register("kittest.urgent", retries=0, backoff_seconds=1, priority=5)(note_urgent)
    enqueue("kittest.note", "later")
    enqueue("kittest.urgent")
    run_ready_jobs()
    assert seen == ["urgent", ("later",)]


def note_urgent(ctx: JobContext) -> None:
    seen.append("urgent")


def test_a_silent_worker_loses_its_job_and_cannot_end_it_any_more() -> None:
    job_id = enqueue("kittest.note", 1)
    queue.beat("sleeper", "")
    mine = queue.claim("sleeper", ["kittest.note"])
    assert mine is not None
    assert queue.reap() == 0
    JobWorker.objects.update(beat_at=clock.now() - timedelta(seconds=61))
    assert queue.reap() == 1
    assert not queue.finish(mine, JobStatus.DONE)
    queue.beat("sleeper", "")  # it wakes up
    theirs = queue.claim("other", ["kittest.note"])
    assert theirs is not None
    assert theirs.attempts == 2
    assert not queue.finish(mine, JobStatus.DONE)
    woken = JobContext(job_id=job_id, attempt=1, holder="sleeper")
    assert woken.cancelled()
    assert queue.finish(theirs, JobStatus.DONE)


def test_a_worker_between_two_jobs_disowns_what_is_still_booked_as_its() -> None:
    enqueue("kittest.note", 1)
    queue.beat("w", "")
    assert queue.claim("w", ["kittest.note"]) is not None
    assert queue.reap() == 0  # it lives
    assert queue.disown("w") == 1
    assert queue.claim("w", ["kittest.note"]) is not None


def test_waiting_jobs_that_nobody_knows_any_more_are_listed() -> None:
    job_id = enqueue("kittest.note", 1)
    assert queue.list_unknown() == []
    registry._kinds.pop("kittest.note")
    assert queue.list_unknown() == [f"kittest.note #{job_id}"]


def test_a_job_that_takes_its_workers_with_it_is_given_up() -> None:
    job_id = enqueue("kittest.note", 1)
    for _ in range(queue.MOST_DEATHS):
        assert queue.claim("gone", ["kittest.note"]) is not None
        assert queue.reap() == 1
    state = find_job(job_id)
    assert state is not None
    assert state.status == "failed"
    assert "died" in state.reason


def test_a_process_is_known_by_more_than_its_number() -> None:
    birth = own_birth()
    if not birth:
        pytest.skip("no /proc here")
    machine_and_pid, _, _ = birth.rpartition("/")
    assert not is_gone(birth)
    assert is_alive(birth)
    assert is_gone(f"{machine_and_pid}/1")  # same number, other start
    for untold in (f"elsewhere/{birth}", ""):
        assert not is_gone(untold)
        assert not is_alive(untold)


def test_a_silent_worker_whose_process_is_seen_to_run_is_given_longer() -> None:
    if not own_birth():
        pytest.skip("no /proc here")
    enqueue("kittest.note", 1)
    queue.beat("asleep", own_birth())
    assert queue.claim("asleep", ["kittest.note"]) is not None
    JobWorker.objects.update(beat_at=clock.now() - timedelta(seconds=300))
    assert queue.reap() == 0
    JobWorker.objects.update(beat_at=clock.now() - timedelta(seconds=602))
    assert queue.reap() == 1


def test_the_clock_rings_each_moment_once() -> None:
    registry.every(minutes=5, name="kittest.note")
    with clock.fixed_at(DAY):
        assert queue.tick() == ["kittest.note"]
        assert queue.tick() == []
    with clock.fixed_at(DAY + timedelta(minutes=4)):
        assert queue.tick() == []
    with clock.fixed_at(DAY + timedelta(hours=3)):  # switched off meanwhile: one ring
        assert queue.tick() == ["kittest.note"]
        assert queue.tick() == []
    assert Job.objects.count() == 1  # the first still waits: one is enough


def test_daily_is_at_that_time_in_china() -> None:
    schedule = registry.Schedule(name="kittest.note", hour=8)
    assert schedule.due_at(DAY) == at(DAY.date(), 8)
    assert schedule.due_at(at(DAY.date(), 7)) == at(DAY.date() - timedelta(days=1), 8)


def test_progress_is_written_at_most_once_a_second_and_at_the_end() -> None:
    ctx = JobContext(job_id=enqueue("kittest.note"))
    for done in range(1, 100):
        ctx.progress(done, 100, unit="条")
    assert JobProgress.objects.get().done == 1
    ctx.progress(100, 100, unit="条", message="好了")
    state = find_job(ctx.job_id)
    assert state is not None
    assert (state.done, state.total, state.unit, state.message) == (100, 100, "条", "好了")


def test_run_twice_runs_twice_and_leaves_nothing() -> None:
    run_twice("kittest.note", 5)
    assert seen == [(5,), (5,)]
    assert not Job.objects.exists()


def test_old_jobs_are_cleared_away_failed_ones_later() -> None:
    enqueue("kittest.note")
    enqueue("kittest.refuse")
    run_ready_jobs()
    with clock.fixed_at(clock.now() + timedelta(days=8)):
        assert queue.prune() == 1
    with clock.fixed_at(clock.now() + timedelta(days=91)):
        assert queue.prune() == 1


@pytest.mark.slow
def test_a_job_that_outlives_its_time_is_interrupted() -> None:
    job_id = enqueue("kittest.slow")
    run_ready_jobs()
    state = find_job(job_id)
    assert state is not None
    assert (state.status, state.reason) == ("failed", "took longer than 1 s")


def test_a_worker_that_leaves_gives_its_job_back() -> None:
    stop = threading.Event()

    def leave(ctx: JobContext) -> None:
        stop.set()
        ctx.checkpoint()
        seen.append("went on")

    register("kittest.leave", retries=0, backoff_seconds=1)(leave)
    job_id = enqueue("kittest.leave")
    # No pulse: its thread has a connection of its own, which a test's transaction shuts out.
    assert _Worker(stop, 60).run_next()
    state = find_job(job_id)
    assert state is not None
    assert (state.status, seen) == ("ready", [])
