"""People and posts from a roster: leavers are closed, the missing only proposed, none deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.ids import digest
from qingzhuang.org.actions.posts import close_post
from qingzhuang.org.actions.roster import Someone, people_of_rows, units_of_rows
from qingzhuang.org.models import Person, Post, Unit
from qingzhuang.org.queries import access_post, held_on, roles_held
from qingzhuang.org.rules import check_roles_together, role_for
from qingzhuang.org.types import (
    OFFICERS,
    Actor,
    Change,
    ImportPreview,
    Permission,
    PostRow,
    Role,
    Scope,
    Sheet,
    UnitKind,
)
from qingzhuang.trail.actions import record


@dataclass(slots=True, kw_only=True)
class _Step:
    """One thing to do: open the row's post, close `post`, or set what was not known of it."""

    change: Change
    row: PostRow
    unit: Unit
    someone: Someone
    close: Post | None = None
    close_on: date | None = None
    mend: Post | None = None
    is_opening: bool = False


@dataclass(slots=True, kw_only=True)
class _Plan:
    steps: list[_Step] = field(default_factory=list)
    preview: ImportPreview = field(default_factory=ImportPreview)


def preview_people(
    *, actor: Actor, sheet: Sheet[PostRow], under: Unit | None = None
) -> ImportPreview:
    """What `import_people` would do with this roster now. Writes nothing."""
    actor.scope.check(Permission.ORG_MANAGE)
    return _plan(actor.scope.narrowed(Permission.ORG_MANAGE), sheet, under).preview


@transaction.atomic
def import_people(
    *,
    actor: Actor,
    sheet: Sheet[PostRow],
    under: Unit | None = None,
    seen: str = "",
    close: Collection[str] = (),
) -> ImportPreview:
    """Do what the preview says; `close` are the keys of its `proposed` that end today.

    Posts get the role that their unit and title suggest only if the actor may grant roles there;
    otherwise the security officer gives it later. `seen` as in `import_units`.
    """
    actor.scope.check(Permission.ORG_MANAGE)
    plan = _plan(actor.scope.narrowed(Permission.ORG_MANAGE), sheet, under)
    if seen and seen != plan.preview.digest:
        raise UserError("org.plan_changed")
    for step in plan.steps:
        _do(actor, step)
    proposed = {change.key for change in plan.preview.proposed}
    ending = [
        access_post(actor, int(key.partition(":")[2]), Permission.ORG_MANAGE)
        for key in close
        if key in proposed
    ]
    today = now().date()
    for post in ending:
        until = max(today, post.from_on or today)
        close_post(actor=actor, post=post, until_on=until, reason=_("名册里没有"))
    record(
        actor=actor.id,
        action="org.import_people",
        target=f"org.Unit:{under.pk if under else 'root'}",
        place=under.path if under else "",
        added=len(plan.preview.to_add),
        changed=len(plan.preview.to_change),
        closed=len(plan.preview.to_close) + len(ending),
        errors=len(plan.preview.errors),
    )
    return plan.preview


def _plan(scope: Scope, sheet: Sheet[PostRow], under: Unit | None) -> _Plan:
    today = now().date()
    errors, notices = list(sheet.errors), list(sheet.notices)
    units = units_of_rows(scope, sheet.rows, under, today, errors)
    people, untold = people_of_rows(sheet.rows, units, notices)
    posts = _posts_of(people, scope)
    plan = _Plan()
    unchanged = 0
    for someone in people:
        held = posts.get(someone.person.pk, []) if someone.person else []
        steps, same = _steps(someone, held, today)
        barred = [step for step in steps if _is_barred(scope, step)]
        notices += [
            _("{what}是管理员岗位，名册不改它，请找安全管理员。").format(what=step.change.what)
            for step in barred
        ]
        plan.steps += [step for step in steps if step not in barred]
        unchanged += same
    if untold:
        notices.append(_("{n} 人写明已离任，系统里也没有他们，没有登记。").format(n=untold))
    changes: dict[str, list[Change]] = defaultdict(list)
    for step in plan.steps:
        kind = "add" if step.is_opening and step.close is None else "change"
        changes["close" if step.close and not step.is_opening else kind].append(step.change)
    if errors:
        notices.append(_("有看不懂的行，所以没有列出“名单里没有的”；改好再传一次就会列出。"))
    preview = ImportPreview(
        to_add=tuple(changes["add"]),
        to_change=tuple(changes["change"]),
        to_close=tuple(changes["close"]),
        proposed=tuple(_missing(people, scope, today)) if not errors else (),
        unchanged=unchanged,
        errors=tuple(sorted(errors, key=lambda error: error.row)),
        notices=tuple(notices),
    )
    plan.preview = replace(preview, digest=digest(repr(preview)))
    return plan


