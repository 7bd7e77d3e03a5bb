"""What a time is for, by the words around it: a table, the first row that fits decides."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from qingzhuang.intake.rules.times.grammar import Expression
from qingzhuang.intake.rules.times.model import TimeRole

_CLAUSE = re.compile(r"[。;!?！？,\n]")
_SENTENCE = re.compile(r"[。;!?！？\n]")
_NEAR, _FAR = 20, 48
_LABEL = 12
_LONG_AGO = timedelta(days=31)
_SHORT = timedelta(hours=10)
_LONG = timedelta(days=9)
_TITLE = re.compile(
    r"[ 【《]*(?:转发?[:：]?)?关于[^。;!?！？]{4,70}(?:通知|函|公告|通告|提示|请示|报告|方案|意见|会议|情况通报|倡议书|要点)[ 】》()]*$"
)
_CLOSING = re.compile(r"[^\w]*[吧哈哦啊呢呀噢喔]?[^\w]*$")

# The first of these after a time tells what it is for: handing in (d) or being there (e).
_VERB = re.compile(
    r"(?P<d>(?<![日周月季年海举情快简喜板画申通警])报(?!道|刊|纸|警|备|到|告会|销)|交(?!通|流|接|界|警|叉|易|办)|上传"
    r"|发(?!现|展|生|布会|热|票|放|言|病|改|动)|反馈|完成|回复|填|汇总|办结|整改|录入|收齐|送|落实到位|清理"
    r"|弄[好完]|搞[定完]|填完|给(?=我|到|他|她|街道|社区|$)|统计(?!局|年|站|员|科|所)|核实|摸排|摸底|补(?!班|贴|助|课|偿|休)|回(?=我|个|话|一句|数|复)|收口|关闭|要(?=$|[ !~]|数|表|材料|结果|名单|了)|盖章|接龙|截止|签完|更新"
    r"|整理|核对|打卡|转发|全覆盖|见底|清零)"
    r"|(?P<e>召开|开(?!展|发|通|具|放|启|始报)|举[行办]|集合|集结|准时|参加(?!人员)|参会(?!回执|人员|名单|单位|情况|材料)|检查(?!情况|结果|表)|督导|督[查察]|调研|视察"
    r"|暗访|巡察|观摩|培训|演练|座谈|视频会|例会|会议|活动|考试|面试|体检|义诊|考核(?!结果|表|细则|办)|评估|验收|大扫除|入场|签到|到岗"
    r"|到场|到达|报到|进场|进驻|出发|植树|值班|授课|领取|(?<![出起])来(?!自|源|电|过|不了|信|文|的)|(?<!没见)到(?!位|期|底|人|户|目前|时候)|走访|入户|接种|慰问|宣讲|讲座|直播|收看|观看|收听)"
)


class Surroundings:
    """One expression and the words around it, all folded.

    `before` and `after` end at the clause's border or the next expression; `lead` and `rest` at
    the sentence's. `floor` is where the expression before ends, `ceiling` where the next starts.
    """

    __slots__ = ("after", "before", "ceiling", "expression", "length", "text")

    def __init__(self, text: str, expression: Expression, *, floor: int, ceiling: int) -> None:
        self.length = timedelta(0)  # of a range of days
        self.text, self.expression, self.ceiling = text, expression, ceiling
        start, end = expression.start, expression.end
        part = text[max(floor, start - _NEAR) : start].rstrip(" ")
        if part.endswith("\n"):  # a label may stand on a line of its own
            label = part.rstrip().rsplit("\n", 1)[-1]
            part = label if len(label) < _LABEL and not _CLAUSE.search(label) else ""
        self.before = _CLAUSE.split(part)[-1].rstrip()
        part = text[end : min(ceiling, end + _NEAR)]
        self.after = _CLAUSE.split(part, maxsplit=1)[0].lstrip(" )】")

    @property
    def rest(self) -> str:
        end = self.expression.end
        return _SENTENCE.split(self.text[end : min(self.ceiling, end + _FAR)], maxsplit=1)[0]

    @property
    def lead(self) -> str:
        start = self.expression.start
        return _SENTENCE.split(self.text[max(0, start - _FAR) : start])[-1]

    @property
    def around(self) -> str:
        return f"{self.before} {self.after}"

    @property
    def sentence(self) -> str:
        return f"{self.lead} {self.rest}"

    @property
    def verb(self) -> str:
        """The verb that the time goes with: behind it, else before it when it closes; "d", "e"."""
        found = _VERB.search(self.after) or _VERB.search(self.rest)
        if found is None and _CLOSING.match(self.after):
            found = next(reversed(list(_VERB.finditer(self.lead))), None)
        return (found.lastgroup or "") if found else ""

    @property
    def alone(self) -> bool:
        """Whether it is a line by itself in a text of several lines."""
        start, end = self.expression.start, self.expression.end
        line_start = self.text.rfind("\n", 0, start) + 1
        line_end = self.text.find("\n", end)
        rest = self.text[line_start:start] + self.text[end : line_end if line_end >= 0 else None]
        return "\n" in self.text.strip() and not rest.strip()

    @property
    def in_title(self) -> bool:
        """Whether it stands in the title of a document: 关于…的通知 on a line of its own."""
        start = self.text.rfind("\n", 0, self.expression.start) + 1
        if self.text.find("关于", start, start + 8) < 0:
            return False
        end = self.text.find("\n", self.expression.end)
        return end >= 0 and bool(_TITLE.match(self.text, start, end))

    @property
    def numbered(self) -> bool:
        """Whether it looks like the number of a heading: "2.1 完成情况"."""
        start, end = self.expression.start, self.expression.end
        opens = start == 0 or self.text[start - 1] in "\n "
        return opens and self.text[end : end + 1] in (" ", "、", ".")


def _sign(expression: Expression) -> str:
    """What a word itself says: "past" for 昨天 and 上周; of a vague word, what it is about."""
    head = expression.anchor[0] if expression.anchor else None
    if head is None:
        return ""
    if head.kind == "v":
        return str(head.value or "urgent")
    value = head.value[0] if head.kind in "rk" else head.value if head.kind in "wWMQZ" else 0
    return "past" if isinstance(value, int) and value < 0 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRule:
    """A row: what is given must hold, the patterns are searched for in those words.

    `anchors` are beginnings of the anchor's rule id; `marks` bounds of which one must stand;
    `unmarked` bounds of which none may; `facts` names of truths of Surroundings, "!" negates.
    `weight` is handed on to the mention (see TimeMention).
    """

    id: str
    role: TimeRole
    anchors: tuple[str, ...] = ()
    marks: str = ""
    unmarked: str = ""
    sign: str = ""
    verb: str = ""
    facts: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    weight: int = 3


_MEETS = r"会|培训|检查|督导|活动|演练|比赛|考试|接种|体检|验收|调研|观摩"
_CHANGED = r"(?:(?<!整)改|延|延期|延长|推迟|顺延|提前|调整|变更|加密|增加|提高|压缩|减少|缩短|恢复|挪|顺延|延后)"
_NOTICE = r"(?:收到|接到|接此|接本|见|通知|文件|发文|印发|发布|下发|公告|信息|消息|即日|看到)"
_DAYS = ("day.",)
_MONTHS = ("month", "quarter", "half_year", "year")
_FIGURES = r"数据|底数|情况(?!报)|口径|时点|存量|余额|常住|户籍|人口|进度|报表"
_SERVICE = (
    r"停水|停电|停气|断水|断电|停暖|检修|(?:办公|营业|开放|服务|上班|工作|受理|坐诊|门诊|值班|供水|供暖)时间|营业|坐诊"
    r"|施工|封路|绕行|交通管制|[有降阵大暴中小]雨|降雪|降温|气温|高温天气|天气|预报|多云|寒潮|雷电|大风|阵风"
)
_BODY = r"(?:网格|小组|楼栋长?|村|社区|乡|镇|街道|科室|站所?|单位|部门|学校)"

R = TimeRole
ROLES: tuple[RoleRule, ...] = (
    RoleRule(id="reference.now", role=R.REFERENCE, anchors=("as_of_now",)),
    RoleRule(id="effective.now", role=R.EFFECTIVE, sign="from_now", facts=("!ranged",)),
    RoleRule(id="other.near", role=R.OTHER, sign="near"),
    RoleRule(id="deadline.urgent", role=R.DEADLINE, sign="urgent"),
    RoleRule(id="other.signature", role=R.OTHER, anchors=("day.full",), facts=("alone", "!timed")),
    RoleRule(id="other.title", role=R.OTHER, facts=("in_title",)),
    RoleRule(id="other.ahead_of", role=R.OTHER, anchors=("duration",), words={"before": r"提前$"}),
    RoleRule(id="other.dated", role=R.OTHER, anchors=("day.full",), unmarked="bi", words={"before": r"(?:发文|成文|印发|签发|填表|制表|打印|发布|落款)[^,。;]{0,6}$"}),
    RoleRule(id="other.was_planned", role=R.OTHER, words={"before": r"(?:原(?:定|计划|拟|来|先|要求|通知)?|以前|之前|以往|往年|往常|过去|取消(?:往年)?的?|不再|代替|取代)(?:是|都|要|为)?[于在]?$"}),
    RoleRule(id="other.denied", role=R.OTHER, words={"before": r"(?:不是|并非|而非|不含|无需|不用|不必|不需)[在于]?$"}),
    RoleRule(id="other.left_out", role=R.OTHER, unmarked="bi", words={"after": r"^(?:也|就|都|照常)?(?:不用|不必|无需|不需|免[报填交])|^(?:来|去|到|办|开|赶|交)不[了成]"}),
    RoleRule(id="other.included", role=R.OTHER, unmarked="bi", words={"before": r"[(](?:含|包括|不含)$"}),
    RoleRule(id="effective.changed", role=R.EFFECTIVE, marks="o", facts=("!ranged",), words={"after": rf"^[^,。;]{{0,8}}?{_CHANGED}[为到至成在回]"}),
    RoleRule(id="other.changes_to", role=R.OTHER, facts=("change_next", "!bounded")),
    RoleRule(id="other.corrected", role=R.OTHER, words={"rest": r"^[^。;]{0,4}?(?:说错|打错|写错|发错|搞错|不对)"}),
    RoleRule(id="other.changed", role=R.OTHER, words={"after": rf"^[^,。;]{{0,8}}?{_CHANGED}[为到至成在回]"}),
    RoleRule(id="other.not_before", role=R.OTHER, words={"before": r"不(?:得|能|要|可)?早于$"}),
    RoleRule(id="other.numbering", role=R.OTHER, anchors=("day.dotted",), unmarked="bi", facts=("numbered", "!timed", "!ranged")),
    RoleRule(id="other.withdrawn", role=R.OTHER, words={"after": r"^的?[^,。;]{0,6}?(?:作废|取消|不算|撤回)"}),
    RoleRule(id="deadline.prevails", role=R.DEADLINE, words={"before": r"以$", "after": r"^为准"}),
    RoleRule(id="recurrence.changed", role=R.RECURRENCE, anchors=("each.", "rhythm."), words={"before": rf"(?:{_CHANGED}[为到至成在回]|(?<!整)改)$"}, weight=4),
    RoleRule(id="deadline.changed_verb", role=R.DEADLINE, words={"before": rf"{_CHANGED}[为到至成在于回]$", "after": r"^[^,。;]{0,2}(?:上?报|交|反馈|提交|完成)"}),
    RoleRule(id="other.paid_later", role=R.OTHER, facts=("!bounded",), words={"before": rf"{_CHANGED}[为到至成在于回]$", "after": r"^(?:左右)?(?:到账|发放|拨付|发到)"}),
    RoleRule(id="event.changed", role=R.EVENT, words={"before": rf"(?:{_CHANGED}[为到至成在于回]|(?<!整)改)$", "sentence": _MEETS}),
    RoleRule(id="deadline.changed", role=R.DEADLINE, words={"before": rf"(?:{_CHANGED}[为到至成在于回]|(?<!整)改)$"}),
    RoleRule(id="other.published", role=R.OTHER, anchors=("each.", "rhythm."), facts=("!bounded",), words={"after": r"^[^,。;]{0,10}?(?:末?通报|公布|排名|排行|排序|晒[一单分])"}),
    RoleRule(id="other.publishing", role=R.OTHER, anchors=("each.",), facts=("!bounded", "!timed"), words={"before": r"(?:通报|排名|公布|考评|点评|晾晒|抽奖|评比)(?:是|为)?$"}),
    RoleRule(id="other.allowed", role=R.OTHER, anchors=("each.",), words={"after": r"^(?:都|还|最多|仅|均)?(?:可以?|能)(?!及时|按|够|如期|靠)"}),
    RoleRule(id="other.quantity", role=R.OTHER, anchors=("each.period",), facts=("!timed",), words={"after": r"^(?:一[名位个人][^,。;]{0,4}(?:干部|值班|带班|领导)|(?:投?满)?\d+(?:票|元|分(?!别|钟))|(?:至少|不少于|不低于|最少|最低)\d+(?!次|条|篇)|任务|[^,。;]{0,6}(?:补助|补贴|工资|标准|服务时长|租金|待遇))"}),
    RoleRule(id="reference.yearly", role=R.REFERENCE, anchors=("each.day_of_year",), facts=("ranged",), words={"before": r"(?:时间|期限?|时段)[为是在]$"}),
    RoleRule(id="recurrence", role=R.RECURRENCE, anchors=("each.",)),
    RoleRule(id="recurrence.scheme", role=R.RECURRENCE, anchors=("rhythm.",), words={"before": r"(?:实行|执行|实施|建立|推行)$"}, weight=2),
    RoleRule(id="recurrence.word", role=R.RECURRENCE, anchors=("rhythm.",), weight=1),
    RoleRule(id="deadline.first", role=R.DEADLINE, anchors=_DAYS, facts=("bounded",), words={"before": r"(?:首次|首报|首轮|首批|第一次|首期|本轮|这轮)(?:报送|上报|填报|报)?(?:时间|日期)?[为是于在:]*$"}),
    RoleRule(id="deadline.first_round", role=R.DEADLINE, anchors=_DAYS, verb="d", words={"before": r"(?:本轮|这轮|本期)[于在]?$"}),
    RoleRule(id="event.from", role=R.EVENT, marks="o", anchors=_DAYS, facts=("!ranged", "timed", "ahead_or_today"), words={"rest": r"^(?![^。;]{0,12}(?:每|施行|执行|实行|启用|封|限行|开放|停|有[雨雪雾风]|生效))"}),
    RoleRule(id="effective.first", role=R.EFFECTIVE, anchors=_DAYS, unmarked="bil", words={"before": r"(?:首次|首报|首轮|首批|第一次|首期)(?:报送|上报|填报|报)?(?:时间|日期|日)?[为是于在:]*$"}),
    RoleRule(id="effective.first_after", role=R.EFFECTIVE, anchors=_DAYS, unmarked="bil", words={"after": r"^(?:是|为)?(?:首次|首报|首轮|第一次)(?:$|报|上报)"}),
    RoleRule(id="effective.starts", role=R.EFFECTIVE, anchors=(*_DAYS, "week", "month"), facts=("!timed", "!ranged"), unmarked="bil", words={"after": r"^(?:正式|开始)?(?:开始|启动|执行|施行|实施|生效)(?![前工交])"}),
    RoleRule(id="effective.from", role=R.EFFECTIVE, marks="o", facts=("!ranged",)),
    RoleRule(id="other.consequence", role=R.OTHER, words={"after": r"^[^,。;]{0,4}(?:通报|问责|扣分|督办|追责)"}),
    RoleRule(id="other.summons", role=R.OTHER, facts=("!timed",), words={"after": r"^[^,。;]{0,4}约谈"}),
    RoleRule(id="reference.until_then", role=R.REFERENCE, marks="b", words={"after": r"^(?:已(?=[^,。;]{0,6}的)|出生|(?:建成|参保|入住|取得|退休|竣工|注册|成立|登记|办理)[^,。;]{0,6}的|的(?!话))"}),
    RoleRule(id="reference.until_past", role=R.REFERENCE, marks="b", facts=("!ahead",), words={"after": r"^已"}),
    RoleRule(id="other.expected", role=R.OTHER, words={"before": r"(?:预计|预期|估计|有望)[于在到]?$|计划[于在]$"}),
    RoleRule(id="other.comes_about", role=R.OTHER, facts=("!bounded",), words={"after": r"^(?:左右|前后)?[^,。;]{0,6}?(?:到账|到期|届满|失效|拨付)|^左右(?:到[^,。;]{0,4}账|发放)"}),
    RoleRule(id="effective.since", role=R.EFFECTIVE, anchors=_DAYS, facts=("!ranged", "!bounded"), words={"before": r"(?:^|决定|将|拟)自$"}),
    RoleRule(id="other.attributive", role=R.OTHER, anchors=("festival",), words={"before": r"(?:开展|做好|组织|实施)$", "after": r"^[^,。;]{0,4}(?:检查|排查|抽查|督查|走访|慰问|整治)"}),
    RoleRule(id="other.version", role=R.OTHER, anchors=("day.dotted",), words={"before": r"(?:更新到|升级到|更新至|升级至|版本|版)$"}),
    RoleRule(id="other.by_others", role=R.OTHER, words={"before": r"由(?!各|社区|村|你)[^,。;]{1,9}?(?:办|局|站|中心|公司|街道|科|部|大队|镇|所|方)(?:于|在)?$"}),
    RoleRule(id="other.then_by_others", role=R.OTHER, facts=("bounded",), words={"after": r"^由(?:我[局办镇们]|[区县市]|局|办)"}),
    RoleRule(id="deadline.by_unit", role=R.DEADLINE, facts=("bounded",), words={"after": r"^由(?:街道|镇|乡)"}, weight=2),
    RoleRule(id="past.ago", role=R.PAST, anchors=("duration",), marks="b"),
    RoleRule(id="deadline.valid", role=R.DEADLINE, anchors=("duration",), words={"before": r"(?:码|链接|口令|验证)$", "after": r"^(?:有效|过期|失效)"}, weight=1),
    RoleRule(id="deadline.needed_soon", role=R.DEADLINE, anchors=("duration",), marks="l", facts=("short",), words={"after": r"^(?:我|书记|领导|主任)?(?:就|还|得|马上)?要(?!是|求|停|下|来)"}, weight=2),
    RoleRule(id="reference.length", role=R.REFERENCE, anchors=("duration",), words={"before": r"(?:近|最近|过去|连续|前|未来|今后|累计|至少|满|超过|不少于|已|约|为期|历时)$"}),
    RoleRule(id="reference.length_of", role=R.REFERENCE, anchors=("duration",), unmarked="i", words={"before": r"的$"}),
    RoleRule(id="reference.window", role=R.REFERENCE, anchors=("duration",), marks="i", words={"after": r"^(?:从|由|去过|来过|到过|未|没|曾|有过|外出|返(?!(?:还|回)(?:$|给|至|到|我|街道|社区|镇))|的(?!时间)|新增?|发生|出现|接触)"}),
    RoleRule(id="reference.already", role=R.REFERENCE, anchors=("year", "month", "quarter", "half_year"), marks="i", words={"after": r"^已"}),
    RoleRule(id="reference.talk", role=R.REFERENCE, anchors=("duration",), facts=("short",), words={"before": r"(?:介绍|发言|时长|控制在|演示|陈述|视频|音频|解说|口头汇报)[^,。;]{0,5}$|汇报[(]$"}),
    RoleRule(id="deadline.after_event_too", role=R.DEADLINE, anchors=("duration",), marks="i", words={"lead": r"(?:发现|接报|发生|事发|获悉)[^,。;]{0,10}内[^,。;]{0,8}、$"}),
    RoleRule(id="deadline.on_notice", role=R.DEADLINE, anchors=("duration",), marks="i", words={"before": rf"{_NOTICE}[^,。;]{{0,6}}$"}),
    RoleRule(id="deadline.after_event", role=R.DEADLINE, anchors=("duration",), marks="i", words={"before": r"(?:后|之日起|之时起|日起|普查结束|整改结束|活动结束|会议结束)的?$|(?:遇|如|若|一旦|发现|发生|出现|突发|险情)[^,。;]{0,14}$"}),
    RoleRule(id="deadline.within", role=R.DEADLINE, anchors=("duration",), marks="i"),
    RoleRule(id="deadline.limit", role=R.DEADLINE, anchors=("duration",), words={"before": r"(?:限|限时|时限|限期|等你们?|给你们?|给大家|只有|还有)[为:]?$", "after": r"^(?!就|到|了|才)"}),
    RoleRule(id="deadline.short", role=R.DEADLINE, anchors=("duration",), unmarked="bilod", facts=("short",), words={"before": r"^(?:就|给)?$", "after": r"^$", "lead": r"报|数|回|发|统计|登记"}),
    RoleRule(id="deadline.short_verb", role=R.DEADLINE, anchors=("duration",), unmarked="bilod", facts=("short",), words={"after": r"^(?:就)?(?:给我|给到|报我|报给|回我|发我|交给)"}),
    RoleRule(id="event.after", role=R.EVENT, anchors=("duration",), marks="l", verb="e"),
    RoleRule(id="deadline.after", role=R.DEADLINE, anchors=("duration",), marks="l", verb="d"),
    RoleRule(id="other.length", role=R.OTHER, anchors=("duration",)),
    RoleRule(id="past.word", role=R.PAST, sign="past"),
    RoleRule(id="reference.as_of_figures", role=R.REFERENCE, marks="s", words={"before": rf"(?:{_FIGURES}|统计|数|信息)[^,。;]{{0,4}}$"}),
    RoleRule(id="reference.as_of", role=R.REFERENCE, marks="s", unmarked="b", words={"after": rf"^[^,。;]{{0,8}}(?:{_FIGURES}|的|共|累计|全|已|未|仍|数|还)"}),
    RoleRule(id="reference.as_of_past", role=R.REFERENCE, marks="s", facts=("back",)),
    RoleRule(id="deadline.as_of", role=R.DEADLINE, marks="s"),
    RoleRule(id="reference.point", role=R.REFERENCE, words={"before": r"(?:统计时点|时点|统计时间|统计期|基准日|数据时间|口径)[为是:]*$"}),
    RoleRule(id="deadline.done", role=R.DEADLINE, anchors=(*_MONTHS, "week"), unmarked="bi", words={"after": r"^(?:底|里|内)?[^,。;]{0,5}?[一-龥](?:完|好|清|齐|到位)$"}, weight=2),
    RoleRule(id="deadline.target", role=R.DEADLINE, anchors=_MONTHS, unmarked="bio", words={"after": r"^(?:底|内)?(?:要(?:到|达|完成|过|做到)|必须(?:完成|达|过)|每人(?:至少|不少于|要)|(?:力争|确保|争取)(?:完成|达|过|到))"}, weight=1),
    RoleRule(id="reference.period", role=R.REFERENCE, anchors=_MONTHS, unmarked="bi"),
    RoleRule(id="reference.report_name", role=R.REFERENCE, anchors=("week",), facts=("!bounded",), unmarked="bi", words={"after": r"^的?(?:重点|主要)?(?:工作)?(?:要点|重点工作|小结|总结|打算|动态|工作(?:计划|安排|情况)(?:$|[、和及表])|(?:安排|计划)(?:$|[、和及表]))"}),
    RoleRule(id="reference.figures", role=R.REFERENCE, unmarked="bi", words={"after": rf"^的?(?:{_FIGURES}|(?:会议|通知|文件)(?:精神|要求)|精神)"}),
    RoleRule(id="other.condition", role=R.OTHER, anchors=("clock",), facts=("!bounded", "!to_the_minute"), words={"after": r"^(?:如|若|一旦|要是|有(?:情况|事|问题|警|险|人))"}),
    RoleRule(id="past.not_done", role=R.PAST, anchors=("week", "day.relative"), facts=("!bounded", "!timed"), unmarked="bi", words={"after": r"^(?:都|还|就|也)?(?:没|未)(?:来|到|去|交|报|见|上班)"}),
    RoleRule(id="other.whoever", role=R.OTHER, anchors=("day.relative",), facts=("!bounded", "!timed"), words={"around": r"^ 谁(?:值班|当班|在岗?)$"}),
    RoleRule(id="other.quoted", role=R.OTHER, anchors=("day.relative",), facts=("!bounded", "!timed"), words={"before": r"[\"“《]$", "after": r"^[^,。;\"”》]{1,8}[\"”》]"}),
    RoleRule(id="other.sent_out", role=R.OTHER, facts=("!bounded",), words={"before": r"(?:链接|会议号|会议码|房间号|入会码|口令|模板)(?:在|于|会)?$", "after": r"^(?:再|会|左右|前后)?(?:发|推|放|公布)(?!我|给我)"}),
    RoleRule(id="other.open_later", role=R.OTHER, anchors=("clock",), marks="l", facts=("!bounded",), words={"after": r"^[^,。;]{0,6}(?:有人|可以|开放|恢复|能)"}),
    RoleRule(id="other.stops", role=R.OTHER, facts=("!bounded",), words={"after": r"^(?:就|起|将|正式)?(?:停[用止]?(?:$|运|服)|下线|关停)"}),
    RoleRule(id="past.said", role=R.PAST, facts=("!bounded",), unmarked="bi", words={"after": r"^[^,。;]{0,4}?(?:问|说|讲|布置|通知|通报|来|提|转|传|发|报|推)(?:过|(?:了|的)(?![^,。;]{0,6}(?:表|请))|(?=[^,。;]{0,4}没))|^又?有(?:人|群众|居民)(?:举报|反映|投诉)"}),
    RoleRule(id="past.happened", role=R.PAST, anchors=("clock", "day.relative"), facts=("!bounded",), unmarked="b", words={"after": r"^[^,。;]{0,14}?(?:走[失丢]|失踪|失联|不见|没回家|离家|出走|发生|摔[倒伤]|落水|溺水|起火|着火|坍塌|倒塌|塌方|被埋)"}),
    RoleRule(id="other.asked", role=R.OTHER, anchors=("day.relative",), facts=("!bounded",), unmarked="b", words={"after": r"^(?![^,。;]*[报发填交回])[^,。;]*?(?:多少|几[个人户家件])"}),
    RoleRule(id="other.closed_down", role=R.OTHER, facts=("!bounded",), words={"after": r"^(?!我|由)[^,。;]{0,4}解散"}, weight=0),
    RoleRule(id="deadline.same_day", role=R.DEADLINE, anchors=("day.by_event",), facts=("!timed", "ahead"), words={"after": r"^(?:内|就|及时)?(?:上?报|发|交|回传|传|反馈|送)(?!现|生|放)"}, weight=1),
    RoleRule(id="other.closed_by_sender", role=R.OTHER, facts=("!bounded",), words={"after": r"^(?:我|由)[^,。;]{0,4}解散"}),
    RoleRule(id="other.same_day", role=R.OTHER, anchors=("day.by_event",), facts=("!timed", "!bounded"), unmarked="bi"),
    RoleRule(id="reference.since", role=R.REFERENCE, words={"after": r"^以来"}),
    RoleRule(id="other.delivery", role=R.OTHER, anchors=("clock",), facts=("!bounded",), words={"after": r"^(?:会|就|能)?(?:送到|到货|送达)(?:$|各|你们)"}),
    RoleRule(id="past.done", role=R.PAST, facts=("!ahead",), words={"before": r"(?:已|曾|已经|早)于?$"}),
    RoleRule(id="past.already", role=R.PAST, facts=("!ahead",), unmarked="b", words={"after": r"^[^,。;]{0,4}(?:已|曾)|^[^,。;把]{0,6}(?:了(?![吗没])|的(?:会议|通知|文件|表|函|培训))"}),
    RoleRule(id="reference.long_ago", role=R.REFERENCE, anchors=("day.full",), marks="b", facts=("long_ago",)),
    RoleRule(id="past.date", role=R.PAST, anchors=("day.full", "day.month_day", "day.dotted"), facts=("back",), unmarked="b"),
    RoleRule(id="other.service", role=R.OTHER, unmarked="bi", facts=("!bounded",), words={"around": _SERVICE}),
    RoleRule(id="other.holiday", role=R.OTHER, anchors=("festival",), unmarked="b", facts=("!before_holiday",)),
    RoleRule(id="deadline.label", role=R.DEADLINE, words={"before": r"(?:截止|报送|上报|提交|反馈|完成|报名|办结|整改|回复|填报|交表|收表|申报|征集)的?(?:时间|日期|时限|期限|节点)[为是:于]*$|(?:时限|期限)[为是:至到]*$|(?:最迟|最晚|不晚于|不迟于|至迟|不超过)[:于在]*$"}),
    RoleRule(id="other.season_of", role=R.OTHER, anchors=("end.of_year",), facts=("!bounded",), unmarked="i", words={"after": r"^(?:的)?(?:值班|慰问|走访|评优|考评|安全)"}),
    RoleRule(id="other.season", role=R.OTHER, anchors=("end.of_year", "festival", "part.of_month"), words={"after": r"^(?:了|快到|将至|将近|临近|来临|在即|将到)"}),
    RoleRule(id="deadline.season", role=R.DEADLINE, anchors=("festival",), facts=("bounded",), weight=1),
    RoleRule(id="deadline.season_end", role=R.DEADLINE, anchors=("end.of_year",), facts=("!bounded",), unmarked="i", verb="d", weight=1),
    RoleRule(id="deadline.until_rhythm", role=R.DEADLINE, facts=("bounded", "then_rhythm")),
    RoleRule(id="deadline.until", role=R.DEADLINE, marks="b", facts=("!ranged",), words={"before": r"(?<![延推改长前])[到至]$", "after": r"^(?:$|一直|都要|持续|结束)"}),
    RoleRule(id="deadline.up_to", role=R.DEADLINE, facts=("!ranged",), words={"before": r"(?:报|做|巡|干|查|坚持|连|持续|延续|一直|开始|起|^|[,;)])[到至]$", "after": r"^(?:$|一直|都要|持续|结束)"}),
    RoleRule(id="deadline.lasting", role=R.DEADLINE, words={"before": r"(?:持续|延续|征集|报名|延长|申报|办理)[至到]$"}, weight=1),
    RoleRule(id="deadline.ranged_from_now", role=R.DEADLINE, sign="from_now", weight=1),
    RoleRule(id="event.arrive", role=R.EVENT, marks="b", words={"after": r"^[^,。;报交]{0,6}(?:到岗|到场|到达|集合|集结|签到|入场|就座|赶到|抵达|参会(?!回执|人员|名单|单位|情况|材料)|到会|进场|报到)|^到(?!位|期)"}),
    RoleRule(id="other.of_others", role=R.OTHER, words={"before": r"(?:市里|省里|区里|县里|镇里|上级|领导|局里|[市区县]局|省厅|我们|我[局办科])(?:要求|说)?$", "after": r"^(?:就?要(?!完成|建|做|弄|把|转|贴|通知)|催|需要?|得|将)"}),
    RoleRule(id="deadline.needed", role=R.DEADLINE, anchors=("clock", "day.relative"), facts=("!ranged", "ahead_or_today"), words={"after": r"^(?:就|还|得)?(?:等着|急)?(?:要(?:用|进会|带走|带去|拿走|拿去)|还我|还给我|还回)"}),
    RoleRule(id="other.handed_on", role=R.OTHER, weight=0, unmarked="i", facts=("!bounded",), words={"after": r"^(?:我们?|区里|局里|市里|镇里|上面)(?:还|就|也)?(?:要|得|将|需要?)(?:向|往|把|报|汇总|上报|带|交|给)"}),
    RoleRule(id="deadline.step", role=R.DEADLINE, words={"before": rf"{_BODY}[)】]?(?:\([^)]*\))?(?:于|在)?$", "after": r"^(?:汇总)?后?(?:报送?|上报|交|提交|送)(?:给|至|到)?(?:社区|村|街道|乡|镇|[区县市](?!别)|科室)"}),
    RoleRule(id="deadline.of_above", role=R.DEADLINE, facts=("bounded",), words={"before": r"(?:[市省区县]里?|上级|国家|省厅|部里)要求(?:在|于)?$"}, weight=2),
    RoleRule(id="deadline.bound", role=R.DEADLINE, facts=("bounded",)),
    RoleRule(id="deadline.inside", role=R.DEADLINE, marks="i"),
    RoleRule(id="deadline.before_holiday", role=R.DEADLINE, anchors=("festival",), weight=1),
    RoleRule(id="deadline.closes", role=R.DEADLINE, facts=("!ranged",), words={"after": r"^[^,。;]{0,6}?(?:关闭|截止|收工|收口|锁[表定]|清点|关[系账通]|封[账口]|截单)|^[^,。;]{0,2}收(?!到|集|听|看|取)|^结束"}, weight=2),
    RoleRule(id="deadline.window", role=R.DEADLINE, facts=("ranged", "dated"), words={"before": r"(?:窗口|登记|缴费|申报|报名|征集|受理|填报)期[为是:]*$"}, weight=2),
    RoleRule(id="event.inspected", role=R.EVENT, facts=("ranged", "dated"), words={"before": r"(?:检查|考核|督导|验收|评估|巡察|调研)的?时间[为是:]*$"}),
    RoleRule(id="deadline.period", role=R.DEADLINE, facts=("ranged", "dated"), words={"after": r"^[为是]?[^,。;]{0,8}期(?:$|[,。间])"}, weight=2),
    RoleRule(id="deadline.long_period", role=R.DEADLINE, facts=("long_range",), weight=2),
    RoleRule(id="deadline.campaign", role=R.DEADLINE, facts=("ranged", "dated"), words={"after": r"^[^,。;]{0,24}?(?:走访慰问|集中登记|征集|报名|缴费|摸排|排查|登记)"}, weight=2),
    RoleRule(id="deadline.fetched", role=R.DEADLINE, facts=("ranged", "dated", "!timed"), words={"after": r"^[^,。;]{0,12}?(?:来领|领取|自提|提货|自取|去领|领回|领走)"}),
    RoleRule(id="event.stands_by", role=R.EVENT, facts=("ranged", "dated"), words={"around": r"[组队团]|检查|督导|调研|巡[察视]|来|赴|在我"}),
    RoleRule(id="event.label", role=R.EVENT, words={"before": r"(?:会议|培训|活动|演练|集合|开始|检查|召开|比赛|考试|到会|报到|讲座|观摩)?的?时间(?:为|定于|定在|:|是|暂定|拟定|安排在| )*$|(?:定于|拟于|定在|拟定于|暂定|将于|安排在|兹定于)$"}),
    RoleRule(id="event.verb", role=R.EVENT, verb="e"),
    RoleRule(id="deadline.handed_in", role=R.DEADLINE, anchors=_DAYS, facts=("ahead_or_today", "!ranged"), words={"after": r"^(?:就|先|都|要|再|务必|必须|请)?(?:上?报|交|发|反馈|回|给|送|传)(?:给|到|至)?(?:我|街道|社区|村|镇|群)"}),
    RoleRule(id="deadline.first_of_all", role=R.DEADLINE, anchors=("day.relative",), facts=("ahead_or_today", "!ranged"), words={"after": r"^先[^,。;]{1,16}?[报交发传填]"}),
    RoleRule(id="deadline.verb", role=R.DEADLINE, verb="d", weight=2),
    RoleRule(id="deadline.must", role=R.DEADLINE, words={"before": r"(?:务必|必须|最迟|最晚|限|请于|须于)(?:于|在)?$"}),
    RoleRule(id="deadline.suits", role=R.DEADLINE, words={"after": r"^(?:就好|也行|都行|可以)$"}),
    RoleRule(id="deadline.act", role=R.DEADLINE, anchors=("day.relative", "day.weekday"), facts=("ahead_or_today",), words={"after": r"^(?!都?[没不])[^,。;]{0,20}?(?:装[好上]|转[一发]|贴|换|扶正|迁|进(?:一下|群)|核完|通过|劝|铲|撒|打电话|联系|[看问瞧]一|敲门|敲个|[顺扫查理走]?一[遍下趟圈]|加[入进]|注册|给个|辛苦|务必|必须|先|就去)"}, weight=2),
    RoleRule(id="deadline.act_by", role=R.DEADLINE, anchors=("clock",), facts=("ahead_or_today", "!ranged", "!exact"), words={"after": r"^(?!都?[没不])[^,。;]{0,20}?(?:装[好上]|转[一发]|贴|换|扶正|迁|进(?:一下|群)|核完|通过|劝|铲|撒|打电话|联系|[看问瞧]一|敲门|敲个|[顺扫查理走]?一[遍下趟圈]|加[入进]|注册|给个|辛苦|务必|必须|先|就去)"}, weight=2),
    RoleRule(id="event.loose_span", role=R.EVENT, anchors=_DAYS, facts=("ranged", "ahead_or_today"), weight=1),
    RoleRule(id="event.day_span", role=R.EVENT, anchors=("clock",), facts=("ranged", "to_the_minute"), words={"lead": rf"^(?!.*(?:{_SERVICE}))"}, weight=2),
    RoleRule(id="event.exact", role=R.EVENT, facts=("to_the_minute", "ahead_or_today"), anchors=_DAYS, weight=2),
    RoleRule(id="other.loose_clock", role=R.OTHER, facts=("ahead_or_today", "!ranged", "exact"), anchors=("clock",), weight=0),
    RoleRule(id="other.loose", role=R.OTHER, facts=("ahead_or_today", "!ranged"), anchors=(*_DAYS, "week", "weekend", "part.of_month", "festival"), weight=0),
    RoleRule(id="other.no_cue", role=R.OTHER),
)  # fmt: skip
SPAN = RoleRule(id="effective.span", role=R.EFFECTIVE)  # given to the range that a rhythm holds in
_Row = tuple[RoleRule, tuple[tuple[str, re.Pattern[str]], ...]]
_ROWS: list[_Row] = [
    (rule, tuple((name, re.compile(words)) for name, words in rule.words.items())) for rule in ROLES
]


_FACTS: Mapping[str, Callable[[Surroundings, datetime | None, datetime | None], bool]] = {
    "alone": lambda found, at, sent: found.alone,
    "numbered": lambda found, at, sent: found.numbered,
    "timed": lambda found, at, sent: bool(found.expression.times),
    "ranged": lambda found, at, sent: found.expression.until is not None,
    "bounded": lambda found, at, sent: found.expression.bounded,
    "before_holiday": lambda found, at, sent: any(t.kind == "F" for t in found.expression.anchor),
    "back": lambda found, at, sent: bool(at and sent and at <= sent),
    "ahead": lambda found, at, sent: bool(at and sent and at.date() > sent.date()),
    "then_rhythm": lambda found, at, sent: found.text.startswith("每", found.expression.end),
    "in_title": lambda found, at, sent: found.in_title,
    "short": lambda found, at, sent: bool(
        at and sent and at - sent < _SHORT and found.expression.anchor[0].value[1] != "天"
    ),
    "change_next": lambda found, at, sent: (
        found.ceiling < len(found.text)
        and found.text.endswith("改", found.expression.end, found.ceiling)
        and found.ceiling - found.expression.end < 10
    ),
    "dated": lambda found, at, sent: found.expression.rule.startswith("day."),
    "long_range": lambda found, at, sent: found.length >= _LONG,
    "exact": lambda found, at, sent: any(t.kind in "cng" for t in found.expression.clock),
    "to_the_minute": lambda found, at, sent: any(t.kind in "cn" for t in found.expression.clock),
    "ahead_or_today": lambda found, at, sent: bool(
        at and sent and (at >= sent or at.date() >= sent.date())
    ),
    "long_ago": lambda found, at, sent: bool(at and sent and sent - at > _LONG_AGO),
}


@lru_cache(maxsize=4096)
def _rows(anchor: str, sign: str, marks: frozenset[str], last: frozenset[str]) -> tuple[_Row, ...]:
    """The rows that what lies in the expression alone does not rule out."""
    either = marks | last
    return tuple(
        (rule, words)
        for rule, words in _ROWS
        if (not rule.anchors or anchor.startswith(rule.anchors))
        and (not rule.sign or rule.sign == sign)
        and (not rule.marks or either & set(rule.marks))
        and not last & set(rule.unmarked)
    )


def decide(found: Surroundings, *, at: datetime | None, sent: datetime | None) -> RoleRule:
    """The row that fits first. `at` is the expression as a deadline would have it."""
    expression = found.expression
    verb: str | None = None
    rows = _rows(expression.rule, _sign(expression), expression.marks, expression.last.marks)
    for rule, words in rows:
        if rule.facts and any(
            _FACTS[fact.lstrip("!")](found, at, sent) is (fact[0] == "!") for fact in rule.facts
        ):
            continue
        if rule.verb:
            verb = found.verb if verb is None else verb
            if rule.verb != verb:
                continue
        for name, pattern in words:
            place = getattr(found, name)
            if not pattern.search(place):
                break
        else:
            return rule
    return ROLES[-1]
