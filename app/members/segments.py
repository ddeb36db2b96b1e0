"""Segments of customers: the intersection of parts, each the union of its criteria."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from app.members import sizes
from app.members.errors import SegmentNotFound
from app.members.models import Customer, Profile, Segment, SegmentCriterion, SegmentMember, SegmentPart
from app.organizations.keys import new_key
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.text import folded

Row = TypeVar("Row")
CUSTOMER_LIST = "customer_list"
CHUNK = 5_000  # names or ids in one statement: drivers take some 30,000 parameters
SORTABLE = {"name": Segment.name, "active": Segment.active, "createdAt": Segment.created_at}


@dataclass(frozen=True)
class Criterion:
    """`customer_list` is the one type so far; its terms are `{"customers": [UUID, phone, card or e-mail, …]}`."""

    type: str
    terms: dict[str, Any]


@dataclass(frozen=True)
class SegmentDetails:
    """What an admin decides about a segment. A segment without parts, or with an empty part, has no members."""

    name: str
    active: bool
    parts: Sequence[Sequence[Criterion]]
    description: str | None = None


def create(
    session: Session, chain_id: int, definition: SegmentDetails, now: datetime, uuid: UUID | None = None
) -> Segment:
    """A segment of a chain's customers; `uuid` only for the demo world, whose ids are the documents'."""
    key = new_key(session, Segment, chain_id, definition.name)
    segment = Segment(chain_id=chain_id, key=key, created_at=now, **({"uuid": uuid} if uuid else {}))
    _apply(session, segment, definition)
    return segment


def change(session: Session, uuid: UUID, definition: SegmentDetails, chains: Chains) -> Segment:
    """Raises SegmentNotFound."""
    segment = _locked(session, uuid, chains)
    _apply(session, segment, definition)
    return segment


def switch(session: Session, uuid: UUID, on: bool, chains: Chains) -> None:
    """Activate or deactivate; an inactive segment has no members. Raises SegmentNotFound."""
    segment = _locked(session, uuid, chains)
    segment.active = on
    recompute(session, segment)


def remove(session: Session, uuid: UUID, chains: Chains) -> None:
    """Raises SegmentNotFound."""
    segment = _locked(session, uuid, chains)
    segment.active = False
    recompute(session, segment)
    session.delete(segment)


def get(session: Session, uuid: UUID, chains: Chains) -> Segment:
    """Raises SegmentNotFound."""
    return _one(session, select(Segment).where(Segment.uuid == uuid, within(chains, Segment.chain_id)))


def _locked(session: Session, uuid: UUID, chains: Chains) -> Segment:
    """The segment; who else wants to change it waits. Raises SegmentNotFound."""
    query = select(Segment).where(Segment.uuid == uuid, within(chains, Segment.chain_id))
    return _one(session, query.with_for_update())


def _one(session: Session, query: Select[Segment]) -> Segment:
    segment = session.scalars(query).one_or_none()
    if segment is None:
        raise SegmentNotFound
    return segment


def page(
    session: Session, chains: Chains, paging: Page, active: bool | None = None, name: str | None = None
) -> Paged[Segment]:
    conditions: list[Any] = [within(chains, Segment.chain_id)]
    if active is not None:
        conditions.append(Segment.active.is_(active))
    if name:
        conditions.append(Segment.name_folded.contains(folded(name), autoescape=True))
    total = session.scalar(select(func.count()).select_from(Segment).where(*conditions)) or 0
    query = select(Segment).where(*conditions).order_by(*paging.order(SORTABLE, Segment.id, tie=Segment.id))
    return Paged(list(session.scalars(paging.cut(query))), total)


def of_chain(session: Session, chain_id: int) -> Sequence[Segment]:
    """All segments of a chain, by name."""
    return session.scalars(select(Segment).where(Segment.chain_id == chain_id).order_by(Segment.name, Segment.id)).all()


def customers_counts(session: Session, segment_ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = dict.fromkeys(segment_ids, 0)
    for (_, _, segment_id), customers in sizes.by_place(session, segment_ids).items():
        found[segment_id] += customers
    return found


def customers(session: Session, uuid: UUID, chains: Chains, paging: Page) -> Paged[Customer]:
    """Raises SegmentNotFound."""
    segment = get(session, uuid, chains)
    total = customers_counts(session, [segment.id])[segment.id]
    query = select(Customer).join(SegmentMember).where(SegmentMember.segment_id == segment.id).order_by(Customer.id)
    return Paged(list(session.scalars(paging.cut(query))), total)


def recompute(session: Session, segment: Segment) -> None:
    """Compute the membership anew from the definition."""
    session.flush()
    members = _members(session, segment) if segment.active else set()
    _lock_customers(session, members | set(session.scalars(_member_ids(segment))))
    session.execute(delete(SegmentMember).where(SegmentMember.segment_id == segment.id))
    if members:
        of_segment = {"chain_id": segment.chain_id, "segment_id": segment.id}
        rows = [{**of_segment, "customer_id": customer_id} for customer_id in sorted(members)]
        session.execute(insert(SegmentMember), rows)
    sizes.recount_segment(session, segment.id)


def _member_ids(segment: Segment) -> Select[int]:
    return select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment.id)


def _lock_customers(session: Session, ids: set[int]) -> None:
    """Keep customers from moving between levels while they are counted; in the order of their ids, so that nobody deadlocks."""
    for chunk in batched(sorted(ids), CHUNK):
        session.execute(
            select(Customer.id).where(Customer.id.in_(chunk)).order_by(Customer.id).with_for_update(key_share=True)
        ).all()


def _apply(session: Session, segment: Segment, definition: SegmentDetails) -> None:
    segment.name = definition.name
    segment.description = definition.description
    segment.active = definition.active
    segment.parts = [
        SegmentPart(criteria=[SegmentCriterion(type=c.type, terms=c.terms) for c in part]) for part in definition.parts
    ]
    session.add(segment)
    recompute(session, segment)


def _members(session: Session, segment: Segment) -> set[int]:
    parts = []
    for part in segment.parts:
        parts.append(
            {
                member
                for criterion in part.criteria
                for member in _listed(session, segment.chain_id, criterion.terms["customers"])
            }
        )
    return set.intersection(*parts) if parts else set()


def _listed(session: Session, chain_id: int, names: Sequence[str]) -> set[int]:
    """The ids of the chain's customers with these UUIDs, phones, card numbers or e-mails; unknown ones are passed over."""
    return {customer_id for chunk in batched(names, CHUNK) for customer_id in _listed_chunk(session, chain_id, chunk)}


def _listed_chunk(session: Session, chain_id: int, names: Sequence[str]) -> set[int]:
    uuids = []
    for name in names:
        try:
            uuids.append(UUID(name))
        except ValueError:
            continue
    texts = list(names)
    query = (
        select(Customer.id)
        .join(Profile)
        .where(
            Customer.chain_id == chain_id,
            or_(
                Customer.uuid.in_(uuids),
                Profile.phone.in_(texts),
                Profile.loyalty_card_number.in_(texts),
                Profile.email.in_([text.lower() for text in texts]),
            ),
        )
    )
    return set(session.scalars(query))


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Lists of at most so many rows; as itertools.batched of Python 3.12."""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch
