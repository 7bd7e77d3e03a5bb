"""Workbooks into the tree: preview, apply, apply again; leavers, namesakes, bad rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest

from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import CHINA
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.actions import (
    add_unit,
    close_unit,
    import_divisions,
    import_units,
    move_unit,
    preview_units,
)
from qingzhuang.org.inputs import read_divisions, read_units
from qingzhuang.org.models import FormerPath, Post, Unit, User
from qingzhuang.org.queries import (
    actor_of,
    count_below,
    find_unit_by_name,
    list_units,
    unit_at,
)
from qingzhuang.org.system_checks import list_people_with_two_offices, list_units_off_path
from qingzhuang.org.types import Actor, Role, UnitKind
from qingzhuang.trail.models import TrailEntry

pytestmark = pytest.mark.django_db
ROOT = Actor.program("test")
Workbook = Callable[..., bytes]
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)

UNITS = [
    ["江岚区机构名单（2026年3月）"],
    ["序号", "单位名称", "简称", "类别", "上级单位", "在编人数", "别名"],
    [1, "江岚区", None, "区县", None, None, None],
    [2, "江岚区住房和城乡建设局", "住建局", "政府部门", None, 45, "建设局、房产局"],
    [3, "石桥社区", None, "社区", "柳巷街道", None, None],
    [4, "柳巷街道", None, "街道", "江岚区", 60, None],
    [5, "清泉街道", None, "街道", "江岚区", 50, None],
    [6, "党建办", None, "内设机构", "柳巷街道", None, None],
    [7, "党建办", None, "内设机构", "清泉街道", None, None],
    [8, "幽灵科", None, "内设机构", "不存在的局", None, None],
    [9, "石桥社区", None, "社区", "柳巷街道", None, None],
]


@pytest.fixture(autouse=True)
def _monday():
    with clock.fixed_at(MONDAY):
        yield


def units_of(workbook: Workbook, rows):
    return read_units(workbook(rows), "单位.xlsx")


# --- units ----------------------------------------------------------------------------------


def test_units_are_previewed_imported_and_imported_again(workbook: Workbook) -> None:
    sheet = units_of(workbook, UNITS)
    preview = preview_units(actor=ROOT, sheet=sheet)
    assert not Unit.objects.unscoped("test").exists()
    assert [change.what for change in preview.to_add][:2] == ["江岚区", "江岚区住房和城乡建设局"]
    assert len(preview.to_add) == 7
    assert {error.row: error.why for error in preview.errors} == {
        10: "表里和系统里都没有上级单位“不存在的局”。",
        11: "与第 5 行是同一个单位。",
    }
    done = import_units(actor=ROOT, sheet=sheet, seen=preview.digest)
    assert len(done.to_add) == 7
    paths = dict(Unit.objects.unscoped("test").values_list("path", "name"))
    assert paths["0001."] == "江岚区"
    desks = Unit.objects.unscoped("test").filter(name="党建办").select_related("parent")
    assert {unit.parent.name for unit in desks} == {"柳巷街道", "清泉街道"}
    again = import_units(actor=ROOT, sheet=sheet)
    assert again.is_empty
    assert again.unchanged == 7
    assert Unit.objects.unscoped("test").count() == 7
    assert list(list_units_off_path()) == []


def test_changes_are_told_and_blank_cells_erase_nothing(workbook: Workbook) -> None:
    import_units(actor=ROOT, sheet=units_of(workbook, UNITS))
    changed = [
        ["单位名称", "类别", "上级单位", "在编人数"],
        ["住建局", "部门", None, 48],
        ["石桥社区", "社区", "清泉街道", None],
    ]
    done = import_units(actor=ROOT, sheet=units_of(workbook, changed))
    assert {change.what: change.details for change in done.to_change} == {
        "住建局": "在编人数：45 → 48",
        "石桥社区": "上级：柳巷街道 → 清泉街道",
    }
    housing = Unit.objects.unscoped("test").get(name="江岚区住房和城乡建设局")
    assert (housing.headcount, housing.short_name) == (48, "住建局")
    assert housing.aliases == ["建设局", "房产局"]
    bridge = Unit.objects.unscoped("test").get(name="石桥社区")
    assert bridge.parent.name == "清泉街道"
    assert bridge.path.startswith(bridge.parent.path)


def test_units_that_the_workbook_lacks_are_proposed_and_closed_only_on_a_yes(
    workbook: Workbook,
) -> None:
    import_units(actor=ROOT, sheet=units_of(workbook, UNITS))
    fewer = units_of(workbook, [["单位名称", "类别", "上级单位"], ["柳巷街道", "街道", "江岚区"]])
    preview = import_units(actor=ROOT, sheet=fewer)
    assert [change.what for change in preview.proposed] == ["清泉街道"]
    assert find_unit_by_name("清泉街道") is not None
    keys = [change.key for change in preview.proposed]
    with pytest.raises(UserError, match=r"org\.unit_in_use"):
        import_units(actor=ROOT, sheet=fewer, close=keys)
    desk = find_unit_by_name("党建办", within=find_unit_by_name("清泉街道").path)
    close_unit(actor=ROOT, unit=desk, until_on=MONDAY.date())
    import_units(actor=ROOT, sheet=fewer, close=[*keys, "unit:1"])
    assert find_unit_by_name("清泉街道", on=date(2026, 3, 3)) is None
    assert find_unit_by_name("江岚区", on=date(2026, 3, 3)) is not None
    assert Unit.objects.unscoped("test").count() == 7


def test_a_plan_that_changed_after_the_preview_is_refused(workbook: Workbook) -> None:
    sheet = units_of(workbook, UNITS)
    seen = preview_units(actor=ROOT, sheet=sheet).digest
    add_unit(actor=ROOT, name="江岚区", kind=UnitKind.DISTRICT)
    with pytest.raises(UserError, match=r"org\.plan_changed"):
        import_units(actor=ROOT, sheet=sheet, seen=seen)
    assert Unit.objects.unscoped("test").count() == 1


def test_circles_in_the_workbook_are_errors_not_loops(workbook: Workbook) -> None:
    rows = [
        ["单位名称", "类别", "上级单位"],
        ["甲局", "部门", "乙局"],
        ["乙局", "部门", "甲局"],
        ["丙区", "区", None],
    ]
    done = import_units(actor=ROOT, sheet=units_of(workbook, rows))
    assert [change.what for change in done.to_add] == ["丙区"]
    assert [error.row for error in done.errors] == [2, 3]


def test_who_manages_one_street_cannot_touch_another(district, make_user, workbook) -> None:
    officer = actor_of(make_user("willowsys", Role.SYSTEM_OFFICER, district.willow))
    rows = [
        ["单位名称", "类别", "上级单位"],
        ["柳巷四网格", "网格", "柳巷街道"],
        ["清泉一网格", "网格", "清泉街道"],
        ["月亮区", "区", None],
    ]
    done = import_units(actor=officer, sheet=units_of(workbook, rows))
    assert [change.what for change in done.to_add] == ["柳巷四网格"]
    assert [error.row for error in done.errors] == [3, 4]


# --- the tree -------------------------------------------------------------------------------


def test_paths_are_never_given_twice(district) -> None:
    old = district.bridge.path
    move_unit(actor=ROOT, unit=district.bridge, parent=district.spring)
    fresh = add_unit(actor=ROOT, name="新社区", kind=UnitKind.COMMUNITY, parent=district.willow)
    assert fresh.path != old
    assert FormerPath.objects.get(path=old).unit == district.bridge
    assert unit_at(old) == district.bridge
    last = add_unit(actor=ROOT, name="末社区", kind=UnitKind.COMMUNITY, parent=district.willow)
    move_unit(actor=ROOT, unit=last, parent=district.spring)
    after = add_unit(actor=ROOT, name="又一社区", kind=UnitKind.COMMUNITY, parent=district.willow)
    assert after.path not in set(FormerPath.objects.values_list("path", flat=True))
    assert list(list_units_off_path()) == []
    with pytest.raises(UserError, match=r"org\.unit_below_itself"):
        move_unit(actor=ROOT, unit=district.willow, parent=district.willow_desk)


def test_a_path_out_of_order_is_found(district) -> None:
    Unit.objects.unscoped("test").filter(pk=district.bridge.pk).update(path="0001.0099.0001.")
    assert list(list_units_off_path()) == [district.bridge.pk]


def test_names_short_names_and_aliases(district) -> None:
    units = Unit.objects.unscoped("test")
    units.filter(pk=district.housing.pk).update(aliases=["建设局"])
    for name in ("江岚区住房和城乡建设局", "住建局", "建设局", " 住建局 "):
        assert find_unit_by_name(name) == district.housing
    assert find_unit_by_name("没有这个局") is None
    assert find_unit_by_name("") is None
    other = add_unit(actor=ROOT, name="党建办", kind=UnitKind.OFFICE, parent=district.spring)
    assert find_unit_by_name("党建办") is None
    assert find_unit_by_name("党建办", within=district.bridge.path) == district.willow_desk
    assert find_unit_by_name("党建办", within=other.path) == other


# --- three officers -------------------------------------------------------------------------


def test_two_offices_in_one_hand_are_found_by_the_integrity_check(district, make_user) -> None:
    user = make_user("one", Role.SYSTEM_OFFICER, district.district, from_on=date(2026, 1, 1))
    Post.objects.create(
        person=user.person, unit=district.district, role=Role.AUDIT_OFFICER,
        until_on=date(2026, 12, 31),
    )  # fmt: skip
    assert list(list_people_with_two_offices()) == [user.person_id]


# --- divisions ------------------------------------------------------------------------------

DIVISIONS = """code,name,areaCode
990401001001,"甲社区居委会",990401001
990401001002,"乙村委会",990401001
990401001,"柳巷街道",990401
990401002,"南湖镇",990401
990401,"江岚区",9904
9904,"某市",99
99,"某省",
990500001,"直辖街道",9905
9905,"不设区的市",99
"""


def test_divisions_stand_below_the_nearest_level_there_is_and_come_once(db) -> None:
    def run(text: str):
        return import_divisions(actor=ROOT, divisions=read_divisions(text.encode(), "d.csv"))

    assert "新增区划 9 个" in run(DIVISIONS).notices[0]
    units = {u.division_code: u for u in Unit.objects.unscoped("t").select_related("parent")}
    assert units["990401001001"].short_name == "甲社区"
    assert units["990401001002"].kind == UnitKind.VILLAGE
    assert units["990401002000"].kind == UnitKind.TOWNSHIP
    assert units["990401001001"].parent == units["990401001000"]
    assert units["990500001000"].parent == units["990500000000"]
    assert count_below(units["990000000000"].path) == 8
    assert run(DIVISIONS).unchanged == 9
    assert "改名 1 个" in run(DIVISIONS.replace("南湖镇", "北湖镇")).notices[0]
    run(DIVISIONS + '990401001003,"丙社区居委会",990401001\n')
    assert list(list_units_off_path()) == []
    assert Unit.objects.unscoped("t").count() == 10
    entry = TrailEntry.objects.filter(action="org.import_divisions").first()
    assert entry.details == {"added": 9, "renamed": 0}


def test_a_subtree_is_found_by_a_range_of_the_index(db, django_assert_num_queries) -> None:
    import_divisions(actor=ROOT, divisions=read_divisions(DIVISIONS.encode(), "d.csv"))
    units = Unit.objects.unscoped("t")
    plan = units.filter(path__gt="0001.", path__lt="0001.~").explain()
    if "SEARCH" in plan:  # SQLite; PostgreSQL scans a table of nine rows whatever the index
        assert "INDEX" in plan
    with django_assert_num_queries(1):
        assert count_below("0001.") == 8


def test_lists_by_words_kind_and_place(district, make_user) -> None:
    scope = actor_of(make_user("reader", Role.LEADER, district.district)).scope
    assert set(list_units(scope, words="社区")) == {district.bridge, district.pond}
    assert set(list_units(scope, kind="street")) == {district.willow, district.spring}
    below_willow = list_units(scope, under=district.willow.path)
    assert district.bridge in below_willow
    assert district.spring not in below_willow
    assert User.objects.count() == 1
