"""The JSON of campaigns, categories and purchases, in the key order of the documents.

A view reads what it is given and never causes SQL.
"""

from collections.abc import Sequence
from typing import Any, cast

from app import clock
from app.amounts import Points, number
from app.campaign import activity
from app.campaign.eligibility import rules
from app.campaign.eligibility.explain import Verdict
from app.campaign.listings.catalogue import CampaignForSale
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign, Category
from app.campaign.models.coupons import Coupon
from app.campaign.models.photos import Photo
from app.campaign.models.vouchers import DELIVERIES, Voucher
from app.campaign.triggers.purchases import Purchase
from app.campaign.vouchers.bought import BoughtCoupon
from app.campaign.vouchers.lookup import is_expired
from app.openloyalty.formats import asked_language, file_name, html, moment, names, translations, without_none
from app.refusal import Refusal

PURCHASES_PRINTED_MAX = 100


def campaign(shown: CampaignForSale, viewer: str, as_html: bool = False) -> dict[str, Any]:
    """A campaign for an `admin`, a `seller`, or a `customer`, who sees neither targets nor codes; or for `anyone`, who sees no counts."""
    it = shown.campaign
    is_staff = viewer in ("admin", "seller")
    fields = {
        **(_targets_and_codes(shown) if is_staff else {}),
        **offer(it, as_html),
        **(_names(shown) if is_staff else {}),
        "labels": [{"key": label.key, "value": label.value} for label in it.labels] or None,
        **_will_be_active(shown),
        **(_counts(shown) if viewer != "anyone" else {}),
        **_shelf(shown, viewer),
        "translations": _translations(it) if viewer == "admin" else None,
        **(_photos(it) if viewer == "admin" else {}),
    }
    return without_none(fields)


def _counts(shown: CampaignForSale) -> dict[str, Any]:
    return {
        "usageLeft": rules.usage_left(shown.campaign.stock),
        **_for_customer(shown),
        "visibleForCustomersCount": shown.audience_size,
        "usersWhoUsedThisCampaignCount": shown.campaign.stock.customers_count,
    }


def _shelf(shown: CampaignForSale, viewer: str) -> dict[str, Any]:
    """Where a campaign stands among the others, as later versions print it; nothing of one that is nowhere."""
    it = shown.campaign
    seen = [category for category in it.categories if category.active or viewer in ("admin", "seller")]
    return {
        "categories": [str(category.uuid) for category in seen] or None,
        "categoryNames": {str(one.uuid): category_name(one) for one in seen} or None,
        "featured": it.is_featured,
        "public": it.is_public,
        "brandIcon": shown.has_brand_icon or None,
    }


TRANSLATED = {
    "name": "name",
    "shortDescription": "short_description",
    "conditionsDescription": "conditions_description",
    "usageInstruction": "usage_instruction",
}


def _translations(it: Campaign) -> list[dict[str, str]]:
    """The texts by language, the programme's own first."""
    own = translations(name=it.name, **{name: getattr(it.text, ours) for name, ours in list(TRANSLATED.items())[1:]})
    others = [
        {**{name: texts[ours] for name, ours in TRANSLATED.items() if ours in texts}, "locale": language}
        for language, texts in sorted((it.text.translations or {}).items())
    ]
    return [*own, *others]


def _texts(it: Campaign) -> dict[str, str | None]:
    """The texts in the language that is asked for; what is not written in it, in the programme's own."""
    own = {"name": it.name, **{ours: getattr(it.text, ours) for ours in TRANSLATED.values() if ours != "name"}}
    asked = (it.text.translations or {}).get(asked_language(), {})
    return {ours: asked.get(ours) or text for ours, text in own.items()}


def category_name(it: Category) -> str:
    """In the language that is asked for."""
    return it.translations.get(asked_language(), it.name)


def category(it: Category) -> dict[str, Any]:
    return {
        "name": category_name(it),
        "campaignCategoryId": str(it.uuid),
        "active": it.active,
        "sortOrder": it.position,
        "translations": [
            *translations(name=it.name),
            *({"name": name, "locale": language} for language, name in sorted(it.translations.items())),
        ],
    }


