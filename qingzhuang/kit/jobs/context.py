"""What a running job is given: who it is, how to tell its progress, when to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

from django.db.models.functions import Now

from qingzhuang.kit.models import Job, JobProgress, JobStatus

PROGRESS_EVERY_SECONDS = 1.0
LOOK_EVERY_SECONDS = 1.0


class JobStopped(Exception):  # noqa: N818 - it is no error: somebody asked for it
    """Raised by `ctx.checkpoint()`; let it pass through, the worker knows what to do."""


class StopCause(StrEnum):
    """Why a job was told to stop."""

    CANCELLED = "cancelled"
    LEAVING = "leaving"  # the worker is shutting down; the job will be run again
    LOST = "lost"  # another worker holds the job now
    TIMEOUT = "timeout"


class JobContext:
    """The first argument of every job function.

    `job_id` (int), `attempt` (1 on the first run). A long job works in batches that it commits,
    and between two of them calls `ctx.progress(done, total)` and `if ctx.cancelled(): return`.
    """

    def __init__(
        self,
        *,
        job_id: int,
        attempt: int = 1,
        holder: str = "",
        timeout_seconds: float = 300,
        is_leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        self.job_id = job_id
        self.attempt = attempt
        self.stop_cause: StopCause | None = None
        self._holder = holder
        self._deadline = time.monotonic() + timeout_seconds
        self._is_leaving = is_leaving
        self._looked_at = self._told_at = float("-inf")

    def progress(
        self, done: int, total: int = 0, *, unit: str = "", message: str = "", force: bool = False
    ) -> None:
        """Let people see how far it is; written at most once a second, and at the end.

        Outside of a transaction it is seen at once, inside of one when that commits.
        """
        moment = time.monotonic()
        at_end = total > 0 and done >= total
        if not (force or at_end) and moment - self._told_at < PROGRESS_EVERY_SECONDS:
            return
        self._told_at = moment
        JobProgress.objects.update_or_create(
            job_id=self.job_id,
            defaults={
                "done": done,
                "total": total,
                "unit": unit,
                "message": message,
                "updated_at": Now(),
            },
        )

    def cancelled(self) -> bool:
        """Whether to stop now: asked by a person, by the worker's end, by time, or lease lost.

        The database is asked at most once a second, so it may stand in an inner loop. After
        True the job returns at once; the worker records why.
        """
        if self.stop_cause is None:
            self.stop_cause = self._find_cause()
        return self.stop_cause is not None

    def checkpoint(self) -> None:
        """Raise JobStopped when `cancelled()`; for jobs that are deep inside a call."""
        if self.cancelled():
            raise JobStopped(self.stop_cause)

    def _find_cause(self) -> StopCause | None:
        moment = time.monotonic()
        if self._is_leaving():
            return StopCause.LEAVING
        if moment > self._deadline:
            return StopCause.TIMEOUT
        if moment - self._looked_at < LOOK_EVERY_SECONDS:
            return None
        self._looked_at = moment
        row = (
            Job.objects.filter(pk=self.job_id)
            .values_list("status", "holder", "attempts", "cancel_requested")
            .first()
        )
        if row is None or row[:3] != (JobStatus.RUNNING, self._holder, self.attempt):
            return StopCause.LOST
        return StopCause.CANCELLED if row[3] else None
