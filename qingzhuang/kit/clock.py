"""The one place that looks at the wall clock, so that tests and --now can set it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from qingzhuang.kit.pure.clock import CHINA, in_china

_fixed: ContextVar[datetime | None] = ContextVar("qingzhuang_now", default=None)


def now() -> datetime:
    """The present moment in China, or the one fixed by `fixed_at`."""
    return _fixed.get() or datetime.now(CHINA).replace(microsecond=0)


@contextmanager
def fixed_at(moment: datetime) -> Iterator[None]:
    """Let `now()` answer `moment` inside the block."""
    token = _fixed.set(in_china(moment))
    try:
        yield
    finally:
        _fixed.reset(token)
