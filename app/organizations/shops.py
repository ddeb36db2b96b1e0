"""Points of sale: the shops and tills that sellers work in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.organizations.errors import PosNotFound
from app.organizations.models import PointOfSale
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.refusal import AlreadyTaken

SORTABLE = {"name": func.lower(PointOfSale.name), "identifier": PointOfSale.identifier}


@dataclass(frozen=True)
class Location:
    """Where a shop is: an address by the names of its parts, and degrees."""

    address: Mapping[str, str] = field(default_factory=dict)
    latitude: float | None = None
    longitude: float | None = None


NOWHERE = Location()


def add(
    session: Session,
    chain_id: int,
    name: str,
    identifier: str,
    description: str | None = None,
    location: Location = NOWHERE,
) -> PointOfSale:
    """Raises AlreadyTaken."""
    pos = PointOfSale(chain_id=chain_id)
    _apply(session, pos, name, identifier, description, location)
    session.add(pos)
    session.flush()
    return pos


def change(
    session: Session,
    uuid: UUID,
    name: str,
    identifier: str,
    description: str | None,
    location: Location,
    chains: Chains,
) -> PointOfSale:
    """Change a shop as a whole. Raises PosNotFound or AlreadyTaken."""
    pos = get(session, uuid, chains)
    _apply(session, pos, name, identifier, description, location)
    session.flush()
    return pos


def _apply(
    session: Session, pos: PointOfSale, name: str, identifier: str, description: str | None, location: Location
) -> None:
    other = select(PointOfSale.id).where(PointOfSale.identifier == identifier, PointOfSale.id != (pos.id or 0))
    if session.scalar(other) is not None:
        raise AlreadyTaken(field="identifier")
    pos.name, pos.identifier, pos.description = name, identifier, description
    pos.address, pos.latitude, pos.longitude = dict(location.address), location.latitude, location.longitude


def named(session: Session, identifier: str, chains: Chains) -> PointOfSale:
    """Raises PosNotFound."""
    query = select(PointOfSale).where(PointOfSale.identifier == identifier, within(chains, PointOfSale.chain_id))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise PosNotFound(field="pos")
    return found


def get(session: Session, uuid: UUID, chains: Chains, field: str = "pos") -> PointOfSale:
    """`field` is what the caller calls it. Raises PosNotFound."""
    found = session.scalars(
        select(PointOfSale).where(PointOfSale.uuid == uuid, within(chains, PointOfSale.chain_id))
    ).one_or_none()
    if found is None:
        raise PosNotFound(field=field)
    return found


def page(session: Session, chains: Chains, paging: Page) -> Paged[PointOfSale]:
    mine = within(chains, PointOfSale.chain_id)
    total = session.scalar(select(func.count()).select_from(PointOfSale).where(mine)) or 0
    query = select(PointOfSale).where(mine).order_by(*paging.order(SORTABLE, PointOfSale.id, tie=PointOfSale.id))
    return Paged(list(session.scalars(paging.cut(query))), total)
