"""Kept files: what the database knows of them. Their bytes lie sealed in the data folder."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q


class StoredFile(models.Model):
    """One kept file. Shredded, only the row stays: key, name and digest are gone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.TextField(default="")  # HMAC-SHA256 of the content: same or not, no more
    size = models.BigIntegerField()
    media_type = models.TextField(default="application/octet-stream")
    sealed_name = models.BinaryField(default=bytes)
    cipher = models.TextField()
    sealed_key = models.BinaryField(default=bytes)
    purpose = models.TextField()
    place = models.TextField()
    lawful_basis = models.TextField(default="")
    stored_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    shredded_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"], name="files_to_shred", condition=Q(shredded_at=None)
            ),
            models.Index(fields=["digest"], name="files_by_digest"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(shredded_at=None) | Q(sealed_key=b"", sealed_name=b"", digest=""),
                name="files_shredded_means_gone",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
