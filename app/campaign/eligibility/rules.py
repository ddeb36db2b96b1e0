"""May this customer have a reward of this campaign now, and if not, why? Pure decisions, from facts that the caller gathered.

Points are in hundredths.
Source: Open Loyalty, contract sections 4.4 to 4.8; our decisions, section 6; the model's sections 4.2 and 5.5.
"""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from app import calendar
from app.amounts import Points
from app.campaign import activity, errors
from app.campaign.audience import targeting, visibility
from app.campaign.audience.targeting import Traits
from app.campaign.eligibility.rows import CampaignFacts, OptInTerms
from app.campaign.limits import Counted, has_room
from app.refusal import Refusal


def require_may_opt_in(facts: CampaignFacts, campaign: OptInTerms, traits: Traits, now: datetime) -> None:
    """The customer may take part from now on; `campaign` has the window of opting in and the places.

    Raises OptInNotNeeded, NotEligible, OptInNotStarted, OptInEnded or OptInLimitReached. Without a window of its own, opting in is
    possible as long as the campaign is active.
    """
    if not facts.opt_in_required and facts.opted_in is not False:
        raise errors.OptInNotNeeded
    if activity.is_over(facts, now):
        raise errors.OptInEnded(required=facts.active_to, actual=now)
    if not visibility.is_on_show(facts, now) or not visibility.qualifies(facts, traits):
        raise errors.NotEligible
    opens = campaign.opt_in_from or facts.active_from
    if now < opens:
        raise errors.OptInNotStarted(required=opens, actual=now, opens_at=opens)
    if not activity.is_open(opens, campaign.opt_in_to or facts.active_to, now):
        raise errors.OptInEnded(required=campaign.opt_in_to, actual=now)
    if campaign.participants_count >= campaign.participants_max:
        raise errors.OptInLimitReached(required=campaign.participants_max, actual=campaign.participants_count)


def period(facts: CampaignFacts, unit: str | None, now: datetime) -> datetime:
    """When the current period of a limit began."""
    return calendar.start(unit, now, ZoneInfo(facts.time_zone)) if unit else calendar.ALWAYS_FROM


def _next_period(facts: CampaignFacts, unit: str | None, now: datetime) -> datetime | None:
    """When the next period of a limit begins; never for one that is for ever."""
    return calendar.later(period(facts, unit, now), 1, unit, ZoneInfo(facts.time_zone)) if unit else None


def usage_left(stock: Counted) -> int:
    """How many rewards are left to give, to all customers together."""
    return max(0, stock.allowed - stock.given)


def usage_left_for_customer(facts: CampaignFacts, now: datetime) -> int:
    began = period(facts, facts.limit_per_customer_unit, now)
    bought = facts.received_in_period if facts.received_from >= began else 0
    return max(0, min(usage_left(facts), facts.limit_per_customer - bought))


def allowed(limit: int, coupons_count: int, single_coupon: bool, sells_coupons: bool = True) -> int:
    """How often a campaign can give in all: once a coupon, unless all share one, and no more than its limit."""
    if not sells_coupons:
        return limit
    if single_coupon:
        return limit if coupons_count else 0
    return min(limit, coupons_count)


def refusals(
    facts: CampaignFacts, now: datetime, traits: Traits | None = None, context: str = "interaction", wanted: int = 1
) -> Iterator[Refusal]:
    """Every reason why the customer does not get the `wanted` number now; the first is the one that a purchase is refused with.

    `traits` are what the restrictions ask about, and may be left out when there are none.
    """
    if facts.context != context:
        yield errors.WrongContext(required=context, actual=facts.context)
    if not activity.is_live(facts):
        yield errors.CampaignNotActive(required="live", actual=facts.lifecycle)
    if not activity.is_open(facts.active_from, facts.active_to, now):
        yield _outside_window(errors.CampaignNotYetActive, errors.CampaignOver, facts.active_from, facts.active_to, now)
    if not visibility.is_visible(facts, now):
        yield _outside_window(
            errors.CampaignNotYetVisible, errors.CampaignNoLongerVisible, facts.visible_from, facts.visible_to, now
        )
    if not activity.is_in_hours(facts, facts.time_zone, now):
        yield errors.OutsideHours()
    if not facts.targeted:
        yield errors.NotTargeted()
    if not targeting.holds(facts.restrictions, traits or {}):
        yield errors.RestrictionsNotMet()
    if facts.opt_in_required and not facts.opted_in:
        yield errors.NotOptedIn()
    if not facts.may_be_given:
        yield errors.CustomerNotActive(required="active", actual=facts.customer_status)
    yield from _stock_refusals(facts, now, wanted)


def _stock_refusals(facts: CampaignFacts, now: datetime, wanted: int) -> Iterator[Refusal]:
    # Open Loyalty speaks of coupons first when nothing limits the campaign, and last when something does.
    coupons_left = max(0, facts.coupons_count - (0 if facts.single_coupon else facts.given))
    others = wanted - 1
    needed = 1 if facts.single_coupon else wanted
    lacks_coupons = facts.sells_coupons and coupons_left < needed
    no_coupons = (
        errors.NoCouponsLeft(required=needed, actual=coupons_left, missing=needed - coupons_left)
        if lacks_coupons
        else None
    )
    if facts.unlimited and no_coupons:
        yield no_coupons
    if facts.given + wanted > facts.limit:
        yield errors.LimitReached(required=facts.limit, actual=facts.given)
    began = period(facts, facts.limit_unit, now)
    if not has_room(facts.given_from, facts.given_in_period, began, facts.limit_in_period - others):
        yield errors.LimitInPeriodReached(
            required=facts.limit_in_period,
            actual=facts.given_in_period,
            opens_at=_next_period(facts, facts.limit_unit, now),
        )
    began = period(facts, facts.limit_per_customer_unit, now)
    if not has_room(facts.received_from, facts.received_in_period, began, facts.limit_per_customer - others):
        yield errors.LimitPerCustomerReached(
            required=facts.limit_per_customer,
            actual=facts.received_in_period,
            opens_at=_next_period(facts, facts.limit_per_customer_unit, now),
        )
    price = facts.cost * wanted
    if price and facts.balance < price:  # who owes points is given what costs none
        yield errors.NotEnoughPoints(
            required=Points(price), actual=Points(facts.balance), missing=Points(price - facts.balance)
        )
    if no_coupons and not facts.unlimited:
        yield no_coupons


def _outside_window(
    early: type[Refusal], late: type[Refusal], opens: datetime, closes: datetime, now: datetime
) -> Refusal:
    if now < opens:
        return early(required=opens, actual=now, opens_at=opens)
    return late(required=closes, actual=now)
