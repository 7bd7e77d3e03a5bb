"""What must not be stored in any text: numbers that name a person or an account."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from qingzhuang.kit.pure.text import fold_in_place

_DASHES = "‐‑‒–—―−﹘﹣·•‧_"
_SPACES = (
    "\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_UNSEEN = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_PLAIN = str.maketrans(_DASHES + _SPACES, "-" * len(_DASHES) + " " * len(_SPACES))

_ANY, _GAP = r"[ .-]{0,3}", r"[ .-]{1,3}"  # between groups of digits; bounded, so time is linear
_IDENTITY = re.compile(
    rf"(?<!\d)[1-9]\d{{5}}({_ANY})(\d{{4}}{_ANY}\d\d{_ANY}\d\d)({_ANY})\d{{3}}(?:\d(?!\d)|[Xx])",
    re.ASCII,
)
_OLD_IDENTITY = re.compile(
    r"(?<!\d)[1-8]\d{5}(\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))\d{3}(?!\d)", re.ASCII
)
_BIRTH = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
_CARD = re.compile(
    rf"(?<!\d)(?:\d{{15,19}}|\d{{4}}(?:{_GAP}\d{{4}}){{2}}{_GAP}\d{{3,4}}(?:{_GAP}\d{{1,3}})?)(?!\d)",
    re.ASCII,
)
_ACCOUNT = re.compile(r"(?:账号|帐号|卡号|账户|帐户)[是为:\s]{0,3}(\d{8,25})(?!\d)", re.ASCII)
# A point alone in the middle makes an amount, so points count only between all three groups.
_MOBILE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[ -]{0,3})?"
    r"(1[3-9]\d(?:"
    rf"[ -]{{0,3}}\d{{4}}[ -]{{0,3}}\d{{4}}|{_GAP}\d{{4}}{_GAP}\d{{4}}|{_GAP}\d{{3}}{_GAP}\d{{5}}"
    r"|\d-\d{3}-\d{4}))(?!\d)",
    re.ASCII,
)
_RUN = re.compile(r"\d{19,}", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_FEWEST = 8  # digits, of any number above
_SEEN_BEFORE = {4: 3, 6: 6, 8: 6}  # by masked digits: mobile, old identity number, identity number
_SEEN_AFTER = 4
_WIDEST_GAP = 3
_MOST_PASSES = 4  # two numbers that share digits are found one after the other


def redact(text: str) -> str:
    """Identity numbers, bank cards and mobile phones with their middle masked; length kept.

    The ways of masking are those of the interface: 110101********1234, 138****5678. Digits of
    any width are seen, whatever stands between their groups or, unseen, between two of them. A
    number that is no card by its check digit, and not called one, stays: document numbers and
    codes of organisations are nobody's.
    """
    if sum(c.isdigit() for c in text) < _FEWEST:
        return text
    masked = list(text)
    plain = list(fold_in_place(text).translate(_PLAIN))
    places = [at for at, c in enumerate(plain) if c not in _UNSEEN]
    seen = [plain[at] for at in places]
    for _ in range(_MOST_PASSES):
        hidden = [at for start, end in _spans("".join(seen)) for at in range(start, end)]
        for at in hidden:
            if seen[at].isdigit():
                seen[at] = masked[places[at]] = "*"
        if not hidden:
            break
    return "".join(masked)


def replace_numbers(text: str, by: Callable[[str], str]) -> str:
    """The numbers that `redact` masks, each as a whole replaced by `by(its digits)`.

    The digits are narrow and without what stood between them, so that a number gives the same
    however it was written.
    """
    masked = redact(text)
    if masked == text:
        return text
    plain = fold_in_place(text).translate(_PLAIN)
    pieces, end = [], 0
    for low, high in _wholes(plain, [at for at, c in enumerate(masked) if c != text[at]]):
        start, high = max(low, end), max(high, end)  # of two that touch, the first has the digit
        digits = "".join(c for c in plain[start:high] if c.isalnum())
        pieces += [text[end:start], by(digits.upper())]
        end = high
    return "".join(pieces) + text[end:]


def _wholes(plain: str, hidden: list[int]) -> Iterator[tuple[int, int]]:
    """The whole number round each masked part, by how many digits each kind leaves to be seen."""
    first = 0
    while first < len(hidden):
        last = first
        while last + 1 < len(hidden) and _is_gap(plain[hidden[last] + 1 : hidden[last + 1]]):
            last += 1
        before = _SEEN_BEFORE.get(last + 1 - first, 0)
        yield (
            _reach(plain, hidden[first], before, step=-1),
            _reach(plain, hidden[last], _SEEN_AFTER, step=1) + 1,
        )
        first = last + 1


def _reach(plain: str, at: int, most: int, *, step: int) -> int:
    """The place of the farthest of at most `most` digits next to `at`, gaps of three crossed."""
    reached = at
    while most and abs(at - reached) <= _WIDEST_GAP:
        at += step
        if not 0 <= at < len(plain):
            break
        if plain[at].isdigit() or (step > 0 and plain[at] in "Xx"):
            reached, most = at, most - 1
        elif not _is_gap(plain[at]):
            break
    return reached


def _is_gap(between: str) -> bool:
    return all(c in " .-" or c in _UNSEEN for c in between)


def _spans(seen: str) -> Iterator[tuple[int, int]]:
    taken = bytearray(len(seen))  # places that belong to an identity number
    for match in _IDENTITY.finditer(seen):
        if _is_identity(seen, match):
            taken[match.start() : match.end()] = b"\1" * len(match[0])
            yield match.span(2)
    for match in _OLD_IDENTITY.finditer(seen):
        taken[match.start() : match.end()] = b"\1" * len(match[0])
        yield match.span(1)
    for match in _CARD.finditer(seen):
        if not any(taken[match.start() : match.end()]) and _is_card(match[0]):
            yield match.start(), match.end() - 4
    for match in _ACCOUNT.finditer(seen):
        if not any(taken[match.start(1) : match.end(1)]):
            yield match.start(1), match.end(1) - 4
    for match in _MOBILE.finditer(seen):
        digits = [at for at in range(*match.span(1)) if seen[at].isdigit()]
        yield digits[3], digits[6] + 1
    for match in _RUN.finditer(seen):
        for start, end in _written_together(match[0]):
            yield match.start() + start, match.start() + end


def _is_identity(seen: str, match: re.Match[str]) -> bool:
    """Standing alone, any eighteen digits but an organisation's code (or a resident's from abroad),
    which begin with 9; beside a letter or in odd groups, with a day of birth.
    """
    before, after = seen[match.start() - 1 : match.start()], seen[match.end() : match.end() + 1]
    beside = any(c.isascii() and c.isalnum() for c in (before, after) if c)
    is_even = match[1] == match[3] in ("", " ", "-") and len(match[2]) == 8
    if is_even and not beside and seen[match.start()] != "9":
        return True
    return _BIRTH.fullmatch(re.sub(r"[ .-]", "", match[2])) is not None


def _written_together(run: str) -> Iterator[tuple[int, int]]:
    """What to mask in a run longer than any number: numbers one behind the other, or an identity
    number among other digits, known by its check digit.
    """
    parts: list[tuple[int, int]] = []
    at = 0
    while at < len(run):
        if at + 18 <= len(run) and run[at] != "0" and _BIRTH.fullmatch(run, at + 6, at + 14):
            parts.append((at + 6, at + 14))
            at += 18
        elif at + 11 <= len(run) and run[at] == "1" and run[at + 1] in "3456789":
            parts.append((at + 3, at + 7))
            at += 11
        else:
            break
    if at == len(run):
        yield from parts
        return
    for at in range(len(run) - 17):
        if run[at + 6 : at + 8] in ("19", "20") and _BIRTH.fullmatch(run, at + 6, at + 14):
            total = sum(int(c) * w for c, w in zip(run[at : at + 17], _WEIGHTS, strict=True))
            if "10X98765432"[total % 11] == run[at + 17]:
                yield at + 6, at + 14


def _is_card(shown: str) -> bool:
    digits = [int(c) for c in shown if c.isdigit()]
    if not 15 <= len(digits) <= 19 or digits[0] not in (3, 4, 5, 6, 9):
        return False
    if digits[:2] == [6, 2]:  # UnionPay's; some issuers give no check digit
        return True
    doubled = (2 * digit - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
