"""What happened, told upwards: after commit, to each subscriber as a job that may run twice.

An event is a frozen dataclass in a room's types.py, named in the past tense, carrying ids:

    @dataclass(frozen=True, slots=True, kw_only=True)
    class AsksFound:
        message: str
        found_at: datetime

An action calls `publish(AsksFound(...))` inside its transaction. An upper room says in
`AppConfig.ready`: `subscribe(AsksFound, "notify.place_items")`, and registers that job as
`def place_items(ctx: JobContext, event: AsksFound) -> None`.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import Any

from django.db import transaction

from qingzhuang.kit.jobs.queue import enqueue
from qingzhuang.kit.pure.codec import from_json, to_json

_MARK = "$event"

_types: dict[str, type] = {}
_subscribers: dict[str, list[str]] = {}


def event_name(kind: type) -> str:
    """`room.ClassName`, by the room whose types.py defines it."""
    parts = kind.__module__.split(".")
    return f"{parts[1] if len(parts) > 2 else parts[0]}.{kind.__qualname__}"


def subscribe(kind: type, job_name: str) -> None:
    """Have job `job_name` run with each event of this type. Subscribing again changes nothing."""
    if not is_dataclass(kind) or not kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        raise TypeError(f"{kind.__name__} is not a frozen dataclass")
    name = event_name(kind)
    _types[name] = kind
    jobs = _subscribers.setdefault(name, [])
    if job_name not in jobs:
        jobs.append(job_name)


def publish(event: object) -> None:
    """Tell every subscriber, once this transaction has committed; rolled back, nobody hears.

    Raises RuntimeError outside of a transaction: then what happened and its telling could part.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("publish() belongs inside the transaction of what happened")
    name = event_name(type(event))
    for job_name in _subscribers.get(name, ()):
        enqueue(job_name, {_MARK: name, "fields": to_json(event)})


def list_subscriptions() -> list[tuple[str, str]]:
    """All (event, job) pairs."""
    return sorted((name, job) for name, jobs in _subscribers.items() for job in jobs)


def read_argument(value: Any) -> Any:
    """A job's argument as its function wants it: a told event becomes that event again."""
    if not isinstance(value, dict) or _MARK not in value:
        return value
    return from_json(_types[value[_MARK]], value["fields"])
