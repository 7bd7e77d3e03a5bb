"""Each chat export: what is in the file comes out, and nothing else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from qingzhuang.intake.inputs import read_blobs, read_paths
from qingzhuang.intake.types import Message, Skip
from qingzhuang.kit.clock import fixed_at
from qingzhuang.kit.pure.clock import CHINA

CHATS = Path(__file__).parent.parent / "fixtures" / "chats"
QQ_HEAD = (
    "消息记录（此消息记录为文本格式，不支持重新导入）\n\n"
    f"{'=' * 64}\n消息分组:我的群聊\n{'=' * 64}\n消息对象:长乐群\n{'=' * 64}\n\n"
)


@dataclass(frozen=True)
class Bytes:
    path: str
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def open(self) -> io.BytesIO:
        return io.BytesIO(self.data)


def read(*blobs: Bytes) -> tuple[list[Message], list[Skip]]:
    return sift(read_blobs(blobs))


def read_file(name: str) -> tuple[list[Message], list[Skip]]:
    return sift(read_paths([CHATS / name]))


def sift(items: object) -> tuple[list[Message], list[Skip]]:
    found = list(items)  # type: ignore[call-overload]
    return (
        [item for item in found if isinstance(item, Message)],
        [item for item in found if isinstance(item, Skip)],
    )


def rows(messages: list[Message]) -> list[tuple[str | None, str, str]]:
    """(who, 'MM-DD HH:MM', first line) of each."""
    return [
        (
            m.sender,
            m.sent_at.strftime("%m-%d %H:%M") if m.sent_at else "",
            m.text.partition("\n")[0],
        )
        for m in messages
    ]


def test_qq_text_with_two_groups_titles_halves_of_the_day_and_names_of_all_kinds() -> None:
    messages, skips = read_file("qq_txt/两个群.txt")
    assert skips == []
    assert rows(messages) == [
        ("民生办小覃", "03-02 09:04", "各社区早上好，《临时救助申请汇总表》周三中午前发我。"),
        ("张三(城建(二))", "03-02 09:05", "收到"),
        ("李四", "03-02 20:44", "[图片]"),
        ("【兴华社区】王五", "03-02 20:45", ""),
        ("赵六", "03-02 20:46", "[文件]名单.xlsx"),
        ("办公室", "03-03 08:00", "进群请改备注。"),
        ("值班员", "03-03 00:30", "夜里有雨。"),
        ("钱七", "03-03 13:15", "没有编号的人"),
    ]
    assert [m.group for m in messages] == ["长乐街道民生条线"] * 5 + ["三季度专班"] * 3
    assert [m.account for m in messages[:4]] == ["10001", "20002", "lisi@example.com", "30003"]
    assert messages[4].attachments == ("名单.xlsx",)
    assert messages[0].locator == "行 9"
    # A rule within a text is the text's; a time within a text is no heading.
    assert messages[0].text.endswith("=\n以上")
    assert messages[7].text.endswith("开会，请准时。")
    assert messages[7].account is None


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_qq_text_in_every_encoding_gives_the_same_messages(codec: str, ending: str) -> None:
    text = (CHATS / "qq_txt/两个群.txt").read_text("utf-8")
    expected, _ = read(Bytes("a.txt", text.encode()))
    messages, skips = read(Bytes("a.txt", text.replace("\n", ending).encode(codec)))
    assert skips == []
    assert [m.id for m in messages] == [m.id for m in expected]


def test_a_character_cut_by_the_first_64_kib_does_not_change_the_encoding() -> None:
    for shift in range(4):
        body = "x" * shift + "关于报送老旧小区数据的通知" * 4000
        for codec in ("utf-8", "gb18030"):
            data = f"{QQ_HEAD}2026-03-02 09:10:00 张三(10001)\n{body}\n".encode(codec)
            messages, skips = read(Bytes("a.txt", data))
            assert (len(messages), skips) == (1, [])
            assert messages[0].text == body


def test_chinese_after_the_first_64_kib_of_ascii_is_found_to_be_gbk() -> None:
    text = "2026-03-02 09:10:00 a(10001)\n" + "x\n" * 50_000 + "收到，马上报\n"
    messages, skips = read(Bytes("a.txt", text.encode("gb18030")))
    assert skips == []
    assert messages[0].text.endswith("收到，马上报")


def test_exports_of_two_encodings_pasted_into_one_file_are_both_read() -> None:
    one = f"{QQ_HEAD}2026-03-02 09:10:00 张三(10001)\n请报送独居老人名单，今天下班前\n\n"
    two = "2026-03-02 09:11:00 李四(10002)\n收到，马上组织各网格核对\n\n"
    messages, skips = read(Bytes("a.txt", one.encode() + two.encode("gb18030")))
    assert skips == []
    assert [m.text for m in messages] == [
        "请报送独居老人名单，今天下班前",
        "收到，马上组织各网格核对",
    ]


def test_spoilt_bytes_are_replaced_and_told_once_with_their_place() -> None:
    data = f"{QQ_HEAD}2026-03-02 09:10:00 张三(10001)\n请报".encode() + b"\xff\xfe\n\n\xff\n"
    messages, skips = read(Bytes("a.txt", data))
    assert messages[0].text.startswith("请报\ufffd")
    assert [(s.code, s.locator, s.params["lines"]) for s in skips] == [
        ("intake.damaged_text", "行 10", 2)
    ]


def test_words_above_a_qq_file_that_lost_its_head_are_told() -> None:
    messages, skips = read(
        Bytes("a.txt", "前面截掉了\n\n2026-03-02 09:10:00 张三(10001)\n收到\n".encode())
    )
    assert [m.text for m in messages] == ["收到"]
    assert [(s.code, s.locator) for s in skips] == [("intake.before_first_message", "行 1")]


def test_qq_mht_days_pictures_system_lines_and_forwarded_blocks() -> None:
    messages, skips = read_file("qq_mht/群.mht")
    assert skips == []
    assert rows(messages) == [
        ("民生办小覃", "03-02 09:04", "请报独居老人数，"),
        ("李四", "03-02 12:28", "[图片]"),
        ("张三(城建(二))", "03-03 20:00", "转一下："),
        ("区卫健小刘", "03-03 18:30", "明早9点前报"),
        ("区民政小周", "03-03 18:31", "表在附件"),
        ("张三(城建(二))", "03-03 20:01", "收到"),
    ]
    assert messages[0].text == "请报独居老人数，\n半小时内 <速报>"
    assert messages[1].attachments == ("{A1B2C3D4-0001-4a5b-8c9d-000000000001}.dat",)
    assert messages[3].text.endswith("截止时间 2026-03-04 09:00:00")  # a deadline, no speaker
    assert {m.group for m in messages} == {"长乐街道民生条线"}


def test_an_mht_without_its_end_is_read_as_far_as_it_goes() -> None:
    data = (CHATS / "qq_mht/群.mht").read_bytes()
    data = data[: data.index("日期: 2026/3/3".encode())]
    messages, skips = read(Bytes("a.mht", data))
    assert [m.sender for m in messages] == ["民生办小覃", "李四"]
    assert [s.code for s in skips] == ["intake.mht_cut"]


def test_an_mht_of_many_rows_over_chunk_borders_loses_none() -> None:
    whole = (CHATS / "qq_mht/群.mht").read_text("utf-8-sig")
    row = whole[whole.rindex("<tr>") : whole.rindex("</table>")]
    many = "".join(row.replace(">收到<", f">收到{i}<") for i in range(5000))
    data = whole.replace(row, many).encode()
    messages, skips = read(Bytes("a.txt", data))
    assert skips == []
    assert [m.text for m in messages[-5000:]] == [f"收到{i}" for i in range(5000)]


def test_qq_json_leaves_system_and_recalled_out_and_agrees_with_the_text_export() -> None:
    messages, skips = read_file("qq_json/单文件.json")
    assert skips == []
    assert [(m.sender, m.account, m.locator) for m in messages] == [
        ("民生办小覃", "10001", "第 1 条"),
        ("小张", "20002", "第 4 条"),
    ]
    assert messages[1].attachments == ("a.jpg",)
    text, _ = read_file("qq_txt/两个群.txt")
    assert messages[0].id == text[0].id


def test_qq_chunks_take_the_groups_name_from_the_manifest_and_a_missing_chunk_is_told() -> None:
    messages, skips = read_file("qq_json/chunked")
    assert [(m.group, m.sender, m.text) for m in messages] == [
        ("分块的群", "甲", "第一块的话"),
        ("分块的群", "乙", "收到"),
    ]
    assert [(s.code, s.params["chunk"]) for s in skips] == [
        ("intake.chunk_missing", "chunks/c000002.jsonl")
    ]


def test_chatlog_csv_and_json_say_the_same() -> None:
    csv, csv_skips = read_file("chatlog/长乐_2026-03-01_2026-03-31.csv")
    json, json_skips = read_file("chatlog/长乐.json")
    assert csv_skips == json_skips == []
    assert [m.id for m in csv] == [m.id for m in json[:5]]
    assert [m.text for m in csv] == [
        "各社区：高龄津贴核对表，\n今天17点前报。",
        "[图片]",
        "[文件]高龄津贴核对表.xlsx",
        "收到",
        "收到",
    ]
    assert csv[2].attachments == ("高龄津贴核对表.xlsx",)
    assert csv[3].id != csv[4].id  # two people of one name
    assert csv[0].channel_key == "111@chatroom"
    assert csv[3].locator == "第 6 行"
    assert json[5].text == "是含80岁的吗\n引用 街道民生办小覃：高龄津贴核对表"
    assert json[6].text.endswith("区卫健小刘：明早9点前报\n区卫健小刘：表在附件")


def test_chatlog_text_takes_its_year_from_the_files_name_and_passes_new_year() -> None:
    messages, skips = read_file("chatlog/111@chatroom_2025-12-01_2026-01-31.txt")
    assert skips == []
    assert [m.sent_at and m.sent_at.isoformat() for m in messages] == [
        "2025-12-31T23:10:00+08:00",
        "2026-01-01T00:01:02+08:00",
    ]
    assert [(m.account, m.channel_key) for m in messages] == [
        ("wxid_qin", "111@chatroom"),
        ("wxid_zhang", "111@chatroom"),
    ]


def test_chatlog_text_without_a_year_says_which_one_it_took() -> None:
    data = (CHATS / "chatlog/111@chatroom_2025-12-01_2026-01-31.txt").read_bytes()
    with fixed_at(datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)):
        messages, skips = read(Bytes("群.txt", data))
    assert [m.sent_at and m.sent_at.year for m in messages] == [2025, 2026]
    assert [(s.code, s.params["year"]) for s in skips] == [("intake.year_guessed", 2025)]


def test_wechatmsg_csv() -> None:
    messages, skips = read_file("wechatmsg/民生条线_utf8.csv")
    assert skips == []
    assert [(m.sender, m.text) for m in messages] == [
        ("民生办小覃", "请各社区于今天17点前\n报送名单"),
        ("张三", "[图片]"),
        ("我", "[文件]名单.xlsx"),
    ]
    assert messages[0].group == "民生条线"
    assert messages[0].sent_at == datetime.fromisoformat("2026-03-02T09:10:00+08:00")
    assert messages[0].account == "wxid_qin"


def test_wechatmsg_text_leaves_system_lines_out() -> None:
    messages, skips = read_file("wechatmsg/安全群.txt")
    assert skips == []
    assert rows(messages) == [
        ("街道安监办", "03-02 09:10", "今天下午3点前报隐患台账"),
        ("张三", "03-02 09:11", "[图片]"),
        ("李四", "03-02 09:13", "收到"),
    ]
    assert messages[0].text.endswith("\n\n两天后还要复查")
    assert messages[0].group == "安全群"


def test_wechatmsg_page_reads_the_scripts_list() -> None:
    messages, skips = read_file("wechatmsg/聊天页.html")
    assert skips == []
    assert [(m.sender, m.text) for m in messages] == [
        ("街道办小覃", "明天9点开会\n书记必到，别说'没看见'"),
        ("张三", "[图片]"),
        ("我", "收到 😀"),
    ]
    assert messages[1].attachments == ("1.jpg",)


@pytest.mark.parametrize("name", ["111@chatroom_0_3.csv", "111@chatroom_0_3.json", "data.js"])
def test_pywxdump_takes_names_from_the_users_beside(name: str) -> None:
    messages, skips = read_file(f"pywxdump/{name}")
    assert skips == []
    assert messages[0].text == "请报独居老人数"
    assert messages[0].sender in {"民生办小覃", "小覃"}
    assert messages[0].group == "长乐街道民生条线"
    assert (messages[0].account, messages[0].channel_key) == ("wxid_qin", "111@chatroom")
    assert not any("加入群聊" in m.text for m in messages)


def test_pywxdump_users_are_no_messages() -> None:
    assert read_file("pywxdump/users.json") == ([], [])


def test_weflow_and_echotrace_whichever_comes_first_in_the_file() -> None:
    weflow, one = read_file("weflow/weflow.json")
    echotrace, two = read_file("weflow/echotrace.json")
    assert one == two == []
    assert [m.text for m in weflow] == [
        "请报独居老人数",
        "[图片]",
        "[引用 民生办小覃：请报独居老人数] 含空巢吗",
    ]
    assert weflow[0].id == echotrace[0].id
    assert echotrace[0].group == "长乐街道民生条线"
    assert echotrace[0].channel_key == "111@chatroom"


WECOM = [
    "请报独居老人数",
    "# 提醒\n**下班前**报",
    "[链接]填报入口\n周五前\nhttps://example.com/f",
    "[文件]名单.xlsx",
    "看图填\n[图片]",
    "[聊天记录]群聊\n区里要数\n[文件]样表.docx",
    "[待办]核对名册\n3月5日前",
    "[投票]周几开会\n周一\n周二",
    "[填表]独居老人统计\n社区\n人数",
    "[会议]调度会\n时间：2026-03-02 15:00 至 2026-03-02 16:00\n地点：三楼\n备注：书记参加",
    "[日程]迎检\n时间：2026-03-02 15:00 至 2026-03-02 16:00\n地点：广场\n参加：甲、乙",
    "[文档]在线统计表\nhttps://example.com/d",
    "[接龙]\n会前接龙\n兴华\n1. 兴华 已到",
    "[笔记]\n值班表\n周六 张三",
    "[图片]",
]


@pytest.mark.parametrize("shape", ["lines", "list", "chatdata", "spread"])
def test_wecom_archive_in_each_of_its_shapes(shape: str) -> None:
    lines = (CHATS / "wecom/存档.jsonl").read_text("utf-8").splitlines()
    text = {
        "lines": "\n".join(lines),
        "list": f"[{','.join(lines)}]",
        "chatdata": f'{{"errcode":0,"errmsg":"ok","chatdata":[{",".join(lines)}]}}',
        "spread": "\n".join(line.replace(', "', ',\n "') for line in lines),
    }[shape]
    messages, skips = read(Bytes("存档.json", text.encode()))
    assert skips == []
    # Recalled, the recall itself and a change of company are no messages.
    assert [m.text for m in messages] == WECOM
    assert {m.channel_key for m in messages} == {"wrROOM", None}
    assert messages[0].account == "qin"
    assert messages[0].sent_at == datetime.fromisoformat("2026-03-02T09:10:00+08:00")


def test_wecom_messages_still_encrypted_are_told() -> None:
    line = '{"seq":1,"msgid":"1","action":"send","publickey_ver":3,"encrypt_random_key":"a","encrypt_chat_msg":"b"}'
    messages, skips = read(Bytes("a.json", line.encode()))
    assert messages == []
    assert [s.code for s in skips] == ["intake.still_encrypted"]


@pytest.mark.parametrize(
    "folder",
    [
        "qq_json/单文件.json",
        "chatlog/长乐.json",
        "weflow/weflow.json",
        "wechatmsg/聊天页.html",
        "pywxdump/data.js",
        "qq_mht/群.mht",
    ],
)
def test_a_file_cut_anywhere_gives_its_beginning_and_says_so(folder: str) -> None:
    data = (CHATS / folder).read_bytes()
    whole, _ = read(Bytes("a", data))
    for cut in range(len(data) // 2, len(data) - 60, 97):
        messages, skips = read(Bytes("a", data[:cut]))
        # Only the last one may itself be cut short.
        before = len(messages) - 1 if messages else 0
        assert [m.id for m in messages[:before]] == [m.id for m in whole[:before]]
        if [m.id for m in messages] != [m.id for m in whole]:
            assert skips, cut


def test_a_broken_element_costs_only_itself() -> None:
    text = (CHATS / "chatlog/长乐.json").read_text("utf-8").replace('"seq": 2,', '"seq": ?2,')
    messages, skips = read(Bytes("a.json", text.encode()))
    assert len(messages) == 6
    assert [(s.code, s.locator) for s in skips] == [("intake.json_item", "第 2 条")]
