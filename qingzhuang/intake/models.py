"""What came in and what was read from it. Text stands here redacted; originals leave when read."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from qingzhuang.kit.append_only import append_only
from qingzhuang.kit.concurrency import Versioned
from qingzhuang.kit.scoping import ScopedManager

PATH_LENGTH = 200


class SourceKind(models.TextChoices):
    PASTE = "paste", _("粘贴")
    PHONE = "phone", _("电话卡片")
    UPLOAD = "upload", _("交来的文件")
    INBOX = "inbox", _("收件夹")
    MAIL = "mail", _("转发邮件")


class SourceState(models.TextChoices):
    WAITING = "waiting", _("等着读")
    READING = "reading", _("正在读")
    DONE = "done", _("读完了")
    REFUSED = "refused", _("没有收")
    CANCELLED = "cancelled", _("停下了")
    FAILED = "failed", _("没读成")
    REPEATED = "repeated", _("收过了")


class LawfulBasis(models.TextChoices):
    DUTY = "duty", _("履行法定职责所必需（个人信息保护法第十三条第三项）")
    CONSENT = "consent", _("群成员已被告知并同意（第十三条第一项）")
    OWN = "own", _("本单位自己的文件和登记")


class Source(models.Model):
    """One file, paste or card that somebody gave, with the basis on which it may be read."""

    place = models.CharField(max_length=PATH_LENGTH, db_collation="BINARY")
    kind = models.CharField(max_length=10, choices=SourceKind)
    name = models.CharField(max_length=300)
    batch = models.UUIDField(db_index=True)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=SourceState, default=SourceState.WAITING)
    lawful_basis = models.CharField(max_length=10, choices=LawfulBasis)
    retention_days = models.PositiveSmallIntegerField()
    added_by = models.CharField(max_length=60)
    added_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)
    file_id = models.UUIDField(null=True)
    job_id = models.BigIntegerField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_params = models.JSONField(default=dict)
    message_count = models.PositiveIntegerField(default=0)
    new_message_count = models.PositiveIntegerField(default=0)
    ask_count = models.PositiveIntegerField(default=0)
    skip_count = models.PositiveIntegerField(default=0)

    objects: ClassVar[ScopedManager[Source]] = ScopedManager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["place", "added_at"], name="intake_source_place"),
            models.Index(fields=["digest", "place"], name="intake_source_digest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="intake_source_state", condition=Q(state__in=SourceState.values)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Skip(models.Model):
    """A part that could not be read: where, and why."""

    source = models.ForeignKey(Source, models.CASCADE, related_name="skips")
    path = models.CharField(max_length=500)
    locator = models.CharField(max_length=200)
    code = models.CharField(max_length=60)
    params = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "path", "locator", "code"], name="intake_skip_once"
            ),
        ]


class Channel(models.Model):
    """A group, a register, a telephone: where messages of one kind come from, at one place.

    `key` is a digest of the stable id where exports carry one (…@chatroom; of a private chat it is
    a person's account, so it is not kept itself). Other names under which the same group was seen
    stand in ChannelAlias.
    """

    place = models.CharField(max_length=PATH_LENGTH, db_collation="BINARY")
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=120, blank=True)

    objects: ClassVar[ScopedManager[Channel]] = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["place", "kind", "name", "key"], name="intake_channel_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ChannelAlias(models.Model):
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "name"], name="intake_alias_once"),
        ]


class Message(models.Model):
    """Said once, however many exports show it (Sighting). What asks nothing goes on `expires_on`.

    The digests are of what was said before it was masked, so they stand under a key
    (actions/digests.py); Source.digest and Channel.key too.
    """

    place = models.CharField(max_length=PATH_LENGTH, db_collation="BINARY")
    digest = models.CharField(max_length=24)
    shown_digest = models.CharField(max_length=24)
    has_account = models.BooleanField()
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="messages")
    sender = models.CharField(max_length=100, blank=True)
    sent_at = models.DateTimeField(null=True)
    text = models.TextField()
    attachments = models.JSONField(default=list)
    is_ask = models.BooleanField()
    expires_on = models.DateField(null=True)

    objects: ClassVar[ScopedManager[Message]] = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["place", "digest"], name="intake_message_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["place", "shown_digest"], name="intake_message_shown"),
            models.Index(fields=["place", "sent_at"], name="intake_message_sent"),
            models.Index(
                fields=["expires_on"],
                name="intake_message_expiry",
                condition=Q(expires_on__isnull=False),
            ),
        ]


class Sighting(models.Model):
    """The message stands in that source at that place."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="sightings")
    source = models.ForeignKey(Source, models.CASCADE, related_name="sightings")
    path = models.CharField(max_length=500)
    locator = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "message", "path", "locator"], name="intake_sighting_once"
            ),
        ]


