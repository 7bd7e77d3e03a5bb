"""Reading the organisation: gates, lists, scopes, names and the calendar of a place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from django.db.models import Count, Q, QuerySet

from qingzhuang.kit.clock import now
from qingzhuang.kit.pure.errors import UserError
from qingzhuang.kit.pure.text import normalise
from qingzhuang.kit.scoping import below
from qingzhuang.org.models import (
    CalendarException,
    FormerPath,
    ImportDraft,
    Person,
    Post,
    Unit,
    User,
)
from qingzhuang.org.rules import (
    OWN_PERMISSIONS,
    PERMISSIONS_OF,
    load_calendar,
    reach_path,
)
from qingzhuang.org.types import (
    OFFICERS,
    Actor,
    Grant,
    Permission,
    Role,
    Scope,
    UnitKind,
    WorkCalendar,
)

_PERMISSION_ITSELF = "what a person may see is being worked out"
_NAMES_OF_UNITS = "the names of units are no secret; texts name any of them"
_CALENDAR_OF_A_PLACE = "a calendar takes the word of every unit above the place"


class HasPlace(Protocol):
    """Anything with a unit path: a Unit, a value of another room."""

    @property
    def path(self) -> str: ...


def prefixes(path: str) -> list[str]:
    """The paths of a unit and of all above it, root first: '0001.0007.' gives two."""
    steps = path.split(".")[:-1]
    return [".".join(steps[: n + 1]) + "." for n in range(len(steps))]


def held_on(on: date) -> Q:
    """Posts and units that count on that day; both ends included."""
    return (Q(from_on__isnull=True) | Q(from_on__lte=on)) & (
        Q(until_on__isnull=True) | Q(until_on__gte=on)
    )


def in_office_on(on: date) -> Q:
    """Posts that give something on that day: held, and not taken back on the day they began."""
    return held_on(on) & Q(is_revoked=False)


# --- scopes ---------------------------------------------------------------------------------


def scope_of(user: User, on: date | None = None) -> Scope:
    """What the holder of this account may do, and where, on that day (today without one).

    Four queries at most, however large the tree.
    """
    if not user.is_active:
        return Scope()
    # Own account: a place that no row has, so that it opens nothing but itself.
    grants = [Grant(path="-", permissions=OWN_PERMISSIONS)]
    if user.person_id is None:
        return Scope(grants=tuple(grants))
    day = on or now().date()
    posts = list(
        Post.objects.unscoped(_PERMISSION_ITSELF)
        .filter(in_office_on(day), person_id=user.person_id)
        .exclude(role="")
        .values_list("role", "unit__path")
    )
    wanted = {prefix for _, path in posts for prefix in prefixes(path)}
    kinds = {
        path: UnitKind(kind)
        for path, kind in Unit.objects.unscoped(_PERMISSION_ITSELF)
        .filter(path__in=wanted)
        .values_list("path", "kind")
    }
    covered: dict[str, set[Permission]] = {}
    for role, path in posts:
        chain = [(prefix, kinds[prefix]) for prefix in reversed(prefixes(path)) if prefix in kinds]
        reach = reach_path(Role(role), chain or [(path, UnitKind.OTHER)])
        covered.setdefault(reach, set()).update(PERMISSIONS_OF[Role(role)])
    former = FormerPath.objects.filter(unit__path__in=list(covered)).values_list(
        "unit__path", "path"
    )
    standing = sorted(covered)
    once: dict[str, set[Permission]] = {}
    for path, old in former:
        # What was recorded at the old place before the unit moved is still the unit's.
        (covered if old in covered else once).setdefault(old, set()).update(covered[path])
    # Where one stands comes first: pages take the first place as the person's own.
    grants += [Grant(path=path, permissions=frozenset(covered[path])) for path in standing]
    grants += [Grant(path=path, permissions=frozenset(once[path])) for path in sorted(once)]
    return Scope(grants=tuple(grants))


def actor_of(user: User, on: date | None = None) -> Actor:
    """The account as the one who acts, for actions and the trail."""
    return Actor(id=user.actor_id, scope=scope_of(user, on))


# --- units ----------------------------------------------------------------------------------


def list_units(
    scope: Scope,
    *,
    words: str = "",
    kind: str = "",
    under: str = "",
    on: date | None = None,
) -> QuerySet[Unit]:
    """The units of a scope: by words in name or short name, by kind, below a path, current ones.

    In tree order; `on` None gives closed units too.
    """
    units = Unit.objects.for_scope(scope.narrowed(Permission.ORG_READ))
    if words:
        key = normalise(words)
        units = units.filter(Q(name__contains=key) | Q(short_name__contains=key) | Q(code=key))
    if kind:
        units = units.filter(kind=kind)
    if under:
        units = units.filter(below(under, "path"))
    if on is not None:
        units = units.filter(held_on(on))
    return units.order_by("path")


def list_children(scope: Scope, parent: Unit | None, *, on: date | None = None) -> QuerySet[Unit]:
    """The units right below `parent`, or the topmost of the scope, in the office's own order."""
    reading = scope.narrowed(Permission.ORG_READ)
    units = Unit.objects.for_scope(reading)
    if parent is not None:
        units = units.filter(parent=parent)
    else:
        units = units.filter(Q(path__in=reading.paths) | Q(parent=None))
    if on is not None:
        units = units.filter(held_on(on))
    return units.order_by("order", "path")


