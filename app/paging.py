"""One page of a long list: which rows, in which order, out of how many."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select

PER_PAGE = 10
PER_PAGE_MAX = 1000

T = TypeVar("T", bound=Select[*tuple[Any, ...]])
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page:
    """What a reader asks for. `per_page` None means "all", which still is PER_PAGE_MAX rows at most."""

    page: int = 1
    per_page: int | None = PER_PAGE
    sort: str | None = None
    descending: bool = False
    skipped: int = 0  # rows before the first page

    @property
    def size(self) -> int:
        return min(self.per_page or PER_PAGE_MAX, PER_PAGE_MAX)

    def order(self, columns: Mapping[str, Any], default: Any, tie: Any) -> list[Any]:
        """The columns to order by. An unknown name means the default; `tie` makes every page the same each time."""
        column = columns.get(self.sort or "")
        if column is None:
            return [default, tie]
        return [column.desc() if self.descending else column.asc(), tie]

    def cut(self, query: T) -> T:
        return query.limit(self.size).offset(self.skipped + (self.page - 1) * self.size)


@dataclass(frozen=True)
class Paged(Generic[Row]):
    """One page of rows, and how many there are in all."""

    rows: list[Row]
    total: int
