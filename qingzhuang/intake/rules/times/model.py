"""What a time in a text is taken for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qingzhuang.intake.types import Recurrence

CERTAIN = 5


class TimeRole(StrEnum):
    DEADLINE = "deadline"
    EVENT = "event"
    REFERENCE = "reference"
    EFFECTIVE = "effective"
    RECURRENCE = "recurrence"
    PAST = "past"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMention:
    """One time expression: text[start:end] of the original text, and how it was read.

    `at` is the resolved moment (+08:00); for RECURRENCE the first due at or after sending; None
    when vague, or relative with no sending time. `grain`: minute, day, week, month (also for
    quarters and years) or vague. `rule` is "<rule of the anchor>/<rule of the role>".
    `weight` tells how surely it is the time to keep to, from 0 (loose: only when no other is) to
    CERTAIN; 3 is plain.
    """

    start: int
    end: int
    text: str
    role: TimeRole
    at: datetime | None
    grain: str
    recurrence: Recurrence | None
    rule: str
    weight: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The one deadline of a part of a message, how often it comes, and the times that made it."""

    at: datetime | None
    recurrence: Recurrence
    mentions: tuple[TimeMention, ...]
