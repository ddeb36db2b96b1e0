"""The kinds of events that subscribers may be told of: what each says, its version, and an example.

A new field may come without a new version; one that goes or changes its meaning makes one.
"""

from dataclasses import dataclass
from typing import Any

from marshmallow import Schema, fields


class CustomerRef(Schema):
    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    external_id = fields.String(required=True, allow_none=True)


class CampaignRef(Schema):
    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    key = fields.String(required=True)
    name = fields.String(required=True)


class VoucherFacts(Schema):
    """A coupon is a voucher for its code. `amount` in the chain's currency."""

    number = fields.Integer(required=True)
    key = fields.String(required=True)
    kind = fields.String(required=True)
    code = fields.String(required=True, allow_none=True)
    amount = fields.String(required=True)
    percent = fields.String(required=True, allow_none=True)
    text = fields.String(required=True, allow_none=True)
    expires_at = fields.String(required=True, allow_none=True)


class DrawFacts(Schema):
    number = fields.Integer(required=True)
    ticket = fields.String(required=True)


class AwardData(Schema):
    """What one award took and gave. `price` and `points` in points; `cause` says what made the campaign give."""

    award = fields.UUID(required=True)
    campaign = fields.Nested(CampaignRef, required=True)
    customer = fields.Nested(CustomerRef, required=True)
    cause = fields.String(required=True)
    price = fields.String(required=True)
    points = fields.String(required=True)
    balance = fields.String(required=True, metadata={"description": "The customer's, right after it."})
    vouchers = fields.List(fields.Nested(VoucherFacts), required=True)
    draw = fields.Nested(DrawFacts, required=True, allow_none=True)


class VoucherData(Schema):
    """What became of a voucher. `redeemed` is the amount that was; `rest` the number of the voucher that holds what is left."""

    voucher = fields.Nested(VoucherFacts, required=True)
    status = fields.String(required=True)
    campaign = fields.Nested(CampaignRef, required=True)
    customer = fields.Nested(CustomerRef, required=True, allow_none=True)
    award = fields.UUID(required=True, allow_none=True)
    redeemed = fields.String(required=True)
    rest = fields.Integer(required=True, allow_none=True)


class PointsData(Schema):
    """One entry of the ledger that somebody made by hand, or a partner, or that time made."""

    entry = fields.UUID(required=True)
    customer = fields.Nested(CustomerRef, required=True)
    points = fields.String(required=True)
    balance = fields.String(required=True)
    comment = fields.String(required=True, allow_none=True)
    issuer = fields.String(required=True)


class ExpiringPointsData(Schema):
    """Points of one customer that expire together, unless they are spent before."""

    customer = fields.Nested(CustomerRef, required=True)
    points = fields.String(required=True)
    expires_at = fields.String(required=True)
    balance = fields.String(required=True)


class CustomerData(Schema):
    """A customer as the event left it."""

    customer = fields.Nested(CustomerRef, required=True)
    status = fields.String(required=True)
    level = fields.String(required=True, allow_none=True)
    first_name = fields.String(required=True)
    last_name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    loyalty_card_number = fields.String(required=True, allow_none=True)


class CodeData(Schema):
    """A code to be sent to a phone, with which a new customer's account is activated until `expires_at`."""

    customer = fields.Nested(CustomerRef, required=True)
    phone = fields.String(required=True)
    code = fields.String(required=True)
    expires_at = fields.String(required=True)


class ErasedData(Schema):
    customer = fields.Nested(CustomerRef, required=True)


class MergedData(Schema):
    customer = fields.Nested(CustomerRef, required=True)
    into = fields.Nested(CustomerRef, required=True)


class CampaignData(Schema):
    campaign = fields.Nested(CampaignRef, required=True)
    lifecycle = fields.String(required=True)
    revision = fields.Integer(required=True)


class StockData(Schema):
    """What is left of a campaign: of its limit or of its codes, whichever ends first. `threshold` is that tenth."""

    campaign = fields.Nested(CampaignRef, required=True)
    left = fields.Integer(required=True)
    threshold = fields.Integer(required=True)


class TestData(Schema):
    message = fields.String(required=True)


@dataclass(frozen=True)
class EventKind:
    """One kind of event. `family` is what it says, as JSON; amounts are texts with two decimals, moments ISO 8601 in UTC."""

    name: str
    sentence: str
    family: type[Schema]
    version: int = 1
    is_secret: bool = False  # told only to who asks for it by its name


