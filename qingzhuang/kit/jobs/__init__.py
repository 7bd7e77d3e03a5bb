"""Things done later: they leave with the transaction, survive a killed worker, may run twice.

In a room's jobs.py (found by itself, no import needed):

    @register("cases.remind", retries=3, backoff_seconds=60)
    def remind(ctx: JobContext, case_id: int) -> None: ...

    every(minutes=5, name="trail.seal")      # or daily(hour=3, name=…)

and in an action, by name: `enqueue("cases.remind", case.id)`. The worker is
`kit.jobs.worker.run_worker(stop_event)`; tests use `kit.jobs.worker.run_ready_jobs()` and
`run_twice`. Why not django-tasks-db: docs/decisions/0003-jobs.md.
"""

from __future__ import annotations

from qingzhuang.kit.jobs.context import JobContext, JobStopped
from qingzhuang.kit.jobs.queue import (
    JobState,
    cancel,
    enqueue,
    find_job,
    list_failed,
    retry_failed,
)
from qingzhuang.kit.jobs.registry import daily, every, register

__all__ = [
    "JobContext",
    "JobState",
    "JobStopped",
    "cancel",
    "daily",
    "enqueue",
    "every",
    "find_job",
    "list_failed",
    "register",
    "retry_failed",
]
