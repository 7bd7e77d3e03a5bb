"""A set of 64-bit keys of any size in little memory: a Python set that spills to a temporary file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

# Some 90 bytes a key in a Python set: 1.5 million are about 130 MB.
IN_MEMORY = 1_500_000
_CACHE_KIB = 96 * 1024


class KeySet:
    """Keys are integers of 64 bits, signed or not. The file goes when the object does.

    Raises OSError when the temporary folder is full.
    """

    def __init__(self, *, in_memory: int = IN_MEMORY) -> None:
        self._limit = in_memory
        self._recent: set[int] = set()
        self._file: sqlite3.Connection | None = None

    def __contains__(self, key: int) -> bool:
        if key in self._recent:
            return True
        if self._file is None:
            return False
        found = self._file.execute("SELECT 1 FROM keys WHERE key = ?", (_signed(key),)).fetchone()
        return found is not None

    def add(self, key: int) -> None:
        self._recent.add(key)
        if len(self._recent) >= self._limit:
            self._spill()

    def update(self, keys: Iterable[int]) -> None:
        for key in keys:
            self.add(key)

    def _spill(self) -> None:
        try:
            if self._file is None:
                # An empty name is a file of SQLite's own in the temporary folder, never shown.
                self._file = sqlite3.connect("", isolation_level=None)
                self._file.execute("PRAGMA journal_mode = OFF")
                self._file.execute("PRAGMA synchronous = OFF")
                self._file.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
                self._file.execute("CREATE TABLE keys (key INTEGER PRIMARY KEY)")
            self._file.execute("BEGIN")
            # Sorted, so that the tree is walked once instead of jumped about in.
            ordered = sorted(map(_signed, self._recent))
            self._file.executemany(
                "INSERT OR IGNORE INTO keys VALUES (?)", ((key,) for key in ordered)
            )
            self._file.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise OSError(f"no room for the set of keys: {error}") from error
        self._recent = set()


def _signed(key: int) -> int:
    return key - (1 << 64) if key >= 1 << 63 else key
