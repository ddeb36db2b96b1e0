"""Tags: words on customers that are counted, or that expire."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.members.models import Customer, CustomerTag

TTL_SECONDS_MAX = 100 * 366 * 24 * 3600


def put(
    session: Session, customer: Customer, names: Iterable[str], now: datetime, ttl_seconds: int | None = None
) -> None:
    """Set tags: with a time to live they expire, however often they are set; without, each time is counted.

    The customer's row is locked, so that no count gets lost.
    """
    session.refresh(customer, attribute_names=["updated_at"], with_for_update={"key_share": True, "of": Customer})
    for name in dict.fromkeys(names):
        tag = session.get(CustomerTag, (customer.id, name), populate_existing=True)
        if tag is None:
            tag = CustomerTag(customer_id=customer.id, name=name)
            session.add(tag)
        if ttl_seconds is not None:
            tag.count, tag.expires_at = None, now + timedelta(seconds=ttl_seconds)
        else:
            tag.count, tag.expires_at = (tag.count or 0) + 1, None
    session.flush()


def remove(session: Session, customer_id: int, names: Iterable[str]) -> None:
    for name in names:
        tag = session.get(CustomerTag, (customer_id, name))
        if tag is not None:
            session.delete(tag)
    session.flush()


def alive(session: Session, customer_id: int, now: datetime) -> list[CustomerTag]:
    """The tags that a customer has now, by name."""
    query = select(CustomerTag).where(
        CustomerTag.customer_id == customer_id, or_(CustomerTag.expires_at.is_(None), CustomerTag.expires_at > now)
    )
    return list(session.scalars(query.order_by(CustomerTag.name)))
