"""Forgetting in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from qingzhuang.intake import models
from qingzhuang.kit import clock
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.kit.pure.ids import digest
from qingzhuang.trail.actions import record

UNDO_DAYS = 7
_FORGOTTEN = "到期已删除"


def settle_retention(message_id: int) -> None:
    """Have a message go in its time when nothing is asked in it any more, and stay when it is.

    The time is that of the source that keeps it longest, counted from when that was given, but
    leaves UNDO_DAYS for putting it back. Of one that is seen nowhere nothing is left to go.
    """
    messages = models.Message.objects.unscoped("this very message").filter(pk=message_id)
    asks = models.Ask.objects.unscoped("this message's own").filter(message=message_id)
    if asks.filter(is_withdrawn=False).exists():
        messages.update(is_ask=True, expires_on=None)
        return
    seen = models.Sighting.objects.filter(message=message_id)
    given = seen.values_list("source__added_at", "source__retention_days").distinct()
    days = [in_china(at).date() + timedelta(days=kept) for at, kept in given]
    if days:
        days.append(clock.now().date() + timedelta(days=UNDO_DAYS))
    messages.update(is_ask=False, expires_on=max(days, default=None))


def expire_messages(*, on: datetime, limit: int = 2_000) -> int:
    """Forget messages that asked nothing and whose time is over; only their number stays.

    Answers how many; run until it answers 0. Nobody is named in what stays.
    """
    with transaction.atomic():
        rows = list(
            models.Message.objects.unscoped("retention is the same for all")
            .filter(is_ask=False, expires_on__lte=in_china(on).date())
            .order_by("expires_on")
            .values_list("pk", "channel_id", "sent_at")[:limit]
        )
        if not rows:
            return 0
        counts: dict[tuple[int, date], int] = {}
        for _pk, channel, sent_at in rows:
            key = channel, in_china(sent_at or on).date()
            counts[key] = counts.get(key, 0) + 1
        for (channel, day), count in counts.items():
            entry, is_new = models.ChannelDay.objects.get_or_create(
                channel_id=channel, day=day, defaults={"message_count": count}
            )
            if not is_new:
                models.ChannelDay.objects.filter(pk=entry.pk).update(
                    message_count=F("message_count") + count
                )
        pks = [pk for pk, _channel, _sent_at in rows]
        models.Sighting.objects.filter(message__in=pks).delete()
        gone = _empty_answered(pks)
        messages = models.Message.objects.unscoped("retention is the same for all")
        _, counted = messages.filter(pk__in=pks, expires_on__isnull=False).delete()
        if gone + counted.get("intake.Message", 0) != len(pks):
            # Another worker was quicker with some of them: its count stands, ours is rolled back.
            raise RuntimeError("two workers forgot the same messages")
        record(
            actor="job",
            action="intake.expire_messages",
            target="intake.Message",
            count=len(rows),
        )
    return len(rows)


def _empty_answered(pks: Sequence[int]) -> int:
    """Take the words from messages of whose asks a person has said something; answers how many.

    What people said is never removed, so the rows that it hangs on stay, without what they told.
    """
    asks = models.Ask.objects.unscoped("retention is the same for all").filter(message__in=pks)
    answered = asks.filter(Q(corrections__isnull=False) | Q(states__isnull=False))
    kept = set(answered.values_list("message", flat=True))
    for ask in asks.filter(message__in=kept):
        ask.compare_and_set(
            issuer="", audience=[], summary=_FORGOTTEN, forms=[], phrases=[], words="",
            fold=digest(_FORGOTTEN, str(ask.pk)),
        )  # fmt: skip
    messages = models.Message.objects.unscoped("retention is the same for all")
    return messages.filter(pk__in=kept, expires_on__isnull=False).update(
        text="", sender="", attachments=[], expires_on=None
    )
