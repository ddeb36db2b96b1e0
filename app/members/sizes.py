"""How many customers of each chain stand on each level, and how many of them belong to each segment."""

from collections.abc import Collection

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.members.models import Customer, Headcount, SegmentMember

NO_LEVEL = 0
ANY_SEGMENT = 0


Place = tuple[int, int, int]  # a chain, a level, a segment


def by_place(session: Session, segment_ids: Collection[int]) -> dict[Place, int]:
    """The headcounts of these segments (ANY_SEGMENT for all customers), by chain, level and segment."""
    rows = session.scalars(select(Headcount).where(Headcount.segment_id.in_(segment_ids)))
    return {(row.chain_id, row.level_id, row.segment_id): row.customers_count for row in rows}


def of_chain(session: Session, chain_id: int) -> int:
    """How many customers a chain has."""
    of_all = Headcount.chain_id == chain_id, Headcount.segment_id == ANY_SEGMENT
    return int(session.scalar(select(func.sum(Headcount.customers_count)).where(*of_all)) or 0)


def add(session: Session, chain_id: int, level_id: int | None, segment_id: int, customers: int) -> None:
    """Add so many customers (or take them away, when negative) to a level's count within a chain and a segment."""
    if not customers:
        return
    place = {"chain_id": chain_id, "level_id": level_id or NO_LEVEL, "segment_id": segment_id}
    if customers < 0:
        session.execute(
            update(Headcount).filter_by(**place).values(customers_count=Headcount.customers_count + customers)
        )
        return
    session.execute(
        insert_into(dialect_of(session), Headcount)
        .values(**place, customers_count=customers)
        .on_conflict_do_update(
            index_elements=list(place), set_={"customers_count": Headcount.customers_count + customers}
        )
    )


def move(session: Session, customer: Customer, to_level: int | None) -> None:
    """Count a customer on another level, in general and within each of the customer's segments."""
    from_level = customer.level_id
    if from_level == to_level:
        return
    segments = session.scalars(
        select(SegmentMember.segment_id)
        .where(SegmentMember.customer_id == customer.id)
        .order_by(SegmentMember.segment_id)
    )
    for segment_id in [*segments, ANY_SEGMENT]:
        for level, change in sorted([(from_level or NO_LEVEL, -1), (to_level or NO_LEVEL, +1)]):
            add(session, customer.chain_id, level, segment_id, change)


def recount_segment(session: Session, segment_id: int) -> None:
    """Count the members of a segment anew, after its membership was computed."""
    session.execute(update(Headcount).where(Headcount.segment_id == segment_id).values(customers_count=0))
    rows = session.execute(
        select(Customer.chain_id, Customer.level_id, func.count())
        .join(SegmentMember, SegmentMember.customer_id == Customer.id)
        .where(SegmentMember.segment_id == segment_id)
        .group_by(Customer.chain_id, Customer.level_id)
    ).all()
    for chain_id, level_id, customers in rows:
        add(session, chain_id, level_id, segment_id, customers)


def recount(session: Session) -> None:
    """Count everything anew, after customers were loaded in bulk."""
    session.execute(Headcount.__table__.delete())  # type: ignore[attr-defined]
    counted = select(Customer.chain_id, Customer.level_id, func.count()).group_by(Customer.chain_id, Customer.level_id)
    for chain_id, level_id, customers in session.execute(counted).all():
        add(session, chain_id, level_id, ANY_SEGMENT, customers)
    for segment_id in session.scalars(select(SegmentMember.segment_id).distinct()).all():
        recount_segment(session, segment_id)
