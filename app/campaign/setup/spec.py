"""What a campaign is, whole, and whether that makes sense. Whoever creates or changes one says this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.campaign.audience import targeting
from app.campaign.awards.kinds import REWARD_KINDS
from app.campaign.calendar import ALWAYS_FROM, ALWAYS_TO, DAY_SECONDS, EVERY_DAY
from app.campaign.engagement import behaviors
from app.campaign.engagement.behaviors import BehaviorSpec
from app.campaign.engagement.creatives import CreativeSpec
from app.campaign.errors import BadCampaign
from app.campaign.limits import UNLIMITED
from app.campaign.models.rewards import RewardMethod

Window = tuple[datetime, datetime]
ALWAYS: Window = (ALWAYS_FROM, ALWAYS_TO)


@dataclass(frozen=True)
class TextSpec:
    """What is said of a campaign, as Markdown."""

    short_description: str | None = None
    conditions_description: str | None = None
    usage_instruction: str | None = None


@dataclass(frozen=True)
class ScheduleSpec:
    """When it gives (`activity`) and is shown (`visibility`); on which weekdays (bits) and at which hours, in the chain's zone."""

    activity: Window = ALWAYS
    visibility: Window = ALWAYS
    weekdays: int = EVERY_DAY
    opens_second: int = 0
    closes_second: int = DAY_SECONDS


@dataclass(frozen=True)
class AudienceSpec:
    """Whom it is for: everyone, or whoever is on one of the levels or in one of the segments; with neither, nobody."""

    for_everyone: bool = False
    levels: Sequence[UUID] = ()
    segments: Sequence[UUID] = ()

    @property
    def names_anybody(self) -> bool:
        return self.for_everyone or bool(self.levels) or bool(self.segments)


EVERYONE = AudienceSpec(for_everyone=True)


@dataclass(frozen=True)
class LimitSpec:
    """How often it gives: in all (`limit`), to each customer, and to all together in a period.

    A number of None is no limit; a unit is one of `calendar.UNITS`, and without one the number holds for ever.
    """

    unlimited: bool = False
    limit: int | None = None
    limit_per_customer: int | None = None
    limit_per_customer_unit: str | None = None
    limit_in_period: int = UNLIMITED
    limit_unit: str | None = None

    @property
    def total(self) -> int:
        """Of all customers together."""
        return UNLIMITED if self.unlimited or self.limit is None else self.limit

    @property
    def per_customer(self) -> int:
        return UNLIMITED if self.unlimited or self.limit_per_customer is None else self.limit_per_customer


@dataclass(frozen=True)
class OptInSpec:
    """Whether customers must opt in, when they may, and how many places there are. A moment of None is the campaign's own."""

    opt_in_required: bool = False
    opt_in_from: datetime | None = None
    opt_in_to: datetime | None = None
    participants_max: int = UNLIMITED


@dataclass(frozen=True)
class SaleSpec:
    """The coupons that it sells: of which kind they are (COUPON_KINDS), and whether all buyers share a single code."""

    coupon_kind: str
    single_coupon: bool = False


@dataclass(frozen=True)
class RewardSpec:
    """One of the things that a campaign gives. Its terms are the columns of `RewardMethod`; amounts in hundredths."""

    kind: str
    title: str
    terms: Mapping[str, Any] = field(default_factory=dict)
    behavior: str | None = None  # the name of the behavior that it is for; none: for each


@dataclass(frozen=True)
class ListingSpec:
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


@dataclass(frozen=True)
class CampaignSpec:
    """What a campaign is, whole: whoever creates or changes one says all of this.

    It sells coupons (`sale`), or gives `rewards`, or has `behaviors` that earn them. `cost` is in hundredths of a point; `codes`
    are those of its pool. Most of it is decided when it is created: `campaigns.change` says what can change.
    """

    name: str
    lifecycle: str = "draft"
    kind: str = "interaction"
    context: str = "interaction"
    handling: str = "independent"
    texts: TextSpec = TextSpec()
    labels: Sequence[tuple[str, str]] = ()
    schedule: ScheduleSpec = ScheduleSpec()
    audience: AudienceSpec = AudienceSpec()
    restrictions: Mapping[str, Any] | None = None
    opt_in: OptInSpec = OptInSpec()
    limits: LimitSpec = LimitSpec()
    cost: int = 0
    sale: SaleSpec | None = None
    codes: Sequence[str] = ()
    rewards: Sequence[RewardSpec] = ()
    behaviors: Sequence[BehaviorSpec] = ()
    customer_may_claim: bool = True
    claimed_by_default: bool = False
    business_id: int | None = None
    listing: ListingSpec = ListingSpec()


PLAIN_COUPON = "gift_code"  # what a campaign sells whose spec names no kind of coupon


