"""May this customer have a reward of this campaign now? Pure decisions, from facts that the caller gathered.

The small predicates work on values and on columns alike (hence `&` and `|`, and windows and limits without NULL), so
a page is filtered in SQL by the very rule that decides a purchase. Points are in hundredths.
Source: Open Loyalty, contract sections 4.4 to 4.8; our decisions, section 6.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol

from app.campaign import errors


class Facts(Protocol):
    """What the rules need to know of one campaign and one customer. A row of `eligibility.facts_query` is one."""

    lifecycle: str
    active_from: datetime
    active_to: datetime
    visible_from: datetime
    visible_to: datetime
    cost: int
    unlimited: bool
    limit: int
    limit_per_customer: int
    sold: int
    sellable: int
    coupons_count: int
    single_coupon: bool
    targeted: bool
    customer_status: str
    balance: int
    bought: int


def is_live(campaign: Any) -> Any:
    """The campaign's switch is on."""
    return campaign.lifecycle == "live"


def is_open(window_from: Any, window_to: Any, now: datetime) -> Any:
    """A window is open from its first moment to the end of its last minute."""
    return (window_from <= now) & (now - timedelta(minutes=1) < window_to)


def is_active(campaign: Any, now: datetime) -> Any:
    return is_live(campaign) & is_open(campaign.active_from, campaign.active_to, now)


def is_visible(campaign: Any, now: datetime) -> Any:
    return is_open(campaign.visible_from, campaign.visible_to, now)


def has_stock(stock: Any) -> Any:
    return stock.sold < stock.sellable


def has_allowance(bought: Any, limit_per_customer: Any) -> Any:
    """The customer may buy once more."""
    return bought < limit_per_customer


def usage_left(stock: Any) -> int:
    """How many rewards are left to sell, to all customers together."""
    left: int = stock.sellable - stock.sold
    return max(0, left)


def usage_left_for_customer(facts: Facts) -> int:
    return max(0, min(usage_left(facts), facts.limit_per_customer - facts.bought))


def sellable(limit: int, coupons_count: int, single_coupon: bool) -> int:
    """How many rewards a campaign can sell in all: one a coupon, unless all share a single one, and no more than its limit."""
    if single_coupon:
        return limit if coupons_count else 0
    return min(limit, coupons_count)


def refusals(facts: Facts, now: datetime) -> Iterator[errors.Refusal]:
    """Every reason why the customer cannot buy now; the first is the one that a purchase is refused with."""
    if not is_live(facts):
        yield errors.CampaignNotActive(required="live", actual=facts.lifecycle)
    if not is_open(facts.active_from, facts.active_to, now):
        yield _outside_window(errors.CampaignNotYetActive, errors.CampaignOver, facts.active_from, facts.active_to, now)
    if not is_visible(facts, now):
        yield _outside_window(
            errors.CampaignNotYetVisible, errors.CampaignNoLongerVisible, facts.visible_from, facts.visible_to, now
        )
    if not facts.targeted:
        yield errors.NotTargeted()
    if facts.customer_status != "active":
        yield errors.CustomerNotActive(required="active", actual=facts.customer_status)
    yield from _stock_refusals(facts)


def _stock_refusals(facts: Facts) -> Iterator[errors.Refusal]:
    # Open Loyalty speaks of coupons first when nothing limits the campaign, and last when something does.
    coupons_left = facts.coupons_count - (0 if facts.single_coupon else facts.sold)
    no_coupons = errors.NoCouponsLeft(required=1, actual=0, missing=1) if coupons_left < 1 else None
    if facts.unlimited and no_coupons:
        yield no_coupons
    if facts.sold >= facts.limit:
        yield errors.LimitReached(required=facts.limit, actual=facts.sold)
    if not has_allowance(facts.bought, facts.limit_per_customer):
        yield errors.LimitPerCustomerReached(required=facts.limit_per_customer, actual=facts.bought)
    if facts.balance < facts.cost:
        yield errors.NotEnoughPoints(
            required=errors.Points(facts.cost),
            actual=errors.Points(facts.balance),
            missing=errors.Points(facts.cost - facts.balance),
        )
    if no_coupons and not facts.unlimited:
        yield no_coupons


def _outside_window(
    early: type[errors.Refusal], late: type[errors.Refusal], opens: datetime, closes: datetime, now: datetime
) -> errors.Refusal:
    if now < opens:
        return early(required=opens, actual=now, opens_at=opens)
    return late(required=closes, actual=now)
