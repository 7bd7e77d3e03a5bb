"""Telling whether a process on this machine still lives, without trusting its number alone."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


@cache
def _machine() -> str:
    """This boot of this machine (or container): process numbers mean something only within it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{os.readlink('/proc/self/ns/pid')}"
    except OSError:  # no /proc here: then only the heartbeat tells
        return ""


def _started(pid: int) -> str | None:
    """When the process began (clock ticks since boot); None when it is gone or only a corpse."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = line.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return None if fields[0] in "ZX" else fields[19]


def own_birth() -> str:
    """What tells this process from all others: machine, number, start. Empty when unknown."""
    started = _started(os.getpid())
    return f"{_machine()}/{os.getpid()}/{started}" if _machine() and started else ""


def is_gone(birth: str) -> bool:
    """True only when the process surely ran on this machine and surely ended."""
    return _looks_alive(birth) is False


def is_alive(birth: str) -> bool:
    """True only when the process surely runs on this machine now."""
    return _looks_alive(birth) is True


def _looks_alive(birth: str) -> bool | None:
    machine, _, started = birth.rpartition("/")
    machine, _, pid = machine.rpartition("/")
    if not birth or machine != _machine() or not pid.isdecimal():
        return None  # elsewhere, or nobody can tell
    return _started(int(pid)) == started
