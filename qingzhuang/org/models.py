"""Units, people, their posts and accounts, and the days on which a place works differently.

Nothing here is deleted: units and posts have dates, calendar rows are superseded by later ones.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from qingzhuang.kit.concurrency import Versioned
from qingzhuang.kit.scoping import ScopedManager
from qingzhuang.org.types import OFFICERS, Role, UnitKind

PATH_LENGTH = 80  # sixteen levels of "0001."

KIND_NAMES = {
    UnitKind.PROVINCE.value: _("省"),
    UnitKind.CITY.value: _("市"),
    UnitKind.DISTRICT.value: _("区县"),
    UnitKind.DEPARTMENT.value: _("部门"),
    UnitKind.STREET.value: _("街道"),
    UnitKind.TOWNSHIP.value: _("乡镇"),
    UnitKind.COMMUNITY.value: _("社区"),
    UnitKind.VILLAGE.value: _("村"),
    UnitKind.GRID.value: _("网格"),
    UnitKind.OFFICE.value: _("内设机构"),
    UnitKind.OTHER.value: _("其他"),
}
ROLE_NAMES = {
    Role.BURDEN_OFFICE.value: _("减负办"),
    Role.DEPARTMENT_CLERK.value: _("部门经办"),
    Role.STREET_DESK.value: _("街镇经办"),
    Role.COMMUNITY.value: _("社区（村）"),
    Role.GRID_WORKER.value: _("网格员"),
    Role.INSPECTOR.value: _("监督检查"),
    Role.LEADER.value: _("领导"),
    Role.SYSTEM_OFFICER.value: _("系统管理员"),
    Role.SECURITY_OFFICER.value: _("安全管理员"),
    Role.AUDIT_OFFICER.value: _("审计管理员"),
}


def _dates_in_order(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(from_on__isnull=True)
        | Q(until_on__isnull=True)
        | Q(until_on__gte=F("from_on")),
    )


class Unit(Versioned):
    """A division, a department, an office or a grid: a node of the one tree."""

    code = models.CharField(_("编码"), max_length=40, unique=True)
    division_code = models.CharField(_("统计用区划代码"), max_length=12, null=True, unique=True)
    name = models.CharField(_("名称"), max_length=100, db_index=True)
    short_name = models.CharField(_("简称"), max_length=50, blank=True, db_index=True)
    aliases = models.JSONField(_("别名"), default=list, blank=True)
    kind = models.CharField(_("类别"), max_length=16, choices=KIND_NAMES)
    order = models.PositiveIntegerField(_("机构序列"), default=0)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="children", verbose_name=_("上级单位")
    )
    path = models.CharField(max_length=PATH_LENGTH, unique=True, db_collation="BINARY")
    headcount = models.PositiveIntegerField(_("在编人数"), null=True)
    from_on = models.DateField(_("设立日期"), null=True)
    until_on = models.DateField(_("撤销日期"), null=True)

    objects: ClassVar[ScopedManager[Unit]] = ScopedManager(column="path")

    class Meta:
        constraints = (
            models.CheckConstraint(name="org_unit_named", condition=~Q(name="")),
            models.CheckConstraint(name="org_unit_path_ends", condition=Q(path__endswith=".")),
            _dates_in_order("org_unit_dates"),
        )

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def depth(self) -> int:
        """1 for a root."""
        return self.path.count(".")

    def is_current(self, on: date) -> bool:
        """Whether the unit exists on that day; `until_on` is its last day."""
        return (self.from_on or on) <= on <= (self.until_on or on)


class FormerPath(models.Model):
    """A path that a unit had before it moved: never given to another, still in its scope."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="former_paths")
    path = models.CharField(max_length=PATH_LENGTH, unique=True, db_collation="BINARY")
    until_on = models.DateField()


class Person(models.Model):
    """Someone who holds posts. Name and, where the office has one, a staff number; no more."""

    name = models.CharField(_("姓名"), max_length=50, db_index=True)
    number = models.CharField(_("工号"), max_length=40, null=True, unique=True)

    class Meta:
        constraints = (models.CheckConstraint(name="org_person_named", condition=~Q(name="")),)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> User:
        """An account; without a password nobody can sign in with it."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, Versioned):
    """An account. What its holder may do comes from the posts of `person`, and only from them.

    When someone last signed in is not kept: the trail has it for the audit officer, and a column
    would invite counting (law 2).
    """

    last_login = None
    username = models.CharField(_("用户名"), max_length=60, unique=True)
    display_name = models.CharField(_("称呼"), max_length=50, blank=True)
    person = models.OneToOneField(Person, models.PROTECT, null=True, related_name="user")
    is_active = models.BooleanField(_("可以登录"), default=True)
    must_change_password = models.BooleanField(_("须改初始密码"), default=True)
    reset_at = models.DateTimeField(_("口令重设时间"), null=True)
    reset_by = models.CharField(_("口令由谁重设"), max_length=20, blank=True, choices=ROLE_NAMES)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def actor_id(self) -> str:
        """The text that the trail keeps of this account."""
        return f"user:{self.pk}"


class Post(Versioned):
    """One person's post in one unit from a day to a day. A change closes it and opens another."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    role = models.CharField(_("角色"), max_length=20, blank=True, choices=ROLE_NAMES)
    title = models.CharField(_("职务"), max_length=60, blank=True)
    is_main = models.BooleanField(_("主要职务"), default=True)
    is_acting = models.BooleanField(_("主持或代理"), default=False)
    is_seconded = models.BooleanField(_("借调"), default=False)
    from_on = models.DateField(_("任职时间"), null=True)
    until_on = models.DateField(_("离任时间"), null=True)
    # Taken back on its first day or before: the row tells that it was given, and gives nothing.
    is_revoked = models.BooleanField(_("当天收回"), default=False)

    objects: ClassVar[ScopedManager[Post]] = ScopedManager(column="unit__path")

    class Meta:
        indexes = (models.Index(fields=("unit", "until_on"), name="org_post_unit"),)
        constraints = (
            _dates_in_order("org_post_dates"),
            models.UniqueConstraint(
                name="org_one_open_officer_post",
                fields=("person",),
                condition=Q(
                    role__in=sorted(role.value for role in OFFICERS), until_on__isnull=True
                ),
            ),
            models.UniqueConstraint(
                name="org_post_once",
                fields=("person", "unit", "title", "role"),
                condition=Q(until_on__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.unit} {self.title}".strip()

    def is_current(self, on: date) -> bool:
        """Whether it is held on that day; `until_on` is the last day."""
        return not self.is_revoked and (self.from_on or on) <= on <= (self.until_on or on)


class CalendarException(models.Model):
    """A day that a unit and all below it work or do not work; the latest row of a day counts.

    `is_workday` null takes the unit's word back: the level above decides again.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="calendar_exceptions")
    day = models.DateField(_("日期"))
    is_workday = models.BooleanField(_("上班"), null=True)
    reason = models.CharField(_("原因"), max_length=100)
    made_at = models.DateTimeField()

    objects: ClassVar[ScopedManager[CalendarException]] = ScopedManager(column="unit__path")

    class Meta:
        indexes = (models.Index(fields=("day", "unit"), name="org_calendar_day"),)


class ImportDraft(models.Model):
    """Parsed rows of a workbook between the preview and the confirmation; gone after a day."""

    actor = models.CharField(max_length=60)
    kind = models.CharField(max_length=10)
    file_name = models.CharField(max_length=200)
    sheet = models.JSONField()
    created_at = models.DateTimeField()