def count_children(unit_ids: Iterable[int]) -> dict[int, int]:
    """How many units stand right below each; those without any are left out."""
    rows = Unit.objects.unscoped(_NAMES_OF_UNITS).filter(parent_id__in=list(unit_ids))
    counted = rows.values("parent_id").annotate(n=Count("id"))
    return {row["parent_id"]: row["n"] for row in counted if row["parent_id"]}


def access_unit(actor: Actor, unit_id: int, permission: Permission = Permission.ORG_READ) -> Unit:
    """The unit, if it is the actor's to see; absent and not yours both raise org.not_found."""
    scope = actor.scope.narrowed(permission)
    unit = Unit.objects.for_scope(scope).filter(pk=unit_id).first()
    if unit is None:
        raise UserError("org.not_found")
    return unit


def count_below(path: str) -> int:
    """How many units stand below this path, the one at it not counted."""
    everything = Unit.objects.unscoped("a number about the tree itself")
    return everything.filter(path__gt=path, path__lt=f"{path}~").count()


def find_unit_by_name(name: str, *, within: str = "", on: date | None = None) -> Unit | None:
    """The unit that a text calls by name, short name or alias; None for none or for several.

    `within` is the place where the text was written: of several units of one name the one that
    is nearest in the tree is meant (each street has its own 党建办).
    """
    key = normalise(name)
    if not key:
        return None
    units = Unit.objects.unscoped(_NAMES_OF_UNITS).filter(held_on(on or now().date()))
    found = list(units.filter(Q(name=key) | Q(short_name=key))[:500])
    if not found:
        called = units.exclude(aliases=[])
        found = [unit for unit in called if key in unit.aliases]
    if len(found) > 1 and within:
        shared = [len(_common(unit.path, within)) for unit in found]
        found = [unit for unit, n in zip(found, shared, strict=True) if n == max(shared)]
    return found[0] if len(found) == 1 else None


def units_called(
    names: Iterable[str], scope: Scope, *, on: date | None = None
) -> dict[str, list[Unit]]:
    """The scope's current units by each of these names, short names or aliases."""
    wanted = {normalise(name) for name in names if name}
    found: dict[str, list[Unit]] = {name: [] for name in wanted}
    units = Unit.objects.for_scope(scope).filter(held_on(on or now().date()))
    units = units.select_related("parent")
    some = sorted(wanted)
    for start in range(0, len(some), 400):  # SQLite takes no more than so many parameters
        part = some[start : start + 400]
        for unit in units.filter(Q(name__in=part) | Q(short_name__in=part)):
            for name in {unit.name, unit.short_name} & wanted:
                found[name].append(unit)
    for unit in units.exclude(aliases=[]):
        for name in set(unit.aliases) & wanted:
            if unit not in found[name]:
                found[name].append(unit)
    return found


def names_beside(path: str) -> set[str]:
    """The names of the units that stand directly under the same unit, without this one's."""
    above = prefixes(path)[-2:-1]
    if not above:
        return set()
    beside = Unit.objects.unscoped(_NAMES_OF_UNITS).filter(
        below(above[0], "path"), parent__path=above[0]
    )
    rows = beside.exclude(path=path).values_list("name", "short_name")
    return {name for pair in rows for name in pair if len(name) > 1}


def unit_at(path: str) -> Unit | None:
    """The unit that stands, or once stood, at a path; None when no unit ever did."""
    unit = Unit.objects.unscoped(_NAMES_OF_UNITS).filter(path=path).first()
    if unit is None:
        former = FormerPath.objects.select_related("unit").filter(path=path).first()
        unit = former.unit if former else None
    return unit


def names_at(paths: Iterable[str]) -> dict[str, str]:
    """The short name, or the name, of the unit at each path; paths without a unit are left out."""
    rows = Unit.objects.unscoped(_NAMES_OF_UNITS).filter(path__in=set(paths))
    return {
        path: short or name for path, short, name in rows.values_list("path", "short_name", "name")
    }


def _common(one: str, other: str) -> list[str]:
    return [p for p in prefixes(one) if other.startswith(p)]


# --- people ---------------------------------------------------------------------------------


def list_posts(
    scope: Scope, *, words: str = "", unit: str = "", on: date | None = None
) -> QuerySet[Post]:
    """The posts in a scope with person and unit; `unit` is a path, `on` None gives past ones."""
    posts = Post.objects.for_scope(scope.narrowed(Permission.ORG_READ))
    if words:
        key = normalise(words)
        posts = posts.filter(
            Q(person__name__contains=key)
            | Q(title__contains=key)
            | Q(unit__name__contains=key)
            | Q(unit__short_name__contains=key)
        )
    if unit:
        posts = posts.filter(below(unit, "unit__path"))
    if on is not None:
        posts = posts.filter(in_office_on(on))
    order = ("unit__path", "-is_main", "id")
    return posts.select_related("person__user", "unit").order_by(*order)


