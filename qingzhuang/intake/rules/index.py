"""What the index of words holds of an ask, so that one index answers every filter of the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qingzhuang.kit.pure.ids import digest
from qingzhuang.kit.pure.search import search_words


def index_words(
    *,
    text: str,
    place: str,
    issuer: str,
    kinds: Iterable[str],
    flags: Iterable[str],
    channel: str,
) -> str:
    """The words of the text, and a mark for each thing that a person filters by."""
    marks = [
        *(place_mark(path) for path in _with_those_above(place)),
        channel_mark(channel),
        *(kind_mark(kind) for kind in kinds),
        *(flag_mark(flag) for flag in flags),
    ]
    if issuer:
        marks.append(issuer_mark(issuer))
    return " ".join([search_words(f"{issuer} {text}"), *marks])


def place_mark(path: str) -> str:
    """'0001.0007.' → 'p0x0001x0007': an ask bears those of its place and of all above it."""
    return "p0x" + path.rstrip(".").replace(".", "x").lower()


def issuer_mark(issuer: str) -> str:
    return f"i0{digest(issuer)[:12]}z"


def kind_mark(kind: str) -> str:
    return "k0" + kind.replace("_", "")


def flag_mark(flag: str) -> str:
    return "f0" + flag.replace("_", "")


def channel_mark(channel: str) -> str:
    return "c0" + channel.replace("_", "")


def _with_those_above(path: str) -> Iterator[str]:
    steps = path.split(".")[:-1]
    for count in range(1, len(steps) + 1):
        yield ".".join(steps[:count]) + "."
