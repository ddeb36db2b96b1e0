"""Record sales and returns, find whose they are, and let them earn, or take back what was earned."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.amounts import BALANCE_MAX, decimal
from app.db.engine import TryAgain
from app.members import customers
from app.members.errors import CustomerNotFound
from app.members.models import ERASED, Customer
from app.organizations import shops
from app.organizations.chains import ChainTerms
from app.organizations.models import PointOfSale
from app.organizations.scope import Chains, within
from app.points import entries, ledger, telling
from app.points.entries import WrittenEntry
from app.points.terms import PointsTerms
from app.sales import earning, matching, writing
from app.sales.earning import Earnings
from app.sales.errors import AlreadyAssigned, BadSale, MoreThanSale, SaleDiffers, SaleNotFound
from app.sales.facts import BuyerFacts
from app.sales.models import Sale, SaleItem
from app.sales.writing import SaleShape
from app.text import written

PAID_WITH = "voucher_ids"  # in a sale's details
AHEAD_MAX = timedelta(minutes=5)  # how wrong a till's clock may go
A_DAY = timedelta(days=1)  # a till may say the day of a sale and the hour of its return, or the other way round
ITEMS_MAX = 1_000
LABELS_MAX = 100
Labels = Sequence[tuple[str, str]]  # key and value


@dataclass(frozen=True)
class SoldItem:
    """A line of a receipt: what `quantity` pieces cost together, in hundredths."""

    sku: str
    name: str
    quantity: int
    amount: int
    category: str | None = None
    maker: str | None = None
    labels: Labels = ()


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
    labels: Labels = ()
    details: Mapping[str, Any] | None = None

    @property
    def total(self) -> int:
        return sum(item.amount for item in self.items) if self.amount is None else self.amount


class NewSale(NamedTuple):
    """A sale that was just recorded, without its items; amount in hundredths."""

    id: int
    uuid: UUID
    chain_id: int
    customer_id: int | None
    business_id: int | None
    number: str
    amount: int
    bought_at: datetime


def whose(session: Session, chain: ChainTerms, reported: SaleDetails, matched: Mapping[str, int | None]) -> int | None:
    """The customer whose it is: the buyer, or of a return who has bought it, whoever brings it back; None where nobody is known.

    `matched` says whose each identifier of the buyer is.
    """
    if reported.is_return:
        returned = find(session, chain.id, reported.returns or "")
        return returned.customer_id if returned is not None else None
    if reported.customer_id is not None:
        return customers.account_of(session, reported.customer_id)
    return matching.first(matched, chain.matches_by)


def known(session: Session, sale_id: int, reported: SaleDetails) -> Sale:
    """What was recorded with the reported number: the same. Raises SaleDiffers when it is another sale."""
    sale = session.get_one(Sale, sale_id)
    if not _is_same(session, sale, reported):
        raise SaleDiffers(field="number")
    return sale


def add(
    session: Session,
    chain: ChainTerms,
    reported: SaleDetails,
    buyer: BuyerFacts | None,
    earned: Earnings | None,
    now: datetime,
    paid_with: Sequence[int] = (),
) -> NewSale:
    """Write a sale that is not `known`, with all that it earned; `buyer` is whose it is, whose account is locked.

    `paid_with` are vouchers. Raises BadSale or PosNotFound.
    """
    validate(reported, now)
    shop = shop_of(session, chain.id, reported)
    is_erased = buyer is not None and buyer.status == ERASED  # it is a fact; nothing follows from it
    counts = buyer is not None and not is_erased
    gain = earned.points if earned is not None else 0
    lifetime = PointsTerms.of(chain).lifetime(now, chain.time_zone)
    is_locked = lifetime.unlocks_at is not None
    details = {**(reported.details or {}), **({PAID_WITH: list(paid_with)} if paid_with else {})}
    uuid, entry, bought_at = uuid4(), uuid4(), reported.bought_at or now
    parameters = {
        "sale": uuid,
        "of_chain": chain.id,
        "of_business": reported.business_id,
        "of_shop": shop.id if shop is not None else None,
        "buyer": buyer.id if buyer is not None else None,
        "document": reported.number,
        "total": reported.total,
        "where_bought": None if is_erased else reported.place,
        "who_bought": None if is_erased else dict(reported.buyer) or None,
        "labelled": [list(it) for it in reported.labels],
        "said": details or None,
        "moment": bought_at,
        "noted": now,
        "earned_in_all": earned.total if earned is not None else 0,
        "explained": earned.explanation if earned is not None else None,
    }
    if reported.items:
        shares = earned.of_item if earned is not None else [0] * len(reported.items)
        parameters["lines"] = _lines(reported.items, shares)
    if counts:
        parameters["purchases"] = int(reported.total > 0)
        parameters["total_without_delivery"] = reported.total - earning.delivery_in(chain, reported.items)
    if gain:
        parameters |= {
            "entry": entry,
            "gain": 0 if is_locked else gain,
            "locked_gain": gain if is_locked else 0,
            "gain_due": lifetime.due_at(),
            "gain_unlocks": lifetime.unlocks_at,
            "gain_expires": lifetime.expires_at,
            "remark": f"Sale {reported.number}",
        }
    shape = SaleShape(has_items=bool(reported.items), has_customer=counts, earns=bool(gain))
    sale_id = writing.change(shape).make(session, parameters)
    assert sale_id is not None, "the change returns it"
    if buyer is not None and earned is not None:
        if gain and buyer.is_listened_to:
            new = entries.added("earned", gain, lifetime, comment=f"Sale {reported.number}", sale_id=sale_id)
            balance = buyer.balance + new.delta
            telling.entry(session, buyer.id, WrittenEntry(0, entry, chain.id, balance), new, now)
        earning.give_first(session, buyer.id, earned, sale_id, now)
    whose_id = buyer.id if buyer is not None else None
    return NewSale(sale_id, uuid, chain.id, whose_id, reported.business_id, reported.number, reported.total, bought_at)


def add_return(session: Session, chain_id: int, reported: SaleDetails, customer_id: int | None, now: datetime) -> Sale:
    """Write a return that is not `known`. Then `settle_return` it.

    `customer_id` is `whose` it is, whose account is locked. Raises BadSale, PosNotFound, SaleNotFound for a return of nothing, or
    MoreThanSale.
    """
    validate(reported, now)
    returned = find(session, chain_id, reported.returns or "", lock=True)
    if returned is None or returned.returns_id is not None:
        raise SaleNotFound(field="returns")
    if returned.customer_id != customer_id:
        raise TryAgain("somebody said meanwhile whose the sale was")
    bought_at = reported.bought_at or now
    if bought_at < returned.bought_at - A_DAY:
        raise BadSale("A return is not dated before the sale that it gives back.", field="bought_at")
    shop = shop_of(session, chain_id, reported)
    is_erased = customer_id is not None and _is_erased(session, customer_id)
    back = Sale(
        chain_id=chain_id,
        business_id=reported.business_id,
        shop=shop,
        customer_id=customer_id,
        number=reported.number,
        returns_id=returned.id,
        amount=reported.total,
        place=None if is_erased else reported.place,
        buyer=None if is_erased else dict(reported.buyer) or None,
        labels=[list(it) for it in reported.labels],
        details=dict(reported.details) if reported.details else None,
        bought_at=bought_at,
        recorded_at=now,
        earned=0,
        taken_back=0,
        returned=0,
        items=[SaleItem(chain_id=chain_id, **line) for line in _lines(reported.items, [0] * len(reported.items))],
    )
    session.add(back)
    session.flush()
    _count_return(session, returned, back)
    return back


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


def settle(session: Session, sale: Sale, earned: Earnings, now: datetime) -> None:
    """Count a sale for its customer, who is known only now, and give what it earned; what was returned since is taken back.

    The customer's account is locked.
    """
    assert sale.customer_id is not None, "somebody bought it"
    delivery, count = earning.delivery_of(session, sale), int(sale.amount > 0)
    customers.add_spending(session, sale.customer_id, sale.amount, sale.bought_at, count, delivery)
    if earned.points:
        ledger.earn(session, sale.customer_id, earned.points, now, f"Sale {sale.number}", sale_id=sale.id)
    earning.give_first(session, sale.customer_id, earned, sale.id, now)
    sale.earned, sale.explanation = earned.total, earned.explanation
    for item, share in zip(sale.items, earned.of_item, strict=False):
        item.earned = share
    for back in session.scalars(select(Sale).where(Sale.returns_id == sale.id).order_by(Sale.id)):
        back.customer_id = sale.customer_id  # it came back before anybody knew whose it was
        _give_back(session, sale, back, now)
    session.flush()


def settle_return(session: Session, back: Sale, now: datetime) -> None:
    """Take off what was counted for a sale that comes back, and what it earned. The customer's account is locked."""
    _give_back(session, session.get_one(Sale, back.returns_id), back, now)


