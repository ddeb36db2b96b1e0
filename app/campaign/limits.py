"""Whether a limit leaves room. Pure.

The predicates work on values and on columns alike (hence `&` and `|`, and limits without NULL), so a page is filtered in SQL,
and a change is guarded, by the very rule that decides a purchase. That is why they say Any: SQLAlchemy has no type for both.
"""

from typing import Any, Protocol

UNLIMITED = 1_000_000_000  # a limit that never binds: rules and SQL then need no special case


class Counted(Protocol):
    """What has given so often, of what it may: a campaign's stock, or the facts about it."""

    @property
    def given(self) -> int: ...

    @property
    def allowed(self) -> int: ...


def has_stock(stock: Any) -> Any:
    """The campaign may give once more."""
    return stock.given < stock.allowed


def has_allowance(received: Any, limit_per_customer: Any) -> Any:
    """The customer may receive once more."""
    return received < limit_per_customer


def has_room(period_from: Any, in_period: Any, period: Any, most: Any) -> Any:
    """A tally has not reached `most` in this period; what it counted before the period began is over."""
    return ((period_from < period) & (most > 0)) | (in_period < most)
