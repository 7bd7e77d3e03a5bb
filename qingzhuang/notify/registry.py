"""Where rooms say what they have for a person's day and for search; read by the day page."""

from __future__ import annotations

from datetime import date

from qingzhuang.notify.types import DayItem, Found, ListDayItems, Search
from qingzhuang.org.types import Actor

_day_items: dict[str, ListDayItems] = {}
_searches: dict[str, Search] = {}


def register_day_items(room: str, list_items: ListDayItems) -> None:
    """Called from AppConfig.ready of the room that has them."""
    _day_items[room] = list_items


def register_search(room: str, search: Search) -> None:
    """Called from AppConfig.ready of the room that can be searched."""
    _searches[room] = search


def list_day_items(*, actor: Actor, place: str, on: date) -> list[DayItem]:
    """Everything for that unit on that day: life safety first, then by deadline, undated last."""
    items = [
        item
        for list_items in _day_items.values()
        for item in list_items(actor=actor, place=place, on=on)
    ]
    return sorted(items, key=_order)


def _order(item: DayItem) -> tuple[bool, bool, float, float]:
    due = item.due_at.timestamp() if item.due_at else 0.0
    sent = item.sent_at.timestamp() if item.sent_at else 0.0
    return (not item.is_urgent, item.due_at is None, due, -sent)


def search(*, actor: Actor, words: str, limit: int = 20) -> list[Found]:
    """What every room finds, room by room."""
    words = words.strip()
    if not words:
        return []
    return [
        found
        for search_room in _searches.values()
        for found in search_room(actor=actor, words=words, limit=limit)
    ]
