"""Buy coupons, mark them as used, say where they are. The words are Open Loyalty's; every coupon given to somebody counts."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.access.models import ADMIN
from app.campaign.awards.give import OUTSIDE_VISIBILITY, Actor, Trigger, give
from app.campaign.eligibility.facts import facts_by_uuid
from app.campaign.eligibility.rows import CampaignFacts, Giving
from app.campaign.errors import BadQuantity, CampaignNotFound, CouponStaysUsed, MayNotGiveFree, PurchaseNotFound
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.vouchers import Voucher
from app.campaign.vouchers import lifecycle
from app.campaign.vouchers.bought import BOUGHT, bought_query
from app.db.prepared import Executor, atomic, is_autocommit
from app.organizations.scope import Chains
from app.text import written


@dataclass(frozen=True)
class Purchase:
    """What a buyer gets: the award's id and the coupon's code."""

    award_id: uuid.UUID
    code: str


QUANTITY_MAX = 20  # whoever buys several keeps others who want the campaign waiting


@dataclass(frozen=True)
class Order:
    """How many coupons are wanted, all or none; `free` of points; `outside_visibility`, whether or not the campaign is shown now."""

    quantity: int = 1
    free: bool = False
    outside_visibility: bool = False


ONE = Order()


def order_of(role: str, quantity: int = 1, free: bool = False) -> Order:
    """What a role orders. Admins sell a campaign whether or not it is shown now, and they alone sell for nothing.

    Raises MayNotGiveFree. Source: Open Loyalty 3.2, "buy reward" of the admin.
    """
    if free and role != ADMIN:
        raise MayNotGiveFree
    return Order(quantity, free, outside_visibility=role == ADMIN)


PURCHASE = Trigger("purchase")
WHETHER_SHOWN_OR_NOT = Trigger("purchase", waives=OUTSIDE_VISIBILITY)


def trigger_of(order: Order) -> Trigger:
    """Why a campaign gives what is ordered, and what is no reason against it."""
    return WHETHER_SHOWN_OR_NOT if order.outside_visibility else PURCHASE


def buy(
    executor: Executor,
    campaign: uuid.UUID,
    customer: uuid.UUID,
    chains: Chains,
    now: datetime,
    sold_by: int | None,
    issuer: str,
    order: Order = ONE,
    known: CampaignFacts | None = None,
) -> list[Purchase]:
    """Sell coupons of a campaign to a customer of these chains for points. `known` are the facts if they were just read.

    Raises CampaignNotFound, also for campaigns that sell no coupons, CustomerNotFound, BadQuantity, or as `awards.give` does.
    Source: Open Loyalty, "Buy reward campaign for a specific customer"; for more than one, 3.2.
    """
    if order.quantity == 1:
        return [_sell(executor, campaign, customer, chains, now, Actor(sold_by, issuer), order, 1, known)]
    if not 0 < order.quantity <= QUANTITY_MAX:
        raise BadQuantity(
            f"From 1 to {QUANTITY_MAX} rewards can be bought at once", required=QUANTITY_MAX, actual=order.quantity
        )
    with atomic(executor):
        return [
            _sell(executor, campaign, customer, chains, now, Actor(sold_by, issuer), order, wanted)
            for wanted in range(order.quantity, 0, -1)
        ]


def _sell(
    executor: Executor,
    campaign: uuid.UUID,
    customer: uuid.UUID,
    chains: Chains,
    now: datetime,
    actor: Actor,
    order: Order,
    wanted: int,
    known: CampaignFacts | None = None,
) -> Purchase:
    """Sell the first of as many as are still wanted."""
    # Where the transaction has begun already, or waits to, what was read before it may be over.
    facts = facts_by_uuid(executor, campaign, customer, chains, known if is_autocommit(executor) else None)
    if not facts.sells_coupons:
        raise CampaignNotFound
    facts = facts._replace(cost=0) if order.free else facts
    given = give(executor, Giving(facts), trigger_of(order), now, actor, wanted=wanted)
    return Purchase(given.award_id, str(given.code))


def set_delivery(session: Session, customer_id: int, award_id: uuid.UUID, delivery: str) -> Voucher:
    """Say where the reward is that a customer has bought. Raises PurchaseNotFound."""
    query = bought_query().where(Voucher.customer_id == customer_id, Voucher.award_id == award_id)
    voucher = session.scalars(query.with_for_update(of=Voucher)).one_or_none()
    if voucher is None:
        raise PurchaseNotFound
    voucher.delivery = delivery
    return voucher


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
        bought_query()
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
