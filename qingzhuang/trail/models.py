"""The trail and its seals: rows that are written once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from qingzhuang.kit.append_only import append_only


@append_only()
class TrailEntry(models.Model):
    """One thing that was done, or refused. No names, no numbers of people: ids and digests."""

    at = models.DateTimeField()
    actor = models.TextField()
    action = models.TextField()
    target = models.TextField()
    place = models.TextField(default="")
    outcome = models.TextField(default="done")
    reason = models.TextField(default="")
    details = models.JSONField(default=dict)
    request_id = models.TextField(default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["actor", "-id"], name="trail_by_actor"),
            models.Index(fields=["target", "-id"], name="trail_by_target"),
            models.Index(fields=["action", "-id"], name="trail_by_action"),
            models.Index(fields=["at"], name="trail_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target}"


@append_only()
class TrailSeal(models.Model):
    """A link of the chain: which entries it covers, their digest (`batch`), and the seal before it.

    `members` names every id covered ("1-57,59"), so that a number that a rolled-back transaction
    left empty is no alarm, and one that commits late is sealed later and not lost.
    """

    number = models.PositiveBigIntegerField(unique=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    count = models.PositiveIntegerField()
    members = models.TextField()
    batch = models.TextField()
    digest = models.TextField()
    previous = models.TextField(default="")
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.number}: {self.members}"
