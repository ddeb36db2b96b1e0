"""What a campaign is, whole. Whoever creates or changes one says this; `problems` tells whether it makes sense."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.calendar import ALWAYS_FROM, ALWAYS_TO, DAY_SECONDS, EVERY_DAY
from app.campaign.engagement.behaviors import BehaviorSpec
from app.campaign.engagement.creatives import CreativeSpec
from app.campaign.limits import UNLIMITED
from app.campaign.models.rewards import RewardMethod
from app.text import slug

Window = tuple[datetime, datetime]
ALWAYS: Window = (ALWAYS_FROM, ALWAYS_TO)


@dataclass(frozen=True)
class TextSpec:
    """What is said of a campaign, as Markdown."""

    short_description: str | None = None
    conditions_description: str | None = None
    usage_instruction: str | None = None


@dataclass(frozen=True)
class TranslationSpec(TextSpec):
    """A campaign's name and texts in another language; those of None are said in the programme's own."""

    name: str | None = None


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

    limit: int | None = None
    limit_per_customer: int | None = None
    limit_per_customer_unit: str | None = None
    limit_in_period: int = UNLIMITED
    limit_unit: str | None = None

    @property
    def total(self) -> int:
        """Of all customers together."""
        return UNLIMITED if self.limit is None else self.limit

    @property
    def per_customer(self) -> int:
        return UNLIMITED if self.limit_per_customer is None else self.limit_per_customer

    @property
    def unlimited(self) -> bool:
        """Neither in all nor for one customer."""
        return min(self.total, self.per_customer) >= UNLIMITED


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
    key: str | None = None  # names it among the campaign's rewards, through all its changes; none: made of the title


@dataclass(frozen=True)
class ListingSpec:
    """How a campaign is known and shown. Nothing here decides what it gives.

    `has_unique_name`: no other campaign of the chain may be called like it. `external_id` is what another system calls it. `is_public`:
    shown to who has not signed in. Of what is None, a campaign keeps what it has; see `keeping`.
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
    is_featured: bool | None = None
    is_public: bool | None = None
    categories: Sequence[UUID] | None = None


@dataclass(frozen=True)
class CampaignSpec:
    """What a campaign is, whole: whoever creates or changes one says all of this.

    It sells coupons (`sale`), or gives `rewards`, or has `behaviors` that earn them. `cost` is in hundredths of a point; `codes`
    are new ones for its pool. Without a `key`, one is made of the name. `translations` are by language (ISO 639).
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
    key: str | None = None
    translations: Mapping[str, TranslationSpec] = field(default_factory=dict)


def keeping(spec: CampaignSpec, before: CampaignSpec) -> CampaignSpec:
    """The same, for a campaign that is there: what not every dialect knows of stays as it was."""
    known = {
        name: getattr(before.listing, name)
        for name in ("is_featured", "is_public", "categories")
        if getattr(spec.listing, name) is None
    }
    return replace(spec, listing=replace(spec.listing, **known)) if known else spec


def keyed(spec: CampaignSpec) -> CampaignSpec:
    """The same, with a key for each reward: its own, or one made of its title, and of a number where another has that."""
    taken = {reward.key for reward in spec.rewards}
    rewards = []
    for reward in spec.rewards:
        key, i = reward.key, 1
        while key is None:
            made = slug(reward.title) or reward.kind
            key, i = made if i == 1 else f"{made[:70].rstrip('-')}-{i}", i + 1
            key = None if key in taken else key
        taken.add(key)
        rewards.append(replace(reward, key=key))
    return replace(spec, rewards=rewards)


PLAIN_COUPON = "gift_code"  # what a campaign sells whose spec names no kind of coupon


def sold_plainly(spec: CampaignSpec) -> CampaignSpec:
    """The same; but what gives nothing but a plain coupon sells it, so that every dialect can."""
    if not gives_plain_coupons(spec):
        return spec
    [reward] = spec.rewards
    text = (reward.terms.get("offer") or {}).get("offer_text") or {}
    texts = replace(
        spec.texts,
        short_description=spec.texts.short_description or text.get("description"),
        conditions_description=spec.texts.conditions_description or text.get("terms"),
    )
    return replace(spec, sale=SaleSpec(PLAIN_COUPON), texts=texts, rewards=())


def gives_plain_coupons(spec: CampaignSpec) -> bool:
    """One coupon for each interaction, on no further terms: the campaign can simply sell them."""
    if spec.sale is not None or (spec.context, spec.handling) != ("interaction", "independent"):
        return False
    if len(spec.rewards) != 1 or spec.rewards[0].kind != "coupon":
        return False
    columns = RewardMethod.__table__.columns
    plain = {name: column.default.arg if column.default is not None else None for name, column in columns.items()}
    return all(value == plain[name] for name, value in spec.rewards[0].terms.items() if name != "offer")
