"""Asks with their evidence, correction and marks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from qingzhuang.intake import actions, models, words
from qingzhuang.intake.adapters.workbook import write_asks
from qingzhuang.intake.pages.giving import given_moment
from qingzhuang.intake.pages.paging import one_page
from qingzhuang.intake.queries import (
    AskFilter,
    access_ask,
    home_of,
    last_states,
    list_asks,
    list_corrections,
    list_issuers,
    list_sightings,
)
from qingzhuang.intake.queries.gates import concerns, names_of
from qingzhuang.intake.rules.replies import reply_text
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.access import PageRequest, check_method, page
from qingzhuang.org.queries import unit_at
from qingzhuang.org.types import Permission

MOST_EXPORTED = 50_000


def _filter(request: HttpRequest) -> AskFilter:
    given: dict[str, Any] = {
        name: request.GET.get(name, "").strip()
        for name in ("words", "issuer", "kind", "flag", "channel")
    }
    days: dict[str, Any] = {
        name: _date(request.GET.get(name, "")) for name in ("due_from", "due_until")
    }
    is_nonsense = any(request.GET.get(name) and day is None for name, day in days.items())
    return AskFilter(**given, **days, is_nonsense=is_nonsense)


def _date(given: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        return None


@page(permission=Permission.INTAKE_READ)
def asks(request: PageRequest) -> HttpResponse:
    wanted = _filter(request)
    query = request.GET.copy()
    query.pop("page", None)
    found = list_asks(request.scope, wanted)
    context = one_page(request, found.rows, found.count) | {
        "wanted": wanted,
        "issuers": list_issuers(request.scope),
        "kinds": words.KINDS.items(),
        "flags": words.FLAGS.items(),
        "channels": words.CHANNELS.items(),
        "query": query.urlencode(),
    }
    return render(request, "intake/asks.html", context)


@page(permission=Permission.INTAKE_READ)
def export_asks(request: PageRequest) -> HttpResponseBase:
    """Exactly what the list shows, as a workbook; cut short it says so in its last row."""
    wanted = _filter(request)
    found = list_asks(request.scope, wanted)
    rows: Iterator[models.Ask] = found.rows[: MOST_EXPORTED + 1].iterator(chunk_size=2_000)
    header = [
        _("收到时间"),
        _("谁要的"),
        _("要做什么"),
        _("要交什么"),
        _("表名"),
        _("期限"),
        _("周期"),
        _("提示"),
        _("来自"),
    ]
    lines = (
        [
            in_china(row.sent_at) if row.sent_at else None,
            row.issuer,
            row.summary,
            "、".join(str(words.KINDS[kind]) for kind in row.deliverables),
            "、".join(row.forms),
            in_china(row.due_at) if row.due_at else None,
            str(words.RECURRENCES[row.recurrence]),
            "、".join(str(words.FLAGS[flag]) for flag in row.flags),
            row.message.channel.name or str(words.CHANNELS[row.message.channel.kind]),
        ]
        if number < MOST_EXPORTED
        else [None, None, _("只写了前 %s 件，后面的请按条件分几次导出。") % f"{MOST_EXPORTED:,}"]
        for number, row in enumerate(rows)
    )
    book, count = write_asks(header, lines), min(found.count, MOST_EXPORTED)
    actions.note_export(actor=request.actor, wanted=wanted, count=count)
    return FileResponse(book, as_attachment=True, filename=_("要求清单.xlsx"))


@page(permission=Permission.INTAKE_READ)
def ask(request: PageRequest, ask_id: int) -> HttpResponse:
    row = access_ask(request.actor, ask_id)
    may_correct = request.actor.scope.may_at(Permission.INTAKE_CORRECT, row.place)
    place = ""
    if request.actor.scope.may(Permission.DESK_TODAY):
        place = home_of(
            person=request.user.person_id, actor=request.actor, permission=Permission.DESK_TODAY
        )
    is_ours = bool(place) and place.startswith(row.place) and concerns(row, names_of(place))
    context = {
        "ask": row,
        "item": {"key": row.pk} if is_ours else None,
        "place": place,
        "state": last_states([row.pk], place).get(row.pk) if is_ours else None,
        "sightings": list_sightings(row, request.scope),
        "corrections": list_corrections(row),
        "may_correct": may_correct,
        "kinds": words.KINDS.items(),
        "flags": words.FLAGS.items(),
        "recurrences": words.RECURRENCES.items(),
        "due_local": f"{in_china(row.due_at):%Y-%m-%dT%H:%M}" if row.due_at else "",
    }
    return render(request, "intake/ask.html", context)


def _version(given: str) -> int:
    """The version that the form was opened with; what is none fits no row."""
    return int(given) if given.isdecimal() and len(given) < 10 else 0


@page(permission=Permission.INTAKE_CORRECT)
def correct(request: PageRequest, ask_id: int) -> HttpResponse:
    check_method(request, "POST")
    given = request.POST
    if "not_an_ask" in given:
        changes: dict[str, Any] = {"is_withdrawn": True}
    elif "is_an_ask" in given:
        changes = {"is_withdrawn": False}
    else:
        due = given.get("due_at", "").strip()
        if due and given_moment(due) is None:
            raise UserError("intake.bad_correction", field="due_at")
        changes = {
            "issuer": given.get("issuer", ""),
            "summary": given.get("summary", ""),
            "deliverables": given.getlist("deliverables"),
            "forms": [name.strip() for name in given.get("forms", "").splitlines() if name.strip()],
            "due_at": given_moment(due),
            "recurrence": given.get("recurrence", ""),
            "flags": given.getlist("flags"),
        }
    actions.correct_ask(
        actor=request.actor,
        ask_id=ask_id,
        seen_version=_version(given.get("version", "")),
        changes=changes,
    )
    messages.success(request, _("改好了。机器原来的读法留在下面的记录里。"))
    return redirect("intake:ask", ask_id=ask_id)


@page(permission=Permission.DESK_TODAY)
def mark(request: PageRequest, ask_id: int) -> HttpResponse:
    """One tap: done, not ours, handed to a colleague; or open again."""
    check_method(request, "POST")
    place = request.POST.get("place", "")
    state = request.POST.get("state", "")
    if state not in models.AskMove.values:
        raise UserError("intake.bad_correction", field="state")
    colleague = request.POST.get("colleague", "").strip()
    count = actions.mark_ask(
        actor=request.actor,
        ask_id=ask_id,
        place=place,
        state=models.AskMove(state),
        colleague=colleague,
    )
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    if state == models.AskMove.OPEN:
        messages.success(request, _("放回待办了。"))
        return redirect(back)
    row = access_ask(request.actor, ask_id, Permission.DESK_TODAY, place=place)
    unit = unit_at(place)
    context = {
        "ask": row,
        "place": place,
        "state": models.AskMove(state).label,
        "copies": _("连同 %(n)s 条同样的") % {"n": count - 1} if count > 1 else "",
        "reply": reply_text(
            state=state,
            unit=(unit.short_name or unit.name) if unit else "",
            issuer=row.issuer,
            matter="、".join(f"《{name}》" for name in row.forms) or row.summary,
            colleague=colleague,
            today=clock.now().date(),
        ),
        "back": back,
    }
    return render(request, "intake/marked.html", context)
