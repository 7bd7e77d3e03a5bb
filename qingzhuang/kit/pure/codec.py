"""Values to JSON and back, by the fields of their dataclass: what events travel as."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints
from uuid import UUID

_SEQUENCES = (tuple, list, set, frozenset)


def to_json(value: object) -> Any:
    """A value as plain JSON: dataclasses by field, moments and days as ISO text, enums by value.

    Raises TypeError for anything that would not come back as it went.
    """
    if value is None or (
        isinstance(value, bool | int | float | str) and not isinstance(value, Enum)
    ):
        return value
    if isinstance(value, Enum):
        return to_json(value.value)
    if isinstance(value, date):  # datetime too
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in fields(value) if f.init}
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a mapping in an event has text keys")
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, _SEQUENCES):
        return [to_json(item) for item in value]
    raise TypeError(f"no JSON for {type(value).__name__}")


def from_json(kind: Any, data: Any) -> Any:
    """The value of type `kind` that `to_json` made `data` of.

    Raises TypeError or ValueError when they do not fit: a field too few, an unknown enum value.
    """
    if kind is Any or kind is object:
        return data
    if isinstance(kind, NewType):
        return from_json(kind.__supertype__, data)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _from_union(get_args(kind), data)
    if origin is not None:
        return _from_container(origin, get_args(kind), data)
    if kind is type(None):
        return data
    if kind is datetime or kind is date:
        return kind.fromisoformat(data)
    if isinstance(kind, type) and (issubclass(kind, Enum) or kind is UUID):
        return kind(data)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        known = {f.name for f in fields(kind) if f.init}
        # A field that a newer release dropped is left out: jobs outlive an upgrade.
        values = {name: from_json(hints[name], data[name]) for name in known if name in data}
        return kind(**values)
    if isinstance(kind, type) and not isinstance(data, kind):
        if kind is float and isinstance(data, int):
            return float(data)
        raise TypeError(f"expected {kind.__name__}, got {type(data).__name__}")
    return data


def _from_union(kinds: tuple[Any, ...], data: Any) -> Any:
    if data is None and type(None) in kinds:
        return None
    for kind in kinds:
        try:
            return from_json(kind, data)
        except (TypeError, ValueError, KeyError):
            continue
    raise TypeError(f"no member of the union fits {type(data).__name__}")


def _from_container(origin: Any, args: tuple[Any, ...], data: Any) -> Any:
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: from_json(args[1], item) for key, item in data.items()}
    if origin is tuple and not (len(args) == 2 and args[1] is Ellipsis):
        if len(data) != len(args):
            raise TypeError("a tuple of another length")
        return tuple(from_json(kind, item) for kind, item in zip(args, data, strict=True))
    holder = origin if origin in (tuple, list, set, frozenset) else tuple
    return holder(from_json(args[0], item) for item in data)
