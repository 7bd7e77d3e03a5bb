"""What Django warns about before a service goes live: nothing, behind an HTTPS gateway."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_check_deploy_is_clean_behind_https(tmp_path: Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("QZ_")}
    settings = {"QZ_HTTPS": "1", "QZ_HOME": str(tmp_path / "home")}
    settings["DJANGO_SETTINGS_MODULE"] = "qingzhuang.site.settings"
    command = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(command, env=own | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "System check identified no issues" in done.stdout
