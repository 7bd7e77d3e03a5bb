"""The word data of the demo, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from qingzhuang.demo.types import Group, Matter

_WRITTEN = ("forms", "group", "oa", "phone")


@cache
def load(name: str) -> dict[str, Any]:
    """`data/<name>.toml` as a dictionary."""
    return tomllib.loads(
        files("qingzhuang.demo").joinpath("data", f"{name}.toml").read_text("utf-8")
    )


def _matter(entry: dict[str, Any]) -> Matter:
    known: dict[str, Any] = {k: v for k, v in entry.items() if k in Matter.__dataclass_fields__}
    return Matter(**_frozen(known))


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}


@cache
def matters(kind: str) -> tuple[Matter, ...]:
    """The matters of `data/matters_<kind>.toml`: forms, group, oa, phone, cancelled, emergency."""
    return tuple(_matter(entry) for entry in load(f"matters_{kind}")["matter"])


@cache
def written() -> tuple[Matter, ...]:
    """All matters written by hand that may still be asked."""
    return tuple(matter for kind in _WRITTEN for matter in matters(kind))


@cache
def topics() -> dict[str, dict[str, list[str]]]:
    return load("topics")


@cache
def coined(department: str, via: str) -> tuple[Matter, ...]:
    """What the grammar makes of a department's topics: topic × action that fit each other."""
    made: list[Matter] = []
    for kind, names in topics()[department].items():
        for topic in names:
            for action in load("actions")["action"]:
                if kind in action["fits"] and via in action["via"]:
                    made.append(_coin(department, topic, action))
    return tuple(made)


def _coin(department: str, topic: str, action: dict[str, Any]) -> Matter:
    def put(text: str) -> str:
        text = text.replace("{topic}", topic)
        for word in ("活动", "宣传", "检查", "排查", "培训"):
            text = text.replace(word + word, word)
        return text

    return Matter(
        id=f"{department}/{topic}/{action['id']}",
        by=department,
        kinds=tuple(action["kinds"]),
        name=put(action["name"]),
        title=put(action["title"]),
        say=tuple(put(line) for line in action["say"]),
        phone=tuple(put(line) for line in action.get("phone", ())),
        timing=action.get("timing", "due"),
        every="any" if action.get("every") else "once",
        flags=tuple(action.get("flags", ())),
    )


@cache
def groups() -> tuple[Group, ...]:
    return tuple(Group(**_frozen(entry)) for entry in load("layout")["group"])


@cache
def gbk_groups() -> frozenset[str]:
    """Groups of which an export in GBK exists: what is said there must fit that code page."""
    return frozenset(
        name
        for entry in load("layout")["file"]
        if entry["encoding"] == "gbk"
        for name in entry["groups"]
    )
