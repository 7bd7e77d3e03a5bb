"""For which of his units somebody gives things in and looks at the day."""

from __future__ import annotations

from qingzhuang.kit import clock
from qingzhuang.org.queries import list_posts, unit_at
from qingzhuang.org.types import Actor, Permission


def home_of(*, person: int | None, actor: Actor, permission: Permission) -> str:
    """The path of the unit for which the person acts unless he says another; "" for none.

    `person` is the id of who holds the account. The unit is that of his main post today, as far as
    the permission reaches around it; else the first unit of his that stands today. A place where
    a unit stood before it moved is never taken.
    """
    paths = actor.scope.narrowed(permission).paths
    if len(paths) == 1:
        return paths[0]
    today = clock.now().date()
    posts = list_posts(actor.scope, on=today).filter(person_id=person or 0).exclude(role="")
    held = posts.order_by("-is_main", "-from_on", "-pk").values_list("unit__path", flat=True)
    near = [path for unit in held for path in reversed(paths) if unit.startswith(path)]
    for path in dict.fromkeys([*near, *paths]):
        unit = unit_at(path)
        if unit is not None and unit.path == path and unit.is_current(today):
            return path
    return ""
