"""What must not be stored in a message's text: numbers that name a person or an account."""

from __future__ import annotations

import re

# Standing alone, so that neither a document number nor an amount is taken for one.
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])(\d{6})(\d{8})(\d{3}[0-9Xx])(?![0-9A-Za-z])")
_OLD_IDENTITY = re.compile(r"(?<!\d)([1-9]\d{5})(\d{6})(\d{3})(?!\d)")
_CARD = re.compile(r"(?<!\d)(?:\d{4}[ -]?){3,4}\d{3,4}(?!\d)|(?<!\d)62\d{14,17}(?!\d)")
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?!\d)")


def redact(text: str) -> str:
    """Identity numbers, bank cards and mobile phones with their middle masked; length kept.

    The ways of masking are those of the interface: 110101********1234, 138****5678.
    """
    if not any(c.isdigit() for c in text):
        return text
    text = _IDENTITY.sub(lambda m: m[1] + "*" * 8 + m[3], text)
    text = _CARD.sub(_mask_card, text)
    text = _OLD_IDENTITY.sub(lambda m: m[1] + "*" * 6 + m[3], text)
    return _MOBILE.sub(_mask_mobile, text)


def _mask_card(match: re.Match[str]) -> str:
    shown = match.group()
    digits = sum(c.isdigit() for c in shown)
    if not 15 <= digits <= 19:
        return shown
    return "".join("*" if c.isdigit() else c for c in shown[:-4]) + shown[-4:]


def _mask_mobile(match: re.Match[str]) -> str:
    middle = match.group()[len(match[1]) : -len(match[3])]
    return match[1] + "".join("*" if c.isdigit() else c for c in middle) + match[3]
