"""The tree of units, one unit, and the list as a workbook."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from qingzhuang.kit.clock import now
from qingzhuang.org.access import PageRequest, page, read_id
from qingzhuang.org.models import KIND_NAMES, Unit
from qingzhuang.org.pages.sheets import workbook
from qingzhuang.org.queries import (
    access_unit,
    count_below,
    count_children,
    list_children,
    list_posts,
    list_units,
    names_at,
    prefixes,
)
from qingzhuang.org.types import Permission, UnitKind

PER_PAGE = 100


@page(permission=Permission.ORG_READ)
def units(request: PageRequest) -> HttpResponse:
    """Without words the units one below another, with words a list; filters stay in the address."""
    shown, under = _chosen(request)
    sheets = Paginator(shown, PER_PAGE).get_page(request.GET.get("page"))
    children = count_children([unit.pk for unit in sheets])
    context = {
        "page": sheets,
        "rows": [(unit, children.get(unit.pk, 0)) for unit in sheets],
        "words": request.GET.get("q", ""),
        "kind": request.GET.get("kind", ""),
        "kinds": KIND_NAMES.items(),
        "under": under,
        "above": _above(request, under) if under else [],
        "with_closed": "closed" in request.GET,
        "query": _query(request),
        "may_manage": request.actor.scope.may(Permission.ORG_MANAGE),
    }
    return render(request, "org/units.html", context)


@page(permission=Permission.ORG_READ)
def units_export(request: PageRequest) -> HttpResponse:
    """All rows of the list as filtered, in the columns that the import reads."""
    shown, _under = _chosen(request)
    headers = [
        _("序号"), _("单位名称"), _("简称"), _("类别"), _("上级单位"), _("在编人数"), _("排序"),
        _("单位编码"), _("统计用区划代码"), _("撤销日期"),
    ]  # fmt: skip
    rows = (
        (
            number, unit.name, unit.short_name, str(unit.get_kind_display()),
            unit.parent.name if unit.parent else "", unit.headcount, unit.order, unit.code,
            unit.division_code or "", unit.until_on or "",
        )
        for number, unit in enumerate(shown.select_related("parent"), 1)
    )  # fmt: skip
    return workbook(_("单位名单"), headers, rows)


@page(permission=Permission.ORG_READ)
def unit(request: PageRequest, unit_id: int) -> HttpResponse:
    """One unit: what it is, what stands below it, who holds which post."""
    found = access_unit(request.actor, unit_id)
    today = now().date()
    posts = list_posts(request.actor.scope).filter(unit=found)
    context = {
        "unit": found,
        "above": _above(request, found)[:-1],
        "children": list_children(request.actor.scope, found)[:PER_PAGE],
        "below": count_below(found.path),
        "posts": [post for post in posts if post.is_current(today)],
        "past": [post for post in posts if not post.is_current(today)],
    }
    return render(request, "org/unit.html", context)


def _chosen(request: PageRequest) -> tuple[QuerySet[Unit], Unit | None]:
    words, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    if kind not in set(UnitKind):
        kind = ""
    under = None
    if asked := request.GET.get("under", ""):
        under = access_unit(request.actor, read_id(asked))
    on = None if "closed" in request.GET else now().date()
    if words or kind:
        path = under.path if under else ""
        return list_units(request.scope, words=words, kind=kind, under=path, on=on), under
    return list_children(request.scope, under, on=on), under


def _above(request: PageRequest, found: Unit) -> list[tuple[str, int | None]]:
    """Names from the root down to the unit; those outside the scope without a link."""
    names = names_at(prefixes(found.path))
    mine = dict(
        list_units(request.scope).filter(path__in=prefixes(found.path)).values_list("path", "pk")
    )
    return [(names[path], mine.get(path)) for path in prefixes(found.path) if path in names]


def _query(request: PageRequest) -> str:
    """The filters without the page number, for links to other pages and the export."""
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()
