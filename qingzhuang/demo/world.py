"""The fictional district 江岚区: its units and its invented people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from random import Random

from qingzhuang.demo.source import load
from qingzhuang.demo.types import Person, Unit

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_BIG_VILLAGE = {"莲花山村": 16}
STREET_STAFF = 110


def id_number(born: date, number: int, sex: str) -> str:
    """An 18-digit number with a right check digit in region 9901xx, which is no place."""
    order = number % 500 * 2 + (1 if sex == "男" else 0)
    body = f"9901{number % 90 + 10:02d}{born:%Y%m%d}{order % 1000:03d}"
    return (
        body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _ID_WEIGHTS, strict=True)) % 11]
    )


def short_community(name: str) -> str:
    """兴华社区 → 兴华; 红星村 → 红星村, as people say it."""
    return name.removesuffix("社区")


def desk_of(street: str, desk: str) -> str:
    """A desk's short name as that street or town writes it: 街道党政办, 镇党政办."""
    return desk.replace("街道", "镇", 1) if street.endswith("镇") else desk


@dataclass(kw_only=True)
class World:
    """All units and people; drawn once from the seed, so that files agree with each other."""

    rng: Random

    @cached_property
    def departments(self) -> tuple[Unit, ...]:
        return tuple(
            Unit(
                name=d["name"],
                short=d["short"],
                kind="区直部门",
                parent="江岚区",
                staff=d["staff"],
                line=d["line"],
            )
            for d in load("units")["department"]
        )

    @cached_property
    def streets(self) -> tuple[Unit, ...]:
        return tuple(
            Unit(
                name=s["name"], short=s["name"], kind=s["kind"], parent="江岚区", staff=STREET_STAFF
            )
            for s in load("units")["street"]
        )

    @cached_property
    def communities(self) -> tuple[Unit, ...]:
        units = []
        for street in load("units")["street"]:
            for name in street["communities"]:
                village = name.endswith("村")
                staff = _BIG_VILLAGE.get(name, 10 if village else 12)
                kind = "村" if village else "社区"
                units.append(
                    Unit(
                        name=name,
                        short=short_community(name),
                        kind=kind,
                        parent=street["name"],
                        staff=staff,
                    )
                )
        return tuple(units)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        return (*self.departments, *self.streets, *self.communities)

    def communities_of(self, street: str) -> tuple[str, ...]:
        return tuple(u.name for u in self.communities if u.parent == street)

    def department(self, short: str) -> Unit:
        return next(u for u in self.departments if u.short == short)

    def desk_line(self, desk: str) -> str:
        return next(str(d["line"]) for d in load("units")["desk"] if d["short"] == desk)

    def line_desk(self, line: str) -> str:
        return next(str(d["short"]) for d in load("units")["desk"] if d["line"] == line)

    def _person(self, number: int, unit: str, post: str, desk: str = "") -> Person:
        rng, names = self.rng, load("names")
        sex = rng.choice("男女")
        given = names["male"] if sex == "男" else names["female"]
        surname = (
            rng.choice(names["compound"]) if rng.random() < 0.01 else rng.choice(names["surnames"])
        )
        name = surname + "".join(rng.choice(given) for _ in range(1 if rng.random() < 0.25 else 2))
        born = date(rng.randrange(1966, 2002), rng.randrange(1, 13), rng.randrange(1, 29))
        return Person(
            number=number, name=name, sex=sex, born=born, unit=unit, post=post, desk=desk,
            phone=f"1990000{number:04d}",
        )  # fmt: skip

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Everybody on the roster: contacts of departments, street and community staff."""
        names, desks = load("names"), load("units")["desk"]
        made: list[Person] = []
        for unit in self.departments:
            for post in names["posts_department"][: 3 if unit.staff <= 20 else 5]:
                made.append(self._person(len(made), unit.name, post))
        for unit in self.streets:
            for place in range(STREET_STAFF):
                post = (
                    names["posts_street"][min(place, 3)]
                    if place < 4
                    else names["posts_street"][4 + place % 6]
                )
                desk = "" if place < 4 else desk_of(unit.name, desks[place % len(desks)]["short"])
                made.append(self._person(len(made), unit.name, post, desk))
        for unit in self.communities:
            posts = names["posts_village" if unit.kind == "村" else "posts_community"]
            for place in range(unit.staff):
                made.append(self._person(len(made), unit.name, posts[min(place, len(posts) - 1)]))
        return tuple(made)

    @cached_property
    def _by_unit(self) -> dict[str, list[Person]]:
        found: dict[str, list[Person]] = {}
        for person in self.people:
            found.setdefault(person.unit, []).append(person)
        return found

    def staff(self, unit: str) -> list[Person]:
        return self._by_unit[unit]

    def department_clerk(self, short: str, which: int) -> Person:
        """A clerk of the department with the nickname that he wears in groups."""
        staff = self.staff(self.department(short).name)
        person = staff[-1 - which % 2]
        nick = (
            f"{short}-{person.name}",
            f"{short} {person.name}",
            f"区{short.removeprefix('区')}{person.name}",
        )[which % 3]
        return replace(person, nick=nick)

    def desk_clerk(self, street: str, desk: str, which: int) -> Person:
        """A clerk of the street's desk; the desk of the party office owns the groups."""
        name = desk_of(street, desk)
        staff = [p for p in self.staff(street) if p.desk == name]
        person = staff[which % 2]
        title = "群主" if which % 2 == 0 else "管理员"
        return replace(person, nick=f"{name}-{person.name}", title=title)

    def community_person(self, community: str, which: int) -> Person:
        person = self.staff(community)[which % 5]
        label = short_community(community)
        nick = (f"{label}-{person.name}", f"{label}社区{person.name}", f"{label}{person.name}")[
            which % 3
        ]
        return replace(person, nick=nick.replace("村社区", "村"))

    @cached_property
    def residents(self) -> tuple[Person, ...]:
        """Neighbours in the groups that residents share with their community."""
        nicks = (
            "平安是福",
            "阳光总在风雨后",
            "静静(3号楼)",
            "老张",
            "301-豆豆妈",
            "岁月静好",
            "A建材小陈",
            "5-2-401",
            "快乐每一天",
            "木子李",
        )
        made = []
        for which in range(40):
            person = self._person(9000 + which, "", "居民")
            made.append(
                replace(
                    person,
                    nick=nicks[which] if which < len(nicks) else f"{which}号业主{person.name[0]}",
                )
            )
        return tuple(made)
