"""Long lists, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext as _

from qingzhuang.intake import models
from qingzhuang.intake.queries import MOST_COUNTED, fetch_page

PAGE_ROWS = 50


class _Counted(Paginator):  # type: ignore[type-arg]
    """Pages of a list whose length is known; of a very long one only the first are turned to."""

    def __init__(self, rows: Any, count: int) -> None:
        listed: Any = _Lazy(rows) if rows.model is models.Ask else rows
        super().__init__(listed, PAGE_ROWS)
        self._length = count

    @property
    def count(self) -> int:
        return min(self._length, MOST_COUNTED)


@dataclass(frozen=True, slots=True)
class _Lazy:
    """A list of asks of which a page is fetched without the rows before it."""

    rows: Any
    ordered: bool = True  # so the paginator does not ask the list for its order

    def __getitem__(self, part: slice) -> list[models.Ask]:
        return fetch_page(self.rows, part.start, part.stop)


def one_page(request: HttpRequest, rows: Any, count: int) -> dict[str, Any]:
    """The page asked for as `shown`, and how many rows there are in words as `total`."""
    shown = _Counted(rows, count).get_page(request.GET.get("page"))
    total = f"{count:,}" if count <= MOST_COUNTED else _("超过 %s") % f"{MOST_COUNTED:,}"
    return {"shown": shown, "total": total}
