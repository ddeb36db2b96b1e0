"""Record sales and returns, find whose they are, and let them earn, or take back what was earned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.amounts import BALANCE_MAX, decimal
from app.db.engine import TryAgain
from app.members import customers
from app.members.errors import CustomerNotFound
from app.members.models import ERASED, Customer
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

    Without a moment it is now. The buyer is `customer_id`, or whom `buyer` means, by names of the profile, or nobody yet.
    """

    number: str
    bought_at: datetime | None
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


def whose(session: Session, chain_id: int, reported: SaleDetails) -> int | None:
    """The customer whose it is: the buyer, or of a return who has bought it, whoever brings it back; None where nobody is known."""
    if reported.is_return:
        returned = find(session, chain_id, reported.returns or "")
        return returned.customer_id if returned is not None else None
    return reported.customer_id or matching.find(session, session.get_one(Chain, chain_id), reported.buyer)


def add(session: Session, chain_id: int, reported: SaleDetails, customer_id: int | None, now: datetime) -> Recorded:
    """Add a sale or a return, once: the same sent again changes nothing, and is returned as it was recorded. Then `settle` it.

    `customer_id` is `whose` it is, whose account is locked. Raises BadSale, SaleDiffers when the chain has another one with this number,
    PosNotFound, SaleNotFound for a return of nothing, or MoreThanSale.
    """
    known = find(session, chain_id, reported.number)
    if known is not None:
        if not _is_same(session, known, reported):
            raise SaleDiffers(field="number")
        return Recorded(known, False)
    _validate(reported, now)
    returned = None
    if reported.is_return:
        returned = find(session, chain_id, reported.returns or "", lock=True)
        if returned is None or returned.returns_id is not None:
            raise SaleNotFound(field="returns")
        if returned.customer_id != customer_id:
            raise TryAgain("somebody said meanwhile whose the sale was")
    sale = made(session, chain_id, reported, customer_id, now)
    sale.returns_id = returned.id if returned is not None else None
    if customer_id is not None and _is_erased(session, customer_id):
        sale.buyer = sale.place = None
    session.add(sale)
    session.flush()
    if returned is not None:
        _count_return(session, returned, sale)
    return Recorded(sale, True)


def made(session: Session, chain_id: int, reported: SaleDetails, customer_id: int | None, now: datetime) -> Sale:
    """The row of a sale, not yet added. Raises BadSale or PosNotFound."""
    _validate(reported, now)
    shop = _shop(session, chain_id, reported.shop) if reported.shop else None
    return Sale(
        chain_id=chain_id,
        business_id=reported.business_id,
        shop_id=shop.id if shop else None,
        shop=shop,
        customer_id=customer_id,
        number=reported.number,
        amount=reported.total,
        place=reported.place,
        buyer=dict(reported.buyer) or None,
        labels=[list(it) for it in reported.labels],
        details=dict(reported.details) if reported.details else None,
        bought_at=reported.bought_at or now,
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
                earned=0,
            )
            for i, it in enumerate(reported.items)
        ],
    )


def assign(session: Session, sale: Sale, customer: Customer, now: datetime) -> None:
    """Say whose sale it was, for one of which nobody knew. Then `settle` it; what was returned since is taken back.

    The customer's account is locked. Raises AlreadyAssigned, CustomerNotFound for one who was erased meanwhile, or SaleNotFound for a
    return, which belongs to whom its sale does.
    """
    session.refresh(sale, with_for_update={"of": Sale})
    if sale.customer_id is not None:
        raise AlreadyAssigned
    if sale.returns_id is not None:
        raise SaleNotFound
    if _is_erased(session, customer.id):
        raise CustomerNotFound
    sale.customer_id = customer.id
    session.flush()


