"""Ways of saying a round: as a document, in a group, passed on, as a reminder, on the phone."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from random import Random

from qingzhuang.demo.deadlines import event_phrase, phrase, vaguely
from qingzhuang.demo.source import load
from qingzhuang.demo.types import Due, Matter, Round
from qingzhuang.demo.world import World, desk_of, short_community

_END = re.compile(r"[。!！~,，]+$")


class Wording:
    """Puts a round into words. Every draw comes from the run's own source of chance."""

    def __init__(self, rng: Random, world: World) -> None:
        self._rng, self._world, self._phrases = rng, world, load("phrases")
        self._relay = float(load("rhythm")["share"]["relay_reply"])
        self._typo = float(load("rhythm")["share"]["typo"])

    # -- in a group --------------------------------------------------------------------------
    def first(self, made: Round, said: datetime) -> tuple[str, tuple[str, ...]]:
        """The first notice in a group and the flags that its closing words add."""
        forwarded = made.street is not None and made.department is not None
        opening = self._opening(made, "forward" if forwarded else None)
        body = self.body(made, said, due=made.due, level="street" if made.street else "district")
        return self._close(made, opening + self._call(made, body) + body)

    def passed_on(
        self, made: Round, said: datetime, street: str, due: Due | None
    ) -> tuple[str, tuple[str, ...]]:
        """A street desk hands a department's notice on to its communities."""
        body = self.body(made, said, due=due, level="street", street=street)
        return self._close(made, self._opening(made, "forward") + body)

    def pointer(self, made: Round, said: datetime) -> tuple[str, tuple[str, ...]]:
        """The department's clerk repeats in the group what has gone out by OA."""
        body = self.body(made, said, due=made.due, level="district")
        opening = self._rng.choice(self._phrases["open"]["oa_pointer"])
        head = opening.format(title=self.title(made), short=made.issuer.removeprefix("区"))
        return self._close(made, head + body)

    def grid(self, made: Round, said: datetime, community: str) -> tuple[str, tuple[str, ...]]:
        """The community passes it on to its grid workers."""
        opening = self._rng.choice(self._phrases["open"]["grid"])
        body = self._fill(
            made,
            self._rng.choice(self._say(made)),
            said,
            made.due,
            who="大家",
            to="发我",
            place=community,
        )
        return self._close(made, opening + body)

    def reminder(self, made: Round, said: datetime) -> tuple[str, tuple[str, ...]]:
        kind = "event" if made.due and made.due.grain == "event" else "due"
        if kind == "due" and (
            not made.due
            or made.matter.kinds[0] in ("visit", "act", "promote", "mobilise", "join_group")
        ):
            kind = "do"
        line = self._rng.choice(self._phrases["remind"][kind])
        street = made.street or load("rhythm")["pilot"]
        names = (
            self._world.communities_of(street)
            if made.street
            else [u.name for u in self._world.streets]
        )
        among = [n for n in made.targets if n in names] or list(names)
        a, b = (
            (self._rng.sample(list(among), 2) * 2)[:2] if len(among) > 1 else (among[0], among[0])
        )
        if a == b:
            line = line.replace("{a}、{b}", "{a}").replace("@{a} @{b}", "@{a}")
        text = line.replace("{a}", short_community(a)).replace("{b}", short_community(b))
        level = "street" if made.street else "district"
        return self._close(made, self._fill(made, text, said, made.due, level=level))

    def correction(
        self, made: Round, said: datetime, due: Due | None
    ) -> tuple[str, tuple[str, ...]]:
        """The table or the time is changed after the notice went out."""
        lines = self._phrases["correct"]
        flags: tuple[str, ...] = ()
        if due and due.grain == "event":
            kind = "event"
        elif made.matter.kinds[0] == "form" and due:
            kind, flags = "template", ("template_change",)
        else:
            kind = "due"
        line = self._rng.choice(lines[kind]).replace("{column}", self._rng.choice(lines["columns"]))
        level = "street" if made.street else "district"
        text, more = self._close(made, self._fill(made, line, said, due, level=level))
        return text, (*flags, *more)

    # -- by phone, on paper --------------------------------------------------------------------
    def phone(self, made: Round, said: datetime) -> str:
        """What the person on duty notes down of a call."""
        lines = made.matter.phone or made.matter.say
        who = "街道" if made.bucket == "phone_street" else "你们"
        text = self._fill(
            made,
            self._rng.choice(lines),
            said,
            made.due,
            who=who,
            to="报给他" if who == "街道" else "发我",
        )
        return _END.sub("", text)

    def phone_chase(self, made: Round, said: datetime) -> str:
        text = self._rng.choice(self._phrases["remind"]["phone"])
        return self._fill(made, text, said, made.due, to="发过来")

    def title(self, made: Round) -> str:
        """The title of its document; for matters of groups one is made."""
        text = made.matter.title or f"关于做好{made.name}工作的通知"
        return text.replace("{period}", self._period(made.matter, made.sent_at.date()))

    def formal(self, made: Round) -> str:
        """The paragraph of a document that asks."""
        line = made.matter.say[0]
        who = self._rng.choice(self._phrases["who"]["district_formal"])
        to = f"报送{self._desk_formal(made)}"
        return (
            _END.sub(
                "", self._fill(made, line, made.sent_at, made.due, who=who, to=to, formal=True)
            )
            + "。"
        )

    # -- parts -------------------------------------------------------------------------------
    def body(
        self, made: Round, said: datetime, *, due: Due | None, level: str, street: str = ""
    ) -> str:
        return self._fill(
            made, self._rng.choice(self._say(made)), said, due, level=level, street=street
        )

    def _say(self, made: Round) -> tuple[str, ...]:
        return made.matter.say

    def _fill(
        self, made: Round, line: str, said: datetime, due: Due | None, *,
        who: str = "", to: str = "", level: str = "street", street: str = "", place: str = "", formal: bool = False,
    ) -> str:  # fmt: skip
        rng, street = self._rng, street or made.street or ""
        event = (
            event_phrase(rng, due.at, said, formal=formal) if due and due.grain == "event" else ""
        )
        when = (
            phrase(rng, due, said, formal=formal)
            if not made.emergency
            else vaguely(rng, urgent=True)
        )
        if due and due.grain == "event":
            when = event + "前"
        targets = (
            "、".join(short_community(t) for t in made.targets[:3]) if made.street else "各单位"
        )
        values = {
            "who": who or self._who(made, level, street),
            "due": when,
            "event": event or "近期",
            "period": self._period(made.matter, said.date()),
            "name": made.name,
            "to": to or self._to(made, level, street),
            "place": made.place or "辖区内",
            "comm": place or targets,
            "n": str(rng.randrange(2, 36)),
        }
        for slot, value in values.items():
            line = line.replace("{" + slot + "}", value)
        return self._mistype(line)

    def _who(self, made: Round, level: str, street: str) -> str:
        who = self._phrases["who"]
        if level == "district":
            return str(self._rng.choice(who["district"]))
        if made.bucket.endswith("some") and made.street:
            kind = "one" if len(made.targets) == 1 else "some"
            words = str(self._rng.choice(who[kind]))
            return words if street.endswith("街道") else words.replace("社区", "村")
        return str(self._rng.choice(who["street" if street.endswith("街道") else "town"]))

    def _to(self, made: Round, level: str, street: str) -> str:
        line = self._rng.choice(self._phrases["to"][level])
        desk = desk_of(street, self._world.line_desk(made.line))
        surname = self._rng.choice("王李张刘陈周")
        return str(line.format(desk=desk, desk_formal=self._desk_formal(made), surname=surname))

    def _desk_formal(self, made: Round) -> str:
        short = made.department or made.issuer
        return short if short.startswith(("区", "街道", "镇")) else f"区{short}"

    def _period(self, matter: Matter, day: date) -> str:
        month = day.month if day.day > 12 else (day.replace(day=1) - timedelta(days=1)).month
        if matter.every == "weekly":
            return "本周"
        if matter.every == "quarterly":
            return f"{'一二三四'[(day.month - 1) // 3]}季度"
        return f"{month}月份" if day.toordinal() % 3 else f"{month}月"

    def _call(self, made: Round, body: str) -> str:
        """ "@兴华 @福安 " where only a few are meant."""
        if not made.bucket.endswith("some") or "{comm}" in made.matter.say[0]:
            return ""
        names = [short_community(t) for t in made.targets]
        if any(name in body for name in names):
            return ""
        if self._rng.random() < 0.6:
            return "".join(f"@{name} " for name in names)
        return "、".join(f"{name}社区" if not name.endswith("村") else name for name in names) + ":"

    def _opening(self, made: Round, kind: str | None) -> str:
        if made.emergency:
            return ""
        rng, opening = self._rng, self._phrases["open"]
        if kind == "forward":
            short = (made.department or made.issuer).removeprefix("区")
            return str(rng.choice(opening["forward"]).format(short=short))
        if rng.random() < 0.12:
            return str(rng.choice(opening["urgent"]))
        if rng.random() < 0.2:
            tag = rng.choice(opening["tag"])
            return str(tag.format(line=made.line, short=made.issuer))
        if made.bucket.endswith("some"):
            return str(rng.choice(("", "", "", "麻烦")))
        return str(rng.choice(opening["plain"]))

    def _close(self, made: Round, text: str) -> tuple[str, tuple[str, ...]]:
        rng, closing = self._rng, self._phrases["close"]
        if made.emergency:
            return text + rng.choice(("!", "!!", "。", "")), ()
        text = _END.sub("", text)
        if rng.random() < self._relay:
            return text + rng.choice(closing["relay"]), ("relay_reply",)
        return text + rng.choice(closing["urgent" if rng.random() < 0.1 else "plain"]), ()

    def _mistype(self, text: str) -> str:
        if self._rng.random() < self._typo:
            for right, wrong in self._phrases["typos"].items():
                if right in text:
                    return text.replace(right, wrong, 1)
        return text
