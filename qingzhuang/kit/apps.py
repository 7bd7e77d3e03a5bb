"""The ground that every room stands on, as a Django app."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class KitConfig(AppConfig):
    name = "qingzhuang.kit"

    def ready(self) -> None:
        from qingzhuang.kit import append_only, checks, system_checks  # noqa: F401
        from qingzhuang.kit.jobs import queue, upkeep  # noqa: F401

        checks.integrity_check(
            "kit.jobs_known",
            queue.list_unknown,
            introduction="等着办的后台事，每一件都有人会办。",
            recommendation="这些事来自旧版本；确认不再需要后，请系统管理员清掉。",
        )
        autodiscover_modules("jobs")  # every room's jobs.py registers what a worker can run
        post_migrate.connect(append_only.put_guards_after_migrate, sender=self)
