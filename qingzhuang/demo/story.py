"""From rounds to what was said: first notice, passing on, reminder, correction, and talk."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from qingzhuang.demo.days import is_off_hours, later, working_hours
from qingzhuang.demo.deadlines import SHORT_HOURS
from qingzhuang.demo.source import gbk_groups, groups, load
from qingzhuang.demo.types import Due, Group, Person, Round, Said
from qingzhuang.demo.wording import Wording
from qingzhuang.demo.world import World

REGISTER = "收文"
DOCUMENT = "公文"


def fit_code_page(text: str) -> str:
    """What a GBK export keeps of a text: signs that the code page lacks are dropped."""
    return text.encode("gbk", "ignore").decode("gbk")


class Story:
    """Collects everything said in one run, in the order of making; sort by `at` to read it."""

    def __init__(self, rng: Random, world: World, words: Wording, last: datetime) -> None:
        self._rng, self._world, self._words, self._last = rng, world, words, last
        self._life, self._share = load("rhythm")["life"], load("rhythm")["share"]
        self._pilot = load("rhythm")["pilot"]
        self.said: list[Said] = []
        self._number = 0

    def add(
        self, place: str, sender: Person, at: datetime, text: str, life: str, *,
        made: Round | None = None, due: Due | None = None, copy_of: int | None = None,
        flags: tuple[str, ...] = (), extra: dict[str, object] | None = None,
    ) -> Said:  # fmt: skip
        """One more message. Flags of the round and of the moment are added to those given."""
        self._number += 1
        if place in gbk_groups():
            text = fit_code_page(text)
        if made:
            flags = self._flags(made, at, due, flags)
        said = Said(
            number=self._number, place=place, sender=sender, at=at, text=text, life=life, round=made,
            due_at=due.at if due else None, copy_of=copy_of, flags=flags, extra=extra,
        )  # fmt: skip
        self.said.append(said)
        return said

    def _flags(
        self, made: Round, at: datetime, due: Due | None, more: tuple[str, ...]
    ) -> tuple[str, ...]:
        flags = dict.fromkeys((*made.matter.flags, *more))
        if due and working_hours(at, due.at) < SHORT_HOURS:
            flags["short_notice"] = None
        if is_off_hours(at):
            flags["off_hours"] = None
        if made.emergency:
            flags["life_safety"] = None
        return tuple(flags)

    # -- a round's life ------------------------------------------------------------------------
    def tell(self, made: Round) -> None:
        """All that is said of one round."""
        if made.bucket == "oa":
            self._by_oa(made)
        elif made.bucket.startswith("phone"):
            self._by_phone(made)
        else:
            self._by_group(made)

    def _group(self, made: Round, street: str | None) -> Group:
        level = "street" if street else "district"
        found = [g for g in groups() if g.level == level and g.street == (street or "")]
        by_line = [g for g in found if made.line in g.lines]
        main = [g for g in found if g.main]
        return (
            self._rng.choice(main)
            if main and self._rng.random() < 0.15
            else (by_line or main or found)[0]
        )

    def _clerk(self, made: Round, street: str | None) -> Person:
        which = sum(map(ord, made.matter.name)) % 3
        if street is None:
            return self._world.department_clerk(made.issuer, which)
        return self._world.desk_clerk(street, self._world.line_desk(made.line), which)

    def _by_oa(self, made: Round) -> None:
        clerk = self._clerk(made, None)
        due = (
            made.due
            if not made.due or made.due.grain in ("event",)
            else Due(at=made.due.at.replace(hour=23, minute=59), grain="day")
        )
        first = self.add(
            REGISTER, clerk, made.sent_at, self._words.title(made), "first", made=made, due=due,
            extra={"due": due.at if due and self._rng.random() < 0.9 else None},
        )  # fmt: skip
        if first.extra and first.extra["due"] is None:  # the register's column was left empty
            self.said[-1] = replace(
                first, due_at=None, flags=self._flags(made, made.sent_at, None, ())
            )
        if self._rng.random() < self._life["line_group"]:
            at = self._later(made, made.sent_at, within=timedelta(hours=30))
            if at:
                text, flags = self._words.pointer(made, at)
                self.add(
                    self._group(made, None).name,
                    clerk,
                    at,
                    text,
                    "pointer",
                    made=made,
                    due=made.due,
                    copy_of=first.number,
                    flags=flags,
                )
        self._pass_down(made, first)
        self._follow(made, first, None)

    def _by_group(self, made: Round) -> None:
        group, clerk = self._group(made, made.street), self._clerk(made, made.street)
        text, flags = self._words.first(made, made.sent_at)
        first = self.add(
            group.name, clerk, made.sent_at, text, "first", made=made, due=made.due, flags=flags
        )
        self._pass_down(made, first)
        self._follow(made, first, group.name)

    def _by_phone(self, made: Round) -> None:
        street = made.street or self._pilot
        duty = self._world.staff(street)[4 + made.sent_at.day % 6]
        text = self._words.phone(made, made.sent_at)
        first = self.add(
            f"电话:{made.bucket}:{street}",
            duty,
            made.sent_at,
            text,
            "first",
            made=made,
            due=made.due,
        )
        if self._rng.random() < self._share["told_twice"]:
            at = self._later(made, made.sent_at)
            if at:
                self.add(
                    first.place,
                    duty,
                    at,
                    self._words.phone_chase(made, at),
                    "chase",
                    made=made,
                    due=made.due,
                    copy_of=first.number,
                )

    def _pass_down(self, made: Round, first: Said) -> None:
        if not made.down or made.street is not None or (made.due and made.due.grain == "hours"):
            return
        at = self._later(made, made.sent_at, within=timedelta(hours=28))
        if at is None:
            return
        due = made.due
        if due and due.grain in ("day", "close") and self._rng.random() < 0.3:
            earlier = due.at - timedelta(
                days=1
            )  # the street wants it a day before the department does
            if earlier - at > timedelta(hours=6) and not is_off_day(earlier):
                due = Due(at=earlier, grain=due.grain)
        group = self._group(made, self._pilot)
        text, flags = self._words.passed_on(made, at, self._pilot, due)
        clerk = self._clerk(made, self._pilot)
        self.add(
            group.name,
            clerk,
            at,
            text,
            "forward",
            made=made,
            due=due,
            copy_of=first.number,
            flags=flags,
        )
        self._grid(made, first, at, self._world.communities_of(self._pilot))

    def _follow(self, made: Round, first: Said, place: str | None) -> None:
        rng, life = self._rng, self._life
        if made.emergency or (made.due and made.due.grain == "hours"):
            return
        clerk = first.sender
        if place and rng.random() < life["correction"]:
            at = self._later(made, made.sent_at, within=timedelta(hours=26))
            if at:
                due = made.due
                if due and due.grain == "event":
                    due = Due(at=due.at + timedelta(hours=1), grain="event")
                text, flags = self._words.correction(made, at, due)
                self.add(
                    place,
                    clerk,
                    at,
                    text,
                    "correction",
                    made=made,
                    due=due,
                    copy_of=first.number,
                    flags=flags,
                )
                made = replace(made, due=due)
        for chance in (life["reminder"], life["second_reminder"]):
            at = (
                self._later(made, made.sent_at + timedelta(minutes=40))
                if rng.random() < chance
                else None
            )
            if place and at:
                text, flags = self._words.reminder(made, at)
                self.add(
                    place,
                    clerk,
                    at,
                    text,
                    "reminder",
                    made=made,
                    due=made.due,
                    copy_of=first.number,
                    flags=flags,
                )
        if made.street == self._pilot:
            self._grid(made, first, made.sent_at, made.targets)
            if rng.random() < life["phone_chase"] * 0.5:
                at = self._later(made, made.sent_at)
                if at:
                    sheet = f"电话:phone_community:{self._pilot}"
                    duty = self._world.community_person(made.targets[0], 0)
                    self.add(
                        sheet,
                        duty,
                        at,
                        self._words.phone_chase(made, at),
                        "chase",
                        made=made,
                        due=made.due,
                        copy_of=first.number,
                    )

    def _grid(self, made: Round, first: Said, after: datetime, targets: tuple[str, ...]) -> None:
        if made.matter.kinds[0] in ("meeting", "report", "join_group"):
            return
        for group in groups():
            if (
                group.level == "grid"
                and group.community in targets
                and self._rng.random() < self._life["grid_forward"] / 2
            ):
                at = self._later(made, after, within=timedelta(hours=10))
                if at:
                    text, flags = self._words.grid(made, at, group.community)
                    head = self._world.community_person(group.community, 0)
                    self.add(
                        group.name,
                        head,
                        at,
                        text,
                        "grid",
                        made=made,
                        due=made.due,
                        copy_of=first.number,
                        flags=flags,
                    )

    def _later(
        self, made: Round, after: datetime, within: timedelta | None = None
    ) -> datetime | None:
        """A moment after the notice and well before its deadline, in the time of the files."""
        limit = made.due.at - timedelta(minutes=35) if made.due else after + timedelta(days=3)
        if within:
            limit = min(limit, after + within)
        return later(
            self._rng, after, min(limit, self._last), off_hours=float(self._share["off_hours"])
        )


def is_off_day(moment: datetime) -> bool:
    """True on a day on which nobody works."""
    return is_off_hours(moment.replace(hour=10))
