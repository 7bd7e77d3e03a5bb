"""Scope by place and its five defences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, path, reverse

from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import CHINA
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.scoping import UnscopedQuery
from qingzhuang.org.access import list_unnamed_views, public_page
from qingzhuang.org.actions import close_post, move_unit
from qingzhuang.org.models import CalendarException, Post, Unit, User
from qingzhuang.org.queries import (
    access_post,
    access_unit,
    actor_of,
    list_posts,
    list_units,
    scope_of,
)
from qingzhuang.org.types import Actor, Permission, Role
from qingzhuang.trail.models import TrailEntry

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]
PASSWORD = "Reeds-by-the-lake-7"


def _sign_in(client: Client, user: User) -> None:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")


# --- 1 · the gate ---------------------------------------------------------------------------


def test_absent_and_not_yours_get_one_answer(district, make_user: MakeUser) -> None:
    clerk = actor_of(make_user("shiqiao", Role.COMMUNITY, district.bridge))
    assert access_unit(clerk, district.bridge.pk) == district.bridge
    answers = []
    for pk in (district.pond.pk, district.willow.pk, 987_654):
        with pytest.raises(UserError) as caught:
            access_unit(clerk, pk)
        answers.append((caught.value.code, dict(caught.value.params)))
    assert answers == [("org.not_found", {})] * 3


# --- 2 · list and gate agree ----------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(Role))
def test_the_list_shows_exactly_what_the_gate_opens(
    district, make_user: MakeUser, role: Role
) -> None:
    for place in (district.bridge, district.willow_desk, district.housing_office):
        actor = actor_of(make_user(f"{role}{place.pk}", role, place))
        listed = set(list_units(actor.scope).values_list("pk", flat=True))
        opened = set()
        for pk in Unit.objects.unscoped("test").values_list("pk", flat=True):
            try:
                opened.add(access_unit(actor, pk).pk)
            except UserError:
                continue
        assert listed == opened
        assert listed
    posts = set(list_posts(actor.scope).values_list("pk", flat=True))
    for pk in Post.objects.unscoped("test").values_list("pk", flat=True):
        if pk in posts:
            access_post(actor, pk)
        else:
            with pytest.raises(UserError):
                access_post(actor, pk)


def test_where_each_role_reaches(district, make_user: MakeUser) -> None:
    def reach(role: Role, unit: Unit) -> tuple[str, ...]:
        user = make_user(f"{role}-{unit.pk}", role, unit)
        return scope_of(user).narrowed(Permission.INTAKE_READ).paths

    assert reach(Role.COMMUNITY, district.bridge) == (district.bridge.path,)
    assert reach(Role.STREET_DESK, district.willow_desk) == (district.willow.path,)
    assert reach(Role.DEPARTMENT_CLERK, district.housing_office) == (district.housing.path,)
    assert reach(Role.BURDEN_OFFICE, district.burden_office) == (district.district.path,)
    assert reach(Role.SYSTEM_OFFICER, district.housing) == ()


def test_a_post_counts_on_its_days_only(district, make_user: MakeUser) -> None:
    user = make_user(
        "past",
        Role.COMMUNITY,
        district.bridge,
        from_on=date(2026, 1, 1),
        until_on=date(2026, 3, 31),
    )
    assert scope_of(user, date(2026, 3, 31)).may(Permission.INTAKE_READ)
    assert not scope_of(user, date(2026, 4, 1)).may(Permission.INTAKE_READ)
    assert not scope_of(user, date(2025, 12, 31)).may(Permission.INTAKE_READ)
    user.is_active = False
    assert scope_of(user, date(2026, 3, 1)).grants == ()


def test_a_moved_unit_keeps_what_was_recorded_at_its_old_place(
    district, make_user: MakeUser
) -> None:
    user = make_user("mover", Role.COMMUNITY, district.bridge)
    old = district.bridge.path
    move_unit(actor=Actor.program("test"), unit=district.bridge, parent=district.spring)
    new = Unit.objects.unscoped("test").get(pk=district.bridge.pk).path
    assert new.startswith(district.spring.path)
    assert set(scope_of(user).narrowed(Permission.INTAKE_READ).paths) == {old, new}


def test_scopes_take_a_bounded_number_of_queries(
    district, make_user: MakeUser, django_assert_max_num_queries
) -> None:
    user = make_user("few", Role.STREET_DESK, district.willow_desk)
    with django_assert_max_num_queries(3):
        scope_of(user)


# --- 3 · no query without a scope -----------------------------------------------------------


def test_an_unscoped_query_raises(district) -> None:
    reading = scope_of_nobody()
    for number, run in enumerate(
        (
            lambda: list(Unit.objects.all()),
            lambda: Unit.objects.count(),
            lambda: Unit.objects.filter(name="江岚区").first(),
            lambda: Unit.objects.get(pk=district.bridge.pk),
            lambda: Unit.objects.exists(),
            lambda: Unit.objects.aggregate(Max("path")),
            lambda: list(Unit.objects.values_list("name", flat=True)),
            lambda: list(Unit.objects.all().iterator()),
            lambda: Unit.objects.update(name="x"),
            lambda: Unit.objects.filter(pk=1).delete(),
            lambda: Unit.objects.in_bulk([1]),
            lambda: list(district.willow.children.all()),
            lambda: list(CalendarException.objects.filter(unit__in=Unit.objects.all())),
            lambda: list(Post.objects.unscoped("t").filter(unit__in=Unit.objects.filter(name="x"))),
            lambda: list(Unit.objects.unscoped("t").filter(pk=1) | Unit.objects.all()),
            lambda: list(Unit.objects.all().union(Unit.objects.unscoped("t"))),
            lambda: list(Unit.objects.unscoped("t").union(Unit.objects.all())),
        )
    ):
        try:
            run()
        except UnscopedQuery:
            continue
        pytest.fail(f"query {number} was let through")
    with pytest.raises(UnscopedQuery):
        Unit.objects.unscoped(" ")
    assert not Unit.objects.for_scope(reading).exists()
    assert Unit.objects.unscoped("a test").count() == 9


def scope_of_nobody():
    return scope_of(User(username="nobody")).narrowed(Permission.ORG_READ)


# --- 4 · every route names its permission ---------------------------------------------------


def test_every_route_names_its_permission() -> None:
    assert list(list_unnamed_views(get_resolver().url_patterns)) == []


def test_a_view_without_a_name_is_found() -> None:
    def bare(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    routes = [
        path("bare/", bare),
        path("named/", public_page(reason="a test")(bare)),
    ]
    assert list(list_unnamed_views(routes)) == ["bare/"]
    with pytest.raises(ValueError, match="reason"):
        public_page(reason=" ")


def test_pages_are_closed_without_sign_in_and_without_permission(
    client: Client, district, make_user: MakeUser
) -> None:
    answer = client.get(reverse("org:units"))
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('org:login')}?next=/units/"
    part = client.get(reverse("org:units"), headers={"HX-Request": "true"})
    assert part.status_code == 204
    assert part["HX-Redirect"].startswith(reverse("org:login"))
    _sign_in(client, make_user("plain", Role.COMMUNITY, district.bridge))
    assert client.get(reverse("org:units")).status_code == 200
    assert client.get(reverse("org:import_file", args=["units"])).status_code == 403
    yours = client.get(reverse("org:unit", args=[district.bridge.pk]))
    others = client.get(reverse("org:unit", args=[district.pond.pk]))
    absent = client.get(reverse("org:unit", args=[987_654]))
    assert (yours.status_code, others.status_code, absent.status_code) == (200, 404, 404)


def test_rights_end_with_the_post_while_signed_in(
    client: Client, district, make_user: MakeUser
) -> None:
    user = make_user("leaver", Role.COMMUNITY, district.bridge)
    _sign_in(client, user)
    assert client.get(reverse("org:units")).status_code == 200
    post = Post.objects.unscoped("test").get(person=user.person)
    yesterday = clock.now().date() - timedelta(days=1)
    close_post(actor=Actor.program("test"), post=post, until_on=yesterday)
    assert client.get(reverse("org:units")).status_code == 403


# --- 5 · the short mode ---------------------------------------------------------------------


def test_managing_asks_for_the_password_and_a_reason_and_ends_by_itself(
    client: Client, district, make_user: MakeUser
) -> None:
    officer = make_user("sysadmin", Role.SYSTEM_OFFICER, district.district)
    page = reverse("org:import_file", args=["units"])
    began = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)
    with clock.fixed_at(began):
        _sign_in(client, officer)
        answer = client.get(page)
        assert answer["Location"] == f"{reverse('org:elevate')}?next=%2Fimport%2Funits%2F"
        door = reverse("org:elevate")
        wrong = client.post(door, {"password": "wrong", "reason": "月初维护"})
        assert wrong.status_code == 200
        assert client.get(page).status_code == 302
        client.post(door, {"password": PASSWORD, "reason": " "})
        assert client.get(page).status_code == 302
        right = client.post(door, {"password": PASSWORD, "reason": "月初维护", "next": page})
        assert right["Location"] == page
        assert client.get(page).status_code == 200
    with clock.fixed_at(began + timedelta(minutes=16)):
        assert client.get(page).status_code == 302
    entries = TrailEntry.objects.filter(action="org.elevate").order_by("id")
    assert [(e.outcome, e.reason) for e in entries] == [
        ("refused", "月初维护"),
        ("done", "月初维护"),
    ]


def test_who_manages_nothing_cannot_enter_the_short_mode(
    client: Client, district, make_user: MakeUser
) -> None:
    _sign_in(client, make_user("plain2", Role.COMMUNITY, district.bridge))
    answer = client.post(reverse("org:elevate"), {"password": PASSWORD, "reason": "看看"})
    assert answer.status_code == 403
