"""The qz command: gathers every room's cli, speaks JSON or text, and says what to do on errors."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from collections.abc import Sequence

from qingzhuang.kit.pure.errors import UserError, describe

# Rooms that have commands; each `cli.add_commands(subparsers)` imports the rest only when called,
# so that `qz read` on a loose file never waits for Django.
ROOMS_WITH_COMMANDS = ("intake", "org", "trail", "kit", "site.commands")


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="qz", description="轻装：把上面要的事收成一张清单。")
    subparsers = parser.add_subparsers(dest="command", metavar="命令", required=True)
    for room in ROOMS_WITH_COMMANDS:
        module = f"qingzhuang.{room}" if "." in room else f"qingzhuang.{room}.cli"
        importlib.import_module(module).add_commands(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. 0 done, 1 a check failed, 2 input that cannot be used at all."""
    arguments = build_parser().parse_args(argv)
    if getattr(arguments, "needs_django", False):
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qingzhuang.site.settings")
        import django

        django.setup()
    try:
        if getattr(arguments, "needs_tables", False):
            _check_tables()
        return int(arguments.run(arguments) or 0)
    except UserError as error:
        words = describe(error.code, error.params)
        report = {"code": error.code, "message": words.message, "next_step": words.next_step}
        print(json.dumps(report, ensure_ascii=False), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has gone: nothing to tell it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def _check_tables() -> None:
    """Raises UserError where the database does not answer or has never been set up."""
    from django.db import OperationalError, connection

    try:
        is_set_up = "trail_trailentry" in connection.introspection.table_names()
    except OperationalError as error:
        raise UserError("site.no_database") from error
    if not is_set_up:
        raise UserError("site.not_migrated")


if __name__ == "__main__":
    sys.exit(main())
