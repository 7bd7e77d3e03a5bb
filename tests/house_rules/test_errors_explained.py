"""An error that a person reads says what happened and what to do now; none is missing or spare."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

from qingzhuang.kit.pure.errors import error_catalogue

PACKAGE = Path(__file__).parents[2] / "qingzhuang"
ROOMS = {folder.parent.name for folder in PACKAGE.glob("*/errors.toml")}


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in PACKAGE.rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        yield from ((path, node) for node in nodes if isinstance(node, ast.Call))


def code_of(call: ast.Call) -> str | None:
    """The code that is given to UserError(…), or to anything (a Skip) as `code=`."""
    given = [key.value for key in call.keywords if key.arg == "code"]
    if isinstance(call.func, ast.Name) and call.func.id == "UserError":
        given += call.args[:1]
    literal = given[0].value if given and isinstance(given[0], ast.Constant) else None
    return literal if isinstance(literal, str) and literal.split(".")[0] in ROOMS else None


def test_every_code_that_is_used_has_its_sentence_with_its_words_filled_in() -> None:
    wrong = []
    for path, call in calls():
        if code := code_of(call):
            words = error_catalogue().get(code)
            given = {key.arg for key in call.keywords}
            for _, name, _, _ in string.Formatter().parse(str(words or "")):
                if is_user_error(call) and None not in given and name and name not in given:
                    wrong.append(f"{path.name}:{call.lineno} {code} lacks {name}")
            if words is None:
                wrong.append(f"{path.name}:{call.lineno} {code} is in no errors.toml")
    assert wrong == []


def is_user_error(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "UserError"


def test_every_sentence_is_used_and_ends_with_a_next_step() -> None:
    source = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    assert [code for code in error_catalogue() if f'"{code}"' not in source] == []
    for code, words in error_catalogue().items():
        assert words.message.endswith(("。", "：{why}")), code
        assert words.next_step.endswith("。"), code
        assert "！" not in str(words), code
