"""Every page says whom it is for; the sentence to the public is a sentence."""

from __future__ import annotations

from django.urls import get_resolver

from qingzhuang.org.access import list_unnamed_views
from qingzhuang.site.reference import list_routes


def test_every_route_names_a_permission_or_a_public_reason() -> None:
    assert list(list_unnamed_views(get_resolver().url_patterns)) == []


def test_public_routes_are_few_and_say_why() -> None:
    routes = list(list_routes(get_resolver().url_patterns))
    public = {path: who for path, _, who in routes if who.startswith("anybody: ")}
    assert len(routes) > len(public) * 3
    assert all(len(who) > len("anybody: ") + 20 for who in public.values()), public
