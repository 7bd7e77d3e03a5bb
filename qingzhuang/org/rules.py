"""Rules of the organisation: the calendar, what each role may do and where, passwords, words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.types import AREA_KINDS, OFFICERS, Permission, Role, UnitKind, WorkCalendar

ELEVATED_MINUTES = 15
PASSWORD_LENGTH = 8
TOLD_OF_RESET_DAYS = 7
DIVISION_LEVELS = (2, 4, 6, 9, 12)  # digits that tell province, city, district, street, village

# Whoever is signed in, with or without a post.
OWN_PERMISSIONS = frozenset({Permission.OWN_ACCOUNT})

_DESK = frozenset({Permission.ORG_READ, Permission.DESK_TODAY, Permission.INTAKE_READ})
_HANDS = _DESK | {Permission.INTAKE_ADD, Permission.INTAKE_CORRECT}
PERMISSIONS_OF: Mapping[Role, frozenset[Permission]] = {
    Role.BURDEN_OFFICE: _HANDS | {Permission.ORG_CALENDAR},
    Role.DEPARTMENT_CLERK: _HANDS,
    Role.STREET_DESK: _HANDS,
    Role.COMMUNITY: _HANDS,
    Role.GRID_WORKER: _DESK | {Permission.INTAKE_ADD},
    Role.INSPECTOR: _DESK,
    Role.LEADER: _DESK,
    Role.SYSTEM_OFFICER: frozenset(
        {
            Permission.ORG_READ,
            Permission.ORG_MANAGE,
            Permission.ORG_ACCOUNTS,
            Permission.ORG_CALENDAR,
        }
    ),
    Role.SECURITY_OFFICER: frozenset(
        {Permission.ORG_READ, Permission.ORG_GRANT, Permission.ORG_OFFICERS}
    ),
    Role.AUDIT_OFFICER: frozenset({Permission.ORG_READ, Permission.TRAIL_READ}),
}
_NO_BUSINESS_ROOMS = ("org.", "site.", "trail.")

# A department's clerk sees the department, even from one of its offices; everybody else sees
# the division that the unit stands in.
_REACH_BODY = frozenset({Role.DEPARTMENT_CLERK})
_BODY_KINDS = AREA_KINDS | {UnitKind.DEPARTMENT}


@cache
def _periods() -> list[dict[str, Any]]:
    source = files("qingzhuang.org").joinpath("data", "workdays.toml")
    periods: list[dict[str, Any]] = tomllib.loads(source.read_text("utf-8"))["period"]
    return periods


@cache
def load_calendar() -> WorkCalendar:
    """The working days of the State Council's yearly arrangements (org/data/workdays.toml).

    Years without a published arrangement know only the law's fixed holidays, or none.
    """
    exceptions: dict[date, bool] = {}
    for period in _periods():
        day = period["first"]
        while day <= period["last"]:
            exceptions[day] = False
            day += timedelta(days=1)
        exceptions.update(dict.fromkeys(period["workdays"], True))
    return WorkCalendar(exceptions=MappingProxyType(exceptions))


@cache
def load_festivals() -> Mapping[str, tuple[date, ...]]:
    """First days off of each public holiday by name ("国庆节"), in order of time.

    A Mid-autumn that falls into the national holiday starts with it.
    """
    starts: dict[str, list[date]] = {}
    for period in _periods():
        for name in period["names"]:
            starts.setdefault(name, []).append(period["first"])
    return MappingProxyType({name: tuple(sorted(days)) for name, days in starts.items()})


def is_business(permission: Permission) -> bool:
    """Whether it opens what offices wrote, as against accounts, the trail and the machine."""
    return not permission.startswith(_NO_BUSINESS_ROOMS)


def reach_path(role: Role, chain: Sequence[tuple[str, UnitKind]]) -> str:
    """The path that a post of this role covers.

    `chain` is (path, kind) from the unit itself up to its root. Without a fitting unit above, the
    unit itself is covered.
    """
    wanted = _BODY_KINDS if role in _REACH_BODY else AREA_KINDS
    for path, kind in chain:
        if kind in wanted:
            return path
    return chain[0][0]


def check_roles_together(roles: Iterable[Role]) -> None:
    """Three officers are three people, and the system officer sees no business.

    Source: GB/T 22239, management rights kept apart. Raises org.officers_apart,
    org.system_officer_alone.
    """
    held = set(roles)
    if len(held & OFFICERS) > 1:
        raise UserError("org.officers_apart")
    if Role.SYSTEM_OFFICER in held and any(
        is_business(permission) for role in held for permission in PERMISSIONS_OF[role]
    ):
        raise UserError("org.system_officer_alone")


def check_password(password: str, *, username: str) -> None:
    """At least 8 characters of three of: small, capital, digit, other; not the user name.

    Raises org.password_weak with `why` in words.
    """
    classes = sum(
        re.search(pattern, password) is not None
        for pattern in ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")
    )
    if len(password) < PASSWORD_LENGTH:
        raise UserError("org.password_short", length=PASSWORD_LENGTH)
    if classes < 3:
        raise UserError("org.password_plain")
    if len(username) >= 3 and username.lower() in password.lower():
        raise UserError("org.password_has_name")


def tells_of_reset(*, reset_at: datetime | None, is_first: bool, now: datetime) -> bool:
    """Whether signing in says that somebody else set the password.

    Said more than once: whoever reset it may have been the first to sign in.
    """
    if reset_at is None:
        return False
    return is_first or now < reset_at + timedelta(days=TOLD_OF_RESET_DAYS)


def is_elevated(*, since: datetime | None, now: datetime) -> bool:
    """Whether a person who gave the password again at `since` may still manage."""
    return since is not None and since <= now < since + timedelta(minutes=ELEVATED_MINUTES)


@cache
def roster_words() -> Mapping[str, Any]:
    """data/roster.toml: the headers and words of rosters and lists of units."""
    return tomllib.loads(files("qingzhuang.org").joinpath("data/roster.toml").read_text("utf-8"))


def find_kind(word: str) -> UnitKind | None:
    """The kind that a 类别 cell names; None for a word that the list has not."""
    for kind, words in roster_words()["kind_words"].items():
        if word in words:
            return UnitKind(kind)
    return None


def guess_kind(name: str) -> UnitKind:
    """The kind by the ending of the name, OTHER when none fits."""
    for rule in roster_words()["kind_endings"]:
        if re.search(rule["pattern"], name):
            return UnitKind(rule["kind"])
    return UnitKind.OTHER


def division_kind(level: int, name: str) -> UnitKind:
    """The kind of a statistical division: by its level, and by its name on the lowest two."""
    if level <= 3:
        return (UnitKind.PROVINCE, UnitKind.CITY, UnitKind.DISTRICT)[level - 1]
    if level == 4:
        return UnitKind.TOWNSHIP if re.search("[镇乡]$|苏木$", name) else UnitKind.STREET
    return UnitKind.COMMUNITY if re.search("社区|居委会|居民委员会", name) else UnitKind.VILLAGE


def codes_above(code: str) -> list[str]:
    """The division codes of the levels above, nearest first."""
    above = (code[:digits].ljust(12, "0") for digits in reversed(DIVISION_LEVELS))
    return list(dict.fromkeys(upper for upper in above if upper != code))


def role_for(kind: UnitKind, title: str) -> Role | None:
    """The role that a roster's title suggests; never an officer's, None when no rule fits."""
    for rule in roster_words()["role_rules"]:
        if (not rule["kinds"] or kind in rule["kinds"]) and re.search(rule["title"], title):
            return Role(rule["role"])
    return None
