"""Set campaigns up: create, change, switch on and off."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, inspect, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.campaign.audience import audiences
from app.campaign.awards import draws
from app.campaign.eligibility import rules
from app.campaign.engagement import behaviors, creatives
from app.campaign.errors import (
    CampaignNameTaken,
    CampaignNotFound,
    LifecycleRefused,
    LimitUnderUsage,
    PermalinkTaken,
    SingleCouponFixed,
)
from app.campaign.limits import UNLIMITED
from app.campaign.models.campaigns import Campaign, CampaignLabel, CampaignText
from app.campaign.models.draws import DrawSeed
from app.campaign.models.limits import MethodTally, Stock, Usage
from app.campaign.models.rewards import RewardMethod
from app.campaign.setup import coupons, spec
from app.campaign.setup.spec import ALWAYS, PLAIN, UNLISTED, Listing, Manner, Offer, RewardSpec, Window
from app.organizations import chains

__all__ = [
    "ALWAYS",
    "PLAIN",
    "UNLISTED",
    "Listing",
    "Manner",
    "Offer",
    "RewardSpec",
    "Window",
    "change",
    "complete",
    "create",
    "for_change",
    "move",
    "switch",
]

_APART = {"rewards", "restrictions", "behaviors", "participants_max"}
_COLUMNS_OF_MANNER = [name for name in Manner.__dataclass_fields__ if name not in _APART]
_TOLD_OF_LISTING = ("campaign_type", "details", "sponsor_name", "reporting_ends_at", "qualify_tag", "disqualify_tag")


def create(
    session: Session,
    offer: Offer,
    now: datetime,
    uuid: UUID | None = None,
    manner: Manner = PLAIN,
    chain_id: int | None = None,
    id: int | None = None,
    listing: Listing = UNLISTED,
    lifecycle: str | None = None,
) -> Campaign:
    """Create a campaign of a chain, or of the first one; `uuid` and `id` only for a world whose ids are known beforehand.

    It begins in `lifecycle`, or live or as a draft. A draw gets its seed, and with it its commitment, at once.
    Raises BadCampaign, BadRestriction, BadCreative, CampaignNameTaken or PermalinkTaken.
    """
    offer, manner = spec.sold_plainly(offer, manner)
    spec.validate(offer, manner)
    chain_id = chain_id or chains.first(session)
    _require_new_names(session, chain_id, offer.name, listing)
    campaign = Campaign(
        created_at=now,
        chain_id=chain_id,
        lifecycle=lifecycle or ("live" if offer.active else "draft"),
        stock=Stock(
            given=0,
            customers_count=0,
            revision=1,
            coupons_count=len(offer.coupons),
            participants_count=0,
            participants_max=manner.participants_max,
        ),
        targeting=audiences.targeting_of(session, manner.restrictions) if manner.restrictions else None,
        unique_name=offer.name.lower() if listing.has_unique_name else None,
        **{name: getattr(manner, name) for name in _COLUMNS_OF_MANNER},
        external_id=listing.external_id,
        **({"uuid": uuid} if uuid else {}),
        **({"id": id} if id else {}),
    )
    _apply(session, campaign, offer)
    for name in _TOLD_OF_LISTING:
        setattr(campaign.text, name, getattr(listing, name))
    session.add(campaign)
    session.flush()
    coupons.add(session, campaign.id, offer.coupons)
    made = behaviors.add(session, campaign.id, manner.behaviors)
    rewards = [(reward, _ids(made, reward)) for reward in manner.rewards]
    rewards += [(RewardSpec("points", title, {"amount": amount}), ids) for title, amount, ids in behaviors.points(made)]
    for behavior in made:
        behavior.is_rewarded = any(ids.get("behavior_id") in (None, behavior.id) for _, ids in rewards)
    for position, (reward, ids) in enumerate(rewards):
        stock = reward.terms.get("stock", UNLIMITED)
        session.add(
            RewardMethod(
                campaign_id=campaign.id,
                position=position,
                kind=reward.kind,
                title=reward.title,
                tally=MethodTally(given=0, allowed=stock),
                **reward.terms,
                **ids,
            )
        )
        session.flush()  # their ids in the order of their positions
    creatives.add(session, campaign.id, listing.creatives)
    if manner.handling == "random_draw":
        seed = draws.new_seed()
        session.add(DrawSeed(campaign_id=campaign.id, seed=seed, commitment=draws.commitment(seed), committed_at=now))
    session.flush()
    return campaign


def _ids(made: Sequence[behaviors.Behavior], reward: RewardSpec) -> dict[str, int]:
    ids = [it.id for it in made if it.name == reward.behavior]
    return {"behavior_id": ids[0]} if ids else {}


def _require_new_names(session: Session, chain_id: int, name: str, listing: Listing) -> None:
    if listing.has_unique_name:
        called_so = select(Campaign.id).where(
            Campaign.chain_id == chain_id,
            or_(func.lower(Campaign.name) == func.lower(name), Campaign.unique_name == name.lower()),
        )
        if session.scalars(called_so.limit(1)).first() is not None:
            raise CampaignNameTaken(f"There is a campaign called {name} already.", field="name")
    if listing.external_id is not None:
        known = or_(Campaign.external_id == listing.external_id, Campaign.permalink == listing.external_id)
        query = select(Campaign.id).where(Campaign.chain_id == chain_id, known)
        if session.scalars(query).first() is not None:
            raise PermalinkTaken(
                f"There is a campaign with the external id {listing.external_id} already.", field="external_id"
            )


def complete(session: Session, uuid: UUID) -> Campaign:
    """End a campaign for good; the seed of a draw is published from now on. Raises CampaignNotFound."""
    campaign = for_change(session, uuid)
    campaign.lifecycle = "completed"
    return campaign


def change(session: Session, uuid: UUID, offer: Offer) -> Campaign:
    """Put a whole new offer in a campaign's place; what was sold stays sold.

    The stock row is locked and its terms are raised first, so that no purchase is made under terms half old, half new: a
    buyer who decided before waits for the lock, finds other terms, and decides again.
    Raises CampaignNotFound, RedeemedCouponMissing, LimitUnderUsage or SingleCouponFixed.
    """
    campaign = for_change(session, uuid)
    if campaign.reward is None:  # its reward methods say what it gives; no such offer describes it
        raise CampaignNotFound
    if campaign.stock.given and offer.single_coupon != campaign.single_coupon:
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


NEXT = {
    "draft": {"inreview", "live", "completed"},
    "inreview": {"draft", "live", "completed"},
    "live": {"paused", "completed"},
    "paused": {"live", "completed"},
    "completed": set(),
}


def move(session: Session, uuid: UUID, lifecycle: str) -> Campaign:
    """Bring a campaign from one state of its lifecycle to another. Raises CampaignNotFound or LifecycleRefused."""
    campaign = for_change(session, uuid)
    if lifecycle != campaign.lifecycle:
        if lifecycle not in NEXT[campaign.lifecycle]:
            raise LifecycleRefused(
                f"A campaign that is {campaign.lifecycle} cannot become {lifecycle}.", field="status"
            )
        campaign.lifecycle = lifecycle
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
    stock.revision += 1
    session.flush()
    return session.scalars(
        select(Campaign)
        .where(Campaign.id == stock.campaign_id)
        .options(
            joinedload(Campaign.stock),
            joinedload(Campaign.text),
            joinedload(Campaign.photo),
            joinedload(Campaign.audience),
            joinedload(Campaign.targeting),
            selectinload(Campaign.labels),
        )
        .execution_options(populate_existing=True)  # as it is now that it is locked
    ).one()


def _switch(campaign: Campaign, on: bool) -> None:
    if campaign.lifecycle == "completed":
        return
    if on:
        campaign.lifecycle = "live"
    elif campaign.is_live:
        campaign.lifecycle = "paused"


def _require_limits_above_usage(session: Session, campaign: Campaign, offer: Offer) -> None:
    limit, per_customer = spec.limits(offer)
    if limit < campaign.stock.given:
        raise LimitUnderUsage(field="limit", required=campaign.stock.given, actual=limit)
    if per_customer < campaign.limit_per_customer and campaign.stock.given:
        most = session.scalar(select(func.max(Usage.received)).where(Usage.campaign_id == campaign.id)) or 0
        if per_customer < most:
            raise LimitUnderUsage(field="limit_per_customer", required=most, actual=per_customer)


def _apply(session: Session, campaign: Campaign, offer: Offer) -> None:
    if campaign.unique_name != offer.name.lower():
        campaign.unique_name = None  # renamed by somebody who need not keep names apart
    campaign.name = offer.name
    campaign.reward = offer.reward
    campaign.cost = offer.cost
    campaign.single_coupon = offer.single_coupon
    campaign.unlimited = offer.unlimited
    campaign.limit, campaign.limit_per_customer = spec.limits(offer)
    campaign.active_from, campaign.active_to = offer.activity
    campaign.visible_from, campaign.visible_to = offer.visibility
    names_nobody = not offer.levels and not offer.segments
    if offer.for_everyone or (names_nobody and campaign.audience is not None and campaign.audience.is_everyone):
        campaign.audience = audiences.everyone(session)
    else:
        campaign.audience = audiences.named(session, offer.levels, offer.segments)
    campaign.stock.allowed = rules.allowed(
        campaign.limit, campaign.stock.coupons_count, campaign.single_coupon, sells_coupons=offer.reward is not None
    )
    texts = {
        "short_description": offer.short_description,
        "conditions_description": offer.conditions_description,
        "usage_instruction": offer.usage_instruction,
    }
    is_new = inspect(campaign).transient
    if is_new:
        campaign.text = CampaignText(**texts)
    else:
        for name, text in texts.items():
            setattr(campaign.text, name, text)
    labels = [CampaignLabel(position=i, key=key, value=value) for i, (key, value) in enumerate(offer.labels)]
    if not is_new:
        campaign.labels = []
        session.flush()  # the old positions must be gone before the new ones come
    campaign.labels = labels
