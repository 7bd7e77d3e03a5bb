"""Secret keys in the data folder: made once, readable by their owner alone."""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path


@cache
def key_at(path: Path) -> bytes:
    """The 32 bytes of the key at `path`, made at the first call on this installation.

    Two processes that start together agree on one key. A lost key cannot be made again: what
    it sealed stays sealed. Raises ValueError when the file is there but is no such key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as out:
            out.write(secrets.token_hex(32))
            out.flush()
            os.fsync(out.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = bytes.fromhex(path.read_text("ascii").strip())
    if len(key) != 32:
        raise ValueError(f"{path} is not a 32-byte key")
    return key
