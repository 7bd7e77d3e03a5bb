"""docs/words.md is the one dictionary: code, page and screen use the same word for a thing."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from django.apps import apps
from django.utils import translation

from qingzhuang.intake import models as intake
from qingzhuang.intake import types, words
from qingzhuang.intake.rules.times.model import TimeRole
from qingzhuang.org.models import KIND_NAMES, ROLE_NAMES
from qingzhuang.org.types import Role, UnitKind
from qingzhuang.trail.types import Damage

PAGE = Path(__file__).parents[2] / "docs" / "words.md"
# Enums of the domain, and where the screen takes its words for them from.
SHOWN: dict[type[Enum], dict[str, object]] = {
    UnitKind: dict(KIND_NAMES),
    Role: dict(ROLE_NAMES),
    types.ChannelKind: dict(words.CHANNELS),
    types.Deliverable: dict(words.KINDS),
    types.Flag: dict(words.FLAGS),
    types.Recurrence: dict(words.RECURRENCES),
    intake.SourceKind: dict(intake.SourceKind.choices),
    intake.SourceState: dict(intake.SourceState.choices),
    intake.LawfulBasis: dict(intake.LawfulBasis.choices),
    intake.AskMove: dict(intake.AskMove.choices),
    TimeRole: {},
    Damage: {},
}


def page() -> dict[str, tuple[str, str]]:
    rows = re.findall(r"^\| (\S+) \| (.+?) \| `(\S+)` \|$", PAGE.read_text("utf-8"), re.M)
    assert len({code for _, _, code in rows}) == len(rows)
    return {code: (chinese, english) for chinese, english, code in rows}


def test_models_and_enum_members_stand_on_the_page_and_nothing_else() -> None:
    ours = [app for app in apps.get_app_configs() if app.name.startswith("qingzhuang.")]
    models = [model for app in ours for model in app.get_models()]
    names = {m._meta.label for m in models if m.__module__.startswith("qingzhuang.")}
    names |= {f"{kind.__name__}.{member.value}" for kind in SHOWN for member in kind}
    assert set(page()) == names


def test_every_enum_of_the_domain_is_looked_at() -> None:
    for module in (types, intake):
        kinds = {k for k in vars(module).values() if isinstance(k, type) and issubclass(k, Enum)}
        assert {kind for kind in kinds if kind.__module__ == module.__name__} <= set(SHOWN)


def test_the_screen_says_the_words_of_the_page() -> None:
    with translation.override("zh-hans"):
        for kind, labels in SHOWN.items():
            for member in kind if labels else ():
                chinese, shown = page()[f"{kind.__name__}.{member.value}"][0], labels[member.value]
                assert re.fullmatch(rf"{re.escape(chinese)}(（.+）)?", str(shown)), chinese
