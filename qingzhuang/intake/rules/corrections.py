"""What a person may put right in a reading, and what counts as a value there."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from qingzhuang.intake.rules.redact import redact
from qingzhuang.intake.types import Deliverable, Flag, Recurrence
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.errors import UserError


def check_correction(field: str, value: object) -> object:
    """The value as it is stored: numbers of people masked, as in what came in.

    Raises UserError intake.bad_correction for what cannot stand.
    """
    match field, value:
        case ("issuer", str()) if len(value) <= 60:
            return redact(value.strip())
        case ("summary", str()) if 0 < len(value.strip()) <= 200:
            return redact(value.strip())
        case ("recurrence", str()) if value in set(Recurrence):
            return value
        case ("due_at", None):
            return None
        case ("due_at", datetime()) if 2000 <= value.year < 2200:
            return in_china(value)
        case ("is_withdrawn", bool()):
            return value
        case ("forms", list()) if all(isinstance(v, str) and 0 < len(v) <= 80 for v in value):
            return [redact(name) for name in value]
        case ("deliverables", list()) if value and _are_of(value, Deliverable):
            return [str(kind) for kind in Deliverable if kind in value]
        case ("flags", list()) if _are_of(value, Flag):
            return [str(flag) for flag in Flag if flag in value]
    raise UserError("intake.bad_correction", field=field)


def _are_of(values: list[object], known: type[StrEnum]) -> bool:
    return all(isinstance(value, str) and value in set(known) for value in values)
