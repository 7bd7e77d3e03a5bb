"""Whose wish it is: read from the words, else from the sender, else from the group's own name."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from qingzhuang.intake.types import ChannelKind


@dataclass(frozen=True, slots=True)
class Issuer:
    """`name` as a district writes it; text[start:end] the words, -1 when not from the text."""

    name: str
    start: int = -1
    end: int = -1


_LEVEL = r"(?:(?:[一-龥]{2,3}(?:区|县|市(?![场监政容民]))|区里|区级|区直|市级|省级|本区|我区|区|县|市(?![场监政容民])|省)(?:委(?!办|员))?)?"
_TOWN = r"(?:(?:[一-龥]{2,4}?)?(?:街道|镇|乡)|社区|村)?"
_ENDING = (
    r"(?:办公室|办事处|委员会|领导小组|指挥部|服务中心|工作站|联合会|工作部|武装部|总工会|大队|中队|支队|分局|执法队|"
    r"专班|中心|协会|工会|妇联|残联|团委|团工委|纪工委|人大工委|纪委|红十字会|红会|工委|办|所|站|局|科|股|院|队|处|厂)"
)
_OWN_WORDS = r"(?:区委办|县委办|区政府办|县政府办|区府办)(?:督查室|公室)?|人大街道工委|街道办(?:事处|公室)?|镇政府办?|乡政府办?|党工委|(?:街道|镇|乡)值班室"
# In running text an ending must be an office's own: 厕所, 家属院 and 场所 are none.
_OFFICE = (
    r"(?:办公室|委员会|指挥部|工作部|总工会|大队|中队|支队|分局|执法队|专班|中心|协会|工会|妇联|残联|团委|团工委|纪工委|"
    r"人大工委|纪委|红十字会|联合会|办(?![法理班事学证好完点代到结])|局|科|(?:司法|财政|派出|市监|监管|民政|税务|国土|自然资源|规划|城管|应急|农经|交管|"
    r"水管|供电|环卫|人社|保障|街道|房管|食药)所|(?:工作|服务|林业|水利|农技|农经|统计|文化|教育|兽医|畜牧|卫生|监督|交管|广播)站)"
)
# "街道党建办冯倩": a full name written on to the office without a space.
_NAME_ON = re.compile(
    r"[赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹章苏潘葛范彭鲁韦马方任袁柳鲍史唐费薛雷贺倪汤罗郝安"
    r"于傅卞齐康余顾孟黄萧尹姚邵汪毛米戴谈宋庞熊纪舒项祝董梁杜蓝闵季贾江童颜郭梅林钟徐邱骆高夏蔡田樊胡霍虞万柯卢莫"
    r"丁邓洪包左石崔龚程邢裴陆翁甄曲段侯宁仇武刘景龙叶黎白蒲乔阎卓池谭劳姬申关][一-龥]{1,2}$"
)
_EMPTY_NAMES = frozenset(
    [
        "通知",
        "上级",
        "办公室",
        "大队",
        "办",
        "所",
        "站",
        "中心",
        "本所",
        "我所",
        "会",
        "帮办",
        "代办",
        "工作站",
        "服务中心",
    ]
)
_PERSON_TAIL = re.compile(
    r"(?:值班室|值班员?|值守|通知|专用|公告|官方|小助手|运营部?|联络员|秘书|工作人员|"
    r"(?:小|老|阿|大)[一-龥]{1,2}|[一-龥](?:姐|哥|科长|主任|局长|所长|站长|书记|老师|警官|工|队|队长|部长|秘书长|院长|经理))+$"
)
# A section inside a bureau speaks for the bureau; alone it says too little.
_SECTION = re.compile(r"^[一-龥]{1,8}(?:科|股|处|组|室)$")


_NOT_NAMES = re.compile(
    r"全体|[早晚点]|今天|明天|我们|你们|大家|参加|召开|做好|关于|^转?[市区县]局$|^省厅$|^局办$|^[一-龥][局所站]$"
)
# What no office's name holds: words of a sentence that happens to end like one.
_SENTENCE = re.compile(
    r"就(?!业)|回(?!民|族)|见(?!义)|问(?!题)|由(?!贸)|周[一二三四五六日]|[刚已跟送]|[的了是把吗呢吧谁哪你我他她它们不没去到在给被催写看说叫让拿找请]|(?<!国)有|多少|几个|一下|(?<!重)要|(?<!外)来"
)
_LONGEST = 10  # characters of a name found in running text, its street aside


@cache
def _names() -> tuple[dict[str, str], re.Pattern[str], dict[str, str]]:
    """Known names → how they are shown; one pattern of all of them, longest first; bare words."""
    table = tomllib.loads(
        files("qingzhuang.intake").joinpath("data/departments.toml").read_text("utf-8")
    )
    shown: dict[str, str] = {}
    for short, others in table["departments"].items():
        shown[short] = short
        for other in others:
            bare = re.sub(r"^[区县市](?:委(?!办))?(?!场|监)", "", other)
            # A full legal name is shortened; a bare word (疾控) is filled up; else as written.
            is_bare = not re.search(_ENDING + "$|[委办会]$", bare)
            shown.setdefault(bare, short if is_bare or len(bare) > len(short) + 1 else bare)
    longest_first = sorted(shown, key=len, reverse=True)
    return shown, re.compile("|".join(map(re.escape, longest_first))), table["short"]


@cache
def _unit() -> re.Pattern[str]:
    """A department or office as people write it: level, street, name, section."""
    known = _names()[1].pattern
    return re.compile(
        rf"(?P<level>{_LEVEL})(?P<town>{_TOWN})"
        rf"(?P<name>(?:{known})(?![所站])|[一-龥]{{1,6}}?{_ENDING})"
        rf"(?P<section>[一-龥]{{1,8}}?(?:科|股|室|专班|处)(?![一-龥]))?"
    )


@cache
def _places() -> tuple[tuple[re.Pattern[str], ...], ...]:
    """Where a text names who asks: as relayed, in its first words, in passing."""
    known = _names()[1].pattern
    bare = "|".join(map(re.escape, _names()[2]))
    unit = (
        rf"(?P<unit>{_OWN_WORDS}|{_LEVEL}{_TOWN}(?:(?:{known})(?![所站])|[一-龥]{{1,7}}?{_OFFICE}))"
    )
    after = r"(?:[一-龥]{0,6}?)"
    relayed = (
        rf"(?:转发?|转自|转达|接到?|刚接到?|接上级|收到|据|应(?!急)|按照?|根据){unit}{after}(?:的)?(?:紧急)?(?:通知|要求|来电|来文|电话|部署|安排|函|消息|[:：】\]])",
        rf"(?:^|[\n【\[(])[^\n】:：。，,]{{0,8}}?转(?:发|自)?[:：]?{unit}",
        rf"(?:转发?|转自|转达)(?P<unit>{bare})(?:的|[:：】\]])",
        rf"(?:^|\n)[【\[]{unit}[】\]:：]",
        rf"(?:——|--|—)\s*{unit}\s*$",
        rf"(?:来电|来文|发文|通知)单位[:：]\s*{unit}",
        rf"^\s*{unit}(?:文件|便函|函件|公函|通知|通报|简报)\s*(?:\n|$)",
    )
    first_words = (
        rf"^[\s【\[@(]*(?!各|请|全体|本|我){unit}(?:[^\n。，,:：;；]{{0,6}})?(?:打来|打的|来电|电话|通知|说|问|要|请|让|叫|催|来人|征求|的|[:：]|[ ,，]|亲自)",
    )
    bureau = (
        rf"(?P<unit>{_LEVEL}(?:(?:{known})(?![所站])|[一-龥]{{2,7}}?(?:局|委|部|大队|联合会|中心)))"
    )
    urged = (
        rf"(?<![一-龥]){bureau}(?:[一-龥]{{1,4}}[科股])?(?:那边|这边)?"
        r"(?:刚才|刚刚|刚|今天|昨天|昨晚|明天|明早|今晚|周[一二三四五]|又|再|紧急|临时|一早|\d+点半?|早上|上午|下午)*"
        r"(?:电话会?|来电)?(?:又)?(?:要求|要(?!是|么|闻|不)|催|指定|发的|布置|部署|让|叫|通知|来文|来电|说)",
        rf"(?:关于转发|^转发|应(?!急)){unit}(?:《|要求|通知|关于)",
        rf"(?P<unit>{_LEVEL}(?:{known})(?![所站办]))(?:的人)?[^，,。；;\n]{{0,10}}?来(?:看|查|核|检查|抽查|调研|验收|[一-龥]{{2,5}}?[查看核])",
    )
    in_passing = (
        rf"(?<!各)(?<![一-龥]){unit}(?:刚|今天|昨天|又|紧急|临时)?(?:通知|要求|要的|来电|来文|下发通知|催|发函|布置|部署)(?!书|单|群)",
    )
    title = (rf"(?:^|\n)\s*{unit}关于[^\n。]{{4,60}}(?:通知|函|通报|公告|方案|通告)",)
    handed_to = (
        rf"(?:报(?!告|名)送?|交(?!通|警|管|流|运)|送|发(?![展改布])|给|反馈|报到|报至|送到|送至|回(?!复)|交到)(?:给|至|到)?{unit}",
    )
    return tuple(
        tuple(re.compile(expression) for expression in expressions)
        for expressions in (relayed, first_words, in_passing, handed_to, urged, title)
    )


def shorten(name: str) -> str:
    """'江岚区住房和城乡建设局物业科' → '住建局'; '石桥街道党建办' → '街道党建办'."""
    name = (
        name.strip(" @【】[]()（）:：-—_·|/\u3000")
        .removeprefix("中共")
        .removeprefix("国家税务总局")
        .removeprefix("国网")
        or name
    )
    shown, pattern, bare = _names()
    if name in bare:
        return bare[name]
    if organ := re.search(r"(镇|乡)人民政府$", name):
        return organ[1] + "政府"
    name = re.sub(r"村(?:村民|民)委员会$", "村委会", name)
    if committee := re.search(r"(镇|乡)(?:党委|委员会)$", name):
        return committee[1] + "党委"
    name = re.sub(r"(?<=[镇乡])委员会(?=[一-龥]{2,6}办)", "", name)
    own = re.match(_OWN_WORDS, name) or re.search(r"[区县]委办(?:公室)?$", name)
    if own:
        return (
            own.group().removesuffix("公室")
            if own.group().startswith(("区", "县"))
            else own.group()
        )
    known_in = pattern.search(name)
    if (
        known_in
        and (before := re.fullmatch(rf"{_LEVEL}({_TOWN})", name[: known_in.start()]))
        and not re.match(r"[站所]|[一-龥]{1,2}[办站所]$|[一-龥]{1,3}委$", name[known_in.end() :])
    ):
        kind = re.search(r"街道|镇|乡", before.group(1) or "")
        return (kind.group() if kind else "") + shown[known_in.group()]
    match = _unit().match(name)
    if not match:
        return re.sub(rf"^{_LEVEL}(?=[一-龥]{{4}})", "", name)
    town = match["town"] or ""
    core = match["name"]
    if core in shown:
        known = core
    else:
        inside = pattern.match(core)
        known = inside.group() if inside and len(inside.group()) > 2 else core
    core = shown.get(known, known)
    if core.endswith(("委", "人大")) and re.fullmatch(
        r"[一-龥]{1,3}[办站所委]", name[match.end() :]
    ):
        core += name[match.end() :]  # 镇纪委监督办, 人大农业委
    if town:
        kind = re.search(r"街道|镇|乡|社区|村", town)
        town = kind.group() if kind and kind.group() in ("街道", "镇", "乡") else ""
    return town + (core[:-2] if core.endswith("办公室") and len(core) > 3 else core)


_DATE = re.compile(
    r"\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日?|[〇零一二三四五六七八九十]{4}年[〇零一二三四五六七八九十]+月"
)


def _from_signature(text: str) -> str | None:
    """The organ that signs a document: the line above the date that closes it, or beside it.

    Several organs sign one below the other; the first of them leads.
    """
    lines = [line.strip() for line in text.rstrip().splitlines() if line.strip()][-8:]
    for at in range(len(lines) - 1, -1, -1):
        date = _DATE.search(lines[at])
        if date is None or len(lines[at]) > 40:
            continue
        beside = lines[at][: date.start()].strip(" ,。")
        signers = [beside] if beside else []
        above = at - 1
        while not beside and above >= 0 and len(signers) < 4 and _is_organ(lines[above]):
            signers.insert(0, lines[above])
            above -= 1
        for signer in signers:
            if _is_organ(signer) and not _is_vague(name := shorten(signer.split()[0])):
                return name
    return None


def _is_organ(line: str) -> bool:
    return (
        2 < len(line) <= 30
        and not re.search(r"[,。;:!、(]", line)
        and bool(re.search(rf"(?:{_ENDING}|[委府会部室]|公司|医院|学校)(?:\(.{{0,6}}\))?$", line))
    )


def _from_text(text: str, patterns: tuple[re.Pattern[str], ...]) -> Issuer | None:
    for pattern in patterns:
        for match in pattern.finditer(text, 0, 4000):
            name = shorten(match["unit"])
            bare = re.sub(r"^(?:街道|镇|乡)", "", name)
            if name and len(bare) <= _LONGEST and not _is_vague(name) and "12345" not in name:
                start, end = match.span("unit")
                above = _PASSED_DOWN.search(text, max(0, start - 4), start + 2)
                is_organ = above and name.endswith(("局", "委", "联", "厅"))
                return Issuer(above[1] + name if above and is_organ else name, start, end)
    return None


# What the city or province wants keeps its level when it is passed on: 转市民政局.
_PASSED_DOWN = re.compile(r"转[发自达]?:?(市(?![场监政容])|省)")


def _is_vague(name: str) -> bool:
    """Too little to name anybody: a bare ending, or a section without its bureau or street."""
    if name in _names()[0]:
        return False
    if _SENTENCE.search(name):
        return True
    if name.startswith(("街道", "镇", "乡", "区委办", "县委办")):
        return False
    if name in _EMPTY_NAMES or name[0] in "我本贵该你各全" or _NOT_NAMES.search(name):
        return True
    return bool(_SECTION.match(name))


def _from_sender(sender: str, group: str) -> str | None:
    shown = _names()[0]
    tokens = re.split(r"[\s\-—–_·|/、，,:：()（）\[\]【】~@]+", sender)
    if len(tokens) > 1 and (town := re.fullmatch(r"[一-龥]{2,4}?(街道|镇|乡)", tokens[0])):
        tokens[1] = town[1] + tokens[1]  # 双井街道-防汛办
    lines_of_work = "|".join(map(re.escape, (*_names()[2], "综治", "信访", "政府")))
    for token in tokens:
        # 镇人社, 乡综治: which office or station it is, the sender leaves open, and so do we.
        own = rf"(?:[一-龥]{{2,3}}?)?((?:街道|镇|乡)(?:{lines_of_work}))(?:值班室?)?"
        if written := re.fullmatch(own, token):
            return written[1]
        for candidate in (token, _PERSON_TAIL.sub("", token), _NAME_ON.sub("", token)):
            match = re.match(_OWN_WORDS, candidate) or _unit().match(candidate)
            if not match or len(candidate) < 2:
                continue
            name = shorten(candidate)
            if name in shown.values():
                return name
            if match.end() == len(candidate) and not _is_vague(name):
                # A centre or section that writes in its bureau's own group speaks for the bureau.
                bureau = None if name.startswith(("街道", "镇", "乡")) else _from_group(group)
                is_inside = (
                    bureau is not None
                    and bureau.endswith(("局", "委", "部"))
                    and name[-1] in "心科股队室"
                )
                return bureau if is_inside else name
    return None


def _is_bureau(name: str | None) -> bool:
    """Speaks for itself: an organ of the district, or beyond it, not a street's office."""
    if not name or name.startswith(("街道", "镇", "乡")):
        return False
    return name.endswith(("局", "委", "部", "队", "联", "会", "公司", "院", "区委办", "政府办"))


