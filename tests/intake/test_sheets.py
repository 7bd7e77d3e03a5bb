"""Registers, phone cards, chat tables and lists of work, as real workbooks and delimited files."""

from __future__ import annotations

import datetime as dt
import resource
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt

from qingzhuang.intake.adapters.sheet_grid import delimiter_of
from qingzhuang.intake.inputs import read_paths
from qingzhuang.intake.types import ChannelKind, Message, Skip
from qingzhuang.kit.pure.clock import CHINA
from qingzhuang.kit.pure.errors import describe

REGISTER = [
    "序号",
    "收文日期",
    "来文单位",
    "文号",
    "文件标题",
    "紧急程度",
    "办理时限",
    "承办",
    "拟办意见",
]
MOMENT = dt.datetime(2026, 3, 2, 9, 5)  # noqa: DTZ001 - a workbook knows no zone
FIRST = [
    1, MOMENT, "区民政局", "江民〔2026〕12号", "关于报送独居老人数据的通知",
    "加急", "3月5日", "民政办", "请民政办阅办",
]  # fmt: skip


def _read(*paths: Path) -> tuple[list[Message], list[Skip]]:
    items = list(read_paths(paths))
    messages = [i for i in items if isinstance(i, Message)]
    skips = [i for i in items if isinstance(i, Skip)]
    for skip in skips:
        describe(skip.code, skip.params)  # every skip has its words
    return messages, skips


def _write_xlsx(path: Path, rows: list[list[Any]], *, sheet: str = "Sheet1") -> Path:
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet(sheet)
    moment = book.add_format({"num_format": "yyyy/m/d h:mm"})
    day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, dt.datetime):
                page.write_datetime(r, c, value, moment)
            elif isinstance(value, dt.date):
                page.write_datetime(r, c, dt.datetime.combine(value, dt.time()), day)
            elif value is not None:
                page.write(r, c, value)
    book.close()
    return path


def _write_xls(path: Path, rows: list[list[Any]]) -> Path:
    book = xlwt.Workbook()
    page = book.add_sheet("收文")
    moment = xlwt.easyxf(num_format_str="yyyy/m/d h:mm")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, dt.datetime):
                page.write(r, c, value, moment)
            else:
                page.write(r, c, value)
    book.save(str(path))
    return path


def at(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=CHINA)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "csv", "gbk.csv", "tsv"])
def test_register_is_read_the_same_from_every_format(tmp_path: Path, kind: str) -> None:
    rows: list[list[Any]] = [["江岚街道2026年收文登记簿"], REGISTER, FIRST, [2], [3]]
    path = tmp_path / f"收文.{kind}"
    if kind == "xlsx":
        _write_xlsx(path, rows)
    elif kind == "xls":
        _write_xls(path, rows)
    else:
        sign = "\t" if kind == "tsv" else ","
        text = "\n".join(
            sign.join("2026/3/2 9:05" if isinstance(v, dt.datetime) else str(v) for v in row)
            for row in rows
        )
        path.write_bytes(text.encode("gb18030" if "gbk" in kind else "utf-8-sig"))
    messages, skips = _read(path)
    assert skips == []  # rows ruled in advance with nothing but their number are empty
    (message,) = messages
    assert message.channel is ChannelKind.DOCUMENT
    assert message.sender == "区民政局"
    assert message.sent_at == at(2026, 3, 2, 9, 5)
    assert message.text == (
        "关于报送独居老人数据的通知\n文号：江民〔2026〕12号\n紧急程度：加急\n办理时限：3月5日\n"
        "承办：民政办\n拟办意见：请民政办阅办"
    )
    assert message.locator.endswith("行 3")


def test_the_same_entry_in_two_formats_is_one_message(tmp_path: Path) -> None:
    one = _write_xlsx(tmp_path / "a.xlsx", [REGISTER, FIRST])
    two = _write_xls(tmp_path / "b.xls", [["登记"], REGISTER, FIRST])
    messages, _ = _read(one, two)
    assert len({m.id for m in messages}) == 1


def test_excel_named_otherwise_is_known_by_its_content(tmp_path: Path) -> None:
    path = _write_xls(tmp_path / "收文.et", [REGISTER, FIRST])
    (tmp_path / "x").mkdir()
    wrong = _write_xls(tmp_path / "x" / "收文.xls", [REGISTER, FIRST]).rename(
        tmp_path / "收文.xlsx"
    )
    messages, _ = _read(path, wrong)
    assert len(messages) == 2


def test_dates_of_every_kind_in_one_column(tmp_path: Path) -> None:
    days: list[Any] = [
        46083.378472222, "2026/3/2 9:05", "2026-03-02 09:05:00", "2026年3月2日9时5分", "3月2日 9:05",
        "202603020905", MOMENT,
    ]  # fmt: skip
    rows = [["2026年收文登记"], ["收文日期", "来文单位", "标题"]]
    rows += [[day, "区妇联", f"通知{n}"] for n, day in enumerate(days)]
    messages, skips = _read(_write_xlsx(tmp_path / "a.xlsx", rows))
    assert skips == []
    assert {m.sent_at for m in messages} == {at(2026, 3, 2, 9, 5)}


def test_a_day_alone_is_nine_o_clock_and_an_unreadable_one_stays_in_the_text(
    tmp_path: Path,
) -> None:
    rows = [
        ["收文日期", "来文单位", "标题"],
        [dt.date(2026, 3, 2), "甲局", "通知一"],
        ["上旬", "乙局", "通知二"],
    ]
    one, two = _read(_write_xlsx(tmp_path / "a.xlsx", rows))[0]
    assert one.sent_at == at(2026, 3, 2, 9)
    assert two.sent_at is None
    assert two.text == "通知二\n收文日期：上旬"


def test_the_year_turns_with_the_months(tmp_path: Path) -> None:
    rows = [["2025年下半年收文登记"], ["收文日期", "来文单位", "标题"]]
    rows += [
        ["12月30日", "甲局", "通知一"],
        ["1月4日", "乙局", "通知二"],
        ["2月1日", "乙局", "通知三"],
    ]
    messages, _ = _read(_write_xlsx(tmp_path / "a.xlsx", rows))
    assert [m.sent_at.year for m in messages if m.sent_at] == [2025, 2026, 2026]


def test_merged_units_hidden_rows_two_row_headers_and_a_second_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    page = book.add_worksheet("一季度")
    page.merge_range("B2:F2", "收文登记")
    page.merge_range("B3:B4", "序号")
    page.merge_range("C3:D3", "来文")
    page.write_row("C4", ["单位", "日期"])
    page.merge_range("E3:E4", "标题")
    page.merge_range("F3:F4", "办理时限")
    page.merge_range("C5:C6", "区民政局")
    page.write_row("D5", ["2026-03-01", "通知一", dt.date(2026, 3, 5).isoformat()])
    page.write_row("D6", ["2026-03-02", "通知二", 46087])
    page.set_row(5, None, None, {"hidden": True})
    other = book.add_worksheet("二季度")
    other.write_row(0, 0, ["标题", "发文单位", "文号"])
    other.write_row(1, 0, ["通知三", "区残联", "江残〔2026〕1号"])
    book.add_worksheet("Sheet3")
    book.close()
    messages, skips = _read(path)
    assert skips == []
    assert [(m.sender, m.text.splitlines()[0], m.locator) for m in messages] == [
        ("区民政局", "通知一", "一季度 行 5"),
        ("区民政局", "通知二", "一季度 行 6"),
        ("区残联", "通知三", "二季度 行 2"),
    ]
    assert messages[1].text.endswith("办理时限：2026年3月6日")


def test_phone_cards(tmp_path: Path) -> None:
    rows = [
        ["电话记录"],
        ["日期", "时间", "来电单位", "来电人", "电话", "接听人", "通话内容", "要求", "时限"],
        [
            "2026年3月2日",
            "下午3点半",
            "区住建局",
            "甲某",
            13800000000,
            "乙某",
            "井盖塌了先围一下",
            "拍照",
            "今天",
        ],
    ]
    (message,), skips = _read(_write_xlsx(tmp_path / "a.xlsx", rows))
    assert skips == []
    assert message.channel is ChannelKind.PHONE
    assert message.sender == "区住建局 甲某"
    assert message.sent_at == at(2026, 3, 2, 15, 30)
    assert message.text == "井盖塌了先围一下\n电话：13800000000\n要求：拍照\n时限：今天"


