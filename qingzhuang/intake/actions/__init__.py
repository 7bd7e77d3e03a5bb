"""What people and jobs do with what came in: give a source, read it, correct, answer, forget."""

from __future__ import annotations

from qingzhuang.intake.actions.asks import correct_ask, mark_ask, reread_asks
from qingzhuang.intake.actions.exports import note_export
from qingzhuang.intake.actions.reading import read_source
from qingzhuang.intake.actions.retention import expire_messages
from qingzhuang.intake.actions.sources import (
    DEFAULT_RETENTION_DAYS,
    ORIGINAL_DAYS,
    add_source,
    cancel_source,
    finish_source,
    mend_sources,
    refuse_source,
    retry_source,
)

__all__ = [
    "DEFAULT_RETENTION_DAYS",
    "ORIGINAL_DAYS",
    "add_source",
    "cancel_source",
    "correct_ask",
    "expire_messages",
    "finish_source",
    "mark_ask",
    "mend_sources",
    "note_export",
    "read_source",
    "refuse_source",
    "reread_asks",
    "retry_source",
]