def _from_own_community(sender: str | None, group: str) -> str | None:
    """A secretary writing to the people of his own community or village."""
    if sender and (seat := re.fullmatch(r"([一-龥]{2,5}村)(?:村?民?委(?:员?会)?)", sender)):
        return sender if group.startswith(seat[1]) else None
    own = re.search(r"^[一-龥]{2,6}?社区(?=.*群)|^[一-龥]{2,6}?村(?=.*群)", group)
    if own is None:
        return None
    name = own.group()
    place = name.removesuffix("社区").removesuffix("村")
    is_own = sender and (
        sender.startswith(place)
        or (sender.startswith(("社区", "村")) and re.search(r"书记|主任|支书|村长", sender))
    )
    return name if is_own else None


def _from_group(group: str) -> str | None:
    shown, pattern, _ = _names()
    known = pattern.search(group)
    if known and not re.match(r"(?:联勤|人大代表|工会)", known.group()):
        town = re.search(r"(街道|镇|乡)", group[: known.start()])
        return (town.group() if town else "") + shown[known.group()]
    office = re.search(r"((?:街道|镇|乡)[一-龥]{1,4}?(?:办|所|站|科|中心))(?!事|公)", group)
    return shorten(office.group(1)) if office else None


def find_issuer(
    text: str, *, channel: ChannelKind, sender: str | None, group: str | None
) -> Issuer | None:
    """The department or unit that asks, or None when neither text nor channel tell.

    `text` has folded width (see kit.pure.text.fold_in_place).
    """
    relayed, first_words, in_passing, handed_to, urged, title = _places()
    if channel is ChannelKind.DOCUMENT and (passed_on := _from_text(text, urged[1:2])):
        return passed_on
    if channel is ChannelKind.DOCUMENT and sender:
        name = shorten(sender)
        if name and not _is_vague(name):
            return Issuer(name)
    if channel is ChannelKind.DOCUMENT and (signed := _from_signature(text)):
        return Issuer(signed)
    if channel is ChannelKind.DOCUMENT and (titled := _from_text(text, title)):
        return titled
    by_sender = _from_sender(sender, group or "") if sender else None
    found = _from_text(text, relayed)
    if found is None and (by_sender is None or channel is ChannelKind.PHONE):
        found = _from_text(text, first_words)
    if found is None and by_sender is None:
        found = _from_text(text, in_passing)
    if found is None and not _is_bureau(by_sender):
        found = _from_text(text, urged)
        found = found if found and _is_bureau(found.name) else None
    if found and by_sender and by_sender.endswith(found.name):
        return Issuer(by_sender, found.start, found.end)  # 街道司法所: "司法所:人民调解员…"
    if found:
        return found
    own = by_sender or _from_own_community(sender, group or "") or _from_group(group or "")
    return Issuer(own) if own else _from_text(text, handed_to)


def find_part_issuer(folded: str, offset: int) -> Issuer | None:
    """The department at the head of one item of a list: '①民政:…', '2.消防救援大队:…'."""
    bare = "|".join(map(re.escape, sorted(_names()[2], key=len, reverse=True)))
    head = re.match(
        rf"[\s①-⑳\d一二三四五六七八九十是、.．)）(（:：]*(?P<unit>(?:{bare})(?=[:：])|{_unit().pattern}(?=[:：]))",
        folded,
    )
    if head is None:
        return None
    name = shorten(head["unit"])
    if _is_vague(name):
        return None
    return Issuer(name, offset + head.start("unit"), offset + head.end("unit"))


def sender_kind(sender: str | None, group: str | None) -> str:
    """'office' when the sender's name shows a department, 'place' a community, else 'person'."""
    if not sender:
        return "none"
    if _from_sender(sender, ""):
        return "office"
    own = re.match(r"^[一-龥]{2,4}", group or "")
    if re.search(r"社区|村|[\-—– ].*(?:书记|主任)|组", sender):
        return "place"
    if re.match(r"^[一-龥]{2,4}[\-—– ]", sender):
        return "place"
    return "own" if own and sender.startswith(own.group()[:2]) else "person"
