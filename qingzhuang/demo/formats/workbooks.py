"""Workbooks of an office: units, people, phone notes, the receiving register, forms, the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import xlsxwriter

from qingzhuang.demo.source import matters
from qingzhuang.demo.types import Matter, Said
from qingzhuang.demo.world import World, id_number, short_community

# Files carry this as the time of their making, so that two runs give the same bytes.
MADE = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001 - a workbook knows no zone


def _open(path: Path) -> Any:
    path.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm"})
    book.set_properties({"created": MADE, "author": "江岚区"})
    return book


def _sheet(
    book: Any, name: str, title: str, head: Sequence[str], rows: Iterable[Sequence[object]]
) -> int:
    """A title over all columns, the head in the second row, then the rows. Returns their number."""
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "font_size": 16})
    ruled = book.add_format({"border": 1, "bold": True, "align": "center", "text_wrap": True})
    sheet.merge_range(0, 0, 0, len(head) - 1, title, bold)
    sheet.write_row(1, 0, head, ruled)
    sheet.set_column(1, len(head) - 1, 16)
    sheet.freeze_panes(2, 0)
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    number = 0
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                sheet.write_datetime(number + 1, column, value.replace(tzinfo=None), moment)
            elif isinstance(value, int):
                sheet.write_number(number + 1, column, value)
            elif value is not None:
                sheet.write_string(number + 1, column, str(value))
    return number


def write_units(path: Path, world: World) -> int:
    """单位名册: departments in establishment order, then streets, then communities."""
    rows = [
        (n, u.name, u.short, u.kind, u.parent, u.staff, n * 10)
        for n, u in enumerate(world.units, 1)
    ]
    with _open(path) as book:
        head = ("序号", "单位名称", "简称", "类别", "上级单位", "在编人数", "排序")
        return _sheet(book, "单位名册", "江岚区单位名册", head, rows)


def write_people(path: Path, world: World, rng: Random) -> int:
    """干部花名册: three sheets; some left, some act for another, some hold a second post."""
    head = (
        "序号",
        "单位",
        "科室",
        "姓名",
        "性别",
        "出生年月",
        "职务",
        "兼任",
        "身份证号",
        "联系电话",
        "状态",
        "备注",
    )
    parts: dict[str, list[tuple[object, ...]]] = {"区直部门": [], "街道乡镇": [], "村（社区）": []}
    kinds = {u.name: u.kind for u in world.units}
    streets = [u.name for u in world.streets]
    for person in world.people:
        kind = kinds[person.unit]
        name = (
            "区直部门"
            if kind == "区直部门"
            else "街道乡镇"
            if person.unit in streets
            else "村（社区）"
        )
        chance, post, second, state, note = rng.random(), person.post, "", "在职", ""
        if chance < 0.03:
            state, note = rng.choice(
                (("退休", "2025年10月退休"), ("调出", "2025年12月调往外区"), ("辞职", "已离职"))
            )
        elif chance < 0.06:
            post, note = f"{post}（主持工作）", "临时主持"
        elif chance < 0.09:
            second = rng.choice(("党建指导员", "驻村第一书记", "河长办联络员", "信访代理员"))
        elif chance < 0.11:
            note = "借调区直部门"
        number = id_number(person.born, person.number, person.sex) if name == "街道乡镇" else ""
        rows = parts[name]
        rows.append(
            (len(rows) + 1, person.unit, person.desk, person.name, person.sex, f"{person.born:%Y.%m}", post, second, number, person.phone, state, note)
        )  # fmt: skip
    with _open(path) as book:
        return sum(
            _sheet(book, name, f"江岚区干部花名册（{name}）", head, rows)
            for name, rows in parts.items()
        )


def write_phone(path: Path, sheets: dict[str, list[Said]], world: World) -> int:
    """电话记录: who rang, what he said, when; one sheet a desk."""
    head = ("序号", "来电时间", "来电单位", "来电人", "通话内容", "接听单位", "记录人", "办理情况")
    with _open(path) as book:
        total = 0
        for name, calls in sheets.items():
            rows = []
            for number, said in enumerate(calls, 1):
                made = said.round
                caller = made.issuer if made else ""
                unit = "、".join(short_community(t) for t in made.targets[:3]) if made else ""
                done = ("已办", "已转告", "", "办理中")[said.number % 4]
                surname = "王李张刘陈赵"[said.number % 6]
                rows.append(
                    (
                        number,
                        said.at,
                        caller,
                        f"{surname}科" if caller else "",
                        said.text,
                        unit,
                        said.sender.name,
                        done,
                    )
                )
            total += _sheet(book, name, f"电话记录（{name}）", head, rows)
        return total


def write_register(path: Path, received: list[Said], numbers: dict[int, str]) -> int:
    """收文登记簿: one sheet a month; the last column is the day by which it has to be done."""
    head = (
        "序号",
        "收文时间",
        "来文单位",
        "来文字号",
        "文件标题",
        "紧急程度",
        "份数",
        "拟办意见",
        "承办科室",
        "办结时限",
    )
    months: dict[str, list[tuple[object, ...]]] = {}
    for said in received:
        rows = months.setdefault(f"{said.at:%Y年}{said.at.month}月", [])
        made, due = said.round, (said.extra or {}).get("due")
        issuer = made.issuer if made else str((said.extra or {})["issuer"])
        urgency = "特急" if "紧急" in said.text else "加急" if "short_notice" in said.flags else ""
        opinion = "请阅办" if made else "请传阅"
        rows.append(
            (len(rows) + 1, said.at, issuer, numbers.get(said.number, ""), said.text, urgency, 1, opinion, made.line if made else "", f"{due:%Y-%m-%d}" if due else "")
        )  # fmt: skip
    with _open(path) as book:
        return sum(
            _sheet(book, name, f"石桥街道收文登记簿（{name}）", head, rows)
            for name, rows in months.items()
        )


def write_cancelled(path: Path) -> int:
    """The list of what was struck off, as the burden office published it."""
    head = ("序号", "事项名称", "牵头部门", "填报内容", "频次", "状态", "取消日期")
    rows: list[Sequence[object]] = []
    for matter in matters("cancelled"):
        rows.append(
            (
                len(rows) + 1,
                matter.name,
                matter.by,
                matter.asked,
                "每月",
                "已取消",
                matter.cancelled_on,
            )
        )
    for matter in matters("forms"):
        words = {"monthly": "每月", "weekly": "每周", "quarterly": "每季", "yearly": "每年"}
        rows.append(
            (
                len(rows) + 1,
                matter.name,
                matter.by,
                "、".join(matter.columns),
                words[matter.every],
                "保留",
                "",
            )
        )
    with _open(path) as book:
        return _sheet(book, "事项清单", "江岚区报表事项清单（第一、二批清理后）", head, rows)


def write_template(path: Path, matter: Matter, *, rows: int = 16) -> None:
    """A department's own form: title, who fills it in, a head of two rows, empty ruled rows."""
    with _open(path) as book:
        sheet = book.add_worksheet("Sheet1")
        ruled = book.add_format(
            {"border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
        )
        bold = book.add_format({"bold": True, "align": "center", "font_size": 18})
        columns = matter.columns
        last = len(columns)
        sheet.merge_range(0, 0, 0, last, f"{matter.name}", bold)
        sheet.write_string(1, 0, "填报单位（盖章）：")
        sheet.write_string(1, max(last // 2, 2), "填报人：")
        sheet.write_string(1, last, "填报日期：    年  月  日")
        sheet.merge_range(2, 0, 3, 0, "序号", ruled)
        half = max(2, last // 2)
        sheet.merge_range(2, 1, 2, half, "基本信息", ruled)
        sheet.merge_range(2, half + 1, 2, last, "情况", ruled) if last > half + 1 else sheet.write(
            2, last, "情况", ruled
        )
        for place, name in enumerate(columns, 1):
            sheet.write_string(3, place, name, ruled)
        for row in range(4, 4 + rows):
            for column in range(last + 1):
                sheet.write_blank(row, column, None, ruled)
        sheet.write_string(4 + rows, 0, "审核人：")
        sheet.write_string(4 + rows, last, "领导签字：")
        sheet.set_column(1, last, 14)
