"""Tags: words on customers that are counted, or that expire."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.members.models import CustomerTag, chain_of

TTL_SECONDS_MAX = 100 * 366 * 24 * 3600


def put(
    session: Session, customer_id: int, names: Iterable[str], now: datetime, ttl_seconds: int | None = None
) -> None:
    """Set tags: with a time to live they expire, however often they are set; without, each time is counted."""
    expires_at = now + timedelta(seconds=ttl_seconds) if ttl_seconds is not None else None
    first = 1 if expires_at is None else None
    for name in sorted(set(names)):  # in one order, so that nobody deadlocks
        row = insert_into(dialect_of(session), CustomerTag).values(
            chain_id=chain_of(customer_id), customer_id=customer_id, name=name, count=first, expires_at=expires_at
        )
        once_more = func.coalesce(CustomerTag.count, 0) + 1 if expires_at is None else None
        session.execute(
            row.on_conflict_do_update(
                index_elements=["customer_id", "name"], set_={"count": once_more, "expires_at": expires_at}
            )
        )


def remove(session: Session, customer_id: int, names: Iterable[str]) -> None:
    """Take tags away; those that are not there are passed over."""
    for name in sorted(set(names)):
        session.execute(delete(CustomerTag).where(CustomerTag.customer_id == customer_id, CustomerTag.name == name))


def alive(session: Session, customer_id: int, now: datetime) -> list[CustomerTag]:
    """The tags that a customer has now, by name."""
    query = select(CustomerTag).where(
        CustomerTag.customer_id == customer_id, or_(CustomerTag.expires_at.is_(None), CustomerTag.expires_at > now)
    )
    return list(session.scalars(query.order_by(CustomerTag.name).execution_options(populate_existing=True)))