def photo_name(it: Photo) -> str:
    """What a photo's file is called: `<its id>.jpg`."""
    return file_name(str(it.uuid), it.media_type)


def _photos(it: Campaign) -> dict[str, Any]:
    """Whether there are any, and as later versions print them; the misspelling is theirs."""
    printed = [
        {
            "photoId": {"id": str(photo.uuid)},
            "path": f"campaign_photos/{photo_name(photo)}",
            "orginalName": photo_name(photo),
            "mimeType": photo.media_type,
        }
        for photo in it.photos
    ]
    return {"hasPhoto": bool(printed), "photos": printed or None}


def offer(it: Campaign, as_html: bool = False) -> dict[str, Any]:
    """What a campaign promises, without what is counted; all that a purchase prints of it."""
    text_as = html if as_html else str
    texts = _texts(it)
    return without_none(
        {
            "campaignId": str(it.uuid),
            "reward": it.reward,
            "name": texts["name"],
            "shortDescription": texts["short_description"] and text_as(texts["short_description"]),
            "conditionsDescription": texts["conditions_description"] and text_as(texts["conditions_description"]),
            "active": it.is_live,
            "costInPoints": number(it.cost),
            "singleCoupon": it.single_coupon,
            "unlimited": it.unlimited,
            "limit": None if it.unlimited else it.limit,
            "limitPerUser": None if it.unlimited else it.limit_per_customer,
            "campaignActivity": _activity(it),
            "campaignVisibility": _visibility(it),
            "usageInstruction": texts["usage_instruction"] and text_as(texts["usage_instruction"]),
        }
    )


def pool_coupon(it: Coupon) -> dict[str, Any]:
    return {"code": it.code, "bought": it.award_id is not None}


def sale(sold: Sequence[Purchase]) -> dict[str, Any]:
    """`coupon`, the first one, for the clients of the first documents, `coupons` for those of the later ones."""
    coupons = [{"code": one.code} for one in sold]
    return {"coupon": coupons[0], "coupons": coupons}


def purchase(bought: Voucher, with_campaign: bool) -> dict[str, Any]:
    """A row of a list of bought rewards."""
    award = _award(bought)
    return without_none(
        {
            "purchaseAt": moment(award.given_at),
            "costInPoints": number(award.cost),
            "campaignId": str(bought.campaign.uuid),
            "campaign": offer(bought.campaign) if with_campaign else None,
            "used": bought.is_used,
            **_usage(bought),
            # The award's id: buyers of a shared code have coupons of their own to mark.
            "coupon": {"id": str(award.id), "code": bought.code},
        }
    )


def bought_row(row: BoughtCoupon) -> dict[str, Any]:
    """A row of the list of all bought rewards, as 3.2's console reads it."""
    award, coupon, profile = _award(row.voucher), row.voucher, row.customer.profile
    return without_none(
        {
            "purchasedAt": moment(award.given_at),
            "costInPoints": number(award.cost),
            "customerId": str(row.customer.uuid),
            "customerEmail": profile.email,
            "customerPhone": profile.phone,
            "customerName": profile.first_name,
            "customerLastname": profile.last_name,
            "customerLoyaltyCardNumber": profile.loyalty_card_number,
            "currentPointsAmount": number(row.balance),
            "campaignId": str(coupon.campaign.uuid),
            "campaignName": coupon.campaign.name,
            "campaignType": coupon.campaign.reward,
            "used": coupon.is_used,
            **_usage(coupon),
            "coupon": {"id": str(award.id), "code": coupon.code},
        }
    )


def _usage(it: Voucher) -> dict[str, Any]:
    """Whether a coupon can be used, when it was, and where its reward is; a coupon can be used at once."""
    expired = is_expired(it, clock.now())
    return {
        "usageDate": moment(it.redeemed_at) if it.redeemed_at else None,
        "status": "expired" if expired else "active",
        "activeSince": moment(_award(it).given_at),
        "activeTo": moment(it.expires_at) if it.expires_at else None,
        "canBeUsed": not (expired or it.is_used),
        "deliveryStatus": {"status": it.delivery or DELIVERIES[0]},
    }


