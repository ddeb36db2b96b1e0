"""Buy a reward, mark it as used, list what was bought."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, Uuid, and_, bindparam, case, exists, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, contains_eager

from app.campaign import eligibility, rules
from app.campaign.errors import CouponStaysUsed, PurchaseNotFound
from app.campaign.models import Campaign, Coupon, Purchase, Stock, Usage
from app.database import Prepared, TryAgain, UtcDateTime, run
from app.paging import Page, Paged
from app.points.models import Account, LedgerEntry


@dataclass(frozen=True)
class Sale:
    """What a buyer gets: the purchase's id and the coupon's code."""

    purchase_id: uuid.UUID
    code: str


class TermsChanged(TryAgain):
    """Between the decision and the change somebody else was faster; decide again on the new facts."""


def buy(
    session: Session, campaign: uuid.UUID, customer: uuid.UUID, now: datetime, sold_by: int | None, issuer: str
) -> Sale:
    """Sell one reward of a campaign to a customer for points.

    Reads the facts, asks the rules, then makes the guarded changes, each of which succeeds only if its fact still
    holds. The order is everybody's: account, usage, coupon, and last the campaign's stock, so that the buyers of one
    hot campaign wait for each other only while it commits. A free coupon that another buyer holds is skipped.

    Raises CampaignNotFound, CustomerNotFound, the first of `rules.refusals`, or TermsChanged when a guard failed:
    then nothing may be kept of this transaction and the whole is to be repeated.
    Source: Open Loyalty, "Buy reward campaign for a specific customer".
    """
    facts = eligibility.facts(session, campaign, customer)
    for refusal in rules.refusals(facts, now):
        raise refusal
    purchase_id = uuid.uuid4()
    parameters = {
        "buyer": facts.customer_id,
        "campaign": facts.campaign_id,
        "purchase": purchase_id,
        "entry": uuid.uuid4(),
        "price": facts.cost,
        "allowance": facts.limit_per_customer,
        "terms_seen": facts.terms,
        "moment": now,
        "seller": sold_by,
        "by_whom": issuer,
        "campaign_name": facts.campaign_name,
    }
    steps = SHARED_COUPON_STEPS if facts.single_coupon else POOL_STEPS
    dialect = session.get_bind().dialect.name
    results = run(session, *((step[dialect], parameters) for step in steps))
    if not all(results):
        raise TermsChanged("another purchase or a change of the campaign came first")
    return Sale(purchase_id, results[COUPON_STEP][0].code)


# --- the guarded changes of `buy`: each returns a row, or its guard has failed ---------------------------------------

# No parameter may be named like a column that its statement sets.
_customer, _campaign, _cost = (bindparam(name, type_=BigInteger()) for name in ("buyer", "campaign", "price"))
_purchase, _entry = bindparam("purchase", type_=Uuid()), bindparam("entry", type_=Uuid())
_seller = bindparam("seller", type_=BigInteger())
_now = bindparam("moment", type_=UtcDateTime())

DEBIT = (
    update(Account)
    .where(Account.customer_id == _customer, Account.balance >= _cost)
    .values(balance=Account.balance - _cost, entries_count=Account.entries_count + 1)
    .returning(Account.balance)
)


def _count_usage(dialect: Any) -> Any:
    return (
        dialect.insert(Usage)
        .values(customer_id=_customer, campaign_id=_campaign, bought=1)
        .on_conflict_do_update(
            index_elements=["customer_id", "campaign_id"],
            set_={"bought": Usage.bought + 1},
            where=rules.has_allowance(Usage.bought, bindparam("allowance")),
        )
        .returning(Usage.bought)
    )


_free_coupon = (
    select(Coupon.id)
    .where(Coupon.campaign_id == _campaign, Coupon.purchase_id.is_(None))
    .order_by(Coupon.id)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
CLAIM_COUPON = (
    update(Coupon)
    .where(Coupon.id == _free_coupon, Coupon.purchase_id.is_(None))
    .values(purchase_id=_purchase)
    .returning(Coupon.code)
)
SHARED_COUPON = select(Coupon.code).where(Coupon.campaign_id == _campaign).limit(1)


def _record_purchase(coupon_is_ours: Any) -> Any:
    return (
        insert(Purchase)
        .from_select(
            ["id", "campaign_id", "customer_id", "coupon_id", "cost", "bought_at", "sold_by"],
            select(_purchase, _campaign, _customer, Coupon.id, _cost, _now, _seller).where(coupon_is_ours),
            include_defaults=False,
        )
        .returning(Purchase.id)
    )


# The entry takes the place that the debit made; without a debit there is none, and the insert adds nothing.
_place_is_free = ~exists().where(
    LedgerEntry.customer_id == Account.customer_id, LedgerEntry.sequence == Account.entries_count
)
_bought_coupon = (
    select(Coupon.code)
    .join(Purchase, Purchase.coupon_id == Coupon.id)
    .where(Purchase.id == _purchase)
    .scalar_subquery()
)
RECORD_ENTRY = (
    insert(LedgerEntry)
    .from_select(
        ["uuid", "customer_id", "sequence", "delta", "balance_after", "kind", "comment", "issuer", "issued_by",
         "purchase_id", "created_at"],
        select(
            _entry, Account.customer_id, Account.entries_count, -_cost, Account.balance,
            literal("bought"), bindparam("campaign_name", type_=String()) + ", coupon: " + _bought_coupon,
            bindparam("by_whom", type_=String()), _seller, _purchase, _now,
        ).where(Account.customer_id == _customer, _place_is_free),
        include_defaults=False,
    )
    .returning(LedgerEntry.id)
)  # fmt: skip

_first_purchase = (
    select(case((Usage.bought == 1, 1), else_=0))
    .where(Usage.customer_id == _customer, Usage.campaign_id == _campaign)
    .scalar_subquery()
)
COUNT_SALE = (
    update(Stock)
    .where(Stock.campaign_id == _campaign, rules.has_stock(Stock), Stock.terms == bindparam("terms_seen"))
    .values(sold=Stock.sold + 1, buyers_count=Stock.buyers_count + func.coalesce(_first_purchase, 0))
    .returning(Stock.sold)
)


def _on_both(statement: Any) -> dict[str, Prepared]:
    return {"postgresql": Prepared(statement), "sqlite": Prepared(statement)}


_USAGE = {"postgresql": Prepared(_count_usage(postgresql)), "sqlite": Prepared(_count_usage(sqlite))}
COUPON_STEP = 2
POOL_STEPS = (
    _on_both(DEBIT),
    _USAGE,
    _on_both(CLAIM_COUPON),
    _on_both(_record_purchase(Coupon.purchase_id == _purchase)),
    _on_both(RECORD_ENTRY),
    _on_both(COUNT_SALE),
)
SHARED_COUPON_STEPS = (
    _on_both(DEBIT),
    _USAGE,
    _on_both(SHARED_COUPON),
    _on_both(_record_purchase(Coupon.campaign_id == _campaign)),
    _on_both(RECORD_ENTRY),
    _on_both(COUNT_SALE),
)


# --- after the purchase ----------------------------------------------------------------------------------------------

SORTABLE = {
    "purchaseAt": Purchase.bought_at,
    "purchasedAt": Purchase.bought_at,
    "costInPoints": Purchase.cost,
    "used": Purchase.used_at,
    "name": Campaign.name,
}


def of_customer(session: Session, customer_id: int, paging: Page) -> Paged[Purchase]:
    """The customer's purchases, the newest first unless sorted otherwise; with coupon, campaign and its text."""
    mine = Purchase.customer_id == customer_id
    total = session.scalar(select(func.count()).select_from(Purchase).where(mine)) or 0
    query = (
        select(Purchase)
        .join(Purchase.coupon)
        .join(Purchase.campaign)
        .options(contains_eager(Purchase.coupon), contains_eager(Purchase.campaign).joinedload(Campaign.text))
        .where(mine)
        .order_by(*paging.order(SORTABLE, Purchase.bought_at.desc(), tie=Purchase.id))
    )
    return Paged(list(session.scalars(paging.cut(query))), total)


