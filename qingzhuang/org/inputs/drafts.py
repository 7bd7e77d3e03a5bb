"""Parsed sheets as JSON and back, for the time between a preview and its confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from qingzhuang.org.types import PostRow, RowError, Sheet, UnitKind, UnitRow


def pack_sheet(sheet: Sheet[Any]) -> dict[str, Any]:
    """The sheet as a JSON document: dates as text, tuples as lists."""
    packed = asdict(sheet)
    for row in packed["rows"]:
        for name, value in row.items():
            if isinstance(value, date):
                row[name] = value.isoformat()
    return packed


def unpack_units(packed: Mapping[str, Any]) -> Sheet[UnitRow]:
    """What pack_sheet made of a workbook of units."""
    rows = (
        UnitRow(
            **{
                **row,
                "aliases": tuple(row["aliases"]),
                "kind": UnitKind(row["kind"]) if row["kind"] else None,
            }
        )
        for row in packed["rows"]
    )
    return Sheet(rows=tuple(rows), errors=_errors(packed), notices=tuple(packed["notices"]))


def unpack_people(packed: Mapping[str, Any]) -> Sheet[PostRow]:
    """What pack_sheet made of a roster."""
    rows = (
        PostRow(**{**row, "from_on": _day(row["from_on"]), "until_on": _day(row["until_on"])})
        for row in packed["rows"]
    )
    return Sheet(rows=tuple(rows), errors=_errors(packed), notices=tuple(packed["notices"]))


def _errors(packed: Mapping[str, Any]) -> tuple[RowError, ...]:
    return tuple(RowError(**error) for error in packed["errors"])


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
