"""Migrations outlive the code that they were made from: linear, and importing nothing of ours."""

from __future__ import annotations

import ast
from pathlib import Path

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.utils import translation

PACKAGE = Path(__file__).parents[2] / "qingzhuang"
OURS = {path.parents[1].name for path in PACKAGE.glob("*/migrations/0001*.py")}


def test_migrations_are_linear_and_named_by_a_human() -> None:
    loader = MigrationLoader(None)
    for room in OURS:
        assert len(loader.graph.leaf_nodes(room)) == 1, room
        numbers = sorted(name[:4] for label, name in loader.disk_migrations if label == room)
        assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)], room
        names = [name for label, name in loader.disk_migrations if label == room]
        assert not any("_auto_" in name or name.endswith("_merge") for name in names)


def test_migrations_import_nothing_of_ours() -> None:
    for path in PACKAGE.glob("*/migrations/*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                assert "qingzhuang" not in ast.unparse(node), path
                assert not getattr(node, "level", 0), path


def test_no_migration_is_missing() -> None:
    with translation.override(None):  # as makemigrations does: labels are part of the state
        loader = MigrationLoader(None)
        wanted = ProjectState.from_apps(apps)
        for model in apps.get_models():  # other tests have models of their own
            if not model.__module__.startswith(("qingzhuang.", "django.", "axes.")):
                wanted.remove_model(model._meta.app_label, model._meta.model_name)
        changes = MigrationAutodetector(loader.project_state(), wanted).changes(graph=loader.graph)
    assert {room: changes[room] for room in changes if room in OURS} == {}
