"""Reference pages are what the program says of itself, today."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.site.reference import FOLDER, write_reference


def test_reference_is_not_stale() -> None:
    assert write_reference(check=True) == 0, "run `make docs`"


def test_a_stale_page_is_told_and_put_right(tmp_path: Path) -> None:
    copy = tmp_path / "reference"
    shutil.copytree(FOLDER, copy)
    (copy / "jobs.md").write_text("old", "utf-8")
    (copy / "errors.md").unlink()
    assert write_reference(check=True, folder=copy) == 1
    assert (copy / "jobs.md").read_text("utf-8") == "old"
    assert write_reference(check=False, folder=copy) == 0
    assert write_reference(check=True, folder=copy) == 0


def test_an_installation_without_docs_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"site\.no_docs"):
        write_reference(check=False, folder=tmp_path / "docs" / "reference")
