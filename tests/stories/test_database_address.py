"""What an office writes into QZ_DATABASE_URL, and what it is told when that is no address."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qingzhuang.site.settings import _database


def test_every_part_of_the_address_counts() -> None:
    found = _database("postgresql://qz:p%40ss@db.example:5433/qz%2Dmain?sslmode=require")
    assert (found["NAME"], found["PASSWORD"], found["PORT"]) == ("qz-main", "p@ss", 5433)
    assert found["OPTIONS"] == {"sslmode": "require", "pool": {"min_size": 1, "max_size": 8}}
    assert _database("postgres://h/x")["HOST"] == "h"


@pytest.mark.parametrize("url", ["mysql://h/x", "x", "postgresql://h", "postgresql://h:port/x"])
def test_what_is_no_address_ends_the_program_in_words(url: str) -> None:
    with pytest.raises(SystemExit) as end:
        _database(url)
    assert "postgresql://用户:口令@主机/库名" in str(end.value)


@pytest.mark.slow
def test_a_command_says_it_too(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "qingzhuang.site.cli", "migrate"],
        env={**os.environ, "QZ_HOME": str(tmp_path), "QZ_DATABASE_URL": "mysql://h:secret@h/x"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode != 0
    assert "QZ_DATABASE_URL 写得不对" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr
