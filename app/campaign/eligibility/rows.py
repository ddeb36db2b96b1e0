"""What the rules are asked with: one campaign and one customer, one reward and one customer. Pure.

Rows of `facts`, in the order of its columns. Points and money in hundredths, moments aware in UTC.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.campaign.audience.targeting import Tree
from app.points.terms import Lifetime, PointsTerms


class CampaignFacts(NamedTuple):
    """A campaign, what is left of it, and one customer's account and usage.

    `given` and `allowed` count for all customers together, `received` for this one; each in the period since `…_from` as well.
    """

    campaign_id: int
    campaign_uuid: UUID
    chain_id: int
    context: str
    handling: str
    reward: str | None
    restrictions: Tree | None
    opt_in_required: bool
    opted_in: bool | None
    lifecycle: str
    active_from: datetime
    active_to: datetime
    visible_from: datetime
    visible_to: datetime
    weekdays: int
    opens_second: int
    closes_second: int
    cost: int
    single_coupon: bool
    unlimited: bool
    limit: int
    limit_per_customer: int
    limit_per_customer_unit: str | None
    limit_in_period: int
    limit_unit: str | None
    claimed_by_default: bool
    time_zone: str
    third_party_voucher_ids: bool
    campaign_name: str
    given: int
    given_from: datetime
    given_in_period: int
    allowed: int
    coupons_count: int
    revision: int
    customer_id: int
    customer_uuid: UUID
    customer_status: str
    may_be_given: bool  # to a customer of that status, by the chain
    balance: int
    locked_points: int
    due_at: datetime | None  # when the balance changes by itself
    points_expiry: str
    points_days_active: int | None
    points_days_locked: int
    received: int
    received_from: datetime
    received_in_period: int
    targeted: bool
    seed: str | None  # of a draw, where it may be decided

    @property
    def sells_coupons(self) -> bool:
        """It sells its coupons; otherwise its reward methods say what it gives."""
        return self.reward is not None

    def is_up_to_date(self, now: datetime) -> bool:
        """The balance is what it is now: nothing has been unlocked or has expired since it was read."""
        return self.due_at is None or self.due_at > now

    def lifetime(self, now: datetime) -> Lifetime:
        """Of the points that the campaign gives."""
        return PointsTerms.of(self).lifetime(now, self.time_zone)

    @property
    def is_draw(self) -> bool:
        return self.handling == "random_draw"


class RewardFacts(NamedTuple):
    """A reward method, what is left of it, and how often one customer was given it."""

    method_id: int
    kind: str
    recipient: str
    behavior_id: int | None
    goal_id: int | None
    weight: int
    amount: int
    restrictions: Tree | None
    limit_in_period: int
    limit_unit: str | None
    limit_per_customer: int
    limit_per_customer_unit: str | None
    voucher_kind: str | None
    voucher_hundredths_of_percent: int | None
    voucher_code: str | None
    voucher_text: str | None
    voucher_seconds: int | None
    given: int
    allowed: int
    given_from: datetime
    given_in_period: int
    won_from: datetime
    won_in_period: int


class Giving(NamedTuple):
    """What a campaign can give to one customer: the facts about both, and its reward methods; none of one that sells its coupons."""

    facts: CampaignFacts
    methods: Sequence[RewardFacts] = ()


class OptInTerms(NamedTuple):
    """When customers may opt in to a campaign, and the places; a moment of None is the campaign's own."""

    opt_in_from: datetime | None
    opt_in_to: datetime | None
    participants_count: int
    participants_max: int