def _is_barred(scope: Scope, step: _Step) -> bool:
    """Whether the step ends or dates an officer's post and the one who imports is not to."""
    post = step.close or step.mend
    return (
        post is not None
        and post.role in OFFICERS
        and not scope.may_at(Permission.ORG_OFFICERS, post.unit.path)
    )


def _posts_of(people: Iterable[Someone], scope: Scope) -> dict[int, list[Post]]:
    ids = sorted({someone.person.pk for someone in people if someone.person})
    found: dict[int, list[Post]] = defaultdict(list)
    for start in range(0, len(ids), 400):
        posts = Post.objects.for_scope(scope).filter(person_id__in=ids[start : start + 400])
        for post in posts.select_related("unit", "person").order_by("id"):
            found[post.person_id].append(post)
    return found


def _steps(someone: Someone, held: list[Post], today: date) -> tuple[list[_Step], int]:
    """What one person's rows ask for, given the posts held; and how many need nothing."""
    steps: list[_Step] = []
    same = 0
    listed = {(unit.pk, row.title) for row, unit in someone.rows}
    spare = [
        post
        for post in held
        if post.until_on is None
        and post.title
        and post.role not in OFFICERS
        and post.unit_id in {unit.pk for _row, unit in someone.rows}
        and (post.unit_id, post.title) not in listed
    ]
    for row, unit in someone.rows:
        here = [p for p in held if p.unit_id == unit.pk and (p.title == row.title or not row.title)]
        current = [post for post in here if post.until_on is None]
        step = _Step(
            change=Change(row=row.row, what=f"{row.name}（{unit}）"), row=row, unit=unit,
            someone=someone,
        )  # fmt: skip
        if row.has_left:
            until = row.until_on or today
            told = "" if row.until_on else _("，没有写日期，按今天")
            for post in current:
                step.close, step.close_on = post, max(until, post.from_on or until)
                _tell(step, _("离任：{title}{told}").format(title=post.title, told=told))
                steps.append(step)
                step = replace(step)
            if not here and row.until_on:
                step.is_opening = True
                _tell(step, _("{title}，已于 {day} 离任").format(title=row.title, day=until))
                steps.append(step)
            same += bool(here and not current)
            continue
        if current and row.title == "":
            same += 1
            continue
        if not current:
            step.is_opening = True
            gone = next((post for post in spare if post.unit_id == unit.pk), None)
            if gone is not None:
                spare.remove(gone)
                step.close = gone
                step.close_on = _day_before(row.from_on or today, gone.from_on)
                _tell(step, f"{gone.title} → {_shown(row)}")
            else:
                _tell(step, _shown(row))
            steps.append(step)
            continue
        post = current[0]
        if (post.is_acting, post.is_seconded) != (row.is_acting, row.is_seconded):
            step.is_opening, step.close = True, post
            step.close_on = _day_before(today, post.from_on)
            was = replace(row, is_acting=post.is_acting, is_seconded=post.is_seconded)
            _tell(step, f"{_shown(was)} → {_shown(row)}")
            steps.append(step)
        elif row.from_on and row.from_on != post.from_on:
            step.mend = post
            old = post.from_on or "—"
            _tell(step, _("任职时间：{old} → {new}").format(old=old, new=row.from_on))
            steps.append(step)
        else:
            same += 1
    if all(row.has_left for row, _unit in someone.rows):
        return steps, same
    for post in spare:
        row, unit = someone.rows[0]
        closing = _Step(
            change=Change(row=row.row, what=f"{row.name}（{post.unit}）"), row=row, unit=unit,
            someone=someone, close=post, close_on=_day_before(today, post.from_on),
        )  # fmt: skip
        _tell(closing, _("名册里不再有这个职务：{title}").format(title=post.title))
        steps.append(closing)
    return steps, same


