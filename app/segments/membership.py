"""Who belongs to which segment now, kept in rows: computed set by set in SQL, or for one customer when something happens.

Only who comes and who goes is written, so that campaigns for a segment never flicker while it is computed anew.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, TypeVar

from sqlalchemy import Select, and_, delete, or_, select
from sqlalchemy.orm import Session

from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.members import sizes
from app.members.models import ERASED, Customer, Segment, SegmentMember
from app.organizations.models import Chain
from app.segments import criteria
from app.segments.criteria import Asked

Row = TypeVar("Row")
CHUNK = 2_000  # ids in one statement: drivers take some 30,000 parameters


class OfType(Protocol):
    """A criterion, stored or only sent."""

    @property
    def type(self) -> Any: ...

    @property
    def terms(self) -> Any: ...


def recompute(session: Session, segment: Segment, now: datetime) -> int:
    """Let exactly those belong to a segment whom its definition means; how many came or went. An inactive segment has no members."""
    session.flush()
    members = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment.id)
    parts = [part.criteria for part in segment.parts]
    wanted = meant(session, segment.chain_id, parts, now) if segment.active else None
    if wanted is None:
        coming, going = set(), set(session.scalars(members))
    else:
        coming = set(session.scalars(wanted.where(Customer.id.not_in(members))))
        going = set(session.scalars(members.where(SegmentMember.customer_id.not_in(wanted))))
    _write(session, segment, coming, going)
    return len(coming) + len(going)


def refresh(session: Session, customer_id: int, now: datetime) -> None:
    """Let one customer belong to those segments whose definitions mean them now: after a sale, or whatever else changed."""
    session.flush()
    customer = session.get_one(Customer, customer_id)
    belongs = set(session.scalars(select(SegmentMember.segment_id).where(SegmentMember.customer_id == customer_id)))
    active = select(Segment).where(Segment.chain_id == customer.chain_id, Segment.active.is_(True))
    for segment in session.scalars(active.order_by(Segment.id)):
        if not moves(segment):
            continue
        wanted = meant(session, segment.chain_id, [part.criteria for part in segment.parts], now)
        is_meant = wanted is not None and session.scalar(wanted.where(Customer.id == customer_id)) is not None
        if is_meant != (segment.id in belongs):
            _write(session, segment, {customer_id} if is_meant else set(), set() if is_meant else {customer_id})


def moves(segment: Segment) -> bool:
    """Whether sales or time may change who belongs to it."""
    return any(criteria.TYPES[it.type].moves for part in segment.parts for it in part.criteria)


def meant(session: Session, chain_id: int, parts: Sequence[Sequence[OfType]], now: datetime) -> Select[Any] | None:
    """The ids of the customers whom all parts mean, each of them by any of its criteria; None where a part, or everything, is empty."""
    if not parts or not all(parts):
        return None
    asked = Asked(session, session.get_one(Chain, chain_id), now)
    each = [or_(*(criteria.TYPES[it.type].condition(asked, it.terms) for it in part)) for part in parts]
    return select(Customer.id).where(Customer.chain_id == chain_id, Customer.status != ERASED, and_(*each))


def _write(session: Session, segment: Segment, coming: set[int], going: set[int]) -> None:
    for changed, step in ((going, -1), (coming, +1)):
        counted: Counter[int | None] = Counter()
        for chunk in batched(sorted(changed), CHUNK):
            # Kept from moving between levels while they are counted; in the order of their ids, so that nobody deadlocks.
            query = select(Customer.id, Customer.level_id).where(Customer.id.in_(chunk)).order_by(Customer.id)
            rows = session.execute(query.with_for_update(key_share=True, of=Customer)).all()
            changed_now = _add(session, segment, chunk) if step > 0 else _remove(session, segment, chunk)
            counted.update(row.level_id for row in rows if row.id in changed_now)
        for level_id in sorted(counted, key=lambda it: it or 0):
            sizes.add(session, segment.chain_id, level_id, segment.id, step * counted[level_id])


def _add(session: Session, segment: Segment, customer_ids: Sequence[int]) -> set[int]:
    """Those who did not belong to it: whoever refreshes a customer meanwhile may have been faster."""
    of_segment = {"chain_id": segment.chain_id, "segment_id": segment.id}
    new = insert_into(dialect_of(session), SegmentMember).values(
        [{**of_segment, "customer_id": it} for it in customer_ids]
    )
    return set(session.scalars(new.on_conflict_do_nothing().returning(SegmentMember.customer_id)))


def _remove(session: Session, segment: Segment, customer_ids: Sequence[int]) -> set[int]:
    gone = SegmentMember.segment_id == segment.id, SegmentMember.customer_id.in_(customer_ids)
    return set(session.scalars(delete(SegmentMember).where(*gone).returning(SegmentMember.customer_id)))


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Lists of at most so many rows; as itertools.batched of Python 3.12."""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch
