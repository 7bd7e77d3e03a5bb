"""Reading asks: what a message wants, of whom, by when, and the words that say so."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qingzhuang.intake.bench import Score, is_held, pair, read_rows, score_rows, to_message
from qingzhuang.intake.rules.asks import LONGEST_SUMMARY, read_asks
from qingzhuang.intake.rules.forms import find_forms
from qingzhuang.intake.rules.issuer import find_issuer, shorten
from qingzhuang.intake.rules.model import load_judges
from qingzhuang.intake.types import ChannelKind, Flag, Message
from qingzhuang.kit.pure.text import fold_in_place
from qingzhuang.org.rules import load_calendar

TESTS = Path(__file__).parent.parent
LABELLED = TESTS / "labelled"
GOLDEN = json.loads((TESTS / "golden/asks/reading.json").read_text("utf-8"))
CHINA = ZoneInfo("Asia/Shanghai")
EARLIEST, LATEST = datetime(2020, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone


def message(text: str, **more: object) -> Message:
    given_: dict[str, object] = {
        "path": "群.txt",
        "locator": "1",
        "channel": ChannelKind.CHAT,
        "sent_at": datetime(2026, 3, 4, 10, tzinfo=CHINA),
        "text": text,
    }
    return Message(**(given_ | more))  # type: ignore[arg-type]


def read(text: str, **more: object):
    return read_asks(message(text, **more), calendar=load_calendar())


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_golden_messages(case: dict) -> None:
    got = read(
        case["text"],
        sender=case["sender"],
        group=case["group"],
        sent_at=datetime.fromisoformat(case["sent_at"]),
    )
    assert len(got) == len(case["asks"]), case["why"]
    for ask, want in zip(got, case["asks"], strict=True):
        if "issuer" in want:
            assert ask.issuer == want["issuer"], case["why"]
        if "kinds" in want:
            assert {str(kind) for kind in ask.deliverables} == set(want["kinds"]), case["why"]
        if "kinds_any" in want:
            assert set(want["kinds_any"]) & {str(k) for k in ask.deliverables}, case["why"]
        if "forms" in want:
            assert list(ask.forms) == want["forms"], case["why"]
        if "due_at" in want:
            assert ask.due_at is not None, case["why"]
            assert ask.due_at.isoformat() == want["due_at"], case["why"]
        assert str(ask.recurrence) == want.get("recurrence", "once"), case["why"]
        assert set(want.get("flags", ())) <= {str(flag) for flag in ask.flags}, case["why"]


words = st.sampled_from(
    "请 各社区 周五前 报送 《统计表》 不用 照片 会议室 明天上午9点 ， 。 \n 1. 2. ① 每周五 已经 了 "
    "书记 转区民政局： @所有人 没有也要报 收到 ？ 👍 全角ＡＢＣ 《 》 【 ".split(" ")
)
talk = st.one_of(st.text(max_size=120), st.lists(words, max_size=30).map("".join))


@given(
    text=talk,
    channel=st.sampled_from(list(ChannelKind)),
    sender=st.one_of(st.none(), st.text(max_size=12), st.just("区住建局-李工")),
    group=st.one_of(st.none(), st.text(max_size=12), st.just("百花社区网格群")),
    sent_at=st.one_of(
        st.none(),
        st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(CHINA)),  # noqa: DTZ001 - bounds are naive
    ),
)
@example("请周五前报送《表》", ChannelKind.CHAT, None, None, None)
@example("\x00\ud7ff年" * 30, ChannelKind.PHONE, "", "", datetime(2026, 1, 1, tzinfo=CHINA))
def test_any_text_is_read_and_its_words_are_its_own(text, channel, sender, group, sent_at) -> None:
    given_ = message(text, channel=channel, sender=sender, group=group, sent_at=sent_at)
    asks = read_asks(given_, calendar=load_calendar())
    reached = 0
    for ordinal, ask in enumerate(asks, 1):
        assert ask.id == f"{given_.id}-{ordinal}"
        assert reached <= ask.start < ask.end <= len(text)
        reached = ask.end
        assert ask.deliverables
        assert ask.summary in text or len(ask.summary) <= LONGEST_SUMMARY
        for phrase in ask.phrases:
            assert text[phrase.start : phrase.end] == phrase.text
            assert phrase.text
        said = {phrase.reason for phrase in ask.phrases}
        assert {str(kind) for kind in ask.deliverables} <= said
        assert {str(flag) for flag in ask.flags} <= said


def test_spans_count_characters_of_the_text_as_it_came() -> None:
    text = "各社区：《独居老人登记表》３月１０日前报区民政局王姐。"
    (ask,) = read(text, sender="民政局-王姐")
    assert text[ask.start : ask.end] == text
    assert ask.forms == ("独居老人登记表",)
    assert all(text[p.start : p.end] == p.text for p in ask.phrases)


def test_lead_in_working_hours_makes_short_notice() -> None:
    (soon,) = read("各社区今天17:00前把《值班表》报街道党政办。")
    assert soon.lead_working_hours == 6.0
    assert Flag.SHORT_NOTICE in soon.flags
    (later,) = read("各社区3月20日17:00前把《值班表》报街道党政办。")
    assert Flag.SHORT_NOTICE not in later.flags


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("江岚区住房和城乡建设局物业科", "住建局"),
        ("石桥街道党建办公室", "街道党建办"),
        ("中共江岚区委宣传部", "宣传部"),
        ("国家税务总局云岭县税务局", "税务局"),
        ("石桥街道平安建设办公室", "街道平安办"),
        ("区市场监督管理局", "市场监管局"),
    ],
)
def test_names_are_shortened_as_a_district_writes_them(name: str, short: str) -> None:
    assert shorten(name) == short


@pytest.mark.parametrize(
    ("text", "sender", "group", "issuer"),
    [
        ("请各社区明早上报", "双井街道-防汛办", "双井街道应急群", "街道防汛办"),
        ("今晚每个网格巡一遍，发照片", "百花-书记老彭", "百花社区网格群", "百花社区"),
        ("今晚每个网格巡一遍，发照片", "微风", "百花社区网格群", None),
        ("民政局刚才电话催花名册，明早给我", "镇民政所小蒋", "各村文书群", "民政局"),
        ("【转市局】填报说明如下，周五前改好", "住建局-物业科", "区住建局群", "住建局"),
        ("转市民政局：养老院消防周五前查完", "镇民政 阿萍", "各村文书群", "市民政局"),
        ("司法所：名册上老郑走了没有，回个话", "街道司法所", None, "街道司法所"),
        ("请各村周五前报表", "镇人社 倪", "民生服务群", "镇人社"),
        ("请各村周五前报表", "镇党政办 小王", "各村群", "镇党政办"),
        ("今天下午三点水利局来看泵站，路口清一清", "老魏", "青禾村工作群", "水利局"),
        ("主题党日七月一日上午九点", "沙坝村委会", "沙坝村党员群", "沙坝村委会"),
        ("区人社局官网见通知，名单交镇便民中心办", "区就业中心-小苗", "人社群", "就业中心"),
        ("10点前把河滩上露营的人全部通知到", "微风", "百花网格群", None),
        ("学写的铁路家属院通知各户", None, None, None),
        ("请各社区催一下农村厕所改造的进度，通知各组", None, None, None),
        ("石桥街道有多少养老服务站要改", None, None, None),
        ("经费管理办法通知到各组，整改局面要求稳住", None, None, None),
        ("请各村报县交通运输局", None, None, "交通运输局"),
    ],
)
def test_whose_wish_it_is(text: str, sender: str, group: str, issuer: str | None) -> None:
    found = find_issuer(fold_in_place(text), channel=ChannelKind.CHAT, sender=sender, group=group)
    assert (found.name if found else None) == issuer


@pytest.mark.parametrize(
    ("tail", "issuer"),
    [
        ("中共清水镇委员会组织办公室\n2026年4月15日", "镇组织办"),
        ("盘溪乡防汛抗旱指挥部\n2026年7月21日", "乡防指"),
        ("梅岭镇人民政府\n2026年3月9日", "镇政府"),
        ("澄溪县文化广电旅游体育局\n澄溪县财政局\n2026年3月19日", "文旅局"),
        ("国网水东县供电公司\n2026年9月2日", "供电公司"),
        ("柳塘村村民委员会\n2026年3月2日", "柳塘村委会"),
        ("牌楼镇纪委监督办\n2026年8月12日", "镇纪委监督办"),
    ],
)
def test_the_first_organ_that_signs_a_document_asks(tail: str, issuer: str) -> None:
    text = f"关于做好有关工作的通知\n各村:\n请于月底前报送总结。\n{tail}"
    found = find_issuer(text, channel=ChannelKind.DOCUMENT, sender=None, group=None)
    assert found is not None
    assert found.name == issuer


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("填《门前责任认领书》和签到表", ["门前责任认领书", "签到表"]),
        ("①推荐表②楼栋合影", ["推荐表"]),
        ("在线表里填，新表旧表都行，表扬一下", []),
        ("把0-3岁婴幼儿照护摸底表发我", ["0-3岁婴幼儿照护摸底表"]),
        ("《调查表(2026版)》增加两列", ["调查表(2026版)"]),
        ("关于更新事项清单的通知", []),
        ('各村填《"一卡通"自查情况表》', ['"一卡通"自查情况表']),
        ("健身器材清册和街长签字表,参会回执也要", ["健身器材清册", "街长签字表", "参会回执"]),
        ("请核对一下视频点位坐标核对表", ["视频点位坐标核对表"]),
        ("不用再填原来的《安全检查统计表》", []),
        ("原《信息日报表》取消", []),
        ("空挂户清理名单发你了,核对后回", []),
        ("征求《证明事项清单》意见,“家庭打卡”活动", []),
    ],
)
def test_forms_are_named_as_written(text: str, forms: list[str]) -> None:
    assert [form.name for form in find_forms(text)] == forms


@pytest.mark.parametrize(
    ("text", "audience"),
    [
        ("请北塘、石桥街道周五前报送名单", ("北塘街道", "石桥街道")),
        ("@老邱 表还没交，今天下班前给我", ("老邱",)),
        ("请各社区周五前报送名单", ("各社区",)),
        ("@所有人 周五前报送名单", ()),
    ],
)
def test_who_is_named_to_do_it(text: str, audience: tuple[str, ...]) -> None:
    (ask,) = read(text, sender="民政局-王姐")
    assert ask.audience == audience


def test_held_out_lines_are_never_read_for_development() -> None:
    held = LABELLED / "asks_c.jsonl"
    ids = [row["id"] for row in read_rows([held], "dev")]
    assert ids
    assert not any(is_held(held.name, row_id) for row_id in ids)
    every = sum(1 for line in held.read_text("utf-8").splitlines() if line.strip())
    assert len(ids) < every
    learned = json.loads((TESTS.parent / "qingzhuang/intake/data/reader.json").read_text("utf-8"))[
        "learned_from"
    ]
    assert f"{held.name}: {len(ids)}" in learned


def test_scores_count_what_is_missed_and_made_up() -> None:
    label = {
        "issuer": "民政局",
        "deliverables": ["form"],
        "forms": [],
        "due_at": None,
        "recurrence": "once",
        "flags": [],
    }
    asks = read("各社区周五前把《值班表》报民政局。", sender="民政局-王姐")
    score = Score()
    score.add({"asks": [label]}, asks)
    score.add({"asks": [label]}, ())
    score.add({"asks": []}, asks)
    figures = score.tallies["message is ask"].figures()
    assert (figures["precision"], figures["recall"]) == (0.5, 0.5)
    assert score.tallies["deadline"].extra == 2
    assert pair([label], ()) == [(label, None)]


def test_the_weights_are_small_and_know_every_kind_and_flag() -> None:
    judges = load_judges()
    assert len(judges["kinds"].names) == 11
    assert len(judges["flags"].names) == len(Flag) - 2
    size = (TESTS.parent / "qingzhuang/intake/data/reader.json").stat().st_size
    assert size < 500_000


FLOORS = {
    "message is ask": 0.985,
    "asks counted": 0.975,
    "kinds": 0.95,
    "flags": 0.91,
    "issuer": 0.89,
    "deadline": 0.93,
    "recurrence": 0.865,
    "forms": 0.79,
}


@pytest.mark.slow
def test_reading_does_not_fall_behind_on_labelled_messages() -> None:
    """On what it was learned from; what unseen messages give says `qz bench reader`."""
    files = sorted(LABELLED.glob("asks_*.jsonl"))
    score = score_rows(read_rows(files, "dev"))
    figures = {name: score.tallies[name].figures()["f1"] for name in FLOORS}
    assert all(figures[name] >= floor for name, floor in FLOORS.items()), figures


def test_a_plain_request_and_two_forms_of_two_days_need_no_weighing() -> None:
    (ask,) = read("请各社区报低保表")
    assert ask.deliverables == ("form",)
    first, second = read("低保表周三前报，残疾人表周四前报")
    assert (first.forms, second.forms) == (("低保表",), ("残疾人表",))
    assert first.due_at is not None
    assert second.due_at is not None
    assert (second.due_at - first.due_at).days == 1


@pytest.mark.parametrize("said", ["收到,马上安排", "好的,我们这就去办", "收到👌", "OK,谢谢"])
def test_an_answer_is_no_ask(said: str) -> None:
    assert read(said, sender="街道综治办-小李") == ()


def test_labelled_lines_become_messages() -> None:
    row = next(read_rows([LABELLED / "asks_a.jsonl"]))
    assert to_message(row).text == row["text"]
