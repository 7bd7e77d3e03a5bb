"""What an office can set stands in one table, with a unit and a sentence, and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

from qingzhuang.site.options import OPTIONS
from qingzhuang.site.reference import FOLDER

PACKAGE = Path(__file__).parents[2] / "qingzhuang"


def test_every_setting_is_documented() -> None:
    page = (FOLDER / "settings.md").read_text("utf-8")
    for option in OPTIONS:
        assert option.unit, option.name
        assert option.help.endswith("。"), option.name
        assert f"| `{option.name}` |" in page


def test_no_setting_is_read_that_is_not_in_the_table() -> None:
    known = {option.name for option in OPTIONS}
    for path in PACKAGE.rglob("*.py"):
        named = set(re.findall(r"""["'](QZ_[A-Z_]+)["']""", path.read_text("utf-8")))
        assert named <= known, path
