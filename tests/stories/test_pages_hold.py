"""Every route as every role: the right answer, never a fault; and as many queries for 5 rows as 50."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from qingzhuang.intake.models import Ask, Source
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import at
from qingzhuang.org.access import Access
from qingzhuang.org.rules import PERMISSIONS_OF
from qingzhuang.org.types import Permission, Role

from .conftest import Enter, Town

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _monday():
    with clock.fixed_at(at(MONDAY, 9)):
        yield


def routes(patterns: list[Any] | None = None, prefix: str = "/") -> list[tuple[str, Access]]:
    """Every route of the program, with what its view says of itself."""
    found = []
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            found += routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            found.append((prefix + str(pattern.pattern), pattern.callback.access))
    return found


ROUTES = routes()


def address(route: str, row: int, batch: str) -> str:
    route = re.sub(r"<uuid:\w+>", batch, route)
    route = route.replace("<slug:kind>", "units")
    return re.sub(r"<int:\w+>", str(row), route)


def group(count: int, start: int = 0) -> str:
    text = f"消息记录\n{'=' * 8}\n消息分组:群聊\n{'=' * 8}\n消息对象:柳巷街道群\n{'=' * 8}\n\n"
    for n in range(start, start + count):
        moment = at(MONDAY, 1) + timedelta(minutes=n)
        text += f"{moment:%Y-%m-%d %H:%M:%S} 小陈(10001)\n请3月6日前报《第{n}号情况表》。\n\n"
    return text


def give(desk: Client, worker_runs: Callable[[], int], count: int, start: int = 0) -> None:
    file = SimpleUploadedFile(f"群{start}.txt", group(count, start).encode())
    empty = SimpleUploadedFile(f"空{start}.txt", b"")
    desk.post("/in/drop", {"files": [file, empty], "basis": "duty"})
    worker_runs()


def test_every_route_says_who_may_open_it() -> None:
    assert len(ROUTES) > 25
    for _, access in ROUTES:
        assert access.permission is not None or access.reason


@pytest.mark.slow
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_route_fails_for_any_role_and_each_keeps_its_door(
    enter: Enter, town: Town, worker_runs: Callable[[], int], role: Role, method: str
) -> None:
    desk = enter(Role.STREET_DESK, town.street)
    give(desk, worker_runs, 2)
    ask = Ask.objects.unscoped("test").first()
    source = Source.objects.unscoped("test").first()
    assert ask
    assert source
    somebody = enter(role, town.street)
    held = PERMISSIONS_OF[role] | {Permission.OWN_ACCOUNT}
    for route, access in ROUTES:
        if "logout" in route:
            continue
        for row in (ask.pk if "ask" in route else source.pk, 999_999):
            answer = getattr(somebody, method)(address(route, row, str(source.batch)))
            said = f"{method} {route} as {role}: {answer.status_code}"
            assert answer.status_code < 500, said
            if access.permission is not None and access.permission not in held:
                assert answer.status_code == 403, said
            elif access.permission is not None:
                assert answer.status_code in (200, 204, 302, 400, 404, 409), said


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_signing_in_every_door_leads_to_the_login(town: Town, method: str) -> None:
    stranger = Client(headers={"host": "localhost"})
    for route, access in ROUTES:
        answer = getattr(stranger, method)(
            address(route, 1, "0" * 8 + "-" + "0000-" * 3 + "0" * 12)
        )
        if access.permission is not None:
            assert answer.status_code == 302, route
            assert answer["Location"].startswith("/login/"), route


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=-1", "page=x", "page=99999999999999999999", "words=%00", "words='%22;--*",
        "kind=x&flag=y&channel=z&issuer=%00", "due_from=0000-00-00&due_until=x", "state=x",
        "due_from=0001-01-01&due_until=9999-12-31", "place=0001.9999.", "place=x", "words=" + "长" * 500,
    ],
)  # fmt: skip
def test_strange_queries_do_no_harm(
    enter: Enter, town: Town, worker_runs: Callable[[], int], query: str
) -> None:
    desk = enter(Role.STREET_DESK, town.street)
    give(desk, worker_runs, 2)
    for path in ("/today/", "/asks/", "/asks/export", "/sources/", "/search", "/"):
        assert desk.get(f"{path}?{query}").status_code in (200, 302, 404), path


@pytest.mark.parametrize(
    ("method", "path", "data"),
    [
        ("post", "/in/paste", {"text": "\x00\x01", "save": "1", "basis": "duty"}),
        ("post", "/in/paste", {"text": "有字", "save": "1", "basis": "nonsense"}),
        ("post", "/in/paste", {"text": "   "}),
        ("post", "/in/phone", {"said": "x", "rang_at": "not a time"}),
        ("post", "/in/phone", {"said": "x", "rang_at": "0001-01-01T00:00"}),
        ("post", "/in/drop", {}),
        ("post", "/asks/{ask}/correct", {"version": "x", "issuer": "甲"}),
        ("post", "/asks/{ask}/correct", {"version": "1", "due_at": "99999-01-01"}),
        ("post", "/asks/{ask}/correct", {"version": "1", "deliverables": ["x"]}),
        ("post", "/asks/{ask}/mark", {"place": "x", "state": "done"}),
        ("post", "/asks/{ask}/mark", {"state": "nonsense"}),
        (
            "post",
            "/asks/{ask}/mark",
            {"place": "{place}", "state": "done", "next": "//evil.example"},
        ),
    ],
)
def test_strange_forms_are_answered_in_words(
    enter: Enter,
    town: Town,
    worker_runs: Callable[[], int],
    method: str,
    path: str,
    data: dict[str, Any],
) -> None:
    desk = enter(Role.STREET_DESK, town.street)
    give(desk, worker_runs, 1)
    ask = Ask.objects.unscoped("test").get()
    data = {
        name: value.replace("{place}", town.street.path) if isinstance(value, str) else value
        for name, value in data.items()
    }
    answer = getattr(desk, method)(path.replace("{ask}", str(ask.pk)), data)
    assert answer.status_code in (200, 302, 400, 404, 409)
    assert b"evil.example" not in answer.content
    worker_runs()


# What each page may ask of the database, signing-in and rights (7 or so) included.
MOST_QUERIES = {
    "/today/": 17,
    "/asks/": 14,
    "/asks/?words=情况表&kind=form": 16,
    "/sources/": 14,
    "/sources/{source}": 16,
    "/sources/batch/{batch}": 16,
    "/asks/{ask}": 14,
    "/search?words=情况表": 15,
}


@pytest.mark.parametrize("path", MOST_QUERIES)
def test_queries_do_not_grow_with_the_rows(
    enter: Enter, town: Town, worker_runs: Callable[[], int], path: str
) -> None:
    desk = enter(Role.STREET_DESK, town.street)
    give(desk, worker_runs, 3)
    source, ask = Source.objects.unscoped("test").first(), Ask.objects.unscoped("test").first()
    assert source
    assert ask
    url = path.format(source=source.pk, batch=source.batch, ask=ask.pk)

    def count() -> int:
        desk.get(url)  # whatever is kept after the first time
        with CaptureQueriesContext(connection) as queries:
            answer = desk.get(url, follow=True)
        assert answer.status_code == 200
        assert "情况表" in answer.content.decode() or "sources" in url
        return len(queries)

    few = count()
    for start in (100, 200, 300):
        give(desk, worker_runs, 20, start)
    Source.objects.unscoped("test").update(batch=source.batch)
    many = count()
    assert many <= few
    assert many <= MOST_QUERIES[path]
