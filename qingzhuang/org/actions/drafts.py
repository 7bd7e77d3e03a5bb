"""Parsed rows kept between an import's preview and its confirmation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction

from qingzhuang.kit.clock import now
from qingzhuang.org.models import ImportDraft
from qingzhuang.org.types import Actor

_KEPT_FOR = timedelta(days=1)


@transaction.atomic
def keep_draft(*, actor: Actor, kind: str, file_name: str, sheet: dict[str, Any]) -> ImportDraft:
    """Keep parsed rows for a day; older drafts of everybody are dropped on the way.

    No trail: nothing of the organisation changes until the import is confirmed.
    """
    ImportDraft.objects.filter(created_at__lt=now() - _KEPT_FOR).delete()
    return ImportDraft.objects.create(
        actor=actor.id, kind=kind, file_name=file_name[:200], sheet=sheet, created_at=now()
    )


def drop_draft(*, draft: ImportDraft) -> None:
    """The import was confirmed, or given up."""
    draft.delete()
