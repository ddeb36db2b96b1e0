"""Points of sale: the shops and tills that sellers work in."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.organizations.errors import PosNotFound
from app.organizations.models import PointOfSale
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.refusal import AlreadyTaken

SORTABLE = {"name": PointOfSale.name, "identifier": PointOfSale.identifier}


def add(session: Session, chain_id: int, name: str, identifier: str, description: str | None = None) -> PointOfSale:
    """Raises AlreadyTaken."""
    if session.scalar(select(PointOfSale.id).where(PointOfSale.identifier == identifier)) is not None:
        raise AlreadyTaken(field="identifier")
    pos = PointOfSale(chain_id=chain_id, name=name, identifier=identifier, description=description)
    session.add(pos)
    session.flush()
    return pos


def change(
    session: Session, uuid: UUID, name: str, identifier: str, description: str | None, chains: Chains
) -> PointOfSale:
    """Raises PosNotFound or AlreadyTaken."""
    pos = get(session, uuid, chains)
    other = select(PointOfSale.id).where(PointOfSale.identifier == identifier, PointOfSale.id != pos.id)
    if session.scalar(other) is not None:
        raise AlreadyTaken(field="identifier")
    pos.name, pos.identifier, pos.description = name, identifier, description
    session.flush()
    return pos


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
