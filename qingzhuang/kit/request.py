"""One id for all that a request or a job does, so that its traces can be read together."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("qingzhuang_request_id", default="")


def current_request_id() -> str:
    """The id of the request or job that is being served; empty outside of any."""
    return _current.get()


@contextmanager
def request_scope(request_id: str = "") -> Iterator[str]:
    """Everything inside the block carries this id; one is made when none is given."""
    name = request_id or secrets.token_hex(8)
    token = _current.set(name)
    try:
        yield name
    finally:
        _current.reset(token)
