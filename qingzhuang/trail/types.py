"""What reading and verifying the trail answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the trail, as the officer reads it."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    place: str
    outcome: str
    reason: str
    details: Mapping[str, object]
    request_id: str


class Damage(StrEnum):
    """What can be wrong with a batch."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    SEAL_CHANGED = "seal_changed"
    SEAL_REMOVED = "seal_removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One damage: in which batch (seal number), and the ids concerned as far as they are known."""

    damage: Damage
    seal: int
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The trail's health. `unsealed` entries wait for the next seal and cannot be judged yet."""

    seals: int
    sealed: int
    unsealed: int
    findings: tuple[Finding, ...]

    @property
    def is_whole(self) -> bool:
        return not self.findings
