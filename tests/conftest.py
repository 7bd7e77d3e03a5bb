"""What every test may need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest


@pytest.fixture(scope="session", autouse=True)
def _emptying_lifts_the_guards() -> Iterator[None]:
    """A test with real transactions is followed by a flush, which append-only tables refuse.

    The guards are dropped before it; the migrate signal at its end puts them back.
    """
    from django.core.management.commands.flush import Command
    from django.db import connections

    from qingzhuang.kit.append_only import drop_guards

    flush = Command.handle

    def handle(self: Command, **options: Any) -> None:
        drop_guards(connections[options["database"]])
        flush(self, **options)

    with mock.patch.object(Command, "handle", handle):
        yield
