"""Rights that outlive their end, places that are not where one stands, passwords to be guessed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
from django.test import Client

from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.actions import close_post, grant_role, move_unit, set_password
from qingzhuang.org.models import Post, User
from qingzhuang.org.queries import actor_of, scope_of
from qingzhuang.org.types import Permission, Role
from qingzhuang.trail.models import TrailEntry

from .conftest import PASSWORD, ROOT, District

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]
TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _today():
    with clock.fixed_at(at(TODAY, 9)):
        yield


def post_of(user: User) -> Post:
    posts = Post.objects.unscoped("test").select_related("unit", "person")
    return posts.filter(person=user.person).order_by("-pk")[:1].get()


def test_a_role_taken_back_on_the_day_it_was_given_is_gone(
    make_user: MakeUser, district: District
) -> None:
    user = make_user("zhou", None, district.pond)
    grant_role(actor=ROOT, post=post_of(user), role=Role.COMMUNITY, reason="误点")
    grant_role(actor=ROOT, post=post_of(user), role=None, reason="收回")
    assert not scope_of(user).may(Permission.INTAKE_READ)


def test_two_offices_are_not_held_on_one_day_by_changing(
    make_user: MakeUser, district: District
) -> None:
    user = make_user("qian", None, district.district)
    grant_role(actor=ROOT, post=post_of(user), role=Role.SYSTEM_OFFICER, reason="任命")
    with suppress(UserError):  # refused, or the first office ends at once
        grant_role(actor=ROOT, post=post_of(user), role=Role.AUDIT_OFFICER, reason="改任")
    scope = scope_of(user)
    assert not (scope.may(Permission.ORG_MANAGE) and scope.may(Permission.TRAIL_READ))


def test_a_post_that_ended_keeps_its_end(make_user: MakeUser, district: District) -> None:
    ended = TODAY - timedelta(days=300)
    user = make_user("sun", Role.COMMUNITY, district.pond, until_on=ended)
    old = post_of(user)
    with suppress(UserError):
        grant_role(actor=ROOT, post=old, role=Role.COMMUNITY, reason="再任")
    assert Post.objects.unscoped("test").get(pk=old.pk).until_on == ended


def test_a_unit_that_moved_works_where_it_stands_now(
    make_user: MakeUser, district: District
) -> None:
    user = make_user("wu", Role.COMMUNITY, district.pond)
    move_unit(actor=ROOT, unit=district.pond, parent=district.spring, reason="区划调整")
    paths = scope_of(user).narrowed(Permission.INTAKE_ADD).paths
    assert paths[0] == district.pond.path, "pages take the first place as the person's own"


def test_the_system_officer_does_not_become_the_security_officer(
    make_user: MakeUser, district: District
) -> None:
    system = make_user("xitong", Role.SYSTEM_OFFICER, district.district)
    security = make_user("anquan", Role.SECURITY_OFFICER, district.district)
    with pytest.raises(UserError):
        set_password(actor=actor_of(system), user=security, reason="忘了口令")


@pytest.mark.parametrize("page", ["elevate", "password"])
def test_a_password_is_not_guessed_behind_the_door(
    make_user: MakeUser, district: District, page: str
) -> None:
    make_user("xitong", Role.SYSTEM_OFFICER, district.district)
    client = Client(headers={"host": "localhost"})
    client.post("/login/", {"username": "xitong", "password": PASSWORD})
    for n in range(10):
        wrong = {"password": f"no{n}", "reason": "维护", "old": f"no{n}", "new": "x", "again": "x"}
        client.post(f"/{page}/", wrong)
    right = {"password": PASSWORD, "reason": "维护", "old": PASSWORD}
    new = {"new": "Herons-at-dusk-5", "again": "Herons-at-dusk-5"}
    sent = client.post(f"/{page}/", right | new)
    assert sent["Location"].startswith("/login/"), "the session ended"
    assert User.objects.get(username="xitong").check_password(PASSWORD)
    locked = client.post("/login/", {"username": "ＸＩＴＯＮＧ ", "password": PASSWORD})
    assert locked.status_code == 429, "the name is locked at the door too"
    endings = TrailEntry.objects.filter(action="org.end_session")
    assert endings.count() == 1
    assert TrailEntry.objects.filter(action="org.elevate").count() <= 5


def test_the_system_officer_does_not_dismiss_the_auditor(
    make_user: MakeUser, district: District
) -> None:
    system = make_user("xitong", Role.SYSTEM_OFFICER, district.district)
    auditor = make_user("shenji", Role.AUDIT_OFFICER, district.district)
    with pytest.raises(UserError):
        close_post(actor=actor_of(system), post=post_of(auditor), until_on=TODAY, reason="撤销")
