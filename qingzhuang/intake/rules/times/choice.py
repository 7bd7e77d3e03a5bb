"""The one deadline of a part of a message, chosen among its times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qingzhuang.intake.rules.times.anchors import in_china_or_none
from qingzhuang.intake.rules.times.model import CERTAIN, Due, TimeMention, TimeRole
from qingzhuang.intake.types import Recurrence

_SURE_EVENT = 4.5
_UNTIL = ("/deadline.until", "/deadline.until_rhythm", "/deadline.up_to", "/deadline.lasting")


def _sharper(chosen: TimeMention, others: Sequence[TimeMention]) -> TimeMention:
    """The one that gives the minute of the same day (明天检查组来，8点半到岗), if one does."""
    if chosen.grain == "minute" or chosen.at is None:
        return chosen
    exact = [m for m in others if m.grain == "minute" and m.at and m.at.date() == chosen.at.date()]
    return exact[0] if exact else chosen


def _same_day(one: TimeMention, other: TimeMention) -> bool:
    return bool(one.at and other.at and one.at.date() == other.at.date())


def _rank(mention: TimeMention, *, rhythm: bool) -> float:
    """How the kinds of times stand to each other; 0: never the time to keep to."""
    exact = mention.grain == "minute"
    if rhythm and mention.rule.endswith(_UNTIL):  # how long it goes on, not when it is due
        return 2
    match mention.role:
        case TimeRole.DEADLINE if mention.weight >= 2:
            return 6 if mention.weight >= 3 else 5 if exact else 4
        case TimeRole.DEADLINE:
            return 2
        case TimeRole.EVENT if mention.weight >= 3:
            return _SURE_EVENT if exact else 3
        case TimeRole.EVENT:
            return 3.5 if mention.weight == 2 else 1.2
        case TimeRole.RECURRENCE:
            special = exact or not mention.rule.startswith("each.period/")
            if mention.weight > 3:
                return 6.5 if special or mention.weight == CERTAIN else 5.5
            return 2.5 if mention.weight > 1 else 0
        case TimeRole.OTHER if mention.weight == 0:
            return 1.5 if exact else 1
    return 0.5 if mention.rule.endswith("/effective.starts") else 0


def _special(chosen: TimeMention, rhythms: Sequence[TimeMention]) -> TimeMention:
    """Of 改为每月报送，每月5日前…: the rhythm that names the day."""
    if chosen.grain == "minute" or not chosen.rule.startswith("each.period/"):
        return chosen
    alike = [m for m in rhythms if m.recurrence is chosen.recurrence and m.at]
    named = [m for m in alike if m.grain == "minute" or not m.rule.startswith("each.period/")]
    return min(named, key=lambda m: m.at or datetime.max) if named else chosen  # noqa: DTZ901


def choose_due(
    mentions: Sequence[TimeMention], *, start: int, end: int, sent_at: datetime | None
) -> Due:
    """The one deadline of text[start:end] among the mentions that begin there.

    A deadline beats an event's start, that a rhythm's first due. Of several deadlines the last
    counts: work that goes up by steps is due where it leaves, and what is put off is due then.
    Of several events the meeting counts before the arrival, then the first named.
    """
    sent = in_china_or_none(sent_at)
    inside = [mention for mention in mentions if start <= mention.start < end]
    rhythms = [m for m in inside if m.role is TimeRole.RECURRENCE]
    sure = [m for m in rhythms if m.recurrence is not Recurrence.OTHER] or [
        m for m in rhythms if m.weight > 1
    ]
    sure.sort(key=lambda m: -m.weight)
    recurrence = (sure[0].recurrence if sure else None) or Recurrence.ONCE
    dated = [(_rank(m, rhythm=bool(sure)), m) for m in inside if m.at is not None]
    best = max((rank for rank, _ in dated), default=0)
    if best <= 0:
        vague = tuple(m for m in inside if m.role is TimeRole.DEADLINE)[:1]
        return Due(at=None, recurrence=recurrence, mentions=(*vague, *sure[:1]))
    of_best = [m for rank, m in dated if rank == best]
    ahead = [m for m in of_best if sent is None or (m.at and m.at >= sent)] or of_best
    role = of_best[0].role
    if role is TimeRole.EVENT:
        if best == _SURE_EVENT:
            ahead = [
                m
                for m in inside
                if m.role is role
                and m.grain == "minute"
                and m.at
                and (sent is None or m.at >= sent)
            ] or ahead
        chosen = min(ahead, key=lambda m: m.rule.endswith("event.arrive"))
    elif role is TimeRole.RECURRENCE:
        chosen = min(ahead, key=lambda m: (m not in sure, m.at, m.start))
        if not chosen.text.endswith("前"):  # 7:30到岗, 9点前发群: what is handed in counts
            bound = [m for m in ahead if m.text.endswith("前") and _same_day(m, chosen)]
            chosen = bound[0] if bound else chosen
        if chosen.weight == 4:
            chosen = _special(chosen, sure)
    else:
        chosen = max(of_best, key=lambda m: m.at or datetime.min)  # noqa: DTZ901
    chosen = _sharper(chosen, [m for rank, m in dated if rank > 0])
    used = (chosen, *(m for m in sure[:1] if m is not chosen))
    return Due(at=chosen.at, recurrence=recurrence, mentions=used)
