"""The JSON of sales and of earning rules. Source: contract section 3.6, in the key order of the 2.9 documents."""

from collections.abc import Mapping
from typing import Any

from app.amounts import number
from app.calendar import ALWAYS_FROM, ALWAYS_TO
from app.openloyalty.formats import moment, translations, without_none
from app.openloyalty.forms.rules import EVENTS, PERIODS, TYPES
from app.sales.listing import ListedSale
from app.sales.models import EarningRule, SaleItem


def transaction(row: ListedSale, currency: str) -> dict[str, Any]:
    """A sale, or a return, whose amount is negative; the points that a sale earned, and which rule gave them."""
    it, owner = row.sale, row.customer
    sign = -1 if it.returns_id is not None else 1
    buyer = dict(it.buyer or {})
    if "loyalty_card_number" in buyer:
        buyer["loyaltyCardNumber"] = buyer.pop("loyalty_card_number")
    return without_none(
        {
            "grossValue": number(sign * it.amount),
            "transactionId": str(it.uuid),
            "documentNumber": it.number,
            "purchaseDate": moment(it.bought_at),
            "purchasePlace": it.place,
            "documentType": "return" if it.returns_id is not None else "sell",
            "customerId": str(owner.uuid) if owner else None,
            "assignedToCustomer": owner is not None,
            "customerData": buyer,
            "items": [_item(item) for item in it.items],
            "labels": [{"key": key, "value": value} for key, value in it.labels],
            "revisedDocument": row.returns,
            "posId": str(it.shop.uuid) if it.shop else None,
            "currency": currency,
            "pointsEarned": number(it.earned - it.taken_back) if it.returns_id is None else None,
            "earningRules": [_earned(given) for given in it.explanation or []] if it.returns_id is None else None,
        }
    )


def _item(it: SaleItem) -> dict[str, Any]:
    return without_none(
        {
            "sku": {"code": it.sku},
            "name": it.name,
            "quantity": it.quantity,
            "grossValue": number(it.amount),
            "category": it.category,
            "maker": it.maker,
            "labels": [{"key": key, "value": value} for key, value in it.labels],
        }
    )


def _earned(it: Mapping[str, Any]) -> dict[str, Any]:
    """What one rule gave for a sale, or why it gave nothing."""
    return without_none(
        {"earningRuleId": it["rule"], "name": it["name"], "points": number(it["points"]), "reason": it["reason"]}
    )


OF_TERMS = {
    "points_per_unit": "pointValue",
    "points": "pointsAmount",
    "min_order": "minOrderValue",
    "multiplier": "multiplier",
    "skus": "skuIds",
    "excluded_skus": "excludedSKUs",
    "excludes_delivery": "excludeDeliveryCost",
    "rewards": "rewardType",
    "campaign": "rewardCampaignId",
    "latitude": "latitude",
    "longitude": "longitude",
    "radius": "radius",
    "code": "code",
}
AMOUNTS = {"points_per_unit", "points", "min_order", "multiplier"}


def earning_rule(it: EarningRule, has_photo: bool) -> dict[str, Any]:
    """An earning rule, with the fields of its type: sent back, it is the same."""
    terms = dict(it.terms)
    always = (it.starts_at, it.ends_at) == (ALWAYS_FROM, ALWAYS_TO)
    return without_none(
        {
            "earningRuleId": str(it.uuid),
            "type": next(word for word, kind in TYPES.items() if kind == it.kind),
            "name": it.name,
            "description": it.description,
            "active": it.active,
            "allTimeActive": always,
            "startAt": None if always else moment(it.starts_at),
            "endAt": None if always else moment(it.ends_at),
            "levels": it.levels,
            "segments": it.segments,
            "pos": it.shops,
            "hasPhoto": has_photo,
            **_terms(it.kind, terms),
            "translations": translations(name=it.name, description=it.description),
        }
    )


def _terms(kind: str, terms: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        word: number(terms[name]) if name in AMOUNTS else terms[name]
        for name, word in OF_TERMS.items()
        if name in terms
    }
    if "event" in terms:
        words = {event: word for word, event in EVENTS.items()} if kind == "event" else {}
        shown["eventName"] = words.get(terms["event"], terms["event"])
    if "multipliers" in terms:
        shown["labelMultipliers"] = [
            {"key": key, "value": value, "multiplier": number(multiplier)}
            for key, value, multiplier in terms["multipliers"]
        ]
    for name, word in (
        ("labels", "labels"),
        ("excluded_labels", "excludedLabels"),
        ("included_labels", "includedLabels"),
    ):
        if name in terms:
            shown[word] = [{"key": key, "value": value} for key, value in terms[name]]
    if kind == "spending" and (mode := _mode(terms)):
        shown["labelsInclusionType"] = mode
    if "limit" in terms:
        period = next(word for word, unit in PERIODS.items() if unit == terms["limit_unit"])
        shown["limit"] = {"active": True, "limit": terms["limit"], "period": period}
    return shown


def _mode(terms: Mapping[str, Any]) -> str | None:
    return (
        "exclude_labels" if terms.get("excluded_labels") else "include_labels" if terms.get("included_labels") else None
    )
