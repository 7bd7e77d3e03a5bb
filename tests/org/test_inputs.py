"""Workbooks as offices keep them, read without a database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.inputs import (
    pack_sheet,
    read_divisions,
    read_people,
    read_units,
    unpack_people,
    unpack_units,
)
from qingzhuang.org.inputs.divisions import full_code
from qingzhuang.org.inputs.people import read_acting, read_date, split_titles
from qingzhuang.org.types import UnitKind

Workbook = Callable[..., bytes]

ROSTER = [
    ["柳巷街道社区工作者花名册"],
    ["填报单位：柳巷街道", None, None, None, None, None, None, None, "2026年3月"],
    ["序号", "单 位", "姓 名", "职务", "手机号", "身份证号码", "任职时间", "离任", "备注"],
    [1, None, "张 三石", "社区书记、居委会主任", "13800000000", "990101199001011234",
     date(2021, 3, 1), None, None],
    [2, None, "李四木", "副主任（主持工作）", None, None, "2023.05", None, None],
    [3, None, "王五禾", "专职委员", None, None, "2020年7月", None, "2025年3月已调离"],
    [4, "荷塘社区", "赵六水", "网格员", None, None, 202401, None, "借调至街道党建办"],
    [5, "荷塘社区", "张三石", "第二支部书记", None, None, "2022-06-15", None, "兼职"],
    [6, "荷塘社区", "钱@七", "委员", None, None, None, None, None],
    [7, "荷塘社区", "孙八田", "委员", None, None, "去年", None, None],
    ["填表人：", None, "周九", None],
    ["合计", None, None, None],
]  # fmt: skip


def test_a_roster_with_merged_units_titles_leavers_and_private_columns(workbook: Workbook) -> None:
    sheet = read_people(workbook(ROSTER, merged=[("B4:B6", "石桥社区")]), "花名册.xlsx")
    rows = {(row.row, row.title): row for row in sheet.rows}
    assert {row.name for row in sheet.rows if row.row == 4} == {"张三石"}
    assert rows[4, "社区书记"].unit == "石桥社区"
    assert rows[4, "社区书记"].is_main
    assert not rows[4, "居委会主任"].is_main
    assert rows[4, "居委会主任"].from_on == date(2021, 3, 1)
    assert rows[5, "副主任"].is_acting
    assert rows[5, "副主任"].from_on == date(2023, 5, 1)
    assert rows[5, "副主任"].unit == "石桥社区"
    assert rows[6, "专职委员"].has_left
    assert rows[6, "专职委员"].until_on == date(2025, 3, 1)
    assert rows[7, "网格员"].is_seconded
    assert rows[7, "网格员"].from_on == date(2024, 1, 1)
    assert rows[8, "第二支部书记"].is_concurrent
    assert [error.row for error in sheet.errors] == [9, 10]
    assert "去年" in sheet.errors[1].why
    told = "".join(sheet.notices)
    assert "手机号" in told
    assert "身份证号码" in told
    assert "没有存" in told
    assert "13800000000" not in repr(sheet)
    assert "990101" not in repr(sheet)


def test_units_are_carried_down_without_merging(workbook: Workbook) -> None:
    rows = [["单位", "姓名", "职务"], ["石桥社区", "甲乙", "书记"], [None, "丙丁", "委员"]]
    assert [row.unit for row in read_people(workbook(rows), "x.xlsx").rows] == ["石桥社区"] * 2


def test_a_folded_header_is_read(workbook: Workbook) -> None:
    rows = [
        ["序号", "单位", "姓名", "任职情况", None],
        [None, None, None, "职务", "任职时间"],
        [1, "石桥社区", "甲乙", "书记", "2021.3"],
    ]
    (post,) = read_people(workbook(rows, merged=[("D1:E1", "任职情况")]), "x.xlsx").rows
    assert (post.title, post.from_on, post.row) == ("书记", date(2021, 3, 1), 3)


def test_csv_in_gbk_and_with_a_wrong_extension() -> None:
    text = "单位,姓名,职务\n石桥社区,甲乙,书记\n"
    for data in (
        text.encode("gb18030"),
        text.encode("utf-8-sig"),
        text.replace(",", "\t").encode(),
    ):
        (post,) = read_people(data, "花名册.xlsx").rows
        assert (post.unit, post.name, post.title) == ("石桥社区", "甲乙", "书记")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("社区书记、居委会主任", ["社区书记", "居委会主任"]),
        ("党委副书记（主持工作）", ["党委副书记(主持工作)"]),
        ("书记兼主任", ["书记", "主任"]),
        ("办公室主任（党建、宣传）；委员", ["办公室主任(党建、宣传)", "委员"]),
        ("", []),
        ("无", []),
    ],
)
def test_titles_in_one_cell(text: str, parts: list[str]) -> None:
    assert split_titles(text) == parts


def test_acting_titles() -> None:
    assert read_acting("代主任") == ("主任", True)
    assert read_acting("副主任(主持工作)") == ("副主任", True)
    assert read_acting("代表联络员") == ("代表联络员", False)
    assert read_acting("主任") == ("主任", False)


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (date(2021, 3, 4), date(2021, 3, 4)), ("2021.3", date(2021, 3, 1)), (2023.1, date(2023, 10, 1)),
        ("2023.10", date(2023, 10, 1)), (202305.0, date(2023, 5, 1)), (20230512.0, date(2023, 5, 12)),
        (44927.0, date(2023, 1, 1)), ("2023年5月8日", date(2023, 5, 8)), ("2023/5/8", date(2023, 5, 8)),
        ("2023", date(2023, 1, 1)), ("2021.1", date(2021, 1, 1)), ("去年", None), ("2023-02-30", None),
    ],
)  # fmt: skip
def test_dates(value: object, day: date | None) -> None:
    assert read_date(value) == day


def test_units_with_kinds_parents_and_bad_rows(workbook: Workbook) -> None:
    rows = [
        ["江岚区机构名单"],
        [
            "序号",
            "单位名称",
            "简称",
            "类别",
            "上级单位（必填）",
            "编制数",
            "排序",
            "曾用名",
            "传真",
        ],
        [1, "江岚区", None, "区县", None, None, None, None, "x"],
        [
            2,
            "江岚区住房和城乡建设局",
            "住建局",
            "政府部门",
            "江岚区",
            45.0,
            12,
            "建设局、房产局",
            None,
        ],
        [3, "柳巷街道", None, "街道", "江岚区", "六十人", None, None, None],
        [4, "石桥社区", None, "社区", "柳巷街道", "若干", None, None, None],
        [5, "月球基地", None, "基地", "柳巷街道", None, None, None, None],
        ["合计", None, None, None, None, None, None, None, None],
    ]
    sheet = read_units(workbook(rows), "单位.xlsx")
    assert [row.name for row in sheet.rows] == ["江岚区", "江岚区住房和城乡建设局", "柳巷街道"]
    housing = sheet.rows[1]
    assert (housing.short_name, housing.kind, housing.headcount, housing.order) == (
        "住建局",
        UnitKind.DEPARTMENT,
        45,
        12,
    )
    assert housing.aliases == ("建设局", "房产局")
    assert housing.parent == "江岚区"
    assert sheet.rows[2].headcount == 60
    assert {error.row for error in sheet.errors} == {6, 7}
    assert "传真" in "".join(sheet.notices)


def test_packing_and_unpacking_are_the_identity(workbook: Workbook) -> None:
    people = read_people(workbook(ROSTER, merged=[("B4:B6", "石桥社区")]), "x.xlsx")
    assert unpack_people(pack_sheet(people)) == people
    units = read_units(workbook([["单位名称", "类别"], ["江岚区", "区"]]), "x.xlsx")
    assert unpack_units(pack_sheet(units)) == units


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "org.file_empty"),
        (b"\x00\x00\x00", "org.file_empty"),
        (b"PK\x03\x04 broken", "org.workbook_unreadable"),
        (b"\xd0\xcf\x11\xe0 broken", "org.workbook_unreadable"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "org.workbook_unreadable"),
        ("甲,乙\n1,2\n".encode(), "org.header_missing"),
    ],
)
def test_bad_files_get_a_sentence(data: bytes, code: str) -> None:
    for read in (read_units, read_people):
        with pytest.raises(UserError) as caught:
            read(data, "x.xlsx")
        assert caught.value.code == code


def test_divisions_from_csv_of_short_codes_and_from_workbooks(workbook: Workbook) -> None:
    (one,) = read_divisions('code,name,areaCode\n430104001,"某街道",430104\n'.encode(), "s.csv")
    assert (one.code, one.name, one.level) == ("430104001000", "某街道", 4)
    rows = [["统计用区划代码", "城乡分类代码", "名称"], [430104001002.0, "111", "某社区居委会"]]
    (two,) = read_divisions(workbook(rows), "x.xlsx")
    assert (two.code, two.level) == ("430104001002", 5)


def test_levels_of_codes() -> None:
    assert full_code("11") == ("110000000000", 1)
    assert full_code("430100000000") == ("430100000000", 2)
    assert full_code("4301") == ("430100000000", 2)
    assert full_code("12345") == ("", 0)
    assert full_code("000000000000") == ("", 0)
