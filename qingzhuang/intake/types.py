"""What came in, and what is asked in it: the values every shelf of this room speaks in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import BinaryIO, Protocol

from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.ids import digest
from qingzhuang.kit.pure.text import normalise


class ChannelKind(StrEnum):
    CHAT = "chat"
    DOCUMENT = "document"
    PHONE = "phone"
    SHEET = "sheet"


class Deliverable(StrEnum):
    FORM = "form"
    REPORT = "report"
    PHOTO = "photo"
    MEETING = "meeting"
    INSPECTION = "inspection"
    VISIT = "visit"
    PROMOTE = "promote"
    MOBILISE = "mobilise"
    CONFIRM = "confirm"
    ACT = "act"
    JOIN_GROUP = "join_group"


class Recurrence(StrEnum):
    ONCE = "once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"
    OTHER = "other"


class Flag(StrEnum):
    SHORT_NOTICE = "short_notice"
    OFF_HOURS = "off_hours"
    LIFE_SAFETY = "life_safety"
    FORCED_APP = "forced_app"
    FORCED_FORWARD = "forced_forward"
    PHOTO_TRACE = "photo_trace"
    RELAY_REPLY = "relay_reply"
    QUOTA = "quota"
    ZERO_REPORT = "zero_report"
    TEMPLATE_CHANGE = "template_change"
    DOUBLE_REPORT = "double_report"
    FREQUENCY_UP = "frequency_up"
    RANKING = "ranking"
    PRINCIPAL_REQUIRED = "principal_required"
    NEW_GROUP = "new_group"
    NUMBER_NOW = "number_now"


# Groups and people say many things each: their names are normalised once.
_name = lru_cache(maxsize=8192)(normalise)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One thing that somebody said, wrote or rang, as it stood in the file.

    `sender` is the shown name without titles; `account` the stable key behind it where the
    file has one (QQ number, wxid), and `channel_key` the group's (…@chatroom). Neither leaves
    the program: they only make the id. `text` is unredacted here; storing redacts first.
    """

    path: str
    locator: str
    channel: ChannelKind
    group: str | None = None
    sender: str | None = None
    sent_at: datetime | None = None
    text: str
    attachments: tuple[str, ...] = ()
    account: str | None = None
    channel_key: str | None = None
    id: str = field(init=False)
    shown_id: str = field(init=False)

    def __post_init__(self) -> None:
        minute = ""
        if (sent_at := self.sent_at) is not None:
            sent_at = in_china(sent_at)
            object.__setattr__(self, "sent_at", sent_at)
            minute = sent_at.isoformat()[:16]
        said = normalise(self.text) or " ".join(self.attachments)
        group, sender = _name(self.group or ""), _name(self.sender or "")
        own = digest(self.channel, group, minute, sender, said)
        object.__setattr__(self, "shown_id", own)
        if self.account is not None or self.channel_key is not None:
            group = _name(self.channel_key) if self.channel_key else group
            sender = _name(self.account) if self.account else sender
            own = digest(self.channel, group, minute, sender, said)
        object.__setattr__(self, "id", own)

    def received_at(self, moment: datetime) -> Message:
        """A paste without a head, taken as sent when it was given; its id stays as it is."""
        copy = replace(self, sent_at=moment)
        object.__setattr__(copy, "id", self.id)
        object.__setattr__(copy, "shown_id", self.shown_id)
        return copy

    def redacted(self, redact: Callable[[str], str]) -> Message:
        """As it may be stored: every text run through `redact`, the ids those of what was said."""
        copy = replace(
            self,
            text=redact(self.text),
            sender=redact(self.sender) if self.sender else self.sender,
            group=redact(self.group) if self.group else self.group,
            attachments=tuple(redact(name) for name in self.attachments),
        )
        object.__setattr__(copy, "id", self.id)
        object.__setattr__(copy, "shown_id", self.shown_id)
        return copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip:
    """A part of a file that could not be read, and why: a code of intake/errors.toml."""

    path: str
    locator: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


class Blob(Protocol):
    """Something that can be read from its start more than once: a file, or a member of an archive.

    `path` is what a person is shown: "导出/群.zip!/3月.txt".
    """

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    def open(self) -> BinaryIO: ...


class Reader(Protocol):
    """One file format. Modules list theirs in READERS, found through the entry-point group
    `qingzhuang.intake.readers`; heavy libraries are imported inside `read`.
    """

    name: str

    def rate(self, blob: Blob, head: bytes) -> int:
        """How surely this reader knows the file: 0 no, 1 by its name, 2 by its look, 3 by a mark.

        `head` is the first 64 KiB. Must not raise.
        """
        ...

    def read(self, blob: Blob) -> Iterator[Message | Skip | Blob]:
        """What is in it, in the file's order, as a stream; memory does not grow with the file.

        A container (archive, mail) yields the files inside it, to be read in their turn.
        What cannot be read comes as Skip with its place. Raises UserError only when nothing
        at all can be read.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words of the message that made a reading so: text[start:end], and what for."""

    start: int
    end: int
    text: str
    reason: str  # "deadline", "issuer", "form", a Deliverable, a Flag, …


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What one message wants of somebody. Spans count characters of the message's text."""

    id: str
    message: str
    text: str
    start: int
    end: int
    issuer: str | None
    audience: tuple[str, ...]
    summary: str
    deliverables: tuple[Deliverable, ...]
    forms: tuple[str, ...]
    due_at: datetime | None
    lead_working_hours: float | None
    recurrence: Recurrence
    flags: tuple[Flag, ...]
    phrases: tuple[Phrase, ...]

    @property
    def because(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(p.text for p in self.phrases))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """Told when a source has been read, whole or as far as it goes."""

    source: int
    place: str


# A chat's name for its own state classes: "[图片]", "[文件]名单.xlsx".
PLACEHOLDER = re.compile(
    r"\[(?:图片|表情|动画表情|语音|视频|文件|红包|转发|链接|位置|名片|合并转发|小程序|聊天记录)\]"
)
