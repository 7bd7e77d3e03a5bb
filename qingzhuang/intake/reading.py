"""Reading asks out of a long stream on every processor, in the stream's order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from itertools import chain, islice
from multiprocessing import get_context

from qingzhuang.intake.rules.asks import read_asks
from qingzhuang.intake.types import Ask, Message
from qingzhuang.org.types import WorkCalendar

BATCH = 400
FEW = 1_200  # fewer than this are read here: starting helpers would take longer


def read_all_asks(
    messages: Iterable[Message], *, now: datetime, calendar: WorkCalendar
) -> Iterator[Ask]:
    """The asks of all messages, in their order; a message without a time came `now`.

    Long streams are shared among processes, a bounded number of batches ahead, so memory does
    not grow with the stream.
    """
    stream = iter(messages)
    first = list(islice(stream, FEW))
    if len(first) < FEW or (os.cpu_count() or 1) < 2:
        for message in chain(first, stream):
            yield from _read(message, now, calendar)
        return
    workers = min(os.cpu_count() or 1, 8)
    waiting: list[Future[list[Ask]]] = []
    # Forked helpers inherit the calendar, which cannot be sent.
    with ProcessPoolExecutor(
        workers, get_context("fork"), initializer=_prepare, initargs=(now, calendar)
    ) as pool:
        batch = first
        while batch or waiting:
            if batch:
                waiting.append(pool.submit(_read_batch, batch))
            if len(waiting) > workers * 2 or not batch:
                yield from waiting.pop(0).result()
            batch = list(islice(stream, BATCH)) if batch else []


_given: tuple[datetime, WorkCalendar] | None = None


def _prepare(now: datetime, calendar: WorkCalendar) -> None:
    global _given
    _given = now, calendar


def _read_batch(messages: list[Message]) -> list[Ask]:
    assert _given is not None
    return [ask for message in messages for ask in _read(message, *_given)]


def _read(message: Message, now: datetime, calendar: WorkCalendar) -> tuple[Ask, ...]:
    dated = message if message.sent_at else message.received_at(now)
    return read_asks(dated, calendar=calendar)
