"""Checked before serving: the table of rights is whole. Asked by `qz verify`: the tree is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.db.models import F, Q
from django.db.models.functions import Length, Substr

from qingzhuang.kit.checks import integrity_check
from qingzhuang.org.models import KIND_NAMES, ROLE_NAMES, Post, Unit
from qingzhuang.org.rules import OWN_PERMISSIONS, PERMISSIONS_OF, check_roles_together
from qingzhuang.org.types import OFFICERS, Permission, Role, UnitKind

_CHECK = "an integrity check looks at every row"


@register("qingzhuang")
def check_rights(app_configs: Sequence[AppConfig] | None = None, **_: object) -> list[CheckMessage]:
    """Each role has its row and its name, each permission is held by some role."""
    found: list[CheckMessage] = []
    for role in Role:
        if role not in PERMISSIONS_OF:
            found.append(Error(f"role {role} has no row in PERMISSIONS_OF", id="org.E001"))
        else:
            check_roles_together({role})
        if role.value not in ROLE_NAMES:
            found.append(Error(f"role {role} has no name", id="org.E002"))
    given = OWN_PERMISSIONS.union(*PERMISSIONS_OF.values())
    found += [
        Error(f"permission {permission} is held by no role", id="org.E003")
        for permission in Permission
        if permission not in given
    ]
    found += [
        Error(f"kind {kind} has no name", id="org.E004")
        for kind in UnitKind
        if kind.value not in KIND_NAMES
    ]
    return found


@register("qingzhuang", deploy=True)
def check_permission_uses(
    app_configs: Sequence[AppConfig] | None = None, **_: object
) -> list[CheckMessage]:
    """Each permission is asked for by some page or action of our source."""
    tables = {"types.py", "rules.py"}
    asked: set[str] = set()
    for path in Path(str(files("qingzhuang"))).rglob("*.py"):
        if path.parent.name != "org" or path.name not in tables:
            asked |= set(re.findall(r"Permission\.([A-Z_]+)", path.read_text("utf-8")))
    return [
        Error(f"permission {permission} is asked for nowhere", id="org.E005")
        for permission in Permission
        if permission.name not in asked
    ]


def list_units_off_path() -> Iterable[int]:
    """Units whose path is not their parent's and one step more."""
    units = Unit.objects.unscoped(_CHECK)
    roots = units.filter(parent=None).exclude(path__regex=r"^[0-9]{4}\.$")
    above = units.exclude(parent=None).annotate(
        above=Substr("path", 1, Length("path") - 5),
    )
    wrong = above.exclude(above=F("parent__path")).values_list("pk", flat=True)
    yield from roots.values_list("pk", flat=True)
    yield from wrong.iterator()


def list_people_with_two_offices() -> Iterable[int]:
    """People who hold two of the three officers' posts at one time."""
    posts = Post.objects.unscoped(_CHECK).filter(role__in=OFFICERS, is_revoked=False)
    for post in posts:
        other = posts.filter(person_id=post.person_id, pk__gt=post.pk)
        if post.from_on:
            other = other.filter(Q(until_on=None) | Q(until_on__gte=post.from_on))
        if post.until_on:
            other = other.filter(Q(from_on=None) | Q(from_on__lte=post.until_on))
        if other.exclude(role=post.role).exists():
            yield post.person_id


integrity_check(
    "org.paths",
    list_units_off_path,
    introduction="每个单位的路径都是上级的路径再加一级。",
    recommendation="从备份恢复这些单位，或用导入单位名单重新放到上级下面。",
)
integrity_check(
    "org.officers_apart",
    list_people_with_two_offices,
    introduction="系统、安全、审计三个管理员由三个人担任。",
    recommendation="请安全管理员结束其中一个岗位。",
)
