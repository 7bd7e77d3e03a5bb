"""import-linter does not see `ForeignKey("room.Model")`: this does."""

from __future__ import annotations

import configparser
from pathlib import Path

from django.apps import apps

CONTRACTS = Path(__file__).parents[2] / ".importlinter"


def test_foreign_keys_point_into_the_same_room_or_down() -> None:
    config = configparser.ConfigParser()
    config.read(CONTRACTS, "utf-8")
    rooms = config["importlinter:contract:rooms"]["layers"].split()
    up = []
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            goal = field.related_model if field.concrete else None
            here = model._meta.app_label
            there = goal._meta.app_label if isinstance(goal, type) else ""
            if {here, there} <= set(rooms) and rooms.index(there) < rooms.index(here):
                up.append(f"{model._meta.label}.{field.name} -> {goal._meta.label}")
    assert up == []


def test_every_room_with_models_stands_in_the_contract() -> None:
    config = configparser.ConfigParser()
    config.read(CONTRACTS, "utf-8")
    rooms = set(config["importlinter:contract:rooms"]["layers"].split())
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("qingzhuang.")}
    assert ours <= rooms
