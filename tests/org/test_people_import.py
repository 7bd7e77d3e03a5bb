"""Rosters: preview, apply, apply again; leavers, namesakes, new titles, who may give roles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import CHINA
from qingzhuang.org.actions import (
    import_people,
    preview_people,
)
from qingzhuang.org.inputs import read_people
from qingzhuang.org.models import Person, Post
from qingzhuang.org.queries import (
    actor_of,
    scope_of,
)
from qingzhuang.org.types import Actor, Permission, Role
from qingzhuang.trail.models import TrailEntry

pytestmark = pytest.mark.django_db
ROOT = Actor.program("test")
Workbook = Callable[..., bytes]
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)


@pytest.fixture(autouse=True)
def _monday():
    with clock.fixed_at(MONDAY):
        yield


def everyone() -> set[tuple[str, str, str, date | None]]:
    posts = Post.objects.unscoped("test").select_related("person", "unit")
    return {(p.unit.name, p.person.name, p.title, p.until_on) for p in posts}


# --- people ---------------------------------------------------------------------------------

ROSTER = [
    ["柳巷街道花名册"],
    ["序号", "单位", "姓名", "职务", "手机", "任职时间", "离任", "备注"],
    [1, "石桥社区", "张三石", "社区书记、居委会主任", "13800000000", "2021.3", None, None],
    [2, None, "李四木", "副主任（主持工作）", None, "2023年5月", None, None],
    [3, None, "王五禾", "委员", None, "2020.7", None, None],
    [4, "荷塘社区", "赵六水", "网格员", None, None, None, None],
    [5, None, "张三石", "党建指导员", None, None, None, "兼职"],
    [6, None, "李四木", "委员", None, None, None, None],
    [7, "柳巷街道党建办", "周九田", "主任", None, None, None, None],
    [8, "火星社区", "吴十火", "委员", None, None, None, None],
]


def roster(workbook: Workbook, rows=None):
    return read_people(workbook(rows or ROSTER), "花名册.xlsx")


def test_a_roster_is_previewed_imported_and_imported_again(district, workbook) -> None:
    preview = preview_people(actor=ROOT, sheet=roster(workbook))
    assert not Person.objects.exists()
    assert [(e.row, "火星社区" in e.why) for e in preview.errors] == [(10, True)]
    assert any("李四木" in notice for notice in preview.notices)
    import_people(actor=ROOT, sheet=roster(workbook), seen=preview.digest)
    assert everyone() == {
        ("石桥社区", "张三石", "社区书记", None), ("石桥社区", "张三石", "居委会主任", None),
        ("石桥社区", "李四木", "副主任", None), ("石桥社区", "王五禾", "委员", None),
        ("荷塘社区", "赵六水", "网格员", None), ("荷塘社区", "张三石", "党建指导员", None),
        ("荷塘社区", "李四木", "委员", None), ("党建办", "周九田", "主任", None),
    }  # fmt: skip
    assert Person.objects.filter(name="张三石").count() == 1
    assert Person.objects.filter(name="李四木").count() == 2
    roles = dict(Post.objects.unscoped("test").values_list("title", "role"))
    assert roles["社区书记"] == Role.COMMUNITY
    assert roles["网格员"] == Role.GRID_WORKER
    assert roles["主任"] == Role.STREET_DESK
    assert Post.objects.unscoped("test").get(title="副主任").is_acting
    again = import_people(actor=ROOT, sheet=roster(workbook))
    assert again.is_empty
    assert again.unchanged == 8
    assert Post.objects.unscoped("test").count() == 8


def test_leavers_are_closed_and_the_missing_only_proposed(district, workbook) -> None:
    import_people(actor=ROOT, sheet=roster(workbook, ROSTER[:-1]))
    rows = [
        ROSTER[1],
        [1, "石桥社区", "张三石", "社区书记、居委会主任", None, None, None, None],
        [2, None, "李四木", "副主任", None, None, None, None],
        [3, None, "王五禾", "委员", None, None, "2026-02-15", None],
        [4, "荷塘社区", "赵六水", "网格员", None, None, None, "已调离"],
        [5, None, "郑一新", "委员", None, None, None, "2025年辞职"],
        [6, None, "冯二旧", "委员", None, None, None, "已调离"],
    ]
    preview = preview_people(actor=ROOT, sheet=roster(workbook, rows))
    assert {change.what for change in preview.to_close} == {
        "王五禾（石桥社区）",
        "赵六水（荷塘社区）",
    }
    assert [change.what for change in preview.to_add] == ["郑一新（荷塘社区）"]
    assert [change.details for change in preview.to_change] == ["副主任（主持） → 副主任"]
    assert {change.what for change in preview.proposed} == {
        "张三石（荷塘社区）",
        "李四木（荷塘社区）",
    }
    assert any("1 人写明已离任" in notice for notice in preview.notices)
    key = next(c.key for c in preview.proposed if "张三石" in c.what)
    import_people(
        actor=ROOT, sheet=roster(workbook, rows), seen=preview.digest, close=[key, "post:999999"]
    )
    rows_now = everyone()
    assert ("石桥社区", "王五禾", "委员", date(2026, 2, 15)) in rows_now
    assert ("荷塘社区", "赵六水", "网格员", date(2026, 3, 2)) in rows_now
    assert ("荷塘社区", "郑一新", "委员", date(2025, 1, 1)) in rows_now
    assert ("荷塘社区", "张三石", "党建指导员", date(2026, 3, 2)) in rows_now
    assert ("荷塘社区", "李四木", "委员", None) in rows_now
    assert ("石桥社区", "李四木", "副主任", date(2026, 3, 1)) in rows_now
    assert ("石桥社区", "李四木", "副主任", None) in rows_now
    again = import_people(actor=ROOT, sheet=roster(workbook, rows))
    assert again.is_empty


def test_a_new_title_closes_the_old_one_and_keeps_the_role(district, workbook) -> None:
    header = ROSTER[1]
    old = [header, [1, "石桥社区", "王五禾", "委员", None, "2020.7", None, None]]
    new = [header, [1, "石桥社区", "王五禾", "副主任", None, "2026.2", None, None]]
    import_people(actor=ROOT, sheet=roster(workbook, old))
    done = import_people(actor=ROOT, sheet=roster(workbook, new))
    assert [change.details for change in done.to_change] == ["委员 → 副主任"]
    assert everyone() == {
        ("石桥社区", "王五禾", "委员", date(2026, 1, 31)),
        ("石桥社区", "王五禾", "副主任", None),
    }
    assert Post.objects.unscoped("test").get(title="副主任").role == Role.COMMUNITY


def test_the_system_officer_imports_people_but_gives_no_rights(
    district, make_user, workbook
) -> None:
    officer = actor_of(make_user("sys", Role.SYSTEM_OFFICER, district.district))
    import_people(actor=officer, sheet=roster(workbook))
    imported = Post.objects.unscoped("test").exclude(role=Role.SYSTEM_OFFICER)
    assert set(imported.values_list("role", flat=True)) == {""}


def test_a_roster_gives_the_system_officer_no_business_role(district, make_user, workbook) -> None:
    user = make_user("sys2", Role.SYSTEM_OFFICER, district.bridge)
    rows = [ROSTER[1], [1, "石桥社区", user.person.name, "委员", None, None, None, None]]
    import_people(actor=ROOT, sheet=roster(workbook, rows))
    assert not scope_of(user).may(Permission.INTAKE_READ)
    assert scope_of(user).may(Permission.ORG_MANAGE)


def test_two_rosters_with_staff_numbers_keep_namesakes_apart(district, workbook) -> None:
    header = ["工号", "单位", "姓名", "职务"]
    rows = [
        header,
        ["A1", "石桥社区", "李四木", "委员"],
        ["A2", "石桥社区", "李四木", "主任"],
        ["A1", "荷塘社区", "李四木", "指导员"],
    ]
    import_people(actor=ROOT, sheet=roster(workbook, rows))
    assert Person.objects.count() == 2
    one = Person.objects.get(number="A1")
    titles = Post.objects.unscoped("test").filter(person=one).values_list("title", flat=True)
    assert set(titles) == {"委员", "指导员"}
    assert import_people(actor=ROOT, sheet=roster(workbook, rows)).is_empty


def test_a_failure_in_the_middle_leaves_nothing_half_done(
    district, workbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = roster(workbook)
    entries = TrailEntry.objects.count()
    real = Post.objects.create
    calls = []

    def fails_at_the_fourth(**fields):
        calls.append(fields)
        if len(calls) == 4:
            raise RuntimeError("power cut")
        return real(**fields)

    monkeypatch.setattr(Post.objects, "create", fails_at_the_fourth)
    with pytest.raises(RuntimeError):
        import_people(actor=ROOT, sheet=rows)
    assert not Person.objects.exists()
    assert TrailEntry.objects.count() == entries


def test_the_trail_of_an_import_names_nobody(district, workbook) -> None:
    import_people(actor=ROOT, sheet=roster(workbook))
    entry = TrailEntry.objects.get(action="org.import_people")
    assert entry.details == {"added": 8, "changed": 0, "closed": 0, "errors": 1}
    everything = repr(list(TrailEntry.objects.values_list("target", "reason", "details")))
    assert "张三石" not in everything
