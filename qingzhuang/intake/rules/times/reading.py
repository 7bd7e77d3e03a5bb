"""The times of a text: each with its role, and the moment in the light of its neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from qingzhuang.intake.rules.times.anchors import Sending, in_china_or_none
from qingzhuang.intake.rules.times.grammar import Expression, parse
from qingzhuang.intake.rules.times.lexer import fold, tokenise
from qingzhuang.intake.rules.times.model import CERTAIN, TimeMention, TimeRole
from qingzhuang.intake.rules.times.moments import on
from qingzhuang.intake.rules.times.resolve import VAGUE, Moment, first_due, resolve
from qingzhuang.intake.rules.times.rhythm import recurrence_of
from qingzhuang.intake.rules.times.roles import SPAN, RoleRule, Surroundings, decide
from qingzhuang.intake.types import Recurrence
from qingzhuang.org.types import WorkCalendar

_BORDER = re.compile(r"[。;!?！？\n]")
_NO_MOMENT = Moment(at=None, grain=VAGUE)
_LISTED = re.compile(r"[、和及与 ]+")
_LIST_LENGTH = 12  # 周一、周二、…: longer lists are looked at in parts
_MONTHLY = "each.days_of_month"
_PAUSE = re.compile(r"[,、:]")
_BY_EVENT = "day.by_event"
_LOOSE = (TimeRole.OTHER, TimeRole.EVENT)
_FIRSTS = ("effective.first", "effective.first_after")
_STARTS = ("effective.starts", "effective.from", *_FIRSTS)
_FIRST_DUE = ("deadline.first", "deadline.first_round")
_SPANS = (
    "event.verb",
    "event.label",
    "event.stands_by",
    "other.no_cue",
    "event.loose_span",
    "other.service",
    "deadline.period",
    "deadline.long_period",
    "deadline.campaign",
)
_FORMER = ("other.changed", "other.changes_to", "other.was_planned")
_CHANGED = ("event.changed", "deadline.changed", "deadline.changed_verb")
_NO_DAYS = ("other.title", "other.signature", "other.dated", "reference.figures")
_HANDED_IN = re.compile(r"^[^,。;]{0,8}?(?:报|交|送|填|调度|统计|更新|上传|汇总)")


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
    sending = Sending(moment=in_china_or_none(sent_at), calendar=calendar)
    told = _Told()
    read: list[_Read] = []
    floor = 0
    for index, plain in enumerate(expressions):
        told.pass_border(folded, floor, plain.start)
        expression = _continued(plain, told.rhythm)
        ceiling = _next_start(folded, expressions, index)
        found = Surroundings(folded, expression, floor=floor, ceiling=ceiling)
        here = replace(sending, event=told.event) if expression.rule == _BY_EVENT else sending
        at = _NO_MOMENT
        if not expression.rule.startswith(("each.", "rhythm.")):
            at = resolve(expression, here, as_start=False)
            if expression.until is not None and expression.rule.startswith("day."):
                found.length = _length(expression, here, at)
        rule = decide(found, at=at.at, sent=sending.moment)
        at = _resolve_for(rule, found, here, at, told=told, floor=floor)
        told.learn(folded, plain, expression, rule, at, sending)
        read.append(_Read(found, rule, at, told.paragraph, rule.weight))
        floor = expression.end
    _apply_starts(read, sending)
    _look_ahead(read, sending)
    return tuple(one.mention(text) for one in read)


@dataclass(slots=True)
class _Read:
    """One expression as it is read so far, and the number of its paragraph."""

    found: Surroundings
    rule: RoleRule
    at: Moment
    paragraph: int
    weight: int

    def mention(self, text: str) -> TimeMention:
        expression, rule = self.found.expression, self.rule
        return TimeMention(
            start=expression.start,
            end=expression.end,
            text=text[expression.start : expression.end],
            role=rule.role,
            at=self.at.at,
            grain=self.at.grain,
            recurrence=_recurrence(rule, expression, self.found),
            rule=f"{expression.rule}/{rule.id}",
            weight=self.weight,
        )


def _length(expression: Expression, sending: Sending, end: Moment) -> timedelta:
    start = resolve(expression, sending, as_start=True)
    return end.at - start.at if end.at and start.at else timedelta(0)


def _apply_starts(read: Sequence[_Read], sending: Sending) -> None:
    """Let a rhythm begin where the text says so behind it: 每周三…, 11月11日开始; 首次6月10日.

    A range of days in the paragraph of a rhythm is when the rhythm holds.
    """
    rhythms = [one for one in read if one.rule.role is TimeRole.RECURRENCE]
    rhythms = [one for one in rhythms if one.rule.id != "recurrence.word"]
    if not rhythms or sending.moment is None:
        return
    places = {rhythm.paragraph for rhythm in rhythms}
    begins: dict[int, date] = {}  # the first of each paragraph
    firsts: dict[int, date] = {}
    weekdays: set[int] = set()  # where the begin is a weekday
    for one in read:
        span = one.found.expression.until is not None and one.rule.id in _SPANS
        if one.at.at is None or not (one.rule.id in _STARTS or (span and one.paragraph in places)):
            continue
        day = one.at.first
        if span:
            day = resolve(one.found.expression, sending, as_start=True).first
            one.rule, one.at = SPAN, replace(one.at, first=day)
        if day is not None:
            kept = firsts if one.rule.id in _FIRSTS else begins
            kept.setdefault(one.paragraph, day)
            if kept is begins and one.found.expression.rule == "day.weekday":
                weekdays.add(one.paragraph)
    for one in read:
        if one.rule.id in _FIRST_DUE and one.at.at:
            for rhythm in rhythms:
                rhythm.at, rhythm.weight = one.at, CERTAIN
            return
    for rhythm in rhythms:
        if rhythm.paragraph in begins:
            day, named = begins[rhythm.paragraph], rhythm.paragraph in weekdays
            _start(rhythm, day, sending, exact=False, named=named)
        if firsts:
            first = firsts.get(rhythm.paragraph, next(iter(firsts.values())))
            _start(rhythm, first, sending, exact=True)


def _start(
    rhythm: _Read, first: date, sending: Sending, *, exact: bool, named: bool = False
) -> None:
    """Let a rhythm be due from `first` on, or (`exact`) on that very day for the first time."""
    expression = rhythm.found.expression
    due = first_due(expression, sending, since=first)
    period = expression.rule == "each.period" and recurrence_of(expression.anchor)
    # weekly without a day, from a Friday on: every Friday
    exact = exact or (period is Recurrence.WEEKLY and first.weekday() > 1 and named)
    if exact:
        if due.at is None or due.at.date() != first:
            due = Moment(at=on(first, None), grain="day")
        rhythm.at, rhythm.weight = due, CERTAIN
    elif due.at and rhythm.at.at and due.at > rhythm.at.at:
        rhythm.at = due


def _look_ahead(read: Sequence[_Read], sending: Sending) -> None:
    """会前一天 before the meeting has been told of."""
    event: date | None = None
    for one in reversed(read):
        if one.rule.role is TimeRole.EVENT and one.at.first:
            event = one.at.first
        waits = one.found.expression.rule == _BY_EVENT and one.at.at is None
        if waits and event and one.rule.role is TimeRole.DEADLINE:
            told = replace(sending, event=event)
            one.at = resolve(one.found.expression, told, as_start=False)


@dataclass(slots=True)
class _Told:
    """What the times read so far leave to the next ones, in a sentence and in a paragraph."""

    day: date | None = None  # of the event that a bare clock time continues
    loose: date | None = None  # just named, without a clock
    former: date | None = None  # of what is put off or brought forward
    earlier: date | None = None  # an event's day without a clock, in the sentence before
    since: date | None = None  # from when a rhythm holds; in the paragraph
    event: date | None = None  # the last future day told; in the text
    rhythm: Expression | None = None  # that bare clock times belong to
    paragraph: int = 0

    def pass_border(self, text: str, start: int, end: int) -> None:
        """Forget at the end of a sentence, and more at that of a line."""
        if not _BORDER.search(text, start, end):
            return
        self.earlier = self.day if self.loose == self.day else None
        self.day = self.loose = self.former = self.rhythm = None
        lines = text.count("\n", start, end)
        if lines:
            self.since = None
            self.paragraph += lines

    def learn(
        self,
        folded: str,
        plain: Expression,
        read: Expression,
        rule: RoleRule,
        at: Moment,
        sending: Sending,
    ) -> None:
        """Take in one expression; `plain` as it stood, `read` as it was continued."""
        if plain.rule.startswith("each."):
            self.rhythm = plain
        elif read is plain and plain.rule not in ("clock", _BY_EVENT):
            self.rhythm = None
        dated = at.grain == "day" and read.rule.startswith("day.") and read.rule != _BY_EVENT
        if dated and rule.id not in _NO_DAYS and rule.role is not TimeRole.PAST:
            listed = self.loose is not None and folded[plain.start - 1 : plain.start] == "、"
            self.loose = self.loose if listed else at.first  # of a list the first
        elif plain.rule != "clock" and rule.role is not TimeRole.PAST:
            self.loose = None
        if read.until is not None and rule.role in _LOOSE:  # 29日至31日每天
            self.since = resolve(read, sending, as_start=True).first
        if rule.id in _FORMER:
            self.former = at.first
        if rule.role is TimeRole.EVENT:
            self.day = at.first if at.grain in ("minute", "day") else None
        elif rule.role is TimeRole.EFFECTIVE and at.at is not None:
            self.since = at.first
        today = sending.today
        ahead = at.first is not None and today is not None and at.first >= today
        if ahead and read.rule.startswith("day.") and rule.role in (*_LOOSE, TimeRole.DEADLINE):
            self.event = at.first if rule.role is not TimeRole.DEADLINE else self.event


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
    weekly = rhythm.rule == "each.period" and rhythm.anchor[0].value[0] is Recurrence.WEEKLY
    if expression.rule == "day.weekday" and weekly and expression.anchor[0].value[0] is None:
        return replace(
            expression, rule="each.days_of_week", anchor=(*rhythm.anchor, *expression.anchor)
        )
    return expression


def _resolve_for(
    rule: RoleRule,
    found: Surroundings,
    sending: Sending,
    plain: Moment,
    *,
    told: _Told,
    floor: int,
) -> Moment:
    """The moment in the light of the role: an event's start, the past behind, a rhythm's first."""
    expression = found.expression
    if rule.role is TimeRole.RECURRENCE:
        return first_due(expression, sending, since=told.since)
    if rule.id.startswith("deadline.after_event"):
        return _NO_MOMENT
    if rule.role is TimeRole.PAST:
        return resolve(expression, replace(sending, back=True), as_start=False)
    day = _day_of_clock(rule, found, sending, plain, told=told, floor=floor)
    if rule.role is TimeRole.EVENT:
        return resolve(expression, sending, as_start=True, day=day)
    return resolve(expression, sending, as_start=False, day=day) if day else plain


def _day_of_clock(
    rule: RoleRule,
    found: Surroundings,
    sending: Sending,
    plain: Moment,
    *,
    told: _Told,
    floor: int,
) -> date | None:
    """The day that a bare clock time takes over from the words before, None for its own."""
    expression = found.expression
    if expression.rule != "clock" or any(token.kind == "g" for token in expression.clock):
        return None
    if rule.id in _CHANGED and told.former:
        return told.former
    if not _PAUSE.search(found.text, floor, expression.start):
        return told.loose or told.day  # 明天市领导10点到社区
    if rule.role is TimeRole.DEADLINE and found.verb == "d":
        # 明天检查，5点前报名单 is today's five, as long as that is still to come in office hours
        end = sending.calendar.office_hours[-1][1]
        today = plain.at and sending.moment and plain.at.date() == sending.moment.date()
        if today and plain.at and plain.at.time() <= end:
            return None
        return told.day or told.loose
    return told.day or told.loose or told.earlier


def _recurrence(rule: RoleRule, expression: Expression, found: Surroundings) -> Recurrence | None:
    if rule.role is not TimeRole.RECURRENCE:
        return None
    kind = recurrence_of(expression.anchor)
    if expression.rule == "rhythm.word" and rule.id.startswith("recurrence."):
        # 月报 is a thing's name; only what has to be handed in 按月 comes every month.
        by_period = expression.anchor and found.text[expression.start] in "按逐"
        return kind if by_period and _HANDED_IN.search(found.after) else Recurrence.OTHER
    return kind
