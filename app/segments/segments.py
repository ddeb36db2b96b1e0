"""What an admin decides about segments: the intersection of parts, each the union of its criteria."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.members import listing, sizes
from app.members.errors import SegmentNotFound
from app.members.listing import CustomerFilter
from app.members.models import Customer, Profile, Segment, SegmentCriterion, SegmentMember, SegmentPart
from app.organizations import chains as chains_
from app.organizations.keys import new_key
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.segments import criteria, membership
from app.segments.criteria import Criterion
from app.text import folded

CUSTOMER_LIST = "customer_list"
SHOWN = 10  # of a preview
SORTABLE = {"name": Segment.name_folded, "active": Segment.active, "created_at": Segment.created_at}


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
    """A segment of a chain's customers; `uuid` only for the demo world, whose ids are the documents'. Raises BadSegment."""
    key = new_key(session, Segment, chain_id, definition.name)
    segment = Segment(chain_id=chain_id, key=key, created_at=now, **({"uuid": uuid} if uuid else {}))
    _apply(session, segment, definition, now)
    return segment


def change(session: Session, uuid: UUID, definition: SegmentDetails, chains: Chains, now: datetime) -> Segment:
    """Raises SegmentNotFound or BadSegment."""
    segment = _locked(session, uuid, chains)
    _apply(session, segment, definition, now)
    return segment


def switch(session: Session, uuid: UUID, on: bool, chains: Chains, now: datetime) -> None:
    """Activate or deactivate; an inactive segment has no members. Raises SegmentNotFound."""
    segment = _locked(session, uuid, chains)
    segment.active = on
    membership.recompute(session, segment, now)


def remove(session: Session, uuid: UUID, chains: Chains, now: datetime) -> None:
    """Raises SegmentNotFound."""
    segment = _locked(session, uuid, chains)
    segment.active = False
    membership.recompute(session, segment, now)
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


def known_terms(session: Session, ids: Collection[UUID], chains: Chains) -> dict[UUID, dict[str, Any]]:
    """What criteria of these chains' segments ask for, by their ids."""
    query = (
        select(SegmentCriterion.uuid, SegmentCriterion.terms)
        .join(SegmentPart, SegmentPart.id == SegmentCriterion.part_id)
        .join(Segment, Segment.id == SegmentPart.segment_id)
        .where(SegmentCriterion.uuid.in_(ids), within(chains, Segment.chain_id))
    )
    return {row.uuid: row.terms for row in session.execute(query)}


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


def customers(
    session: Session, uuid: UUID, chains: Chains, paging: Page, texts: Mapping[str, str] | None = None
) -> Paged[Customer]:
    """The members, or those whose details hold these texts; see `CustomerFilter`. Raises SegmentNotFound."""
    segment = get(session, uuid, chains)
    if texts:
        return listing.page(session, chains, CustomerFilter(texts, segment_id=segment.id), paging)
    total = customers_counts(session, [segment.id])[segment.id]
    query = select(Customer).join(Profile).join(SegmentMember, SegmentMember.customer_id == Customer.id)
    ordered = listing.in_order(query.where(SegmentMember.segment_id == segment.id), paging)
    return Paged(list(session.scalars(paging.cut(ordered))), total)


def preview(
    session: Session, chain_id: int, definition: SegmentDetails, now: datetime
) -> tuple[int, Sequence[Customer]]:
    """How many customers a definition means, and the first few of them; nothing is kept. Raises BadSegment."""
    _validate(session, chain_id, definition)
    meant = membership.meant(session, chain_id, definition.parts, now)
    if meant is None:
        return 0, []
    total = session.scalar(select(func.count()).select_from(meant.subquery())) or 0
    query = select(Customer).where(Customer.id.in_(meant)).order_by(Customer.id).limit(SHOWN)
    return total, session.scalars(query).all()


def replace_listed(session: Session, chain_id: int, names: Set[str], instead: str | None = None) -> None:
    """Let whoever is on a list under one of these names, in small letters, stand there as `instead`, or not at all.

    Members do not change. Whoever does the same waits.
    """
    lists = select(SegmentCriterion).join(SegmentPart).join(Segment)
    mine = Segment.chain_id == chain_id, SegmentCriterion.type == CUSTOMER_LIST
    locked = lists.where(*mine).order_by(SegmentCriterion.id).with_for_update(of=SegmentCriterion)
    for criterion in session.scalars(locked.execution_options(populate_existing=True)):
        listed = [str(it) for it in criterion.terms.get("customers", [])]
        left = [it for it in listed if it.lower() not in names]
        if len(left) < len(listed):
            criterion.terms = {**criterion.terms, "customers": [*left, *([instead] if instead else [])]}
    session.flush()


def list_moving(session: Session) -> list[int]:
    """The active segments of open chains whose members sales or time may change, by their ids."""
    active = select(Segment).where(Segment.active.is_(True), chains_.is_open(Segment.chain_id)).order_by(Segment.id)
    return [it.id for it in session.scalars(active) if membership.moves(it)]


def recompute(session: Session, segment_id: int, now: datetime) -> int:
    """Compute the members of a segment anew, if it is still there; how many came or went."""
    segment = session.scalars(select(Segment).where(Segment.id == segment_id).with_for_update()).one_or_none()
    return membership.recompute(session, segment, now) if segment is not None else 0


def _validate(session: Session, chain_id: int, definition: SegmentDetails) -> None:
    for part in definition.parts:
        for criterion in part:
            criteria.validate(criterion.type, criterion.terms)
            criteria.require_known(session, chain_id, criterion.type, criterion.terms)


def _apply(session: Session, segment: Segment, definition: SegmentDetails, now: datetime) -> None:
    _validate(session, segment.chain_id, definition)
    segment.name = definition.name
    segment.description = definition.description
    segment.active = definition.active
    segment.parts = [
        SegmentPart(criteria=[SegmentCriterion(type=c.type, terms=c.terms) for c in part]) for part in definition.parts
    ]
    session.add(segment)
    membership.recompute(session, segment, now)
