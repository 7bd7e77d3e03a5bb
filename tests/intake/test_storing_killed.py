"""A real worker, killed or doubled: everything is stored once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from qingzhuang.intake.models import (
    Ask,
    Channel,
    Message,
    Sighting,
    Source,
)
from qingzhuang.kit.jobs import queue
from qingzhuang.kit.models import Job
from qingzhuang.kit.pure.clock import at

from .conftest import Give, build_town, qq_group

pytestmark = pytest.mark.django_db


def rows(model: Any) -> Any:
    manager = model.objects
    return manager.unscoped("test") if hasattr(manager, "unscoped") else manager.all()


@pytest.fixture
def a_worker(transactional_db: None, own_home: Path, tmp_path: Path) -> Any:
    """Starts `qz worker --once` on the test's database, shared as a file on SQLite."""
    ours = connections["default"]
    environment = {**os.environ, "QZ_HOME": str(tmp_path)}
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
    running: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "qingzhuang.site.cli", "worker", "--once"]
        running.append(subprocess.Popen(command, env=environment))
        return running[-1]

    try:
        yield start
    finally:
        for process in running:
            process.kill()
            process.wait()
        if connections["default"] is not ours:
            connections["default"].close()
            connections["default"] = ours
            settings["NAME"] = before


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_after_kill_9_in_the_middle_another_worker_finds_everything_once(
    a_worker: Callable[[], subprocess.Popen[bytes]], give: Give
) -> None:
    town = build_town()
    total = 20_000
    start = at(date(2026, 1, 1), 8)
    lines = []
    for n in range(total):
        text = f"请各社区3月6日前报《第{n}号表》。" if n % 5 == 0 else f"收到第{n}条"
        moment = start + timedelta(minutes=n)
        lines.append((f"{moment:%Y-%m-%d %H:%M:%S}", f"小陈({10001 + n % 7})", text))
    source = give(town.pond, qq_group(lines), read=False)
    first = a_worker()
    until = time.monotonic() + 60
    while rows(Message).count() < 2_000:
        assert time.monotonic() < until
        assert first.poll() is None, "it ended before it could be killed"
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert rows(Message).count() < total, "it was not in the middle"
    queue.reap()
    assert a_worker().wait(timeout=300) == 0
    source.refresh_from_db(from_queryset=rows(Source))
    assert (source.state, source.message_count) == ("done", total)
    assert source.new_message_count == total
    assert rows(Message).count() == total
    assert Sighting.objects.count() == total
    assert rows(Ask).filter(summary__contains="号表").count() == source.ask_count == total // 5
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            assert cursor.fetchone() == ("ok",)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_with_overlapping_exports_write_each_message_once(
    a_worker: Callable[[], subprocess.Popen[bytes]], give: Give
) -> None:
    town = build_town()
    start = at(date(2026, 1, 1), 8)
    lines = []
    for n in range(6_000):
        moment = start + timedelta(minutes=n)
        text = f"请各社区3月6日前报《第{n}号表》。" if n % 5 == 0 else f"收到第{n}条"
        lines.append((f"{moment:%Y-%m-%d %H:%M:%S}", f"小陈({10001 + n % 7})", text))
    parts = [lines[:4_000], lines[1_000:5_000], lines[2_000:]]
    given = [
        give(town.pond, qq_group(part), name=f"{n}.txt", read=False) for n, part in enumerate(parts)
    ]
    workers = [a_worker() for _ in parts]
    assert [worker.wait(timeout=300) for worker in workers] == [0, 0, 0]
    found = list(rows(Source).order_by("pk"))
    assert [source.state for source in found] == ["done"] * len(given)
    assert [source.message_count for source in found] == [4_000] * 3
    assert sum(source.new_message_count for source in found) == rows(Message).count() == 6_000
    assert rows(Ask).count() == 1_200
    assert Sighting.objects.count() == 12_000
    assert rows(Channel).count() == 1
    assert not Job.objects.filter(name="intake.read_source", failures__gt=0).exists()
