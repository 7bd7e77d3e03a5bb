"""The table of rights, scopes as values, passwords: no database."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import combinations

import pytest

from qingzhuang.kit.pure.clock import CHINA
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.rules import (
    PERMISSIONS_OF,
    check_password,
    check_roles_together,
    codes_above,
    guess_kind,
    is_business,
    is_elevated,
    reach_path,
    role_for,
)
from qingzhuang.org.system_checks import check_permission_uses, check_rights
from qingzhuang.org.types import EVERYWHERE, OFFICERS, Grant, Permission, Role, Scope, UnitKind


def test_every_role_and_permission_stands_in_the_table() -> None:
    assert check_rights() == []
    assert set(PERMISSIONS_OF) == set(Role)


def test_every_permission_is_asked_for_somewhere() -> None:
    assert check_permission_uses() == []


def test_a_missing_role_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {role: PERMISSIONS_OF[role] for role in Role if role is not Role.AUDIT_OFFICER}
    monkeypatch.setattr("qingzhuang.org.system_checks.PERMISSIONS_OF", table)
    assert {found.id for found in check_rights()} == {"org.E001", "org.E003"}


def test_the_system_officer_sees_no_business() -> None:
    assert not any(is_business(p) for p in PERMISSIONS_OF[Role.SYSTEM_OFFICER])
    assert any(is_business(p) for p in PERMISSIONS_OF[Role.COMMUNITY])


def test_no_officer_holds_the_rights_of_another() -> None:
    managing = {Permission.ORG_MANAGE, Permission.ORG_GRANT, Permission.TRAIL_READ}
    assert [len(PERMISSIONS_OF[o] & managing) for o in sorted(OFFICERS)] == [1, 1, 1]


@pytest.mark.parametrize("pair", list(combinations(sorted(OFFICERS), 2)))
def test_no_two_of_the_three_offices_in_one_hand(pair: tuple[Role, Role]) -> None:
    with pytest.raises(UserError, match=r"org\.officers_apart"):
        check_roles_together(pair)


def test_a_system_officer_holds_no_business_post() -> None:
    with pytest.raises(UserError, match=r"org\.system_officer_alone"):
        check_roles_together({Role.SYSTEM_OFFICER, Role.COMMUNITY})
    check_roles_together({Role.AUDIT_OFFICER, Role.COMMUNITY})


def test_rights_of_two_posts_do_not_mix() -> None:
    scope = Scope(
        grants=(
            Grant(path="0001.0002.", permissions=frozenset({Permission.INTAKE_READ})),
            Grant(path="0001.0003.", permissions=frozenset({Permission.ORG_READ})),
        )
    )
    assert scope.narrowed(Permission.INTAKE_READ).paths == ("0001.0002.",)
    assert scope.may_at(Permission.INTAKE_READ, "0001.0002.0001.")
    assert not scope.may_at(Permission.INTAKE_READ, "0001.0003.")
    with pytest.raises(UserError, match=r"org\.not_found"):
        scope.check(Permission.INTAKE_READ, "0001.0003.")
    with pytest.raises(UserError, match=r"org\.not_allowed"):
        scope.check(Permission.TRAIL_READ)


def test_a_scope_that_was_not_narrowed_has_no_paths() -> None:
    with pytest.raises(ValueError, match="narrow"):
        _ = EVERYWHERE.paths
    assert EVERYWHERE.narrowed(Permission.ORG_READ).paths == ("",)


def test_paths_below_another_are_dropped() -> None:
    grants = tuple(
        Grant(path=path, permissions=frozenset({Permission.ORG_READ}))
        for path in ("0001.0002.0003.", "0001.0002.", "0004.")
    )
    scope = Scope(grants=grants).narrowed(Permission.ORG_READ)
    assert scope.paths == ("0001.0002.", "0004.")


def test_where_a_post_reaches() -> None:
    chain = [
        ("1.2.3.", UnitKind.OFFICE),
        ("1.2.", UnitKind.DEPARTMENT),
        ("1.", UnitKind.DISTRICT),
    ]
    assert reach_path(Role.DEPARTMENT_CLERK, chain) == "1.2."
    assert reach_path(Role.BURDEN_OFFICE, chain) == "1."
    assert reach_path(Role.LEADER, [("9.", UnitKind.OTHER)]) == "9."


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Ab-1", "password_short"),
        ("abcdefgh1", "password_plain"),
        ("Lihua-2026", "password_has_name"),
        ("Reeds-2026", ""),
        ("芦苇荡Ab12345", ""),
    ],
)
def test_passwords(password: str, code: str) -> None:
    if not code:
        check_password(password, username="lihua")
        return
    with pytest.raises(UserError) as caught:
        check_password(password, username="lihua")
    assert caught.value.code == f"org.{code}"


def test_the_short_mode_ends_after_fifteen_minutes() -> None:
    began = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)
    assert is_elevated(since=began, now=began + timedelta(minutes=14, seconds=59))
    assert not is_elevated(since=began, now=began + timedelta(minutes=15))
    assert not is_elevated(since=None, now=began)
    assert not is_elevated(since=began, now=began - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("石桥社区", UnitKind.COMMUNITY), ("柳巷街道", UnitKind.STREET), ("上河村", UnitKind.VILLAGE),
        ("区住建局", UnitKind.DEPARTMENT), ("南湖镇", UnitKind.TOWNSHIP), ("江岚区", UnitKind.DISTRICT),
        ("石桥社区第3网格", UnitKind.GRID), ("区委组织部", UnitKind.DEPARTMENT), ("某某", UnitKind.OTHER),
    ],
)  # fmt: skip
def test_kinds_by_name(name: str, kind: UnitKind) -> None:
    assert guess_kind(name) is kind


def test_a_title_never_suggests_an_officer() -> None:
    titles = ["系统管理员", "审计管理员", "安全管理员", "书记", "网格员", "纪工委书记", ""]
    suggested = {role_for(kind, title) for kind in UnitKind for title in titles}
    assert not suggested & OFFICERS
    assert role_for(UnitKind.COMMUNITY, "书记") is Role.COMMUNITY
    assert role_for(UnitKind.COMMUNITY, "专职网格员") is Role.GRID_WORKER
    assert role_for(UnitKind.STREET, "纪工委书记") is Role.INSPECTOR
    assert role_for(UnitKind.DISTRICT, "区长") is Role.LEADER


def test_codes_above() -> None:
    assert codes_above("430104001002") == [
        "430104001000",
        "430104000000",
        "430100000000",
        "430000000000",
    ]
    assert codes_above("430000000000") == []
