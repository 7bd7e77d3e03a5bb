"""What must not be stored in a message's text: numbers that name a person or an account."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qingzhuang.kit.pure.text import fold_in_place

# Standing alone, so that neither a document number nor an amount is taken for one.
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}([ -]?)(\d{8})\1\d{3}[0-9Xx](?![0-9A-Za-z])", re.ASCII
)
_OLD_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])[1-8]\d{5}(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))\d{3}(?![0-9A-Za-z])",
    re.ASCII,
)
_BIRTH = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
_CARD = re.compile(
    r"(?<![0-9A-Za-z])(?:\d{15,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{3,4}(?:\1\d{1,3})?)(?![0-9A-Za-z])",
    re.ASCII,
)
_ACCOUNT = re.compile(r"(?:账号|帐号|卡号|账户|帐户)[是为:\s]{0,3}(\d{8,25})(?!\d)", re.ASCII)
_MOBILE = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?(\d{4})[ -]?\d{4}(?!\d)", re.ASCII
)
_FEWEST = 8  # digits, of any number above


def redact(text: str) -> str:
    """Identity numbers, bank cards and mobile phones with their middle masked; length kept.

    The ways of masking are those of the interface: 110101********1234, 138****5678. Digits of
    any width are seen. A number that is no card by its check digit, and not called one, stays:
    document numbers and codes of organisations are nobody's.
    """
    if sum(c.isdigit() for c in text) < _FEWEST:
        return text
    folded = fold_in_place(text)
    masked = list(text)
    for start, end in _spans(folded):
        for at in range(start, end):
            if folded[at].isdigit():
                masked[at] = "*"
    return "".join(masked)


def _spans(folded: str) -> Iterator[tuple[int, int]]:
    taken = bytearray(len(folded))  # places that belong to an identity number
    for match in _IDENTITY.finditer(folded):
        # What begins with 9 is an organisation's code, or a resident's from abroad.
        if folded[match.start()] != "9" or _BIRTH.fullmatch(match[2]):
            taken[match.start() : match.end()] = b"\1" * len(match[0])
            yield match.span(2)
    for match in _OLD_IDENTITY.finditer(folded):
        taken[match.start() : match.end()] = b"\1" * len(match[0])
        yield match.span(1)
    for match in _CARD.finditer(folded):
        if not any(taken[match.start() : match.end()]) and _is_card(match[0]):
            yield match.start(), match.end() - 4
    for match in _ACCOUNT.finditer(folded):
        if not any(taken[match.start(1) : match.end(1)]):
            yield match.start(1), match.end(1) - 4
    for match in _MOBILE.finditer(folded):
        yield match.span(1)


def _is_card(shown: str) -> bool:
    digits = [int(c) for c in shown if c.isdigit()]
    if not 15 <= len(digits) <= 19 or digits[0] not in (3, 4, 5, 6, 9):
        return False
    if digits[:2] == [6, 2]:  # UnionPay's; some issuers give no check digit
        return True
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
