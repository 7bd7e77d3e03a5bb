"""Kept files in a folder of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _own_home(settings: Any, tmp_path: Path) -> Path:
    settings.QZ_HOME = tmp_path
    return tmp_path
