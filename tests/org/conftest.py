"""A small invented district, 江岚区, and people who hold posts in it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from qingzhuang.org.actions import add_unit, create_person, create_user, grant_post
from qingzhuang.org.models import Unit, User
from qingzhuang.org.types import Actor, Role, UnitKind

ROOT = Actor.program("test")
PASSWORD = "Reeds-by-the-lake-7"


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Real hashing takes a third of a second each, on purpose; no test here is about that."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@dataclass
class District:
    district: Unit
    burden_office: Unit
    housing: Unit
    housing_office: Unit
    willow: Unit
    willow_desk: Unit
    bridge: Unit
    pond: Unit
    spring: Unit


@pytest.fixture
def district(db: None) -> District:
    def unit(name: str, kind: UnitKind, parent: Unit | None, short: str = "") -> Unit:
        return add_unit(actor=ROOT, name=name, kind=kind, parent=parent, short_name=short)

    top = unit("江岚区", UnitKind.DISTRICT, None)
    housing = unit("江岚区住房和城乡建设局", UnitKind.DEPARTMENT, top, "住建局")
    willow = unit("柳巷街道", UnitKind.STREET, top)
    spring = unit("清泉街道", UnitKind.STREET, top)
    return District(
        district=top,
        burden_office=unit("区减负办", UnitKind.DEPARTMENT, top),
        housing=housing,
        housing_office=unit("物业科", UnitKind.OFFICE, housing),
        willow=willow,
        willow_desk=unit("党建办", UnitKind.OFFICE, willow),
        bridge=unit("石桥社区", UnitKind.COMMUNITY, willow),
        pond=unit("荷塘社区", UnitKind.COMMUNITY, willow),
        spring=spring,
    )


@pytest.fixture
def make_user(district: District) -> Callable[..., User]:
    def make(
        username: str,
        role: Role | None,
        unit: Unit,
        *,
        from_on: date | None = None,
        until_on: date | None = None,
        must_change: bool = False,
    ) -> User:
        person = create_person(actor=ROOT, name=f"{username}某", unit=unit)
        grant_post(
            actor=ROOT, person=person, unit=unit, role=role, title="干部",
            from_on=from_on, until_on=until_on,
        )  # fmt: skip
        user, _ = create_user(actor=ROOT, username=username, person=person, password=PASSWORD)
        user.must_change_password = must_change
        user.save(update_fields=["must_change_password"])
        return user

    return make


@pytest.fixture
def workbook() -> Callable[..., bytes]:
    """Bytes of an .xlsx: `rows` from the top, `merged` as A1 ranges with their value."""

    def make(
        rows: Sequence[Sequence[object]],
        merged: Sequence[tuple[str, object]] = (),
        sheet: str = "表",
    ) -> bytes:
        held = io.BytesIO()
        with xlsxwriter.Workbook(held, {"in_memory": True}) as book:
            page = book.add_worksheet(sheet)
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            for number, row in enumerate(rows):
                for column, cell in enumerate(row):
                    if isinstance(cell, date):
                        page.write_datetime(number, column, cell, day)
                    elif cell is not None:
                        page.write(number, column, cell)
            for place, value in merged:
                page.merge_range(place, value)
        return held.getvalue()

    return make
