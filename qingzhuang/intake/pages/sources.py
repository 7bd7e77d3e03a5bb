"""Sources with their progress and what was not read."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from qingzhuang.intake import actions, models
from qingzhuang.intake.pages.paging import one_page
from qingzhuang.intake.post import mail_trouble
from qingzhuang.intake.queries import (
    UNFINISHED,
    access_source,
    count_up_to,
    list_batch_asks,
    list_skips,
    list_source_asks,
    list_sources,
    sum_batch,
)
from qingzhuang.kit import clock
from qingzhuang.kit.jobs import find_job
from qingzhuang.kit.pure.errors import UserError, describe
from qingzhuang.org.access import PageRequest, check_method, page
from qingzhuang.org.types import Permission

WATCHED = timedelta(hours=1)
MOST_LINES = 100  # sources of a batch that are listed; the rest is counted
MOST_JOBS = 5  # the worker takes them one after the other, so few have progress to show


@page(permission=Permission.INTAKE_READ)
def sources(request: PageRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").strip() for name in ("words", "state")}
    rows = list_sources(request.scope, **wanted)
    context = one_page(request, rows, count_up_to(rows))
    context |= wanted | {
        "states": models.SourceState.choices,
        "is_nonsense": wanted["state"] not in {"", *models.SourceState.values},
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
        # Asking again keeps the session alive, so a page that was left open stops some day.
        "is_watched": max(row.added_at for row in rows) > clock.now() - WATCHED,
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
    context = one_page(request, found.rows, found.count)
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
