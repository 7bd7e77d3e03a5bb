"""Which matters come up when: recurring rounds first, then what the grammar coins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from qingzhuang.demo.days import Days, evening, is_off_hours, office
from qingzhuang.demo.deadlines import is_short, plan_due
from qingzhuang.demo.source import coined, load, matters, topics, written
from qingzhuang.demo.types import Due, Matter, Round
from qingzhuang.demo.world import World, desk_of

STREET_BUCKETS = ("pilot_wide", "pilot_some", "other_wide", "other_some")
PHONE_BUCKETS = ("phone_street", "phone_community", "phone_other")


class Schedule:
    """Makes the rounds of one run. Keeps count of shares, so that figures come out near target."""

    def __init__(self, rng: Random, world: World, last: datetime) -> None:
        self._rng, self._world, self._last = rng, world, last
        self._rhythm = load("rhythm")
        self._numbers: Counter[str] = Counter()
        self._total = self._short = 0
        self._pools: dict[str, Iterator[Matter]] = {}
        self._series: list[tuple[str, str | None, Matter, str, int]] = []

    def month(self, days: Days, *, first: bool) -> list[Round]:
        """All rounds whose first notice falls on these days."""
        rhythm, rounds = self._rhythm, []
        quota = Counter[tuple[str, str | None]]()
        for bucket, number in rhythm["distinct"].items():
            for street in self._streets(bucket):
                quota[bucket, street] = number
        for made in self._recurring(days, first=first):
            rounds.append(made)
            quota[made.bucket, made.street] -= 1
        for (bucket, street), number in quota.items():
            rounds += [self._one(days, bucket, street) for _ in range(max(number, 0))]
        return rounds

    def _streets(self, bucket: str) -> list[str | None]:
        rhythm = self._rhythm
        if bucket in ("oa", "group_district"):
            return [None]
        return list(rhythm["others"]) if "other" in bucket else [rhythm["pilot"]]

    # -- recurring ---------------------------------------------------------------------------
    def _recurring(self, days: Days, *, first: bool) -> Iterator[Round]:
        for matter in written():
            yield from self._written_rounds(matter, days, first=first)
        for bucket, street, matter, every, nth in list(self._series):
            for day in _slots(days, every, nth):
                yield self._round(matter, bucket, street, self._moment(day, bucket))

    def _written_rounds(self, matter: Matter, days: Days, *, first: bool) -> Iterator[Round]:
        if matter.every == "once" or (matter.every in ("quarterly", "yearly") and not first):
            return
        nth = self._rng.randrange(8)
        by_desk = matter.by.startswith("街道")
        places: list[tuple[str, str | None]] = [
            ("group_district" if matter.every == "weekly" else "oa", None)
        ]
        if by_desk:
            places = [("pilot_wide", self._rhythm["pilot"])]
            places += [("other_wide", s) for s in self._rhythm["others"]]
        for bucket, street in places:
            for day in _slots(days, matter.every, nth):
                yield self._round(matter, bucket, street, self._moment(day, bucket), down=True)

    def _moment(self, day: date, bucket: str) -> datetime:
        late = bucket != "oa" and self._rng.random() < self._rhythm["share"]["off_hours"]
        moment = (evening if late else office)(self._rng, day)
        return min(moment, self._last - timedelta(minutes=5))

    # -- one-off -----------------------------------------------------------------------------
    def _one(self, days: Days, bucket: str, street: str | None) -> Round:
        share, rng = self._rhythm["share"], self._rng
        # Documents are received in office hours; the rest makes up for it.
        sent = days.draw(rng, off_hours=0 if bucket == "oa" else share["off_hours"] * 1.15)
        chance = rng.random()
        if bucket in STREET_BUCKETS:
            if chance < share["emergency"] * 2.3:
                return self._round(
                    rng.choice(matters("emergency")), bucket, street, sent, emergency=True
                )
            chance -= share["emergency"] * 2.3
        if bucket in STREET_BUCKETS or bucket == "group_district":
            if chance < share["rebound"] * 1.75:
                return self._round(
                    rng.choice(matters("cancelled")), bucket, street, sent, rebound=True
                )
            chance -= share["rebound"] * 1.75
        matter = self._next(bucket, street, from_file=chance < share["written_matter"])
        made = self._round(matter, bucket, street, sent)
        if matter.every == "any" and bucket in ("oa", "group_district", "pilot_wide", "other_wide"):
            every = rng.choices(("", "monthly", "weekly"), (70, 24, 6))[0]
            if every:
                self._series.append((bucket, street, matter, every, rng.randrange(8)))
        return made

    def _next(self, bucket: str, street: str | None, *, from_file: bool) -> Matter:
        via = "oa" if bucket == "oa" else "phone" if bucket in PHONE_BUCKETS else "group"
        pool = f"{via}/{street}/{from_file}"
        while True:
            if pool not in self._pools:
                found = (
                    [m for m in self._candidates(via, street) if m]
                    if from_file
                    else self._coined(via)
                )
                self._rng.shuffle(found)
                self._pools[pool] = iter(found)
            matter = next(self._pools[pool], None)
            if matter is None:
                if via == "oa" and from_file:  # a document is not sent twice
                    return self._next(bucket, street, from_file=False)
                del self._pools[pool]
            elif matter.reach != "some" or bucket.endswith(("some", "community")):
                return matter

    def _candidates(self, via: str, street: str | None) -> list[Matter]:
        once = (
            [m for kind in (via, "forms") for m in matters(kind) if m.every == "once"]
            if via != "group"
            else []
        )
        if via == "group":
            once = [m for m in matters("group") if m.every == "once"]
            if street is None:
                once = [m for m in once if not m.by.startswith("街道")]
        return once

    def _coined(self, via: str) -> list[Matter]:
        return [matter for department in topics() for matter in coined(department, via)]

    # -- the round itself --------------------------------------------------------------------
    def _round(
        self, matter: Matter, bucket: str, street: str | None, sent: datetime, *,
        down: bool = False, rebound: bool = False, emergency: bool = False,
    ) -> Round:  # fmt: skip
        rng, share = self._rng, self._rhythm["share"]
        targets = self._targets(bucket, street)
        if matter.night and not is_off_hours(sent):
            sent = min(evening(rng, sent.date()).replace(hour=23), self._last)
        place = _place(rng) if matter.has_place or emergency else ""
        department = None if matter.by.startswith("街道") else matter.by
        line = (
            self._world.department(department).line
            if department
            else self._world.desk_line(matter.by)
        )
        # A street passes on what departments want of a community; often it asks in its own name.
        if (
            street
            and department
            and matter.id.count("/") == 2
            and rng.random() < 0.55
            and bucket in STREET_BUCKETS
        ):
            department = None
        issuer = department or desk_of(street or "", self._world.line_desk(line))
        due = None if emergency else self._due(matter, sent)
        key = (
            matter.id
            if department and not street
            else f"{matter.id}@{department if department else issuer}"
        )
        if street and not rebound:
            key = f"{matter.id}@{street}"
        if rebound:
            key = matter.id
        if place:
            key += f"@{place}"
        if bucket in ("phone_community", "pilot_some", "other_some") and not rebound:
            key += "@" + "+".join(targets)
        self._numbers[key] += 1
        names = matter.names if rebound else (matter.name, *matter.names)
        name = rng.choice(names) if rebound or rng.random() < 0.15 else matter.name
        if not down and bucket in ("oa", "group_district"):
            down = rng.random() < share["down_oa" if bucket == "oa" else "down_group"]
        return Round(
            key=key, number=self._numbers[key], matter=matter, name=name, issuer=issuer,
            department=department, line=line, bucket=bucket, street=street, targets=targets,
            sent_at=sent, due=due, place=place, down=down, rebound=rebound, emergency=emergency,
        )  # fmt: skip

    def _due(self, matter: Matter, sent: datetime) -> Due | None:
        share, rng = self._rhythm["share"], self._rng
        short = rng.random() < (
            0.6 if self._short < share["short_lead"] * 1.07 * self._total else 0.05
        )
        due = plan_due(rng, sent, timing=matter.timing, short=short, vague=share["no_deadline"])
        self._total += 1
        self._short += is_short(sent, due)
        return due

    def _targets(self, bucket: str, street: str | None) -> tuple[str, ...]:
        if street is None:
            return tuple(u.name for u in self._world.streets)
        all_of_it = self._world.communities_of(street)
        if bucket.endswith("wide"):
            return all_of_it
        if bucket == "phone_street":
            return (street,)
        number = 1 if bucket in PHONE_BUCKETS else self._rng.choices((1, 2, 3), (56, 30, 14))[0]
        chosen = set(self._rng.sample(all_of_it, number))
        return tuple(name for name in all_of_it if name in chosen)


def _place(rng: Random) -> str:
    places = load("units")["places"]
    place: str = rng.choice(places["street"])
    return place + (
        rng.choice(places["building"]) if rng.random() < 0.4 and "楼" not in place else ""
    )


def _slots(days: Days, every: str, nth: int) -> Iterator[date]:
    """The days on which a series' notice goes out: a weekday, the month's first days, and so on."""
    if every == "daily":
        seen: set[int] = set()
        for day in days.work:
            if day.weekday() in (1, 3) and day.isocalendar().week not in seen:
                seen.add(day.isocalendar().week)
                yield day
    elif every == "weekly":
        weeks: set[int] = set()
        for day in days.work:
            if (
                day.isocalendar().week not in weeks
                and day.weekday() >= nth % 3
                and day < days.last.date()
            ):
                weeks.add(day.isocalendar().week)
                yield day
    elif days.work:
        yield days.work[min(nth, len(days.work) - 1)]
