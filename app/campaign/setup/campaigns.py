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
    NobodyMeant,
    NoCodes,
    PermalinkTaken,
    SingleCouponFixed,
)
from app.campaign.limits import UNLIMITED
from app.campaign.models.campaigns import Campaign, CampaignLabel, CampaignText
from app.campaign.models.draws import DrawSeed
from app.campaign.models.limits import MethodTally, Stock, Usage
from app.campaign.models.rewards import RewardMethod
from app.campaign.setup import coupons
from app.campaign.setup import spec as specs
from app.campaign.setup.spec import CampaignSpec, RewardSpec
from app.organizations import chains as organizations
from app.organizations.scope import Chains, within


def create(
    session: Session,
    spec: CampaignSpec,
    now: datetime,
    chain_id: int | None = None,
    id: int | None = None,
    uuid: UUID | None = None,
) -> Campaign:
    """Create a campaign of a chain, or of the first one; `id` and `uuid` only for the demo world, whose ids are
    the documents'.

    A draw gets its seed, and with it its commitment, at once.
    Raises BadCampaign, BadRestriction, BadCreative, CampaignNameTaken or PermalinkTaken.
    """
    spec = specs.sold_plainly(spec)
    specs.validate(spec)
    chain_id = chain_id or organizations.first(session)
    _require_new_names(session, chain_id, spec)
    listing = spec.listing
    campaign = Campaign(
        created_at=now,
        chain_id=chain_id,
        lifecycle=spec.lifecycle,
        kind=spec.kind,
        context=spec.context,
        handling=spec.handling,
        weekdays=spec.schedule.weekdays,
        opens_second=spec.schedule.opens_second,
        closes_second=spec.schedule.closes_second,
        limit_per_customer_unit=spec.limits.limit_per_customer_unit,
        limit_in_period=spec.limits.limit_in_period,
        limit_unit=spec.limits.limit_unit,
        customer_may_claim=spec.customer_may_claim,
        claimed_by_default=spec.claimed_by_default,
        business_id=spec.business_id,
        opt_in_required=spec.opt_in.opt_in_required,
        opt_in_from=spec.opt_in.opt_in_from,
        opt_in_to=spec.opt_in.opt_in_to,
        stock=Stock(
            given=0,
            customers_count=0,
            revision=1,
            coupons_count=len(spec.codes),
            participants_count=0,
            participants_max=spec.opt_in.participants_max,
        ),
        targeting=audiences.targeting_of(session, spec.restrictions) if spec.restrictions else None,
        unique_name=spec.name.lower() if listing.has_unique_name else None,
        external_id=listing.external_id,
        **({"id": id} if id else {}),
        **({"uuid": uuid} if uuid else {}),
    )
    _apply(session, campaign, spec)
    campaign.text.campaign_type = listing.campaign_type
    campaign.text.details = dict(listing.details) if listing.details is not None else None
    campaign.text.sponsor_name = listing.sponsor_name
    campaign.text.reporting_ends_at = listing.reporting_ends_at
    campaign.text.qualify_tag, campaign.text.disqualify_tag = listing.qualify_tag, listing.disqualify_tag
    session.add(campaign)
    session.flush()
    coupons.add(session, campaign.id, spec.codes)
    _add_rewards(session, campaign.id, spec)
    creatives.add(session, campaign.id, listing.creatives)
    if spec.handling == "random_draw":
        seed = draws.new_seed()
        session.add(DrawSeed(campaign_id=campaign.id, seed=seed, commitment=draws.commitment(seed), committed_at=now))
    session.flush()
    return campaign


