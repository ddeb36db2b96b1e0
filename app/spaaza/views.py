"""The JSON of vouchers, users, campaigns and referrals, in the key order of the documents. A presenter never causes SQL."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.amounts import number
from app.calendar import ALWAYS_FROM, ALWAYS_TO, DAY_SECONDS, EVERY_DAY
from app.campaign import activity
from app.campaign.audience import visibility
from app.campaign.eligibility import rules
from app.campaign.limits import UNLIMITED
from app.campaign.listings.chain_campaigns import ChainCampaign
from app.campaign.models.campaigns import Campaign
from app.campaign.models.limits import MethodTally
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.rewards import RewardMethod
from app.campaign.vouchers import lookup
from app.members.models import Profile
from app.organizations.models import Chain
from app.points.models import LedgerEntry

MINUTE = timedelta(minutes=1)  # the domain's windows are open to the end of their last minute, Spaaza's to their end
NEVER = datetime(2050, 1, 1, tzinfo=UTC)  # how Spaaza prints "does not expire"
# Spaaza's own numbers are documented for the euro only; the others are in the order of their making.
CURRENCIES = {"GBP": (1, "£"), "EUR": (2, "€"), "USD": (3, "$"), "PLN": (4, "zł"), "CHF": (5, "CHF"), "SEK": (6, "kr")}
OTHER_CURRENCY = 0


def moment(at: datetime | None) -> str | None:
    """UTC, without saying so: `2022-08-04 07:56:13`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if at is not None else None


def moment_with_offset(at: datetime) -> str:
    """`2022-08-04T07:56:13+00:00`."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def currency(code: str) -> tuple[int, str]:
    """A currency's number, and its sign."""
    return CURRENCIES.get(code, (OTHER_CURRENCY, code))


def voucher(it: Any, now: datetime) -> dict[str, Any]:
    """A voucher as claim-voucher prints it. `it` is a row of `lookup.get`."""
    expires_at = it.expires_at or NEVER
    currency_id, symbol = currency(it.currency)
    return {
        "voucher_key": it.key,
        "voucher_id": it.id,
        "voucher_status": it.status,
        "voucher_locked": lookup.is_locked(it, now),
        "campaign_id": it.campaign_id,
        "campaign_type": it.campaign_kind,
        "campaign_title": it.campaign_name,
        "voucher_expiry_datetime_utc": moment(expires_at),
        "voucher_expiry_seconds_remaining": max(0, int((expires_at - now).total_seconds())),
        "voucher_currency_id": currency_id,
        "voucher_currency_symbol": symbol,
        "voucher_amount_original": number(it.amount),
        "voucher_amount_redeemed": number(it.redeemed),
        "voucher_amount": number(lookup.worth(it)),
        "voucher_text": it.text,
        "voucher_third_party_id": it.third_party_id,
        "user_id": it.customer_id,
        "user_entity_card": _card(it),
    }


def listed_voucher(it: Any, now: datetime) -> dict[str, Any]:
    """A voucher in a list, with what it is worth at the till."""
    ratio = it.hundredths_of_percent
    return {
        **voucher(it, now),
        "voucher_type": it.kind,
        "voucher_honour_code": it.code,
        "voucher_discount_ratio": ratio / 10_000 if ratio is not None else None,
        "voucher_locked_until": moment(it.locked_until) if lookup.is_locked(it, now) else None,
        "voucher_locking_code": it.lock_code,
        "voucher_retailer_basket_code_exclusive": it.basket_code,
        "voucher_created_date": moment(it.created_at),
        "voucher_claimed_date": moment(it.claimed_at),
        "voucher_redeemed_date": moment(it.redeemed_at),
        "parent_voucher_id": it.parent_id,
        "parent_voucher": parent(it),
        **{f"voucher_{name}": (it.details or {}).get(name) for name in ("title", "description", "notes", "image_url")},
    }


def parent(it: Any) -> dict[str, int] | None:
    """The voucher of which this one is the rest."""
    return {"voucher_id": it.parent_id} if it.parent_id else None


def _card(it: Any) -> dict[str, str] | None:
    if it.customer_id is None:
        return None
    if it.loyalty_card_number is not None:
        return {"type": "custom", "code": it.loyalty_card_number}
    return {"type": "regular", "code": str(it.customer_id)}


def relation(
    it: ReferralRelation, profiles: Mapping[int, Profile], award: tuple[LedgerEntry, int] | None, chain: Chain
) -> dict[str, Any]:
    """A referral relation with both customers, and what the referring one was given."""
    referring, referred = profiles[it.referring_id], profiles[it.referred_id]
    answer = {"award": _award(award, referred, chain)} if award else {}
    return {
        "id": it.id,
        "campaign_id": it.campaign_id,
        "referring_user": {**user(referring), **answer},
        "referred_user": user(referred),
        "redeemed": it.redeemed_at is not None,
        "redeemed_date": moment(it.redeemed_at),
        "created_date": moment(it.created_at),
    }


def user(profile: Profile) -> dict[str, Any]:
    return {
        "id": profile.customer_id,
        "first_name": profile.first_name,
        "last_name": profile.last_name,
        "username": profile.email,
        "member_number": profile.loyalty_card_number,
        "referral_code": profile.referral_code,
        "authentication_point_identifier": profile.authentication_point_identifier,
        "auxiliary_identifier": profile.auxiliary_identifier,
    }


