"""The house's own routes."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse

from qingzhuang.org.access import public_page


@public_page(reason="tells a gateway that the server answers; says nothing else")
def healthz(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
