"""Accounts, sign-in with lockout, first passwords, the calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.actions import (
    change_own_password,
    close_post,
    create_user,
    deactivate_user,
    grant_post,
    grant_role,
    override_calendar,
    set_password,
)
from qingzhuang.org.models import CalendarException, Post, User
from qingzhuang.org.queries import actor_of, calendar_for, scope_of
from qingzhuang.org.types import Actor, Permission, Role
from qingzhuang.trail.models import TrailEntry

pytestmark = pytest.mark.django_db
ROOT = Actor.program("test")
PASSWORD = "Reeds-by-the-lake-7"
MakeUser = Callable[..., User]


def test_sign_in_sign_out_and_the_trail(client: Client, district, make_user: MakeUser) -> None:
    user = make_user("lihua", Role.COMMUNITY, district.bridge)
    login = reverse("org:login")
    assert client.get(login).status_code == 200
    wrong = client.post(login, {"username": "lihua", "password": "no"})
    assert wrong.status_code == 200
    assert "用户名或口令不对" in wrong.content.decode()
    right = client.post(login, {"username": "lihua", "password": PASSWORD, "next": "/units/"})
    assert right["Location"] == "/units/"
    assert client.get("/units/").status_code == 200
    assert client.get(reverse("org:logout")).status_code == 400
    client.post(reverse("org:logout"))
    assert client.get("/units/").status_code == 302
    outcomes = TrailEntry.objects.filter(action="org.sign_in").order_by("id")
    assert [(e.outcome, e.target) for e in outcomes] == [
        ("refused", "org.User:unknown"),
        ("done", f"org.User:{user.pk}"),
    ]
    assert "lihua" not in repr(list(outcomes.values("details", "reason", "actor")))


def test_nobody_is_sent_to_another_site_after_sign_in(
    client: Client, district, make_user: MakeUser
) -> None:
    make_user("lihua", Role.AUDIT_OFFICER, district.district)
    target = {"username": "lihua", "password": PASSWORD, "next": "https://example.org/"}
    assert client.post(reverse("org:login"), target)["Location"] == reverse("org:units")


def test_five_wrong_passwords_lock_the_name(client: Client, district, make_user: MakeUser) -> None:
    make_user("lihua", Role.COMMUNITY, district.bridge)
    make_user("other", Role.COMMUNITY, district.pond)
    login = reverse("org:login")
    for _ in range(4):
        assert client.post(login, {"username": "lihua", "password": "no"}).status_code == 200
    fifth = client.post(login, {"username": "lihua", "password": "no"})
    assert fifth.status_code == 429
    assert "连续输错 5 次，这个用户名锁住了。请 10 分钟后再试" in fifth.content.decode()
    locked = client.post(login, {"username": "lihua", "password": PASSWORD})
    assert locked.status_code == 429
    assert client.get("/units/").status_code == 302
    free = client.post(login, {"username": "other", "password": PASSWORD})
    assert free.status_code == 302


def test_the_first_password_must_be_changed_before_anything_else(
    client: Client, district, make_user: MakeUser
) -> None:
    make_user("new", Role.COMMUNITY, district.bridge, must_change=True)
    sent = client.post(reverse("org:login"), {"username": "new", "password": PASSWORD})
    page = reverse("org:change_password")
    assert sent["Location"] == page
    assert client.get("/units/")["Location"] == page
    bad = client.post(page, {"old": PASSWORD, "new": "short", "again": "short"})
    assert "口令太短" in bad.content.decode()
    differ = client.post(page, {"old": PASSWORD, "new": "Willow-2026x", "again": "Willow-2026y"})
    assert "不一样" in differ.content.decode()
    done = client.post(page, {"old": PASSWORD, "new": "Willow-2026x", "again": "Willow-2026x"})
    assert done.status_code == 302
    assert client.get("/units/").status_code == 200


def test_an_account_is_made_reset_and_closed(district, make_user: MakeUser) -> None:
    user = make_user("lihua", Role.COMMUNITY, district.bridge)
    for name, code in (("lihua", "username_taken"), ("a b", "username_bad"), ("", "username_bad")):
        with pytest.raises(UserError, match=rf"org\.{code}"):
            create_user(actor=ROOT, username=name)
    with pytest.raises(UserError, match=r"org\.person_has_account"):
        create_user(actor=ROOT, username="second", person=user.person)
    with pytest.raises(UserError, match=r"org\.password_common"):
        create_user(actor=ROOT, username="third", password="Password123")
    first = set_password(actor=ROOT, user=user, reason="忘了")
    user.refresh_from_db()
    assert user.check_password(first)
    assert user.must_change_password
    with pytest.raises(UserError, match=r"org\.password_wrong"):
        change_own_password(user=user, old="no", new="Willow-2026x")
    with pytest.raises(UserError, match=r"org\.password_same"):
        change_own_password(user=user, old=first, new=first)
    deactivate_user(actor=ROOT, user=user, reason="离任")
    assert scope_of(user).grants == ()


def test_a_closed_account_loses_its_session(client: Client, district, make_user: MakeUser) -> None:
    user = make_user("lihua", Role.COMMUNITY, district.bridge)
    client.post(reverse("org:login"), {"username": "lihua", "password": PASSWORD})
    assert client.get("/units/").status_code == 200
    deactivate_user(actor=ROOT, user=user, reason="离任")
    assert client.get("/units/").status_code == 302
    sent = client.post(reverse("org:login"), {"username": "lihua", "password": PASSWORD})
    assert sent.status_code == 200


def test_accounts_and_rights_are_given_by_different_officers(district, make_user: MakeUser) -> None:
    system = actor_of(make_user("sys", Role.SYSTEM_OFFICER, district.district))
    security = actor_of(make_user("sec", Role.SECURITY_OFFICER, district.district))
    user = make_user("lihua", None, district.bridge)
    post = Post.objects.unscoped("test").get(person=user.person)
    with pytest.raises(UserError, match=r"org\.not_allowed"):
        grant_role(actor=system, post=post, role=Role.COMMUNITY, reason="上岗")
    with pytest.raises(UserError, match=r"org\.not_allowed"):
        set_password(actor=security, user=user)
    with pytest.raises(UserError, match=r"org\.reason_missing"):
        grant_role(actor=security, post=post, role=Role.COMMUNITY, reason="")
    fresh = grant_role(actor=security, post=post, role=Role.COMMUNITY, reason="上岗")
    assert scope_of(user).may(Permission.INTAKE_READ)
    rows = Post.objects.unscoped("test").filter(person=user.person).order_by("id")
    assert [row.until_on is None for row in rows] == [False, True]
    with pytest.raises(UserError, match=r"org\.post_held"):
        grant_post(
            actor=ROOT, person=user.person, unit=district.bridge, role=Role.COMMUNITY, title="干部"
        )
    close_post(actor=system, post=fresh, until_on=date(2999, 1, 1))
    with pytest.raises(UserError, match=r"org\.post_closed"):
        close_post(actor=system, post=fresh, until_on=date(2999, 1, 1))


def test_one_person_never_gets_a_second_office(district, make_user: MakeUser) -> None:
    user = make_user("one", Role.AUDIT_OFFICER, district.district)
    for role in (Role.SYSTEM_OFFICER, Role.SECURITY_OFFICER):
        with pytest.raises(UserError, match=r"org\.officers_apart"):
            grant_post(actor=ROOT, person=user.person, unit=district.district, role=role)
    system = make_user("sys", Role.SYSTEM_OFFICER, district.district)
    with pytest.raises(UserError, match=r"org\.system_officer_alone"):
        grant_post(actor=ROOT, person=system.person, unit=district.bridge, role=Role.COMMUNITY)


# --- calendar -------------------------------------------------------------------------------


def test_a_calendar_is_the_nations_and_the_nearer_unit_wins(district) -> None:
    saturday, monday = date(2026, 3, 7), date(2026, 3, 2)
    assert not calendar_for(district.bridge).is_workday(date(2026, 10, 1))
    override_calendar(
        actor=ROOT, unit=district.district, day=saturday, is_workday=True, reason="防汛演练"
    )
    override_calendar(
        actor=ROOT, unit=district.willow, day=monday, is_workday=False, reason="搬迁停一天"
    )
    assert calendar_for(district.spring).is_workday(saturday)
    assert calendar_for(district.spring.path).is_workday(monday)
    assert not calendar_for(district.bridge).is_workday(monday)
    override_calendar(
        actor=ROOT, unit=district.bridge, day=saturday, is_workday=False, reason="社区调休"
    )
    assert not calendar_for(district.bridge).is_workday(saturday)
    override_calendar(
        actor=ROOT, unit=district.bridge, day=saturday, is_workday=None, reason="照区里的"
    )
    assert calendar_for(district.bridge).is_workday(saturday)
    assert CalendarException.objects.unscoped("test").count() == 4


def test_only_who_may_orders_a_calendar_and_only_at_home(district, make_user: MakeUser) -> None:
    clerk = actor_of(make_user("clerk", Role.COMMUNITY, district.bridge))
    office = actor_of(make_user("office", Role.BURDEN_OFFICE, district.willow_desk))
    order = {"day": date(2026, 3, 7), "is_workday": True, "reason": "演练"}
    with pytest.raises(UserError, match=r"org\.not_allowed"):
        override_calendar(actor=clerk, unit=district.bridge, **order)
    with pytest.raises(UserError, match=r"org\.not_found"):
        override_calendar(actor=office, unit=district.spring, **order)
    override_calendar(actor=office, unit=district.bridge, **order)


# --- what officers must not reach ------------------------------------------------------------


def test_nobody_gives_himself_a_role(district, make_user: MakeUser) -> None:
    user = make_user("sec", Role.SECURITY_OFFICER, district.district)
    actor = actor_of(user)
    with pytest.raises(UserError, match=r"org\.not_oneself"):
        grant_post(actor=actor, person=user.person, unit=district.bridge, role=Role.COMMUNITY)
    post = Post.objects.unscoped("test").get(person=user.person)
    with pytest.raises(UserError, match=r"org\.not_oneself"):
        grant_role(actor=actor, post=post, role=Role.COMMUNITY, reason="自己给自己")


def test_a_streets_officer_cannot_take_the_account_of_who_rose(
    client: Client, district, make_user: MakeUser
) -> None:
    leader = make_user("leader", Role.LEADER, district.district)
    Post.objects.create(
        person=leader.person, unit=district.bridge, title="书记", until_on=date(2020, 1, 1)
    )
    street = make_user("streetsys", Role.SYSTEM_OFFICER, district.willow)
    with pytest.raises(UserError, match=r"org\.not_found"):
        set_password(actor=actor_of(street), user=leader)
    with pytest.raises(UserError, match=r"org\.not_found"):
        deactivate_user(actor=actor_of(street), user=leader, reason="试试")
    client.force_login(street, backend="django.contrib.auth.backends.ModelBackend")
    client.post(reverse("org:elevate"), {"password": PASSWORD, "reason": "试试"})
    answer = client.post(reverse("org:account_reset", args=[leader.pk]))
    assert answer.status_code == 404
    leader.refresh_from_db()
    assert leader.check_password(PASSWORD)
    assert leader.is_active
