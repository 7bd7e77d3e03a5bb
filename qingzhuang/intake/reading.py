"""Reading asks out of a long stream on every processor, in the stream's order."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import datetime
from itertools import islice
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
        yield from _read_batch(first, now, calendar)
        for message in stream:
            yield from _read_batch([message], now, calendar)
        return
    workers = min(os.cpu_count() or 1, 8)
    waiting: list[Future[list[Ask]]] = []
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        batch = first
        while batch or waiting:
            if batch:
                waiting.append(pool.submit(_read_batch, batch, now, calendar))
            if len(waiting) > workers * 2 or not batch:
                yield from waiting.pop(0).result()
            batch = list(islice(stream, BATCH)) if batch else []


def _read_batch(messages: list[Message], now: datetime, calendar: WorkCalendar) -> list[Ask]:
    return [
        ask
        for message in messages
        for ask in read_asks(
            message if message.sent_at else message.received_at(now), calendar=calendar
        )
    ]
