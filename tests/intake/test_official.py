"""Who issued a document, when, with what attached: by the layout of its text alone."""

from __future__ import annotations

import datetime as dt

import pytest

from qingzhuang.intake.adapters.official import official_head, tidy, title_first

TITLE = "江岚区民政局关于开展独居老人探访情况统计工作的通知"


def test_head_of_a_joint_document() -> None:
    text = (
        "000012\n特急\n江岚区民政局文件\n江民发〔2026〕12号\n江岚区民政局\n关于开展独居老人探访\n"
        "情况统计工作的通知\n各社区：\n请于2026年3月1日\n前报送。（见附件）\n附件：1.江岚区独居老人基础数据统\n"
        "计表\n2.填报说明\n\n江岚区民政局　　江岚区财政局\n2026 年 3 月 2 日\n（联系人：甲某）\n抄送：区委办。\n"
        "江岚区民政局办公室 2026年3月3日印发\n附件1\n江岚区独居老人基础数据统计表"
    )
    head = official_head(text)
    assert head.sender == "江岚区民政局、江岚区财政局"
    assert head.date == dt.date(2026, 3, 2)
    assert head.attachments == ("江岚区独居老人基础数据统计表", "填报说明")
    assert title_first(tidy(text)).splitlines()[:3] == [TITLE, "000012", "特急"]


@pytest.mark.parametrize(
    ("text", "sender", "date"),
    [
        ("关于报数的函\n各社区：\n请报。\n二〇二六年三月一日", None, dt.date(2026, 3, 1)),
        ("街道党建办〔2026〕3号\n关于报数的函\n各社区：\n请报。", "街道党建办", None),
        ("江岚区住建局关于报数的函\n各社区：\n请报。", "江岚区住建局", None),
        ("关于报数的函\n各社区：\n请报。\n区住建局　2026年3月1日", "区住建局", dt.date(2026, 3, 1)),
        ("关于报数的函\n请于\n2026年3月5日\n前报送。", None, None),
        ("关于报数的函\n各社区：\n请报。\n区残联\n2026.3.1", "区残联", dt.date(2026, 3, 1)),
        ("关于报数的函\n请报。\n区残联（盖章）\n2026年2月30日", None, None),
        ("区委组织部\n区民政局文件\n关于报数的函\n请报。", "区委组织部、区民政局", None),
        ("区委组织部文件\n区民政局\n江组〔2026〕1号\n关于报数的函", "区委组织部、区民政局", None),
        ("今天下雨\n大家注意", None, None),
        ("", None, None),
    ],
)
def test_sender_and_date(text: str, sender: str | None, date: dt.date | None) -> None:
    head = official_head(text)
    assert (head.sender, head.date) == (sender, date)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("附件：统计表\n\n区局\n2026年3月1日", ("统计表",)),
        ("请报。\n附件1：甲表\n附件2：乙表", ("甲表", "乙表")),
        ("附件：1.甲表 2.乙表", ("甲表", "乙表")),
        ("附：名单\n正文还在下面，不是附件的名字。", ("名单",)),
        ("请按附件要求报送。", ()),
    ],
)
def test_attachments_named_in_the_text(text: str, names: tuple[str, ...]) -> None:
    assert official_head(text).attachments == names


def test_a_text_without_a_title_stays_as_it_stands() -> None:
    text = "各位：\n关于明天的会，改到上午。\n谢谢"
    assert title_first(text) == text
