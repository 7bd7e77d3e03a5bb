"""The queue's own housekeeping."""

from __future__ import annotations

from qingzhuang.kit.jobs.context import JobContext
from qingzhuang.kit.jobs.queue import prune
from qingzhuang.kit.jobs.registry import daily, register


@register("kit.prune_jobs", retries=2, backoff_seconds=600)
def prune_jobs(ctx: JobContext) -> None:
    """Clear away jobs that ended long ago."""
    prune()


daily(hour=4, name="kit.prune_jobs")
