"""From a message to what it asks: issuer, kinds, forms, deadline, recurrence, flags, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from qingzhuang.intake.rules.features import Seen, is_denied, list_features, look
from qingzhuang.intake.rules.forms import find_forms
from qingzhuang.intake.rules.issuer import Issuer, find_issuer, find_part_issuer, sender_kind
from qingzhuang.intake.rules.model import Judge, load_judges
from qingzhuang.intake.rules.parts import split_parts
from qingzhuang.intake.rules.times import Due, TimeMention, choose_due, read_times
from qingzhuang.intake.types import (
    Ask,
    ChannelKind,
    Deliverable,
    Flag,
    Message,
    Phrase,
    Recurrence,
)
from qingzhuang.kit.pure.text import fold_in_place
from qingzhuang.org.types import WorkCalendar

READER_VERSION = 1
SHORT_NOTICE_HOURS = 8.0
LONGEST_READ = 20_000  # characters; beyond that no notice has its asks
_WORD = re.compile(r"[一-龥A-Za-z0-9]")
_NAMED = re.compile(
    r"@([一-龥]{2,8})|请([一-龥]{2,6}(?:社区|村|街道|镇|乡)(?:、[一-龥]{2,6}(?:社区|村|街道|镇|乡))*)|"
    r"^\s*([一-龥]{2,6}(?:社区|村)(?:、[一-龥]{2,6}(?:社区|村))*)[:：]"
)
_EVERYBODY = re.compile(r"所有人|全体|各|大家")
_LEAD_IN = re.compile(
    r"^(?:[\s,，。:：;；!！、~～]|@\S+|各位[一-龥]{0,4}|各(?:社区|村|单位|网格)[:：]|大家好|"
    r"(?:早上|上午|下午|晚上)好|【[^】]{0,20}】|\[[^\]]{0,6}\]|通知[:：])+"
)


def read_asks(
    message: Message, *, calendar: WorkCalendar, judges: Mapping[str, Judge] | None = None
) -> tuple[Ask, ...]:
    """What the message asks of a unit; empty for announcements, thanks, answers and chat.

    Spans count characters of `message.text`. `judges` are those of data/reader.json unless given
    (the trainer checks others). Never raises.
    """
    text = message.text[:LONGEST_READ]
    if not _WORD.search(text):
        return ()
    folded = fold_in_place(text)
    times = read_times(text, sent_at=message.sent_at, calendar=calendar)
    seen = look(folded, times)
    kind_of_sender = sender_kind(message.sender, message.group)
    features = list_features(
        seen, 0, len(folded), channel=message.channel, sender_kind=kind_of_sender
    )
    judges = judges or load_judges()
    if judges["ask"].weigh(features)["ask"] <= 0:
        return ()
    issuer = find_issuer(
        folded, channel=message.channel, sender=message.sender, group=message.group
    )
    parts = split_parts(seen, judges["cut"])
    asks = []
    for ordinal, (start, end) in enumerate(parts, 1):
        part = seen if len(parts) == 1 else seen.part(start, end)
        here = features
        if len(parts) > 1:
            here = list_features(
                part, start, end, channel=message.channel, sender_kind=kind_of_sender
            )
        own = find_part_issuer(folded[start:end], start) if len(parts) > 1 else None
        asks.append(
            _read_part(
                message,
                part,
                start,
                end,
                ordinal=ordinal,
                features=here,
                issuer=own or issuer,
                calendar=calendar,
                judges=judges,
            )
        )
    return tuple(asks)


def _read_part(
    message: Message,
    seen: Seen,
    start: int,
    end: int,
    *,
    ordinal: int,
    features: set[str],
    issuer: Issuer | None,
    calendar: WorkCalendar,
    judges: Mapping[str, Judge],
) -> Ask:
    kinds = _choose_kinds(judges["kinds"].weigh(features))
    due = choose_due(seen.times, start=start, end=end, sent_at=message.sent_at)
    lead = None
    if message.sent_at and due.at:
        lead = round(calendar.working_hours_between(message.sent_at, due.at), 2)
    flags = [Flag(name) for name, weight in judges["flags"].weigh(features).items() if weight > 0]
    if message.sent_at and calendar.is_off_hours(message.sent_at):
        flags.append(Flag.OFF_HOURS)
    if lead is not None and lead < SHORT_NOTICE_HOURS:
        flags.append(Flag.SHORT_NOTICE)
    forms = [form for form in find_forms(seen.folded[start:end])]
    text = message.text[start:end].strip()
    reasons = {*kinds, *flags}
    phrases = [
        Phrase(start=c.start, end=c.end, text=message.text[c.start : c.end], reason=c.reason)
        for c in seen.cues
        if c.reason in reasons and not is_denied(seen, c)
    ]
    phrases += [
        Phrase(start=t.start, end=t.end, text=t.text, reason="deadline") for t in due.mentions
    ]
    phrases += [
        Phrase(
            start=start + f.start,
            end=start + f.end,
            text=message.text[start + f.start : start + f.end],
            reason="form_name",
        )
        for f in forms
    ]
    if issuer and issuer.start >= 0:
        words = message.text[issuer.start : issuer.end]
        phrases.append(Phrase(start=issuer.start, end=issuer.end, text=words, reason="issuer"))
    return Ask(
        id=f"{message.id}-{ordinal}",
        message=message.id,
        text=text,
        start=start,
        end=end,
        issuer=issuer.name if issuer else None,
        audience=_read_audience(seen.folded[start:end]),
        summary=_summarise(seen, start, end, message.text, due),
        deliverables=kinds,
        forms=tuple(form.name for form in forms) if Deliverable.FORM in kinds else (),
        due_at=due.at,
        lead_working_hours=lead,
        recurrence=due.recurrence,
        flags=tuple(flag for flag in Flag if flag in flags),
        phrases=tuple(sorted(phrases, key=lambda phrase: (phrase.start, -phrase.end))),
    )


def _choose_kinds(weights: dict[str, float]) -> tuple[Deliverable, ...]:
    chosen = {name for name, weight in weights.items() if weight > 0}
    if not chosen:
        chosen = {max(weights, key=lambda name: weights[name])}
    return tuple(kind for kind in Deliverable if kind in chosen)


def _read_audience(folded: str) -> tuple[str, ...]:
    """Units and people named as those who are to do it; empty when it goes to everybody."""
    named: list[str] = []
    for match in _NAMED.finditer(folded):
        for name in re.split(r"、", next(group for group in match.groups() if group)):
            if name and not _EVERYBODY.search(name) and name not in named:
                named.append(name)
    return tuple(named[:40])


def _summarise(seen: Seen, start: int, end: int, text: str, due: Due) -> str:
    """The sentence that says most of what is wanted, at most 80 characters, in its own words."""
    scores: dict[int, int] = {}
    for clause in seen.clauses:
        weight = len(clause.speech & {"order", "handin"}) - len(clause.speech & {"thanks", "info"})
        scores[clause.sentence] = scores.get(clause.sentence, 0) + weight
    for cue in seen.cues:
        if cue.group == "kinds" and not is_denied(seen, cue):
            for clause in seen.clauses:
                if clause.start <= cue.start < clause.end:
                    scores[clause.sentence] = scores.get(clause.sentence, 0) + 2
    if not scores:
        return text[start:end].strip()[:80]
    best = max(scores, key=lambda sentence: (scores[sentence], -sentence))
    chosen = [clause for clause in seen.clauses if clause.sentence == best]
    words = " ".join(text[max(chosen[0].start, start) : min(chosen[-1].end, end)].split())
    words = _LEAD_IN.sub("", words) or words
    return words if len(words) <= 80 else words[:79] + "…"
