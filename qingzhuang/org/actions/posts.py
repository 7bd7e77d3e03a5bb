"""Posts: given and closed. A row is never deleted and its dates tell who held what when."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.text import normalise
from qingzhuang.org.models import Person, Post, Unit, User
from qingzhuang.org.queries import roles_held
from qingzhuang.org.rules import check_roles_together
from qingzhuang.org.types import OFFICERS, Actor, Permission, Role
from qingzhuang.trail.actions import record

_SAME_POST = "the same post of the same person is looked for"


@transaction.atomic
def create_person(*, actor: Actor, name: str, unit: Unit, number: str = "") -> Person:
    """Someone new in a unit; the posts are given next."""
    actor.scope.check(Permission.ORG_MANAGE, unit.path)
    person = Person.objects.create(name=normalise(name), number=number or None)
    record(
        actor=actor.id,
        action="org.create_person",
        target=f"org.Person:{person.pk}",
        place=unit.path,
    )
    return person


@transaction.atomic
def grant_post(
    *,
    actor: Actor,
    person: Person,
    unit: Unit,
    role: Role | None = None,
    title: str = "",
    is_main: bool = True,
    is_acting: bool = False,
    is_seconded: bool = False,
    from_on: date | None = None,
    until_on: date | None = None,
) -> Post:
    """Open a post. A role needs the security officer's right, a bare title the system officer's.

    Raises org.officers_apart, org.system_officer_alone, org.post_held, org.not_oneself,
    org.account_untaken.
    """
    actor.scope.check(Permission.ORG_GRANT if role else Permission.ORG_MANAGE, unit.path)
    _check_other(actor, person)
    _check_fresh_account(person, role)
    if until_on is None and (
        Post.objects.unscoped(_SAME_POST)
        .filter(person=person, unit=unit, title=title, role=role or "", until_on__isnull=True)
        .exists()
    ):
        raise UserError("org.post_held", name=person.name)
    if role:
        check_roles_together(roles_held(person, on=from_on or now().date()) | {role})
    post = Post.objects.create(
        person=person,
        unit=unit,
        role=role or "",
        title=title,
        is_main=is_main,
        is_acting=is_acting,
        is_seconded=is_seconded,
        from_on=from_on,
        until_on=until_on,
    )
    _record(actor, "org.grant_post", post)
    return post


@transaction.atomic
def grant_role(*, actor: Actor, post: Post, role: Role | None, reason: str) -> Post:
    """Give a post another role, or none: the old row is closed, a new one goes on from today.

    What the old role gave is gone at once, also on the day it was given. Raises org.post_closed
    for a post that ended: history is not written anew.
    """
    actor.scope.check(Permission.ORG_GRANT, post.unit.path)
    _check_other(actor, post.person)
    if len(reason.strip()) < 2:
        raise UserError("org.reason_missing")
    today = now().date()
    if post.is_revoked or (post.until_on is not None and post.until_on < today):
        raise UserError("org.post_closed", name=post.person.name)
    _check_fresh_account(post.person, role)
    planned_end = post.until_on
    _close(post, max(today - timedelta(days=1), post.from_on or date.min))
    if role:
        check_roles_together(roles_held(post.person, on=today) | {role})
    fresh = Post.objects.create(
        person=post.person,
        unit=post.unit,
        role=role or "",
        title=post.title,
        is_main=post.is_main,
        is_acting=post.is_acting,
        is_seconded=post.is_seconded,
        from_on=max(today, post.from_on or today),
        until_on=planned_end,
    )
    _record(actor, "org.grant_role", fresh, reason)
    return fresh


@transaction.atomic
def close_post(*, actor: Actor, post: Post, until_on: date, reason: str = "") -> None:
    """The post ends with that day; one that only began today ends at once.

    An officer's post is ended by the security officer, never his own. Raises org.post_closed,
    org.dates_crossed, org.officer_protected, org.not_oneself.
    """
    if post.role in OFFICERS:
        if not actor.scope.may_at(Permission.ORG_OFFICERS, post.unit.path):
            raise UserError("org.officer_protected", name=post.person.name)
        _check_other(actor, post.person)
    may_grant = actor.scope.may_at(Permission.ORG_GRANT, post.unit.path)
    if not may_grant:
        actor.scope.check(Permission.ORG_MANAGE, post.unit.path)
    if post.until_on is not None:
        raise UserError("org.post_closed", name=post.person.name)
    if post.from_on and until_on < post.from_on:
        raise UserError("org.dates_crossed")
    _close(post, until_on)
    _record(actor, "org.close_post", post, reason)


def _check_other(actor: Actor, person: Person) -> None:
    """Nobody gives himself a post or a role."""
    account = User.objects.filter(person=person).first()
    if account is not None and account.actor_id == actor.id:
        raise UserError("org.not_oneself")


def _check_fresh_account(person: Person, role: Role | None) -> None:
    """Nobody becomes an officer while somebody else knows the password of his account."""
    if role in OFFICERS:
        account = User.objects.filter(person=person, is_active=True).first()
        if account is not None and account.must_change_password:
            raise UserError("org.account_untaken", name=person.name)


def _close(post: Post, until_on: date) -> None:
    # The days of a row are whole days: one taken back on its first would count until midnight.
    is_revoked = post.from_on is not None and until_on <= post.from_on >= now().date()
    post.compare_and_set(until_on=until_on, is_revoked=is_revoked)


def _record(actor: Actor, action: str, post: Post, reason: str = "") -> None:
    record(
        actor=actor.id,
        action=action,
        target=f"org.Post:{post.pk}",
        place=post.unit.path,
        reason=reason,
        person=post.person_id,
        role=post.role,
        until=post.until_on.isoformat() if post.until_on else "",
    )