def sold_plainly(spec: CampaignSpec) -> CampaignSpec:
    """The same; but what gives nothing but a plain coupon sells it, so that every dialect can."""
    if not _gives_plain_coupons(spec):
        return spec
    [reward] = spec.rewards
    text = (reward.terms.get("offer") or {}).get("offer_text") or {}
    texts = replace(
        spec.texts,
        short_description=spec.texts.short_description or text.get("description"),
        conditions_description=spec.texts.conditions_description or text.get("terms"),
    )
    return replace(spec, sale=SaleSpec(PLAIN_COUPON), texts=texts, rewards=())


def _gives_plain_coupons(spec: CampaignSpec) -> bool:
    """One coupon for each interaction, on no further terms: the campaign can simply sell them."""
    if spec.sale is not None or (spec.context, spec.handling) != ("interaction", "independent"):
        return False
    if len(spec.rewards) != 1 or spec.rewards[0].kind != "coupon":
        return False
    columns = RewardMethod.__table__.columns
    plain = {name: column.default.arg if column.default is not None else None for name, column in columns.items()}
    return all(value == plain[name] for name, value in spec.rewards[0].terms.items() if name != "offer")


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


def validate(spec: CampaignSpec) -> None:
    """Raises BadCampaign or BadRestriction, which say what contradicts what."""
    if spec.context == "event":
        _validate_events(spec)
    elif spec.behaviors:
        raise BadCampaign("Only campaigns with the context event have behaviors.")
    elif (spec.sale is None) != bool(spec.rewards):
        raise BadCampaign("A campaign either sells its coupons or has reward methods.")
    _require_opt_in_window(spec)
    if len(spec.rewards) > REWARDS_MAX:
        raise BadCampaign(f"A campaign has at most {REWARDS_MAX} reward methods.")
    if sum(REWARD_KINDS[reward.kind].takes_code for reward in spec.rewards) > 1:
        raise BadCampaign("A campaign has one pool of codes, and so at most one reward method that gives coupons.")
    if spec.codes and spec.sale is None and not any(REWARD_KINDS[reward.kind].takes_code for reward in spec.rewards):
        raise BadCampaign("No reward method of the campaign gives coupons.")
    if spec.sale is not None and spec.context != "interaction":
        raise BadCampaign("Coupons are sold by campaigns with the context interaction only.")
    if spec.cost and spec.context != "interaction":
        raise BadCampaign("Only campaigns with the context interaction cost points: nobody asks for the others.")
    if spec.handling == "random_draw":
        if spec.context != "interaction":
            raise BadCampaign("A draw has the context interaction: each interaction is a ticket.")
        if not any(reward.terms.get("weight", 1) for reward in spec.rewards):
            raise BadCampaign("One of the weights must be positive, or nothing can be drawn.")
    else:
        _require_fewer_at_once(spec)
    recipients = {"referring", "referred"} if spec.context == "referral" else {"customer"}
    for reward in spec.rewards:
        if reward.terms.get("recipient", "customer") not in recipients:
            raise BadCampaign(f"In this campaign a reward is for: {', '.join(sorted(recipients))}.")
        REWARD_KINDS[reward.kind].validate(reward.terms)
    fields = CONTEXT_FIELDS[spec.context]
    for restrictions in (spec.restrictions, *(reward.terms.get("restrictions") for reward in spec.rewards)):
        if restrictions is not None:
            targeting.checked(restrictions, fields)


def _require_fewer_at_once(spec: CampaignSpec) -> None:
    """What is given together is one statement, and its changes are nested: some day it would be too deep to be written."""
    at_once = [0 if spec.behaviors else len(spec.rewards)]
    for behavior in spec.behaviors:
        rewards = sum(reward.behavior in (None, behavior.name) for reward in spec.rewards)
        at_once.append(rewards + bool(behavior.points) + sum(bool(goal.points) for goal in behavior.goals))
    if max(at_once) > GIVEN_AT_ONCE_MAX:
        raise BadCampaign(f"At most {GIVEN_AT_ONCE_MAX} rewards can be given at once.")


def _validate_events(spec: CampaignSpec) -> None:
    behaviors.validate(spec.behaviors)
    if spec.rewards and not spec.behaviors:
        raise BadCampaign("Rewards need a behavior that they are given for.")
    names = {behavior.name for behavior in spec.behaviors}
    for reward in spec.rewards:
        if reward.behavior is not None and reward.behavior not in names:
            raise BadCampaign(f"The campaign has no behavior called {reward.behavior}.")
    limits = spec.limits
    if min(limits.total, limits.per_customer, limits.limit_in_period) < UNLIMITED:
        raise BadCampaign("What events give is limited by the behaviors and by the rewards' stocks.")


def _require_opt_in_window(spec: CampaignSpec) -> None:
    opens, closes = (
        spec.opt_in.opt_in_from or spec.schedule.activity[0],
        spec.opt_in.opt_in_to or spec.schedule.activity[1],
    )
    if opens > closes:
        raise BadCampaign("Opting in ends after it begins.")
    if opens > spec.schedule.activity[0] or closes > spec.schedule.activity[1]:
        raise BadCampaign("Opting in begins and ends no later than the campaign.")
