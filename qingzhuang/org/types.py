"""Values of the organisation: calendar, roles, permissions, scopes, and import previews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.errors import UserError

OFFICE_HOURS: tuple[tuple[time, time], ...] = (
    (time(8, 30), time(12, 0)),
    (time(13, 0), time(17, 30)),
)
QUIET_FROM = time(18, 0)
QUIET_UNTIL = time(8, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """Which days are worked: weekdays, but for `exceptions` (holidays False, make-up days True).

    Office hours are eight a day; both may differ by place and are data, not law.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    office_hours: tuple[tuple[time, time], ...] = OFFICE_HOURS

    def is_workday(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < 5)

    def add_workdays(self, day: date, count: int) -> date:
        """The count-th working day after `day` (count ≥ 1); `day` itself is not counted."""
        while count > 0:
            day += timedelta(days=1)
            if self.is_workday(day):
                count -= 1
        return day

    def is_off_hours(self, moment: datetime) -> bool:
        """Sent from 18:00 to 8:00, or on a day off."""
        moment = in_china(moment)
        clock = moment.time()
        return clock >= QUIET_FROM or clock < QUIET_UNTIL or not self.is_workday(moment.date())

    def working_hours_between(self, start: datetime, end: datetime, *, cap_days: int = 60) -> float:
        """Office hours from start to end, 0 when end is not later; counting stops at cap_days."""
        start, end = in_china(start), in_china(end)
        if end <= start:
            return 0.0
        first, last = start.date(), min(end.date(), start.date() + timedelta(days=cap_days - 1))
        upto = end.time() if last == end.date() else time.max
        if first == last:
            return self._hours_of(first, start.time(), upto)
        whole = self._hours_of(first, start.time(), time.max) + self._hours_of(last, time.min, upto)
        day, one = first + timedelta(days=1), timedelta(days=1)
        while day < last:
            whole += self._hours_of(day, time.min, time.max)
            day += one
        return whole

    def _hours_of(self, day: date, since: time, until: time) -> float:
        """Office hours of one day between two times of it."""
        if not self.is_workday(day):
            return 0.0
        seconds = 0.0
        for opens, closes in self.office_hours:
            lower, upper = max(since, opens), min(until, closes)
            if upper > lower:
                seconds += _seconds(upper) - _seconds(lower)
        return seconds / 3600


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60 + clock.second


class UnitKind(StrEnum):
    """What a unit is. The words people write for each stand in data/roster.toml."""

    PROVINCE = "province"
    CITY = "city"
    DISTRICT = "district"
    DEPARTMENT = "department"
    STREET = "street"
    TOWNSHIP = "township"
    COMMUNITY = "community"
    VILLAGE = "village"
    GRID = "grid"
    OFFICE = "office"
    OTHER = "other"


AREA_KINDS = frozenset(
    {
        UnitKind.PROVINCE,
        UnitKind.CITY,
        UnitKind.DISTRICT,
        UnitKind.STREET,
        UnitKind.TOWNSHIP,
        UnitKind.COMMUNITY,
        UnitKind.VILLAGE,
        UnitKind.GRID,
    }
)


class Role(StrEnum):
    """What a post lets its holder do; the table is rules.PERMISSIONS_OF."""

    BURDEN_OFFICE = "burden_office"
    DEPARTMENT_CLERK = "department_clerk"
    STREET_DESK = "street_desk"
    COMMUNITY = "community"
    GRID_WORKER = "grid_worker"
    INSPECTOR = "inspector"
    LEADER = "leader"
    SYSTEM_OFFICER = "system_officer"
    SECURITY_OFFICER = "security_officer"
    AUDIT_OFFICER = "audit_officer"


OFFICERS = frozenset({Role.SYSTEM_OFFICER, Role.SECURITY_OFFICER, Role.AUDIT_OFFICER})


