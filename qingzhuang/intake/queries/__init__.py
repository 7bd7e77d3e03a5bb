"""Reading what came in: gates, lists with their filters, a unit's day, search."""

from __future__ import annotations

from qingzhuang.intake.queries.days import (
    is_day_cut,
    last_states,
    list_answered,
    list_day_asks,
    list_day_items,
)
from qingzhuang.intake.queries.gates import access_ask, access_source
from qingzhuang.intake.queries.homes import home_of
from qingzhuang.intake.queries.lists import (
    MOST_COUNTED,
    UNFINISHED,
    AskFilter,
    AskList,
    count_up_to,
    fetch_page,
    list_asks,
    list_batch_asks,
    list_corrections,
    list_issuers,
    list_sightings,
    list_skips,
    list_source_asks,
    list_sources,
    search_asks,
    sum_batch,
)

__all__ = [
    "MOST_COUNTED",
    "UNFINISHED",
    "AskFilter",
    "AskList",
    "access_ask",
    "access_source",
    "count_up_to",
    "fetch_page",
    "home_of",
    "is_day_cut",
    "last_states",
    "list_answered",
    "list_asks",
    "list_batch_asks",
    "list_corrections",
    "list_day_asks",
    "list_day_items",
    "list_issuers",
    "list_sightings",
    "list_skips",
    "list_source_asks",
    "list_sources",
    "search_asks",
    "sum_batch",
]
