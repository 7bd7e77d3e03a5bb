"""One run of the demo: its world, its rounds and everything said about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from qingzhuang.demo.chatter import Chatter
from qingzhuang.demo.days import Days
from qingzhuang.demo.schedule import Schedule
from qingzhuang.demo.source import load
from qingzhuang.demo.story import Story
from qingzhuang.demo.types import Round, Said
from qingzhuang.demo.wording import Wording
from qingzhuang.demo.world import World
from qingzhuang.kit.pure.clock import at


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be written, before any file format. `said` is in the order of time."""

    world: World
    words: Wording
    rounds: tuple[Round, ...]
    said: tuple[Said, ...]
    start: date
    last: datetime

    def targets(self, made: Round) -> tuple[str, ...]:
        """Units that must act: for what a street hands down, its communities too."""
        if not made.down or made.street is not None:
            return made.targets
        return (*made.targets, *self.world.communities_of(load("rhythm")["pilot"]))


def dice(seed: int, name: str) -> Random:
    """The source of chance for one part of the demo; parts do not disturb each other."""
    return Random(f"{seed}/{name}")  # noqa: S311 - a demo draws lots, it keeps no secret


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))


def make_plan(*, seed: int, months: int, until: date) -> Plan:
    """The months before `until` and its morning up to nine. The same arguments give the same plan."""
    if months < 1:
        raise ValueError("months must be at least 1")
    last = at(until, 8, 58)
    world = World(rng=dice(seed, "people"))
    words = Wording(dice(seed, "words"), world)
    rng = dice(seed, "rounds")
    schedule = Schedule(rng, world, last)
    rounds: list[Round] = []
    starts = [_months_before(until, months - i) for i in range(months)] + [until]
    for nth, start in enumerate(starts[:-1]):
        end = starts[nth + 1] - timedelta(days=0 if nth == months - 1 else 1)
        rounds += schedule.month(Days(start=start, end=end, last=last), first=nth == 0)
    rounds.sort(key=lambda made: (made.sent_at, made.key))
    story = Story(dice(seed, "story"), world, words, last)
    for made in rounds:
        story.tell(made)
    Chatter(dice(seed, "talk"), world, story, Days(start=starts[0], end=until, last=last)).fill()
    said = sorted(story.said, key=lambda said: (said.at, said.number))
    return Plan(
        world=world, words=words, rounds=tuple(rounds), said=tuple(said), start=starts[0], last=last
    )
