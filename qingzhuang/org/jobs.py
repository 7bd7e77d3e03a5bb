"""What the organisation clears away by the clock."""

from __future__ import annotations

from qingzhuang.kit.jobs import JobContext, daily, register
from qingzhuang.org.actions.attempts import purge_attempts


@register("org.purge_attempts", retries=2, backoff_seconds=600)
def purge(ctx: JobContext) -> None:
    """Clear away wrong passwords of days ago and sessions that ended."""
    purge_attempts()


daily(hour=4, minute=20, name="org.purge_attempts")
