"""Integrity checks as data: each room lists what must hold, `qz verify` asks them all.

integrity_check(
    "files.present",
    list_missing_originals,              # or SQL text that selects the offending ids
    introduction="每一份登记的原件都在，大小不差。",
    recommendation="从备份里找回缺的原件，或登记它的遗失。",
)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice

from django.db import connection

SHOWN = 20
_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityCheck:
    """What must hold: a query for offenders, what it looks at, what to do about them."""

    name: str
    query: str | Callable[[], Iterable[object]]
    introduction: str
    recommendation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """The answer of one check. `offenders` shows the first 20 of `count` (counted to 100,000)."""

    check: IntegrityCheck
    count: int
    offenders: tuple[str, ...]

    @property
    def is_passed(self) -> bool:
        return self.count == 0


_checks: dict[str, IntegrityCheck] = {}


def integrity_check(
    name: str,
    query: str | Callable[[], Iterable[object]],
    introduction: str,
    recommendation: str,
) -> None:
    """Register a check `room.name`; call it in AppConfig.ready.

    `query` is SQL that selects one column, or a callable; either yields what offends, as ids
    without personal data. Introduction and recommendation are sentences for people.
    """
    _checks[name] = IntegrityCheck(
        name=name, query=query, introduction=introduction, recommendation=recommendation
    )


def list_integrity_checks() -> list[IntegrityCheck]:
    return [_checks[name] for name in sorted(_checks)]


def run_integrity_check(check: IntegrityCheck) -> CheckResult:
    """Ask one check now."""
    rows = iter(_select(check.query) if isinstance(check.query, str) else check.query())
    offenders = tuple(str(row) for row in islice(rows, SHOWN))
    rest = sum(1 for _ in islice(rows, _MOST))
    return CheckResult(check=check, count=len(offenders) + rest, offenders=offenders)


def _select(sql: str) -> Iterable[object]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchmany(_MOST)]
