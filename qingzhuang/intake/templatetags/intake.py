"""How readings are shown: marked words, moments as people say them, words for codes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qingzhuang.intake import words
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import in_china

register = template.Library()
_WEEKDAYS = "一二三四五六日"


@register.filter
def marked(text: str, phrases: list[tuple[int, int, str]]) -> SafeString:
    """The text with the words that made the reading so marked, each saying what for.

    Overlapping phrases share one mark.
    """
    pieces: list[tuple[SafeString]] = []
    at = 0
    for start, end, reasons in _merged(phrases, len(text)):
        label = "、".join(str(words.REASONS.get(reason, reason)) for reason in reasons)
        pieces.append((format_html("{}", text[at:start]),))
        pieces.append((format_html('<mark title="{}">{}</mark>', label, text[start:end]),))
        at = end
    pieces.append((format_html("{}", text[at:]),))
    return format_html_join("", "{}", pieces)


def _merged(phrases: list[Any], length: int) -> list[tuple[int, int, list[str]]]:
    merged: list[tuple[int, int, list[str]]] = []
    for start, end, reason in sorted(tuple(phrase) for phrase in phrases):
        end = min(end, length)
        if start >= end:
            continue
        if merged and start < merged[-1][1]:
            first, last, reasons = merged[-1]
            if reason not in reasons:
                reasons.append(reason)
            merged[-1] = (first, max(last, end), reasons)
        else:
            merged.append((start, end, [reason]))
    return merged


@register.filter
def moment(value: datetime | None) -> str:
    """'今天 17:00', '3月6日（周五）', with the year when it is another."""
    if value is None:
        return ""
    value = in_china(value)
    today = clock.now().date()
    day = _day(value.date(), today)
    return day if (value.hour, value.minute) == (23, 59) else f"{day} {value:%H:%M}"


@register.filter
def said_at(value: datetime | None) -> str:
    """When something was said, always with its clock."""
    if value is None:
        return ""
    value = in_china(value)
    return f"{_day(value.date(), clock.now().date())} {value:%H:%M}"


def _day(day: date, today: date) -> str:
    names = {-1: _("昨天"), 0: _("今天"), 1: _("明天"), 2: _("后天")}
    near = names.get((day - today).days)
    if near:
        return near
    year = f"{day.year}年" if day.year != today.year else ""
    return f"{year}{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


@register.filter
def kind_words(kinds: list[str]) -> str:
    return "、".join(str(words.KINDS.get(kind, kind)) for kind in kinds)


@register.filter
def flag_word(flag: str) -> str:
    return str(words.FLAGS.get(flag, flag))


@register.filter
def is_breach(flag: str) -> bool:
    """Whether the flag tells of an ask that breaks a rule, which alone may be red."""
    return flag not in words.PLAIN_FLAGS


@register.filter
def recurrence_word(code: str) -> str:
    return str(words.RECURRENCES.get(code, code))


@register.filter
def channel_word(code: str) -> str:
    return str(words.CHANNELS.get(code, code))


@register.filter
def field_word(name: str) -> str:
    return str(words.FIELDS.get(name, name))


@register.filter
def is_late(value: datetime | None) -> bool:
    return value is not None and in_china(value) < clock.now()
