"""Long lists, a page at a time."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext as _

from qingzhuang.intake.queries import (
    MOST_COUNTED,
)

PAGE_ROWS = 50


class _Counted(Paginator):  # type: ignore[type-arg]
    """Pages of a list whose length is known; of a very long one only the first are turned to."""

    def __init__(self, rows: Any, count: int) -> None:
        super().__init__(rows, PAGE_ROWS)
        self._length = count

    @property
    def count(self) -> int:
        return min(self._length, MOST_COUNTED)


def one_page(request: HttpRequest, rows: Any, count: int) -> dict[str, Any]:
    """The page asked for as `shown`, and how many rows there are in words as `total`."""
    shown = _Counted(rows, count).get_page(request.GET.get("page"))
    total = f"{count:,}" if count <= MOST_COUNTED else _("超过 %s") % f"{MOST_COUNTED:,}"
    return {"shown": shown, "total": total}
