"""People and their posts: the list, one post, and what officers do with it."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.access import (
    PageRequest,
    check_method,
    elevation_reason,
    has_elevation,
    page,
    read_id,
)
from qingzhuang.org.actions import (
    close_post,
    create_user,
    deactivate_user,
    grant_role,
    set_password,
)
from qingzhuang.org.models import ROLE_NAMES, Post, User
from qingzhuang.org.pages.sheets import workbook
from qingzhuang.org.queries import access_post, access_unit, access_user, list_posts, roles_held
from qingzhuang.org.types import OFFICERS, Permission, Role

PER_PAGE = 100


@page(permission=Permission.ORG_READ)
def people(request: PageRequest) -> HttpResponse:
    """The posts of today, by words and unit; `past` shows those that ended too."""
    shown = _chosen(request)
    query = request.GET.copy()
    query.pop("page", None)
    context = {
        "page": Paginator(shown, PER_PAGE).get_page(request.GET.get("page")),
        "words": request.GET.get("q", ""),
        "with_past": "past" in request.GET,
        "query": query.urlencode(),
        "may_manage": request.actor.scope.may(Permission.ORG_MANAGE),
    }
    return render(request, "org/people.html", context)


@page(permission=Permission.ORG_READ)
def people_export(request: PageRequest) -> HttpResponse:
    """All rows of the list as filtered, in the columns that the import reads."""
    headers = [
        _("序号"), _("单位"), _("姓名"), _("职务"), _("任职时间"), _("离任"), _("备注"), _("角色"),
    ]  # fmt: skip
    rows = (
        (
            number, post.unit.name, post.person.name, post.title, post.from_on or "",
            post.until_on or "", _marks(post), str(ROLE_NAMES.get(post.role, "")),
        )
        for number, post in enumerate(_chosen(request), 1)
    )  # fmt: skip
    return workbook(_("花名册"), headers, rows)


@page(permission=Permission.ORG_READ)
def post(request: PageRequest, post_id: int) -> HttpResponse:
    """One post, and the forms for whoever may change it in the short mode."""
    found = access_post(request.actor, post_id)
    scope, path = request.actor.scope, found.unit.path
    holds_office = bool(roles_held(found.person, on=now().date()) & OFFICERS)
    accounts = Permission.ORG_OFFICERS if holds_office else Permission.ORG_ACCOUNTS
    context = {
        "post": found,
        "account": User.objects.filter(person=found.person).first(),
        "holds_office": holds_office,
        "is_office": found.role in OFFICERS,
        "roles": ROLE_NAMES.items(),
        "today": now().date(),
        "is_elevated": has_elevation(request),
        "may_grant": scope.may_at(Permission.ORG_GRANT, path),
        "may_manage": scope.may_at(Permission.ORG_MANAGE, path),
        "may_accounts": scope.may_at(accounts, path),
    }
    return render(request, "org/post.html", context)


@page(permission=Permission.ORG_GRANT, elevated=True)
def post_role(request: PageRequest, post_id: int) -> HttpResponse:
    check_method(request, "POST")
    found = access_post(request.actor, post_id, Permission.ORG_GRANT)
    wanted = request.POST.get("role", "")
    if wanted and wanted not in set(Role):
        raise UserError("org.role_unknown", name=wanted, roles="、".join(Role))
    role = Role(wanted) if wanted else None
    fresh = grant_role(actor=request.actor, post=found, role=role, reason=elevation_reason(request))
    messages.success(request, _("角色改好了，从今天起算。"))
    return redirect("org:post", fresh.pk)


@page(permission=Permission.ORG_MANAGE, elevated=True)
def post_close(request: PageRequest, post_id: int) -> HttpResponse:
    check_method(request, "POST")
    found = access_post(request.actor, post_id, Permission.ORG_MANAGE)
    close_post(
        actor=request.actor,
        post=found,
        until_on=read_day(request.POST.get("until_on", "")),
        reason=elevation_reason(request),
    )
    messages.success(request, _("岗位已结束，记录还在。"))
    return redirect("org:post", found.pk)


@page(permission=Permission.ORG_ACCOUNTS, elevated=True)
def post_account(request: PageRequest, post_id: int) -> HttpResponse:
    """Open an account for the post's holder; the first password is shown once."""
    return _open_account(request, post_id, Permission.ORG_ACCOUNTS)


@page(permission=Permission.ORG_OFFICERS, elevated=True)
def officer_account(request: PageRequest, post_id: int) -> HttpResponse:
    """The same for one of the three officers, by the security officer."""
    return _open_account(request, post_id, Permission.ORG_OFFICERS)


@page(permission=Permission.ORG_ACCOUNTS, elevated=True)
def account_reset(request: PageRequest, user_id: int) -> HttpResponse:
    """A new first password for who lost his, shown once."""
    return _reset_account(request, user_id, Permission.ORG_ACCOUNTS)


@page(permission=Permission.ORG_OFFICERS, elevated=True)
def officer_reset(request: PageRequest, user_id: int) -> HttpResponse:
    """The same for another officer, by the security officer."""
    return _reset_account(request, user_id, Permission.ORG_OFFICERS)


@page(permission=Permission.ORG_ACCOUNTS, elevated=True)
def account_close(request: PageRequest, user_id: int) -> HttpResponse:
    """Nobody signs in with the account any more."""
    return _close_account(request, user_id, Permission.ORG_ACCOUNTS)


@page(permission=Permission.ORG_OFFICERS, elevated=True)
def officer_close(request: PageRequest, user_id: int) -> HttpResponse:
    """The same for another officer, by the security officer."""
    return _close_account(request, user_id, Permission.ORG_OFFICERS)


def _open_account(request: PageRequest, post_id: int, permission: Permission) -> HttpResponse:
    check_method(request, "POST")
    found = access_post(request.actor, post_id, permission)
    user, first = create_user(
        actor=request.actor, username=request.POST.get("username", ""), person=found.person
    )
    _tell_password(request, user, first)
    return redirect("org:post", found.pk)


def _reset_account(request: PageRequest, user_id: int, permission: Permission) -> HttpResponse:
    check_method(request, "POST")
    user = access_user(request.actor, user_id, permission)
    first = set_password(actor=request.actor, user=user, reason=elevation_reason(request))
    _tell_password(request, user, first)
    return redirect("org:people")


def _close_account(request: PageRequest, user_id: int, permission: Permission) -> HttpResponse:
    check_method(request, "POST")
    user = access_user(request.actor, user_id, permission)
    deactivate_user(actor=request.actor, user=user, reason=elevation_reason(request))
    messages.success(request, _("账号“{name}”停用了。").format(name=user.username))
    return redirect("org:people")


def read_day(text: str) -> date:
    """A day as a date field sends it. Raises org.day_unread."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise UserError("org.day_unread", value=text) from error


def _tell_password(request: PageRequest, user: User, first: str) -> None:
    words = _("账号“{name}”的初始口令是 {first}，只显示这一次；第一次登录须改口令。")
    messages.success(request, words.format(name=user.username, first=first))


def _chosen(request: PageRequest) -> QuerySet[Post]:
    path = ""
    if asked := request.GET.get("unit", ""):
        path = access_unit(request.actor, read_id(asked)).path
    on = None if "past" in request.GET else now().date()
    return list_posts(request.scope, words=request.GET.get("q", "").strip(), unit=path, on=on)


def _marks(post: Post) -> str:
    marks = [_("主持工作")] * post.is_acting + [_("借调")] * post.is_seconded
    return "；".join(marks + [_("兼职")] * (not post.is_main))
