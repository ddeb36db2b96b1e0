"""Buy a reward, mark it as used, list what was bought."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, contains_eager

from app.campaign import eligibility, rules, sales
from app.campaign.errors import CouponStaysUsed, PurchaseNotFound
from app.campaign.models import Campaign, Coupon, Purchase
from app.database import Bind
from app.paging import Page, Paged


@dataclass(frozen=True)
class Sale:
    """What a buyer gets: the purchase's id and the coupon's code."""

    purchase_id: uuid.UUID
    code: str


def buy(bind: Bind, campaign: uuid.UUID, customer: uuid.UUID, now: datetime, sold_by: int | None, issuer: str) -> Sale:
    """Sell one reward of a campaign to a customer for points.

    Reads the facts, asks the rules, then makes the guarded changes, each of which succeeds only if its fact still
    holds. The order is everybody's: account, usage, coupon, and last the campaign's stock, so that the buyers of one
    hot campaign wait for each other only while it commits. A free coupon that another buyer holds is skipped.

    Raises CampaignNotFound, CustomerNotFound, the first of `rules.refusals`, or TermsChanged when a guard failed:
    then nothing may be kept of this transaction and the whole is to be repeated.
    Source: Open Loyalty, "Buy reward campaign for a specific customer".
    """
    facts = eligibility.facts(bind, campaign, customer)
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
    return Sale(purchase_id, sales.sell(bind, not facts.single_coupon, parameters))


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
    session: Session, customer_id: int, campaign: uuid.UUID, code: str, purchase_id: uuid.UUID | None, used: bool, now: datetime,
    may_unuse: bool,
) -> Purchase:  # fmt: skip
    """Mark a coupon that the customer has bought as used, or as unused again.

    Naming the purchase, doing it twice changes nothing. Without its id, of several purchases of one shared code the first
    that is not yet as wished is marked.
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
    if purchase_id is not None:
        query = query.where(Purchase.id == purchase_id)
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
