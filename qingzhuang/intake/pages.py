"""Paste, drop, phone card; sources with their progress; asks with their evidence and correction."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from qingzhuang.intake import actions, models, words
from qingzhuang.intake.adapters.workbook import write_asks
from qingzhuang.intake.inputs import read_blobs, unique
from qingzhuang.intake.post import mail_trouble
from qingzhuang.intake.queries import (
    MOST_COUNTED,
    UNFINISHED,
    AskFilter,
    access_ask,
    access_source,
    count_up_to,
    list_asks,
    list_batch_asks,
    list_corrections,
    list_issuers,
    list_sightings,
    list_skips,
    list_source_asks,
    list_sources,
    sum_batch,
)
from qingzhuang.intake.rules.asks import read_asks
from qingzhuang.intake.rules.cards import PhoneCard, phone_card_text
from qingzhuang.intake.rules.replies import reply_text
from qingzhuang.intake.types import Ask, Message, Skip
from qingzhuang.kit import clock
from qingzhuang.kit.jobs import find_job
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.errors import UserError, describe
from qingzhuang.org.access import PageRequest, check_method, page
from qingzhuang.org.queries import calendar_for, unit_at
from qingzhuang.org.types import Permission

PAGE_ROWS = 50
MOST_LINES = 100  # sources of a batch that are listed; the rest is counted
MOST_JOBS = 5  # the worker takes them one after the other, so few have progress to show
MOST_PREVIEWED = 60
MOST_EXPORTED = 50_000


@dataclass(frozen=True, slots=True)
class _Text:
    """Pasted text as something to read."""

    path: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.data)


@dataclass(frozen=True, slots=True)
class _Understood:
    """One previewed message with what was read from it."""

    message: Message
    asks: tuple[Ask, ...]

    @property
    def phrases(self) -> list[tuple[int, int, str]]:
        return [(p.start, p.end, p.reason) for ask in self.asks for p in ask.phrases]


def place_of(request: PageRequest) -> str:
    """The unit for which the person gives something in: the first that his posts let him."""
    paths = request.scope.paths
    if not paths:
        raise UserError("org.not_allowed")
    return paths[0]


def _choices(request: PageRequest) -> dict[str, Any]:
    return {
        "bases": models.LawfulBasis.choices,
        "retention_days": actions.DEFAULT_RETENTION_DAYS,
        "place": unit_at(place_of(request)),
    }


@page(permission=Permission.INTAKE_ADD)
def add(request: PageRequest) -> HttpResponse:
    return render(request, "intake/add.html", _choices(request))


@page(permission=Permission.INTAKE_ADD)
def paste(request: PageRequest) -> HttpResponse:
    """First sight shows what was understood; nothing is kept until the person says so."""
    check_method(request, "POST")
    text = request.POST.get("text", "")
    if not text.strip():
        raise UserError("intake.nothing_pasted")
    name = _("粘贴的文字.txt")
    if "save" in request.POST:
        source = actions.add_source(
            actor=request.actor,
            place=place_of(request),
            kind=models.SourceKind.PASTE,
            name=name,
            stream=io.BytesIO(text.encode()),
            lawful_basis=request.POST.get("basis", ""),
        )
        return redirect("intake:batch", batch=source.batch)
    understood, skips, more = _preview(request, _Text(name, text.encode()))
    context = _choices(request) | {
        "text": text,
        "understood": understood,
        "skips": skips,
        "has_more": more,
        "ask_count": sum(len(one.asks) for one in understood),
        "basis": request.POST.get("basis", models.LawfulBasis.DUTY),
    }
    return render(request, "intake/understood.html", context)


def _preview(
    request: PageRequest, blob: _Text
) -> tuple[list[_Understood], list[dict[str, str]], bool]:
    calendar = calendar_for(place_of(request))
    understood: list[_Understood] = []
    skips: list[dict[str, str]] = []
    for found in unique(read_blobs([blob])):
        if len(understood) >= MOST_PREVIEWED:
            return understood, skips, True
        if isinstance(found, Skip):
            said = describe(found.code, found.params)
            skips.append({"locator": found.locator, "why": str(said)})
        else:
            dated = found if found.sent_at else found.received_at(clock.now())
            understood.append(_Understood(dated, read_asks(dated, calendar=calendar)))
    return understood, skips, False


@page(permission=Permission.INTAKE_ADD)
def drop(request: PageRequest) -> HttpResponse:
    """Files and folders: taken in at once, read in the background."""
    check_method(request, "POST")
    files = request.FILES.getlist("files")
    if not files:
        raise UserError("intake.no_files")
    batch_id = uuid.uuid4()
    paths = _paths(request.POST.get("paths", ""), len(files))
    for at, file in enumerate(files):
        actions.add_source(
            actor=request.actor,
            place=place_of(request),
            kind=models.SourceKind.UPLOAD,
            name=paths[at] if paths else file.name or _("没有名字的文件"),
            stream=cast(BinaryIO, file.file),
            lawful_basis=request.POST.get("basis", ""),
            batch=batch_id,
            retention_days=_days(request.POST.get("retention_days", "")),
        )
    return redirect("intake:batch", batch=batch_id)


def _paths(given: str, count: int) -> list[str]:
    """The paths inside a dropped folder, as the page sent them; none when they do not fit."""
    try:
        paths = json.loads(given or "[]")
    except ValueError:
        return []
    fits = isinstance(paths, list) and len(paths) == count
    return [str(path)[:300] or "?" for path in paths] if fits else []


def _days(given: str) -> int:
    days = int(given) if given.isdecimal() else actions.DEFAULT_RETENTION_DAYS
    return min(max(days, 1), 365)


@page(permission=Permission.INTAKE_ADD)
def phone(request: PageRequest) -> HttpResponse:
    """A card for what was said on the telephone: who, what, and when it rang."""
    check_method(request, "POST")
    said = request.POST.get("said", "").strip()
    if not said:
        raise UserError("intake.nothing_said")
    card = PhoneCard(
        caller=request.POST.get("caller", "").strip()[:60],
        rang_at=_moment(request.POST.get("rang_at", "")) or clock.now(),
        said=said,
    )
    source = actions.add_source(
        actor=request.actor,
        place=place_of(request),
        kind=models.SourceKind.PHONE,
        name=_("电话记录.csv"),
        stream=io.BytesIO(phone_card_text(card).encode("utf-8-sig")),
        lawful_basis=models.LawfulBasis.OWN,
    )
    return redirect("intake:batch", batch=source.batch)


def _moment(given: str) -> datetime | None:
    try:
        return in_china(datetime.fromisoformat(given)) if given else None
    except ValueError:
        return None


@page(permission=Permission.INTAKE_READ)
def sources(request: PageRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").strip() for name in ("words", "state")}
    rows = list_sources(request.scope, **wanted)
    context = _page(request, rows, count_up_to(rows))
    context |= wanted | {
        "states": models.SourceState.choices,
        "mail_trouble": mail_trouble(),
        "query": urlencode({name: value for name, value in wanted.items() if value}),
    }
    return render(request, "intake/sources.html", context)


@page(permission=Permission.INTAKE_READ)
def batch(request: PageRequest, batch: UUID) -> HttpResponse:
    """What was just given: each file with its state, renewed until all are read."""
    rows = list(list_sources(request.scope).filter(batch=batch)[:MOST_LINES])
    if not rows:
        raise UserError("org.not_found")
    sums = sum_batch(request.scope, batch)
    unfinished = [row for row in rows if row.state in UNFINISHED]
    jobs = {row.pk: find_job(row.job_id) for row in unfinished[:MOST_JOBS] if row.job_id}
    lines = [
        {
            "source": row,
            "job": jobs.get(row.pk),
            "error": describe(row.error_code, row.error_params) if row.error_code else None,
        }
        for row in rows
    ]
    context = {
        "batch": batch,
        "lines": lines,
        "more_count": sums["sources"] - len(rows),
        "is_finished": not sums["unfinished"],
        "done_count": sums["sources"] - sums["unfinished"],
        "source_count": sums["sources"],
        "asks": list_batch_asks(request.scope, batch, limit=30),
        "message_count": sums["messages"],
        "new_count": sums["new"],
        "ask_count": sums["asks"],
        "skip_count": sums["skips"],
    }
    template = "intake/batch_part.html" if request.htmx else "intake/batch.html"
    return render(request, template, context)


@page(permission=Permission.INTAKE_READ)
def source(request: PageRequest, source_id: int) -> HttpResponse:
    row = access_source(request.actor, source_id)
    skips = [
        {"path": skip.path, "locator": skip.locator, "why": str(describe(skip.code, skip.params))}
        for skip in list_skips(row)[:500]
    ]
    found = list_source_asks(request.scope, row)
    error = describe(row.error_code, row.error_params) if row.error_code else None
    context = _page(request, found.rows, found.count)
    context |= {"source": row, "skips": skips, "error": error}
    return render(request, "intake/source.html", context)


@page(permission=Permission.INTAKE_ADD)
def again(request: PageRequest, source_id: int) -> HttpResponse:
    """Read a failed source once more."""
    check_method(request, "POST")
    actions.retry_source(actor=request.actor, source_id=source_id)
    messages.success(request, _("又排上了，读过的不会重复。"))
    return redirect("intake:source", source_id=source_id)


@page(permission=Permission.INTAKE_ADD)
def cancel(request: PageRequest, source_id: int) -> HttpResponse:
    check_method(request, "POST")
    actions.cancel_source(actor=request.actor, source_id=source_id)
    messages.success(request, _("停下了。已经读到的留着，原件已经销毁。"))
    return redirect("intake:source", source_id=source_id)


def _filter(request: HttpRequest) -> AskFilter:
    given: dict[str, Any] = {
        name: request.GET.get(name, "").strip()
        for name in ("words", "issuer", "kind", "flag", "channel")
    }
    days: dict[str, Any] = {
        name: _date(request.GET.get(name, "")) for name in ("due_from", "due_until")
    }
    return AskFilter(**given, **days)


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
    context = _page(request, found.rows, found.count) | {
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
    """Exactly what the list shows, as a workbook."""
    rows: Iterator[models.Ask] = (
        list_asks(request.scope, _filter(request)).rows[:MOST_EXPORTED].iterator(chunk_size=2_000)
    )
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
        for row in rows
    )
    return FileResponse(write_asks(header, lines), as_attachment=True, filename=_("要求清单.xlsx"))


@page(permission=Permission.INTAKE_READ)
def ask(request: PageRequest, ask_id: int) -> HttpResponse:
    row = access_ask(request.actor, ask_id)
    may_correct = request.actor.scope.may_at(Permission.INTAKE_CORRECT, row.place)
    context = {
        "ask": row,
        "sightings": list_sightings(row, request.scope),
        "corrections": list_corrections(row),
        "may_correct": may_correct,
        "kinds": words.KINDS.items(),
        "flags": words.FLAGS.items(),
        "recurrences": words.RECURRENCES.items(),
        "due_local": f"{in_china(row.due_at):%Y-%m-%dT%H:%M}" if row.due_at else "",
    }
    return render(request, "intake/ask.html", context)


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
        if due and _moment(due) is None:
            raise UserError("intake.bad_correction", field="due_at")
        changes = {
            "issuer": given.get("issuer", ""),
            "summary": given.get("summary", ""),
            "deliverables": given.getlist("deliverables"),
            "forms": [name.strip() for name in given.get("forms", "").splitlines() if name.strip()],
            "due_at": _moment(due),
            "recurrence": given.get("recurrence", ""),
            "flags": given.getlist("flags"),
        }
    actions.correct_ask(
        actor=request.actor,
        ask_id=ask_id,
        seen_version=int(given.get("version", "0") or 0),
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


class _Counted(Paginator):  # type: ignore[type-arg]
    """Pages of a list whose length is known; of a very long one only the first are turned to."""

    def __init__(self, rows: Any, count: int) -> None:
        super().__init__(rows, PAGE_ROWS)
        self._length = count

    @property
    def count(self) -> int:
        return min(self._length, MOST_COUNTED)


def _page(request: HttpRequest, rows: Any, count: int) -> dict[str, Any]:
    shown = _Counted(rows, count).get_page(request.GET.get("page"))
    total = f"{count:,}" if count <= MOST_COUNTED else _("超过 %s") % f"{MOST_COUNTED:,}"
    return {"shown": shown, "total": total}
