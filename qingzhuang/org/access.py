"""The door of every page: who is asking, what the page needs, and nothing without a name for it.

    @page(permission=Permission.INTAKE_READ)
    def asks(request: PageRequest) -> HttpResponse:
        Message.objects.for_scope(request.scope)      # already narrowed to INTAKE_READ
        correct_ask(actor=request.actor, ...)         # the whole scope, for actions

`@page(..., elevated=True)` asks for the password and a reason first, for 15 minutes.
`@public_page(reason="...")` is for the few pages before the door.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.models import User
from qingzhuang.org.queries import scope_of
from qingzhuang.org.rules import is_elevated
from qingzhuang.org.types import Actor, Permission, Scope

ELEVATED_SINCE = "org.elevated_since"
ELEVATED_REASON = "org.elevated_reason"
MOST_ID_DIGITS = 18
P = ParamSpec("P")


class PageRequest(HttpRequest):
    """What a page decorated with @page gets: a signed-in account and what it may do."""

    user: User
    scope: Scope  # narrowed to the page's permission
    actor: Actor  # with everything the account may do
    htmx: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a view says of itself; `reason` is for public ones."""

    permission: Permission | None = None
    reason: str = ""
    elevated: bool = False


View = Callable[Concatenate[PageRequest, P], HttpResponseBase]
PlainView = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(*, permission: Permission, elevated: bool = False) -> Callable[[View[P]], PlainView[P]]:
    """Let in only an account that holds the permission somewhere; others see org.not_allowed."""

    def decorate(view: View[P]) -> PlainView[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = request.user
            if not isinstance(user, User) or not user.is_active:
                return _send(request, redirect_to_login(request.get_full_path()))
            if user.must_change_password and permission is not Permission.OWN_ACCOUNT:
                return _send(request, redirect("org:change_password"))
            scope = _scope(user)
            scope.check(permission)
            if elevated and not has_elevation(request):
                query = urlencode({"next": _come_back_to(request)})
                return _send(request, redirect(f"{reverse('org:elevate')}?{query}"))
            asking: Any = request
            asking.scope = scope.narrowed(permission)
            asking.actor = Actor(id=user.actor_id, scope=scope)
            return view(asking, *args, **kwargs)

        guarded.access = Access(permission=permission, elevated=elevated)  # type: ignore[attr-defined]
        return guarded

    return decorate


def public_page(*, reason: str) -> Callable[[PlainView[P]], PlainView[P]]:
    """Anybody may see this page, for a reason that stands here."""
    if not reason.strip():
        raise ValueError("a public page gives its reason")

    def decorate(view: PlainView[P]) -> PlainView[P]:
        @wraps(view)
        def open_to_all(
            request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            return view(request, *args, **kwargs)

        open_to_all.access = Access(reason=reason)  # type: ignore[attr-defined]
        return open_to_all

    return decorate


def may(user: User, permission: Permission) -> bool:
    """Whether the account holds the permission anywhere; worked out once a request."""
    return _scope(user).may(permission)


def has_elevation(request: HttpRequest) -> bool:
    """Whether this session gave its password again within the last 15 minutes."""
    began = request.session.get(ELEVATED_SINCE)
    return is_elevated(since=datetime.fromisoformat(began) if began else None, now=now())


def begin_elevation(request: HttpRequest, *, since: datetime, reason: str) -> None:
    """Keep the beginning of the short mode in the session; signing out ends it."""
    request.session[ELEVATED_SINCE] = since.isoformat()
    request.session[ELEVATED_REASON] = reason


def elevation_reason(request: HttpRequest) -> str:
    """Why the short mode was begun, for the trail of what is done in it."""
    return str(request.session.get(ELEVATED_REASON, ""))


def check_method(request: HttpRequest, *methods: str) -> None:
    """Raises org.method_wrong for a link opened the wrong way."""
    if request.method not in methods:
        raise UserError("org.method_wrong")


def read_id(text: str) -> int:
    """The number of a row as an address or a form gives it; else raises org.not_found.

    Bounded: Python refuses to read a number of five thousand digits, and no row has one.
    """
    if not (text.isdecimal() and len(text) <= MOST_ID_DIGITS):
        raise UserError("org.not_found")
    return int(text)


def list_unnamed_views(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[str]:
    """Routes of ours whose view names neither a permission nor a reason to be public.

    A view of another package counts as unnamed too: it is wrapped or it is not routed.
    """
    for pattern in patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from list_unnamed_views(pattern.url_patterns, route)
        elif not isinstance(getattr(pattern.callback, "access", None), Access):
            yield route


def _scope(user: User) -> Scope:
    known: Scope | None = getattr(user, "_scope_of_request", None)
    if known is None:
        known = scope_of(user)
        user._scope_of_request = known  # type: ignore[attr-defined]
    return known


def _come_back_to(request: HttpRequest) -> str:
    """This page; after a form was sent, the page that it stood on."""
    if request.method == "GET":
        return request.get_full_path()
    return urlsplit(request.headers.get("Referer", "")).path or "/"


def _send(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A redirect that htmx follows as a whole page and does not put into a corner of one."""
    if request.headers.get("HX-Request") == "true":
        whole = HttpResponse(status=204)
        whole["HX-Redirect"] = response["Location"]
        return whole
    return response
