"""The demo district: its raw files written, then taken in as an office would take in its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from qingzhuang.demo import write_demo
from qingzhuang.intake.actions import add_source
from qingzhuang.intake.models import LawfulBasis, Source, SourceKind
from qingzhuang.kit import clock
from qingzhuang.org.actions import (
    add_unit,
    change_own_password,
    create_person,
    create_user,
    grant_post,
    import_people,
    import_units,
)
from qingzhuang.org.inputs import read_people, read_units
from qingzhuang.org.models import Unit, User
from qingzhuang.org.queries import find_unit_by_name, unit_at
from qingzhuang.org.types import Actor, Role, UnitKind

ACTOR = Actor.program("demo")
PASSWORD = "Qingzhuang-2026"  # noqa: S105 - printed at every start; the data are invented
ROOT = "江岚区"
# Who, user name, role, unit.
LOGINS: tuple[tuple[str, str, Role, str], ...] = (
    ("福安社区书记", "fuan", Role.COMMUNITY, "福安社区"),
    ("石桥街道党政办", "shiqiao", Role.STREET_DESK, "石桥街道"),
    ("区减负办", "jianfu", Role.BURDEN_OFFICE, ROOT),
    ("区住建局业务员", "zhujian", Role.DEPARTMENT_CLERK, "住建局"),
    ("系统管理员", "xitong", Role.SYSTEM_OFFICER, ROOT),
    ("安全管理员", "anquan", Role.SECURITY_OFFICER, ROOT),
    ("审计员", "shenji", Role.AUDIT_OFFICER, ROOT),
)
# Blank forms and lists of items are not messages; later rooms read them.
_NOT_MESSAGES = ("各科室表样", "单位名册.xlsx", "干部花名册.xlsx", "报表事项清单.xlsx")


def prepare_demo() -> list[tuple[str, str, str]]:
    """Make what is missing of the demo, each part once; answers the logins to print.

    The messages are read by the workers afterwards; killed anywhere, the next start goes on.
    """
    folder: Path = settings.DEMO_FOLDER
    written = folder.with_suffix(".written")
    if not written.exists():
        write_demo(folder, until=clock.now().date())
        written.touch()
    if not Unit.objects.unscoped("is the demo there?").exists():
        _import_people(folder)
    names = [name for _, name, _, _ in LOGINS]
    missing = set(names) - set(
        User.objects.filter(username__in=names).values_list("username", flat=True)
    )
    for who, name, role, unit in LOGINS:
        if name in missing:
            _add_login(who, name, role, unit)
    _add_sources(folder)
    return [(who, name, PASSWORD) for who, name, _, _ in LOGINS]


def _import_people(folder: Path) -> None:
    root = add_unit(actor=ACTOR, name=ROOT, kind=UnitKind.DISTRICT)
    units, people = "单位名册.xlsx", "干部花名册.xlsx"
    sheet = read_units((folder / units).read_bytes(), units)
    import_units(actor=ACTOR, sheet=sheet, under=root)
    posts = read_people((folder / people).read_bytes(), people)
    import_people(actor=ACTOR, sheet=posts, under=root)


def _add_login(who: str, name: str, role: Role, unit_name: str) -> None:
    unit = find_unit_by_name(unit_name) or _root()
    person = create_person(actor=ACTOR, name=who, unit=unit)
    grant_post(actor=ACTOR, person=person, unit=unit, role=role, title=who)
    user, first = create_user(actor=ACTOR, username=name, person=person, display_name=who)
    change_own_password(user=user, old=first, new=PASSWORD)


def _root() -> Unit:
    return Unit.objects.unscoped("the district itself").order_by("path")[0]


def _add_sources(folder: Path) -> None:
    known = set(
        Source.objects.unscoped("what the demo gave already")
        .filter(added_by=ACTOR.id)
        .values_list("name", flat=True)
    )
    batch = uuid.uuid4()
    for file in _message_files(folder):
        name = str(file.relative_to(folder))
        if name in known:
            continue
        with file.open("rb") as stream:
            add_source(
                actor=ACTOR,
                place=_place_of(file.relative_to(folder)),
                kind=SourceKind.UPLOAD,
                name=name,
                stream=stream,
                lawful_basis=LawfulBasis.DUTY,
                batch=batch,
            )


def _message_files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not set(file.relative_to(folder).parts) & set(_NOT_MESSAGES):
            yield file


def _place_of(relative: Path) -> str:
    """The unit whose folder the file lies in: the innermost folder that is a unit's name."""
    for part in reversed(relative.parts[:-1]):
        unit = find_unit_by_name(part)
        if unit is not None:
            return unit.path
    root = _root()
    found = unit_at(root.path)
    return found.path if found else root.path
