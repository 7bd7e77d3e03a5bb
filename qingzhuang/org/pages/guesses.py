"""Passwords asked for behind the door: counted with those at the door, and then the session ends.

Whoever found a screen unlocked, or took a cookie, would otherwise guess here without limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import logout

from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.access import PageRequest
from qingzhuang.org.actions import note_guessing
from qingzhuang.org.actions.attempts import lift_lock
from qingzhuang.org.models import User


@contextmanager
def guarded_guess(request: PageRequest) -> Iterator[None]:
    """Round an action that raises org.password_wrong: the fifth one ends the session.

    Counted in the database by name, not in the session, so that many requests at once or a
    second session win nothing. Raises org.guesses_locked while the name is locked, before the
    password is looked at; that ends no session, since anybody can lock a name at the door.
    """
    credentials = {"username": request.user.username}
    if AxesProxyHandler.is_locked(request, credentials):
        raise UserError("org.guesses_locked")
    try:
        yield
    except UserError as error:
        if error.code == "org.password_wrong":
            _count(request, credentials)
        raise
    lift_lock(request.user.username)


def has_ended(request: PageRequest) -> bool:
    """Whether this request's wrong password was one too many."""
    return not isinstance(request.user, User)


def _count(request: PageRequest, credentials: dict[str, str]) -> None:
    AxesProxyHandler.user_login_failed(sender=__name__, credentials=credentials, request=request)
    if getattr(request, "axes_locked_out", False):  # the sign-in form says so, by axes' middleware
        note_guessing(user=request.user)
        logout(request)
