"""The times of a text, and the one deadline of a part of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from qingzhuang.intake.rules.times.anchors import Sending
from qingzhuang.intake.rules.times.grammar import Expression, parse
from qingzhuang.intake.rules.times.lexer import fold, tokenise
from qingzhuang.intake.rules.times.model import Due, TimeMention, TimeRole
from qingzhuang.intake.rules.times.resolve import VAGUE, Moment, first_due, resolve
from qingzhuang.intake.rules.times.rhythm import recurrence_of
from qingzhuang.intake.rules.times.roles import RoleRule, Surroundings, decide
from qingzhuang.intake.types import Recurrence
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.org.types import WorkCalendar

_BORDER = re.compile(r"[。;!?！？\n]")
_NO_MOMENT = Moment(at=None, grain=VAGUE)
_LISTED = re.compile(r"[、和及与 ]+")
_LIST_LENGTH = 12  # 周一、周二、…: longer lists are looked at in parts
_MONTHLY = "each.days_of_month"
_PAUSE = re.compile(r"[,、:]")
_LOOSE = (TimeRole.OTHER, TimeRole.EVENT)
_HANDED_IN = re.compile(r"^[^,。;]{0,8}?(?:报|交|送|填|调度|统计|更新|上传|汇总|通报)")


def read_times(
    text: str, *, sent_at: datetime | None, calendar: WorkCalendar
) -> tuple[TimeMention, ...]:
    """Every time that the text names, in order, with what it is for and the moment it means.

    Without `sent_at` only full dates resolve. Never raises.
    """
    folded = fold(text)
    tokens = tokenise(folded)
    if not tokens:
        return ()
    expressions = parse(tokens)
    sending = Sending(moment=_safe(sent_at), calendar=calendar)
    mentions: list[TimeMention] = []
    sentence = _Sentence()
    floor = 0
    for index, plain in enumerate(expressions):
        if _BORDER.search(folded, floor, plain.start):
            sentence = _Sentence()
        expression = _continued(plain, sentence.rhythm)
        ceiling = _next_start(folded, expressions, index)
        found = Surroundings(folded, expression, floor=floor, ceiling=ceiling)
        at = _NO_MOMENT
        if not expression.rule.startswith(("each.", "rhythm.")):
            at = resolve(expression, sending, as_start=False)
        rule = decide(found, at=at.at, sent=sending.moment)
        at = _resolve_for(rule, found, sending, at, sentence=sentence, floor=floor)
        sentence.learn(plain, expression, rule, at, sending)
        mentions.append(
            TimeMention(
                start=expression.start,
                end=expression.end,
                text=text[expression.start : expression.end],
                role=rule.role,
                at=at.at,
                grain=at.grain,
                recurrence=_recurrence(rule, expression, found),
                rule=f"{expression.rule}/{rule.id}",
            )
        )
        floor = expression.end
    return tuple(mentions)


@dataclass(slots=True)
class _Sentence:
    """What the times read so far in a sentence leave to the next ones."""

    day: date | None = None  # of the event that a bare clock time continues
    loose: date | None = None  # just named, without a clock
    since: date | None = None  # from when a rhythm holds
    rhythm: Expression | None = None  # that bare clock times belong to

    def learn(
        self, plain: Expression, read: Expression, rule: RoleRule, at: Moment, sending: Sending
    ) -> None:
        """Take in one expression; `plain` as it stood, `read` as it was continued."""
        if plain.rule.startswith("each."):
            self.rhythm = plain
        elif read is plain and plain.rule != "clock":
            self.rhythm = None
        self.loose = at.first if rule.role in _LOOSE and at.grain == "day" else None
        if read.until is not None and rule.role in _LOOSE:  # 29日至31日每天
            self.since = resolve(read, sending, as_start=True).first
        if rule.role is TimeRole.EVENT:
            self.day = at.first if at.grain in ("minute", "day") else None
        elif rule.role is TimeRole.EFFECTIVE and at.at is not None:
            self.since = at.first


def _safe(sent_at: datetime | None) -> datetime | None:
    try:
        return in_china(sent_at) if sent_at else None
    except OverflowError:  # the first or last day of the calendar, seen from another zone
        return None


def _next_start(text: str, expressions: Sequence[Expression], index: int) -> int:
    """Where the next expression of another purpose starts: lists and lengths are passed over.

    周三、周四两天 are three expressions with one purpose.
    """
    reach = expressions[index].end
    for later in expressions[index + 1 : index + 1 + _LIST_LENGTH]:
        bare_length = later.rule == "duration" and not later.marks
        if not bare_length and not _LISTED.fullmatch(text, reach, later.start):
            return later.start
        reach = later.end
    return reach if index + 1 + _LIST_LENGTH < len(expressions) else len(text)


def _continued(expression: Expression, rhythm: Expression | None) -> Expression:
    """A time that a rhythm before it in the sentence goes on with, as part of that rhythm."""
    if rhythm is None:
        return expression
    if expression.rule == "clock" and not rhythm.times:  # 每天两次，上午10点前、下午4点前
        return replace(expression, rule=rhythm.rule, anchor=rhythm.anchor)
    if expression.rule == "day.of_month" and rhythm.rule == _MONTHLY:  # 每月20日前…，25日前…
        return replace(expression, rule=_MONTHLY, anchor=(rhythm.anchor[0], *expression.anchor))
    return expression


def _resolve_for(
    rule: RoleRule,
    found: Surroundings,
    sending: Sending,
    plain: Moment,
    *,
    sentence: _Sentence,
    floor: int,
) -> Moment:
    """The moment in the light of the role: an event's start, the past behind, a rhythm's first."""
    expression = found.expression
    if rule.role is TimeRole.RECURRENCE:
        return first_due(expression, sending, since=sentence.since)
    if rule.id == "deadline.after_event":
        return _NO_MOMENT
    if rule.role is TimeRole.PAST:
        return resolve(expression, replace(sending, back=True), as_start=False)
    day = sentence.day
    near = not _PAUSE.search(found.text, floor, expression.start)
    if near and expression.rule == "clock":
        day = sentence.loose or day  # 明天市领导10点到社区
    if rule.role is TimeRole.DEADLINE and day is not None and found.verb == "d":
        day = None  # 明天检查，5点前报名单 is today's five
    if rule.role is TimeRole.EVENT:
        return resolve(expression, sending, as_start=True, day=day)
    if day is not None and expression.rule == "clock":
        return resolve(expression, sending, as_start=False, day=day)
    return plain


def _recurrence(rule: RoleRule, expression: Expression, found: Surroundings) -> Recurrence | None:
    if rule.role is not TimeRole.RECURRENCE:
        return None
    kind = recurrence_of(expression.anchor)
    if expression.rule == "rhythm.word":
        # 月报 is a thing's name; only what has to be handed in 按月 comes every month.
        by_period = expression.anchor and found.text[expression.start] in "按逐"
        return kind if by_period and _HANDED_IN.search(found.after) else Recurrence.OTHER
    return kind


_PRECEDENCE = (TimeRole.DEADLINE, TimeRole.EVENT, TimeRole.RECURRENCE)


def _sharper(chosen: TimeMention, others: Sequence[TimeMention]) -> TimeMention:
    """The one that gives the minute of the same day (明天检查组来，8点半到岗), if one does."""
    if chosen.grain == "minute" or chosen.at is None:
        return chosen
    exact = [m for m in others if m.grain == "minute" and m.at and m.at.date() == chosen.at.date()]
    return exact[0] if exact else chosen


def choose_due(
    mentions: Sequence[TimeMention], *, start: int, end: int, sent_at: datetime | None
) -> Due:
    """The one deadline of text[start:end] among the mentions that begin there.

    A deadline beats an event's start, that a rhythm's first due. Of several deadlines the last
    counts: work that goes up by steps is due where it leaves, and what is put off is due then.
    Of several events the meeting counts before the arrival, then the first named.
    """
    sent = _safe(sent_at)
    inside = [mention for mention in mentions if start <= mention.start < end]
    rhythms = [m for m in inside if m.role is TimeRole.RECURRENCE]
    sure = [m for m in rhythms if m.recurrence is not Recurrence.OTHER] or rhythms
    recurrence = (sure[0].recurrence if sure else None) or Recurrence.ONCE
    for role in _PRECEDENCE:
        dated = [m for m in inside if m.role is role and m.at is not None]
        if not dated:
            continue
        if role is TimeRole.DEADLINE:
            chosen = _sharper(max(dated, key=lambda m: m.at or datetime.min), dated)  # noqa: DTZ901
        elif role is TimeRole.EVENT:
            ahead = [m for m in dated if sent is None or (m.at and m.at >= sent)] or dated
            chosen = _sharper(min(ahead, key=lambda m: m.rule.endswith("event.arrive")), ahead)
        else:
            chosen = _sharper(min(dated, key=lambda m: (m not in sure, m.at, m.start)), dated)
        used = (chosen, *(m for m in sure[:1] if m is not chosen))
        return Due(at=chosen.at, recurrence=recurrence, mentions=used)
    vague = tuple(m for m in inside if m.role is TimeRole.DEADLINE)[:1]
    return Due(at=None, recurrence=recurrence, mentions=(*vague, *sure[:1]))
