"""Who stands on a level or belongs to a segment, for a table that somebody takes away: batch by batch, however many there are."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.members.models import ERASED, Customer, SegmentMember

BATCH = 1_000


def on_level(session: Session, level_id: int, after: int = 0) -> Sequence[Customer]:
    """The next customers on a level, behind this id."""
    return _batch(session, Customer.level_id == level_id, after)


def in_segment(session: Session, segment_id: int, after: int = 0) -> Sequence[Customer]:
    """The next customers of a segment, behind this id."""
    members = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment_id)
    return _batch(session, Customer.id.in_(members), after)


def _batch(session: Session, condition: object, after: int) -> Sequence[Customer]:
    query = select(Customer).where(condition, Customer.id > after, Customer.status != ERASED)  # type: ignore[arg-type]
    return session.scalars(query.order_by(Customer.id).limit(BATCH)).all()
