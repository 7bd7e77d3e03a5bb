"""Querysets that refuse to run before someone has said whose rows are meant.

A model with a column that holds a place in a tree (`0001.0007.`) declares

    objects = ScopedManager()                     # the column is called `place`
    objects = ScopedManager(column="unit__path")  # or stands elsewhere

and every read, update and delete through it is `Model.objects.for_scope(scope)`, or
`Model.objects.unscoped("the reason")` where no person is asking. Anything else, a subquery and a
related manager too, raises UnscopedQuery. Inserts need no scope. The column is a CharField with
`db_collation="BINARY"` (a collation that org's first migration makes on PostgreSQL).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, Self, TypeVar

from django.db import models
from django.db.models import Q
from django.db.models.sql import Query

M = TypeVar("M", bound=models.Model, covariant=True)


class UnscopedQuery(Exception):  # noqa: N818 — contract name
    """A programming error: the queryset was run without for_scope() or unscoped()."""


class Reach(Protocol):
    """Whatever knows the places that somebody may see; "" is everywhere."""

    @property
    def paths(self) -> Iterable[str]: ...


def below(path: str, column: str = "place") -> Q:
    """The rows at `path` and below it, as a range that an index answers."""
    return Q(**{f"{column}__gte": path, f"{column}__lt": f"{path}~"})


class ScopedQuery(Query):
    """The guard sits where SQL is made, so no way of running a queryset goes round it."""

    is_opened = False

    def check_opened(self) -> None:
        if not self.is_opened:
            name = self.model.__name__ if self.model else "?"
            raise UnscopedQuery(f"{name}: call .for_scope(scope) or .unscoped(reason) first")

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        self.check_opened()
        return super().get_compiler(*args, **kwargs)

    def combine(self, rhs: Query, connector: str) -> None:
        """`scoped | everything` would be everything."""
        self.check_opened()
        if isinstance(rhs, ScopedQuery):
            rhs.check_opened()
        super().combine(rhs, connector)

    def chain(self, klass: type[Query] | None = None) -> Any:
        if klass is not None:  # becomes an UPDATE, which is no ScopedQuery any more
            self.check_opened()
        return super().chain(klass)


class ScopedQuerySet(models.QuerySet[M, M]):
    scope_column = "place"

    def __init__(
        self,
        model: type[models.Model] | None = None,
        query: Query | None = None,
        using: str | None = None,
        hints: dict[str, models.Model] | None = None,
    ) -> None:
        if query is None and model is not None:
            query = ScopedQuery(model)
        super().__init__(model, query, using, hints)

    def _opened(self) -> Self:
        clone = self.all()
        if isinstance(clone.query, ScopedQuery):
            clone.query.is_opened = True
        return clone

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone.scope_column = self.scope_column
        return clone

    def for_scope(self, scope: Reach) -> Self:
        """Only rows at or below the scope's places."""
        paths = tuple(scope.paths)
        wanted = Q(pk__in=[]) if not paths else Q()
        for path in paths:
            wanted |= below(path, self.scope_column)
        return self._opened().filter(wanted)

    def unscoped(self, reason: str) -> Self:
        """All rows. The reason stands in the code for whoever reviews it."""
        if not reason.strip():
            raise UnscopedQuery("a reason is needed")
        return self._opened()

    def _raw_delete(self, using: str | None) -> int:
        if isinstance(self.query, ScopedQuery):
            self.query.check_opened()
        return super()._raw_delete(using)


class ScopedManager(models.Manager[M]):
    """The default manager of a model whose rows belong to places. See the module's words."""

    def __init__(self, *, column: str = "place") -> None:
        super().__init__()
        self.scope_column = column

    def get_queryset(self) -> ScopedQuerySet[M]:
        queryset: ScopedQuerySet[M] = ScopedQuerySet(self.model, using=self._db)
        queryset.scope_column = self.scope_column
        return queryset

    def for_scope(self, scope: Reach) -> ScopedQuerySet[M]:
        return self.get_queryset().for_scope(scope)

    def unscoped(self, reason: str) -> ScopedQuerySet[M]:
        return self.get_queryset().unscoped(reason)
