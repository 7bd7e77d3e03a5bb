"""What holds for every page: how much may be sent, and an error's words whichever room raised it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import get_user
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from qingzhuang.kit.pure.errors import UserError, describe

MEBIBYTE = 1024 * 1024
STRANGER_BYTES = MEBIBYTE  # of somebody who has not signed in; a login is not a thousandth of it
_FORM_BYTES = MEBIBYTE  # what a form adds to the files in it
_STATUS_BY_ENDING = {
    "not_found": 404,
    "not_allowed": 403,
    "changed_meanwhile": 409,
    "length_missing": 411,
    "body_too_large": 413,
    "text_too_long": 413,
}
GetResponse = Callable[[HttpRequest], HttpResponse]


def error_page(request: HttpRequest, error: UserError) -> HttpResponse:
    """A page that says what happened and what to do now."""
    words = describe(error.code, error.params, translate=gettext)
    status = _STATUS_BY_ENDING.get(error.code.partition(".")[2], 400)
    context = {"words": words, "code": error.code}
    return render(request, "site/error.html", context, status=status)


class SayErrors:
    """Turns a UserError into a page that says what happened and what to do now."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return error_page(request, error) if isinstance(error, UserError) else None


class LimitBodies:
    """Refuses a body by its announced length, before anybody reads it to memory or to the disk.

    Without it whoever finds the login page could fill the temporary folder.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            _check_length(request)
        except UserError as error:
            return error_page(request, error)
        return self.get_response(request)


class KeepNoCopies:
    """Pages and files for somebody with a session are kept by no browser and no gateway."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response["Cache-Control"] = "no-store"
        return response


def _check_length(request: HttpRequest) -> None:
    announced = str(request.META.get("CONTENT_LENGTH") or "")
    if not announced:
        if request.META.get("HTTP_TRANSFER_ENCODING"):
            raise UserError("site.length_missing")
        return
    if not (announced.isascii() and announced.isdecimal()) or len(announced) > 15:
        raise UserError("site.length_missing")
    length = int(announced)
    if length <= STRANGER_BYTES:
        return
    limit = STRANGER_BYTES
    if get_user(request).is_authenticated:
        limit = max(settings.QZ_MAX_UPLOAD_BYTES, STRANGER_BYTES)
    if length > limit + _FORM_BYTES * (limit > STRANGER_BYTES):
        raise UserError("site.body_too_large", limit_mb=limit // MEBIBYTE)


def refused_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own refusals (handler400) in our words."""
    if isinstance(exception, RequestDataTooBig):
        limit = int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) // MEBIBYTE
        return error_page(request, UserError("site.text_too_long", limit_mb=limit))
    if isinstance(exception, TooManyFieldsSent | TooManyFilesSent):
        files = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return error_page(request, UserError("site.too_many_at_once", files=files))
    return error_page(request, UserError("site.request_refused"))