def settle(session: Session, sale: Sale, now: datetime) -> bool:
    """Count a sale or a return for its customer, and let it earn, or take back what was earned.

    Whether it is the customer's first purchase; what costs nothing is none. The customer's account is locked.
    """
    assert sale.customer_id is not None, "somebody bought it"
    if sale.returns_id is not None:
        _give_back(session, session.get_one(Sale, sale.returns_id), sale, now)
        return False
    delivery, count = earning.delivery_of(session, sale), int(sale.amount > 0)
    is_first = customers.add_spending(session, sale.customer_id, sale.amount, sale.bought_at, count, delivery)
    earning.for_sale(session, sale, now)
    if is_first:
        earning.for_first_purchase(session, sale, now)
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


def _count_return(session: Session, sale: Sale, back: Sale) -> None:
    if sale.returned + back.amount > sale.amount:
        left = sale.amount - sale.returned
        message = f"More is returned than was bought: {decimal(left)} is left of the sale."
        raise MoreThanSale(message, required=left, actual=back.amount, field="items")
    _require_items(session, sale)
    sale.returned += back.amount


def _give_back(session: Session, sale: Sale, back: Sale, now: datetime) -> None:
    assert sale.customer_id is not None, "somebody bought it"
    delivery = earning.delivery_of(session, back)
    customers.add_spending(session, sale.customer_id, -back.amount, sale.bought_at, 0, -delivery)
    earning.take_back(session, sale, back, now)
    session.flush()


def _require_items(session: Session, sale: Sale) -> None:
    """No more of a product is given back, by all returns of a sale, than was bought, in pieces and in money. Raises MoreThanSale."""
    sold = Counter({it.sku: 0 for it in sale.items})
    for it in sale.items:
        sold[it.sku] += it.quantity
    paid = Counter({it.sku: 0 for it in sale.items})
    for it in sale.items:
        paid[it.sku] += it.amount
    for sku, (pieces, amount) in earning.given_back(session, sale).items():
        if sale.items and pieces > sold[sku]:
            message = f"More of {sku} is returned than was bought: {sold[sku]} in all, {pieces} with this return."
            raise MoreThanSale(message, required=sold[sku], actual=pieces, field="items")
        if sale.items and amount > paid[sku]:
            message = f"More is given back for {sku} than was paid: {decimal(paid[sku])} in all, {decimal(amount)} with this return."
            raise MoreThanSale(message, required=paid[sku], actual=amount, field="items")


def _is_same(session: Session, known: Sale, reported: SaleDetails) -> bool:
    """What is reported is what was recorded, whoever the buyer has turned out to be since."""
    returns = session.get_one(Sale, known.returns_id).number if known.returns_id is not None else None
    items = [(it.sku, it.quantity, it.amount) for it in known.items]
    shop = known.shop.uuid if known.shop else None
    return (
        (known.amount, returns, shop) == (reported.total, reported.returns, reported.shop)
        and items == [(it.sku, it.quantity, it.amount) for it in reported.items]
        and known.bought_at == (reported.bought_at or known.bought_at)
        and reported.customer_id in (None, known.customer_id)
        # Who was erased has left nothing to compare.
        and (known.buyer is None or known.buyer == dict(reported.buyer))
    )


def _is_erased(session: Session, customer_id: int) -> bool:
    return session.scalar(select(Customer.status).where(Customer.id == customer_id)) == ERASED


def _validate(reported: SaleDetails, now: datetime) -> None:
    if not reported.number:
        raise BadSale("A sale has a number.", field="number")
    if reported.bought_at is not None and reported.bought_at > now + AHEAD_MAX:
        raise BadSale("A sale lies in the past; its moment is still to come.", field="bought_at")
    if reported.is_return != (reported.returns is not None):
        raise BadSale("A return, and nothing else, names the sale that it gives back.", field="returns")
    if len(reported.items) > ITEMS_MAX:
        raise BadSale(f"A receipt has at most {ITEMS_MAX} items.", field="items")
    if any(it.amount < 0 or it.quantity < 0 for it in reported.items) or not 0 <= reported.total <= BALANCE_MAX:
        raise BadSale("Amounts and quantities are not negative: what is given back is a return.", field="items")
