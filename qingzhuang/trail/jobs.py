"""Sealing, by the clock."""

from __future__ import annotations

from qingzhuang.kit.jobs import JobContext, every, register
from qingzhuang.trail.actions import seal_trail


@register("trail.seal", retries=2, backoff_seconds=30)
def seal(ctx: JobContext) -> None:
    """Seal what was written since the last time."""
    seal_trail()


every(minutes=5, name="trail.seal")
