"""Tables of the ground: jobs, their workers, their progress, their schedule."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class JobStatus(models.TextChoices):
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(models.Model):
    """One thing to be done later. Moves only by the functions of `kit.jobs`."""

    name = models.TextField()
    args = models.JSONField(default=list)
    key = models.TextField(default="")
    status = models.TextField(default=JobStatus.READY)
    priority = models.SmallIntegerField(default=0)
    run_after = models.DateTimeField()
    enqueued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    holder = models.TextField(default="")
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    deaths = models.PositiveIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    reason = models.TextField(default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["-priority", "run_after", "id"],
                name="kit_job_ready",
                condition=Q(status="ready"),
            ),
            models.Index(fields=["holder"], name="kit_job_running", condition=Q(status="running")),
            models.Index(fields=["status", "finished_at"], name="kit_job_finished"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=JobStatus.values), name="kit_job_status_known"
            ),
            # A job that has been started once leaves the index, so that a retry never collides
            # with one that was enqueued meanwhile under the same key.
            models.UniqueConstraint(
                fields=["name", "key"],
                name="kit_job_key_waits_once",
                condition=Q(status="ready", attempts=0) & ~Q(key=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk} {self.status}"


class JobWorker(models.Model):
    """The pulse of one worker; `birth` names its process so that a neighbour can see it gone."""

    id = models.TextField(primary_key=True)
    birth = models.TextField(default="")
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class JobProgress(models.Model):
    """How far a long job is. `total` 0 means: not known yet."""

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="progress")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    unit = models.TextField(default="")
    message = models.TextField(default="")
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.done}/{self.total} {self.unit}"


class JobSchedule(models.Model):
    """The last moment for which a schedule was rung: what keeps two workers from ringing twice."""

    name = models.TextField(primary_key=True)
    last_due_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
