"""Registers the organisation with Django."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrgConfig(AppConfig):
    name = "qingzhuang.org"
    label = "org"
    verbose_name = _("组织")

    def ready(self) -> None:
        from qingzhuang.org import system_checks  # noqa: F401
