"""The house's own routes."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from qingzhuang.org.access import PageRequest, may, page, public_page
from qingzhuang.org.types import Permission
from qingzhuang.site.navigation import PLACES


@public_page(reason="tells a gateway that the server answers; says nothing else")
def healthz(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


@page(permission=Permission.OWN_ACCOUNT)
def home(request: PageRequest) -> HttpResponse:
    """To the first place that is open to the account: a secretary's day, an auditor's trail."""
    for place in PLACES:
        if may(request.user, place.permission):
            return redirect(place.route)
    return redirect("org:change_password")
