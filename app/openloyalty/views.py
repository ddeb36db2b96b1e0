"""The JSON of campaigns, customers, purchases and points, in the key order of the documents.

A presenter reads what it is given and never causes SQL.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from flask import Response, jsonify

from app import clock
from app.access.models import Login
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
from app.members import levels
from app.members.customers import AGREEMENTS
from app.members.levels import SpecialReward
from app.members.models import Customer, Level, LevelChange, Profile, Segment, Spending
from app.openloyalty.formats import day, html, moment, names, percent, without_none
from app.openloyalty.pictures import file_name
from app.openloyalty.schemas import CARD_STATES, CRITERION_AMOUNTS, STATUSES, TRANSFER_STATES, TRANSFER_TYPES
from app.organizations.models import PointOfSale
from app.paging import Paged
from app.points.ledger import ListedEntry
from app.points.summary import Expiring, PointsSummary
from app.refusal import Refusal
from app.sales.listing import Sold
from app.web.door import settings

PURCHASES_PRINTED_MAX = 100


def paged(key: str, found: Paged[Any], present: Callable[[Any], Any]) -> Response:
    """A list's envelope. The list comes first: clients take the first key, whatever its name."""
    return jsonify({key: [present(row) for row in found.rows], "total": found.total})


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
        "categoryNames": {str(category.uuid): category.name for category in seen} or None,
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


def category(it: Category) -> dict[str, Any]:
    return {
        "name": it.name,
        "campaignCategoryId": str(it.uuid),
        "active": it.active,
        "sortOrder": it.position,
        "translations": [
            *translations(name=it.name),
            *({"name": name, "locale": language} for language, name in sorted(it.translations.items())),
        ],
    }


