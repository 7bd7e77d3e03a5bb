"""Values of the demo district: who lives in it, what is wanted of whom, and what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An office. `line` is the 条线 it belongs to; `parent` a unit's name or the district."""

    name: str
    short: str
    kind: str
    parent: str
    staff: int
    line: str = "综合"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody invented. `account` is a QQ number of twelve digits, which nobody can have."""

    number: int
    name: str
    sex: str
    born: date
    unit: str
    post: str
    desk: str = ""
    phone: str = ""
    nick: str = ""
    title: str = ""  # 群主, 管理员

    @property
    def account(self) -> str:
        return f"9900{self.number:08d}"

    @property
    def wxid(self) -> str:
        return f"wxid_demo{self.number:08d}"

    @property
    def shown(self) -> str:
        return self.nick or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A piece of work that somebody wants, with the ways in which it is said."""

    id: str
    by: str
    kinds: tuple[str, ...]
    name: str
    say: tuple[str, ...]
    title: str = ""
    names: tuple[str, ...] = ()
    phone: tuple[str, ...] = ()
    timing: str = "due"  # due, event, number, hours, morning, now
    every: str = "once"
    flags: tuple[str, ...] = ()
    reach: str = ""
    columns: tuple[str, ...] = ()
    cancelled_on: str = ""
    asked: str = ""
    night: bool = False

    @property
    def has_place(self) -> bool:
        return any("{place}" in line for line in (*self.say, *self.phone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A moment by which, and how finely it is told: day, close, noon, clock, hours, event."""

    at: datetime
    grain: str
    hours: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One time that a matter has to be done. `key` names the matter, with its place if it has one.

    `bucket` is where it is first said (a key of rhythm.toml's `distinct`); `targets` the units
    that must act; `street` None when a department asks all streets.
    """

    key: str
    number: int
    matter: Matter
    name: str
    issuer: str
    department: str | None
    line: str
    bucket: str
    street: str | None
    targets: tuple[str, ...]
    sent_at: datetime
    due: Due | None
    place: str = ""
    down: bool = False
    rebound: bool = False
    emergency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A chat group and the level it works on: district, street, grid or resident."""

    name: str
    level: str
    street: str = ""
    community: str = ""
    lines: tuple[str, ...] = ()
    main: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message as it stands in a file. `place` is a group's name, "收文" or "电话:<sheet>".

    `life` tells what it is in the life of its round (first, forward, reminder, correction,
    grid, chase, pointer, document) or, when nothing is asked, what kind of talk it is.
    """

    number: int
    place: str
    sender: Person
    at: datetime
    text: str
    life: str
    round: Round | None = None
    due_at: datetime | None = None
    copy_of: int | None = None
    flags: tuple[str, ...] = ()
    extra: Mapping[str, Any] | None = None

    @property
    def is_ask(self) -> bool:
        return self.round is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSummary:
    """What was written: files with their number of messages (or rows), and messages by kind."""

    files: Mapping[str, int]
    kinds: Mapping[str, int]
    messages: int
    asks: int
    distinct_asks: int
    units: int
    people: int

    def lines(self) -> list[str]:
        """The summary for a terminal, one fact a line."""
        head = [
            f"{len(self.files)} 个文件，{self.messages} 条消息，其中要求 {self.asks} 条"
            f"（去重后 {self.distinct_asks} 项），单位 {self.units} 个，人员 {self.people} 名",
        ]
        body = [f"{count:>6}  {path}" for path, count in self.files.items()]
        return head + body + [f"{count:>6}  {kind}" for kind, count in sorted(self.kinds.items())]