def _missing(people: Iterable[Someone], scope: Scope, today: date) -> Iterable[Change]:
    """Posts in the roster's units whose holders it does not name: maybe leavers."""
    listed: dict[int, set[int]] = defaultdict(set)
    for someone in people:
        for _row, unit in someone.rows:
            listed[unit.pk].add(someone.person.pk if someone.person else 0)
    for unit_id, present in sorted(listed.items()):
        posts = Post.objects.for_scope(scope).filter(held_on(today), unit_id=unit_id, until_on=None)
        posts = posts.exclude(person_id__in=present).exclude(role__in=OFFICERS)
        for post in posts.select_related("person", "unit").order_by("id"):
            what = f"{post.person.name}（{post.unit}）"
            yield Change(row=None, what=what, details=post.title, key=f"post:{post.pk}")


def _do(actor: Actor, step: _Step) -> None:
    old_role = ""
    if step.close is not None:
        assert step.close_on is not None
        old_role = step.close.role
        close_post(actor=actor, post=step.close, until_on=step.close_on, reason=_("按名册"))
    if step.mend is not None:
        step.mend.compare_and_set(from_on=step.row.from_on, is_main=step.row.is_main)
        _record(actor, "org.mend_post", step.mend)
    if not step.is_opening:
        return
    someone, row, unit = step.someone, step.row, step.unit
    if someone.person is None:
        someone.person = Person.objects.create(name=someone.name, number=someone.number or None)
    elif someone.number and not someone.person.number:
        someone.person.number = someone.number
        someone.person.save(update_fields=["number"])
    post = Post.objects.create(
        person=someone.person,
        unit=unit,
        role=old_role or _role(actor, someone.person, unit, row),
        title=row.title,
        is_main=row.is_main,
        is_acting=row.is_acting,
        is_seconded=row.is_seconded,
        from_on=row.from_on,
        until_on=row.until_on if row.has_left else None,
    )
    _record(actor, "org.grant_post", post)


def _role(actor: Actor, person: Person, unit: Unit, row: PostRow) -> str:
    """The suggested role, if the actor may give it and the person may hold it; else none."""
    if row.has_left or not actor.scope.may_at(Permission.ORG_GRANT, unit.path):
        return ""
    kind = UnitKind(unit.kind)
    if kind in {UnitKind.OFFICE, UnitKind.OTHER} and unit.parent is not None:
        kind = UnitKind(unit.parent.kind)
    role: Role | None = role_for(kind, row.title)
    if role is None:
        return ""
    try:
        check_roles_together(roles_held(person, on=now().date()) | {role})
    except UserError:
        return ""
    return role


def _record(actor: Actor, action: str, post: Post) -> None:
    record(
        actor=actor.id,
        action=action,
        target=f"org.Post:{post.pk}",
        place=post.unit.path,
        person=post.person_id,
        role=post.role,
    )


def _shown(row: PostRow) -> str:
    marks = [_("主持")] * row.is_acting + [_("借调")] * row.is_seconded
    marks += [] if row.is_main else [_("兼")]
    return (row.title or _("未写职务")) + (f"（{'、'.join(marks)}）" if marks else "")


def _tell(step: _Step, details: str) -> None:
    step.change = replace(step.change, details=details)


def _day_before(day: date, opened: date | None) -> date:
    """A post's last day when the next begins on `day`, never before its own first."""
    return max(day - timedelta(days=1), opened or date.min)