def marked(bought: Voucher, customer_id: str) -> dict[str, Any]:
    return {
        "name": bought.code,
        "used": bought.is_used,
        "campaignId": str(bought.campaign.uuid),
        "customerId": customer_id,
    }


def eligibility(verdict: Verdict, campaign_id: str, customer_id: str) -> dict[str, Any]:
    """Whether and why not, for a program (`code`) and for a shop assistant (`message`)."""
    return {
        "eligible": verdict.may_buy,
        "campaignId": campaign_id,
        "customerId": customer_id,
        "asOf": moment(verdict.at),
        "costInPoints": number(verdict.facts.cost),
        "points": number(verdict.facts.balance),
        "usageLeft": rules.usage_left(verdict.facts),
        "usageLeftForCustomer": rules.usage_left_for_customer(verdict.facts, verdict.at),
        "reasons": [_reason(refusal) for refusal in verdict.refusals],
    }


def _targets_and_codes(shown: CampaignForSale) -> dict[str, Any]:
    it = shown.campaign
    return {
        "levels": [str(uuid) for uuid in it.audience.uuids("level")],
        "segments": [str(uuid) for uuid in it.audience.uuids("segment")],
        "coupons": shown.codes,
        # Only for a pool too large to print: how many codes there really are.
        "couponsCount": it.stock.coupons_count if it.stock.coupons_count > len(shown.codes) else None,
    }


def _names(shown: CampaignForSale) -> dict[str, Any]:
    audience = shown.campaign.audience
    return {
        f"{kind}Names": names(
            {uuid: shown.audience_names[uuid] for uuid in audience.uuids(kind) if uuid in shown.audience_names}
        )
        for kind in ("segment", "level")
    }


def _activity(it: Campaign) -> dict[str, Any]:
    if it.is_always_active:
        return {"allTimeActive": True}
    return {"allTimeActive": False, "activeFrom": moment(it.active_from), "activeTo": moment(it.active_to)}


def _visibility(it: Campaign) -> dict[str, Any]:
    if it.is_always_visible:
        return {"allTimeVisible": True}
    return {"allTimeVisible": False, "visibleFrom": moment(it.visible_from), "visibleTo": moment(it.visible_to)}


def _will_be_active(shown: CampaignForSale) -> dict[str, Any]:
    it = shown.campaign
    if it.is_always_active or activity.is_active(it, shown.now):
        return {}
    return {"will_be_active_from": moment(it.active_from), "will_be_active_to": moment(it.active_to)}


def _for_customer(shown: CampaignForSale) -> dict[str, Any]:
    if shown.facts is None:
        return {}
    return {
        "usageLeftForCustomer": rules.usage_left_for_customer(shown.facts, shown.now),
        "canBeBoughtByCustomer": shown.may_buy,
    }


def _award(bought: Voucher) -> Award:
    """A coupon was always given by an award."""
    return cast(Award, bought.award)


def purchase_in_brief(bought: Voucher) -> dict[str, Any]:
    """A purchase among a customer's details."""
    award = _award(bought)
    return {
        "purchaseAt": moment(award.given_at),
        "costInPoints": number(award.cost),
        "campaignId": {"campaignId": str(bought.campaign.uuid)},
        "used": bought.is_used,
        "coupon": {"code": bought.code},
    }


def _reason(refusal: Refusal) -> dict[str, Any]:
    return without_none(
        {
            "code": refusal.code,
            "message": str(refusal),
            "required": _plain(refusal.required),
            "actual": _plain(refusal.actual),
            "missing": _plain(refusal.missing),
            "opensAt": moment(refusal.opens_at) if refusal.opens_at else None,
        }
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Points):
        return number(value)
    return moment(value) if hasattr(value, "isoformat") else value
