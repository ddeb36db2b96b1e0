"""Set campaigns up: create, change, switch on and off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, inspect, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.campaign import audiences, behaviors, coupons, creatives, draws, rules, targeting, voucher_terms
from app.campaign.behaviors import Plan as BehaviorPlan
from app.campaign.creatives import Plan as CreativePlan
from app.campaign.errors import (
    BadCampaign,
    CampaignNameTaken,
    CampaignNotFound,
    LifecycleRefused,
    LimitUnderUsage,
    PermalinkTaken,
    SingleCouponFixed,
)
from app.campaign.models import (
    ALWAYS_TO,
    DAY_SECONDS,
    EVERY_DAY,
    Campaign,
    CampaignLabel,
    CampaignText,
    DrawSeed,
    MethodTally,
    RewardMethod,
    Stock,
    Usage,
)
from app.campaign.periods import ALWAYS_FROM
from app.campaign.rules import UNLIMITED
from app.members import chains

Window = tuple[datetime, datetime]
ALWAYS: Window = (ALWAYS_FROM, ALWAYS_TO)


@dataclass(frozen=True)
class Offer:
    """All that an admin decides about a campaign. Cost in hundredths of a point; a limit of None binds nobody."""

    name: str
    reward: str | None
    cost: int
    coupons: Sequence[str] = ()
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
    for_everyone: bool = False


@dataclass(frozen=True)
class Reward:
    """One of the things that a campaign gives. Its terms are the columns of `RewardMethod`; amounts in hundredths."""

    kind: str
    title: str
    terms: Mapping[str, Any] = field(default_factory=dict)
    behavior: str | None = None  # the name of the behavior that it is for; none: for each


@dataclass(frozen=True)
class Manner:
    """How a campaign works, decided when it is created, and fixed from then on.

    Without rewards it sells its coupons. A limit in a period binds all customers together; a unit of None means for ever.
    """

    kind: str = "interaction"
    context: str = "interaction"
    handling: str = "independent"
    rewards: Sequence[Reward] = ()
    restrictions: Mapping[str, Any] | None = None
    limit_per_customer_unit: str | None = None
    limit_in_period: int = UNLIMITED
    limit_unit: str | None = None
    weekdays: int = EVERY_DAY
    opens_second: int = 0
    closes_second: int = DAY_SECONDS
    customer_may_claim: bool = True
    claimed_by_default: bool = False
    business_id: int | None = None
    behaviors: Sequence[BehaviorPlan] = ()
    opt_in_required: bool = False
    opt_in_from: datetime | None = None
    opt_in_to: datetime | None = None
    participants_max: int = UNLIMITED


PLAIN = Manner()


@dataclass(frozen=True)
class Listing:
    """How a campaign is known and shown. Nothing here decides what it gives.

    `has_unique_name`: no other campaign of the chain may be called like it. `external_id` is what another system calls it.
    """

    external_id: str | None = None
    has_unique_name: bool = False
    creatives: Sequence[CreativePlan] = ()
    campaign_type: str | None = None
    details: Mapping[str, Any] | None = None
    sponsor_name: str | None = None
    reporting_ends_at: datetime | None = None
    qualify_tag: str | None = None
    disqualify_tag: str | None = None


UNLISTED = Listing()


def create(
    session: Session, offer: Offer, now: datetime, uuid: UUID | None = None, manner: Manner = PLAIN,
    chain_id: int | None = None, id: int | None = None, listing: Listing = UNLISTED, lifecycle: str | None = None,
) -> Campaign:  # fmt: skip
    """Create a campaign of a chain, or of the first one; `uuid` and `id` only for a world whose ids are known beforehand.

    It begins in `lifecycle`, or live or as a draft. A draw gets its seed, and with it its commitment, at once.
    Raises BadCampaign, BadRestriction, BadCreative, CampaignNameTaken or PermalinkTaken.
    """
    if _gives_plain_coupons(offer, manner):
        offer, manner = replace(offer, reward=PLAIN_COUPON), replace(manner, rewards=())
    _require_sense(offer, manner)
    chain_id = chain_id or chains.first(session)
    _require_new_names(session, chain_id, offer.name, listing)
    campaign = Campaign(
        created_at=now,
        chain_id=chain_id,
        lifecycle=lifecycle or ("live" if offer.active else "draft"),
        stock=Stock(
            sold=0, buyers_count=0, terms=1, coupons_count=len(offer.coupons), participants_count=0,
            participants_max=manner.participants_max,
        ),
        targeting=audiences.targeting_of(session, manner.restrictions) if manner.restrictions else None,
        unique_name=offer.name.lower() if listing.has_unique_name else None,
        **{name: getattr(manner, name) for name in _COLUMNS_OF_MANNER},
        external_id=listing.external_id,
        **({"uuid": uuid} if uuid else {}),
        **({"id": id} if id else {}),
    )  # fmt: skip
    _apply(session, campaign, offer)
    for name in _TOLD_OF_LISTING:
        setattr(campaign.text, name, getattr(listing, name))
    session.add(campaign)
    session.flush()
    coupons.add(session, campaign.id, offer.coupons)
    made = behaviors.add(session, campaign.id, manner.behaviors)
    rewards = [(reward, _ids(made, reward)) for reward in manner.rewards]
    rewards += [(Reward("points", title, {"amount": amount}), ids) for title, amount, ids in behaviors.points(made)]
    for behavior in made:
        behavior.is_rewarded = any(ids.get("behavior_id") in (None, behavior.id) for _, ids in rewards)
    for position, (reward, ids) in enumerate(rewards):
        stock = reward.terms.get("stock", UNLIMITED)
        session.add(
            RewardMethod(
                campaign_id=campaign.id, position=position, kind=reward.kind, title=reward.title,
                given=MethodTally(given=0, allowed=stock), **reward.terms, **ids,
            )
        )  # fmt: skip
        session.flush()  # their ids in the order of their positions
    creatives.add(session, campaign.id, listing.creatives)
    if manner.handling == "random_draw":
        seed = draws.new_seed()
        session.add(DrawSeed(campaign_id=campaign.id, seed=seed, commitment=draws.commitment(seed), committed_at=now))
    session.flush()
    return campaign


def _ids(made: Sequence[behaviors.Behavior], reward: Reward) -> dict[str, int]:
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
            raise PermalinkTaken(f"There is a campaign called {listing.external_id} already.", field="external_id")


PLAIN_COUPON = "gift_code"  # what a campaign sells that was not told which kind of coupon


def _gives_plain_coupons(offer: Offer, manner: Manner) -> bool:
    """One coupon for each interaction, on no further terms: the campaign can simply sell them, to every dialect."""
    if offer.reward is not None or (manner.context, manner.handling) != ("interaction", "independent"):
        return False
    if len(manner.rewards) != 1 or manner.rewards[0].kind != "coupon":
        return False
    columns = RewardMethod.__table__.columns
    plain = {name: column.default.arg if column.default is not None else None for name, column in columns.items()}
    return all(value == plain[name] for name, value in manner.rewards[0].terms.items())


_APART = {"rewards", "restrictions", "behaviors", "participants_max"}
_COLUMNS_OF_MANNER = [name for name in Manner.__dataclass_fields__ if name not in _APART]
_TOLD_OF_LISTING = ("campaign_type", "details", "sponsor_name", "reporting_ends_at", "qualify_tag", "disqualify_tag")
REWARDS_MAX = 50
GIVEN_AT_ONCE_MAX = 50
CONTEXT_FIELDS: dict[str, dict[str, str]] = {
    "interaction": targeting.USER, "basket": {**targeting.USER, **targeting.BASKET}, "signup": targeting.USER,
    "referral": targeting.USER, "event": targeting.USER, "internal": {},
}  # fmt: skip


def _require_sense(offer: Offer, manner: Manner) -> None:
    if manner.context == "event":
        _require_sense_of_events(offer, manner)
    elif manner.behaviors:
        raise BadCampaign("Only campaigns with the context event have behaviors.")
    elif (offer.reward is None) != bool(manner.rewards):
        raise BadCampaign("A campaign either sells its coupons or has reward methods.")
    _require_opt_in_window(offer, manner)
    if len(manner.rewards) > REWARDS_MAX:
        raise BadCampaign(f"A campaign has at most {REWARDS_MAX} reward methods.")
    if sum(reward.kind == "coupon" for reward in manner.rewards) > 1:
        raise BadCampaign("A campaign has one pool of codes, and so at most one reward method that gives coupons.")
    if offer.coupons and offer.reward is None and not any(reward.kind == "coupon" for reward in manner.rewards):
        raise BadCampaign("No reward method of the campaign gives coupons.")
    if offer.reward is not None and manner.context != "interaction":
        raise BadCampaign("Coupons are sold by campaigns with the context interaction only.")
    if offer.cost and manner.context != "interaction":
        raise BadCampaign("Only campaigns with the context interaction cost points: nobody asks for the others.")
    if manner.handling == "random_draw":
        if manner.context != "interaction":
            raise BadCampaign("A draw has the context interaction: each interaction is a ticket.")
        if not any(reward.terms.get("weight", 1) for reward in manner.rewards):
            raise BadCampaign("One of the weights must be positive, or nothing can be drawn.")
    else:
        _require_fewer_at_once(manner)
    recipients = {"referring", "referred"} if manner.context == "referral" else {"customer"}
    for reward in manner.rewards:
        if reward.terms.get("recipient", "customer") not in recipients:
            raise BadCampaign(f"In this campaign a reward is for: {', '.join(sorted(recipients))}.")
        _require_worth(reward)
    fields = CONTEXT_FIELDS[manner.context]
    for restrictions in (manner.restrictions, *(reward.terms.get("restrictions") for reward in manner.rewards)):
        if restrictions is not None:
            targeting.checked(restrictions, fields)


def _require_fewer_at_once(manner: Manner) -> None:
    """What is given together is one statement, and its changes are nested: some day it would be too deep to be written."""
    at_once = [0 if manner.behaviors else len(manner.rewards)]
    for plan in manner.behaviors:
        rewards = sum(reward.behavior in (None, plan.name) for reward in manner.rewards)
        at_once.append(rewards + bool(plan.points) + sum(bool(goal.points) for goal in plan.goals))
    if max(at_once) > GIVEN_AT_ONCE_MAX:
        raise BadCampaign(f"At most {GIVEN_AT_ONCE_MAX} rewards can be given at once.")


def _require_sense_of_events(offer: Offer, manner: Manner) -> None:
    behaviors.require_sense(manner.behaviors)
    if manner.rewards and not manner.behaviors:
        raise BadCampaign("Rewards need a behavior that they are given for.")
    names = {plan.name for plan in manner.behaviors}
    for reward in manner.rewards:
        if reward.behavior is not None and reward.behavior not in names:
            raise BadCampaign(f"The campaign has no behavior called {reward.behavior}.")
    limit, per_customer = _limits(offer)
    if min(limit, per_customer, manner.limit_in_period) < UNLIMITED:
        raise BadCampaign("What events give is limited by the behaviors and by the rewards' stocks.")


def _require_opt_in_window(offer: Offer, manner: Manner) -> None:
    opens, closes = manner.opt_in_from or offer.activity[0], manner.opt_in_to or offer.activity[1]
    if opens > closes:
        raise BadCampaign("Opting in ends after it begins.")
    if opens > offer.activity[0] or closes > offer.activity[1]:
        raise BadCampaign("Opting in begins and ends no later than the campaign.")


def _require_worth(reward: Reward) -> None:
    amount = reward.terms.get("amount", 0)
    if reward.kind == "points" and amount <= 0:
        raise BadCampaign("A reward method that gives points gives more than none.")
    if reward.kind == "voucher":
        percent, code = reward.terms.get("voucher_hundredths_of_percent"), reward.terms.get("voucher_code")
        voucher_terms.require_sense(reward.terms["voucher_kind"], amount, percent, code)


def complete(session: Session, uuid: UUID) -> Campaign:
    """End a campaign for good; the seed of a draw is told from now on. Raises CampaignNotFound."""
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


NEXT = {
    "draft": {"inreview", "live", "completed"}, "inreview": {"draft", "live", "completed"}, "live": {"paused", "completed"},
    "paused": {"live", "completed"}, "completed": set(),
}  # fmt: skip


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
    stock.terms += 1
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
        most = session.scalar(select(func.max(Usage.bought)).where(Usage.campaign_id == campaign.id)) or 0
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
    if campaign.unique_name != offer.name.lower():
        campaign.unique_name = None  # renamed by somebody who need not keep names apart
    campaign.name = offer.name
    campaign.reward = offer.reward
    campaign.cost = offer.cost
    campaign.single_coupon = offer.single_coupon
    campaign.unlimited = offer.unlimited
    campaign.limit, campaign.limit_per_customer = _limits(offer)
    campaign.active_from, campaign.active_to = offer.activity
    campaign.visible_from, campaign.visible_to = offer.visibility
    names_nobody = not offer.levels and not offer.segments
    if offer.for_everyone or (names_nobody and campaign.audience is not None and campaign.audience.is_everyone):
        campaign.audience = audiences.everyone(session)
    else:
        campaign.audience = audiences.named(session, offer.levels, offer.segments)
    campaign.stock.sellable = rules.sellable(
        campaign.limit, campaign.stock.coupons_count, campaign.single_coupon, sells_coupons=offer.reward is not None
    )
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
