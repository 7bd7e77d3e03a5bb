"""Paste, drop, phone card: what was given, and what was understood of it."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, cast

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from qingzhuang.intake import actions, models
from qingzhuang.intake.inputs import read_blobs, unique
from qingzhuang.intake.queries import home_of
from qingzhuang.intake.rules.asks import read_asks
from qingzhuang.intake.rules.cards import PhoneCard, phone_card_text
from qingzhuang.intake.types import Ask, Message, Skip
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.errors import UserError, describe
from qingzhuang.org.access import PageRequest, check_method, page
from qingzhuang.org.queries import calendar_for, unit_at
from qingzhuang.org.types import Permission

MOST_PREVIEWED = 60


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
    """The unit for which the person gives something in."""
    place = home_of(
        person=request.user.person_id, actor=request.actor, permission=Permission.INTAKE_ADD
    )
    if not place:
        raise UserError("org.not_allowed")
    return place


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
    batch_id, place = uuid.uuid4(), place_of(request)
    paths = _paths(request.POST.get("paths", ""), len(files))
    basis = request.POST.get("basis", "")
    if basis not in models.LawfulBasis.values:
        raise UserError("intake.no_basis")
    for at, file in enumerate(files):
        given: dict[str, Any] = {
            "actor": request.actor,
            "place": place,
            "kind": models.SourceKind.UPLOAD,
            "name": paths[at] if paths else file.name or _("没有名字的文件"),
            "batch": batch_id,
        }
        try:
            actions.add_source(
                **given,
                stream=cast(BinaryIO, file.file),
                lawful_basis=basis,
                retention_days=_days(request.POST.get("retention_days", "")),
            )
        except UserError as error:  # the others of the same gift go on
            actions.refuse_source(**given, size=file.size or 0, error=error)
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
    if not given.isdecimal():
        return actions.DEFAULT_RETENTION_DAYS
    return min(max(int(given[:9]), 1), 365)  # Python refuses to read thousands of digits


@page(permission=Permission.INTAKE_ADD)
def phone(request: PageRequest) -> HttpResponse:
    """A card for what was said on the telephone: who, what, and when it rang."""
    check_method(request, "POST")
    said = request.POST.get("said", "").strip()
    if not said:
        raise UserError("intake.nothing_said")
    card = PhoneCard(
        caller=request.POST.get("caller", "").strip()[:60],
        rang_at=given_moment(request.POST.get("rang_at", "")) or clock.now(),
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


def given_moment(given: str) -> datetime | None:
    """What a date and time field sent, in China; None when it is empty or no moment of our time."""
    try:
        moment = datetime.fromisoformat(given) if given else None
    except ValueError:
        return None
    # At the ends of the calendar no day comes before or after, and reckoning breaks.
    return in_china(moment) if moment and 2000 <= moment.year < 2200 else None
