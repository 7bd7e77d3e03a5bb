"""Web server and workers together: started, watched, and stopped as one."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from urllib.request import urlopen

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.site.options import option

_START_SECONDS = 30
_STOP_SECONDS = 20


class _Asked(Exception):  # noqa: N818 - nothing is wrong: somebody wants us to stop
    """SIGTERM or SIGINT came."""


def serve(logins: Sequence[tuple[str, str, str]] = ()) -> int:
    """Serve until told to stop. `logins` (who, user name, password) are printed with the address.

    A worker that dies is started again; when the web server dies everything stops. Raises
    UserError site.port_taken.
    """
    host, port = option("QZ_HOST"), int(option("QZ_PORT"))
    _check_port(host, port)
    Path(option("QZ_HOME"), "static").mkdir(parents=True, exist_ok=True)
    for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(name, _ask)
    web = subprocess.Popen(  # noqa: S603 - our own interpreter and words
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws",
            "--host", host, "--port", str(port), "--workers", "2", "--blocking-threads", "4",
            "--log-level", "warning", "--respawn-failed-workers",
            "qingzhuang.site.wsgi:application",
        ],
        start_new_session=True,
    )  # fmt: skip
    workers = [_start_worker() for _ in range(int(option("QZ_WORKERS")))]
    try:
        _wait_until_up(f"http://{host}:{port}/healthz", web)
        _say(host, port, logins)
        while web.poll() is None:
            workers = [one if one.poll() is None else _start_worker() for one in workers]
            time.sleep(1)
        return web.returncode or 0
    except _Asked:
        return 0
    finally:
        _stop([web, *workers])


def _ask(_number: int, _frame: FrameType | None) -> None:
    raise _Asked


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise UserError("site.port_taken", port=port) from None


def _start_worker() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "qingzhuang.site.cli", "worker"]
    return subprocess.Popen(command, start_new_session=True)  # noqa: S603 - as above


def _wait_until_up(url: str, web: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and web.poll() is None:
        with contextlib.suppress(OSError), urlopen(url, timeout=2):  # noqa: S310 - our own address
            return
        time.sleep(0.1)


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End each process with all its children; what does not end in time is killed."""
    for process in processes:
        _signal_group(process, signal.SIGTERM)
    ends = time.monotonic() + _STOP_SECONDS
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(0.1, ends - time.monotonic()))
        # Its job is put back by whoever comes next; a child that outlived it would keep the port.
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _say(host: str, port: int, logins: Sequence[tuple[str, str, str]]) -> None:
    print(f"\n轻装开好了：http://{host}:{port}/", flush=True)
    for who, name, password in logins:
        print(f"  {who}：用户名 {name}，口令 {password}", flush=True)
    if logins:
        print("  （演示数据全是编的；后台还在读原始文件，打开“来源”能看到读到哪了。）", flush=True)
    print("按 Ctrl+C 停下。", flush=True)
