"""Talk that asks nothing of anybody: answers, thanks, announcements, neighbours, the system."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from qingzhuang.demo.days import Days
from qingzhuang.demo.source import groups, load, topics
from qingzhuang.demo.story import REGISTER, Story
from qingzhuang.demo.types import Group, Person, Said
from qingzhuang.demo.world import World, id_number, short_community

SYSTEM = Person(number=0, name="系统消息", sex="", born=date(2000, 1, 1), unit="", post="")


class Chatter:
    """Adds so many messages without an ask that their share of all is as rhythm.toml says."""

    def __init__(self, rng: Random, world: World, story: Story, days: Days) -> None:
        self._rng, self._world, self._story, self._days = rng, world, story, days
        self._lines = load("chatter")

    def fill(self) -> None:
        """Answers follow the asks of their group; the rest is spread over days and groups."""
        asks = [said for said in self._story.said if said.is_ask]
        share = load("rhythm")["share"]["non_ask"]
        wanted = round(len(asks) * share / (1 - share))
        for _ in range(wanted * 3 // 100):
            self._register()
        for _ in range(wanted * 2 // 100):
            self._phone()
        by_group: dict[str, list[Said]] = defaultdict(list)
        for said in asks:
            by_group[said.place].append(said)
        todo = wanted - wanted * 3 // 100 - wanted * 2 // 100
        group_asks = [s for g in groups() for s in by_group[g.name]]
        named = {g.name: g for g in groups()}
        done = 0
        while done < todo * 6 // 10 and group_asks:
            done += self._answers(self._rng.choice(group_asks), named)
        weights = [
            6 if g.level == "resident" else 2 + len(by_group[g.name]) // 60 for g in groups()
        ]
        while done < todo:
            self._talk(self._rng.choices(groups(), weights)[0])
            done += 1

    def _answers(self, ask: Said, named: dict[str, Group]) -> int:
        """One to four replies to an ask, within the minutes or hours after it."""
        rng, group = self._rng, named[ask.place]
        at, count = ask.at, rng.choice((1, 1, 2, 3, 4))
        made = 0
        for _ in range(count):
            at += timedelta(seconds=rng.choice((20, 45, 90, 200, 600, 2400)) + rng.randrange(30))
            if at > self._days.last:
                break
            kind = rng.choices(
                ("ack", "answer", "question", "thanks", "personal"), (46, 30, 12, 6, 2)
            )[0]
            self._say(group, self._member(group), at, kind)
            made += 1
            if kind == "question":
                self._say(group, ask.sender, at + timedelta(seconds=50), "reply")
                made += 1
        return made or 1

    def _talk(self, group: Group) -> None:
        rng = self._rng
        at = self._days.draw(rng, off_hours=0.45 if group.level == "resident" else 0.2)
        kinds = {"resident": (4, 8, 10, 3, 75), "grid": (10, 35, 45, 10, 0)}
        weights = kinds.get(group.level, (30, 34, 28, 8, 0))
        kind = rng.choices(("announce", "media", "chat", "system", "resident"), weights)[0]
        self._say(group, self._member(group), at, kind)

    def _member(self, group: Group) -> Person:
        rng, world = self._rng, self._world
        if group.level == "resident":
            return rng.choice(world.residents)
        if group.level == "grid":
            return world.community_person(group.community, rng.randrange(5))
        if group.level == "street":
            return world.community_person(
                rng.choice(world.communities_of(group.street)), rng.randrange(6)
            )
        street = rng.choice(world.streets).name
        desk = world.line_desk(group.lines[0])
        if rng.random() < 0.2:
            return rng.choice(self._people())
        clerk = world.desk_clerk(street, desk, rng.randrange(2))
        return replace(
            clerk, nick=f"{street}{clerk.nick.removeprefix('街道').removeprefix('镇')}", title=""
        )

    def _people(self) -> list[Person]:
        return [self._world.department_clerk(d.short, 0) for d in self._world.departments[:10]]

    def _say(self, group: Group, who: Person, at: datetime, kind: str) -> None:
        rng = self._rng
        line = rng.choice(self._lines[kind])
        someone = rng.choice(self._world.residents)
        places = load("units")["places"]
        me = short_community(who.unit) if who.unit.endswith(("社区", "村")) else who.unit[:2]
        text = line
        for slot, value in {
            "me": me, "n": str(rng.randrange(1, 60)), "m": str(rng.randrange(1, 9)),
            "place": rng.choice(places["street"]), "file": rng.choice(self._lines["files"]),
            "who": who.shown, "other": someone.shown, "group": group.name, "name": someone.name,
            "id": id_number(someone.born, someone.number, someone.sex), "phone": someone.phone,
        }.items():  # fmt: skip
            text = text.replace("{" + slot + "}", value)
        text = text.replace("村社区", "村")
        self._story.add(
            group.name, SYSTEM if kind == "system" else who, min(at, self._days.last), text, kind
        )

    def _register(self) -> None:
        rng = self._rng
        department = rng.choice(self._world.departments)
        topic = rng.choice([t for names in topics()[department.short].values() for t in names])
        text = rng.choice(self._lines["register"]).replace("{topic}", topic)
        clerk = self._world.department_clerk(department.short, 0)
        at = self._days.draw(rng, off_hours=0)
        self._story.add(
            REGISTER,
            clerk,
            at,
            text,
            "for_information",
            extra={"due": None, "issuer": department.short},
        )

    def _phone(self) -> None:
        rng, rhythm = self._rng, load("rhythm")
        bucket, street = rng.choice(
            (("phone_street", rhythm["pilot"]), ("phone_community", rhythm["pilot"]))
        )
        text = rng.choice(self._lines["phone"])
        place = rng.choice(load("units")["places"]["street"])
        community = short_community(rng.choice(self._world.communities_of(street)))
        text = text.replace("{place}", place).replace("{comm}", community)
        duty = self._world.staff(street)[4 + rng.randrange(6)]
        self._story.add(
            f"电话:{bucket}:{street}", duty, self._days.draw(rng, off_hours=0.05), text, "call"
        )
