"""Digests that only this installation can make, of what may name a person."""

from __future__ import annotations

import hmac
from pathlib import Path

from django.conf import settings

from qingzhuang.kit.keys import key_at


def keyed(kind: str, value: str) -> str:
    """24 hexadecimal digits (96 bits): HMAC-SHA256 of `value` under $QZ_HOME/intake.key.

    What is stored is masked, and the digest is of what was said: without a key the four digits
    that the mask hides, or a QQ number, would be found by trying them all. `kind` ("message",
    "source", "channel") keeps equal values of different kinds apart. Empty stays empty.
    """
    if not value:
        return ""
    key = key_at(Path(settings.QZ_HOME) / "intake.key")
    return hmac.digest(key, f"{kind}\0{value}".encode(), "sha256").hex()[:24]