def _award(award: tuple[LedgerEntry, int], referred: Profile, chain: Chain) -> dict[str, Any]:
    entry, amount = award
    what = "Points" if entry.kind == "rewarded" else "Voucher"
    return {
        "id": entry.id,
        "user_id": entry.customer_id,
        "currency_id": currency(chain.currency)[0],
        "amount": number(amount),
        "progress_type": "referralReward",
        "log_message": f"{what} received for signup of {referred.first_name} {referred.last_name}.",
        "created_date": moment_with_offset(entry.created_at),
    }


INTERNAL = {"restrictions", "given"}  # what customers may not know: for whom it is, and which prize has just been won


def campaign(shown: ChainCampaign, now: datetime, for_customer: bool = False) -> dict[str, Any]:
    """A campaign, what it gives, with which odds, and how much of it is left."""
    answer = _campaign(shown, now)
    if for_customer:
        methods = [_without_internals(method) for method in answer["reward_methods"]]
        answer = _without_internals({**answer, "reward_methods": methods})
    return answer


def _without_internals(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in INTERNAL}


def _campaign(shown: ChainCampaign, now: datetime) -> dict[str, Any]:
    it = shown.campaign
    answer: dict[str, Any] = {
        "campaign_id": it.id,
        "campaign_type": it.kind,
        "context": it.context,
        "title": it.name,
        "description": it.text.short_description,
        "active": it.is_live,
        "is_active": bool(
            activity.is_active(it, now)
            and visibility.is_visible(it, now)
            and activity.is_in_hours(it, it.chain.time_zone, now)
        ),
        "active_date_from": moment(it.active_from) if it.active_from != ALWAYS_FROM else None,
        "active_date_until": moment(it.active_to + MINUTE) if it.active_to != ALWAYS_TO else None,
        "active_time_from": _time_of_day(it.opens_second) if _has_hours(it) else None,
        "active_time_until": _time_of_day(it.closes_second) if _has_hours(it) else None,
        "active_weekdays": _weekdays(it.weekdays),
        "point_cost": number(it.cost),
        "max_reward_quantity": _limit(it.limit_per_customer),
        "max_reward_quantity_unit": it.limit_per_customer_unit,
        "total_reward_quantity": _limit(it.limit_in_period) if it.limit_unit else _limit(it.limit),
        "total_reward_quantity_unit": it.limit_unit,
        "rewards_given": it.stock.given,
        "rewards_left": rules.usage_left(it.stock) if it.stock.allowed < UNLIMITED else None,
        "allows_end_user_to_claim_voucher": it.customer_may_claim,
        "created_voucher_claimed_by_default": it.claimed_by_default,
        "rewards_handling": it.handling,
        "restrictions": it.restrictions,
        "reward_methods": [_coupon_for_sale(it)]
        if it.reward is not None
        else [_method(method) for method in it.methods],
        "campaign_uuid": str(it.uuid),
    }
    if it.seed is not None:
        answer["draw"] = {
            "commitment": it.seed.commitment,
            "committed_date": moment(it.seed.committed_at),
            "seed": it.seed.told(it, now),
        }
    if shown.progress is not None:
        answer["user_progress"] = {
            "award_count": shown.progress.award_count,
            "total_amount_awarded": number(shown.progress.total_amount),
        }
    return answer


def _method(it: RewardMethod) -> dict[str, Any]:
    return {
        "id": it.id,
        "type": it.kind,
        "title": it.title,
        "recipient": it.recipient,
        "weight": it.weight,
        "amount": number(it.amount),
        "restrictions": it.restrictions,
        "max_quantity": _limit(it.limit_in_period) if it.limit_unit else _limit(it.stock),
        "max_quantity_unit": it.limit_unit,
        "max_quantity_per_user": _limit(it.limit_per_customer),
        "max_quantity_per_user_unit": it.limit_per_customer_unit,
        "given": it.tally.given,
        "voucher_type": it.voucher_kind,
        "voucher_discount_ratio": it.voucher_hundredths_of_percent / 10_000
        if it.voucher_hundredths_of_percent
        else None,
        "voucher_text": it.voucher_text,
        "voucher_expiry_seconds": it.voucher_seconds,
    }


def _coupon_for_sale(it: Campaign) -> dict[str, Any]:
    """The only reward of a campaign that sells its coupons; it has no terms of its own."""
    plain = RewardMethod(
        kind="coupon",
        title=it.name,
        recipient="customer",
        weight=1,
        amount=0,
        stock=UNLIMITED,
        limit_in_period=UNLIMITED,
        limit_per_customer=UNLIMITED,
        tally=MethodTally(given=it.stock.given),
    )
    return _method(plain)


def _limit(limit: int) -> int | None:
    return None if limit >= UNLIMITED else limit


def _has_hours(it: Campaign) -> bool:
    return (it.opens_second, it.closes_second) != (0, DAY_SECONDS)


def _time_of_day(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


def _weekdays(bits: int) -> str | None:
    """`1,2,3,4,5`: Monday is 1."""
    return None if bits == EVERY_DAY else ",".join(str(day + 1) for day in range(7) if bits >> day & 1)
