"""How entries become a digest and a chain: pure, so that anyone can check it again.

A batch's digest is HMAC-SHA256, under the installation's key, over the canonical JSON of each of
its entries in the order of their ids, one a line. The seal's own digest covers that, the batch's
borders and members, and the digest of the seal before it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

# A rolled-back transaction leaves its number empty for ever; one that is still open fills it
# later. Within this time a filled gap is a late commit, after it somebody put the entry there.
LONGEST_TRANSACTION_HOURS = 24


def canonical(row: Mapping[str, object]) -> bytes:
    """One entry as bytes that are the same on every database: sorted keys, time in UTC."""
    values = {
        name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


class BatchDigest:
    """The digest of a batch, entry by entry, so that memory does not grow."""

    def __init__(self, key: bytes) -> None:
        self._whole = hmac.new(key, b"trail-batch\0", hashlib.sha256)

    def add(self, row: Mapping[str, object]) -> None:
        self._whole.update(canonical(row))
        self._whole.update(b"\n")

    def hex(self) -> str:
        return self._whole.hexdigest()


def seal_digest(
    key: bytes,
    *,
    number: int,
    members: str,
    count: int,
    batch: str,
    sealed_at: datetime,
    previous: str,
) -> str:
    """What a seal carries: its own borders, its batch's digest and the seal before it."""
    row = {
        "number": number,
        "members": members,
        "count": count,
        "batch": batch,
        "sealed_at": sealed_at,
        "previous": previous,
    }
    return hmac.digest(key, b"trail-seal\0" + canonical(row), "sha256").hex()


def join_ids(ids: Iterable[int]) -> str:
    """Ascending ids as ranges: [1, 2, 3, 5] is "1-3,5"."""
    ranges: list[list[int]] = []
    for number in ids:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)


def read_ranges(members: str) -> Iterator[tuple[int, int]]:
    """The ranges of `join_ids`, both ends included. Raises ValueError for other text."""
    for part in members.split(","):
        low, _, high = part.partition("-")
        yield int(low), int(high or low)


def list_gaps(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The stretches of ids between 1 and the highest that no range covers, both ends included."""
    gaps = []
    awaited = 1
    for low, high in sorted(ranges):
        if low > awaited:
            gaps.append((awaited, low - 1))
        awaited = max(awaited, high + 1)
    return gaps
