"""Two people, one thing: the second save is told, on every database, without row locks."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F

from qingzhuang.kit.pure.errors import UserError


class Versioned(models.Model):
    """A row that counts its changes.

    A form carries `version` with it; the action saves with the version the person saw.
    """

    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def save_versioned(self, *, update_fields: list[str], seen_version: int | None = None) -> None:
        """Write these fields if nobody has changed the row since `seen_version` (default: since
        it was read). Raises UserError("kit.changed_meanwhile") otherwise, and nothing is written.
        """
        values = {name: getattr(self, name) for name in update_fields}
        self.compare_and_set(seen_version=seen_version, **values)

    def compare_and_set(self, *, seen_version: int | None = None, **values: Any) -> Self:
        """Set these fields, and raise the version, if the row still has the version seen.

        Raises UserError("kit.changed_meanwhile") when it has not or the row is gone.
        """
        seen = self.version if seen_version is None else seen_version
        rows = type(self)._base_manager.filter(pk=self.pk, version=seen)
        if rows.update(version=F("version") + 1, **values) != 1:
            raise UserError("kit.changed_meanwhile")
        for name, value in values.items():
            setattr(self, name, value)
        self.version = seen + 1
        return self
