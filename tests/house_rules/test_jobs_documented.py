"""A job that nobody can look up, or that says nothing of how it is tried again, is a surprise."""

from __future__ import annotations

import ast
from pathlib import Path

from qingzhuang.kit.jobs.registry import list_kinds, list_schedules
from qingzhuang.site.reference import FOLDER, job_promise

PACKAGE = Path(__file__).parents[2] / "qingzhuang"


def registered() -> set[str]:
    return {kind.name for kind in list_kinds() if kind.function.__module__.startswith("qingzhuang")}


def test_every_job_promises_something_and_stands_in_the_reference() -> None:
    page = (FOLDER / "jobs.md").read_text("utf-8")
    for kind in list_kinds():
        if kind.name in registered():
            assert job_promise(kind).endswith("."), kind.name
            assert f"| `{kind.name}` | {job_promise(kind)} |" in page


def test_every_registration_gives_its_retry_rule() -> None:
    found = set()
    for path in [*PACKAGE.glob("*/jobs.py"), *PACKAGE.glob("*/jobs/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for rule in getattr(node, "decorator_list", ()):
                if isinstance(rule, ast.Call) and ast.unparse(rule.func) == "register":
                    assert {key.arg for key in rule.keywords} >= {"retries", "backoff_seconds"}
                    found.add(ast.literal_eval(rule.args[0]))
    assert found == registered()


def test_the_clock_rings_only_jobs_that_exist() -> None:
    assert {schedule.name for schedule in list_schedules()} <= {kind.name for kind in list_kinds()}