def latest_by_customer(session: Session, customer_ids: Sequence[int], most: int) -> dict[int, list[Purchase]]:
    """The latest purchases of each of a few customers, at most `most` each, oldest first, in one statement."""
    rank = func.row_number().over(partition_by=Purchase.customer_id, order_by=Purchase.bought_at.desc())
    ranked = select(Purchase.id, rank.label("rank")).where(Purchase.customer_id.in_(customer_ids)).subquery()
    query = (
        select(Purchase)
        .join(ranked, and_(ranked.c.id == Purchase.id, ranked.c.rank <= most))
        .join(Purchase.coupon)
        .join(Purchase.campaign)
        .options(contains_eager(Purchase.coupon), contains_eager(Purchase.campaign))
        .order_by(Purchase.bought_at)
    )
    found: dict[int, list[Purchase]] = {customer_id: [] for customer_id in customer_ids}
    for purchase in session.scalars(query):
        found[purchase.customer_id].append(purchase)
    return found


def mark(
    session: Session, customer_id: int, campaign: uuid.UUID, code: str, coupon_id: int | None, used: bool, now: datetime,
    may_unuse: bool,
) -> Purchase:  # fmt: skip
    """Mark a coupon that the customer has bought as used, or as unused again. Doing it twice changes nothing.

    Of several purchases of one shared code, the first that is not yet as wished is marked.
    Raises PurchaseNotFound, or CouponStaysUsed when `used` is taken back by someone who may not.
    Source: Open Loyalty 3.1, "mark multiple coupons as used".
    """
    query = (
        select(Purchase)
        .join(Purchase.coupon)
        .join(Purchase.campaign)
        .options(contains_eager(Purchase.coupon), contains_eager(Purchase.campaign))
        .where(Purchase.customer_id == customer_id, Campaign.uuid == campaign, Coupon.code == code)
        .order_by(Purchase.bought_at, Purchase.id)
        .with_for_update(of=Purchase)
    )
    if coupon_id is not None:
        query = query.where(Coupon.id == coupon_id)
    purchases = list(session.scalars(query))
    if not purchases:
        raise PurchaseNotFound
    purchase = next((p for p in purchases if (p.used_at is not None) != used), purchases[0])
    if not used and purchase.used_at is not None and not may_unuse:
        raise CouponStaysUsed
    if used and purchase.used_at is None:
        purchase.used_at = now
    elif not used:
        purchase.used_at = None
    return purchase
