"""Law 2: no check-in, points, online time, tracks or photos. The schema has no fields for these.

A field that could serve to watch a person or a unit stands in watching_fields.toml with the
reason why it does not. A new one is a decision, not an accident.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models

ALLOWED = Path(__file__).with_name("watching_fields.toml")
SOUNDS = re.compile(
    r"(^|_)(at|on|day|time|date|minutes|hours|days|duration|count|headcount|total|number|score|points|rank"
    r"|rating|grade|level|rate|place|path|location|latitude|longitude|track|address|ip|agent|device"
    r"|photo|image|picture|face|voice|visit|visits|login|logout|online|seen|read|failures)($|_)"
)
TIMES = (models.DateField, models.TimeField, models.DurationField)
FIGURES = (models.FloatField, models.DecimalField, models.ImageField, models.GenericIPAddressField)


def could_watch(field: models.Field[object, object]) -> bool:
    return bool(SOUNDS.search(field.name)) or isinstance(field, TIMES + FIGURES)


def watching() -> set[str]:
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        if "tests" not in model.__module__.split(".")  # other tests have models of their own
        for field in model._meta.concrete_fields
        if could_watch(field)
    }


def reasons() -> dict[str, str]:
    tables = tomllib.loads(ALLOWED.read_text("utf-8"))
    return {
        f"{room}.{model}.{field}": reason
        for room, its_models in tables.items()
        for model, fields in its_models.items()
        for field, reason in fields.items()
    }


def test_every_field_that_could_watch_people_has_its_reason() -> None:
    assert watching() == set(reasons())


def test_reasons_are_sentences() -> None:
    assert [name for name, reason in reasons().items() if len(reason.split()) < 4] == []


def test_the_list_would_notice() -> None:
    for name in ("check_in_at", "photo", "online_minutes", "score", "rank_in_district", "place"):
        assert could_watch(models.TextField(name=name)), name


def test_when_people_sign_in_and_out_is_not_kept_by_a_library() -> None:
    assert settings.AXES_DISABLE_ACCESS_LOG
    assert not settings.AXES_ENABLE_ACCESS_FAILURE_LOG
