"""Names of tables, lists and registers as the message writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormName:
    name: str
    start: int
    end: int
    is_quoted: bool = False  # in 《》 or quotation marks: a name for certain


_NOUN = (
    r"(?:一览表|(?<![代手钟仪外])表(?!示|扬|态|明|彰|决|现|演|面|达|率|格|述|白|妹|哥|姐|弟|样|名不变|头|册|前|后|里|上)|"
    r"台账|台帐|花名册|签领册|名册|清册|名录(?!库)|名单(?!内)|底册|册子|清单|登记簿|登记本|登记卡|信息卡|联系卡|签领单|签收单|节目单|报告单|反馈单|记录单|回执单?|"
    r"(?:月|周|日|季|年|旬)报(?!告|到|名|送|警|纸|社|给|我|上)|日志|认领书|承诺书|申请书|责任书|目录)"
)
_KIND = (
    r"(?:表|日进度|明细|台账|台帐|名册|名单|底册|清单|登记簿|登记本|册|(?<!打)卡|(?<!晒书)单|回执|月报|周报|日报|季报|年报|日志|书|目录|记录|一户一档|档案|统计)"
    r"(?:[(（][^)）]{0,14}[)）])?"
)
# A title in 《》 may hold quotation marks: 《"一卡通"自查情况表》.
_QUOTED = (
    re.compile(rf"《(?P<name>[^《》\n]{{1,40}}?{_KIND})》"),
    re.compile(rf"[“\"「【](?P<name>[^《》“”\"「」【】\n]{{1,40}}?{_KIND})[”\"」】]"),
)
_BARE = re.compile(rf"(?P<name>[一-龥A-Za-z0-9—\-]{{0,22}}?{_NOUN})(?!格)")
# Without quotation marks these are as often plain words as names.
_MOSTLY_WORDS = re.compile(r"(?:名单|(?:月|周|日|季|年|旬)报|目录|清单)$")
# What stands before a name but is not of it; the last one found cuts.
_BEFORE = re.compile(
    r"填写|填好|填报|填送|填(?!报表|表)|报送|上报|报(?!告|名|表|刊)|提交|上交|交(?!通|流|警|叉|接)|发(?!放|展|现)|带上|带(?!头|班|动)|附上|附件(?:是|为|里|中)?|完善|更新|核对(?!表)|登记(?!表|簿|卡|册)|"
    r"请(?!假)|把|将|按(?!摩|揭)|用(?!工|水|电|户|人|地|途|车)|以(?!上|下|内)|对照|参照|这个|这张|那张|这份|那份|一份|一个|此|本(?!村|地|级|人)|该|各(?!类)|的|和(?!谐|平)|及(?!时)|与|或|以及|"
    r"连同|并|是|有(?!限|关)|要|做好|做|建立|建|完成|汇总(?!表)|收集|整理|制作|下发|印发|下载|打印|领取(?!表)|见|也|还|都|再|先|到(?!表)|在(?!家|外|校|建|职|册|线)|催|签订|提供|携带|编进|换(?=表|新|成)|因|已|完|通过|本社区|辖区|我局|系统(?:里)?|导出|执行|(?:元|个|\d{1,2})月(?:份)?起?|[①-⑳]|原(?=\d)|(?:近|最近)[一二三两几]个月|每[日周月季]|上年度?|给|让|看|会(?!回执)|叫|说|发来|(?<!宣)传(?![统承])|、|就|无|没有?|"
    r"街道|社区(?=[^一-龥]|报|填|的)|我们|你们|他们|大家|线下|线上|新版|旧版|原来|前(?!期|置)|后(?!续|备)|拉(?!力)|对着|由|吧|那个|另外|一下|开始|准备|任何|备齐|备好|列个|来签|各类(?=台账|报表)|原(?=个人)|平台(?=账)|小(?=表)"
)
# A form that is given up, or a list the sender has made himself, is not asked for.
_GIVEN_UP = re.compile(
    r"[》”\"」】]?(?:[^，,。;；\n]{0,3}(?:取消(?!《)|不用了|不用填|停用|不再用)|意见|的通知)"
)
_NO_LONGER = re.compile(r"(?:不用再?填|不再填|无需再?填|不必再?填)[^，,。;；\n]{0,6}[《“\"「【]?$")
_MADE = re.compile(r"[\d人户名]{0,4}(?:已(?!预填)|发你|发给你|下发)")
# "带上监测户花名册", "(独居老人联系日报)": here such a word is a name after all.
_NAMED = re.compile(
    r"(?:带上?|带一[个份]|[(（:：]|\d[.、)）]|[①-⑳]|;|；|要(?![求是么素闻点]))[^，,。；;\n]{0,14}$"
)
_NO_NAME = re.compile(
    r"(?:[一二三四五六七八九十两几\d](?:张|个|份)(?:表|清单|台账)|(?:在线|共享|^签字|填|换新?|[新旧老]|附|工作|一|口|式|模板|电子|另报|锁)表|"
    r"^(?:参加|参会|已)[一-龥]{0,4}名单)$"
)
_GIVEN = re.compile(r"[^。;\n]{0,24}?(?:报|发|交|给|送|带|退|传|反馈|核对|打勾|标黄|还我)")
_TITLE = re.compile(r"关于[^\n。]{2,60}(?:通知|函|通报|方案)")
_TOO_SHORT = frozenset(
    "表 名单 清单 台账 台帐 名册 清册 名录 核对表 月报 周报 日报 季报 年报 目录 回执 日志 册子 底册".split()
)


def find_forms(folded: str) -> list[FormName]:
    """Forms in the order of the text, each once; quoted ones as quoted, bare ones trimmed."""
    found: dict[str, FormName] = {}
    quoted: list[tuple[int, int]] = []
    for match in (match for marks in _QUOTED for match in marks.finditer(folded)):
        if any(lower <= match.start() < upper for lower, upper in quoted):
            continue
        name = match["name"].strip()
        quoted.append(match.span())
        is_wanted = not (
            re.search(r"[:。!?：]", name)
            or _GIVEN_UP.match(folded, match.end("name"))
            or _NO_LONGER.search(folded, 0, match.start("name"))
        )
        if name not in _TOO_SHORT and is_wanted:
            found.setdefault(name, FormName(name, *match.span("name"), is_quoted=True))
    titles = [match.span() for match in _TITLE.finditer(folded)]
    for match in _BARE.finditer(folded):
        start, end = match.span("name")
        if any(lower <= start < upper for lower, upper in titles):
            continue
        if any(lower <= start < upper or lower < end <= upper for lower, upper in quoted):
            continue
        cut = 0
        for before in _BEFORE.finditer(match["name"]):
            if before.end() < len(match["name"]):
                cut = before.end()
        name = match["name"][cut:].strip('、-—“”"')
        name = re.sub(r"^(?:[①-⑳]|\d(?=[一-龥])(?![年月日号岁个季人户份类]))", "", name)
        if _NO_NAME.search(name):
            continue
        if name.endswith(("名单", "清单", "底册")) and _MADE.match(folded, end):
            continue
        if _MOSTLY_WORDS.search(name) and not (
            _NAMED.search(folded, 0, start + cut)
            or (len(name) >= 4 and name.endswith(("名单", "清单")) and _GIVEN.match(folded, end))
        ):
            continue
        if (
            quoted
            and name.endswith(("表", "册", "台账"))
            and any(name[-2:] == known[-2:] for known in found)
        ):
            continue
        if (
            len(name) < 4 - (name[-1] == "表")
            or name in _TOO_SHORT
            or re.fullmatch(r"[新旧老原空样附报下上这那此各]{1,2}表", name)
        ):
            continue
        if not any(name in known or known in name for known in found):
            found[name] = FormName(name, end - len(name), end)
    return sorted(found.values(), key=lambda form: form.start)