class Permission(StrEnum):
    """`room.verb`. A room adds its own here and gives it to roles in rules.PERMISSIONS_OF."""

    OWN_ACCOUNT = "org.own_account"
    ORG_READ = "org.read"
    ORG_MANAGE = "org.manage"
    ORG_ACCOUNTS = "org.accounts"
    ORG_GRANT = "org.grant"
    ORG_OFFICERS = "org.officers"
    ORG_CALENDAR = "org.calendar"
    TRAIL_READ = "trail.read"
    DESK_TODAY = "desk.today"
    INTAKE_READ = "intake.read"
    INTAKE_ADD = "intake.add"
    INTAKE_CORRECT = "intake.correct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one post gives: these permissions for everything at `path` and below it."""

    path: str
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a person may do what, on one day. Two posts at two places do not mix their rights.

    A query takes a scope that was narrowed to one permission: `scope.narrowed(Permission.X)`;
    pages get it ready as `request.scope`.
    """

    grants: tuple[Grant, ...] = ()
    narrowed_to: Permission | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The places of all grants in their order, none below another; "" is everywhere.

        Raises ValueError on a scope that was not narrowed: the places where somebody may do
        anything at all are not those where he may read this.
        """
        if self.narrowed_to is None:
            raise ValueError("narrow the scope first: scope.narrowed(Permission.X)")
        given = list(dict.fromkeys(grant.path for grant in self.grants))
        kept: list[str] = []
        for path in sorted(given):
            if not kept or not path.startswith(kept[-1]):
                kept.append(path)
        return tuple(sorted(kept, key=given.index))

    def narrowed(self, permission: Permission) -> Scope:
        """Only the places where this permission holds: what a page or a query works with."""
        return Scope(
            grants=tuple(grant for grant in self.grants if permission in grant.permissions),
            narrowed_to=permission,
        )

    def may(self, permission: Permission) -> bool:
        """Whether the permission holds anywhere."""
        return any(permission in grant.permissions for grant in self.grants)

    def may_at(self, permission: Permission, place: str) -> bool:
        """Whether the permission holds at the unit path `place`."""
        return any(
            permission in grant.permissions and place.startswith(grant.path)
            for grant in self.grants
        )

    def check(self, permission: Permission, place: str | None = None) -> None:
        """Raises org.not_allowed without the permission, org.not_found for another's place."""
        if not self.may(permission):
            raise UserError("org.not_allowed")
        if place is not None and not self.may_at(permission, place):
            raise UserError("org.not_found")


EVERYWHERE = Scope(grants=(Grant(path="", permissions=frozenset(Permission)),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: the text id that the trail keeps (`user:7`, `cli`, `job`), and his scope."""

    id: str
    scope: Scope

    @classmethod
    def program(cls, name: str) -> Actor:
        """The command line or a job: whoever can run it owns the machine already."""
        return cls(id=name, scope=EVERYWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """One line of a workbook of units, cleaned; `row` is the sheet's row number."""

    row: int
    name: str
    short_name: str = ""
    aliases: tuple[str, ...] = ()
    kind: UnitKind | None = None
    parent: str = ""
    headcount: int | None = None
    order: int | None = None
    code: str = ""
    division_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRow:
    """One post of one person in a roster; a row with two titles gives two of these."""

    row: int
    unit: str
    name: str
    number: str = ""
    title: str = ""
    is_main: bool = True
    is_acting: bool = False
    is_seconded: bool = False
    is_concurrent: bool = False
    from_on: date | None = None
    until_on: date | None = None
    has_left: bool = False


class Division(NamedTuple):
    """A division of the statistics bureau; a tuple, since a nation has 665,000.

    `code` has twelve digits, `level` 1 (province) to 5 (village), `parent` may be empty.
    """

    code: str
    name: str
    level: int
    parent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """A row that cannot be taken, by the sheet's row number, and why, in words."""

    row: int
    why: str


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet(Generic[Row]):
    """What was understood of a workbook: rows, rows that were not, and what was left out."""

    rows: tuple[Row, ...]
    errors: tuple[RowError, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that an import would do: `what` names it, `details` says how, in words."""

    row: int | None
    what: str
    details: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What an import will do, before it does it, and what it did, after.

    `proposed` are those that the office has and the workbook lacks: closed only when a person
    says so, by `key`. `digest` names this very plan: confirming another one is refused.
    """

    to_add: tuple[Change, ...] = ()
    to_change: tuple[Change, ...] = ()
    to_close: tuple[Change, ...] = ()
    proposed: tuple[Change, ...] = ()
    unchanged: int = 0
    errors: tuple[RowError, ...] = ()
    notices: tuple[str, ...] = ()
    digest: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing to do, apart from what is only proposed."""
        return not (self.to_add or self.to_change or self.to_close)
