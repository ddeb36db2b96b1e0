"""Set campaigns up: create, change, switch on and off."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.campaign import audiences, coupons, rules
from app.campaign.errors import CampaignNotFound, LimitUnderUsage, SingleCouponFixed
from app.campaign.models import (
    ALWAYS_FROM,
    ALWAYS_TO,
    UNLIMITED,
    Campaign,
    CampaignLabel,
    CampaignText,
    Purchase,
    Stock,
)

Window = tuple[datetime, datetime]
ALWAYS: Window = (ALWAYS_FROM, ALWAYS_TO)


@dataclass(frozen=True)
class Offer:
    """All that an admin decides about a campaign. Cost in hundredths of a point; a limit of None binds nobody."""

    name: str
    reward: str
    cost: int
    coupons: Sequence[str]
    levels: Sequence[UUID] = ()
    segments: Sequence[UUID] = ()
    active: bool = False
    single_coupon: bool = False
    unlimited: bool = False
    limit: int | None = None
    limit_per_customer: int | None = None
    activity: Window = ALWAYS
    visibility: Window = ALWAYS
    short_description: str | None = None
    conditions_description: str | None = None
    usage_instruction: str | None = None
    labels: Sequence[tuple[str, str]] = field(default=())


def create(session: Session, offer: Offer, now: datetime, uuid: UUID | None = None) -> Campaign:
    """Create a campaign; `uuid` only for a world whose ids are known beforehand."""
    campaign = Campaign(
        created_at=now,
        lifecycle="live" if offer.active else "draft",
        stock=Stock(sold=0, buyers_count=0, terms=1, coupons_count=len(offer.coupons)),
        **({"uuid": uuid} if uuid else {}),
    )
    _apply(session, campaign, offer)
    session.add(campaign)
    session.flush()
    coupons.add(session, campaign.id, offer.coupons)
    return campaign


def change(session: Session, uuid: UUID, offer: Offer) -> Campaign:
    """Put a whole new offer in a campaign's place; what was sold stays sold.

    The stock row is locked and its terms are raised first, so that no purchase is made under terms half old, half new: a
    buyer who decided before waits for the lock, finds other terms, and decides again.
    Raises CampaignNotFound, RedeemedCouponMissing, LimitUnderUsage or SingleCouponFixed.
    """
    campaign = for_change(session, uuid)
    if campaign.stock.sold and offer.single_coupon != campaign.single_coupon:
        raise SingleCouponFixed(field="single_coupon")
    _require_limits_above_usage(session, campaign, offer)
    coupons.replace(session, campaign, offer.coupons)
    if offer.single_coupon and campaign.stock.coupons_count != 1:
        raise SingleCouponFixed("The campaign has a pool of codes too large to be retired.", field="single_coupon")
    _apply(session, campaign, offer)
    _switch(campaign, on=offer.active)
    return campaign


def switch(session: Session, uuid: UUID, on: bool) -> Campaign:
    """Switch a campaign on or off. A completed campaign stays completed. Raises CampaignNotFound."""
    campaign = for_change(session, uuid)
    _switch(campaign, on)
    return campaign


def for_change(session: Session, uuid: UUID) -> Campaign:
    """The campaign, locked until the transaction ends, its terms raised. Raises CampaignNotFound."""
    stock = session.scalars(
        select(Stock)
        .join(Campaign, Campaign.id == Stock.campaign_id)
        .where(Campaign.uuid == uuid)
        .with_for_update(of=Stock)
    ).one_or_none()
    if stock is None:
        raise CampaignNotFound
    stock.terms += 1
    return session.scalars(
        select(Campaign)
        .where(Campaign.id == stock.campaign_id)
        .options(
            joinedload(Campaign.stock),
            joinedload(Campaign.text),
            joinedload(Campaign.photo),
            joinedload(Campaign.audience),
            selectinload(Campaign.labels),
        )
    ).one()


def _switch(campaign: Campaign, on: bool) -> None:
    if campaign.lifecycle == "completed":
        return
    if on:
        campaign.lifecycle = "live"
    elif campaign.is_live:
        campaign.lifecycle = "paused"


def _require_limits_above_usage(session: Session, campaign: Campaign, offer: Offer) -> None:
    limit, per_customer = _limits(offer)
    if limit < campaign.stock.sold:
        raise LimitUnderUsage(field="limit", required=campaign.stock.sold, actual=limit)
    if per_customer < campaign.limit_per_customer and campaign.stock.sold:
        counts = (
            select(func.count().label("bought"))
            .where(Purchase.campaign_id == campaign.id)
            .group_by(Purchase.customer_id)
            .subquery()
        )
        most = session.scalar(select(func.max(counts.c.bought))) or 0
        if per_customer < most:
            raise LimitUnderUsage(field="limit_per_customer", required=most, actual=per_customer)


def _limits(offer: Offer) -> tuple[int, int]:
    if offer.unlimited:
        return UNLIMITED, UNLIMITED
    return (
        UNLIMITED if offer.limit is None else offer.limit,
        UNLIMITED if offer.limit_per_customer is None else offer.limit_per_customer,
    )


def _apply(session: Session, campaign: Campaign, offer: Offer) -> None:
    campaign.name = offer.name
    campaign.reward = offer.reward
    campaign.cost = offer.cost
    campaign.single_coupon = offer.single_coupon
    campaign.unlimited = offer.unlimited
    campaign.limit, campaign.limit_per_customer = _limits(offer)
    campaign.active_from, campaign.active_to = offer.activity
    campaign.visible_from, campaign.visible_to = offer.visibility
    campaign.audience = audiences.named(session, offer.levels, offer.segments)
    campaign.stock.sellable = rules.sellable(campaign.limit, campaign.stock.coupons_count, campaign.single_coupon)
    told = {
        "short_description": offer.short_description,
        "conditions_description": offer.conditions_description,
        "usage_instruction": offer.usage_instruction,
    }
    is_new = inspect(campaign).transient
    if is_new:
        campaign.text = CampaignText(**told)
    else:
        for name, text in told.items():
            setattr(campaign.text, name, text)
    labels = [CampaignLabel(position=i, key=key, value=value) for i, (key, value) in enumerate(offer.labels)]
    if not is_new:
        campaign.labels = []
        session.flush()  # the old positions must be gone before the new ones come
    campaign.labels = labels