_CUSTOMER = {"id": "00000000-0000-474c-b092-b0dd880c07e2", "number": 1, "external_id": None}
_CAMPAIGN = {"id": "000096cf-32a3-43bd-9034-4df343e5fd93", "number": 7, "key": "coffee", "name": "A coffee"}
_AWARD = "9d3e5a0e-6a1f-4d0c-9a59-7c2f3f0b8f11"
_VOUCHER = {
    "number": 35735,
    "key": "w8Jm3v0uJr0y",
    "kind": "honour",
    "code": "COFFEE-1",
    "amount": "0.00",
    "percent": None,
    "text": None,
    "expires_at": None,
}
EXAMPLES: dict[type[Schema], dict[str, Any]] = {
    AwardData: {
        "award": _AWARD,
        "campaign": _CAMPAIGN,
        "customer": _CUSTOMER,
        "cause": "purchase",
        "price": "20.00",
        "points": "0.00",
        "balance": "80.00",
        "vouchers": [_VOUCHER],
        "draw": None,
    },
    VoucherData: {
        "voucher": _VOUCHER,
        "status": "redeemed",
        "campaign": _CAMPAIGN,
        "customer": _CUSTOMER,
        "award": _AWARD,
        "redeemed": "0.00",
        "rest": None,
    },
    PointsData: {
        "entry": "0c9a2f7e-53f4-4b7e-a7d0-5a3df7a2a0c4",
        "customer": _CUSTOMER,
        "points": "100.00",
        "balance": "180.00",
        "comment": "Opening day",
        "issuer": "admin",
    },
    ExpiringPointsData: {
        "customer": _CUSTOMER,
        "points": "100.00",
        "expires_at": "2027-01-31T23:00:00Z",
        "balance": "180.00",
    },
    CustomerData: {
        "customer": _CUSTOMER,
        "status": "active",
        "level": "Gold",
        "first_name": "Jane",
        "last_name": "Doe",
        "email": "jane@guerdon.example",
        "phone": None,
        "loyalty_card_number": "0000",
    },
    CodeData: {"customer": _CUSTOMER, "phone": "+48123123000", "code": "042137", "expires_at": "2027-01-31T23:00:00Z"},
    ErasedData: {"customer": _CUSTOMER},
    MergedData: {"customer": _CUSTOMER, "into": {**_CUSTOMER, "number": 2}},
    CampaignData: {"campaign": _CAMPAIGN, "lifecycle": "live", "revision": 2},
    StockData: {"campaign": _CAMPAIGN, "left": 50, "threshold": 100},
    TestData: {"message": "This is a test."},
}
TEST = EventKind("test", "Somebody of the staff tries whether the address answers.", TestData)
KINDS = {
    kind.name: kind
    for kind in (
        EventKind("purchase.made", "A customer has bought a coupon, or won one.", AwardData),
        EventKind("purchase.used", "A coupon that was bought or won has been used.", VoucherData),
        EventKind("award.given", "A campaign has given something other than a coupon.", AwardData),
        EventKind("draw.made", "It was decided by lot what a campaign gave.", AwardData),
        EventKind("voucher.issued", "An award gave vouchers, coupons among them.", AwardData),
        EventKind("voucher.created", "The staff or a partner issued a voucher by hand.", VoucherData),
        EventKind("voucher.claimed", "A voucher was claimed.", VoucherData),
        EventKind("voucher.redeemed", "A voucher was redeemed, wholly or in part.", VoucherData),
        EventKind("voucher.expiring", "A voucher that was not redeemed expires in seven days.", VoucherData),
        EventKind("voucher.expired", "A voucher expired before it was redeemed.", VoucherData),
        EventKind("points.added", "Points were added by hand or by a partner.", PointsData),
        EventKind("points.spent", "Points were spent by hand or by a partner.", PointsData),
        EventKind("points.passed_on", "A customer's points were passed on to another.", PointsData),
        EventKind(
            "points.received",
            "A customer received another's points; an event for each day on which they expire.",
            PointsData,
        ),
        EventKind("points.cancelled", "What was left of an addition was taken back by hand.", PointsData),
        EventKind("points.unlocked", "Points that were locked may be spent from now on.", PointsData),
        EventKind("points.expired", "Points expired before they were spent.", PointsData),
        EventKind("points.expiring", "Points that were not spent expire in seven days.", ExpiringPointsData),
        EventKind("points.given_by_rule", "A sale or an event earned points by a rule.", PointsData),
        EventKind("points.taken_back", "A return took back what its sale had earned.", PointsData),
        EventKind("points.earned", "An award gave points.", AwardData),
        EventKind("points.paid", "An award cost points.", AwardData),
        EventKind("customer.registered", "A customer has registered, or was registered.", CustomerData),
        EventKind("customer.changed", "A customer's data, status or level changed.", CustomerData),
        EventKind(
            "customer.code",
            "A customer waits for a code to activate the account with: whoever sends text messages sends it to the phone.",
            CodeData,
            is_secret=True,
        ),
        EventKind(
            "customer.erased",
            "A customer was erased: forget the person, too. The number stays with what was bought.",
            ErasedData,
        ),
        EventKind(
            "customer.merged",
            "Two accounts were found to be one person's: what the one had is the other's now.",
            MergedData,
        ),
        EventKind("campaign.published", "A campaign went live for the first time.", CampaignData),
        EventKind("campaign.changed", "A campaign was changed.", CampaignData),
        EventKind("campaign.paused", "A campaign was switched off.", CampaignData),
        EventKind("campaign.resumed", "A campaign was switched on again.", CampaignData),
        EventKind("campaign.completed", "A campaign ended for good.", CampaignData),
        EventKind("pool.low", "A tenth or less is left of a campaign's codes or of its limit.", StockData),
        EventKind("limit.reached", "Nothing is left of a campaign.", StockData),
    )
}
# What a subscription to all kinds holds.
FOR_EVERYBODY = tuple(name for name, kind in KINDS.items() if not kind.is_secret)
