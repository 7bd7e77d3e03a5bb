"""What a sheet's columns mean: header rows recognised by their words, not by their place."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from qingzhuang.kit.pure.text import fold_width

Cell = object  # str, float, int, bool, datetime, date, time, timedelta or None

_BRACKETS = re.compile(r"[(\[【（][^)\]】）]*[)\]】）]")
_SIGNS = re.compile(r"[\s*★☆:：、,，.。/\\\"'“”]")
_LONGEST_HEADER = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of table: which column words it knows, and which columns it cannot be without."""

    name: str
    roles: Mapping[str, str]  # header word → role
    needs: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A recognised header: the kind of table, and each column's name and role ('' unknown)."""

    kind: str
    names: tuple[str, ...]
    roles: tuple[str, ...]
    rows: int  # how many rows the header takes

    def columns(self, role: str) -> list[int]:
        return [index for index, found in enumerate(self.roles) if found == role]

    @property
    def known(self) -> int:
        return len({role for role in self.roles if role})


@cache
def kinds() -> tuple[Kind, ...]:
    """The kinds of data/sheet_headers.toml, in their order."""
    source = files("qingzhuang.intake").joinpath("data/sheet_headers.toml").read_text("utf-8")
    return tuple(
        Kind(
            name=name,
            roles={bare(word): role for role, words in entry["columns"].items() for word in words},
            needs=tuple(tuple(group) for group in entry["needs"]),
        )
        for name, entry in tomllib.loads(source).items()
    )


@cache
def _words() -> frozenset[str]:
    return frozenset(word for kind in kinds() for word in kind.roles)


@cache
def _written() -> frozenset[str]:
    source = files("qingzhuang.intake").joinpath("data/sheet_headers.toml").read_text("utf-8")
    entries = tomllib.loads(source).values()
    return frozenset(w for entry in entries for words in entry["columns"].values() for w in words)


@lru_cache(maxsize=4096)
def bare(word: str) -> str:
    """A header without what differs from office to office: space, brackets, stars, case."""
    folded = fold_width(word)
    return _SIGNS.sub("", _BRACKETS.sub("", folded)).lower() or _SIGNS.sub("", folded).lower()


def shown(cell: Cell) -> str:
    """A header cell as one line."""
    return re.sub(r"\s+", "", cell) if isinstance(cell, str) else ""


def looks_like_header(row: Sequence[Cell]) -> bool:
    """A quick test, for each row, before the slow one: two cells are words that stand over columns."""
    words = _written()
    return sum(1 for cell in row if isinstance(cell, str) and cell in words) >= 2


def find_header(rows: Sequence[Sequence[Cell]], title: str = "") -> tuple[int, Header] | None:
    """The best header among the rows: its first row's index and what it says; None when none.

    `title` is the sheet's or file's name: a table called 电话记录 needs no 来电 over a column.
    """
    best: tuple[int, Header] | None = None
    for index in range(len(rows)):
        above = " ".join([title, *(c for row in rows[:index] for c in row if isinstance(c, str))])
        candidates = [recognise(rows[index], title=above)]
        if index + 1 < len(rows):
            candidates.append(recognise(_folded(rows[index], rows[index + 1]), rows=2, title=above))
        for header in candidates:
            # A title over a header folds into it without harm, so the single row goes first.
            if header and (best is None or _rank(header) > _rank(best[1])):
                best = index, header
    return best


def _rank(header: Header) -> tuple[int, int]:
    return header.known, -header.rows


def recognise(row: Sequence[Cell], *, rows: int = 1, title: str = "") -> Header | None:
    """The kind of table whose header this row is; None when it is none."""
    names = tuple(shown(cell) for cell in row)
    best: Header | None = None
    for kind in kinds():
        roles = tuple(
            kind.roles.get(bare(name), "") if 0 < len(name) <= _LONGEST_HEADER else ""
            for name in names
        )
        present = set(roles)
        by_name = kind.name == "phone" and "电话" in title and "content" in present
        if not by_name and not all(present & set(group) for group in kind.needs):
            continue
        header = Header(kind=kind.name, names=names, roles=roles, rows=rows)
        if best is None or header.known > best.known:
            best = header
    return best


def _folded(upper: Sequence[Cell], lower: Sequence[Cell]) -> list[Cell]:
    """Two header rows as one: a merged upper cell spreads over the lower ones beside it."""
    out: list[Cell] = []
    parent = ""
    for column in range(max(len(upper), len(lower))):
        top = shown(upper[column]) if column < len(upper) else ""
        low = shown(lower[column]) if column < len(lower) else ""
        parent = top or parent
        if not low:
            out.append(top)
        elif bare(low) in _words() and bare(parent + low) not in _words():
            out.append(low)
        else:
            out.append(parent + low if parent != low else low)
    return out
