"""Words of time: each word's token kind and value. One table; the lexer makes a pattern of it.

Kinds (one letter each, so that a sentence of tokens is a string the grammar can match):
A full date · a month and day · D day of month · m month · y year · q quarter · n dotted pair
(3.5, 17.00) · c clock · u duration · G every so long · r relative day · k weekday · K each weekday
X weekday every other time · w week · W weekend · M month from now · Q quarter from now · Z year
from now · p part of the month before it · P part of this month · E end of year · S end of quarter
B day told by an event (当日, 会前一天) · j half-year · f festival · F before the next holiday · h part of day · g office bell · e each
z weak word of rhythm · t first or last month of a quarter · N first or last working day
v vague · V as of now · s 截至, 截止 · x no time at all
After a token: b 前 · i 内 · o 起 · l 后 · d 期间 · ~ to · 、 and · comma · brackets · | gap.
"""

from __future__ import annotations

from typing import Any

from qingzhuang.intake.types import Recurrence

WORDS: dict[str, tuple[str, Any]] = {}


def _add(kind: str, value: object, words: str) -> None:
    for word in words.split():
        WORDS[word] = (kind, value)


# r: (days from the day of sending, part of day or None)
_add("r", (0, None), "今天 今日 今儿 本日")
_add("r", (1, None), "明天 明日 明儿 今明两天 今明两日")
# B: days from the event that the text told of before
_add("B", 0, "当天 当日")
_add("B", 1, "次日 翌日 第二天")
_add(
    "B",
    -1,
    "前一天 前一日 会前一日 会前一天 会议前一天 会议前一日 活动前一天 活动前一日 头一天 头天",
)
_add("r", (2, None), "后天 后日 明后天 明后两天 明、后两天 明、后天 明后两日")
_add("r", (3, None), "大后天")
_add("r", (-1, None), "昨天 昨日 昨儿 昨晚 昨夜")
_add("r", (-2, None), "前天 前日")
_add("r", (-3, None), "大前天")
_add("r", (0, "night"), "今晚 今夜 今晚上")
_add("r", (0, "dawn"), "今早 今晨")
_add("r", (0, "am"), "今上午")
_add("r", (0, "pm"), "今下午")
_add("r", (1, "night"), "明晚 明晚上")
_add("r", (1, "dawn"), "明早 明晨 明儿早")
_add("r", (1, "am"), "明上午")
_add("r", (1, "pm"), "明下午")
_add("r", (2, "night"), "后晚")

for _shift, _prefixes in (
    (0, "本 这 这个 本个"),
    (1, "下 下个"),
    (2, "下下 下下个"),
    (-1, "上 上个"),
    (-2, "上上 上上个"),
):
    for _prefix in _prefixes.split():
        for _unit in ("周", "星期", "礼拜"):
            WORDS[_prefix + _unit] = ("w", _shift)
            WORDS[_prefix + _unit + "末"] = ("W", _shift)
_add("w", 0, "周内")
_add("W", 0, "周末")

_add("M", 0, "本月 当月 这个月 这月")
_add("M", 1, "下月 下个月 次月")
_add("M", -1, "上月 上个月")
_add("Q", 0, "本季度 这季度 这个季度 本季")
_add("Q", 1, "下季度 下个季度")
_add("Q", -1, "上季度 上个季度")
_add("Z", 0, "今年 本年 本年度 今年度")
_add("Z", 1, "明年")
_add("Z", -1, "去年 上年 上年度 去年度")
_add("Z", -2, "前年")
_add("j", 1, "上半年")
_add("j", 2, "下半年")
_add("P", "end", "月底 月末 月末最后一日 月末最后一天 月底最后一天")
_add("P", "start", "月初")
_add("P", "mid", "月中")
_add("P", "上旬", "月上旬 本月上旬")
_add("P", "中旬", "月中旬 本月中旬")
_add("P", "下旬", "月下旬 本月下旬")
_add("E", None, "年底 年末 岁末")
_add("S", None, "季末 季度末 季度底")
_add("t", 0, "首月 第一个月")
_add("t", 2, "末月 最后一个月 第三个月")
_add("N", -1, "最后一个工作日 最后1个工作日 最后一天")
_add("N", 1, "第一个工作日 首个工作日 第1个工作日")

_add("h", "am", "上午 午前 早间")
_add("h", "dawn", "早上 早晨 清晨 一早 一大早")
_add("h", "noon", "中午 正午 午间")
_add("h", "pm", "下午 午后")
_add("h", "dusk", "傍晚")
_add("h", "night", "晚上 晚间 夜间 夜里 深夜")
_add("h", "small", "凌晨")
# g: (which bell, is it a bound by itself)
for _bell, _bare in (("closes", "下班"), ("opens", "上班")):
    WORDS[_bare] = ("g", (_bell, False))
    for _front in ("前", "之前", "以前"):
        WORDS[_bare + _front] = ("g", (_bell, True))
    WORDS[_bare + "时间"] = ("x", None)
