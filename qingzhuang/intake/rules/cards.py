"""The 30-second phone card, as the row of a register that the sheet reader knows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime

HEADER = ("来电时间", "来电单位", "内容")


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCard:
    caller: str
    rang_at: datetime
    said: str


def phone_card_text(card: PhoneCard) -> str:
    """A CSV of one row: the card goes through the same reader as an office's own register."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    writer.writerow([card.rang_at.strftime("%Y-%m-%d %H:%M"), card.caller, card.said])
    return out.getvalue()
