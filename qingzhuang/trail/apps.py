"""Who did what, where and why."""

from __future__ import annotations

from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "qingzhuang.trail"

    def ready(self) -> None:
        from qingzhuang.kit.append_only import list_missing_guards
        from qingzhuang.kit.checks import integrity_check

        integrity_check(
            "trail.append_only",
            list_missing_guards,
            introduction="只增不改的表，数据库里的保护都在。",
            recommendation="先查清是谁拆掉的，再升级一次程序，保护会自动装回。",
        )
