"""The queue itself: every move of a job is one compare-and-set, so two workers never share one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from qingzhuang.kit import clock
from qingzhuang.kit.jobs.process import is_alive, is_gone
from qingzhuang.kit.jobs.registry import JobKind, get_kind, list_kinds, list_schedules
from qingzhuang.kit.models import Job, JobProgress, JobSchedule, JobStatus, JobWorker
from qingzhuang.kit.pure.clock import at

LEASE_SECONDS = 60
PATIENCE = 10
MOST_DEATHS = 5  # a job that took five workers with it is not given a sixth
_NEVER = at(date(2000, 1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """What a page may tell of a job. `reason` is for the record, not for readers."""

    id: int
    name: str
    status: str
    attempts: int
    reason: str
    done: int = 0
    total: int = 0
    unit: str = ""
    message: str = ""
    updated_at: datetime | None = None

    @property
    def is_finished(self) -> bool:
        return self.status not in (JobStatus.READY, JobStatus.RUNNING)


def enqueue(name: str, *args: Any, key: str = "", delay_seconds: int = 0) -> int:
    """Have job `name` run with these JSON arguments (ids); answers the job's id.

    Part of the caller's transaction: rolled back, it never was; committed, it is kept over any
    crash. With a `key`, a job of that name and key that nobody has started yet is answered in
    place of a new one, so that a hundred changes give one digest.
    Raises LookupError for an unregistered name, TypeError for arguments that are not JSON.
    """
    kind = get_kind(name)
    values = json.loads(json.dumps(args, allow_nan=False))
    job = Job(
        name=name,
        args=values,
        key=key,
        priority=kind.priority,
        run_after=clock.now() + timedelta(seconds=delay_seconds),
        enqueued_at=clock.now(),
    )
    if not key:
        job.save(force_insert=True)
        return int(job.pk)
    while True:
        Job.objects.bulk_create([job], ignore_conflicts=True)
        waiting = Job.objects.filter(name=name, key=key, status=JobStatus.READY, attempts=0)
        found = waiting.values_list("pk", flat=True).first()
        if found is not None:  # None: the one in our way was started between the two lines
            return int(found)


def cancel(job_id: int) -> bool:
    """Stop a job: one that waits is cancelled now, a running one at its next look.

    False when it is finished already or unknown.
    """
    if _move(job_id, JobStatus.READY, status=JobStatus.CANCELLED, finished_at=clock.now()):
        return True
    running = Job.objects.filter(pk=job_id, status=JobStatus.RUNNING)
    return running.update(cancel_requested=True) == 1


def retry_failed(job_id: int) -> bool:
    """Give a failed or cancelled job a new life from its first try. False when it is neither."""
    ended = Job.objects.filter(pk=job_id, status__in=(JobStatus.FAILED, JobStatus.CANCELLED))
    return (
        ended.update(
            status=JobStatus.READY,
            run_after=clock.now(),
            failures=0,
            deaths=0,
            cancel_requested=False,
            finished_at=None,
        )
        == 1
    )


def find_job(job_id: int) -> JobState | None:
    """The state and progress of a job; None when it never was or has been cleared away."""
    job = Job.objects.filter(pk=job_id).select_related("progress").first()
    return None if job is None else _state(job)


def list_failed(limit: int = 100) -> list[JobState]:
    """The jobs that were given up, last first."""
    failed = Job.objects.filter(status=JobStatus.FAILED).select_related("progress")
    return [_state(job) for job in failed.order_by("-finished_at", "-pk")[:limit]]


def _state(job: Job) -> JobState:
    base = JobState(
        id=job.pk, name=job.name, status=job.status, attempts=job.attempts, reason=job.reason
    )
    try:
        shown = job.progress
    except JobProgress.DoesNotExist:
        return base
    return JobState(
        id=base.id,
        name=base.name,
        status=base.status,
        attempts=base.attempts,
        reason=base.reason,
        done=shown.done,
        total=shown.total,
        unit=shown.unit,
        message=shown.message,
        updated_at=shown.updated_at,
    )


# What follows is for the worker alone.


def claim(holder: str, names: Sequence[str]) -> Job | None:
    """The next job that is due, now RUNNING and held by `holder`; None when nothing is."""
    due = Job.objects.filter(status=JobStatus.READY, run_after__lte=clock.now(), name__in=names)
    first = due.order_by("-priority", "run_after", "pk").values_list("pk", flat=True)
    for job_id in first[:5]:
        taken = _move(
            job_id,
            JobStatus.READY,
            status=JobStatus.RUNNING,
            holder=holder,
            started_at=clock.now(),
            attempts=F("attempts") + 1,
        )
        if taken:
            # The claim raised attempts in the database; read the row as it stands now.
            return Job.objects.get(pk=job_id)
    return None


def finish(job: Job, status: JobStatus, reason: str = "") -> bool:
    """End a job that this worker still holds; False when it lost it meanwhile."""
    return _held(job).update(status=status, reason=reason, finished_at=clock.now()) == 1


def give_back(job: Job) -> bool:
    """The worker leaves: the job is READY for another, and this run is not held against it."""
    return _held(job).update(status=JobStatus.READY, run_after=clock.now()) == 1


def fail(job: Job, kind: JobKind, reason: str, *, is_final: bool) -> JobStatus:
    """After an error: READY again after a pause, or FAILED for good, its reason kept."""
    failures = job.failures + 1
    if is_final or failures > kind.retries:
        _held(job).update(
            status=JobStatus.FAILED, failures=failures, reason=reason, finished_at=clock.now()
        )
        return JobStatus.FAILED
    _held(job).update(
        status=JobStatus.READY,
        failures=failures,
        reason=reason,
        run_after=clock.now() + kind.pause_after(failures),
    )
    return JobStatus.READY


def beat(worker_id: str, birth: str) -> None:
    """Say that this worker lives, by the database's own clock."""
    if not JobWorker.objects.filter(pk=worker_id).update(beat_at=Now()):
        JobWorker.objects.create(id=worker_id, birth=birth, beat_at=Now())


