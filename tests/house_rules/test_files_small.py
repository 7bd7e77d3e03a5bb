"""A shelf past 400 lines becomes a folder; a name that says nothing is no name."""

from __future__ import annotations

import subprocess
from pathlib import Path

HOUSE = Path(__file__).parents[2]
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}


def files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=HOUSE, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return [HOUSE / name for name in listed.split("\0") if name and (HOUSE / name).is_file()]


def test_no_file_has_more_than_400_lines() -> None:
    code = [path for path in files() if path.suffix in {".py", ".html", ".css", ".js"}]
    assert len(code) > 200
    lines = {path: path.read_text("utf-8").count("\n") for path in code}
    assert {str(path.relative_to(HOUSE)): n for path, n in lines.items() if n > 400} == {}


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    names = {part.partition(".")[0] for path in files() for part in path.relative_to(HOUSE).parts}
    assert names & NAMELESS == set()
