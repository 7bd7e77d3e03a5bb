"""docs/reference, written from the tables that the program itself runs on.

A page made here cannot say anything else than the program does: `qz docs` writes them,
`qz docs --check` says which are stale. They are a developer's: an installation has no docs folder.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

from qingzhuang.kit.jobs.registry import JobKind, Schedule, list_kinds, list_schedules
from qingzhuang.kit.pure.errors import UserError, error_catalogue
from qingzhuang.org.access import Access
from qingzhuang.site.cli import build_parser
from qingzhuang.site.options import OPTIONS

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
_MADE = "<!-- Made by `qz docs`; do not edit. -->"


def write_reference(check: bool, folder: Path = FOLDER) -> int:
    """Write the pages of docs/reference; with `check` only say which are stale: 1 if any is.

    The same sources give the same bytes. Raises UserError site.no_docs where the program runs
    from an installation without a docs folder.
    """
    if not folder.parent.is_dir():
        raise UserError("site.no_docs", folder=str(folder))
    stale = 0
    for name, text in _pages().items():
        page = folder / name
        if page.is_file() and page.read_text("utf-8") == text:
            continue
        stale += 1
        if check:
            print(f"docs/reference/{name} 不是最新的，请运行 make docs。", file=sys.stderr)
        else:
            folder.mkdir(exist_ok=True)
            page.write_text(text, "utf-8", newline="\n")
    return 1 if check and stale else 0


def _pages() -> dict[str, str]:
    return {
        "settings.md": _page("Settings", _SETTINGS, _settings()),
        "errors.md": _page("Errors", _ERRORS, _errors()),
        "jobs.md": _page("Jobs", _JOBS, _jobs()),
        "routes.md": _page("Routes", _ROUTES, _routes()),
        "commands.md": _page("Commands", _COMMANDS, _commands()),
    }


_SETTINGS = (
    "Read from the environment, then from `$QZ_HOME/qingzhuang.env` (one `NAME=value` a line), "
    "then from the default here. None is needed to start."
)
_ERRORS = (
    "What a person reads when something can be put right. `{name}` is filled in. The pages and "
    "the command line show the same words; the command line adds the code and exits with 2."
)
_JOBS = (
    "What the workers do. A job may run twice and comes to the same end. After an error it is "
    "tried again after the pause, then twice the pause, and so on, an hour at most; an error "
    "that a person has to put right is final at once."
)
_ROUTES = (
    "Every page names the permission that it needs, or the reason why anybody may see it. "
    "“Short mode” pages ask for the password and a reason again, for 15 minutes."
)
_COMMANDS = (
    "Exit status: 0 done, 1 a check failed, 2 input that cannot be used at all, told as one JSON "
    "object `{code, message, next_step}` on stderr."
)


def _page(title: str, introduction: str, lines: Iterable[str]) -> str:
    return "\n".join([_MADE, f"# {title}", "", introduction, "", *lines]) + "\n"


def _row(*cells: str) -> str:
    shown = (" ".join(cell.replace("|", "\\|").split()) for cell in cells)
    return f"| {' | '.join(shown)} |"


def _table(*heads: str) -> list[str]:
    return [_row(*heads), "|" + " --- |" * len(heads)]


def _settings() -> Iterator[str]:
    yield from _table("setting", "default", "unit", "what for")
    for option in OPTIONS:
        default = f"`{option.default}`" if option.default else "（空）"
        yield _row(f"`{option.name}`", default, option.unit, option.help)


def _errors() -> Iterator[str]:
    yield from _table("code", "what happened", "what to do now")
    for code, words in sorted(error_catalogue().items()):
        yield _row(f"`{code}`", words.message, words.next_step)


def _jobs() -> Iterator[str]:
    rung = {schedule.name: _rhythm(schedule) for schedule in list_schedules()}
    yield from _table("job", "what it does", "when", "tries again", "first pause", "stopped after")
    ours = [kind for kind in list_kinds() if kind.function.__module__.startswith("qingzhuang.")]
    for kind in ours:  # tests register some of their own
        when = rung.get(kind.name, "when something wants it")
        yield _row(f"`{kind.name}`", job_promise(kind), when, *_retry_rule(kind))


def job_promise(kind: JobKind) -> str:
    """The first line of the job's docstring; empty when nobody wrote one."""
    return (inspect.getdoc(kind.function) or "").partition("\n")[0]


def _rhythm(schedule: Schedule) -> str:
    if schedule.minutes:
        return f"every {schedule.minutes} min"
    return f"daily at {schedule.hour:02}:{schedule.minute:02}"


def _retry_rule(kind: JobKind) -> tuple[str, str, str]:
    return f"{kind.retries} ×", f"{kind.backoff_seconds} s", f"{kind.timeout_seconds} s"


def _routes() -> Iterator[str]:
    yield from _table("path", "name", "who may")
    for path, name, access in sorted(list_routes(get_resolver().url_patterns)):
        yield _row(f"`/{path}`", name, access)


def list_routes(
    patterns: Iterable[URLPattern | URLResolver], prefix: str = "", space: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Path, name and who may, of every route below these patterns."""
    for pattern in patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else space
            yield from list_routes(pattern.url_patterns, path, inner)
        else:
            yield path, f"{space}{pattern.name or ''}", _who_may(pattern)


def _who_may(pattern: URLPattern) -> str:
    access = getattr(pattern.callback, "access", None)
    if not isinstance(access, Access):
        return "unnamed"
    if access.permission is None:
        return f"anybody: {access.reason}"
    return f"`{access.permission.value}`" + (", in short mode" if access.elevated else "")


def _commands() -> Iterator[str]:
    for parser in sorted(_leaves(build_parser()), key=lambda one: one[0]):
        yield from _command(*parser)


def _leaves(
    parser: argparse.ArgumentParser, name: str = "qz", about: str = ""
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    for action in inner:
        words = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for word, below in action.choices.items():
            yield from _leaves(below, f"{name} {word}", words.get(word, ""))
    if not inner:
        yield name, about, parser


def _command(name: str, about: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield from (f"## {name}", "", about)
    actions = [a for a in parser._actions if not isinstance(a, argparse._HelpAction)]
    if actions:
        yield from ("", *_table("argument", "", "what it is"))
    for action in actions:
        yield _row(
            f"`{_shape(action)}`", "" if action.required else "may be left out", _say(action)
        )
    yield ""


def _shape(action: argparse.Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if not action.option_strings:
        return metavar + (" …" if action.nargs in ("+", "*") else "")
    return ", ".join(action.option_strings) + ("" if action.nargs == 0 else f" {metavar}")


def _say(action: argparse.Action) -> str:
    parts = [action.help or ""]
    if action.choices:
        parts.append(f"one of {', '.join(map(str, action.choices))}")
    if action.default not in (None, "", False, argparse.SUPPRESS):
        parts.append(f"default {action.default}")
    return "; ".join(part for part in parts if part)
