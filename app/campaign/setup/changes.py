"""What of a campaign can no longer be as a new spec says, for it has given something, or others have what it wants.

Each reason says where in the document it is; see `problems`. Nothing is changed here.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from app import calendar
from app.campaign import activity
from app.campaign.document.problems import Problem
from app.campaign.document.spec import CampaignSpec, RewardSpec, keyed
from app.campaign.errors import (
    CampaignNameTaken,
    FixedOnceGiven,
    KeyTaken,
    LifecycleRefused,
    LimitUnderUsage,
    OverForGood,
    PermalinkTaken,
    SingleCouponFixed,
)
from app.campaign.limits import UNLIMITED
from app.campaign.models.awards import receivers
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import Behavior, BehaviorProgress
from app.campaign.models.limits import MethodUsage, Tally, Usage
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.rewards import RewardMethod
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import rewards
from app.organizations.models import Chain

NEXT = {
    "draft": {"inreview", "live", "completed"},
    "inreview": {"draft", "live", "completed"},
    "live": {"paused", "completed"},
    "paused": {"live", "completed"},
    "completed": set(),
}


def taken(session: Session, chain_id: int, spec: CampaignSpec, campaign_id: int | None = None) -> Iterator[Problem]:
    """Names that must be a campaign's own in its chain, and are another's. Refusals: KeyTaken, CampaignNameTaken, PermalinkTaken."""

    def is_anothers(condition: ColumnElement[bool]) -> bool:
        others = Campaign.chain_id == chain_id, Campaign.id != (campaign_id or 0)
        return session.scalar(select(Campaign.id).where(*others, condition).limit(1)) is not None

    name, listing = spec.name.lower(), spec.listing
    if spec.key is not None and is_anothers(Campaign.key == spec.key):
        yield Problem("/key", KeyTaken(f"There is a campaign with the key {spec.key} already.", field="key"))
    if listing.has_unique_name and is_anothers(or_(func.lower(Campaign.name) == name, Campaign.unique_name == name)):
        yield Problem("/name", CampaignNameTaken(f"There is a campaign called {spec.name} already.", field="name"))
    called = listing.external_id
    if called is not None and is_anothers(or_(Campaign.external_id == called, Campaign.permalink == called)):
        message = f"There is a campaign with the external id {called} already."
        yield Problem("/listing/external_id", PermalinkTaken(message, field="external_id"))


def refused(session: Session, campaign: Campaign, spec: CampaignSpec, now: datetime) -> Iterator[Problem]:
    """Every reason why the campaign cannot become what the spec says. The campaign comes with its stock."""
    if spec.lifecycle != campaign.lifecycle and spec.lifecycle not in NEXT[campaign.lifecycle]:
        message = f"A campaign that is {campaign.lifecycle} cannot become {spec.lifecycle}."
        yield Problem("/lifecycle", LifecycleRefused(message, field="status"))
    stays_a_draw = campaign.is_draw and spec.handling == "random_draw"
    if stays_a_draw and activity.is_over(campaign, now) and not is_over(spec, now):
        yield Problem("/activity/to", OverForGood())
    yield from _fixed(session, campaign, spec)
    if spec.sale is not None and campaign.stock.given and spec.sale.single_coupon != campaign.single_coupon:
        yield Problem("/sale/single_coupon", SingleCouponFixed(field="single_coupon"))
    yield from _limits(session, campaign, spec, now)
    if spec.opt_in.participants_max < campaign.stock.participants_count:
        yield _under("/opt_in/places", "places", campaign.stock.participants_count, spec.opt_in.participants_max)
    methods = rewards.by_key(rewards.methods(session, campaign.id), spec)
    for i, reward in enumerate(keyed(spec).rewards):
        method = methods.get(reward.key or "")
        if method is not None:
            yield from _of_reward(session, campaign, method, reward, f"/rewards/{i}", now)


def unshared(campaign: Campaign, spec: CampaignSpec) -> Iterator[Problem]:
    """Buyers are to share a single code, and the pool holds more. Refusal: SingleCouponFixed."""
    if spec.sale is not None and spec.sale.single_coupon and campaign.stock.coupons_count > 1:
        message = f"The pool holds {campaign.stock.coupons_count:,} codes; buyers can only share a single one."
        yield Problem("/sale/single_coupon", SingleCouponFixed(message, field="single_coupon"))


def is_over(spec: CampaignSpec, now: datetime) -> bool:
    """As the spec says, it never gives anything again."""
    return spec.lifecycle == "completed" or spec.schedule.activity[1] <= now - timedelta(minutes=1)


def _fixed(session: Session, campaign: Campaign, spec: CampaignSpec) -> Iterator[Problem]:
    """The kind, the context, how its rewards are chosen, and that it sells: what was given was given so."""
    sells = campaign.reward is not None
    changed = [
        (f"/{name}", name, getattr(campaign, name), getattr(spec, name))
        for name in ("kind", "context", "handling")
        if getattr(campaign, name) != getattr(spec, name)
    ]
    if sells != (spec.sale is not None):
        changed.append(("/sale", "sale", "a sale" if sells else "rewards", "rewards" if sells else "a sale"))
    if changed and _has_begun(session, campaign):
        for path, name, old, new in changed:
            message = f"The campaign has given something: its {name} stays {old}, and cannot become {new}."
            yield Problem(path, FixedOnceGiven(message, field=name))


def _has_begun(session: Session, campaign: Campaign) -> bool:
    """It has given something, or somebody is on the way to it."""
    if campaign.stock.given:
        return True
    progress = (
        exists().where(BehaviorProgress.behavior_id == Behavior.id, Behavior.campaign_id == campaign.id).correlate(None)
    )
    return bool(
        session.scalar(
            select(
                or_(
                    progress,
                    exists().where(Voucher.campaign_id == campaign.id).correlate(None),
                    exists().where(ReferralRelation.campaign_id == campaign.id).correlate(None),
                )
            )
        )
    )


def _limits(session: Session, campaign: Campaign, spec: CampaignSpec, now: datetime) -> Iterator[Problem]:
    stock, limits = campaign.stock, spec.limits
    if limits.total < stock.given:
        yield _under("/limits/overall", "limit", stock.given, limits.total)
    counted = _in_period(session, campaign, stock, limits.limit_unit, now)
    if limits.limit_in_period < counted:
        yield _under("/limits/per_period/limit", "limit_in_period", counted, limits.limit_in_period)
    is_lower = limits.per_customer < campaign.limit_per_customer
    if stock.given and (is_lower or limits.limit_per_customer_unit != campaign.limit_per_customer_unit):
        most = _received_max(session, campaign, limits.limit_per_customer_unit, now)
        if limits.per_customer < most:
            yield _under_one("/limits/per_customer/limit", most, limits.per_customer, limits.limit_per_customer_unit)


def _received_max(session: Session, campaign: Campaign, unit: str | None, now: datetime) -> int:
    """The most that a customer was given: in all, or in the current period."""
    customers = receivers(campaign.id)
    own = Usage.campaign_id == campaign.id, Usage.customer_id.in_(customers)
    if unit is None:
        return session.scalar(select(func.max(Usage.received)).where(*own)) or 0
    began = _began(session, campaign, unit, now)
    return session.scalar(select(func.max(Usage.in_period)).where(*own, Usage.period_from >= began)) or 0


def _of_reward(
    session: Session, campaign: Campaign, method: RewardMethod, reward: RewardSpec, path: str, now: datetime
) -> Iterator[Problem]:
    given, terms = method.tally.given, reward.terms
    if not given:
        return
    if reward.kind != method.kind:
        message = f"The reward {reward.key} was given {given:,} times: it stays {method.kind}. Another reward has another key."
        yield Problem(f"{path}/kind", FixedOnceGiven(message))
    stock = terms.get("stock", UNLIMITED)
    if stock < given:
        yield _under(f"{path}/stock", "stock", given, stock)
    most, unit = terms.get("limit_in_period", UNLIMITED), terms.get("limit_unit")
    counted = _in_period(session, campaign, method.tally, unit, now)
    if most < counted:
        yield _under(f"{path}/per_period/limit", "limit_in_period", counted, most)
    yield from _of_each_customer(session, campaign, method, reward, path, now)


def _of_each_customer(
    session: Session, campaign: Campaign, method: RewardMethod, reward: RewardSpec, path: str, now: datetime
) -> Iterator[Problem]:
    most, unit = reward.terms.get("limit_per_customer", UNLIMITED), reward.terms.get("limit_per_customer_unit")
    if most >= UNLIMITED or (most, unit) == (method.limit_per_customer, method.limit_per_customer_unit):
        return
    if unit is None and (method.limit_per_customer >= UNLIMITED or method.limit_per_customer_unit is not None):
        message = (
            f"How often each customer was given the reward {reward.key} in all was not counted: give it another key."
        )
        yield Problem(f"{path}/per_customer", FixedOnceGiven(message))
        return
    customers = receivers(campaign.id)
    own = MethodUsage.method_id == method.id, MethodUsage.customer_id.in_(customers)
    since = MethodUsage.period_from >= _began(session, campaign, unit, now)
    counted = session.scalar(select(func.max(MethodUsage.in_period)).where(*own, since)) or 0
    if most < counted:
        yield _under_one(f"{path}/per_customer/limit", counted, most, unit)


def _in_period(session: Session, campaign: Campaign, tally: Tally, new_unit: str | None, now: datetime) -> int:
    """What the guards of the next award will take as given in the current period."""
    if new_unit is None:
        return 0
    return tally.in_period if tally.period_from >= _began(session, campaign, new_unit, now) else 0


def _began(session: Session, campaign: Campaign, unit: str | None, now: datetime) -> datetime:
    zone = session.scalars(select(Chain.time_zone).where(Chain.id == campaign.chain_id)).one()
    return calendar.start(unit, now, ZoneInfo(zone))


def _under_one(path: str, required: int, actual: int, unit: str | None) -> Problem:
    since = f" in this {unit}; try again when it is over" if unit else ""
    message = f"One customer was given {required:,} already{since}: it cannot be lower than that."
    return Problem(path, LimitUnderUsage(message, field="limit_per_customer", required=required, actual=actual))


def _under(path: str, field: str, required: int, actual: int) -> Problem:
    message = f"{required:,} have been given already: it cannot be lower than that."
    if field == "places":
        message = f"{required:,} customers have opted in already: there cannot be fewer places."
    return Problem(path, LimitUnderUsage(message, field=field, required=required, actual=actual))
