"""One after the other where two would do the same."""

from __future__ import annotations

from django.db import connection


def hold_place(place: str) -> None:
    """Until the end of the transaction whoever else comes for this place waits.

    So the same bytes given twice at once are read once, and two workers with overlapping exports
    write one after the other. SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"intake:{place}"]
            )
