"""One handler that puts an error's words on the page, whichever room raised it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from qingzhuang.kit.pure.errors import UserError, describe

_STATUS_BY_ENDING = {"not_found": 404, "not_allowed": 403, "changed_meanwhile": 409}


class SayErrors:
    """Turns a UserError into a page that says what happened and what to do now."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, UserError):
            return None
        words = describe(error.code, error.params, translate=gettext)
        status = _STATUS_BY_ENDING.get(error.code.partition(".")[2], 400)
        context = {"words": words, "code": error.code}
        return render(request, "site/error.html", context, status=status)
