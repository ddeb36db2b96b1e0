"""Record sales and returns, find whose they are, and let them earn, or take back what was earned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.amounts import BALANCE_MAX
from app.members import customers
from app.members.models import Customer
from app.organizations import shops
from app.organizations.errors import PosNotFound
from app.organizations.models import Chain, PointOfSale
from app.organizations.scope import Chains, within
from app.sales import earning, matching
from app.sales.errors import AlreadyAssigned, BadSale, MoreThanSale, SaleDiffers, SaleNotFound
from app.sales.models import Sale, SaleItem

AHEAD_MAX = timedelta(minutes=5)  # how wrong a till's clock may go
ITEMS_MAX = 1_000


@dataclass(frozen=True)
class SoldItem:
    """A line of a receipt: what `quantity` pieces cost together, in hundredths."""

    sku: str
    name: str
    quantity: int
    amount: int
    category: str | None = None
    maker: str | None = None
    labels: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class SaleDetails:
    """What a till reports. `amount` in hundredths, or None: the sum of the items. `returns` is the number of the sale given back.

    The buyer is `customer_id`, or whom `buyer` means, by names of the profile, or nobody yet.
    """

    number: str
    bought_at: datetime
    amount: int | None = None
    items: Sequence[SoldItem] = ()
    customer_id: int | None = None
    buyer: Mapping[str, Any] = field(default_factory=dict)
    returns: str | None = None
    is_return: bool = False
    shop: UUID | None = None
    business_id: int | None = None
    place: str | None = None
    labels: Sequence[tuple[str, str]] = ()
    details: Mapping[str, Any] | None = None

    @property
    def total(self) -> int:
        return sum(item.amount for item in self.items) if self.amount is None else self.amount


@dataclass(frozen=True)
class Recorded:
    """A sale as it is recorded; whether by this request, or by one before that told the same."""

    sale: Sale
    is_new: bool


def add(session: Session, chain_id: int, reported: SaleDetails, now: datetime) -> Recorded:
    """Add a sale or a return, once: the same sent again changes nothing, and is returned as it was recorded. Then `settle` it.

    Raises BadSale, SaleDiffers when the chain has another one with this number, PosNotFound, SaleNotFound for a return of nothing, or
    MoreThanSale.
    """
    known = find(session, chain_id, reported.number)
    if known is not None:
        _require_same(session, known, reported)
        return Recorded(known, False)
    sale = made(session, chain_id, reported, now)
    session.add(sale)
    session.flush()
    if sale.returns_id is not None:
        _count_return(session, sale)
    return Recorded(sale, True)


def made(session: Session, chain_id: int, reported: SaleDetails, now: datetime) -> Sale:
    """The row of a sale, not yet added. Raises as `add` does."""
    _validate(reported, now)
    chain = session.get_one(Chain, chain_id)
    returned = None
    if reported.is_return:
        returned = find(session, chain_id, reported.returns or "", lock=True)
        if returned is None or returned.returns_id is not None:
            raise SaleNotFound(field="returns")
    customer_id = reported.customer_id or matching.find(session, chain, reported.buyer)
    if returned is not None:
        customer_id = returned.customer_id  # whose sale it was, whoever brings it back
    shop = _shop(session, chain_id, reported.shop) if reported.shop else None
    return Sale(
        chain_id=chain_id,
        business_id=reported.business_id,
        shop_id=shop.id if shop else None,
        shop=shop,
        customer_id=customer_id,
        number=reported.number,
        returns_id=returned.id if returned else None,
        amount=reported.total,
        place=reported.place,
        buyer=dict(reported.buyer) or None,
        labels=[list(it) for it in reported.labels],
        details=dict(reported.details) if reported.details else None,
        bought_at=reported.bought_at,
        recorded_at=now,
        earned=0,
        taken_back=0,
        returned=0,
        items=[
            SaleItem(
                chain_id=chain_id,
                position=i,
                sku=it.sku,
                name=it.name,
                quantity=it.quantity,
                amount=it.amount,
                category=it.category,
                maker=it.maker,
                labels=[list(label) for label in it.labels],
            )
            for i, it in enumerate(reported.items)
        ],
    )


def assign(session: Session, sale: Sale, customer: Customer, now: datetime) -> None:
    """Say whose sale it was, for one of which nobody knew. Then `settle` it; what was returned since is taken back.

    Raises AlreadyAssigned, or SaleNotFound for a return, which belongs to whom its sale does.
    """
    session.refresh(sale, with_for_update={"of": Sale})
    if sale.customer_id is not None:
        raise AlreadyAssigned
    if sale.returns_id is not None:
        raise SaleNotFound
    sale.customer_id = customer.id
    session.flush()


def settle(session: Session, sale: Sale, now: datetime) -> bool:
    """Count a sale or a return for its customer, and let it earn, or take back what was earned; whether it is the customer's first sale.

    The customer's account is locked, if more than this one may be changed.
    """
    assert sale.customer_id is not None, "somebody bought it"
    if sale.returns_id is not None:
        _give_back(session, session.get_one(Sale, sale.returns_id), sale, now)
        return False
    is_first = customers.add_spending(session, sale.customer_id, sale.amount, sale.bought_at)
    earning.for_sale(session, sale, now)
    if is_first:
        earning.for_event(session, session.get_one(Customer, sale.customer_id), earning.FIRST_PURCHASE, now)
    for back in session.scalars(select(Sale).where(Sale.returns_id == sale.id).order_by(Sale.id)):
        back.customer_id = sale.customer_id  # it came back before anybody knew whose it was
        _give_back(session, sale, back, now)
    session.flush()
    return is_first


def find(session: Session, chain_id: int, number: str, lock: bool = False) -> Sale | None:
    query = select(Sale).where(Sale.chain_id == chain_id, Sale.number == number)
    return session.scalars(query.with_for_update(of=Sale) if lock else query).one_or_none()


def get(session: Session, uuid: UUID, chains: Chains) -> Sale:
    """Raises SaleNotFound."""
    found = session.scalars(select(Sale).where(Sale.uuid == uuid, within(chains, Sale.chain_id))).one_or_none()
    if found is None:
        raise SaleNotFound
    return found


def _shop(session: Session, chain_id: int, uuid: UUID) -> PointOfSale:
    try:
        return shops.get(session, uuid, {chain_id})
    except PosNotFound as e:
        raise PosNotFound(field="shop") from e


def _count_return(session: Session, back: Sale) -> None:
    sale = session.get_one(Sale, back.returns_id)
    if sale.returned + back.amount > sale.amount:
        left = sale.amount - sale.returned
        raise MoreThanSale(required=left, actual=back.amount, field="items")
    _require_items(session, sale)
    sale.returned += back.amount


def _give_back(session: Session, sale: Sale, back: Sale, now: datetime) -> None:
    assert sale.customer_id is not None, "somebody bought it"
    customers.add_spending(session, sale.customer_id, -back.amount, sale.bought_at, count=0)
    earning.take_back(session, sale, back, now)
    session.flush()


def _require_items(session: Session, sale: Sale) -> None:
    """No more pieces of a product are given back, by all returns of a sale, than were bought. Raises MoreThanSale."""
    sold = Counter({it.sku: 0 for it in sale.items})
    for it in sale.items:
        sold[it.sku] += it.quantity
    given_back = session.execute(
        select(SaleItem.sku, func.sum(SaleItem.quantity))
        .join(Sale, Sale.id == SaleItem.sale_id)
        .where(Sale.returns_id == sale.id)
        .group_by(SaleItem.sku)
    )
    for sku, count in given_back:
        if sale.items and int(count) > sold[sku]:
            raise MoreThanSale(required=sold[sku], actual=int(count), field="items")


def _require_same(session: Session, known: Sale, reported: SaleDetails) -> None:
    chain = session.get_one(Chain, known.chain_id)
    customer_id = reported.customer_id or matching.find(session, chain, reported.buyer)
    is_same_buyer = customer_id in (None, known.customer_id) or reported.is_return
    if known.amount != reported.total or (known.returns_id is not None) != reported.is_return or not is_same_buyer:
        raise SaleDiffers(field="number")


def _validate(reported: SaleDetails, now: datetime) -> None:
    if not reported.number:
        raise BadSale("A sale has a number.", field="number")
    if reported.bought_at > now + AHEAD_MAX:
        raise BadSale("A sale lies in the past; its moment is still to come.", field="bought_at")
    if reported.is_return != (reported.returns is not None):
        raise BadSale("A return, and nothing else, names the sale that it gives back.", field="returns")
    if len(reported.items) > ITEMS_MAX:
        raise BadSale(f"A receipt has at most {ITEMS_MAX} items.", field="items")
    if any(it.amount < 0 or it.quantity < 0 for it in reported.items) or not 0 <= reported.total <= BALANCE_MAX:
        raise BadSale("Amounts and quantities are not negative: what is given back is a return.", field="items")
