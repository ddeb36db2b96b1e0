"""Pages of sales, for whoever looks at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, selectinload

from app.members.models import Customer, Profile
from app.organizations.models import PointOfSale
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.sales.models import Sale, SaleItem

LATEST = 10_000  # items that are looked at for their labels
SORTABLE = {
    "number": Sale.number,
    "bought_at": Sale.bought_at,
    "amount": case((Sale.returns_id.is_not(None), -Sale.amount), else_=Sale.amount),
    "place": Sale.place,
}


@dataclass(frozen=True)
class SaleFilter:
    """What to look for among the sales; None means anything. `of_buyer` are identifiers of the customer, by the profile's names."""

    customer: UUID | None = None
    number: str | None = None
    is_return: bool | None = None
    is_matched: bool | None = None
    shop: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    of_buyer: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ListedSale:
    """A sale with its items and its shop, the customer whose it is, and the number of the sale that it gives back."""

    sale: Sale
    customer: Customer | None
    returns: str | None = None


class Sold(NamedTuple):
    """How many sales, and what they came to after returns, in hundredths."""

    sales_count: int
    amount: int


def sold_in(session: Session, shop_ids: Sequence[int]) -> dict[int, Sold]:
    """What has been sold in shops, by their ids; as long as there are sales."""
    query = select(Sale.shop_id, func.count(), func.sum(Sale.amount - Sale.returned))
    query = query.where(Sale.shop_id.in_(shop_ids), Sale.returns_id.is_(None)).group_by(Sale.shop_id)
    found = {shop_id: Sold(count, int(amount)) for shop_id, count, amount in session.execute(query)}
    return {id: found.get(id, Sold(0, 0)) for id in shop_ids}


def page(session: Session, chains: Chains, wanted: SaleFilter, paging: Page) -> Paged[ListedSale]:
    """Sales, the latest first unless sorted otherwise."""
    conditions: list[Any] = [within(chains, Sale.chain_id)]
    if wanted.customer is not None:
        conditions.append(Customer.uuid == wanted.customer)
    if wanted.number is not None:
        conditions.append(Sale.number == wanted.number)
    if wanted.is_return is not None:
        conditions.append(Sale.returns_id.is_not(None) if wanted.is_return else Sale.returns_id.is_(None))
    if wanted.is_matched is not None:
        conditions.append(Sale.customer_id.is_not(None) if wanted.is_matched else Sale.customer_id.is_(None))
    if wanted.shop is not None:
        conditions.append(
            Sale.shop_id == select(PointOfSale.id).where(PointOfSale.uuid == wanted.shop).scalar_subquery()
        )
    if wanted.since is not None:
        conditions.append(Sale.bought_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(Sale.bought_at <= wanted.until)
    conditions += [getattr(Profile, name) == text for name, text in wanted.of_buyer.items()]
    joined = select(Sale).outerjoin(Customer, Customer.id == Sale.customer_id)
    if wanted.of_buyer:
        joined = joined.join(Profile, Profile.customer_id == Customer.id)
    joined = joined.where(*conditions)
    total = session.scalar(select(func.count()).select_from(joined.with_only_columns(Sale.id).subquery())) or 0
    query = joined.order_by(*paging.order(SORTABLE, Sale.bought_at.desc(), tie=Sale.id.desc()))
    found = session.scalars(paging.cut(query).options(selectinload(Sale.items))).all()
    return Paged(listed(session, found), total)


def listed(session: Session, found: Any) -> list[ListedSale]:
    """These sales, with whose they are."""
    ids = {it.customer_id for it in found if it.customer_id is not None}
    people = {it.id: it for it in session.scalars(select(Customer).where(Customer.id.in_(ids)))}
    returned = {it.returns_id for it in found if it.returns_id is not None}
    numbers = dict(session.execute(select(Sale.id, Sale.number).where(Sale.id.in_(returned))).all())
    return [ListedSale(it, people.get(it.customer_id), numbers.get(it.returns_id)) for it in found]


def numbers(session: Session, ids: Sequence[int]) -> dict[int, tuple[UUID, str]]:
    """The id and the number of some sales, by their keys."""
    rows = session.execute(select(Sale.id, Sale.uuid, Sale.number).where(Sale.id.in_(ids)))
    return {id: (uuid, number) for id, uuid, number in rows}


def item_labels(session: Session, chains: Chains) -> dict[str, list[str]]:
    """The labels that items of the last sales have, by their keys; for whoever chooses among them."""
    latest = (
        select(SaleItem.labels)
        .join(Sale, Sale.id == SaleItem.sale_id)
        .where(within(chains, Sale.chain_id))
        .order_by(Sale.id.desc())
        .limit(LATEST)
    )
    found: dict[str, set[str]] = {}
    for labels in session.scalars(latest):
        for key, value in labels:
            found.setdefault(key, set()).add(value)
    return {key: sorted(values) for key, values in sorted(found.items())}
