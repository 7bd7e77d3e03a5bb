"""A small invented district that gives things in."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qingzhuang.intake.actions import add_source
from qingzhuang.intake.models import LawfulBasis, Source, SourceKind
from qingzhuang.kit.jobs.worker import run_ready_jobs
from qingzhuang.org.actions import add_unit
from qingzhuang.org.models import Unit
from qingzhuang.org.rules import PERMISSIONS_OF
from qingzhuang.org.types import Actor, Grant, Role, Scope, UnitKind

ROOT = Actor.program("test")


@dataclass
class Town:
    district: Unit
    street: Unit
    pond: Unit
    bridge: Unit


@pytest.fixture
def own_home(settings: Any, tmp_path: Path) -> Path:
    settings.QZ_HOME = tmp_path
    return tmp_path


@pytest.fixture
def town(db: None, own_home: Path) -> Town:
    return build_town()


def build_town() -> Town:
    def unit(name: str, kind: UnitKind, parent: Unit | None = None) -> Unit:
        return add_unit(actor=ROOT, name=name, kind=kind, parent=parent)

    district = unit("江岚区", UnitKind.DISTRICT)
    street = unit("柳巷街道", UnitKind.STREET, district)
    return Town(
        district=district,
        street=street,
        pond=unit("荷塘社区", UnitKind.COMMUNITY, street),
        bridge=unit("石桥社区", UnitKind.COMMUNITY, street),
    )


def somebody(unit: Unit, role: Role = Role.COMMUNITY) -> Actor:
    grant = Grant(path=unit.path, permissions=PERMISSIONS_OF[role])
    return Actor(id=f"user:{unit.pk}", scope=Scope(grants=(grant,)))


Give = Callable[..., Source]


@pytest.fixture
def give() -> Give:
    """Give text or bytes in at a unit; read at once unless `read=False`."""

    def given(
        unit: Unit,
        data: str | bytes,
        *,
        name: str = "群.txt",
        kind: SourceKind = SourceKind.UPLOAD,
        read: bool = True,
        retention_days: int = 30,
    ) -> Source:
        source = add_source(
            actor=somebody(unit),
            place=unit.path,
            kind=kind,
            name=name,
            stream=io.BytesIO(data.encode() if isinstance(data, str) else data),
            lawful_basis=LawfulBasis.DUTY,
            retention_days=retention_days,
        )
        if read:
            run_ready_jobs()
        return Source.objects.unscoped("test").get(pk=source.pk)

    return given


def qq_group(lines: list[tuple[str, str, str]], group: str = "柳巷街道工作群") -> str:
    """A QQ export: (moment, "name(number)", text)."""
    head = (
        "消息记录（此消息记录为文本格式，不支持重新导入）\n\n"
        f"{'=' * 64}\n消息分组:我的群聊\n{'=' * 64}\n消息对象:{group}\n{'=' * 64}\n\n"
    )
    return head + "".join(f"{at} {who}\n{text}\n\n" for at, who, text in lines)
