"""qz org … as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.models import Person, Post, Unit, User
from qingzhuang.org.types import Role
from qingzhuang.site.cli import build_parser

pytestmark = pytest.mark.django_db


def qz(*words: object) -> int:
    arguments = build_parser().parse_args(["org", *map(str, words)])
    return int(arguments.run(arguments))


def test_units_people_divisions_and_accounts(
    tmp_path: Path, workbook, capsys: pytest.CaptureFixture[str]
) -> None:
    units, people, codes = (tmp_path / name for name in ("u.xlsx", "p.xlsx", "d.csv"))
    units.write_bytes(
        workbook(
            [
                ["单位名称", "类别", "上级单位"],
                ["江岚区", "区", None],
                ["石桥社区", "社区", "江岚区"],
                ["怪单位", "基地", "江岚区"],
            ]
        )
    )
    people.write_bytes(workbook([["单位", "姓名", "职务"], ["石桥社区", "张三石", "书记"]]))
    codes.write_text("代码,名称\n990401,远方区\n110101,别处区\n", "utf-8")
    assert qz("import-units", units, "--preview") == 0
    assert not Unit.objects.unscoped("test").exists()
    assert qz("import-units", units) == 0
    assert "第 4 行没有导入：不认识的类别“基地”" in capsys.readouterr().out
    assert qz("import-units", units, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["to_add"], shown["unchanged"]) == ([], 2)
    assert qz("import-people", people, "--under", "江岚区") == 0
    assert qz("import-divisions", codes, "--only", "99") == 0
    assert Unit.objects.unscoped("test").count() == 3
    capsys.readouterr()
    given = ("--role", "community", "--unit", "石桥社区", "--person", "张三石")
    assert qz("user-add", "zhang", *given, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    user = User.objects.get(username="zhang")
    assert user.check_password(told["password"])
    assert user.must_change_password
    assert Person.objects.get() == user.person
    assert [p.role for p in Post.objects.unscoped("test")] == [Role.COMMUNITY]


def test_unknown_units_and_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"org\.unit_unknown"):
        qz("user-add", "zhang", "--role", "community", "--unit", "月亮社区")
    with pytest.raises(UserError, match=r"org\.file_not_found"):
        qz("import-units", tmp_path / "absent.xlsx")
