"""Signing in and out, the own password, and the short mode for managing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.errors import UserError, describe
from qingzhuang.org.access import PageRequest, begin_elevation, check_method, may, page, public_page
from qingzhuang.org.actions import change_own_password, elevate, note_sign_in
from qingzhuang.org.models import ROLE_NAMES, User
from qingzhuang.org.pages.guesses import guarded_guess, has_ended
from qingzhuang.org.rules import ELEVATED_MINUTES, tells_of_reset
from qingzhuang.org.types import Permission


@public_page(reason="whoever is to sign in is not signed in yet")
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """One name, one password. Five wrong ones lock the name for ten minutes (django-axes)."""
    if request.method != "POST":
        if isinstance(request.user, User):
            return redirect(_next(request, request.user))
        return _login_form(request)
    username = request.POST.get("username", "").strip()
    user = authenticate(request, username=username, password=request.POST.get("password", ""))
    if not isinstance(user, User):
        note_sign_in(user=None, username=username, outcome="refused")
        return _login_form(request, _("用户名或口令不对。请再输一次；连续输错五次要等十分钟。"))
    login(request, user)
    note_sign_in(user=user, username=username, outcome="done")
    _tell_of_reset(request, user)
    if user.must_change_password:
        return redirect("org:change_password")
    return redirect(_next(request, user))


def locked_out(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """What django-axes shows instead of the form once the name is locked."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    words = _(
        "连续输错 {failures} 次，这个用户名锁住了。请 {minutes} 分钟后再试；忘了口令请找系统管理员重设。"
    ).format(failures=settings.AXES_FAILURE_LIMIT, minutes=minutes)
    return _login_form(request, words, status=429)


@page(permission=Permission.OWN_ACCOUNT)
def sign_out(request: PageRequest) -> HttpResponse:
    check_method(request, "POST")
    logout(request)
    return redirect("org:login")


@page(permission=Permission.OWN_ACCOUNT)
@never_cache
@sensitive_post_parameters()
def change_password(request: PageRequest) -> HttpResponse:
    """The first password must be changed before anything else; later ones whenever wanted."""
    error = ""
    if request.method == "POST":
        new = request.POST.get("new", "")
        if new != request.POST.get("again", ""):
            error = _("两次输入的新口令不一样。请再输一次。")
        else:
            try:
                with guarded_guess(request):
                    change_own_password(user=request.user, old=request.POST.get("old", ""), new=new)
            except UserError as problem:
                if has_ended(request):
                    return redirect("org:login")
                error = str(describe(problem.code, problem.params, translate=_))
            else:
                update_session_auth_hash(request, request.user)
                messages.success(request, _("口令改好了，下次登录请用新口令。"))
                return redirect(_next(request, request.user))
    is_first = request.user.must_change_password
    return render(request, "org/change_password.html", {"error": error, "is_first": is_first})


@page(permission=Permission.OWN_ACCOUNT)
@never_cache
@sensitive_post_parameters("password")
def elevate_page(request: PageRequest) -> HttpResponse:
    """Password and reason, then fifteen minutes in which the organisation may be changed."""
    error = ""
    reason = request.POST.get("reason", "")
    if request.method == "POST":
        try:
            with guarded_guess(request):
                since = elevate(
                    user=request.user, password=request.POST.get("password", ""), reason=reason
                )
        except UserError as problem:
            if problem.code == "org.not_allowed":
                raise
            if has_ended(request):
                return redirect("org:login")
            error = str(describe(problem.code, problem.params, translate=_))
        else:
            begin_elevation(request, since=since, reason=reason)
            messages.success(
                request, _("已进入管理模式，{n} 分钟内有效。").format(n=ELEVATED_MINUTES)
            )
            return redirect(_next(request, request.user))
    context = {
        "error": error,
        "reason": reason,
        "next": request.GET.get("next", ""),
        "minutes": ELEVATED_MINUTES,
    }
    return render(request, "org/elevate.html", context)


def _tell_of_reset(request: HttpRequest, user: User) -> None:
    is_first = user.must_change_password
    if not tells_of_reset(reset_at=user.reset_at, is_first=is_first, now=now()):
        return
    assert user.reset_at is not None
    words = _("您的口令在{time}由{who}重设过。如果不是您请人重设的，请马上告诉审计管理员。")
    time = date_format(in_china(user.reset_at), _("Y年n月j日 H:i"))
    who = str(ROLE_NAMES.get(user.reset_by, _("服务器上的命令")))
    messages.warning(request, words.format(time=time, who=who))


def _login_form(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "error": error,
        "username": request.POST.get("username", ""),
        "next": request.POST.get("next") or request.GET.get("next", ""),
    }
    return render(request, "org/login.html", context, status=status)


def _next(request: HttpRequest, user: User) -> str:
    """Where to go on: the page that was asked for, or the first that the account may see."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if wanted and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    if may(user, Permission.DESK_TODAY):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    if may(user, Permission.ORG_READ):
        return resolve_url("org:units")
    return resolve_url("org:change_password")
