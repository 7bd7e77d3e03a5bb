"""Originals and attachments, encrypted, each with its purpose and its end."""

from __future__ import annotations

from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "qingzhuang.files"

    def ready(self) -> None:
        from qingzhuang.files.queries import (
            list_missing_originals,
            list_overdue,
            list_unreadable_keys,
        )
        from qingzhuang.kit.checks import integrity_check

        integrity_check(
            "files.present",
            list_missing_originals,
            introduction="每一份登记在册的原件都在，大小不差。",
            recommendation="从备份里找回缺的原件；找不回的，请来源单位再发一次。",
        )
        integrity_check(
            "files.key_fits",
            list_unreadable_keys,
            introduction="原件的总钥匙（files.key）打得开最近的原件。",
            recommendation="从备份里找回原来的 files.key；没有它，原件谁也读不出来。",
        )
        integrity_check(
            "files.shredded_in_time",
            list_overdue,
            introduction="到期的原件都已销毁。",
            recommendation="看看后台办事进程是否在运行（qz worker），它每天销毁一次。",
        )