def retire(worker_id: str) -> None:
    JobWorker.objects.filter(pk=worker_id).delete()


def reap(lease_seconds: int = LEASE_SECONDS) -> int:
    """Make READY again what dead workers held; answers how many jobs.

    Dead is: no heartbeat for `lease_seconds`, or seen from this machine to be gone. One whose
    process is seen to run has ten times as long: a long transaction on SQLite or a laptop that
    slept keeps it from speaking.
    """
    old = Now() - timedelta(seconds=lease_seconds)
    very_old = Now() - timedelta(seconds=lease_seconds * PATIENCE)
    births = dict(JobWorker.objects.values_list("pk", "birth"))
    gone = [worker_id for worker_id, birth in births.items() if is_gone(birth)]
    seen = [worker_id for worker_id, birth in births.items() if is_alive(birth)]
    # The times are compared by the delete itself: one that spoke again meanwhile stays.
    silent = Q(beat_at__lt=very_old) | (Q(beat_at__lt=old) & ~Q(pk__in=seen))
    JobWorker.objects.filter(Q(pk__in=gone) | silent).delete()
    running = Job.objects.filter(status=JobStatus.RUNNING)
    return _revive(running.exclude(holder__in=JobWorker.objects.values("pk")))


def disown(worker_id: str) -> int:
    """Make READY again what a worker holds that is between two jobs; answers how many."""
    return _revive(Job.objects.filter(status=JobStatus.RUNNING, holder=worker_id))


def list_unknown() -> list[str]:
    """Waiting jobs that no room registers any more, as "name #id"."""
    known = [kind.name for kind in list_kinds()]
    waiting = Job.objects.filter(status=JobStatus.READY).exclude(name__in=known)
    return [f"{name} #{job_id}" for name, job_id in waiting.values_list("name", "pk")]


def _revive(jobs: QuerySet[Job]) -> int:
    count = 0
    for job in jobs:
        if job.cancel_requested:
            count += finish(job, JobStatus.CANCELLED)
        elif job.deaths + 1 >= MOST_DEATHS:
            reason = f"its worker died {MOST_DEATHS} times"
            count += _held(job).update(
                status=JobStatus.FAILED,
                deaths=MOST_DEATHS,
                reason=reason,
                finished_at=clock.now(),
            )
        else:
            count += _held(job).update(
                status=JobStatus.READY, deaths=F("deaths") + 1, run_after=clock.now()
            )
    return count


def tick() -> list[str]:
    """Enqueue the scheduled jobs whose moment has come; each moment is rung by one worker."""
    rung = []
    last = dict(JobSchedule.objects.values_list("name", "last_due_at"))
    for schedule in list_schedules():
        due = schedule.due_at(clock.now())
        if schedule.name not in last:
            JobSchedule.objects.get_or_create(name=schedule.name, defaults={"last_due_at": _NEVER})
        elif last[schedule.name] >= due:
            continue
        with transaction.atomic():
            mine = JobSchedule.objects.filter(name=schedule.name, last_due_at__lt=due)
            if mine.update(last_due_at=due):
                enqueue(schedule.name, key="scheduled")
                rung.append(schedule.name)
    return rung


def prune(*, done_days: int = 7, failed_days: int = 90) -> int:
    """Clear away finished jobs: done and cancelled after a week, failed after three months."""
    now = clock.now()
    ended = Q(status__in=(JobStatus.DONE, JobStatus.CANCELLED)) & Q(
        finished_at__lt=now - timedelta(days=done_days)
    )
    failed = Q(status=JobStatus.FAILED, finished_at__lt=now - timedelta(days=failed_days))
    count, _ = Job.objects.filter(ended | failed).delete()
    return count


def _held(job: Job) -> QuerySet[Job]:
    # `attempts` is the fence: a worker that slept through its lease holds an older number.
    return Job.objects.filter(
        pk=job.pk, status=JobStatus.RUNNING, holder=job.holder, attempts=job.attempts
    )


def _move(job_id: int, from_status: JobStatus, **changes: Any) -> bool:
    return Job.objects.filter(pk=job_id, status=from_status).update(**changes) == 1