def test_chat_table_with_and_without_a_group_column(tmp_path: Path) -> None:
    rows = [
        ["序号", "时间", "发送者", "发送者QQ号", "消息类型", "消息内容", "群名称"],
        [1, "2026-03-02 09:05:33", "张三", 10001, "文本", "下班前报表\n收到请回复", "城建群"],
        [2, "2026-03-02 09:06:00", "李四", "10002", "文本", "收到", "城建群"],
    ]
    messages, _ = _read(_write_xlsx(tmp_path / "a.xlsx", rows))
    first = messages[0]
    assert (first.channel, first.group, first.sender, first.account) == (
        ChannelKind.CHAT, "城建群", "张三", "10001",
    )  # fmt: skip
    assert first.text == "下班前报表\n收到请回复"
    assert first.sent_at == at(2026, 3, 2, 9, 5, 33)
    titled = [["城建工作群聊天记录"], ["时间", "发言人", "内容"], ["2026/3/2 9:05", "张三", "报表"]]
    (message,), _ = _read(_write_xlsx(tmp_path / "b.xlsx", titled))
    assert message.group == "城建工作群"


def test_list_of_work_keeps_every_column_and_tells_lines_without_text(tmp_path: Path) -> None:
    rows = [
        ["2026年工作任务清单"],
        ["序号", "事项名称", "牵头部门", "填报内容", "频次", "完成时限", "状态"],
        ["一、民政类"],
        [1, "独居老人排查", "民政局", "姓名、住址", "每月", dt.date(2026, 3, 5), "已取消"],
        ["", "", "卫健局", "", "", "", ""],
        ["合计", "", "", "", "", "", "1"],
    ]
    messages, skips = _read(_write_xlsx(tmp_path / "a.xlsx", rows))
    (message,) = messages
    assert message.channel is ChannelKind.SHEET
    assert message.text == (
        "事项名称：独居老人排查；牵头部门：民政局；填报内容：姓名、住址；频次：每月；"
        "完成时限：2026年3月5日；状态：已取消"
    )
    assert [s.locator for s in skips] == ["Sheet1 行 3", "Sheet1 行 5"]
    assert {s.code for s in skips} == {"intake.sheet_row_no_text"}


def test_work_orders_of_the_hotline_are_a_sheet(tmp_path: Path) -> None:
    rows = [
        [
            "工单编号",
            "工单标题",
            "诉求内容",
            "区交办时间",
            "区交办办结期限",
            "求助人员",
            "求助号码",
        ],
        [
            "GD001",
            "路灯不亮",
            "楼道灯坏了三天",
            "2026-03-02 10:00",
            "2026-03-05",
            "甲某",
            "13800000000",
        ],
    ]
    (message,), _ = _read(_write_xlsx(tmp_path / "a.xlsx", rows))
    assert message.channel is ChannelKind.SHEET
    assert message.sent_at == at(2026, 3, 2, 10)
    assert "诉求内容：楼道灯坏了三天" in message.text
    assert "区交办办结期限：2026-03-05" in message.text


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (
            [["低保动态监测表"], ["姓名", "性别", "身份证号", "家庭住址"], ["", "", "", ""]],
            "sheet_not_messages",
        ),
        ([["姓名", "电话"], ["甲某", "13800000000"]], "sheet_not_messages"),
        ([REGISTER], "sheet_no_rows"),
        ([["收文登记簿"], REGISTER, [1], [2]], "sheet_no_rows"),
        ([], "sheet_empty"),
    ],
)
def test_forms_headers_alone_and_empty_workbooks_are_told(
    tmp_path: Path, rows: list[list[Any]], code: str
) -> None:
    messages, skips = _read(_write_xlsx(tmp_path / "a.xlsx", rows))
    assert messages == []
    assert [s.code for s in skips] == [f"intake.{code}"]


