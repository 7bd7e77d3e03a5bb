"""The worker: takes one job at a time, keeps its pulse, and leaves without losing anything."""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from qingzhuang.kit.jobs import queue, registry
from qingzhuang.kit.jobs.context import JobContext, JobStopped, StopCause
from qingzhuang.kit.jobs.process import own_birth
from qingzhuang.kit.models import Job, JobStatus
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.request import request_scope

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
UPKEEP_EVERY_SECONDS = 5.0
AGAIN_SECONDS = 5.0
MOST_REASON = 2000
MOST_FRAMES = 8


class JobTimeout(BaseException):
    """Thrown into a job that outlived its time; no `except Exception` inside it swallows this."""


def run_worker(
    stop_event: threading.Event,
    *,
    once: bool = False,
    lease_seconds: int = queue.LEASE_SECONDS,
    poll_seconds: float = POLL_SECONDS,
) -> int:
    """Run jobs until `stop_event` is set (or, with `once`, until none is due); answers how many.

    Start as many as you like, in this process or others, on one machine or several. When the
    event is set no new job is begun, and a running one hears it from `ctx.cancelled()`; killed
    without warning, its job is taken up by another worker: at once on this machine, after
    `lease_seconds` elsewhere. In a process's main thread a job that outlives its timeout is
    interrupted; in another thread it is only told so by `ctx.cancelled()`.
    """
    worker = _Worker(stop_event, lease_seconds)
    count = 0
    with worker.pulse():
        upkeep_at = float("-inf")
        is_unsure = False
        while not stop_event.is_set():
            try:
                if connection.errors_occurred:  # in the last job: the connection may be unusable
                    close_old_connections()
                if is_unsure:
                    queue.disown(worker.id)
                    is_unsure = False
                if time.monotonic() - upkeep_at >= UPKEEP_EVERY_SECONDS:
                    upkeep_at = time.monotonic()
                    queue.reap(lease_seconds)
                    queue.tick()
                if worker.run_next():
                    count += 1
                elif once:
                    break
                else:
                    stop_event.wait(poll_seconds)
            except (OperationalError, InterfaceError) as error:
                # The database went away or stayed locked: what is committed is kept, try again.
                # No traceback: the message of a database may hold values.
                logger.error(
                    "the database did not answer; trying again in %s s: %s",
                    AGAIN_SECONDS,
                    _reason(error),
                )
                # A job may still be booked as ours, though we are no longer at it.
                is_unsure = True
                connection.close()
                stop_event.wait(AGAIN_SECONDS)
    return count


def run_ready_jobs(most: int = 1000) -> int:
    """Run what is due in this thread, then what that enqueued, and so on; answers how many.

    For tests and the command line: no pulse thread, so it works inside one transaction. Raises
    RuntimeError after `most` jobs, since then they enqueue each other for ever.
    """
    worker = _Worker(threading.Event(), queue.LEASE_SECONDS)
    queue.beat(worker.id, worker.birth)
    try:
        for count in range(most):
            if not worker.run_next():
                return count
    finally:
        queue.retire(worker.id)
    raise RuntimeError(f"more than {most} jobs: they seem to enqueue each other")


def run_twice(name: str, *args: Any) -> None:
    """Run a job's function twice here and now, errors let through: for the test every job has.

    The test then looks that the second run changed nothing.
    """
    job_id = queue.enqueue(name, *args)
    job = Job.objects.get(pk=job_id)
    Job.objects.filter(pk=job_id).update(status=JobStatus.RUNNING, attempts=1)
    for _ in range(2):
        registry.call(registry.get_kind(name), JobContext(job_id=job_id), job.args)
    Job.objects.filter(pk=job_id).delete()


class _Worker:
    def __init__(self, stop_event: threading.Event, lease_seconds: int) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self.birth = own_birth()
        self._stop = stop_event
        self._beat_every = max(lease_seconds / 6, 0.05)

    @contextmanager
    def pulse(self) -> Iterator[None]:
        """Beat in a thread of its own, so that a job that computes for minutes stays ours."""
        queue.beat(self.id, self.birth)
        ended = threading.Event()
        thread = threading.Thread(target=self._beat_until, args=(ended,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(timeout=10)
            try:
                queue.retire(self.id)
            except (OperationalError, InterfaceError):
                logger.warning("could not sign off; the next worker will see that we are gone")

    def _beat_until(self, ended: threading.Event) -> None:
        try:
            while not ended.wait(self._beat_every):
                try:
                    queue.beat(self.id, self.birth)
                except (OperationalError, InterfaceError):
                    logger.warning("no heartbeat: the database did not answer")
                    connection.close()
        finally:
            connection.close()

    def run_next(self) -> bool:
        """Take and run one job; False when none is due."""
        job = queue.claim(self.id, [kind.name for kind in registry.list_kinds()])
        if job is None:
            return False
        kind = registry.get_kind(job.name)
        ctx = JobContext(
            job_id=job.pk,
            attempt=job.attempts,
            holder=self.id,
            timeout_seconds=kind.timeout_seconds,
            is_leaving=self._stop.is_set,
        )
        with request_scope(f"job:{job.pk}"):
            self._run(job, kind, ctx)
        return True

    def _run(self, job: Job, kind: registry.JobKind, ctx: JobContext) -> None:
        try:
            with _alarm(kind.timeout_seconds):
                registry.call(kind, ctx, job.args)
        except JobStopped:
            pass
        except JobTimeout:
            ctx.stop_cause = StopCause.TIMEOUT
            if not connection.in_atomic_block:
                connection.close()  # the alarm may have rung in the middle of a statement
        except UserError as error:
            queue.fail(job, kind, _reason(error), is_final=True)
            return
        except Exception as error:
            # The border of the process: whatever a job throws is recorded, and the worker lives.
            reason = _reason(error)
            status = queue.fail(job, kind, reason, is_final=False)
            logger.warning("job %s #%s failed (%s): %s", job.name, job.pk, status, reason)
            return
        self._end(job, kind, ctx.stop_cause)

    def _end(self, job: Job, kind: registry.JobKind, cause: StopCause | None) -> None:
        match cause:
            case None:
                queue.finish(job, JobStatus.DONE)
            case StopCause.CANCELLED:
                queue.finish(job, JobStatus.CANCELLED)
            case StopCause.LEAVING:
                queue.give_back(job)
            case StopCause.TIMEOUT:
                reason = f"took longer than {kind.timeout_seconds} s"
                queue.fail(job, kind, reason, is_final=False)
            case StopCause.LOST:
                logger.warning("job %s #%s was taken by another worker", job.name, job.pk)


def _reason(error: BaseException) -> str:
    """Where and what; never `str(error)`, since messages of errors quote what they choked on.

    Here that may be a line that somebody wrote, or a whole row (PostgreSQL's DETAIL).
    """
    if isinstance(error, UserError):
        return error.code
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} ({places})"[:MOST_REASON]


@contextmanager
def _alarm(seconds: int) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise JobTimeout

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