_add("g", ("closes", True), "EOD COB 收工前")
_add("g", ("noon", True), "午饭前 午休前 中饭前 午餐前")

_add(
    "e",
    (Recurrence.DAILY, None),
    "每天 每日 每一天 一天一报 一日一报 一日两报 一天两报 每日早晚 每天早晚 一天一次 一日一次 一日两次 一天两次 早晚各 每天早中晚 每日早中晚 早中晚各 一天三次 一日三次",
)
_add("e", (Recurrence.DAILY, "workday"), "每个工作日 每工作日 工作日每天 工作日每日")
_add("e", (Recurrence.DAILY, "night"), "每晚 每晚上 每天晚 每日晚 每天晚上 每日晚上 每天夜间")
_add("e", (Recurrence.DAILY, "dawn"), "每早 每天早 每日早 每天早上 每日早上 每天早晨")
_add(
    "e",
    (Recurrence.WEEKLY, None),
    "每周 每星期 每个星期 每礼拜 一周一报 每周一次 一周一次 每周一报 一周两次 一周两报",
)
_add("e", (Recurrence.MONTHLY, None), "每月 每个月 逐月 一月一报 一月一次")
_add("e", (Recurrence.QUARTERLY, None), "每季度 每季 每个季度 每季末 每季度末 一季度一报 一季一报")
_add("e", (Recurrence.YEARLY, None), "每年 每年度 一年一次")
_add("e", (Recurrence.OTHER, "half"), "每半年 每隔半年")
_add(
    "e",
    (Recurrence.OTHER, None),
    "隔周 隔天 隔日 每隔一天 每隔一周",
)
_add("e", (Recurrence.OTHER, "half_month"), "每半月 每半个月 半月一报 半月一次")
_add("e", (Recurrence.OTHER, "ten_days"), "每旬 每旬末 一旬一报 一旬一次")
_add("G", (1, "整点"), "每整点 逢整点 每到整点")
_add("G", (1, "小时"), "每小时 每个小时 每隔一小时")
_add("z", Recurrence.DAILY, "按日 按天 逐日 日报 日报告 日调度")
_add("z", Recurrence.WEEKLY, "按周 逐周 周报 周报告 周调度")
_add("z", Recurrence.MONTHLY, "按月 月报 月报告 月调度")
_add("z", Recurrence.QUARTERLY, "按季度 按季 逐季 季报 季报告")
_add("z", Recurrence.YEARLY, "按年 年报 年度报告")

_add("z", Recurrence.OTHER, "定期")
_add("x", None, "不定期")

_add("f", "元旦", "元旦 元旦节")
_add("f", "春节", "春节 大年初一 除夕 农历新年")
_add("f", "清明节", "清明 清明节")
_add("f", "劳动节", "劳动节 五一节 五一劳动节 五一")
_add("f", "端午节", "端午 端午节")
_add("f", "中秋节", "中秋 中秋节")
_add("f", "国庆节", "国庆 国庆节 国庆中秋 中秋国庆")
# These are no holidays: their days are in data/observances.toml.
_add("f", "元宵节", "元宵 元宵节 正月十五")
_add("f", "腊八节", "腊八 腊八节")
_add("f", "小年", "小年 腊月二十三 腊月廿三")
_add("f", "重阳节", "重阳 重阳节 九九重阳")
_add("f", "妇女节", "三八节 三八妇女节 妇女节")
_add("f", "植树节", "植树节")
_add("f", "青年节", "五四青年节 青年节")
_add("f", "儿童节", "六一 六一节 六一儿童节 儿童节")
_add("f", "建党节", "七一 建党节")
_add("f", "建军节", "八一 八一建军节 建军节")
_add("f", "教师节", "教师节")

_add("v", None, "尽快 尽早 立即 立刻 即刻 马上 抓紧 及时 第一时间 火速 从速 速报 速回 赶紧 ASAP")
_add("v", "near", "这两天 这几天 近几天 一两天内 两三天内 近期 近日 不日")
_add("v", "from_now", "即日起 即日 从即日起 从今往后 即日起始")
_add(
    "V", None, "截至目前 截止目前 截至现在 截止现在 截止到目前 截至当前 截止当前 目前 日前 截至此刻"
)
_add("s", None, "截至 截止 截至到 截止到 截止至 截止于 截止时间 截止日期 截止期限")
# Words that hold a time word but are none.
_add(
    "x",
    None,
    "按时 届时 同时 临时 平时 周边 周围 周期 周转 周知 周密 周到 周年 周全 周岁 周易 一周岁",
)
_add(
    "x",
    None,
    "早日 岁末年初 年末岁初 年末年初 人次 每天早会 每日早会 下午茶 茶歇前 往年报 历年报 今后 明确 明显 当前 以前年度 上报 下报 年月日 上下班 加班 前天津 生日 节假日",
)