def test_a_header_printed_on_each_page_is_no_row(tmp_path: Path) -> None:
    head = ["收文日期", "来文单位", "标题"]
    rows = [head, ["2026-03-01", "甲局", "通知一"], head, ["2026-03-02", "乙局", "通知二"]]
    messages, skips = _read(_write_xlsx(tmp_path / "a.xlsx", rows))
    assert len(messages) == 2
    assert skips == []


def test_web_page_named_xls(tmp_path: Path) -> None:
    path = tmp_path / "导出.xls"
    page = (
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="gb2312"></head>'
        "<body><table><tr><th colspan=3>收文登记</th></tr><tr><th>收文日期</th><th>来文单位</th><th>标题</th></tr>"
        "<tr><td>2026-03-01</td><td rowspan=2>区民政局</td><td>通知一<br>急</td></tr>"
        "<tr><td>2026-03-02</td><td>通知二</td></tr></table></body></html>"
    )
    path.write_bytes(page.encode("gb18030"))
    messages, skips = _read(path)
    assert skips == []
    assert [(m.sender, m.text) for m in messages] == [
        ("区民政局", "通知一\n急"),
        ("区民政局", "通知二"),
    ]


def test_xml_spreadsheet_2003(tmp_path: Path) -> None:
    def row(*cells: str) -> str:
        return "<Row>" + "".join(f"<Cell>{c}</Cell>" for c in cells) + "</Row>"

    def text(value: str) -> str:
        return f'<Data ss:Type="String">{value}</Data>'

    path = tmp_path / "导出.xls"
    path.write_text(
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="收文"><Table>'
        + row(text("收文日期"), text("来文单位"), text("标题"))
        + '<Row><Cell><Data ss:Type="DateTime">2026-03-01T00:00:00.000</Data></Cell>'
        '<Cell ss:MergeDown="1"><Data ss:Type="String">区民政局</Data></Cell>'
        '<Cell><Data ss:Type="String">通知一</Data></Cell></Row>'
        '<Row><Cell><Data ss:Type="Number">46083</Data></Cell>'
        '<Cell ss:Index="3"><Data ss:Type="String">通知二</Data></Cell></Row>'
        "</Table></Worksheet></Workbook>",
        encoding="utf-8",
    )
    messages, skips = _read(path)
    assert skips == []
    assert [(m.sender, m.text, m.sent_at.day if m.sent_at else 0) for m in messages] == [
        ("区民政局", "通知一", 1),
        ("区民政局", "通知二", 2),
    ]


def test_csv_with_odd_quotes_semicolons_and_a_title_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        '电话记录表\n时间;来电单位;接听人;通话内容\n2026-03-02 09:05;区应急局;乙某;"先围一下;\n明天派人"\n'
        '2026-03-02 10:00;="区城管局";乙某;去掉"引号"也要读\n',
        encoding="utf-8",
    )
    messages, skips = _read(path)
    assert skips == []
    assert [(m.sender, m.text, m.locator) for m in messages] == [
        ("区应急局", "先围一下;\n明天派人", "行 3"),
        ("区城管局", '去掉"引号"也要读', "行 5"),
    ]


def test_delimiter_is_found_under_a_title() -> None:
    assert delimiter_of(["标题,有逗号", "a\tb\tc", "1\t2,5\t3"]) == "\t"
    assert delimiter_of(["没有列"]) is None


@pytest.mark.slow
def test_a_million_rows_stream_in_little_memory(tmp_path: Path) -> None:
    rows = 1_000_000
    path = tmp_path / "大.xlsx"
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    page = book.add_worksheet("聊天")
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    page.write_row(0, 0, ["时间", "发送者", "消息内容"])
    for n in range(1, rows + 1):
        page.write_number(n, 0, 46082 + n / 100_000, moment)
        page.write_string(n, 1, "张三")
        page.write_string(n, 2, f"第{n}条，请各社区下班前报送")
    book.close()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = 0
    for item in read_paths([path]):
        assert isinstance(item, Message)
        count += 1
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert count == rows
    assert item.sent_at is not None
    assert grown < 200, f"{grown:.0f} MiB"
