"""What is decided about a campaign before it is made, and whether that makes sense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.campaign.audience import targeting
from app.campaign.awards.kinds import KINDS
from app.campaign.calendar import ALWAYS_FROM, ALWAYS_TO, DAY_SECONDS, EVERY_DAY
from app.campaign.engagement import behaviors
from app.campaign.engagement.behaviors import BehaviorSpec as BehaviorSpec
from app.campaign.engagement.creatives import CreativeSpec
from app.campaign.errors import BadCampaign
from app.campaign.limits import UNLIMITED
from app.campaign.models.rewards import RewardMethod

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
class RewardSpec:
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
    rewards: Sequence[RewardSpec] = ()
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
    behaviors: Sequence[BehaviorSpec] = ()
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
    creatives: Sequence[CreativeSpec] = ()
    campaign_type: str | None = None
    details: Mapping[str, Any] | None = None
    sponsor_name: str | None = None
    reporting_ends_at: datetime | None = None
    qualify_tag: str | None = None
    disqualify_tag: str | None = None


UNLISTED = Listing()


def limits(offer: Offer) -> tuple[int, int]:
    """Of all customers together, and of each."""
    if offer.unlimited:
        return UNLIMITED, UNLIMITED
    return (
        UNLIMITED if offer.limit is None else offer.limit,
        UNLIMITED if offer.limit_per_customer is None else offer.limit_per_customer,
    )


PLAIN_COUPON = "gift_code"  # what a campaign sells whose spec names no kind of coupon


def sold_plainly(offer: Offer, manner: Manner) -> tuple[Offer, Manner]:
    """The same; but what gives nothing but a plain coupon sells it, so that every dialect can."""
    if not _gives_plain_coupons(offer, manner):
        return offer, manner
    [reward] = manner.rewards
    text = (reward.terms.get("offer") or {}).get("offer_text") or {}
    texts: dict[str, Any] = {
        "short_description": offer.short_description or text.get("description"),
        "conditions_description": offer.conditions_description or text.get("terms"),
    }
    return replace(offer, reward=PLAIN_COUPON, **texts), replace(manner, rewards=())


def _gives_plain_coupons(offer: Offer, manner: Manner) -> bool:
    """One coupon for each interaction, on no further terms: the campaign can simply sell them."""
    if offer.reward is not None or (manner.context, manner.handling) != ("interaction", "independent"):
        return False
    if len(manner.rewards) != 1 or manner.rewards[0].kind != "coupon":
        return False
    columns = RewardMethod.__table__.columns
    plain = {name: column.default.arg if column.default is not None else None for name, column in columns.items()}
    return all(value == plain[name] for name, value in manner.rewards[0].terms.items() if name != "offer")


REWARDS_MAX = 50
GIVEN_AT_ONCE_MAX = 50
CONTEXT_FIELDS: dict[str, dict[str, str]] = {
    "interaction": targeting.USER,
    "basket": {**targeting.USER, **targeting.BASKET},
    "signup": targeting.USER,
    "referral": targeting.USER,
    "event": targeting.USER,
    "internal": {},
}


def validate(offer: Offer, manner: Manner) -> None:
    """Raises BadCampaign or BadRestriction, which say what contradicts what."""
    if manner.context == "event":
        _validate_events(offer, manner)
    elif manner.behaviors:
        raise BadCampaign("Only campaigns with the context event have behaviors.")
    elif (offer.reward is None) != bool(manner.rewards):
        raise BadCampaign("A campaign either sells its coupons or has reward methods.")
    _require_opt_in_window(offer, manner)
    if len(manner.rewards) > REWARDS_MAX:
        raise BadCampaign(f"A campaign has at most {REWARDS_MAX} reward methods.")
    if sum(KINDS[reward.kind].takes_code for reward in manner.rewards) > 1:
        raise BadCampaign("A campaign has one pool of codes, and so at most one reward method that gives coupons.")
    if offer.coupons and offer.reward is None and not any(KINDS[reward.kind].takes_code for reward in manner.rewards):
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
        KINDS[reward.kind].validate(reward.terms)
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


def _validate_events(offer: Offer, manner: Manner) -> None:
    behaviors.validate(manner.behaviors)
    if manner.rewards and not manner.behaviors:
        raise BadCampaign("Rewards need a behavior that they are given for.")
    names = {plan.name for plan in manner.behaviors}
    for reward in manner.rewards:
        if reward.behavior is not None and reward.behavior not in names:
            raise BadCampaign(f"The campaign has no behavior called {reward.behavior}.")
    limit, per_customer = limits(offer)
    if min(limit, per_customer, manner.limit_in_period) < UNLIMITED:
        raise BadCampaign("What events give is limited by the behaviors and by the rewards' stocks.")


def _require_opt_in_window(offer: Offer, manner: Manner) -> None:
    opens, closes = manner.opt_in_from or offer.activity[0], manner.opt_in_to or offer.activity[1]
    if opens > closes:
        raise BadCampaign("Opting in ends after it begins.")
    if opens > offer.activity[0] or closes > offer.activity[1]:
        raise BadCampaign("Opting in begins and ends no later than the campaign.")
