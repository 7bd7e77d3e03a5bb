"""People of an invented district who sit down at their screens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from qingzhuang.kit.jobs.worker import run_ready_jobs
from qingzhuang.org.actions import add_unit, create_person, create_user, grant_post
from qingzhuang.org.models import Unit, User
from qingzhuang.org.types import Actor, Role, UnitKind

PASSWORD = "Reeds-by-the-lake-7"
ROOT = Actor.program("test")


@pytest.fixture(autouse=True)
def _own_home(settings: Any, tmp_path: Path) -> None:
    """Quick passwords (no story is about hashing them) and a data folder of its own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.QZ_HOME = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@dataclass
class Town:
    district: Unit
    housing: Unit
    street: Unit
    pond: Unit
    bridge: Unit
    other_street: Unit


@pytest.fixture
def town(db: None) -> Town:
    def unit(name: str, kind: UnitKind, parent: Unit | None = None, short: str = "") -> Unit:
        return add_unit(actor=ROOT, name=name, kind=kind, parent=parent, short_name=short)

    district = unit("江岚区", UnitKind.DISTRICT)
    street = unit("柳巷街道", UnitKind.STREET, district)
    return Town(
        district=district,
        housing=unit("江岚区住房和城乡建设局", UnitKind.DEPARTMENT, district, "住建局"),
        street=street,
        pond=unit("荷塘社区", UnitKind.COMMUNITY, street),
        bridge=unit("石桥社区", UnitKind.COMMUNITY, street),
        other_street=unit("清泉街道", UnitKind.STREET, district),
    )


Enter = Callable[[Role, Unit], Client]


@pytest.fixture
def enter(town: Town) -> Enter:
    """Somebody with that role signs in by the login page."""
    users: dict[tuple[Role, int], User] = {}

    def sign_in(role: Role, unit: Unit) -> Client:
        name = f"{role}-{unit.pk}"
        if (role, unit.pk) not in users:
            person = create_person(actor=ROOT, name=f"{role}某", unit=unit)
            grant_post(actor=ROOT, person=person, unit=unit, role=role, title="干部")
            user, _ = create_user(actor=ROOT, username=name, person=person, password=PASSWORD)
            user.must_change_password = False
            user.save(update_fields=["must_change_password"])
            users[role, unit.pk] = user
        client = Client(headers={"host": "localhost"})
        answer = client.post("/login/", {"username": name, "password": PASSWORD})
        assert answer.status_code == 302, answer.content.decode()
        return client

    return sign_in


@pytest.fixture
def worker_runs() -> Callable[[], int]:
    return run_ready_jobs


def text_of(answer: Any) -> str:
    return answer.content.decode()
