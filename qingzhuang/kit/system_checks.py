"""Every registry is checked before the program serves: a wrong name is found at start."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Formatter

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register

from qingzhuang.kit.events import list_subscriptions
from qingzhuang.kit.jobs.registry import list_kinds, list_schedules
from qingzhuang.kit.pure.errors import Words, error_catalogue


@register("qingzhuang")
def check_jobs(app_configs: Sequence[AppConfig] | None = None, **_: object) -> list[CheckMessage]:
    """Each job is called by its room's name, and each schedule rings a job that exists."""
    found: list[CheckMessage] = []
    names = {kind.name for kind in list_kinds()}
    for kind in list_kinds():
        module = kind.function.__module__.split(".")
        if module[0] == "qingzhuang" and kind.name.split(".")[0] != module[1]:
            found.append(Error(f"job {kind.name} stands in room {module[1]}", id="qz.E001"))
    for schedule in list_schedules():
        if schedule.name not in names:
            found.append(Error(f"schedule of unknown job {schedule.name}", id="qz.E002"))
    return found


@register("qingzhuang")
def check_events(app_configs: Sequence[AppConfig] | None = None, **_: object) -> list[CheckMessage]:
    """Each subscriber is a registered job."""
    names = {kind.name for kind in list_kinds()}
    return [
        Error(f"{event} is told to {job}, which no room registered", id="qz.E003")
        for event, job in list_subscriptions()
        if job not in names
    ]


@register("qingzhuang")
def check_errors(app_configs: Sequence[AppConfig] | None = None, **_: object) -> list[CheckMessage]:
    """Each sentence for people can be formatted and has a next step."""
    found: list[CheckMessage] = []
    for code, words in error_catalogue().items():
        try:
            list_placeholders(words)
        except ValueError as error:
            found.append(Error(f"error {code} cannot be formatted: {error}", id="qz.E004"))
        if not words.next_step.strip():
            found.append(Error(f"error {code} has no next step", id="qz.E005"))
    return found


@register("qingzhuang", deploy=True)
def check_error_uses(
    app_configs: Sequence[AppConfig] | None = None, **_: object
) -> list[CheckMessage]:
    """Each `UserError("room.code", …)` in our source has its sentence and all its parameters."""
    catalogue = error_catalogue()
    return [
        Error(message, id="qz.E006")
        for path in sorted(Path(str(files("qingzhuang"))).rglob("*.py"))
        for message in list_wrong_uses(path.read_text("utf-8"), str(path.name), catalogue)
    ]


def list_placeholders(words: Words) -> set[str]:
    """Names that a sentence wants. Raises ValueError for braces that do not match."""
    return {
        name.split(".")[0].split("[")[0]
        for text in (words.message, words.next_step)
        for _, name, _, _ in Formatter().parse(text)
        if name is not None
    }


def list_wrong_uses(source: str, shown: str, catalogue: Mapping[str, Words]) -> Iterator[str]:
    """What is wrong with the UserError calls of one module, as far as the text tells."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        if node.func.id != "UserError" or not node.args:
            continue
        code = node.args[0]
        if not (isinstance(code, ast.Constant) and isinstance(code.value, str)):
            continue
        place = f"{shown}:{node.lineno}"
        if code.value not in catalogue:
            yield f"{place} raises {code.value}, which no errors.toml has"
        elif all(keyword.arg for keyword in node.keywords):  # no **params
            given = {str(keyword.arg) for keyword in node.keywords}
            for name in sorted(list_placeholders(catalogue[code.value]) - given):
                yield f"{place} raises {code.value} without {name}"
