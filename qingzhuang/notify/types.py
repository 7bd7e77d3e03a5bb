"""What rooms show on a person's day, and what search finds: values and the two protocols."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from qingzhuang.org.types import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class DayItem:
    """One line of a day: what to do in plain words, by when, where to go.

    `key` names it among its room's; `copies` counts further notices of the same, folded behind
    it. `is_urgent` puts life safety first. `template` renders its buttons and details with
    `item` and `data`.
    """

    room: str
    key: str
    text: str
    url: str
    due_at: datetime | None = None
    sent_at: datetime | None = None
    asked_by: str = ""
    copies: int = 0
    is_urgent: bool = False
    template: str = ""
    data: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One hit of a search."""

    room: str
    title: str
    url: str
    details: str = ""
    at: datetime | None = None


class ListDayItems(Protocol):
    def __call__(self, *, actor: Actor, place: str, on: date) -> Iterable[DayItem]: ...


class Search(Protocol):
    def __call__(self, *, actor: Actor, words: str, limit: int) -> Iterable[Found]: ...