class ChannelDay(models.Model):
    """What is left of messages that asked nothing: how many there were. Nobody is named."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="days")
    day = models.DateField()
    message_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "day"], name="intake_channel_day_once"),
        ]


class Ask(Versioned):
    """What a message wants, as it stands now: the reading, with the corrections of people on top.

    `fold` is the same for asks that a person would call copies of one another on one day's page.
    `words` is what search and filters look in: the text's words and marks for place, issuer,
    kinds, flags and channel (rules/index.py).
    """

    place = models.CharField(max_length=PATH_LENGTH, db_collation="BINARY")
    message = models.ForeignKey(Message, models.CASCADE, related_name="asks")
    ordinal = models.PositiveSmallIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    reader_version = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField(null=True)
    issuer = models.CharField(max_length=60, blank=True)
    audience = models.JSONField(default=list)
    summary = models.CharField(max_length=200)
    deliverables = models.JSONField(default=list)
    forms = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True)
    lead_working_hours = models.FloatField(null=True)
    recurrence = models.CharField(max_length=10)
    flags = models.JSONField(default=list)
    phrases = models.JSONField(default=list)
    fold = models.CharField(max_length=24)
    words = models.TextField()
    is_withdrawn = models.BooleanField(default=False)

    objects: ClassVar[ScopedManager[Ask]] = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "ordinal"], name="intake_ask_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["place", "due_at"], name="intake_ask_due"),
            models.Index(
                fields=["place", "sent_at"],
                name="intake_ask_sent",
                condition=Q(is_withdrawn=False),
            ),
            # With the place in it, a walk from the newest needs no row of another's.
            models.Index(
                fields=["-sent_at", "-id", "place"],
                name="intake_ask_newest",
                condition=Q(is_withdrawn=False),
            ),
            models.Index(fields=["fold", "place"], name="intake_ask_fold"),
            models.Index(fields=["reader_version"], name="intake_ask_reader"),
        ]

    def __str__(self) -> str:
        return self.summary


class IssuerSeen(models.Model):
    """A name under which somebody asked something of a place: the choices of a filter."""

    place = models.CharField(max_length=PATH_LENGTH, db_collation="BINARY")
    name = models.CharField(max_length=60)

    objects: ClassVar[ScopedManager[IssuerSeen]] = ScopedManager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["place", "name"], name="intake_issuer_once"),
        ]

    def __str__(self) -> str:
        return self.name


class CollectingTrouble(models.Model):
    """Why the mailbox could not be emptied the last time; no row when it could."""

    name = models.CharField(max_length=20, unique=True)
    code = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


@append_only()
class AskCorrection(models.Model):
    """A person changed what the program read: what it said, what it says now, and who."""

    ask = models.ForeignKey(Ask, models.PROTECT, related_name="corrections")
    field = models.CharField(max_length=20)
    was = models.JSONField(null=True)
    now = models.JSONField(null=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()


class AskMove(models.TextChoices):
    OPEN = "open", _("待办")
    DONE = "done", _("已办")
    NOT_OURS = "not_ours", _("不归我")
    HANDED_ON = "handed_on", _("转同事")


@append_only()
class AskState(models.Model):
    """What one unit says of an ask; its last word counts."""

    ask = models.ForeignKey(Ask, models.PROTECT, related_name="states")
    place = models.CharField(max_length=PATH_LENGTH, db_collation="BINARY")
    state = models.CharField(max_length=10, choices=AskMove)
    colleague = models.CharField(max_length=50, blank=True)
    by = models.CharField(max_length=60)
    at = models.DateTimeField()

    objects: ClassVar[ScopedManager[AskState]] = ScopedManager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["ask", "place", "id"], name="intake_state_last")]
