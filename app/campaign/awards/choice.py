"""Which of a campaign's rewards a customer gets: those that can be given now, or in a draw one of them. Pure.

Source: the model's sections 4.2 and 5.5.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from app.amounts import BALANCE_MAX
from app.campaign import errors
from app.campaign.audience import targeting
from app.campaign.audience.targeting import SALE_AMOUNT, Traits, sale_amount
from app.campaign.awards import draws
from app.campaign.awards.kinds import REWARD_KINDS, is_share_of_sale, priced
from app.campaign.eligibility import rules
from app.campaign.eligibility.rows import CampaignFacts, RewardFacts
from app.campaign.eligibility.rules import period
from app.campaign.limits import has_room
from app.refusal import Refusal


class Chance(NamedTuple):
    """Whether a reward can be given to a customer now; in a draw, with its part of all that can, 0 to 1."""

    is_open: bool
    odds: float | None = None


def candidates(
    facts: CampaignFacts,
    methods: Sequence[RewardFacts],
    now: datetime,
    traits: Traits,
    recipient: str = "customer",
    behavior: int | None = None,
    goals: Collection[int] = (),
) -> list[RewardFacts]:
    """The reward methods that can be given to the customer now, by id; in campaigns with behaviors, for achieving one."""
    return [
        method
        for method in sorted(methods, key=lambda method: method.method_id)
        if method.recipient == recipient
        and method.behavior_id in (None, behavior)
        and (method.goal_id is None or method.goal_id in goals)
        and can_be_given(facts, method, now, traits)
    ]


def can_be_given(facts: CampaignFacts, method: RewardFacts, now: datetime, traits: Traits) -> bool:
    """The reward is left, in all, in this period and for the customer, whom its restrictions admit."""
    everyone = period(facts, method.limit_unit, now)
    customer = period(facts, method.limit_per_customer_unit, now)
    return (
        targeting.holds(method.restrictions, traits)
        and not _is_worthless(method, traits)
        and method.given < method.allowed
        and (not REWARD_KINDS[method.kind].takes_code or facts.coupons_count > method.given)
        and has_room(method.given_from, method.given_in_period, everyone, method.limit_in_period)
        and has_room(method.won_from, method.won_in_period, customer, method.limit_per_customer)
    )


def _is_worthless(method: RewardFacts, traits: Traits) -> bool:
    """The sale is too small for a share of it; of none, nobody knows yet."""
    is_share = is_share_of_sale(method.voucher_kind, method.voucher_hundredths_of_percent)
    return is_share and SALE_AMOUNT in traits and priced(method, sale_amount(traits)).amount <= 0


def chances(facts: CampaignFacts, methods: Sequence[RewardFacts], now: datetime, traits: Traits) -> list[Chance]:
    """How each of these methods stands, in their order."""
    is_open = [can_be_given(facts, method, now, traits) for method in methods]
    if not facts.is_draw:
        return [Chance(it) for it in is_open]
    weights = [method.weight if it else 0 for method, it in zip(methods, is_open, strict=True)]
    whole = sum(weights) or 1
    return [Chance(weight > 0, weight / whole) for weight in weights]


def why_nothing(
    facts: CampaignFacts, chances: Sequence[Chance], now: datetime, traits: Traits, has_behaviors: bool
) -> list[Refusal]:
    """Every reason why the customer would get nothing; what behaviors or a basket give is chosen when there is one."""
    refusals = list(rules.refusals(facts, now, traits, facts.context))
    awaits_basket = facts.context == "basket" and not any(name.startswith("basket.") for name in traits)
    gives_later = facts.sells_coupons or has_behaviors or awaits_basket
    if not gives_later and not any(it.is_open for it in chances):
        refusals.append(errors.NoRewardLeft())
    return refusals


def chosen(facts: CampaignFacts, candidates: Sequence[RewardFacts], ticket: str | None) -> list[RewardFacts]:
    """What the customer gets: each candidate, or in a draw the one on whom the ticket falls.

    Raises NoRewardLeft when there is none, and TooManyPointsHeld.
    """
    if ticket is not None:
        weights = [(method.method_id, method.weight) for method in candidates if method.weight]
        winner = draws.pick(weights, ticket) if weights else None
        candidates = [method for method in candidates if method.method_id == winner]
    if not candidates:
        raise errors.NoRewardLeft
    gained = sum(method.amount for method in candidates if REWARD_KINDS[method.kind].gives_points)
    if facts.balance + facts.locked_points - facts.cost + gained > BALANCE_MAX:
        raise errors.TooManyPointsHeld
    return list(candidates)