def translations(**texts: str | None) -> list[dict[str, str]]:
    """Texts as later versions print them, by language; there is the installation's own."""
    return [without_none({**texts, "locale": settings().locale})]


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
    return without_none(
        {
            "campaignId": str(it.uuid),
            "reward": it.reward,
            "name": it.name,
            "shortDescription": it.text.short_description and text_as(it.text.short_description),
            "conditionsDescription": it.text.conditions_description and text_as(it.text.conditions_description),
            "active": it.is_live,
            "costInPoints": number(it.cost),
            "singleCoupon": it.single_coupon,
            "unlimited": it.unlimited,
            "limit": None if it.unlimited else it.limit,
            "limitPerUser": None if it.unlimited else it.limit_per_customer,
            "campaignActivity": _activity(it),
            "campaignVisibility": _visibility(it),
            "usageInstruction": it.text.usage_instruction and text_as(it.text.usage_instruction),
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


def customer(
    it: Customer,
    currency: str,
    spending: Spending | None,
    purchases: Iterable[Voucher] = (),
    segments: list[str] | None = None,
) -> dict[str, Any]:
    """A customer's details; the purchases are the latest PURCHASES_PRINTED_MAX."""
    profile = it.profile
    spent = spending or Spending(transactions_count=0, amount=0, amount_without_delivery=0, amount_excluded_for_level=0)
    return without_none(
        {
            "customerId": str(it.uuid),
            "active": it.is_active,
            "firstName": profile.first_name,
            "lastName": profile.last_name,
            "gender": profile.gender,
            "email": profile.email,
            "phone": profile.phone,
            "birthDate": day(profile.born_on) if profile.born_on else None,
            "address": profile.address or None,
            "loyaltyCardNumber": profile.loyalty_card_number,
            "createdAt": moment(it.created_at),
            "levelId": str(it.level.uuid) if it.level else None,
            "manuallyAssignedLevelId": {"levelId": str(it.manual_level.uuid)} if it.manual_level else None,
            "agreement1": profile.agreement1,
            "agreement2": profile.agreement2,
            "agreement3": profile.agreement3,
            "company": profile.company or None,
            "posId": str(it.shop.uuid) if it.shop else None,
            "status": _status(it),
            "updatedAt": moment(it.updated_at),
            "campaignPurchases": [_campaign_purchase(bought) for bought in purchases],
            "transactionsCount": spent.transactions_count,
            "transactionsAmount": number(spent.amount),
            "transactionsAmountWithoutDeliveryCosts": number(spent.amount_without_delivery),
            "amountExcludedForLevel": number(spent.amount_excluded_for_level),
            "averageTransactionAmount": number(_average(spent)),
            "lastTransactionDate": moment(spent.last_at) if spent.last_at else None,
            "currency": currency,
            "levelPercent": percent(it.level.reward_hundredths_of_percent or 0) if it.level else None,
            "segments": segments,
            "posIdentifier": it.shop.identifier if it.shop else None,
            "level": {"name": it.level.name} if it.level else None,
            "labels": [{"key": key, "value": value} for key, value in profile.labels],
            "sellerId": str(it.seller_uuid) if it.seller_uuid else None,
            **(_agreed_at(profile) if segments is not None else {}),
        }
    )


def _status(it: Customer) -> dict[str, Any]:
    state = CARD_STATES[-1 if it.profile.loyalty_card_number else 0] if it.is_active else None
    available = {"availableTypes": [*STATUSES], "availableStates": [*CARD_STATES]}
    return without_none({**available, "type": it.status, "state": state})


def _agreed_at(it: Profile) -> dict[str, str]:
    """Since when each agreement has been given; of one customer's details."""
    given = {name: getattr(it, f"{name}_at") for name in AGREEMENTS}
    return {f"{name}At": moment(at) for name, at in given.items() if at is not None}


def level_change(it: LevelChange) -> dict[str, Any]:
    """From which level a customer came to which, and why."""
    named = {
        name: {"levelId": str(level.uuid), "name": level.name} if level else None
        for name, level in (("before", it.before), ("level", it.after))
    }
    return without_none({**named, "cause": it.cause, "changedAt": moment(it.changed_at)})


def customer_status(
    it: Customer,
    currency: str,
    spending: Spending | None,
    points: PointsSummary,
    expiring: int,
    next_level: Level | None,
    earned: int | None,
) -> dict[str, Any]:
    """Where a customer stands: points, level, and what is missing for the next one.

    `earned` are the points towards a level, in hundredths, where levels are reached by them.
    """
    spent = spending or Spending(transactions_count=0, amount=0, amount_without_delivery=0)
    reached = spent.amount_without_delivery if earned is None else earned
    missing = number(max(0, next_level.condition_value - reached)) if next_level else None
    return without_none(
        {
            "firstName": it.profile.first_name,
            "lastName": it.profile.last_name,
            "customerId": str(it.uuid),
            "points": number(points.balance),
            "usedPoints": number(points.used),
            "expiredPoints": number(points.expired),
            "lockedPoints": number(points.locked),
            "totalEarnedPoints": number(points.earned),
            "pointsExpiringNextMonth": number(expiring),
            "level": percent(it.level.reward_hundredths_of_percent or 0) if it.level else None,
            "levelName": it.level.name if it.level else None,
            "nextLevel": percent(next_level.reward_hundredths_of_percent or 0) if next_level else None,
            "nextLevelName": next_level.name if next_level else None,
            "levelConditionValue": number(it.level.condition_value) if it.level else None,
            "nextLevelConditionValue": number(next_level.condition_value) if next_level else None,
            "transactionsAmountToNextLevelWithoutDeliveryCosts": missing if earned is None else None,
            "pointsToNextLevel": missing if earned is not None else None,
            "transactionsAmountWithoutDeliveryCosts": number(spent.amount_without_delivery),
            "averageTransactionsAmount": f"{_average(spent) / 100:.2f}",
            "transactionsCount": spent.transactions_count,
            "transactionsAmount": number(spent.amount),
            "currency": currency,
        }
    )


def _average(it: Spending) -> int:
    """Of all purchases, half up."""
    count = it.transactions_count
    return (2 * it.amount + count) // (2 * count) if count else 0


def member(it: Customer) -> dict[str, Any]:
    """A customer in a level or a segment."""
    profile = it.profile
    return without_none(
        {
            "customerId": str(it.uuid),
            "firstName": profile.first_name,
            "lastName": profile.last_name,
            "email": profile.email,
        }
    )


def level(it: Level, customers_count: int, has_photo: bool) -> dict[str, Any]:
    reward = without_none(
        {"name": it.reward_name, "value": (it.reward_hundredths_of_percent or 0) / 10_000, "code": it.reward_code}
    )
    return without_none(
        {
            "id": str(it.uuid),
            "name": it.name,
            "description": it.description,
            "active": it.active,
            "conditionValue": number(it.condition_value),
            "hasPhoto": has_photo,
            "reward": reward,
            "specialRewards": _special_rewards(it),
            "customersCount": customers_count,
            "minOrder": number(it.min_order) if it.min_order is not None else None,
            "translations": translations(name=it.name, description=it.description),
        }
    )


def level_for_customers(it: Level, has_photo: bool) -> dict[str, Any]:
    """A level without what is the staff's: who stands on it, and whether it is in use, which it is."""
    shown = level(it, 0, has_photo)
    shown["specialRewards"] = [one for one in shown["specialRewards"] if one["active"]]
    return {name: value for name, value in shown.items() if name not in ("active", "customersCount", "translations")}


def _special_rewards(it: Level) -> list[dict[str, Any]]:
    made_at = [datetime.fromisoformat(row["made_at"]) for row in it.special_rewards]
    return [_special_reward(one, at) for one, at in zip(levels.special_rewards(it), made_at, strict=True)]


def _special_reward(it: SpecialReward, made_at: datetime) -> dict[str, Any]:
    return {
        "name": it.name,
        "value": it.hundredths_of_percent / 10_000,
        "code": it.code,
        "id": str(it.id),
        "active": it.active,
        "createdAt": moment(made_at),
        "startAt": moment(it.starts_at),
        "endAt": moment(it.ends_at),
    }


def segment(it: Segment, customers_count: int) -> dict[str, Any]:
    return without_none(
        {
            "segmentId": str(it.uuid),
            "name": it.name,
            "description": it.description,
            "active": it.active,
            "parts": [
                {
                    "segmentPartId": str(part.uuid),
                    "criteria": [
                        {"criterionId": str(c.uuid), "type": c.type, **_criterion(c.terms)} for c in part.criteria
                    ],
                }
                for part in it.parts
            ],
            "createdAt": moment(it.created_at),
            "customersCount": customers_count,
        }
    )


def transfer(row: ListedEntry, of_sale: tuple[UUID, str] | None = None) -> dict[str, Any]:
    """One change of a points account, and the id and number of the sale that made it. Purchases are spendings with a comment."""
    entry, owner = row.entry, row.customer
    return without_none(
        {
            "pointsTransferId": str(entry.uuid),
            "accountId": str(owner.uuid),
            "customerId": str(owner.uuid),
            "customerFirstName": owner.profile.first_name,
            "customerLastName": owner.profile.last_name,
            "customerEmail": owner.profile.email,
            "customerPhone": owner.profile.phone,
            "customerLoyaltyCardNumber": owner.profile.loyalty_card_number,
            "createdAt": moment(entry.created_at),
            "expiresAt": moment(entry.expires_at) if entry.expires_at else None,
            "lockedUntil": moment(entry.unlocks_at) if entry.unlocks_at else None,
            "value": number(abs(entry.amount)),
            "state": next(word for word, state in TRANSFER_STATES.items() if state == row.state),
            "type": next(word for word, kinds in TRANSFER_TYPES.items() if entry.kind in kinds),
            "transactionId": {"transactionId": str(of_sale[0])} if of_sale else None,
            "transactionDocumentNumber": of_sale[1] if of_sale else None,
            "comment": entry.comment,
            "issuer": entry.issuer,
        }
    )


def _criterion(terms: Mapping[str, Any]) -> dict[str, Any]:
    """What a criterion asks for, as it is sent: amounts with their decimals; but a percentage as a fraction of one."""
    shown = {name: number(value) if name in CRITERION_AMOUNTS else value for name, value in terms.items()}
    return {**shown, "percent": terms["percent"] / 10_000} if "percent" in terms else shown


def points(it: PointsSummary, at: datetime, expiring: Sequence[Expiring] | None) -> dict[str, Any]:
    """A customer's points at a moment, and what expires soon."""
    soon = (
        None
        if expiring is None
        else [{"expiresAt": moment(e.expires_at), "points": number(e.points)} for e in expiring]
    )
    return without_none(
        {
            "at": moment(at),
            "points": number(it.balance),
            "lockedPoints": number(it.locked),
            "usedPoints": number(it.used),
            "expiredPoints": number(it.expired),
            "totalEarnedPoints": number(it.earned),
            "expiring": soon,
        }
    )


def seller(it: Login) -> dict[str, Any]:
    return without_none(
        {
            "sellerId": str(it.uuid),
            "firstName": it.first_name,
            "lastName": it.last_name,
            "email": it.email,
            "phone": it.phone,
            "active": it.active,
            "deleted": it.deleted,
            "posId": str(it.pos.uuid) if it.pos else None,
            "posName": it.pos.name if it.pos else None,
            "allowPointTransfer": it.may_move_points,
        }
    )


def pos(it: PointOfSale, sold: Sold | None = None, currency: str | None = None) -> dict[str, Any]:
    """A shop; and what has been sold there, where somebody asks for that."""
    point = {"lat": str(it.latitude), "long": str(it.longitude)} if it.latitude is not None else None
    return without_none(
        {
            "posId": str(it.uuid),
            "name": it.name,
            "identifier": it.identifier,
            "description": it.description,
            "location": without_none({**it.address, "geoPoint": point}),
            "transactionsAmount": number(sold.amount) if sold else None,
            "transactionsCount": sold.sales_count if sold else None,
            "currency": currency,
        }
    )


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


def _campaign_purchase(bought: Voucher) -> dict[str, Any]:
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
