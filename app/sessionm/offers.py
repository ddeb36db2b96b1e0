"""What a campaign gives, as SessionM's offers and deals, and what a customer was given of it.

A voucher is a deal; points are a trigger; a chance of nothing is an entry; coupons are a deal for their code.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from app.amounts import number
from app.campaign.limits import UNLIMITED
from app.campaign.listings.customer_campaigns import CampaignForCustomer
from app.campaign.models.campaigns import Campaign
from app.campaign.models.rewards import RewardMethod
from app.campaign.models.vouchers import Voucher
from app.sessionm.formats import id_of, iso, unless_none, window, with_offset

TYPES = {"voucher": "deal", "coupon": "deal", "points": "trigger", "nothing": "outcome_entry"}
UNITS = {
    "year": 31_536_000,
    "month": 2_592_000,
    "week": 604_800,
    "day": 86_400,
    "hour": 3_600,
    "minute": 60,
    "second": 1,
}
# What is printed for attributes that nobody sent.
DEFAULTS: Mapping[str, Any] = {
    "valid_after_end_date": True,
    "value_after_end_date": None,
    "buy_count": 0,
    "item_price_affinity": 0,
    "web_redeem": False,
    "reward_store": False,
}


def offers(for_customer: CampaignForCustomer) -> list[dict[str, Any]]:
    """All that the campaign gives; a campaign that sells its coupons has one offer, with the campaign's own number."""
    campaign = for_customer.campaign
    if campaign.reward is not None:
        sold = {
            "offer_id": campaign.id,
            "name": campaign.name,
            "type": "deal",
            "total_available": campaign.stock.allowed,
            "deal": _deal(campaign, None),
        }
        return [sold]
    return [_offer(campaign, method) for method in for_customer.methods if not method.is_a_behaviors_points]


def redemptions(for_customer: CampaignForCustomer) -> list[dict[str, Any]]:
    """What the customer was given: vouchers, used or not. `redeemed_at` is null until it is used."""
    coupon = next((method.id for method in for_customer.methods if method.kind == "coupon"), for_customer.campaign.id)
    return [_redemption(voucher, voucher.method_id or coupon) for voucher in for_customer.vouchers]


def _offer(campaign: Campaign, method: RewardMethod) -> dict[str, Any]:
    available = min(method.stock, campaign.stock.coupons_count) if method.kind == "coupon" else method.stock
    answer = {"offer_id": method.id, "name": method.title, "type": TYPES[method.kind], "total_available": available}
    return {**answer, "deal": _deal(campaign, method)} if TYPES[method.kind] == "deal" else answer


def _deal(campaign: Campaign, method: RewardMethod | None) -> dict[str, Any]:
    stored: Mapping[str, Any] = (method.offer if method else None) or {}
    id = id_of("deal", method.id) if method else str(campaign.uuid)
    offer_id = id_of("offer", method.id) if method else str(campaign.uuid)
    starts, ends = window(campaign)
    text = stored.get("offer_text") or {}
    most = method.limit_per_customer if method else campaign.limit_per_customer
    quantity, unit = _validity(method.voucher_seconds if method else None)
    return {
        **_discount(method),
        "id": id,
        "root_offer_id": offer_id,
        "retailer_id": id_of("chain", campaign.chain_id),
        "offer_text": [
            {
                "id": id,
                "offer_id": offer_id,
                "culture": text.get("culture", "en"),
                "title": text.get("title") or (method.title if method else campaign.name),
                "description": text.get("description", _described(campaign, method)),
                "terms": text.get("terms", campaign.text.conditions_description),
            }
        ],
        "valid_after_end_date": stored.get("valid_after_end_date", DEFAULTS["valid_after_end_date"]),
        "value_after_end_date": stored.get("value_after_end_date"),
        "start_date": with_offset(starts),
        "end_date": with_offset(ends),
        "validity_period": quantity,
        "validity_unit": unit,
        "points": stored.get("points", number(campaign.cost)),
        "buy_count": stored.get("buy_count", DEFAULTS["buy_count"]),
        "max_recurrence": None if most >= UNLIMITED else most,
        "item_price_affinity": stored.get("item_price_affinity", DEFAULTS["item_price_affinity"]),
        "web_redeem": stored.get("web_redeem", DEFAULTS["web_redeem"]),
        "quantity": campaign.stock.allowed - campaign.stock.given if method is None else 0,
        "reward_store": stored.get("reward_store", method is None),
        "offer_catalog_restrictions": None,
        "offer_purchase_restrictions": None,
        "offer_redemption_restrictions": None,
        "offer_location_restrictions": None,
        "offer_media": [
            {
                "id": id_of(f"media {i}", method.id if method else 0),
                "uri": it["uri"],
                "category_id": id_of(f"media {i}", method.id if method else 0),
                "category_name": it.get("category_name"),
                "content_type": it.get("content_type", 1),
                "culture": it.get("culture", "en"),
            }
            for i, it in enumerate(stored.get("offer_media", ()))
        ],
    }


def _discount(method: RewardMethod | None) -> dict[str, Any]:
    if method is not None and method.voucher_kind == "basket_pct":
        percent = (method.voucher_hundredths_of_percent or 0) / 100
        return {"percent": percent, "offer_type_id": "percent_discount"}
    # The documents name no attribute for a fixed amount, nor for a part of the sale: `percent` stays empty, and these are ours.
    amount = share = None
    if method is not None and method.voucher_kind == "basket":
        amount = number(method.amount) if method.amount else None
        share = method.voucher_hundredths_of_percent
    own = {"amount": amount, "percent_of_sale": share / 100 if share else None}
    return {"percent": None, **unless_none(own), "offer_type_id": "fixed_amount_discount"}


def _described(campaign: Campaign, method: RewardMethod | None) -> str | None:
    return method.voucher_text if method is not None else campaign.text.short_description


def _validity(seconds: int | None) -> tuple[int | None, str | None]:
    """In the largest unit of which it is a whole number: 86,400 seconds are 1 day."""
    if seconds is None:
        return None, None
    unit = next(unit for unit, length in UNITS.items() if seconds % length == 0)
    return seconds // UNITS[unit], unit


def _redemption(it: Voucher, offer_id: int) -> dict[str, Any]:
    return {
        "id": it.id,
        "offer_id": offer_id,
        "status": it.status,
        "code": it.code,
        "voucher_key": it.key,
        "issued_at": iso(it.created_at.astimezone(UTC)),
        "redeemed_at": iso(it.redeemed_at) if it.redeemed_at else None,
        "expires_at": iso(it.expires_at) if it.expires_at else None,
    }
