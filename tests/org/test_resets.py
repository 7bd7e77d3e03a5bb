"""Passwords set by another: who may, who is told, what is kept of the tries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qingzhuang.kit.clock import now
from qingzhuang.kit.jobs.worker import run_twice
from qingzhuang.kit.pure.clock import at
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.actions import (
    close_post,
    create_person,
    create_user,
    deactivate_user,
    grant_post,
    grant_role,
    import_people,
    import_units,
    move_unit,
    set_password,
)
from qingzhuang.org.inputs import read_people, read_units
from qingzhuang.org.models import Post, User
from qingzhuang.org.queries import actor_of, scope_of
from qingzhuang.org.rules import tells_of_reset
from qingzhuang.org.types import Permission, Role
from qingzhuang.trail.models import TrailEntry

from .conftest import PASSWORD, ROOT, District

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]
BACKEND = "django.contrib.auth.backends.ModelBackend"


def post_of(user: User) -> Post:
    return Post.objects.unscoped("test").select_related("unit", "person").get(person=user.person)


def elevated(user: User) -> Client:
    client = Client(headers={"host": "localhost"})
    client.force_login(user, backend=BACKEND)
    client.post(reverse("org:elevate"), {"password": PASSWORD, "reason": "维护账号"})
    return client


def sign_in(username: str, password: str = PASSWORD) -> tuple[Client, int]:
    client = Client(headers={"host": "localhost", "user-agent": "Browser of 3.14"})
    given = {"username": username, "password": password, "note": "something typed"}
    return client, client.post("/login/", given, REMOTE_ADDR="192.0.2.7").status_code


def test_the_officers_accounts_are_the_security_officers(
    make_user: MakeUser, district: District
) -> None:
    system = make_user("xitong", Role.SYSTEM_OFFICER, district.district)
    security = make_user("anquan", Role.SECURITY_OFFICER, district.district)
    auditor = make_user("shenji", Role.AUDIT_OFFICER, district.district)
    for who in (security, auditor):
        with pytest.raises(UserError, match=r"org\.officer_protected"):
            deactivate_user(actor=actor_of(system), user=who, reason="试试")
    with pytest.raises(UserError, match=r"org\.officer_protected"):
        close_post(actor=actor_of(system), post=post_of(auditor), until_on=date(2999, 1, 1))
    for user in (system, security):
        with pytest.raises(UserError, match=r"org\.not_oneself"):
            set_password(actor=actor_of(security), user=security, reason="忘了")
        page = elevated(user).get(reverse("org:post", args=[post_of(auditor).pk])).content.decode()
        assert ("重设口令" in page) == (user == security)
        assert "结束这个岗位" not in page
    refused = elevated(system).post(reverse("org:officer_reset", args=[auditor.pk]))
    assert refused.status_code == 403
    refused = elevated(system).post(reverse("org:account_reset", args=[auditor.pk]))
    assert refused.status_code == 400
    auditor.refresh_from_db()
    assert auditor.check_password(PASSWORD)
    elevated(security).post(reverse("org:officer_reset", args=[auditor.pk]))
    auditor.refresh_from_db()
    assert not auditor.check_password(PASSWORD)
    assert auditor.must_change_password
    assert auditor.reset_by == Role.SECURITY_OFFICER
    elevated(security).post(reverse("org:officer_close", args=[system.pk]))
    system.refresh_from_db()
    assert not system.is_active


def test_an_officers_account_is_opened_by_the_security_officer(
    make_user: MakeUser, district: District
) -> None:
    system = make_user("xitong", Role.SYSTEM_OFFICER, district.district)
    security = make_user("anquan", Role.SECURITY_OFFICER, district.district)
    person = create_person(actor=ROOT, name="新来某", unit=district.district)
    post = grant_post(actor=ROOT, person=person, unit=district.district, role=Role.AUDIT_OFFICER)
    with pytest.raises(UserError, match=r"org\.officer_protected"):
        create_user(actor=actor_of(system), username="shenji", person=person)
    address = reverse("org:officer_account", args=[post.pk])
    assert elevated(security).post(address, {"username": "shenji"}).status_code == 302
    assert User.objects.get(username="shenji").person == person


def test_who_has_a_password_of_another_becomes_no_officer(
    make_user: MakeUser, district: District
) -> None:
    system = make_user("xitong", Role.SYSTEM_OFFICER, district.district)
    user = make_user("lihua", None, district.district)
    set_password(actor=actor_of(system), user=user, reason="忘了")
    with pytest.raises(UserError, match=r"org\.account_untaken"):
        grant_role(actor=ROOT, post=post_of(user), role=Role.AUDIT_OFFICER, reason="任命")
    with pytest.raises(UserError, match=r"org\.account_untaken"):
        grant_post(actor=ROOT, person=user.person, unit=district.willow, role=Role.SECURITY_OFFICER)
    grant_role(actor=ROOT, post=post_of(user), role=Role.COMMUNITY, reason="上岗")


def test_the_account_of_who_rises_next_week_is_not_a_streets_any_more(
    make_user: MakeUser, district: District
) -> None:
    street = make_user("jiedao", Role.SYSTEM_OFFICER, district.willow)
    user = make_user("lihua", Role.COMMUNITY, district.pond)
    set_password(actor=actor_of(street), user=user, reason="忘了")
    rises = now().date() + timedelta(days=7)
    grant_post(
        actor=ROOT, person=user.person, unit=district.district, role=Role.LEADER, from_on=rises
    )
    with pytest.raises(UserError, match=r"org\.not_found"):
        set_password(actor=actor_of(street), user=user, reason="忘了")


def test_a_roster_of_the_system_officer_leaves_officers_alone(
    make_user: MakeUser, district: District, workbook
) -> None:
    system = make_user("xitong", Role.SYSTEM_OFFICER, district.district)
    auditor = make_user("shenji", Role.AUDIT_OFFICER, district.district)
    for header, cell in (("离任", "2026-01-31"), ("任职时间", "2030-01-01")):
        rows = [["单位", "姓名", "职务", header], ["江岚区", "shenji某", "干部", cell]]
        sheet = read_people(workbook(rows), "花名册.xlsx")
        done = import_people(actor=actor_of(system), sheet=sheet)
        assert any("管理员岗位" in notice for notice in done.notices), header
        assert scope_of(auditor).may(Permission.TRAIL_READ)


def test_the_auditor_does_not_lose_the_trail_by_a_change_of_the_tree(
    make_user: MakeUser, district: District, workbook
) -> None:
    system = make_user("xitong", Role.SYSTEM_OFFICER, district.district)
    auditor = make_user("shenji", Role.AUDIT_OFFICER, district.housing)
    before = scope_of(auditor).narrowed(Permission.TRAIL_READ).paths
    with pytest.raises(UserError, match=r"org\.officer_moved"):
        move_unit(actor=actor_of(system), unit=district.housing, parent=district.pond)
    rows = [["单位名称", "类别", "上级单位"], ["江岚区住房和城乡建设局", "社区", "江岚区"]]
    with pytest.raises(UserError, match=r"org\.officer_moved"):
        import_units(actor=actor_of(system), sheet=read_units(workbook(rows), "单位.xlsx"))
    assert scope_of(auditor).narrowed(Permission.TRAIL_READ).paths == before
    move_unit(actor=actor_of(system), unit=district.pond, parent=district.spring)
    move_unit(actor=actor_of(system), unit=district.housing, parent=district.burden_office)
    assert scope_of(auditor).narrowed(Permission.TRAIL_READ).paths[0] == before[0]


def test_a_reset_is_told_to_the_holder_with_its_day_and_office(
    make_user: MakeUser, district: District
) -> None:
    system = make_user("xitong", Role.SYSTEM_OFFICER, district.district)
    user = make_user("lihua", Role.COMMUNITY, district.pond)
    before, _ = sign_in("lihua")
    with pytest.raises(UserError, match=r"org\.reason_missing"):
        set_password(actor=actor_of(system), user=user)
    first = set_password(actor=actor_of(system), user=user, reason="本人来电")
    assert before.get("/units/").status_code == 302, "sessions ended"
    entry = TrailEntry.objects.get(action="org.set_password")
    assert (entry.actor, entry.reason) == (system.actor_id, "本人来电")
    client, _ = sign_in("lihua", first)
    shown = client.get("/password/").content.decode()
    assert "由系统管理员重设过" in shown
    assert "您的口令在" in shown
    new = {"old": first, "new": "Herons-at-dusk-5", "again": "Herons-at-dusk-5"}
    client.post("/password/", new)
    again, _ = sign_in("lihua", "Herons-at-dusk-5")
    assert "由系统管理员重设过" in again.get("/units/").content.decode(), "once may be the thief"


def test_a_reset_is_told_until_the_change_and_a_week() -> None:
    then = at(date(2026, 3, 2), 9)
    late = then + timedelta(days=8)
    assert tells_of_reset(reset_at=then, is_first=False, now=then + timedelta(days=6))
    assert not tells_of_reset(reset_at=then, is_first=False, now=late)
    assert tells_of_reset(reset_at=then, is_first=True, now=late)
    assert not tells_of_reset(reset_at=None, is_first=True, now=late)


def test_a_reset_lifts_the_lock(make_user: MakeUser, district: District) -> None:
    user = make_user("lihua", Role.COMMUNITY, district.pond)
    for wrong in ("lihua", "LIHUA", "ｌｉｈｕａ", "Lihua ", "lihua"):
        sign_in(wrong, "no")
    assert sign_in("lihua")[1] == 429, "case and width make no other name"
    first = set_password(actor=ROOT, user=user, reason="本人来电")
    assert sign_in("lihua", first)[1] == 302


def test_of_wrong_passwords_a_digest_and_a_count_are_kept(
    make_user: MakeUser, district: District
) -> None:
    make_user("lihua", Role.COMMUNITY, district.pond)
    for _ in range(2):
        sign_in("lihua", "typed wrong")
    row = AccessAttempt.objects.values().get()
    assert row["failures_since_start"] == 2
    assert len(row["username"]) == 24
    kept = {name: row[name] for name in row if name not in ("id", "username", "attempt_time")}
    kept.pop("failures_since_start")
    assert set(kept.values()) == {"", "0.0.0.0"}


def test_old_attempts_and_ended_sessions_are_cleared_away(
    make_user: MakeUser, district: District
) -> None:
    make_user("lihua", Role.COMMUNITY, district.pond)
    sign_in("lihua", "no")
    sign_in("wangwu", "no")
    client, _ = sign_in("lihua")
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(days=2))
    sign_in("zhaoliu", "no")  # the library clears by itself only when somebody tries
    AccessAttempt.objects.create(username="old", ip_address="192.0.2.7", failures_since_start=1)
    AccessAttempt.objects.filter(username="old").update(
        attempt_time=timezone.now() - timedelta(days=2)
    )
    Session.objects.create(
        session_key="gone", session_data="", expire_date=timezone.now() - timedelta(hours=1)
    )
    run_twice("org.purge_attempts")
    assert not AccessAttempt.objects.filter(username="old").exists()
    assert AccessAttempt.objects.count() == 1
    assert not Session.objects.filter(session_key="gone").exists()
    assert client.get("/units/").status_code == 200


def test_a_name_locked_at_the_door_does_not_throw_its_holder_out(
    make_user: MakeUser, district: District
) -> None:
    make_user("anquan", Role.SECURITY_OFFICER, district.district)
    inside, _ = sign_in("anquan")
    for _ in range(5):
        sign_in("anquan", "no")
    asked = inside.post("/elevate/", {"password": PASSWORD, "reason": "维护"})
    assert "暂时不能再试" in asked.content.decode()
    assert inside.get("/units/").status_code == 200


@pytest.mark.parametrize("number", ["9" * 5000, "9" * 19, "-1", "x"])
@pytest.mark.parametrize("page", ["people/?unit=", "units/?under=", "calendar/?unit="])
def test_a_number_that_no_row_has_is_not_found(
    client: Client, make_user: MakeUser, district: District, page: str, number: str
) -> None:
    client.force_login(make_user("leader", Role.LEADER, district.district), backend=BACKEND)
    assert client.get(f"/{page}{number}").status_code == 404


def test_a_year_that_no_calendar_has_is_this_year(
    client: Client, make_user: MakeUser, district: District
) -> None:
    client.force_login(make_user("leader", Role.LEADER, district.district), backend=BACKEND)
    assert client.get(f"/calendar/?year={'2' * 5000}").status_code == 200
