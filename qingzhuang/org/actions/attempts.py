"""Wrong passwords: counted by django-axes, without keeping who tried from where with what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_failure_limit
from axes.models import AccessAttempt
from axes.signals import user_locked_out
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.text import normalise
from qingzhuang.trail.actions import keyed_digest

ATTEMPTS_KEPT = timedelta(days=1)  # a lock lasts ten minutes
# Not NULL, which would not be unique.
_NO_ADDRESS = "0.0.0.0"  # noqa: S104


def tried_digest(username: str) -> str:
    """One digest for what a person takes for one name: case, width and spaces do not count."""
    return keyed_digest(normalise(username).casefold())


def tried_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """What django-axes keeps for the user name (AXES_USERNAME_CALLABLE)."""
    given = credentials.get("username") if credentials else request.POST.get("username", "")
    return tried_digest(str(given or ""))


def lift_lock(username: str) -> None:
    """The wrong passwords of this name are forgotten, and the lock with them."""
    AxesProxyHandler.reset_attempts(username=tried_digest(username))


def purge_attempts() -> int:
    """Clear away wrong passwords of days ago and sessions that ended; answers how many attempts."""
    count: int
    count, _ = AccessAttempt.objects.filter(attempt_time__lt=now() - ATTEMPTS_KEPT).delete()
    SessionStore.clear_expired()
    return count


class BareCounter(AxesDatabaseHandler):  # type: ignore[misc]  # axes brings no types
    """django-axes' own counting, of a name's digest and nothing else (AXES_HANDLER).

    Address, browser, path and what was sent are never written, so a database that is read by
    another tells neither names nor who works where. It writes no log line either.
    """

    def user_login_failed(
        self,
        sender: object,
        credentials: dict[str, Any],
        request: Any = None,
        **kwargs: object,
    ) -> None:
        if request is None:
            return
        self.clean_expired_user_attempts(request, credentials)
        name = tried_name(request, credentials)
        if not request.axes_locked_out:  # a try at a closed door does not make the wait longer
            self._count(name, request)
            failures = self.get_failures(request, credentials)
            request.axes_failures_since_start = failures
            request.axes_locked_out = failures >= get_failure_limit(request, credentials)
        if request.axes_locked_out:
            request.axes_credentials = credentials
            user_locked_out.send("axes", request=request, username=name, ip_address=None)

    def _count(self, name: str, request: Any) -> None:
        with transaction.atomic():
            attempt, is_new = AccessAttempt.objects.get_or_create(
                username=name,
                ip_address=_NO_ADDRESS,
                user_agent="",
                defaults={"failures_since_start": 1},
            )
            if not is_new:
                AccessAttempt.objects.filter(pk=attempt.pk).update(
                    failures_since_start=F("failures_since_start") + 1,
                    attempt_time=request.axes_attempt_time,
                )
