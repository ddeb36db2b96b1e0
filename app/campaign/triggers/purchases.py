"""Buy a coupon, mark it as used, list what was bought. The words are Open Loyalty's; every coupon given to somebody counts."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Select, and_, func, select, tuple_
from sqlalchemy.orm import Session, contains_eager

from app.campaign.awards.give import Actor, Trigger, give
from app.campaign.eligibility.facts import facts_by_uuid
from app.campaign.errors import CampaignNotFound, CouponStaysUsed, PurchaseNotFound
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.vouchers import Voucher
from app.campaign.vouchers import lifecycle
from app.db.prepared import Executor
from app.organizations.scope import Chains
from app.paging import Page, Paged
from app.text import written


@dataclass(frozen=True)
class Sale:
    """What a buyer gets: the award's id and the coupon's code."""

    award_id: uuid.UUID
    code: str


PURCHASE = Trigger("purchase")


def buy(
    executor: Executor,
    campaign: uuid.UUID,
    customer: uuid.UUID,
    chains: Chains,
    now: datetime,
    sold_by: int | None,
    issuer: str,
) -> Sale:
    """Sell one coupon of a campaign to a customer of these chains for points.

    Raises CampaignNotFound, also for campaigns that sell no coupons, CustomerNotFound, or as `awards.give` does.
    Source: Open Loyalty, "Buy reward campaign for a specific customer".
    """
    facts = facts_by_uuid(executor, campaign, customer, chains)
    if not facts.sells_coupons:
        raise CampaignNotFound
    given = give(executor, facts, PURCHASE, now, Actor(sold_by, issuer))
    return Sale(given.award_id, str(given.code))


# A coupon is a voucher; what was bought is listed by the vouchers that hold the coupons now.
BOUGHT = and_(Voucher.coupon_id.is_not(None), Voucher.superseded.is_(False))
SORTABLE = {
    "purchaseAt": Voucher.created_at,
    "purchasedAt": Voucher.created_at,
    "costInPoints": Award.cost,
    "used": Voucher.redeemed_at,
    "name": Campaign.name,
}


def _bought() -> Select[Voucher]:
    return (
        select(Voucher)
        .join(Voucher.award)
        .join(Voucher.campaign)
        .options(contains_eager(Voucher.award), contains_eager(Voucher.campaign))
        .where(BOUGHT)
    )


def of_customer(session: Session, customer_id: int, paging: Page) -> Paged[Voucher]:
    """The coupons that a customer has bought, the newest first unless sorted otherwise; with award, campaign and its text."""
    mine = Voucher.customer_id == customer_id
    total = session.scalar(select(func.count()).select_from(Voucher).where(mine, BOUGHT)) or 0
    query = (
        _bought()
        .options(contains_eager(Voucher.campaign).joinedload(Campaign.text))
        .where(mine)
        .order_by(*paging.order(SORTABLE, Award.given_at.desc(), tie=Voucher.id))
    )
    return Paged(list(session.scalars(paging.cut(query))), total)


def latest_by_customer(session: Session, customer_ids: Sequence[int], most: int) -> dict[int, list[Voucher]]:
    """The latest coupons of each of a few customers, at most `most` each, oldest first, in one statement."""
    rank = func.row_number().over(partition_by=Voucher.customer_id, order_by=Voucher.id.desc())
    ranked = select(Voucher.id, rank.label("rank")).where(Voucher.customer_id.in_(customer_ids), BOUGHT).subquery()
    query = (
        _bought()
        .join(ranked, and_(ranked.c.id == Voucher.id, ranked.c.rank <= most))
        .order_by(Award.given_at, Voucher.id)
    )
    found: dict[int, list[Voucher]] = {customer_id: [] for customer_id in customer_ids}
    for voucher in session.scalars(query):
        found[cast(int, voucher.customer_id)].append(voucher)
    return found


def lock_marked(session: Session, marks: Sequence[tuple[int, uuid.UUID, str]]) -> None:
    """Before several coupons are marked in one transaction: everybody locks them by their ids, in whatever order they were sent.

    Each mark is the customer's id, the campaign's UUID and the code. Who waits here looks at the coupons anew afterwards.
    """
    named = [(customer_id, campaign, written(code)) for customer_id, campaign, code in marks]
    ids = select(Voucher.id).join(Voucher.campaign)
    query = ids.where(tuple_(Voucher.customer_id, Campaign.uuid, Voucher.code).in_(named), BOUGHT)
    session.execute(query.order_by(Voucher.id).with_for_update(of=Voucher)).all()


def mark(
    session: Session,
    customer_id: int,
    campaign: uuid.UUID,
    code: str,
    award_id: uuid.UUID | None,
    used: bool,
    now: datetime,
    may_unuse: bool,
) -> Voucher:
    """Mark a coupon that the customer has bought as used, or as unused again.

    Naming the award, doing it twice changes nothing. Without its id, of several purchases of one shared code the first
    that is not yet as wished is marked. A used coupon stays redeemed: unused, it is a new voucher for the same code.
    Raises PurchaseNotFound, VoucherExpired, or CouponStaysUsed when `used` is taken back by someone who may not.
    Source: Open Loyalty 3.1, "mark multiple coupons as used"; the model's section 4.6.
    """
    query = (
        _bought()
        .where(Voucher.customer_id == customer_id, Campaign.uuid == campaign, Voucher.code == code)
        .order_by(Award.given_at, Award.id)
        .with_for_update(of=Voucher)
    )
    if award_id is not None:
        query = query.where(Voucher.award_id == award_id)
    found = list(session.scalars(query))
    if not found:
        raise PurchaseNotFound
    voucher = next((one for one in found if one.is_used != used), found[0])
    if used and not voucher.is_used:
        return lifecycle.use(session, voucher, now)
    if not used and voucher.is_used:
        if not may_unuse:
            raise CouponStaysUsed
        return lifecycle.reinstate(session, voucher, now)
    return voucher
