"""The ground that every room stands on, as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class KitConfig(AppConfig):
    name = "qingzhuang.kit"

    def ready(self) -> None:
        from qingzhuang.kit import append_only, checks, system_checks  # noqa: F401
        from qingzhuang.kit.jobs import upkeep  # noqa: F401

        autodiscover_modules("jobs")  # every room's jobs.py registers what a worker can run
        post_migrate.connect(append_only.put_guards_after_migrate, sender=self)
