"""Forgetting in time."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from qingzhuang.intake import models
from qingzhuang.kit.pure.clock import in_china
from qingzhuang.trail.actions import record


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
        gone, _ = (
            models.Message.objects.unscoped("retention is the same for all")
            .filter(pk__in=pks)
            .delete()
        )
        if gone != len(pks):
            # Another worker was quicker with some of them: its count stands, ours is rolled back.
            raise RuntimeError("two workers forgot the same messages")
        record(
            actor="job",
            action="intake.expire_messages",
            target="intake.Message",
            count=len(rows),
        )
    return len(rows)
