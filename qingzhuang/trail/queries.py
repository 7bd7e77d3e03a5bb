"""Reading the trail, and telling whether it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from qingzhuang.kit.keys import key_at
from qingzhuang.trail.models import TrailEntry, TrailSeal
from qingzhuang.trail.rules import (
    LONGEST_TRANSACTION_HOURS,
    BatchDigest,
    list_gaps,
    read_ranges,
    seal_digest,
)
from qingzhuang.trail.types import Damage, Entry, Finding, Report

FIELDS = (
    "id",
    "at",
    "actor",
    "action",
    "target",
    "place",
    "outcome",
    "reason",
    "details",
    "request_id",
)
MOST_SHOWN_IDS = 20
_NEAR = 1000  # ranges closer than this are read by one query

Range = tuple[int, int]


def list_entries(
    *,
    actor: str = "",
    action: str = "",
    target: str = "",
    place: str = "",
    outcome: str = "",
    request_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Entry]:
    """Entries, last first; every condition given must hold.

    `action` may be a whole room ("org."), `place` a unit's path with all below it; `since` counts
    and `until` does not; `before_id` is the last id of the page before.
    """
    rows = TrailEntry.objects.order_by("-id")
    exact = {"actor": actor, "target": target, "outcome": outcome, "request_id": request_id}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if action:
        rows = rows.filter(**{"action__startswith" if action[-1] == "." else "action": action})
    if place:
        rows = rows.filter(place__startswith=place)
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    return [Entry(**row) for row in rows.values(*FIELDS)[:limit]]


def list_unsealed(limit: int) -> list[dict[str, object]]:
    """The entries, by ascending id, that no seal covers yet: late commits and the newest."""
    head, gaps = _open_ends()
    rows: list[dict[str, object]] = []
    for gap in gaps:
        if len(rows) >= limit:
            return rows[:limit]
        rows += TrailEntry.objects.filter(id__range=gap).order_by("id").values(*FIELDS)[:limit]
    newest = TrailEntry.objects.filter(id__gt=head).order_by("id")
    rows += newest.values(*FIELDS)[: max(limit - len(rows), 0)]
    return rows[:limit]


def verify_trail() -> Report:
    """Compare every entry and every seal with what was sealed.

    Finds entries changed, removed or put in between, and seals changed or removed; each finding
    names its batch. What is not sealed yet (minutes) cannot be judged. Reads the whole table as
    a stream. The last seals, if cut off together with their entries, are told by
    $QZ_HOME/trail-seals.log.
    """
    key = trail_key()
    findings: list[Finding] = []
    ranges: list[Range] = []
    known: dict[int, str] = {}
    previous, awaited, sealed = "", 1, 0
    for seal in TrailSeal.objects.order_by("number").iterator(chunk_size=500):
        for number in range(awaited, seal.number):
            findings.append(Finding(damage=Damage.SEAL_REMOVED, seal=number))
        if not _is_seal_true(key, seal) or (seal.number == awaited and seal.previous != previous):
            findings.append(Finding(damage=Damage.SEAL_CHANGED, seal=seal.number))
        findings += _compare_batch(key, seal)
        ranges += _ranges(seal)
        known[seal.number] = previous = seal.digest
        awaited = seal.number + 1
        sealed += seal.count
    findings += _compare_log(known, awaited)
    findings += _find_inserted(ranges)
    return Report(
        seals=len(known),
        sealed=sealed,
        unsealed=_count_unsealed(),
        findings=tuple(sorted(findings, key=lambda finding: finding.seal)),
    )


def trail_key() -> bytes:
    return key_at(settings.QZ_HOME / "trail.key")


def seal_log() -> Path:
    """Where each seal is noted outside of the database."""
    return Path(settings.QZ_HOME) / "trail-seals.log"


def _is_seal_true(key: bytes, seal: TrailSeal) -> bool:
    ranges = _ranges(seal)
    return seal.digest == seal_digest(
        key,
        number=seal.number,
        members=seal.members,
        count=seal.count,
        batch=seal.batch,
        sealed_at=seal.sealed_at,
        previous=seal.previous,
    ) and (seal.first, seal.last) == (ranges[0][0], ranges[-1][1])


def _compare_batch(key: bytes, seal: TrailSeal) -> Iterator[Finding]:
    ranges = _ranges(seal)
    digest = BatchDigest(key)
    present: list[int] = []
    for row in _read_members(ranges):
        digest.add(row)
        present.append(int(str(row["id"])))
    if len(present) < sum(high - low + 1 for low, high in ranges):
        there = set(present)
        gone = (n for low, high in ranges for n in range(low, high + 1) if n not in there)
        shown = tuple(number for number, _ in zip(gone, range(MOST_SHOWN_IDS), strict=False))
        yield Finding(damage=Damage.REMOVED, seal=seal.number, ids=shown)
    elif digest.hex() != seal.batch:
        yield Finding(damage=Damage.CHANGED, seal=seal.number)


def _read_members(ranges: list[Range]) -> Iterator[dict[str, object]]:
    start = 0
    for end in range(1, len(ranges) + 1):
        if end < len(ranges) and ranges[end][0] - ranges[end - 1][1] < _NEAR:
            continue
        near = ranges[start:end]
        rows = TrailEntry.objects.filter(id__range=(near[0][0], near[-1][1])).order_by("id")
        place = 0
        for row in rows.values(*FIELDS).iterator(chunk_size=2000):
            while near[place][1] < row["id"]:
                place += 1
            if row["id"] >= near[place][0]:
                yield row
        start = end


def _ranges(seal: TrailSeal) -> list[Range]:
    try:
        return list(read_ranges(seal.members))
    except ValueError:  # somebody wrote in it; its digest will tell
        return [(0, 0)]


def _compare_log(known: dict[int, str], awaited: int) -> Iterator[Finding]:
    if not seal_log().exists():
        return
    for line in seal_log().read_text("ascii", "replace").splitlines():
        number, _, digest = line.partition(" ")
        if not number.isdecimal() or len(digest) != 64:
            continue  # a line cut short by a crash: the seal itself stands in the database
        if int(number) >= awaited:
            yield Finding(damage=Damage.SEAL_REMOVED, seal=int(number))
        elif int(number) in known and known[int(number)] != digest:
            yield Finding(damage=Damage.SEAL_CHANGED, seal=int(number))


def _find_inserted(ranges: list[Range]) -> Iterator[Finding]:
    floor = _floor()
    for low, high in list_gaps(ranges):
        if low > floor:
            break
        within = TrailEntry.objects.filter(id__range=(low, min(high, floor))).order_by("id")
        ids = tuple(within.values_list("id", flat=True)[:MOST_SHOWN_IDS])
        if ids:
            over = TrailSeal.objects.filter(last__gte=ids[0]).order_by("number")
            seal = over.values_list("number", flat=True)[0]
            yield Finding(damage=Damage.INSERTED, seal=seal, ids=ids)


def _floor() -> int:
    """The highest id that was sealed so long before the last seal that gaps below it are closed.

    Counted from the last seal, not from now: after days switched off the next seal still takes
    in what was committed just after the one before.
    """
    newest = TrailSeal.objects.order_by("-number").first()
    if newest is None:
        return 0
    long_ago = newest.sealed_at - timedelta(hours=LONGEST_TRANSACTION_HOURS)
    old = TrailSeal.objects.filter(sealed_at__lt=long_ago).order_by("-last")
    return old.values_list("last", flat=True).first() or 0


def _open_ends() -> tuple[int, list[Range]]:
    """The highest sealed id, and the gaps below it that a late commit may still fill."""
    floor = _floor()
    recent = TrailSeal.objects.filter(last__gt=floor)
    ranges = [pair for seal in recent for pair in _ranges(seal)]
    head = max((high for _, high in ranges), default=floor)
    return head, list_gaps([(1, floor), *ranges] if floor else ranges)


def _count_unsealed() -> int:
    head, gaps = _open_ends()
    late = sum(TrailEntry.objects.filter(id__range=gap).count() for gap in gaps)
    return late + TrailEntry.objects.filter(id__gt=head).count()
