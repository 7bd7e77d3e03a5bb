"""The few places a person can go, by what they may do."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qingzhuang.org.access import may
from qingzhuang.org.types import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    title: str | Promise
    route: str
    permission: Permission


PLACES: tuple[Place, ...] = (
    Place(title=_("今日"), route="desk:today", permission=Permission.DESK_TODAY),
    Place(title=_("收进来"), route="intake:add", permission=Permission.INTAKE_ADD),
    Place(title=_("要求"), route="intake:asks", permission=Permission.INTAKE_READ),
    Place(title=_("来源"), route="intake:sources", permission=Permission.INTAKE_READ),
    Place(title=_("单位"), route="org:units", permission=Permission.ORG_READ),
    Place(title=_("留痕"), route="desk:trail", permission=Permission.TRAIL_READ),
)


def navigation(request: HttpRequest) -> dict[str, object]:
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"places": []}
    here = request.path
    shown = [
        {
            "title": place.title,
            "url": url,
            "is_here": here.startswith(url),
        }
        for place in PLACES
        if may(user, place.permission)
        for url in [reverse(place.route)]
    ]
    return {"places": shown}