def _add_rewards(session: Session, campaign_id: int, spec: CampaignSpec) -> None:
    """The behaviors and the reward methods, the points of behaviors and goals among them."""
    made = behaviors.add(session, campaign_id, spec.behaviors)
    rewards = [(reward, _ids(made, reward)) for reward in spec.rewards]
    rewards += [(RewardSpec("points", title, {"amount": amount}), ids) for title, amount, ids in behaviors.points(made)]
    for behavior in made:
        behavior.is_rewarded = any(ids.get("behavior_id") in (None, behavior.id) for _, ids in rewards)
    for position, (reward, ids) in enumerate(rewards):
        tally = MethodTally(given=0, allowed=reward.terms.get("stock", UNLIMITED))
        session.add(
            RewardMethod(
                campaign_id=campaign_id,
                position=position,
                kind=reward.kind,
                title=reward.title,
                tally=tally,
                **reward.terms,
                **ids,
            )
        )
        session.flush()  # their ids in the order of their positions


def _ids(made: Sequence[behaviors.Behavior], reward: RewardSpec) -> dict[str, int]:
    ids = [it.id for it in made if it.name == reward.behavior]
    return {"behavior_id": ids[0]} if ids else {}


def _require_new_names(session: Session, chain_id: int, spec: CampaignSpec) -> None:
    name, listing = spec.name, spec.listing
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


def complete(session: Session, uuid: UUID, chains: Chains) -> Campaign:
    """End a campaign for good; the seed of a draw is published from now on. Raises CampaignNotFound."""
    campaign = for_change(session, uuid, chains)
    campaign.lifecycle = "completed"
    return campaign


def change(session: Session, uuid: UUID, spec: CampaignSpec, chains: Chains) -> Campaign:
    """Put a whole new spec in the place of a campaign that sells coupons; what was sold stays sold.

    Of the spec are taken: name, texts, labels, both windows, audience, limits, cost, sale, codes, and whether it is live. The rest of
    the campaign stays as it is, and the rest of the spec is not looked at.

    The stock row is locked and its revision is raised first, so that no purchase is made under terms half old, half new: a
    buyer who decided before waits for the lock, finds another revision, and decides again.
    A spec whose audience names nobody leaves a campaign for everyone to everyone: Open Loyalty's form has no word for that.
    Raises CampaignNotFound, NobodyMeant, NoCodes, RedeemedCouponMissing, LimitUnderUsage or SingleCouponFixed.
    """
    campaign = for_change(session, uuid, chains)
    sale = spec.sale
    if campaign.reward is None or sale is None:  # its reward methods say what it gives; no such spec describes it
        raise CampaignNotFound
    if campaign.stock.given and sale.single_coupon != campaign.single_coupon:
        raise SingleCouponFixed(field="single_coupon")
    if not spec.audience.names_anybody and not campaign.audience.is_everyone:
        raise NobodyMeant(field="audience")
    if not spec.codes and campaign.stock.coupons_count:
        raise NoCodes(field="codes")
    _require_limits_above_usage(session, campaign, spec)
    coupons.replace(session, campaign, spec.codes)
    if sale.single_coupon and campaign.stock.coupons_count != 1:
        raise SingleCouponFixed("The campaign has a pool of codes too large to be retired.", field="single_coupon")
    _apply(session, campaign, spec)
    _switch(campaign, on=spec.lifecycle == "live")
    return campaign


def switch(session: Session, uuid: UUID, on: bool, chains: Chains) -> Campaign:
    """Switch a campaign on or off. A completed campaign stays completed. Raises CampaignNotFound."""
    campaign = for_change(session, uuid, chains)
    _switch(campaign, on)
    return campaign


NEXT = {
    "draft": {"inreview", "live", "completed"},
    "inreview": {"draft", "live", "completed"},
    "live": {"paused", "completed"},
    "paused": {"live", "completed"},
    "completed": set(),
}


def move(session: Session, uuid: UUID, lifecycle: str, chains: Chains) -> Campaign:
    """Bring a campaign from one state of its lifecycle to another. Raises CampaignNotFound or LifecycleRefused."""
    campaign = for_change(session, uuid, chains)
    if lifecycle != campaign.lifecycle:
        if lifecycle not in NEXT[campaign.lifecycle]:
            raise LifecycleRefused(
                f"A campaign that is {campaign.lifecycle} cannot become {lifecycle}.", field="status"
            )
        campaign.lifecycle = lifecycle
    return campaign


