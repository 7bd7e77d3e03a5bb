"""Reading asks out of a long stream on every processor, in the stream's order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from itertools import chain, islice
from multiprocessing import get_context
from typing import Any, TypeVar

from qingzhuang.intake.rules.asks import read_asks
from qingzhuang.intake.types import Ask, Message
from qingzhuang.org.types import WorkCalendar

BATCH = 400
FEW = 1_200  # fewer than this are read here: starting helpers would take longer


T = TypeVar("T")


def read_all_asks(
    messages: Iterable[Message],
    *,
    now: datetime,
    calendar: WorkCalendar,
    render: Callable[[Ask], T],
) -> Iterator[T]:
    """The asks of all messages as `render` shows them, in order; one without a time came `now`.

    Long streams are shared among processes, a bounded number of batches ahead, so memory does
    not grow with the stream.
    """
    stream = iter(messages)
    first = list(islice(stream, FEW))
    if len(first) < FEW or (os.cpu_count() or 1) < 2:
        for message in chain(first, stream):
            yield from map(render, _read(message, now, calendar))
        return
    workers = min(os.cpu_count() or 1, 8)
    waiting: list[Future[list[Any]]] = []
    # Forked helpers inherit calendar and function. They send back what was rendered: an ask with
    # its phrases would take longer to send than to read.
    with ProcessPoolExecutor(
        workers, get_context("fork"), initializer=_prepare, initargs=(now, calendar, render)
    ) as pool:
        batch = first
        while batch or waiting:
            if batch:
                waiting.append(pool.submit(_read_batch, batch))
            if len(waiting) > workers * 2 or not batch:
                yield from waiting.pop(0).result()
            batch = list(islice(stream, BATCH)) if batch else []


_given: tuple[datetime, WorkCalendar, Callable[[Ask], Any]] | None = None


def _prepare(now: datetime, calendar: WorkCalendar, render: Callable[[Ask], Any]) -> None:
    global _given
    _given = now, calendar, render


def _read_batch(messages: list[Message]) -> list[Any]:
    assert _given is not None
    now, calendar, render = _given
    return [render(ask) for message in messages for ask in _read(message, now, calendar)]


def _read(message: Message, now: datetime, calendar: WorkCalendar) -> tuple[Ask, ...]:
    dated = message if message.sent_at else message.received_at(now)
    return read_asks(dated, calendar=calendar)
