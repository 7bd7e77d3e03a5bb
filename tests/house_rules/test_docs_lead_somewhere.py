"""A page that points to nothing is worse than none; a command that is told can be given."""

from __future__ import annotations

import re
from pathlib import Path

from qingzhuang.site.cli import build_parser

HOUSE = Path(__file__).parents[2]
PAGES = [*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md"), *HOUSE.glob("requirements/*.md")]


def test_links_and_paths_exist() -> None:
    missing = []
    for page in PAGES:
        text = page.read_text("utf-8")
        links = [page.parent / link for link in re.findall(r"\]\(([^)#:\s]+)\)", text)]
        named = re.findall(r"`((?:docs|tests|tools|requirements|\.ci|qingzhuang)/[\w./-]+)`", text)
        named += [f"qingzhuang/{path}" for path in re.findall(r"`((?:intake|org)/[\w./]+)`", text)]
        missing += [str(path) for path in links if not path.exists()]
        missing += [path for path in named if not (HOUSE / path).exists()]
    assert missing == []


def test_commands_and_targets_exist() -> None:
    usage = build_parser().format_help()
    targets = set(re.findall(r"(?m)^([\w ]+):", (HOUSE / "Makefile").read_text("utf-8")))
    makes = {word for names in targets for word in names.split()}
    for page in PAGES:
        text = page.read_text("utf-8")
        for command in re.findall(r"(?:`|bin/)qz ([a-z]+)", text):
            assert re.search(rf"(?m)^    {command} ", usage), f"{page}: qz {command}"
        for words in re.findall(r"(?:`|^    )make ([a-z ]+?)(?:`| +#|$)", text, re.M):
            assert set(words.split()) <= makes, f"{page}: make {words}"


def test_decisions_are_numbered_once_and_dated() -> None:
    pages = sorted((HOUSE / "docs/decisions").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    assert all(re.search(r"(?m)^Date: \d{4}-\d\d", page.read_text("utf-8")) for page in pages)
