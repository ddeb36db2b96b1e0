"""For which chains somebody acts: every use case of the staff takes them, and reads nothing outside them.

What belongs to another chain is not found, exactly as what is not there.
"""

from collections.abc import Set
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.organizations.errors import SharedByAll
from app.organizations.models import Chain

Chains = Set[int] | None  # ids; None is every chain, for whoever runs the installation
EVERY_CHAIN: Chains = None


def within(chains: Chains, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The row belongs to one of the chains. `column` holds a chain's id."""
    return true() if chains is None else column.in_(chains)


def includes(chains: Chains, chain_id: int | None) -> bool:
    return chains is None or chain_id in chains


def covers_all(session: Session, chains: Chains) -> bool:
    """Whether these are all the chains that there are."""
    return chains is None or chains >= set(session.scalars(select(Chain.id)))


def within_or_unowned(session: Session, chains: Chains, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """The same; what belongs to no chain is for who acts for all of them."""
    is_theirs = within(chains, column)
    return or_(is_theirs, column.is_(None)) if covers_all(session, chains) else is_theirs


def require_every_chain(session: Session, chains: Chains) -> None:
    """For what opens every chain, such as a token that is bound to no app. Raises SharedByAll."""
    if not covers_all(session, chains):
        raise SharedByAll
