"""A database that other processes can open too."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connections

PROCESS = Path(__file__).with_name("worker_process.py")


class Workers:
    """Real worker processes on the test's database."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, str(PROCESS), *arguments], env=self._environment
        )
        self._running.append(process)
        return process

    def kill_all(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


def wait_until(what: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def workers(transactional_db: None, tmp_path: Path) -> Iterator[Workers]:
    """On PostgreSQL the test database itself; on SQLite its copy in a file."""
    ours = connections["default"]
    environment = {**os.environ, "QZ_HOME": str(tmp_path), "WORKER_LOG": str(tmp_path / "log")}
    settings = connections.settings["default"]
    before = settings["NAME"]
    if ours.vendor == "sqlite":
        file = tmp_path / "qingzhuang.sqlite3"
        with ours.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(file)])
        settings["NAME"] = str(file)
        connections["default"] = connections.create_connection("default")
        environment["QZ_DATABASE_URL"] = ""
    else:
        s = ours.settings_dict
        environment["QZ_DATABASE_URL"] = (
            f"postgresql://{s['USER']}:{s['PASSWORD']}@{s['HOST']}:{s['PORT']}/{s['NAME']}"
        )
    running = Workers(environment)
    try:
        yield running
    finally:
        running.kill_all()
        if connections["default"] is not ours:
            connections["default"].close()
            connections["default"] = ours
            settings["NAME"] = before
