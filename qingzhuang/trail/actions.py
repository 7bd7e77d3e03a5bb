"""Writing the trail: the one way in."""

from __future__ import annotations

import hmac
import re
from typing import Any

from django.db import IntegrityError, transaction

from qingzhuang.kit import clock
from qingzhuang.kit.pure.redact import replace_numbers
from qingzhuang.kit.request import current_request_id
from qingzhuang.trail.models import TrailEntry, TrailSeal
from qingzhuang.trail.queries import list_unsealed, seal_log, trail_key
from qingzhuang.trail.rules import BatchDigest, join_ids, seal_digest

BATCH = 10_000
_PLAIN = (str, int, bool, type(None))
# Stricter than what is masked in messages: any number as long as an identity or card number.
_LONG = re.compile(r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|\d{15,19})(?![0-9A-Za-z])", re.ASCII)
# Digests and UUIDs are nobody's numbers, though eleven digits may stand in a row in them.
_OPAQUE = re.compile(
    r"\b(?=[0-9-]*[a-f])(?:[0-9a-f]{24,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b",
    re.ASCII,
)


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


def seal_trail() -> int:
    """Seal what no seal covers yet, in batches; answers how many entries.

    Late commits of lower ids are among them. Two at once: one seals, the other answers what it
    did before they met.
    """
    count = 0
    while True:
        try:
            with transaction.atomic():
                sealed = _seal_batch()
        except IntegrityError:  # another worker took this seal's number
            return count
        count += sealed
        if sealed < BATCH:
            return count


def _seal_batch() -> int:
    rows = list_unsealed(BATCH)
    if not rows:
        return 0
    key = trail_key()
    batch = BatchDigest(key)
    for row in rows:
        batch.add(row)
    ids = [int(str(row["id"])) for row in rows]
    last = TrailSeal.objects.order_by("-number").first()
    seal = TrailSeal(
        number=last.number + 1 if last else 1,
        first=ids[0],
        last=ids[-1],
        count=len(ids),
        members=join_ids(ids),
        batch=batch.hex(),
        previous=last.digest if last else "",
        sealed_at=clock.now(),
    )
    seal.digest = seal_digest(
        key,
        number=seal.number,
        members=seal.members,
        count=seal.count,
        batch=seal.batch,
        sealed_at=seal.sealed_at,
        previous=seal.previous,
    )
    seal.save(force_insert=True)
    line = f"{seal.number} {seal.digest}\n"
    transaction.on_commit(lambda: _note_seal(line))
    return len(ids)


def _note_seal(line: str) -> None:
    # One short write in append mode: a crash leaves at most a last line that is cut short.
    with seal_log().open("a", encoding="ascii") as log:
        log.write(line)


def keyed_digest(value: str) -> str:
    """24 hexadecimal digits (96 bits) that tell whether two values are the same, nothing more.

    HMAC-SHA256 under $QZ_HOME/trail.key: without the key the small space of phone and identity
    numbers cannot be tried through.
    """
    return hmac.digest(trail_key(), b"value\0" + value.encode(), "sha256").hex()[:24]


def _check_value(name: str, value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_check_value(name, item) for item in value]
    if not isinstance(value, _PLAIN):
        # No floats: PostgreSQL may give back another spelling, and the seal would not match.
        raise TypeError(f"detail {name} of the trail is a {type(value).__name__}")
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    text = str(text).replace("\0", "")
    pieces, end = [], 0
    for match in _OPAQUE.finditer(text):
        pieces += [_replace(text[end : match.start()]), match[0]]
        end = match.end()
    return "".join(pieces) + _replace(text[end:])


def _replace(text: str) -> str:
    text = replace_numbers(text, lambda digits: f"[{keyed_digest(digits)}]")
    return _LONG.sub(lambda match: f"[{keyed_digest(match[0])}]", text)
