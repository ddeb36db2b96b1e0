"""The JSON of customers, levels, segments, points, sellers and shops, in the key order of the documents.

A view reads what it is given and never causes SQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app import clock
from app.access.models import Login
from app.amounts import number
from app.campaign.models.vouchers import Voucher
from app.members import levels
from app.members.customers import AGREEMENTS
from app.members.levels import SpecialReward
from app.members.models import Customer, Level, LevelChange, Profile, Segment, Spending
from app.openloyalty.campaign_views import purchase_in_brief
from app.openloyalty.formats import day, moment, percent, translations, without_none
from app.openloyalty.schemas import CARD_STATES, CRITERION_AMOUNTS, STATUSES, TRANSFER_STATES, TRANSFER_TYPES
from app.organizations.models import PointOfSale
from app.points.ledger import ListedEntry
from app.points.summary import Expiring, PointsSummary
from app.sales.levels import LevelProgress
from app.sales.listing import Sold


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
            "campaignPurchases": [purchase_in_brief(bought) for bought in purchases],
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
    progress: LevelProgress,
    by_points: bool,
) -> dict[str, Any]:
    """Where a customer stands: points, level, and what is missing for the next one, which is reached `by_points` or by what was bought."""
    spent = spending or Spending(transactions_count=0, amount=0, amount_without_delivery=0)
    next_level, falls_at = progress.next_level, progress.falls_at
    missing = number(max(0, next_level.condition_value - progress.value)) if next_level else None
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
            "transactionsAmountToNextLevelWithoutDeliveryCosts": None if by_points else missing,
            "pointsToNextLevel": missing if by_points else None,
            "levelWillExpireInDays": _days_until(falls_at) if falls_at else None,
            "pointsSinceLastLevelRecalculation": number(progress.value) if by_points else None,
            "pointsRequiredToRetainLevel": number(progress.lacking) if by_points and falls_at else None,
            "transactionsAmountWithoutDeliveryCosts": number(spent.amount_without_delivery),
            "averageTransactionsAmount": f"{_average(spent) / 100:.2f}",
            "transactionsCount": spent.transactions_count,
            "transactionsAmount": number(spent.amount),
            "currency": currency,
        }
    )


def _days_until(at: datetime) -> int:
    """Begun ones count."""
    return max(0, -((clock.now() - at) // timedelta(days=1)))


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
