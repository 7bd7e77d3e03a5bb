"""Text to tokens of time, by longest match; offsets stay those of the original text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from qingzhuang.intake.rules.times.lexicon import WORDS
from qingzhuang.intake.types import Recurrence
from qingzhuang.kit.pure.text import fold_width, parse_numeral


class Token(NamedTuple):
    """`kind` is one letter of the table in lexicon.py; a gap of other text has kind "|"."""

    kind: str
    start: int
    end: int
    value: Any


def _fold_table() -> dict[int, str]:
    """Each character to one character: width, look-alikes, dashes; invisible ones to a blank."""
    table = {0x3000: " ", 0xA0: " ", ord("﹕"): ":", ord("∶"): ":", ord("︰"): ":"}
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table |= dict.fromkeys(map(ord, "—–―−‐‑‒～〜∼⁓"), "~")
    table |= dict.fromkeys(
        map(ord, "\t\r\u200b\u200c\u200d\u200e\u200f\u2060\ufe0f\ufeff\u00ad"), " "
    )
    for code in (*range(0x2E80, 0x2FD6), *range(0xF900, 0xFB00)):
        folded = fold_width(chr(code)) if unicodedata.category(chr(code)) != "Cn" else ""
        if len(folded) == 1:
            table[code] = folded
    return table | {ord("～"): "~", ord("－"): "-", ord("．"): ".", ord("。"): "。"}


_FOLD = _fold_table()


def fold(text: str) -> str:
    """The text with each character folded by itself, so that every offset stays."""
    return text if text.isascii() else text.translate(_FOLD)


def number(text: str) -> int:
    """A numeral as it stands in a token, -1 when it is none."""
    value = parse_numeral(text)
    return -1 if value is None else value


_CN = "[一二三四五六七八九十廿卅]"
_COUNT = "[一二两三四五六七八九十廿]{1,3}"
_DAY = rf"(?:\d{{1,2}}|{_CN}{{1,3}})"
_HOUR = r"(?:[01]?\d|2[0-4]|[零一二三四五六七八九十两]{1,3})"
_UNITS = (
    r"%|‰|°|℃| ?(?:元|万|亿|米|平|㎡|公里|斤|公斤|吨|倍|人|户|件|名|岁|级|份|页|条|次|张|套|栋|幢|单元|楼|层|辆"
    r"|台|家|度|折|升|版|室|处|间|支|组|位|例|分(?!钟)|个(?!工作日)|天|小时|工作日|以上|以下|kg|km|m|h)"
)
_HOUSE = "楼|线|院|文|门|库|令|公告|栋|店|机|馆|厅|房|室|窗|铺|坑|桥|点位|棚|仓|车|井|泵|地块|小区|梯|台|墩|会议|地铁|码头|通知|通告|桩|岗|位"
_TALK = "要求|意见|建议|说明|注意|希望|原因|内容|提示|体会|措施|工作|事项|需要|不|也|儿|提醒|想法|点|左右摇|半点"


def _word(text: str, _: re.Match[str]) -> tuple[str, Any]:
    return WORDS[text]


def _none(_: str, __: re.Match[str]) -> tuple[str, Any]:
    return "x", None


def _full_date(_: str, found: re.Match[str]) -> tuple[str, Any]:
    year = number(found["y"])
    return "A", (year + 2000 if year < 100 else year, number(found["ym"]), number(found["yd"]))


def _iso_date(text: str, _: re.Match[str]) -> tuple[str, Any]:
    return "A", tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def _compact_date(text: str, _: re.Match[str]) -> tuple[str, Any]:
    return "A", (int(text[:4]), int(text[4:6]), int(text[6:]))


def _year_month(_: str, found: re.Match[str]) -> tuple[str, Any]:
    year = number(found["my"])
    return "m", (year + 2000 if year < 100 else year, number(found["mm"]))


def _month_day(_: str, found: re.Match[str]) -> tuple[str, Any]:
    return "a", (number(found["am"]), number(found["ad"] or found["ad2"]))


_LONGEST = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _pair(_: str, found: re.Match[str]) -> tuple[str, Any]:
    # (first, second, second as written, mark between, 日 or 号 after it)
    first, second = int(found["na"]), int(found["nb"])
    dated = 1 <= first <= 12 and 1 <= second <= _LONGEST[first]
    timed = found["ns"] == "." and first <= 24 and len(found["nb"]) == 2 and second < 60
    if not dated and not timed:
        return "x", None
    return "n", (first, second, found["nb"], dated, timed, bool(found["nd"]))


def _clock(_: str, found: re.Match[str]) -> tuple[str, Any]:
    # (hour, minute, written so that the hour is certain)
    # 7:30 with a colon is written by the day of 24 hours; of 3:30 one cannot be sure
    hour = int(found["ch"])
    return "c", (hour, int(found["cm"]), found["ch"][0] == "0" or hour in (6, 7))


def _spoken_clock(_: str, found: re.Match[str]) -> tuple[str, Any]:
    minute = 0
    if found["half"]:
        minute = 30
    elif found["quarter"]:
        minute = 15 * number(found["quarter"])
    elif found["min"]:
        minute = number(found["min"].removesuffix("分"))
    hour = number(found["sh"])
    if not (0 <= hour <= 24 and 0 <= minute < 60):
        return "x", None
    return "c", (hour, minute, len(found["sh"]) == 2 and found["sh"][0] == "0")


def _length(amount: str, half: bool, unit: str) -> tuple[float, str]:
    value = 0.5 if amount == "半" else float(amount) if amount[0].isdigit() else number(amount)
    return value + (0.5 if half else 0), unit.removeprefix("个")


def _duration(_: str, found: re.Match[str]) -> tuple[str, Any]:
    return "u", _length(found["un"], False, found["uu"])


def _interval(_: str, found: re.Match[str]) -> tuple[str, Any]:
    return "G", _length(found["gn"], False, found["gu"])


_WEEKDAYS = {
    mark: day
    for day, marks in enumerate(("一1", "二2", "三3", "四4", "五5", "六6", "日7天"))
    for mark in marks
}
_SHIFTS = {"": None, "本": 0, "这": 0, "下": 1, "下下": 2, "上": -1, "上上": -2}


def _weekday(_: str, found: re.Match[str]) -> tuple[str, Any]:
    return "k", (_SHIFTS[found["kp"].rstrip("个")], _WEEKDAYS[found["kd"]])


def _each_weekday(text: str, found: re.Match[str]) -> tuple[str, Any]:
    days = sorted({_WEEKDAYS[c] for c in found["ed"] if c in _WEEKDAYS})
    return ("K" if text[0] in "每各" else "X"), tuple(days)


def _quarter(_: str, found: re.Match[str]) -> tuple[str, Any]:
    return "q", number(found["qn"])


_WEEK = "(?:周|星期|礼拜)"
_UNIT = r"个?工作日|个?小时|个?钟头?|分钟|刻钟|天|日|周|个?星期|个?礼拜|个月|个?季度|年|min|h|H"
# The shapes of tokens that are more than words, tried in this order at each place: what is no
# time although it looks so, dates, clocks, lengths, weekdays, then the weaker ones.
# fmt: off
_SHAPES: list[tuple[str, Callable[[str, re.Match[str]], tuple[str, Any]]]] = [
    (r"https?://[!-~]+|[A-Za-z0-9_.+-]+@[A-Za-z0-9_.-]+", _none),
    (r"第[一二三四五六七八九十\d]+[周天](?!内)|[首前后]周(?!末)", _none),
    (r"[〔\[(【{]\d{4}[〕\])】}] ?第?\d+号", _none),
    (r"(?<!\d)20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)", _compact_date),
    (r"(?<![\d.])(?:19|20)\d\d(?P<isep>[-/.])\d{1,2}(?P=isep)\d{1,2}日?(?!\d)", _iso_date),
    (r"\d{3,4}-\d{7,8}|\d{5,}[Xx]?|(?:(?![hH]\d|[A-Z]{3})[A-Za-z]+[-.]?)\d+(?:\.\d+)*", _none),
    (r"第 ?[\d一二三四五六七八九十百]+(?! ?(?:季|个?工作日|个月|[一二三四1-4]?季度))(?:\d*[号期次批届条章款项名轮部版页]|(?=[^天周]))", _none),
    (rf"(?:\d+|{_CN}+)号(?={_HOUSE})|(?<=[路街巷弄])\d+号(?! ?(?:\d{{1,2}} ?[点:时]|之?前(?![面门往台院])|以前|[上下]午))|\d+号?[栋幢座]|\d+单元", _none),
    (rf"(?:\d|[一二三四五六七八九两几])点(?={_TALK})|(?<=[有早快晚差多少点])一?点(?!\d)", _none),
    (rf"(?P<y>\d{{4}}|(?<!\d)\d\d|[〇零一二三四五六七八九]{{4}}) ?年 ?(?P<ym>{_DAY}) ?月 ?(?P<yd>{_DAY}) ?[日号]?", _full_date),
    (rf"(?P<my>\d{{4}}|(?<!\d)\d\d|[〇零一二三四五六七八九]{{4}}) ?年 ?(?P<mm>{_DAY}) ?月份?", _year_month),
    (r"(?:(?<!\d)(?:19|20)\d\d|[二一][〇零一二三四五六七八九]{3}) ?年度?", lambda text, _: ("y", number(re.sub("[ 年度]", "", text)))),
    (rf"(?<!\d)(?P<am>{_DAY}) ?月 ?(?:(?P<ad>{_DAY}) ?(?:日|号(?! ?(?:{_HOUSE})))"
     r"|(?P<ad2>\d{1,2})(?=前|之前|以前|[上下中]午|晚|截| ?[~至到-] ?\d{1,2} ?[日号]))", _month_day),
    (r"(?<![\d.])(?P<rm>\d{1,2})(?=[~至到-]\d{1,2}月份?(?!\d))", lambda _, found: ("m", (None, number(found["rm"])))),
    (rf"(?<![\d.])(?:(?P<mo>{_DAY}) ?月份?|元月份?)", lambda _, found: ("m", (None, number(found["mo"] or "1")))),
    (r"(?<!\d)(?P<ch>[01]?\d|2[0-4]) ?: ?(?P<cm>[0-5]\d)(?::[0-5]\d)?(?![\d:])(?:分|时(?!间))?", _clock),
    (rf"(?<![\d.])(?<!\d:)(?P<sh>{_HOUR}) ?(?:点钟?|时(?![间段期候代长效限]))[整正]?"
     r"(?:(?P<half>半)|(?P<quarter>[一三13])刻|(?P<min>[0-5]\d(?![\d个人户月日号年])分?|\d分"
     rf"|[零一二三四五]?十?[一二三四五六七八九]分|零{_CN}|[二三四五]?十[一二三四五六七八九]?分?))?", _spoken_clock),
    (r"(?<![\d.:])(?P<rh>[01]?\d|2[0-4])(?= ?[~至到-] ?\d{1,2} ?[点时])", lambda _, found: ("c", (int(found["rh"]), 0, False))),
    (r"一[天日](?=[交报发填传送更][一二两三四\d]次|[一二两三四][巡报查])", lambda _, __: ("e", (Recurrence.DAILY, None))),
    (r"逢(?=\d{1,2}[日号]?[、和及]\d{1,2}[日号、])", lambda _, __: ("e", (Recurrence.OTHER, None))),
    (r"(?<=[早晚])\d{1,2}(?=[早晚,。;、! ]|$)", lambda text, _: ("c", (int(text), 0, False)) if int(text) <= 24 else ("x", None)),
    (r"天天(?=上?报|交|填|发|巡|更新)", lambda _, __: ("e", (Recurrence.DAILY, None))),
    (rf"每隔?(?!半年)(?P<gn>\d+|半|[一二两三四五六七八九十]{{1,3}}) ?(?P<gu>{_UNIT}|个半月)(?!度)", _interval),
    (rf"(?<![\d.])(?P<fn>\d+|{_COUNT}) ?(?P<fu>{_UNIT})一[报次更]",
     lambda _, found: ("G", _length(found["fn"], False, found["fu"]))),
    (rf"(?<![\d.])(?P<un>\d+(?:\.\d+)?|半|{_COUNT}) ?(?P<uu>个?工作日|个?小时|个?钟头|分钟|刻钟|天(?![津然气])"
     r"|(?:日|分|个?季度)(?=[之以]?[内后])|(?:年|周)(?=[之以]?[内后]|前)|周(?![年岁期边围末日一二三四五六])"
     r"|个?(?:星期|礼拜)(?![一二三四五六日天])|(?<=[一两])月(?=[之以]?内)|个月|min|h(?![a-z])|H)(?!前[往台提期])", _duration),
    (rf"(?P<hn>\d+|{_COUNT})个(?P<hh>半)(?P<hu>小时|钟头|月)",
     lambda _, found: ("u", _length(found["hn"], True, found["hu"]))),
    (r"半个?(?P<su>小时|月|天|钟头)", lambda _, found: ("u", (0.5, found["su"]))),
    (rf"(?:每个?|各|逢|隔){_WEEK}(?P<ed>(?:一(?!次|报(?![送告])|更)|[二三四五六日天](?!次))"
     rf"(?:(?:[、和及,/]|[~至到]){_WEEK}?[一二三四五六日天](?!个|次))*)", _each_weekday),
    (rf"{_WEEK}(?P<wd>[一二三四五六日天](?:[、和及]{_WEEK}?[一二三四五六日天])+)(?= ?各[一-龥]{{0,2}}[一1]次)",
     lambda _, found: ("K", tuple(sorted({_WEEKDAYS[c] for c in found["wd"] if c in _WEEKDAYS})))),
    (rf"(?P<kp>(?:本|这|下下|下|上上|上)?个?){_WEEK}(?P<kd>[一二三四五六日天](?!律|般|体|旦|些|共)|[1-7](?![\d.次个月]))", _weekday),
    (r"第?(?P<qn>[一二三四1-4])季度?", _quarter),
    (r"(?P<na>(?<![\d.A-Za-z/$¥:])(?:(?<![\d~-])|(?<=[./]\d[~-])|(?<=[./]\d\d[~-]))\d{1,2})(?!-\d{1,2}[日号])(?P<ns>[./-])(?P<nb>\d{1,2})(?P<nd>[日号])?"
     rf"(?!\d|[./]\d|-\d+(?![./\d])| ?月|{_UNITS})", _pair),
    (rf"(?<![\d.第])(?:(?P<dd>{_DAY}) ?(?:日(?![常子均程志产])|号)|(?P<dr>\d{{1,2}})(?= ?[~至-] ?\d{{1,2}} ?[日号])|(?<=[逢月])(?P<dl>\d{{1,2}})(?=[、和及]\d{{1,2}}[日号、]))", lambda _, found: ("D", number(found["dd"] or found["dr"] or found["dl"]))),
    (r"[早晚](?= ?(?:\d|[一二三四五六七八九十]{1,3}[点时]))|(?<=[一二三四五六日天号])晚(?![会报于点上间饭])",
     lambda text, _: ("h", "dawn" if text == "早" else "night")),
    (r"(?<=[月份])(?:底|末|初|[上中下]旬)", lambda text, _: ("p", text)),
    (r"(?<=[年度])(?:底|末(?!月))", lambda text, _: ("E", None)),
    (r"(?<![宵阳师童女亲军树人生秋午明庆春动环])节前|(?:放假|节日)前", lambda _, __: ("F", None)),
    (r"(?<![\d一二三四五六七八九十两几年多数若往近半])年前", lambda _, __: ("F", "春节")),
    (r"十一(?=节?(?:前|假期|长假|期间|黄金周))|(?<!十)五一(?=节|劳动|假|前|之前|期间|小?长假|后)",
     lambda text, _: ("f", "国庆节" if text == "十一" else "劳动节")),
]
# fmt: on

# Stand right behind a token; without one they are other words. "" is filler.
_TAILS = [
    (
        "",
        r"[(]含[^()]{0,4}[)]|[(](?:周|星期)[一二三四五六日天](?:补班|调休|上班|加班)[^()]{0,2}[)]",
    ),
    (
        "b",
        r"晚饭之?前|(?:之|以)?前(?![夕往台期述列面沿端景途任几者后]|提(?![供交报]))|为止|止(?![损水])|截[止至](?![到至于时日期今明后本下上周\d一二三四五六七八九十])",
    ),
    ("i", r"(?:之|以)?内(?!务(?!必)|[容部外涝河])"),
    ("o", r"(?:之?日)?起(?![草来码诉点])"),
    ("l", r"(?:之|以|过)?后(?![勤续面期台天])"),
    ("d", r"期间"),
    ("~", r"[~至到-]+"),
    ("、", r"[、和及与]"),
    (",", r"[,，]"),
    ("(", r"[(【]"),
    (")", r"[)】]"),
    (
        "",
        r"[ 各:是为于]|的(?!(?:[本这下]|上)?周[一二三四五六日天](?:之|以)?前)|逢(?=\d)|分?[一两二三四\d]次|定时|固定|分别",
    ),
]


def _alternation(words: Iterable[str]) -> str:
    """The words as one pattern, longest first, by first characters."""
    heads: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        heads.setdefault(word[0], []).append(re.escape(word[1:]))
    return "|".join(f"{head}(?:{'|'.join(tails)})" for head, tails in sorted(heads.items()))


# Words that begin like a number come before the shapes of numbers; the others behind, since
# a shape that begins with them (本周三, 每周一) is longer.
_EARLY = [word for word in WORDS if word[0] in "一第两三"]
_LATER = [word for word in WORDS if word[0] not in "一第两三"]
_READERS = [_word, *(read for _, read in _SHAPES), _word]
_PARTS = [_alternation(_EARLY), *(shape for shape, _ in _SHAPES), _alternation(_LATER)]
_HEADS = "".join(
    sorted(
        {word[0] for word in WORDS}
        | set("零〇一二三四五六七八九十廿卅两半每各逢隔元底末初早晚星礼节年放天")
    )
)
_TOKEN = re.compile(
    rf"(?=[0-9A-Za-z〔\[(【{{{_HEADS}])(?:"
    + "|".join(f"(?P<t{index}>{part})" for index, part in enumerate(_PARTS))
    + ")"
)
_READER_AT = {_TOKEN.groupindex[f"t{index}"]: read for index, read in enumerate(_READERS)}
_TAIL = re.compile("|".join(f"({pattern})" for _, pattern in _TAILS))


def tokenise(text: str) -> list[Token]:
    """The tokens of folded text, in order, with a gap token where other words stand between."""
    tokens: list[Token] = []
    position = reach = 0
    while found := _TOKEN.search(text, position):
        start, position = found.span()
        if start > reach and tokens:
            tokens.append(Token("|", reach, start, None))
        kind, value = _READER_AT[found.lastindex or 0](found[0], found)
        tokens.append(Token(kind, start, position, value))
        while kind != "x" and (tail := _TAIL.match(text, position)):
            if mark := _TAILS[(tail.lastindex or 1) - 1][0]:
                tokens.append(Token(mark, position, tail.end(), None))
            position = tail.end()
        reach = position
    return tokens
