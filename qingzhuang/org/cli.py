"""qz org …: units, people, divisions and accounts from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.types import Actor, Division, ImportPreview, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from qingzhuang.org.models import Unit


def add_commands(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    org = subparsers.add_parser("org", help="单位、人员、区划和账号")
    commands = org.add_subparsers(dest="org_command", metavar="做什么", required=True)

    units = commands.add_parser("import-units", help="导入单位名单（.xlsx .xls .csv）")
    people = commands.add_parser("import-people", help="导入花名册（.xlsx .xls .csv）")
    for command, run in ((units, _import_units), (people, _import_people)):
        command.add_argument("file", metavar="FILE", type=Path)
        command.add_argument("--under", metavar="单位", default="", help="名单属于哪个单位")
        command.add_argument("--preview", action="store_true", help="只看会改什么，不改")
        command.set_defaults(run=run, needs_django=True, needs_tables=True)

    divisions = commands.add_parser("import-divisions", help="导入统计用区划代码")
    divisions.add_argument("file", metavar="FILE", type=Path, nargs="+")
    divisions.add_argument("--under", metavar="单位", default="")
    divisions.add_argument("--only", metavar="代码", default="", help="只要这个代码开头的")
    divisions.set_defaults(run=_import_divisions, needs_django=True, needs_tables=True)

    user = commands.add_parser("user-add", help="开一个账号，给出初始口令")
    user.add_argument("name", metavar="用户名")
    user.add_argument("--role", required=True, choices=[role.value for role in Role])
    user.add_argument("--unit", required=True, metavar="单位")
    user.add_argument("--person", default="", metavar="姓名", help="默认同用户名")
    user.add_argument("--title", default="", metavar="职务")
    user.add_argument("--password", default="", metavar="口令", help="空着就自动生成")
    user.set_defaults(run=_add_user, needs_django=True, needs_tables=True)

    reset = commands.add_parser("user-reset", help="重设任何人的口令，管理员的也在内")
    reset.add_argument("name", metavar="用户名")
    reset.add_argument("--reason", required=True, metavar="原因", help="留在审计记录里")
    reset.add_argument("--password", default="", metavar="口令", help="空着就自动生成")
    reset.set_defaults(run=_reset_user, needs_django=True, needs_tables=True)
    for command in (units, people, divisions, user, reset):
        command.add_argument("--json", action="store_true", help="输出一个 JSON")


def _import_units(arguments: argparse.Namespace) -> int:
    from qingzhuang.org.actions import import_units, preview_units
    from qingzhuang.org.inputs import read_units

    sheet = read_units(_read(arguments.file), arguments.file.name)
    act = preview_units if arguments.preview else import_units
    _say(act(actor=_actor(), sheet=sheet, under=_unit(arguments.under)), arguments.json)
    return 0


def _import_people(arguments: argparse.Namespace) -> int:
    from qingzhuang.org.actions import import_people, preview_people
    from qingzhuang.org.inputs import read_people

    sheet = read_people(_read(arguments.file), arguments.file.name)
    act = preview_people if arguments.preview else import_people
    _say(act(actor=_actor(), sheet=sheet, under=_unit(arguments.under)), arguments.json)
    return 0


def _import_divisions(arguments: argparse.Namespace) -> int:
    from qingzhuang.org.actions import import_divisions
    from qingzhuang.org.inputs import read_divisions

    def divisions() -> Iterator[Division]:
        for path in arguments.file:
            for division in read_divisions(_read(path), path.name):
                if division.code.startswith(arguments.only):
                    yield division

    result = import_divisions(actor=_actor(), divisions=divisions(), under=_unit(arguments.under))
    _say(result, arguments.json)
    return 0


def _add_user(arguments: argparse.Namespace) -> int:
    from django.db import transaction

    from qingzhuang.kit.clock import now
    from qingzhuang.org.actions import create_person, create_user, grant_post
    from qingzhuang.org.queries import find_person_in, roles_held

    unit = _unit(arguments.unit)
    assert unit is not None
    actor, role = _actor(), Role(arguments.role)
    name = arguments.person or arguments.name
    with transaction.atomic():
        person = find_person_in(unit, name)
        if person is None:
            person = create_person(actor=actor, name=name, unit=unit)
        if role not in roles_held(person, on=now().date()):
            grant_post(actor=actor, person=person, unit=unit, role=role, title=arguments.title)
        user, password = create_user(
            actor=actor, username=arguments.name, person=person, password=arguments.password
        )
    _say_password("已开账号", user.username, password, arguments.json)
    return 0


def _reset_user(arguments: argparse.Namespace) -> int:
    from qingzhuang.org.actions import set_password
    from qingzhuang.org.models import User

    user = User.objects.filter(username=User.normalize_username(arguments.name)).first()
    if user is None:
        raise UserError("org.user_unknown", username=arguments.name)
    password = set_password(
        actor=_actor(), user=user, password=arguments.password, reason=arguments.reason
    )
    _say_password("已重设账号", user.username, password, arguments.json)
    return 0


def _say_password(done: str, username: str, password: str, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"username": username, "password": password}, ensure_ascii=False))
    else:
        print(f"{done} {username}，初始口令 {password}，第一次登录须改口令。")


def _actor() -> Actor:
    return Actor.program("cli")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError("org.file_not_found", name=str(path)) from error


def _unit(name: str) -> Unit | None:
    from qingzhuang.org.queries import find_unit_by_name

    if not name:
        return None
    unit = find_unit_by_name(name)
    if unit is None:
        raise UserError("org.unit_unknown", name=name)
    return unit


def _say(preview: ImportPreview, as_json: bool) -> None:
    if as_json:
        json.dump(asdict(preview), sys.stdout, ensure_ascii=False)
        print()
        return
    for title, changes in (
        ("新增", preview.to_add),
        ("变更", preview.to_change),
        ("结束", preview.to_close),
        ("名单里没有（没有动）", preview.proposed),
    ):
        if changes:
            print(f"{title} {len(changes)}：")
        for change in changes:
            place = f"第 {change.row} 行 " if change.row else ""
            print(f"  {place}{change.what} {change.details}".rstrip())
    if preview.unchanged:
        print(f"未变 {preview.unchanged}")
    for error in preview.errors:
        print(f"第 {error.row} 行没有导入：{error.why}")
    for notice in preview.notices:
        print(notice)
