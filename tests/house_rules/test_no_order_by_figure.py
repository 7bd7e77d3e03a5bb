"""Law 3: units are never ranked, so nothing is sorted by a figure about them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.urls import get_resolver

from qingzhuang.site.reference import list_routes

PACKAGE = Path(__file__).parents[2] / "qingzhuang"
FIGURE = re.compile(
    r"(^|_)(count|counts|total|sum|score|points|rank|rate|ratio|percent|hours|minutes|burden"
    r"|average|headcount|number|failures|Count|Sum|Avg)($|_)"
)
RANKING = re.compile(r"(?i)(?<![a-z])(rank|league|leader_?board|top[-_/])|排名|排行|红黑榜")
# What is ordered by a number that says nothing of a unit.
HARMLESS = {"TrailSeal": {"number", "-number"}}


def sort_keys(tree: ast.AST) -> Iterator[str]:
    """The names by which anything is sorted: order_by(…), ordering = …, key=lambda …"""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("order_by"):
            owner = ast.unparse(node.func).partition(".")[0]
            for part in node.args:
                text = part.value if isinstance(part, ast.Constant) else ast.unparse(part)
                if str(text) not in HARMLESS.get(owner, ()):
                    yield str(text)
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "ordering":
            yield from re.findall(r"\w+", ast.unparse(node.value))


def figures(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text) if FIGURE.search(word)]


def test_no_query_is_ordered_by_a_figure() -> None:
    for path in PACKAGE.rglob("*.py"):
        for key in sort_keys(ast.parse(path.read_text("utf-8"))):
            assert not figures(key), f"{path}: ordered by {key}"
    for model in apps.get_models():
        assert not figures(" ".join(map(str, model._meta.ordering))), model


def test_no_page_offers_an_order_or_a_ranking() -> None:
    for path in PACKAGE.rglob("*.html"):
        text = path.read_text("utf-8")
        assert not RANKING.search(text), path
        for key in re.findall(r"dictsort\w*:(\S+)", text):
            assert not figures(key), path
    assert [
        path for path, _, _ in list_routes(get_resolver().url_patterns) if RANKING.search(path)
    ] == []


def test_no_request_chooses_what_to_sort_by() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text("utf-8")
        assert not re.search(r"""GET(\.get\(|\[)["'](sort|order|order_by|rank|top)["']""", text), (
            path
        )


def test_the_rule_would_notice() -> None:
    bad = ast.parse("Unit.objects.order_by('-ask_count')\nq.order_by(Count('asks').desc())")
    assert all(figures(key) for key in sort_keys(bad))
    assert len(list(sort_keys(bad))) == 2
