"""Points that somebody adds, passes on or takes back by hand, and the levels that follow where they are reached by points.

What is spent moves no level: `app.points.ledger.spend`.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.organizations.scope import EVERY_CHAIN, Chains
from app.points import ledger
from app.sales import levels


def add(
    session: Session,
    customer_id: int,
    amount: int,
    now: datetime,
    comment: str | None = None,
    issuer: str = "system",
    issued_by: int | None = None,
    days_active: int | None = None,
) -> UUID:
    """As `ledger.add`."""
    entry = ledger.add(session, customer_id, amount, now, comment, issuer, issued_by, days_active)
    levels.follow_points(session, [customer_id], now)
    return entry


def pass_on(
    session: Session,
    sender_id: int,
    receiver_id: int,
    amount: int,
    now: datetime,
    issuer: str = "system",
    issued_by: int | None = None,
) -> UUID:
    """As `ledger.pass_on`."""
    entry = ledger.pass_on(session, sender_id, receiver_id, amount, now, issuer, issued_by)
    levels.follow_points(session, [sender_id, receiver_id], now)
    return entry


def cancel(
    session: Session,
    uuid: UUID,
    now: datetime,
    issuer: str = "system",
    issued_by: int | None = None,
    chains: Chains = EVERY_CHAIN,
) -> UUID:
    """As `ledger.cancel`."""
    entry = ledger.cancel(session, uuid, now, issuer, issued_by, chains)
    levels.follow_points(session, [ledger.get(session, entry).customer_id], now)
    return entry
