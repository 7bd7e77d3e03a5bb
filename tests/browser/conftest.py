"""A whole house for browser tests: its own data folder, web server, worker, and Chromium."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PASSWORD = "Fang-xin-2026"


@dataclass
class House:
    address: str
    home: Path
    serve: subprocess.Popen[bytes]

    def kill_worker(self) -> int:
        """kill -9 on the worker that runs now; answers its process id."""
        for pid in self._children():
            if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                os.kill(pid, signal.SIGKILL)
                return pid
        raise AssertionError("no worker is running")

    def _children(self) -> list[int]:
        found = Path(f"/proc/{self.serve.pid}/task/{self.serve.pid}/children").read_text().split()
        return [int(pid) for pid in found]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's Chromium is not installed: apt-get install chromium")
    home = tmp_path_factory.mktemp("home")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {**os.environ, "QZ_HOME": str(home), "QZ_PORT": str(port), "QZ_DATABASE_URL": ""}
    prepare = Path(__file__).with_name("prepare_house.py")
    subprocess.run([sys.executable, str(prepare), PASSWORD], env=env, check=True)
    serve = subprocess.Popen([sys.executable, "-m", "qingzhuang.site.cli", "serve"], env=env)
    address = f"http://127.0.0.1:{port}"
    _wait(address, serve)
    yield House(address, home, serve)
    serve.terminate()
    serve.wait(30)


def _wait(address: str, serve: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            with urlopen(f"{address}/healthz", timeout=2):
                return
        except (URLError, OSError):
            assert serve.poll() is None, "qz serve has ended"
            time.sleep(0.1)
    raise AssertionError("qz serve does not answer")


@pytest.fixture(params=["desktop", "phone"])
def page(request: pytest.FixtureRequest, house: House):
    """A signed-in community secretary's page, on the office PC and on the phone."""
    from playwright.sync_api import sync_playwright

    size = {"desktop": (1366, 768), "phone": (390, 844)}[request.param]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", base_url=house.address
        )
        page = context.new_page()
        page.goto("/login/")
        page.fill("input[name=username]", "fuan")
        page.fill("input[name=password]", PASSWORD)
        page.click("main button")
        page.wait_for_url("**/today/")
        yield page
        browser.close()
