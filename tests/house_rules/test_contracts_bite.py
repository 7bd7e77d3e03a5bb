"""A contract that checks nothing looks like one that is kept: so each is broken once, on purpose."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]
ROOMS = "Rooms: a call goes down only"
SHELVES = "Shelves: the same in every room"
KIT, SITE = "Shelves of kit", "Shelves of site"
PURE = "Values, rules, file formats and kit.pure know no Django"
DEMO = "The demo's writer knows no room, as the makers of real exports know none"
# Contract, who imports, what: each must be found, in this contract.
PLANTED = [
    (ROOMS, "trail.rules", "org.types"),
    (ROOMS, "org.actions.tree", "intake.actions"),
    (ROOMS, "intake.queries", "desk.pages"),
    (ROOMS, "intake.pages.asks", "site.navigation"),
    (ROOMS, "notify.registry", "intake.types"),
    (ROOMS, "desk.pages", "demo.writing"),
    (SHELVES, "org.types", "org.rules"),
    (SHELVES, "intake.rules.cues", "intake.models"),
    (SHELVES, "intake.models", "intake.queries"),
    (SHELVES, "files.queries", "files.actions"),
    (SHELVES, "intake.actions", "intake.pages"),
    (SHELVES, "org.actions.posts", "org.access"),
    (SHELVES, "intake.inputs", "intake.adapters.word"),
    (SHELVES, "org.inputs.units", "org.models"),
    (KIT, "kit.pure.text", "kit.clock"),
    (KIT, "kit.append_only", "kit.models"),
    (KIT, "kit.models", "kit.jobs"),
    (SITE, "site.options", "site.settings"),
    (SITE, "site.pages", "site.serving"),
    (PURE, "org.rules", "django"),
    (PURE, "kit.pure.errors", "django"),
    (PURE, "intake.adapters.word", "django"),
    (DEMO, "demo.days", "intake.types"),
    (DEMO, "demo.wording", "kit.clock"),
    ("The models of kit are its own", "trail.queries", "kit.models"),
    ("The models of trail are its own", "org.queries", "trail.models"),
    ("The models of org are its own", "intake.queries", "org.models"),
    ("The models of files are its own", "intake.actions", "files.models"),
    ("The models of intake are its own", "desk.pages", "intake.models"),
]


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What lint-imports says, by contract, of a copy with every wrong import planted in it."""
    copy = tmp_path_factory.mktemp("house")
    bare = shutil.ignore_patterns("__pycache__", "static", "templates", "data")
    shutil.copytree(HOUSE / "qingzhuang", copy / "qingzhuang", ignore=bare)
    shutil.copy(HOUSE / ".importlinter", copy)
    for _, importer, imported in PLANTED:
        stem = copy / "qingzhuang" / importer.replace(".", "/")
        file = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
        with file.open("a", encoding="utf-8") as end:
            end.write(f"\nimport {full_name(imported)}\n")
    (copy / "qingzhuang/org/sundries.py").touch()
    (copy / "qingzhuang/cases").mkdir()
    (copy / "qingzhuang/cases/__init__.py").touch()
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert "\nBroken contracts\n" in done.stdout, done.stdout + done.stderr
    parts = re.split(r"\n([^\n]+)\n-{5,}\n", done.stdout.partition("Broken contracts\n")[2])
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def full_name(name: str) -> str:
    return name if name == "django" else f"qingzhuang.{name}"


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "importer", "imported"), PLANTED)
def test_a_wrong_import_is_found(
    findings: dict[str, str], contract: str, importer: str, imported: str
) -> None:
    line = rf"{re.escape(full_name(importer))} -> {re.escape(full_name(imported))}(\.\w+)* \(l"
    assert re.search(line, findings.get(contract, "")), findings.get(contract, "kept")


@pytest.mark.slow
def test_a_room_or_shelf_without_a_place_is_found(findings: dict[str, str]) -> None:
    assert "cases" in findings[ROOMS]
    assert "sundries" in findings[SHELVES]


def test_every_contract_has_a_breach_planted() -> None:
    config = configparser.ConfigParser()
    config.read(HOUSE / ".importlinter", "utf-8")
    named = {config[part]["name"] for part in config.sections() if ":contract:" in part}
    assert named == {contract for contract, _, _ in PLANTED}


def test_no_list_of_the_contracts_stands_on_one_line() -> None:
    text = (HOUSE / ".importlinter").read_text("utf-8")
    lists = "containers|layers|source_modules|forbidden_modules|protected_modules|allowed_importers"
    assert not re.search(rf"(?m)^({lists}|exhaustive_ignores|ignore_imports) *= *\S", text)