def for_change(session: Session, uuid: UUID, chains: Chains) -> Campaign:
    """The campaign, locked until the transaction ends, its revision raised. Raises CampaignNotFound."""
    stock = session.scalars(
        select(Stock)
        .join(Campaign, Campaign.id == Stock.campaign_id)
        .where(Campaign.uuid == uuid, within(chains, Campaign.chain_id))
        .with_for_update(of=Stock)
    ).one_or_none()
    if stock is None:
        raise CampaignNotFound
    stock.revision += 1
    session.flush()
    return (
        session.scalars(
            select(Campaign)
            .where(Campaign.id == stock.campaign_id)
            .options(
                joinedload(Campaign.stock),
                joinedload(Campaign.text),
                joinedload(Campaign.photos),
                joinedload(Campaign.audience),
                joinedload(Campaign.targeting),
                selectinload(Campaign.labels),
            )
            .execution_options(populate_existing=True)  # as it is now that it is locked
        )
        .unique()
        .one()
    )


def _whole_second(at: datetime) -> datetime:
    """No dialect prints less, and what is printed is taken back."""
    return at.replace(microsecond=0)


def _switch(campaign: Campaign, on: bool) -> None:
    if campaign.lifecycle == "completed":
        return
    if on:
        campaign.lifecycle = "live"
    elif campaign.is_live:
        campaign.lifecycle = "paused"


def _require_limits_above_usage(session: Session, campaign: Campaign, spec: CampaignSpec) -> None:
    limit, per_customer = spec.limits.total, spec.limits.per_customer
    if limit < campaign.stock.given:
        raise LimitUnderUsage(field="limit", required=campaign.stock.given, actual=limit)
    if per_customer < campaign.limit_per_customer and campaign.stock.given:
        most = session.scalar(select(func.max(Usage.received)).where(Usage.campaign_id == campaign.id)) or 0
        if per_customer < most:
            raise LimitUnderUsage(field="limit_per_customer", required=most, actual=per_customer)


def _apply(session: Session, campaign: Campaign, spec: CampaignSpec) -> None:
    if campaign.unique_name != spec.name.lower():
        campaign.unique_name = None  # renamed by somebody who need not keep names apart
    campaign.name = spec.name
    campaign.reward = spec.sale.coupon_kind if spec.sale else None
    campaign.cost = spec.cost
    campaign.single_coupon = bool(spec.sale and spec.sale.single_coupon)
    campaign.unlimited = spec.limits.unlimited
    campaign.limit, campaign.limit_per_customer = spec.limits.total, spec.limits.per_customer
    campaign.active_from, campaign.active_to = map(_whole_second, spec.schedule.activity)
    campaign.visible_from, campaign.visible_to = map(_whole_second, spec.schedule.visibility)
    was_for_everyone = campaign.audience is not None and campaign.audience.is_everyone
    if spec.audience.for_everyone or (was_for_everyone and not spec.audience.names_anybody):
        campaign.audience = audiences.everyone(session)
    else:
        campaign.audience = audiences.named(session, spec.audience.levels, spec.audience.segments)
    campaign.stock.allowed = rules.allowed(
        campaign.limit, campaign.stock.coupons_count, campaign.single_coupon, sells_coupons=spec.sale is not None
    )
    texts = vars(spec.texts)
    is_new = inspect(campaign).transient
    if is_new:
        campaign.text = CampaignText(**texts)
    else:
        for name, text in texts.items():
            setattr(campaign.text, name, text)
    labels = [CampaignLabel(position=i, key=key, value=value) for i, (key, value) in enumerate(spec.labels)]
    if not is_new:
        campaign.labels = []
        session.flush()  # the old positions must be gone before the new ones come
    campaign.labels = labels
