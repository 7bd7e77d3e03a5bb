"""Nightly: what has had its time goes."""

from __future__ import annotations

from qingzhuang.files.actions import shred_expired, sweep_orphans
from qingzhuang.kit.jobs import JobContext, daily, register


@register("files.shred_expired", retries=3, backoff_seconds=300, timeout_seconds=3600)
def shred(ctx: JobContext) -> None:
    """Shred files past their time, each with its trail entry."""
    shred_expired()


@register("files.sweep_orphans", retries=3, backoff_seconds=300, timeout_seconds=3600)
def sweep(ctx: JobContext) -> None:
    """Remove bytes that belong to no row."""
    sweep_orphans()


daily(hour=2, name="files.shred_expired")
daily(hour=2, minute=30, name="files.sweep_orphans")