def find(session: Session, chain_id: int, number: str, lock: bool = False) -> Sale | None:
    query = select(Sale).where(Sale.chain_id == chain_id, Sale.number == number)
    return session.scalars(query.with_for_update(of=Sale) if lock else query).one_or_none()


def get(session: Session, uuid: UUID, chains: Chains) -> Sale:
    """Raises SaleNotFound."""
    found = session.scalars(select(Sale).where(Sale.uuid == uuid, within(chains, Sale.chain_id))).one_or_none()
    if found is None:
        raise SaleNotFound
    return found


def label(session: Session, sale_id: int, labels: Labels, adds: bool) -> Sale:
    """Put labels on a sale, instead of those it has or beside them; one that it has already stays once. Raises BadSale."""
    locked = select(Sale).where(Sale.id == sale_id).with_for_update(of=Sale)
    sale = session.scalars(locked, execution_options={"populate_existing": True}).one()
    kept = [(key, value) for key, value in sale.labels] if adds else []
    wanted = list(dict.fromkeys([*kept, *labels]))
    if len(wanted) > LABELS_MAX:
        raise BadSale(f"A sale has at most {LABELS_MAX} labels.", field="labels")
    sale.labels = [list(it) for it in wanted]
    return sale


def shop_of(session: Session, chain_id: int, reported: SaleDetails) -> PointOfSale | None:
    """Where it was bought, if the till says so. Raises PosNotFound."""
    return shops.get(session, reported.shop, {chain_id}, "shop") if reported.shop is not None else None


