"""Importing a workbook in two steps: what it would change, row by row, and then the yes."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.access import PageRequest, page
from qingzhuang.org.actions import (
    drop_draft,
    import_people,
    import_units,
    keep_draft,
    preview_people,
    preview_units,
)
from qingzhuang.org.inputs import (
    pack_sheet,
    read_people,
    read_units,
    unpack_people,
    unpack_units,
)
from qingzhuang.org.models import ImportDraft, Unit
from qingzhuang.org.queries import access_draft, access_unit, units_called
from qingzhuang.org.types import ImportPreview, Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    title: str | Promise
    columns: str | Promise
    back: str


_KINDS = {
    "units": _Words(
        title=gettext_lazy("导入单位名单"),
        columns=gettext_lazy("单位名称、简称、类别、上级单位、在编人数、排序"),
        back="org:units",
    ),
    "people": _Words(
        title=gettext_lazy("导入花名册"),
        columns=gettext_lazy("单位、姓名、职务、任职时间、离任、备注"),
        back="org:people",
    ),
}


@page(permission=Permission.ORG_MANAGE, elevated=True)
def import_file(request: PageRequest, kind: str) -> HttpResponse:
    """Take a file, read it, and go on to the preview. Nothing changes yet."""
    words = _words(kind)
    if request.method == "POST":
        upload = request.FILES.get("file")
        if upload is None or upload.name is None:
            raise UserError("org.file_missing")
        under = _under(request)
        data = upload.read()
        if kind == "units":
            packed = pack_sheet(read_units(data, upload.name))
        else:
            packed = pack_sheet(read_people(data, upload.name))
        packed["under"] = under.pk if under else None
        draft = keep_draft(actor=request.actor, kind=kind, file_name=upload.name, sheet=packed)
        return redirect("org:import_preview", kind, draft.pk)
    return render(request, "org/import.html", {"words": words, "kind": kind})


@page(permission=Permission.ORG_MANAGE, elevated=True)
def import_preview(request: PageRequest, kind: str, draft_id: int) -> HttpResponse:
    """Show what the file would change; on the yes to exactly this, change it."""
    words = _words(kind)
    draft = access_draft(request.actor, draft_id)
    if request.method == "POST":
        done = _run(
            request, draft, seen=request.POST.get("seen", "-"), close=request.POST.getlist("close")
        )
        closed = len(done.to_close) + len(request.POST.getlist("close"))
        drop_draft(draft=draft)
        told = _("导入好了：新增 {added}，变更 {changed}，结束 {closed}，未变 {same}。").format(
            added=len(done.to_add), changed=len(done.to_change), closed=closed, same=done.unchanged
        )
        messages.success(request, told)
        return redirect(words.back)
    context = {"words": words, "kind": kind, "draft": draft, "preview": _run(request, draft)}
    return render(request, "org/import_preview.html", context)


def _run(
    request: PageRequest, draft: ImportDraft, *, seen: str = "", close: list[str] | None = None
) -> ImportPreview:
    """The preview of a draft; with `seen` the import itself."""
    pk = draft.sheet.get("under")
    under = access_unit(request.actor, pk, Permission.ORG_MANAGE) if pk else None
    actor = request.actor
    if draft.kind == "units":
        units = unpack_units(draft.sheet)
        if seen:
            return import_units(actor=actor, sheet=units, under=under, seen=seen, close=close or ())
        return preview_units(actor=actor, sheet=units, under=under)
    people = unpack_people(draft.sheet)
    if seen:
        return import_people(actor=actor, sheet=people, under=under, seen=seen, close=close or ())
    return preview_people(actor=actor, sheet=people, under=under)


def _under(request: PageRequest) -> Unit | None:
    name = request.POST.get("under", "").strip()
    if not name:
        return None
    found = [unit for units in units_called([name], request.scope).values() for unit in units]
    if len(found) != 1:
        raise UserError("org.unit_unknown", name=name)
    return found[0]


def _words(kind: str) -> _Words:
    if kind not in _KINDS:
        raise Http404
    return _KINDS[kind]
