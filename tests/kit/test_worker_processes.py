"""Real workers, killed and raced against each other."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from pathlib import Path

import pytest
from django.db import connection

from qingzhuang.kit.jobs import JobContext, enqueue, find_job, queue, register, registry, worker
from qingzhuang.kit.models import Job, JobWorker

from .conftest import Workers, wait_until
from .worker_process import mark, steps

pytestmark = pytest.mark.slow
assert mark, steps  # importing them registers them here, so that enqueue knows them


def _lines(tmp_path: Path) -> list[str]:
    log = tmp_path / "log"
    return log.read_text().splitlines() if log.exists() else []


def test_after_kill_9_another_worker_finishes_the_job_once(
    workers: Workers, tmp_path: Path
) -> None:
    job_id = enqueue("kittest.steps", 10)
    first = workers.start()
    wait_until(lambda: len(_lines(tmp_path)) >= 3)
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = find_job(job_id)
    assert before is not None
    assert before.status == "running"

    workers.start()
    wait_until(lambda: find_job(job_id).is_finished)  # type: ignore[union-attr]
    after = find_job(job_id)
    assert after is not None
    assert (after.status, after.attempts, after.done) == ("done", 2, 10)
    assert Counter(_lines(tmp_path)) == {f"step{n}": 1 for n in range(10)}


def test_sigterm_gives_the_job_back_at_once(workers: Workers, tmp_path: Path) -> None:
    job_id = enqueue("kittest.steps", 10)
    leaving = workers.start()
    wait_until(lambda: len(_lines(tmp_path)) >= 2)
    leaving.send_signal(signal.SIGTERM)
    assert leaving.wait(timeout=10) == 0
    state = find_job(job_id)
    assert state is not None
    assert state.status == "ready"
    assert not JobWorker.objects.exists()
    workers.start("--once").wait(timeout=30)
    assert Counter(_lines(tmp_path)) == {f"step{n}": 1 for n in range(10)}


def test_three_workers_never_share_a_job(workers: Workers, tmp_path: Path) -> None:
    for number in range(60):
        enqueue("kittest.mark", number)
    running = [workers.start() for _ in range(3)]
    wait_until(lambda: not Job.objects.filter(name="kittest.mark").exclude(status="done").exists())
    for process in running:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    begun = [line.split()[1:] for line in _lines(tmp_path) if line.startswith("begin")]
    assert Counter(number for number, _ in begun) == {str(n): 1 for n in range(60)}
    assert len({pid for _, pid in begun}) > 1, "one worker did everything: nothing was raced"
    assert set(Job.objects.filter(name="kittest.mark").values_list("attempts", flat=True)) == {1}


def test_four_clocks_at_the_same_moment_ring_once(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_schedules", {})
    registry.daily(hour=0, name="kittest.mark")
    start, rung = threading.Barrier(4), []

    def tick() -> None:
        start.wait()
        rung.extend(queue.tick())
        connection.close()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rung == ["kittest.mark"]
    assert Job.objects.filter(name="kittest.mark").count() == 1


def test_a_job_whose_database_went_away_is_run_again(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that could go away")
    monkeypatch.setattr(registry, "_kinds", {})
    monkeypatch.setattr(registry, "_schedules", {})
    monkeypatch.setattr(worker, "AGAIN_SECONDS", 0.1)
    attempts = []

    def lose_the_server(ctx: JobContext) -> None:
        attempts.append(ctx.attempt)
        if ctx.attempt == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    register("kittest.lose", retries=0, backoff_seconds=1)(lose_the_server)
    job_id = enqueue("kittest.lose")
    worker.run_worker(threading.Event(), once=True)
    state = find_job(job_id)
    assert state is not None
    assert (state.status, attempts) == ("done", [1, 2])
