"""A worker with the tests' own jobs, started as a process: worker_process.py [--once]."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingzhuang.site.settings")
    import django

    django.setup()

from qingzhuang.kit.jobs import JobContext, register


def note(line: str) -> None:
    with Path(os.environ["WORKER_LOG"]).open("a") as log:
        log.write(f"{line}\n")


@register("kittest.mark", retries=0, backoff_seconds=1)
def mark(ctx: JobContext, number: int) -> None:
    """Notes when it begins and ends, so that overlaps and repeats can be seen."""
    note(f"begin {number} {os.getpid()}")
    time.sleep(0.01)
    note(f"end {number} {os.getpid()}")


@register("kittest.steps", retries=0, backoff_seconds=1)
def steps(ctx: JobContext, count: int) -> None:
    """Ten slow steps, each done once: those that a run before has noted are left out."""
    log = Path(os.environ["WORKER_LOG"])
    done = set(log.read_text().split()) if log.exists() else set()
    for step in range(count):
        if ctx.cancelled():
            return
        if f"step{step}" not in done:
            note(f"step{step}")
            ctx.progress(step + 1, count, unit="步")
            time.sleep(0.2)


if __name__ == "__main__":
    from qingzhuang.kit.jobs.worker import run_worker

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    run_worker(stop, once="--once" in sys.argv, lease_seconds=3, poll_seconds=0.05)
