"""From a message to what it asks: issuer, kinds, forms, deadline, recurrence, flags, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache

from qingzhuang.intake.rules.features import Seen, is_denied, list_features, look
from qingzhuang.intake.rules.forms import find_forms
from qingzhuang.intake.rules.issuer import Issuer, find_issuer, find_part_issuer, sender_kind
from qingzhuang.intake.rules.model import Judge, load_judges
from qingzhuang.intake.rules.parts import split_parts
from qingzhuang.intake.rules.times import Due, choose_due, read_times
from qingzhuang.intake.types import (
    Ask,
    Deliverable,
    Flag,
    Message,
    Phrase,
)
from qingzhuang.kit.pure.text import fold_in_place
from qingzhuang.org.types import WorkCalendar

READER_VERSION = 1
SHORT_NOTICE_HOURS = 8.0
LONGEST_SUMMARY = 60  # characters
SHORT_SUMMARY = 16
LONGEST_READ = 20_000  # characters; beyond that no notice has its asks
_COMPUTED = frozenset({Flag.SHORT_NOTICE, Flag.OFF_HOURS})
_KINDS = frozenset(Deliverable)
_FILLED = frozenset({Deliverable.FORM, Deliverable.CONFIRM})
_MOST_PHRASES = 3  # for one kind or flag; more do not explain more
# Forty of one kind in a row say nothing, and expressions that meet them take the square of it.
_RUNS = re.compile(
    r"(.)\1{39,}|\d{40,}|[〇零一二两三四五六七八九十百千]{40,}|[^\w\s]{40,}|[A-Za-z]{200,}"
)
# "收到,马上安排", "好的", "OK谢谢": an answer, whatever it promises.
_ANSWER = re.compile(
    r"^\W*(?:收到|好的?|好嘞|明白|知道了?|了解|OK|ok|嗯+|已阅|已读|照办|遵命|没问题)"
    r"(?:[了啦哈啊呢吧的\W]|谢谢|感谢|辛苦了?|(?:我们?)?(?:马上|立即|立刻|尽快|这就|现在就?|抓紧)?"
    r"(?:安排|落实|去办|办理|办|处理|报|填|通知|转发|核实|去看看?|弄))*$"
)
_WORD = re.compile(r"[一-龥A-Za-z0-9]")
_PLACE = r"[一-龥]{2,6}?(?:社区|村|街道|镇|乡)"
_NAMED = re.compile(
    r"@(?P<at>[一-龥]{2,8})|"
    rf"(?:请|由|麻烦|辛苦|通知)(?P<asked>(?:{_PLACE}|[一-龥]{{2,3}})(?:、(?:{_PLACE}|[一-龥]{{2,3}}))*"
    r"(?:等)?(?:[两三四五六七八九十\d]+个)?(?:社区|村|街道|镇|乡))|"
    rf"(?:^|\n)\s*(?P<head>{_PLACE}(?:、{_PLACE})*)[:：]"
)
_COUNTED = re.compile(
    r"(?:等)?(?:[两三四五六七八九十\d]+个)(社区|村|街道|镇|乡)$|(社区|村|街道|镇|乡)$"
)
# "各社区" is a name too: those above and beside are not meant.
_GROUPS = re.compile(
    r"各(?:镇街|街镇|街道|乡镇|镇|乡|社区|村居|村|网格|小区|部门)(?![一-龥]{0,3}(?:群|情况|类))"
)
_EVERYBODY = re.compile(r"所有人|全体|各|大家|有关|相关|本|贵|我|你|他|该|上述|此|全")
_PURPOSE = re.compile(r"\s*(?:为(?!准|主)|根据|按照|截至|近期|近日|据)")
_LEAD_IN = re.compile(
    r"^(?:[\s,，。:：;；!！、~～]|@\S+|各位[一-龥]{0,4}|各(?:社区|村|单位|网格)[:：]|大家好|"
    r"(?:早上|上午|下午|晚上)好|【[^】]{0,20}】|\[[^\]]{0,6}\]|通知[:：]|[①-⑳]|"
    r"\d{1,2}[.、)）](?!\d)|[一二三四五六七八九十]{1,2}、|[(（][一二三四五六七八九十\d]{1,2}[)）])+"
)


def read_asks(
    message: Message, *, calendar: WorkCalendar, judges: Mapping[str, Judge] | None = None
) -> tuple[Ask, ...]:
    """What the message asks of a unit; empty for announcements, thanks, answers and chat.

    Spans count characters of `message.text`. `judges` are those of data/reader.json unless given
    (the trainer checks others). Never raises.
    """
    text = _RUNS.sub(lambda run: run[0][:8].ljust(len(run[0])), message.text[:LONGEST_READ])
    if not _WORD.search(text):
        return ()
    folded = fold_in_place(text)
    if len(folded) < 40 and _ANSWER.match(folded):
        return ()
    times = read_times(text, sent_at=message.sent_at, calendar=calendar)
    seen = look(folded, times)
    kind_of_sender = _sender_kind(message.sender, message.group)
    features = list_features(
        seen, 0, len(folded), channel=message.channel, sender_kind=kind_of_sender
    )
    judges = judges or load_judges()
    if judges["ask"].weigh(features)["ask"] <= 0 and not _is_plain_request(seen):
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


# The same few people say most of what is said.
_sender_kind = lru_cache(maxsize=8192)(sender_kind)
_TAKES_BACK = frozenset({"negated", "done", "question", "info", "others", "resident", "optional"})


def _is_plain_request(seen: Seen) -> bool:
    """ "请各社区报低保表": so plain that no weighing of its few words may overrule it."""
    said = frozenset().union(*(clause.speech for clause in seen.clauses))
    return said.isdisjoint(_TAKES_BACK) and any(
        {"please", "unit"} <= clause.speech for clause in seen.clauses
    )


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
    is_filled = not _FILLED.isdisjoint(kinds)
    forms = [f for f in find_forms(seen.folded[start:end]) if is_filled or f.is_quoted]
    text = message.text[start:end].strip()
    phrases = _explain(message.text, seen, (*kinds, *flags), due, features, judges)
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
        forms=tuple(message.text[start + f.start : start + f.end] for f in forms),
        due_at=due.at,
        lead_working_hours=lead,
        recurrence=due.recurrence,
        flags=tuple(flag for flag in Flag if flag in flags),
        phrases=tuple(sorted(phrases, key=lambda phrase: (phrase.start, -phrase.end))),
    )


def _explain(
    text: str,
    seen: Seen,
    reasons: Sequence[str],
    due: Due,
    features: Set[str],
    judges: Mapping[str, Judge],
) -> list[Phrase]:
    """The words for each kind and flag: its signs, else the clause that spoke for it most.

    That a message came late or leaves little time is said by no word but its deadline.
    """
    phrases: list[Phrase] = []
    for reason in reasons:
        spans = [(c.start, c.end) for c in seen.cues if c.reason == reason]
        live = [
            (c.start, c.end) for c in seen.cues if c.reason == reason and not is_denied(seen, c)
        ]
        if reason in _COMPUTED:
            spans = [(time.start, time.end) for time in due.mentions[:1]]
        elif live:
            spans = _apart(live)
        if not spans:
            judge = judges["kinds" if reason in _KINDS else "flags"]
            spoken = [] if reason in _COMPUTED else judge.explain(features, reason)
            spans = [_strongest_clause(seen, spoken)]
        phrases += [
            Phrase(start=start, end=end, text=text[start:end], reason=str(reason))
            for start, end in spans[:_MOST_PHRASES]
            if start < end
        ]
    return phrases


def _apart(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest of the spans that lie upon each other."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end))
    return kept


def _strongest_clause(seen: Seen, spoken: Sequence[tuple[str, float]]) -> tuple[int, int]:
    """The clause with most of the pairs of characters that spoke for a judgement."""
    if not seen.clauses:
        return 0, 0
    grams = [(feature[2:], weight) for feature, weight in spoken if feature.startswith("g:")]
    best = max(
        seen.clauses,
        key=lambda clause: sum(
            weight for gram, weight in grams if gram in seen.folded[clause.start : clause.end]
        ),
    )
    return best.start, best.end


def _choose_kinds(weights: dict[str, float]) -> tuple[Deliverable, ...]:
    chosen = {name for name, weight in weights.items() if weight > 0}
    if not chosen:
        chosen = {max(weights, key=lambda name: weights[name])}
    return tuple(kind for kind in Deliverable if kind in chosen)


def _read_audience(folded: str) -> tuple[str, ...]:
    """Units, people and kinds of units named as those who are to do it; empty when nobody is."""
    named = list(dict.fromkeys(_GROUPS.findall(folded)))
    for match in _NAMED.finditer(folded):
        words = match["at"] or match["asked"] or match["head"]
        kind = ""
        if match["asked"] and "、" in words and (ending := _COUNTED.search(words)):
            kind = ending[1] or ending[2]  # 北塘、石桥街道: each of them is a 街道
            words = words[: ending.start()]
        for name in words.split("、"):
            full = name if not kind or name.endswith(kind) else name + kind
            if name and not _EVERYBODY.search(name) and full not in named:
                named.append(full)
    return tuple(named[:40])


def _summarise(seen: Seen, start: int, end: int, text: str, due: Due) -> str:
    """The matter and what to hand in, in the message's own words: a line on a day's page."""
    if not seen.clauses:
        return text[start:end].strip()[:LONGEST_SUMMARY]
    dated = {seen.index.at(time.start) for time in due.mentions}
    scores = [0.0] * len(seen.clauses)
    for at, clause in enumerate(seen.clauses):
        scores[at] += 2 * len(clause.speech & {"order", "handin", "tome"}) + 2 * (at in dated)
        scores[at] -= 4 * bool(_PURPOSE.match(seen.folded, clause.start, clause.end))
        scores[at] -= 3 * len(clause.speech & {"thanks", "info", "negated", "done", "self"})
    wanted: list[set[str]] = [set() for _ in seen.clauses]
    for cue in seen.cues:
        at = seen.index.at(cue.start)
        if cue.group == "kinds" and at >= 0 and not is_denied(seen, cue):
            wanted[at].add(cue.reason)
    scores = [score + 2 * len(kinds) for score, kinds in zip(scores, wanted, strict=True)]
    sentences: dict[int, list[int]] = {}
    for at, clause in enumerate(seen.clauses):
        sentences.setdefault(clause.sentence, []).append(at)
    best = max(sentences.values(), key=lambda some: (max(scores[at] for at in some), -some[0]))
    top = max(best, key=lambda at: (scores[at], -at))
    first = last = top
    while True:  # grow around the strongest clause while the line still holds it
        before = first - 1 if first - 1 in best else None
        after = last + 1 if last + 1 in best else None
        options = [at for at in (before, after) if at is not None and scores[at] >= 0]
        options = [
            at
            for at in options
            if seen.clauses[max(at, last)].end - seen.clauses[min(at, first)].start
            <= LONGEST_SUMMARY
        ]
        if not options:
            break
        chosen = max(options, key=lambda at: scores[at])
        first, last = min(first, chosen), max(last, chosen)
    lower, upper = seen.clauses[first].start, seen.clauses[last].end
    words = " ".join(text[max(lower, start) : min(upper, end)].split())
    words = _LEAD_IN.sub("", words).strip(" ,，:：;；、/") or words
    if len(words) < SHORT_SUMMARY and first > 0:  # ②结果填进《记录》: of what, stands before
        above = seen.clauses[first - 1]
        matter = _LEAD_IN.sub("", " ".join(text[above.start : above.end].split()))
        if above.start >= start and len(matter) + len(words) < LONGEST_SUMMARY:
            words = f"{matter}，{words}" if matter else words
    return words if len(words) <= LONGEST_SUMMARY else words[: LONGEST_SUMMARY - 1] + "…"
