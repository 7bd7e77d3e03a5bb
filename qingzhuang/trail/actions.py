"""Writing the trail: the one way in."""

from __future__ import annotations

import hmac
import re
from typing import Any

from django.conf import settings

from qingzhuang.kit import clock
from qingzhuang.kit.keys import key_at
from qingzhuang.kit.request import current_request_id
from qingzhuang.trail.models import TrailEntry

_PLAIN = (str, int, bool, type(None))
# Identity numbers, mobile phones and bank cards, standing alone: they never reach the trail.
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|\d{15,19}|1[3-9]\d{9})(?![0-9A-Za-z])")


def record(
    *,
    actor: str,
    action: str,
    target: str,
    place: str = "",
    outcome: str = "done",
    reason: str = "",
    **details: Any,
) -> TrailEntry:
    """Write down that `actor` did `action` to `target`, in the caller's transaction.

    `actor` is a text id ("user:12", "system", "job:7"); `action` "room.verb_noun"; `target`
    "room.Model:id"; `place` the path of the unit concerned; `outcome` done, refused or failed.
    `details` are ids, counts, codes and `keyed_digest(...)`s: text, whole numbers, booleans and
    lists of these, never a name or a number of a person; what looks like an identity, phone or
    card number is replaced by its keyed digest. Raises TypeError for other values.
    """
    return TrailEntry.objects.create(
        at=clock.now(),
        actor=_clean(actor),
        action=action,
        target=_clean(target),
        place=place,
        outcome=outcome,
        reason=_clean(reason),
        details={name: _check_value(name, value) for name, value in details.items()},
        request_id=current_request_id(),
    )


def keyed_digest(value: str) -> str:
    """24 hexadecimal digits (96 bits) that tell whether two values are the same, nothing more.

    HMAC-SHA256 under $QZ_HOME/trail.key: without the key the small space of phone and identity
    numbers cannot be tried through.
    """
    key = key_at(settings.QZ_HOME / "trail.key")
    return hmac.digest(key, b"value\0" + value.encode(), "sha256").hex()[:24]


def _check_value(name: str, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_check_value(name, item) for item in value]
    if not isinstance(value, _PLAIN):
        # No floats: PostgreSQL may give back another spelling, and the seal would not match.
        raise TypeError(f"detail {name} of the trail is a {type(value).__name__}")
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    text = str(text).replace("\0", "")
    return _NUMBER.sub(lambda match: f"[{keyed_digest(match[0])}]", text)
