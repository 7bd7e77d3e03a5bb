"""Tables that are only ever added to: the database itself refuses UPDATE and DELETE.

    @append_only()                 # no column may change
    @append_only("text", "at")     # only these may not; the others may
    class Fact(models.Model): ...

The triggers for both databases are made from one list of (table, columns) and are put in place
after every migrate, since SQLite loses them whenever a migration rebuilds a table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

_M = TypeVar("_M", bound=type[models.Model])

_guarded: dict[str, tuple[str, ...]] = {}


def append_only(*fields: str) -> Callable[[_M], _M]:
    """Class decorator for a model whose rows are never deleted and, in `fields`, never changed.

    Without fields no column may change.
    """

    def guard(model: _M) -> _M:
        columns = tuple(str(model._meta.get_field(name).column) for name in fields)  # type: ignore[union-attr]
        _guarded[model._meta.db_table] = columns
        return model

    return guard


def list_guarded() -> dict[str, tuple[str, ...]]:
    """Table → frozen columns (none named: all of them)."""
    return dict(_guarded)


def put_guards(connection: BaseDatabaseWrapper) -> None:
    """Create or renew the triggers of every guarded table that exists."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table, columns in _guarded.items():
            if table in present:
                for statement in _statements(connection.vendor, table, columns):
                    cursor.execute(statement)


def drop_guards(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away, for a test database that is to be emptied; migrate restores them."""
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in _guarded:
            if table not in present:
                continue
            for name in _names(connection.vendor, table):
                on = f' ON "{table}"' if connection.vendor == "postgresql" else ""
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"{on}')


def list_missing_guards(connection: BaseDatabaseWrapper | None = None) -> list[str]:
    """The triggers that should be there and are not (or are switched off)."""
    connection = connection or connections["default"]
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {row[0] for row in cursor.fetchall()}
    wanted = [name for table in _guarded for name in _names(connection.vendor, table)]
    return [name for name in wanted if name not in present]


def put_guards_after_migrate(using: str = "default", **_: Any) -> None:
    put_guards(connections[using])


def _names(vendor: str, table: str) -> list[str]:
    kinds = ["update", "delete"] + (["truncate"] if vendor == "postgresql" else [])
    return [f"keep_{table}_{kind}" for kind in kinds]


def _statements(vendor: str, table: str, columns: tuple[str, ...]) -> list[str]:
    of = " OF " + ", ".join(f'"{name}"' for name in columns) if columns else ""
    if vendor == "sqlite":
        statements = []
        for kind, what in (("update", f"UPDATE{of}"), ("delete", "DELETE")):
            name = f"keep_{table}_{kind}"
            statements += [
                f'DROP TRIGGER IF EXISTS "{name}"',
                f'CREATE TRIGGER "{name}" BEFORE {what} ON "{table}" '
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
            ]
        return statements
    statements = [
        "CREATE OR REPLACE FUNCTION kit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
        "USING ERRCODE = 'integrity_constraint_violation'; END $$"
    ]
    for kind, what, level in (
        ("update", f"UPDATE{of}", "ROW"),
        ("delete", "DELETE", "ROW"),
        ("truncate", "TRUNCATE", "STATEMENT"),
    ):
        statements.append(
            f'CREATE OR REPLACE TRIGGER "keep_{table}_{kind}" BEFORE {what} ON "{table}" '
            f"FOR EACH {level} EXECUTE FUNCTION kit_refuse()"
        )
    return statements
