"""qz worker: do what waits."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import Any


def add_commands(subparsers: Any) -> None:
    """Add `qz worker`."""
    worker: argparse.ArgumentParser = subparsers.add_parser("worker", help="办后台的事")
    worker.add_argument("--once", action="store_true", help="办完眼下到期的就停")
    worker.set_defaults(run=_run_worker, needs_django=True, needs_tables=True)


def _run_worker(arguments: argparse.Namespace) -> int:
    from qingzhuang.kit.jobs.worker import run_worker

    stop_event = threading.Event()

    def stop(*_: object) -> None:
        stop_event.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    count = run_worker(stop_event, once=arguments.once)
    print(f"办了 {count} 件。", file=sys.stderr)
    return 0
