"""Times as cells, headers and pages write them, read into moments in China."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from qingzhuang.kit.pure.clock import at, in_china
from qingzhuang.kit.pure.text import fold_width

_DAY = re.compile(r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*[日号]?")
_PACKED = re.compile(
    r"(?<!\d)((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?:(\d{2})(\d{2})(\d{2})?)?(?!\d)"
)
_SHORT = re.compile(r"(?<!\d)(\d{1,2})\s*(?:月|/|-|\.)\s*(\d{1,2})\s*[日号]?(?![\d.])")
_CLOCK = re.compile(
    r"(上午|下午|晚上|晚|中午|凌晨|早上|AM|PM)?\s*(\d{1,2})\s*(?:[:时点])\s*(?:(\d{1,2})\s*(?:分|:|$|(?=\s)|(?=[^\d]))\s*(\d{1,2})?|(半))?\s*秒?\s*(AM|PM)?",
    re.I,
)
_ZONE = re.compile(r"T\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$")
_EPOCH = date(1899, 12, 30)  # day 0 of Excel's calendar, its wrong leap day of 1900 counted in
_SERIALS = range(25_569, 73_050)  # 1970 to 2099; smaller numbers are counts, not days


def from_serial(number: float) -> datetime | None:
    """Excel's day number as a moment, to the minute's second; None for one that is no day."""
    if int(number) not in _SERIALS:
        return None
    day, part = divmod(number, 1)
    moment = at(_EPOCH + timedelta(days=int(day))) + timedelta(seconds=round(part * 86_400))
    return moment if part else moment.replace(hour=9)


def parse_moment(value: object, *, year: int | None = None) -> datetime | None:
    """A cell or text as a moment in China; None when it is none.

    `year` serves days without one ("3月1日"). A day without a time is nine o'clock, when the
    office opens: midnight would make it look like work sent at night.
    """
    if isinstance(value, datetime):
        # A date in a workbook comes as midnight.
        if value.tzinfo is None and value.time() == time():
            value = value.replace(hour=9)
        return in_china(value).replace(microsecond=0)
    if isinstance(value, date):
        return at(value, 9)
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        packed = parse_moment(str(int(value))) if value >= 19_000_101 else None
        return packed or from_serial(value)
    if not isinstance(value, str):
        return None
    text = fold_width(value).strip()
    if not text or len(text) > 60:
        return None
    if _ZONE.search(text):
        try:
            return in_china(datetime.fromisoformat(text)).replace(microsecond=0)
        except ValueError:
            return None
    return _parse_text(text, year)


def _parse_text(text: str, year: int | None) -> datetime | None:
    found = _DAY.search(text)
    if found:
        numbers, rest = [int(g) for g in found.groups()], text[found.end() :]
    elif found := _PACKED.search(text):
        numbers, rest = [int(g) for g in found.groups()[:3]], text[found.end() :]
        if found[4]:
            rest = f"{found[4]}:{found[5]}:{found[6] or '00'}"
    elif (found := _SHORT.search(text)) and year:
        numbers, rest = [year, int(found[1]), int(found[2])], text[found.end() :]
    else:
        if re.fullmatch(r"\d{5}(?:\.\d+)?", text):
            return from_serial(float(text))
        return None
    clock = parse_clock(rest.lstrip(" T,，"))
    try:
        day = date(*numbers)
    except ValueError:
        return None
    return datetime.combine(day, clock, at(day).tzinfo) if clock else at(day, 9)


def parse_clock(value: object) -> time | None:
    """'9:05', '下午3点半', a time or a part of a day (0.5) as a time; None when it is none."""
    if isinstance(value, datetime):
        return value.time().replace(microsecond=0)
    if isinstance(value, time):
        return value.replace(microsecond=0, tzinfo=None)
    if isinstance(value, timedelta):
        value = value.total_seconds() / 86_400
    if isinstance(value, float) and 0 <= value < 1:
        return (datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=round(value * 86_400))).time()
    if not isinstance(value, str):
        return None
    found = _CLOCK.match(fold_width(value).strip())
    if found is None:
        return None
    part = (found[1] or found[6] or "").upper()
    hour = int(found[2])
    minute = 30 if found[5] else int(found[3] or 0)
    if (
        part in ("下午", "晚上", "晚", "PM", "中午")
        and hour < 12
        and not (part == "中午" and hour >= 11)
    ):
        hour += 12
    elif part in ("凌晨", "AM") and hour == 12:
        hour = 0
    try:
        return time(hour, minute, int(found[4] or 0))
    except ValueError:
        return None