def access_post(actor: Actor, post_id: int, permission: Permission = Permission.ORG_READ) -> Post:
    """The post, if its unit is the actor's; else org.not_found."""
    posts = Post.objects.for_scope(actor.scope.narrowed(permission))
    post = posts.select_related("person", "unit").filter(pk=post_id).first()
    if post is None:
        raise UserError("org.not_found")
    return post


def find_person_in(unit: Unit, name: str, *, on: date | None = None) -> Person | None:
    """The one of that name who holds a post in the unit; None for nobody or for namesakes."""
    day = on or now().date()
    posts = Post.objects.unscoped(_PERMISSION_ITSELF).filter(in_office_on(day), unit=unit)
    found = list(Person.objects.filter(name=normalise(name), pk__in=posts.values("person_id"))[:2])
    return found[0] if len(found) == 1 else None


def access_user(
    actor: Actor, user_id: int, permission: Permission = Permission.ORG_ACCOUNTS
) -> User:
    """The account, if its person has a post in the actor's scope; else org.not_found."""
    posts = Post.objects.for_scope(actor.scope.narrowed(permission))
    users = User.objects.filter(person_id__in=posts.values("person_id"), pk=user_id)
    user = users.select_related("person").first()
    if user is None:
        raise UserError("org.not_found")
    return user


def check_person_within(actor: Actor, person: Person, permission: Permission) -> None:
    """Raises org.not_found unless all that the person holds or will hold is the actor's.

    Who keeps one street's accounts must not get into the district leader's by way of a post
    that he once had there, nor into that of who becomes it next week.
    """
    held = Post.objects.unscoped(_PERMISSION_ITSELF).filter(person=person, is_revoked=False)
    held = held.filter(Q(until_on__isnull=True) | Q(until_on__gte=now().date()))
    places = held.values_list("unit__path", flat=True)
    if not all(actor.scope.may_at(permission, place) for place in places):
        raise UserError("org.not_found")


def roles_held(person: Person, *, on: date) -> set[Role]:
    """The roles of all posts that the person holds on that day or will hold after it."""
    posts = Post.objects.unscoped(_PERMISSION_ITSELF).filter(person=person).exclude(role="")
    posts = posts.filter(is_revoked=False).filter(Q(until_on__isnull=True) | Q(until_on__gte=on))
    return {Role(role) for role in posts.values_list("role", flat=True)}


def areas_of_officers() -> dict[int, int]:
    """For each officer's post, held or to be held, the unit whose whole area it covers."""
    posts = Post.objects.unscoped(_PERMISSION_ITSELF).filter(role__in=OFFICERS, is_revoked=False)
    posts = posts.filter(Q(until_on__isnull=True) | Q(until_on__gte=now().date()))
    held = list(posts.values_list("pk", "role", "unit__path"))
    wanted = {prefix for _, _, path in held for prefix in prefixes(path)}
    units = Unit.objects.unscoped(_PERMISSION_ITSELF).filter(path__in=wanted)
    known = {path: (pk, kind) for pk, path, kind in units.values_list("pk", "path", "kind")}
    areas = {}
    for post, role, path in held:
        chain = [(p, UnitKind(known[p][1])) for p in reversed(prefixes(path))]
        areas[post] = known[reach_path(Role(role), chain)][0]
    return areas


def access_draft(actor: Actor, draft_id: int) -> ImportDraft:
    """The import that this actor began and has not confirmed; else org.draft_gone."""
    draft = ImportDraft.objects.filter(pk=draft_id, actor=actor.id).first()
    if draft is None:
        raise UserError("org.draft_gone")
    return draft


# --- calendar -------------------------------------------------------------------------------


def calendar_for(place: str | HasPlace) -> WorkCalendar:
    """The working days of a place: the nation's, and what each unit above it and itself ordered.

    The nearer unit wins, and of one unit the later order. One query.
    """
    path = place if isinstance(place, str) else place.path
    national = load_calendar()
    rows = (
        CalendarException.objects.unscoped(_CALENDAR_OF_A_PLACE)
        .filter(unit__path__in=prefixes(path))
        .order_by("id")
        .values_list("unit__path", "day", "is_workday")
    )
    latest: dict[tuple[int, date], bool | None] = {}
    for unit_path, day, is_workday in rows:
        latest[(len(unit_path), day)] = is_workday
    exceptions = dict(national.exceptions)
    for (_, day), is_workday in sorted(latest.items(), key=lambda item: item[0]):
        if is_workday is not None:
            exceptions[day] = is_workday
    return WorkCalendar(exceptions=exceptions, office_hours=national.office_hours)


def list_calendar_exceptions(scope: Scope, *, year: int) -> QuerySet[CalendarException]:
    """What units in the scope ordered for that year, by day, latest order last."""
    rows = CalendarException.objects.for_scope(scope.narrowed(Permission.ORG_READ))
    return rows.filter(day__year=year).select_related("unit").order_by("day", "unit__path", "id")