def _lines(items: Sequence[SoldItem], shares: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of a receipt's items, with the share of each in what was earned."""
    return [
        {
            "position": i,
            "sku": written(it.sku),
            "name": it.name,
            "quantity": it.quantity,
            "amount": it.amount,
            "category": it.category,
            "maker": it.maker,
            "labels": [list(label) for label in it.labels],
            "earned": share,
        }
        for i, (it, share) in enumerate(zip(items, shares, strict=True))
    ]


def _count_return(session: Session, sale: Sale, back: Sale) -> None:
    if sale.returned + back.amount > sale.amount:
        left = sale.amount - sale.returned
        message = f"More is returned than was bought: {decimal(left)} is left of the sale."
        if not left:
            message = "The whole sale was returned already."
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


def validate(reported: SaleDetails, now: datetime) -> None:
    """Raises BadSale for what cannot be."""
    if not reported.number:
        raise BadSale("A sale has a number.", field="number")
    if reported.bought_at is not None and reported.bought_at > now + AHEAD_MAX:
        minutes = int(AHEAD_MAX.total_seconds()) // 60
        said = f"Here it is {now:%Y-%m-%d %H:%M} UTC: a sale may be dated {minutes} minutes ahead, for a clock that is fast, not more."
        raise BadSale(said, field="bought_at")
    if reported.is_return and reported.returns is None:
        raise BadSale("A return names the sale that it gives back.", field="returns")
    if reported.returns is not None and not reported.is_return:
        raise BadSale("Only a return names a sale that it gives back.", field="returns")
    if len(reported.items) > ITEMS_MAX:
        raise BadSale(f"A receipt has at most {ITEMS_MAX} items.", field="items")
    if any(it.amount < 0 or it.quantity < 0 for it in reported.items) or not 0 <= reported.total <= BALANCE_MAX:
        raise BadSale("Amounts and quantities are not negative: what is given back is a return.", field="items")
