"""Which of a campaign's rewards a customer gets: those that can be given now, or in a draw one of them. Pure.

Source: the model's sections 4.2 and 5.5.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from app.amounts import BALANCE_MAX
from app.campaign import errors
from app.campaign.audience import targeting
from app.campaign.awards import draws
from app.campaign.eligibility.rules import Facts, has_room, period


class Method(Protocol):
    """What the rules need to know of one reward method and one customer. A row of `facts.reward_methods` is one."""

    method_id: int
    kind: str
    recipient: str
    behavior_id: int | None
    goal_id: int | None
    weight: int
    amount: int
    restrictions: Mapping[str, Any] | None
    given: int
    allowed: int
    given_from: datetime
    given_in_period: int
    limit_in_period: int
    limit_unit: str | None
    limit_per_customer: int
    limit_per_customer_unit: str | None
    won_from: datetime
    won_in_period: int


def candidates(
    facts: Facts,
    methods: Sequence[Method],
    now: datetime,
    traits: Mapping[str, Any],
    recipient: str = "customer",
    behavior: int | None = None,
    goals: Collection[int] = (),
) -> list[Method]:
    """The reward methods that can be given to the customer now, by id; in campaigns with behaviors, for achieving one."""
    return [
        method
        for method in sorted(methods, key=lambda method: method.method_id)
        if method.recipient == recipient
        and method.behavior_id in (None, behavior)
        and (method.goal_id is None or method.goal_id in goals)
        and _can_be_given(facts, method, now, traits)
    ]


def _can_be_given(facts: Facts, method: Method, now: datetime, traits: Mapping[str, Any]) -> bool:
    everyone = period(facts, method.limit_unit, now)
    customer = period(facts, method.limit_per_customer_unit, now)
    return (
        targeting.holds(method.restrictions, traits)
        and method.given < method.allowed
        and (method.kind != "coupon" or facts.coupons_count > method.given)
        and has_room(method.given_from, method.given_in_period, everyone, method.limit_in_period)
        and has_room(method.won_from, method.won_in_period, customer, method.limit_per_customer)
    )


def chosen(facts: Facts, candidates: Sequence[Method], ticket: str | None) -> list[Method]:
    """What the customer gets: each candidate, or in a draw the one on whom the ticket falls.

    Raises NoRewardLeft when there is none, and TooManyPointsHeld.
    """
    if ticket is not None:
        weights = [(method.method_id, method.weight) for method in candidates if method.weight]
        winner = draws.pick(weights, ticket) if weights else None
        candidates = [method for method in candidates if method.method_id == winner]
    if not candidates:
        raise errors.NoRewardLeft
    gained = sum(method.amount for method in candidates if method.kind == "points")
    if facts.balance - facts.cost + gained > BALANCE_MAX:
        raise errors.TooManyPointsHeld
    return list(candidates)
