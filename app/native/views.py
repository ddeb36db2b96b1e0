"""The JSON of Guerdon's own calls. A view reads what it is given and never causes SQL."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from app.amounts import Points, decimal, number
from app.calendar import ALWAYS_FROM, ALWAYS_TO
from app.campaign.awards.choice import Chance
from app.campaign.eligibility import rules
from app.campaign.eligibility.rows import CampaignFacts
from app.campaign.engagement import counting
from app.campaign.engagement.behaviors import terms
from app.campaign.engagement.counting import Progress
from app.campaign.limits import UNLIMITED
from app.campaign.listings.holdings import DrawnReward, GivenThings, HeldVoucher
from app.campaign.listings.shop import CampaignOnShelf
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import Behavior, Goal
from app.campaign.models.rewards import RewardMethod
from app.campaign.models.vouchers import Voucher
from app.campaign.vouchers.lookup import is_expired
from app.members.models import Customer
from app.refusal import Refusal

ACTIONS = {"interaction": "play", "event": "collect", "basket": "shop", "referral": "refer"}


def moment(at: datetime | None) -> str | None:
    """None for never and for always."""
    if at is None or at in (ALWAYS_FROM, ALWAYS_TO):
        return None
    return at.astimezone(UTC).replace(microsecond=0).isoformat()


def precise(at: datetime | None) -> str | None:
    """To the microsecond, for who goes on from there."""
    return at.astimezone(UTC).isoformat() if at else None


def photo(it: Campaign) -> str | None:
    """Where its latest photo is; another one, another address."""
    return f"/api/campaign/{it.uuid}/photo/{it.photos[-1].uuid}" if it.photos else None


def named(it: Campaign) -> dict[str, Any]:
    """A campaign beside what it gave; translated names for who reads another language."""
    return {"id": str(it.uuid), "name": it.name, "translations": it.text.translations or {}}


def reason(refusal: Refusal) -> dict[str, Any]:
    return {
        "code": refusal.code,
        "message": str(refusal),
        "required": _value(refusal.required),
        "actual": _value(refusal.actual),
        "missing": _value(refusal.missing),
        "opens_at": moment(refusal.opens_at),
    }


def shelf(it: CampaignOnShelf, at: datetime, now: datetime) -> dict[str, Any]:
    """A campaign for one customer at a moment: what one does to have something of it, and every reason why not then.

    Whether its seed may be known is asked of `now`, whatever the moment: who knows it could foresee every draw.
    """
    campaign, facts = it.standing.campaign, it.facts
    left = None if facts.allowed >= UNLIMITED else rules.usage_left(facts)
    is_limited = left is not None or facts.limit_per_customer < UNLIMITED
    return {
        "id": str(campaign.uuid),
        "number": campaign.id,
        "key": campaign.key,
        "name": campaign.name,
        "action": "buy" if facts.sells_coupons else ACTIONS[facts.context],
        "texts": {
            "short_description": campaign.text.short_description,
            "conditions_description": campaign.text.conditions_description,
            "usage_instruction": campaign.text.usage_instruction,
        },
        "translations": campaign.text.translations or {},
        "photo": photo(campaign),
        "price": decimal(facts.cost),
        "currency": campaign.chain.currency,
        "active_from": moment(campaign.active_from),
        "active_to": moment(campaign.active_to),
        "left": left,
        "left_for_customer": rules.usage_left_for_customer(facts, at) if is_limited else None,
        "per_customer": _per_customer(facts),
        "visibility": it.visibility.value,
        "may_have": it.may_have,
        "reasons": [reason(refusal) for refusal in it.refusals],
        "state": it.standing.state,
        "opt_in": {"required": facts.opt_in_required, "opted_in": facts.opted_in},
        "behaviors": [_behavior(*each) for each in it.standing.behaviors],
        "rewards": _rewards(it),
        "draw": _commitment(campaign, now) if campaign.is_draw else None,
    }


def _per_customer(facts: CampaignFacts) -> dict[str, Any] | None:
    """How often one customer can have it, and in which period; None: as often as one likes."""
    if facts.limit_per_customer >= UNLIMITED:
        return None
    return {"limit": facts.limit_per_customer, "unit": facts.limit_per_customer_unit}


def _rewards(it: CampaignOnShelf) -> list[dict[str, Any]]:
    """What it gives; of a draw with the part that each has of what can be drawn now, 0 to 1."""
    # Methods and chances are two statements: one that came between them has none yet.
    methods = [each for each in it.standing.methods if not each.is_a_behaviors_points and each.id in it.chances]
    return [{"method": method.id, **reward(method), **_chance(it.chances[method.id])} for method in methods]


def _chance(it: Chance) -> dict[str, Any]:
    return {"open": it.is_open, "odds": it.odds}


def reward(method: RewardMethod) -> dict[str, Any]:
    return {
        "title": method.title,
        "kind": method.kind,
        "amount": decimal(method.amount) if method.kind in {"points", "voucher"} else None,
        "percent": decimal(method.voucher_hundredths_of_percent) if method.voucher_hundredths_of_percent else None,
    }


def _behavior(it: Behavior, come: Progress) -> dict[str, Any]:
    return {
        "name": it.name,
        "points": decimal(it.points),
        "achieved": come.achieved,
        "times_max": None if it.times_max >= UNLIMITED else it.times_max,
        "counted": counting.events_counted(terms(it), come),
        "wanted": counting.events_wanted(terms(it)),
        "goals": [_goal(goal, come) for goal in it.goals],
    }


def _goal(goal: Goal, come: Progress) -> dict[str, Any]:
    return {
        "event_name": goal.event_name,
        "counted": come.counts.get(goal.id, counting.NOTHING_YET).current,
        "wanted": goal.earn_count,
        "points": decimal(goal.points),
    }


def _commitment(campaign: Campaign, now: datetime) -> dict[str, Any] | None:
    seed = campaign.seed
    if seed is None:
        return None
    return {"commitment": seed.commitment, "committed_at": moment(seed.committed_at), "seed": seed.told(campaign, now)}


def held(it: HeldVoucher, now: datetime) -> dict[str, Any]:
    """A voucher for whoever holds it, or serves who does."""
    voucher, campaign = it.voucher, it.voucher.campaign
    return {
        "number": voucher.id,
        "key": voucher.key,
        "kind": "coupon" if voucher.coupon_id is not None else voucher.kind,
        "title": it.title or campaign.name,
        "campaign": {**named(campaign), "photo": photo(campaign)},
        "purchase": str(voucher.award_id) if voucher.award_id else None,
        "code": voucher.code,
        "amount": decimal(voucher.amount),
        "percent": decimal(voucher.hundredths_of_percent) if voucher.hundredths_of_percent else None,
        "currency": campaign.chain.currency,
        "text": voucher.text,
        "usage_instruction": campaign.text.usage_instruction,
        "status": status(voucher, now),
        "can_be_marked": status(voucher, now) == "usable" and voucher.coupon_id is not None,
        "given_at": moment(voucher.award.given_at if voucher.award else voucher.created_at),
        "used_at": moment(voucher.redeemed_at),
        "expires_at": moment(voucher.expires_at),
    }


def status(voucher: Voucher, now: datetime) -> str:
    """`usable`, `used` or `expired`."""
    if voucher.is_used:
        return "used"
    return "expired" if is_expired(voucher, now) else "usable"


def draw(it: DrawnReward, now: datetime) -> dict[str, Any]:
    """All that it takes to compute a draw again; the seed only when the campaign is over."""
    return {
        "id": str(it.draw.award_id),
        "campaign": {**named(it.campaign), "ends_at": moment(it.campaign.active_to)},
        "customer": str(it.customer),
        "number": it.draw.number,
        "at": moment(it.given_at),
        "ticket": it.draw.ticket,
        "candidates": [
            {"method": int(method), "title": it.titles.get(int(method), ""), "weight": int(weight)}
            for method, weight in it.draw.candidates
        ],
        "drawn": it.draw.method_id,
        "revision": it.draw.revision,
        "commitment": it.seed.commitment,
        "committed_at": moment(it.seed.committed_at),
        "seed": it.seed.told(it.campaign, now),
    }


def given(it: GivenThings, balance: int, now: datetime) -> dict[str, Any]:
    """What one award gave, reward by reward."""
    return {
        "id": str(it.award.id),
        "at": moment(it.award.given_at),
        "price": decimal(it.award.cost),
        "balance": decimal(balance),
        "rewards": [_given_reward(method, it, now) for method in it.methods]
        + [_sold(each, now) for each in it.vouchers if each.voucher.method_id is None],
        "draw": draw(it.draw, now) if it.draw else None,
    }


def _given_reward(method: RewardMethod, it: GivenThings, now: datetime) -> dict[str, Any]:
    voucher = next((each for each in it.vouchers if each.voucher.method_id == method.id), None)
    return {**reward(method), "voucher": held(voucher, now) if voucher else None}


def _sold(it: HeldVoucher, now: datetime) -> dict[str, Any]:
    """The coupon of a campaign that sells them."""
    return {
        "title": it.voucher.campaign.name,
        "kind": "coupon",
        "amount": None,
        "percent": None,
        "voucher": held(it, now),
    }


def person(it: Customer, balance: int) -> dict[str, Any]:
    """A customer as a search shows one."""
    profile = it.profile
    return {
        "id": str(it.uuid),
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "email": profile.email,
        "phone": profile.phone,
        "loyalty_card_number": profile.loyalty_card_number,
        "status": it.status,
        "level": it.level.name if it.level else None,
        "balance": decimal(balance),
        "registered_at": moment(it.created_at),
    }


def more(key: str, rows: Sequence[dict[str, Any]], is_more: bool) -> dict[str, Any]:
    """A list that can be read on."""
    return {key: list(rows), "more": is_more}


def _value(value: Any) -> Any:
    if isinstance(value, Points):
        return number(value)
    return moment(value) if isinstance(value, datetime) else value
