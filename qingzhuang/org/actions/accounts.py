"""Accounts: made, their passwords set and changed, closed; and the short mode for managing."""

from __future__ import annotations

import secrets
import string
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.org.actions.attempts import lift_lock, tried_digest
from qingzhuang.org.models import Person, User
from qingzhuang.org.queries import actor_of, check_person_within, roles_held
from qingzhuang.org.rules import check_password
from qingzhuang.org.types import OFFICERS, Actor, Permission, Role
from qingzhuang.trail.actions import record

# Without the look-alikes 0O1lI: people read these off a slip of paper.
_LETTERS = "".join(c for c in string.ascii_letters if c not in "OlI")
_DIGITS = "23456789"


@transaction.atomic
def create_user(
    *,
    actor: Actor,
    username: str,
    person: Person | None = None,
    display_name: str = "",
    password: str = "",
) -> tuple[User, str]:
    """An account and its first password, made here if none is given; it must be changed at once.

    Raises org.username_taken, org.username_bad, org.person_has_account, org.password_*.
    """
    _check_person(actor, person)
    username = User.normalize_username(username.strip())
    if not username or len(username) > 60 or any(c.isspace() for c in username):
        raise UserError("org.username_bad")
    if User.objects.filter(username=username).exists():
        raise UserError("org.username_taken", username=username)
    if person is not None and User.objects.filter(person=person).exists():
        raise UserError("org.person_has_account", name=person.name)
    first = password or _first_password()
    _check(first, User(username=username))
    user = User.objects.create_user(
        username,
        first,
        person=person,
        display_name=display_name or (person.name if person else ""),
        must_change_password=True,
    )
    record(actor=actor.id, action="org.create_user", target=_target(user))
    return user, first


@transaction.atomic
def set_password(*, actor: Actor, user: User, password: str = "", reason: str = "") -> str:
    """A new first password for someone who lost his; returns it. All his sessions end.

    His lock ends too, and signing in tells him who did it and when. An officer's is set by the
    security officer, never his own. Raises org.officer_protected, org.not_oneself,
    org.reason_missing, org.password_*.
    """
    _check_account(actor, user)
    _check_reason(reason)
    first = password or _first_password()
    _check(first, user)
    user.set_password(first)
    user.must_change_password = True
    user.reset_at = now()
    user.reset_by = _office_of(actor)
    user.save_versioned(update_fields=["password", "must_change_password", "reset_at", "reset_by"])
    lift_lock(user.username)
    record(actor=actor.id, action="org.set_password", target=_target(user), reason=reason)
    return first


@transaction.atomic
def change_own_password(*, user: User, old: str, new: str) -> None:
    """The holder's own change. Raises org.password_wrong, org.password_same, org.password_*."""
    if not user.check_password(old):
        raise UserError("org.password_wrong")
    if old == new:
        raise UserError("org.password_same")
    _check(new, user)
    user.set_password(new)
    user.must_change_password = False
    user.save_versioned(update_fields=["password", "must_change_password"])
    record(actor=user.actor_id, action="org.change_own_password", target=_target(user))


@transaction.atomic
def deactivate_user(*, actor: Actor, user: User, reason: str) -> None:
    """Nobody signs in with it any more; open sessions end with their next page."""
    _check_account(actor, user)
    _check_reason(reason)
    user.compare_and_set(is_active=False)
    record(actor=actor.id, action="org.deactivate_user", target=_target(user), reason=reason)


def elevate(*, user: User, password: str, reason: str) -> datetime:
    """Begin the short mode in which the organisation may be changed; returns its beginning.

    Password and reason are asked anew. A wrong password is recorded too, so that the attempt
    stays in the trail although the error is raised.
    """
    _check_reason(reason)
    may_manage = any(
        actor_of(user).scope.may(permission)
        for permission in (
            Permission.ORG_MANAGE,
            Permission.ORG_ACCOUNTS,
            Permission.ORG_GRANT,
            Permission.ORG_OFFICERS,
            Permission.ORG_CALENDAR,
        )
    )
    if not may_manage:
        raise UserError("org.not_allowed")
    is_right = user.check_password(password)
    record(
        actor=user.actor_id,
        action="org.elevate",
        target=_target(user),
        outcome="done" if is_right else "refused",
        reason=reason,
    )
    if not is_right:
        raise UserError("org.password_wrong")
    return now()


def note_sign_in(*, user: User | None, username: str, outcome: str) -> None:
    """Put a sign-in into the trail: done, or refused with the name that was tried as a digest."""
    target = _target(user) if user else "org.User:unknown"
    actor = user.actor_id if user else "nobody"
    if outcome == "done":
        record(actor=actor, action="org.sign_in", target=target)
    else:
        tried = tried_digest(username)
        record(actor=actor, action="org.sign_in", target=target, outcome=outcome, tried=tried)


def note_guessing(*, user: User) -> None:
    """Put into the trail that a session ended after too many wrong passwords."""
    record(actor=user.actor_id, action="org.end_session", target=_target(user), outcome="refused")


def _check_account(actor: Actor, user: User) -> None:
    _check_person(actor, user.person)
    if user.actor_id == actor.id:
        raise UserError("org.not_oneself")


def _check_person(actor: Actor, person: Person | None) -> None:
    """Accounts are the system officer's business, those of the three officers are not.

    Otherwise he could sign in as any of them.
    """
    permission = Permission.ORG_ACCOUNTS
    if person is not None and roles_held(person, on=now().date()) & OFFICERS:
        permission = Permission.ORG_OFFICERS
        if actor.scope.may(Permission.ORG_ACCOUNTS) and not actor.scope.may(permission):
            raise UserError("org.officer_protected", name=person.name)
    actor.scope.check(permission)
    if person is not None:
        check_person_within(actor, person, permission)


def _office_of(actor: Actor) -> str:
    """The office by which the actor sets passwords; empty for the command line."""
    if actor.scope.may_at(Permission.ORG_ACCOUNTS, ""):
        return ""
    if actor.scope.may(Permission.ORG_OFFICERS):
        return Role.SECURITY_OFFICER
    return Role.SYSTEM_OFFICER


def _first_password() -> str:
    letters = "".join(secrets.choice(_LETTERS.lower()) for _ in range(5))
    capital = secrets.choice([c for c in _LETTERS if c.isupper()])
    digits = "".join(secrets.choice(_DIGITS) for _ in range(4))
    return f"{capital}{letters}-{digits}"


def _check(password: str, user: User) -> None:
    check_password(password, username=user.username)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise UserError("org.password_common") from error


def _check_reason(reason: str) -> None:
    if len(reason.strip()) < 2:
        raise UserError("org.reason_missing")


def _target(user: User) -> str:
    return f"org.User:{user.pk}"
