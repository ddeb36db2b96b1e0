"""The forms of customers, levels, segments, points, sellers and shops."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, missing, post_load, pre_load, validates_schema
from werkzeug.exceptions import BadRequest

from app.campaign.models.vouchers import DELIVERIES
from app.members.customers import Person
from app.members.levels import LevelDetails, SpecialReward
from app.openloyalty import schemas
from app.openloyalty.fields import (
    BLANK,
    FIRST_MOMENT,
    INVALID,
    LAST_SECOND,
    LONG_TEXT_LENGTH_MAX,
    BirthDay,
    Checkbox,
    Choice,
    Collection,
    Country,
    Day,
    Email,
    Hundredths,
    Labels,
    Moment,
    Number,
    Percent,
    Secret,
    Text,
    Uuid,
    Whole,
    items,
)
from app.openloyalty.forms import Form, Forms, Group, extra, unknown_names
from app.organizations.models import POINTS_DAYS_MAX
from app.organizations.shops import Location
from app.segments.criteria import DAYS_MAX, Criterion
from app.segments.criteria import TYPES as CRITERIA
from app.segments.segments import CUSTOMER_LIST, SegmentDetails

PERSON = tuple(Person.__dataclass_fields__)
LISTED_CUSTOMERS_MAX = 50_000
MARKED_MAX = 100
REWARDS_MAX = 100  # special ones of a level
# What 3.2's console sends with a customer and this version does not offer.
LATER = frozenset({"invitationToken"})
BY_STAFF = (
    "labels",
    "posId",
    "sellerId",
    "createdAt",
    "levelId",
    "loyaltyCardNumber",
)  # what nobody says of themselves


class AddressForm(Form):
    street = Text()
    address1 = Text()
    address2 = Text()
    postal = Text()
    city = Text()
    province = Text()
    country = Country()

    @post_load
    def filled(self, data: dict[str, Any], **kw: Any) -> dict[str, str]:
        return {name: value for name, value in data.items() if value is not None}


class CompanyForm(Form):
    name = Text()
    nip = Text()

    @post_load
    def filled(self, data: dict[str, Any], **kw: Any) -> dict[str, str]:
        return {name: value for name, value in data.items() if value is not None}


class CustomerForm(Form):
    """A customer to register. Source: contract section 3.2."""

    later = LATER
    firstName = Text(required=True, attribute="first_name")
    lastName = Text(required=True, attribute="last_name")
    gender = Choice(schemas.GENDERS)
    email = Email()
    phone = Text()
    birthDate = BirthDay(attribute="born_on")
    address = Group(AddressForm, load_default=dict)
    company = Group(CompanyForm, load_default=dict)
    loyaltyCardNumber = Text(attribute="loyalty_card_number")
    agreement1 = Checkbox()
    agreement2 = Checkbox()
    agreement3 = Checkbox()
    levelId = Uuid(attribute="level")
    posId = Uuid(attribute="shop")
    sellerId = Uuid(attribute="seller")
    labels = Labels()
    createdAt = Moment(attribute="registered_at")
    referral_customer_email = Email(attribute="referred_by")
    plainPassword = Secret(attribute="password")

    @validates_schema(skip_on_field_errors=False)
    def require_consent_and_address(self, data: dict[str, Any], **kw: Any) -> None:
        errors = {}
        if not data.get("agreement1"):
            errors["agreement1"] = [BLANK]
        if "email" in data and "phone" in data and not data["email"] and not data["phone"]:
            errors["email"] = [BLANK]
        if errors:
            raise ValidationError(errors)

    @post_load
    def split(self, data: dict[str, Any], **kw: Any) -> dict[str, Any]:
        person = Person(**{name: data[name] for name in PERSON if name in data})
        beside = ("level", "password", "shop", "seller", "registered_at", "referred_by", "invitation")
        return {"person": person, **{name: data.get(name) for name in beside}}


class SelfRegistrationForm(CustomerForm):
    """The same for customers who register themselves: with a password, on the level where everybody begins.

    Without a card: whose a card is, is seen where it is handed out.
    """

    class Meta(CustomerForm.Meta):
        exclude = BY_STAFF

    later = LATER | set(BY_STAFF)
    plainPassword = Secret(required=True, attribute="password")
    invitationToken = Text(500, attribute="invitation")


class CustomerChangeForm(Form):
    """What is to change of a customer; what is not sent stays. The answer is a dict by the domain's names."""

    printed = schemas.CustomerView
    elsewhere = (
        "customerId", "active", "createdAt", "manuallyAssignedLevelId", "segments", "posIdentifier", "level", "status",
        "agreement1At", "agreement2At", "agreement3At",
    )  # fmt: skip
    later = LATER | {"referral_customer_email"}
    firstName = Text(attribute="first_name")
    lastName = Text(attribute="last_name")
    gender = Choice(schemas.GENDERS)
    email = Email()
    phone = Text()
    birthDate = BirthDay(attribute="born_on")
    address = Group(AddressForm)
    company = Group(CompanyForm)
    loyaltyCardNumber = Text(attribute="loyalty_card_number")
    agreement1 = Checkbox()
    agreement2 = Checkbox()
    agreement3 = Checkbox()
    posId = Uuid(attribute="shop")
    sellerId = Uuid(attribute="seller")
    levelId = Uuid(attribute="level")
    labels = Labels()
    currentPassword = Secret(attribute="current_password")  # of customers who change what they sign in by

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        field_obj.load_default = missing
        super().on_bind_field(field_name, field_obj)

    @validates_schema(skip_on_field_errors=False)
    def keep_the_name(self, data: dict[str, Any], **kw: Any) -> None:
        blank = {
            name: [BLANK]
            for name, attribute in (("firstName", "first_name"), ("lastName", "last_name"))
            if attribute in data and data[attribute] is None
        }
        if blank:
            raise ValidationError(blank)


class ShopChoiceForm(Form):
    """Where a customer is at home."""

    posId = Uuid(attribute="shop")


class RewardForm(Form):
    name = Text(required=True)
    value = Hundredths(required=True)
    code = Text(required=True)


class SpecialRewardForm(RewardForm):
    """A reward of a level for a time; one that is there may be sent back as it was printed."""

    printed = schemas.SpecialRewardView
    active = Checkbox()
    startAt = Moment(FIRST_MOMENT, required=True, attribute="starts_at")
    endAt = Moment(LAST_SECOND, required=True, attribute="ends_at")
    id = Uuid()

    @post_load
    def terms(self, data: dict[str, Any], **kw: Any) -> SpecialReward:
        return SpecialReward(hundredths_of_percent=data.pop("value"), **data)


class LevelForm(Form):
    """A level. Source: contract section 3.3."""

    translated = ("name", "description")
    name = Text(required=True)
    description = Text(LONG_TEXT_LENGTH_MAX)
    active = Checkbox()
    conditionValue = Hundredths(required=True, attribute="condition_value")
    minOrder = Hundredths(attribute="min_order")
    reward = Group(RewardForm, load_default=dict)
    specialRewards = Forms(SpecialRewardForm, REWARDS_MAX, attribute="special_rewards", load_default=None)

    @pre_load
    def read_no_reward(self, data: Mapping[str, Any], **kw: Any) -> Mapping[str, Any]:
        """A level without a reward is printed with one of nothing."""
        reward = data.get("reward")
        is_none = isinstance(reward, Mapping) and {*reward} == {"value"} and str(reward["value"]) in {"0", "0.0"}
        return {name: value for name, value in data.items() if name != "reward"} if is_none else data

    @post_load
    def terms(self, data: dict[str, Any], **kw: Any) -> LevelDetails:
        reward = data.pop("reward") or {}
        return LevelDetails(
            **data,
            reward_name=reward.get("name"),
            reward_hundredths_of_percent=reward.get("value"),
            reward_code=reward.get("code"),
        )


class LevelChangeForm(LevelForm):
    """The same, for a level that is there."""

    chooses_texts = True
    printed = schemas.LevelView
    elsewhere = ("id", "hasPhoto")


class CriterionSent(schemas.CriterionTerms):
    """A criterion as it is sent: one may send back what was printed."""

    type = fields.String(required=True, metadata={"enum": list(CRITERIA)})
    criterionId = fields.UUID()


class PartSent(Schema):
    criteria = fields.List(fields.Nested(CriterionSent))
    segmentPartId = fields.UUID()


class Parts(fields.List[Any]):
    """`parts[i][criteria][j][type]` with what the type asks for; a list of lists of Criterion."""

    def __init__(self) -> None:
        super().__init__(fields.Nested(PartSent))

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        value = None if value is missing else value
        return [[_criterion(data) for data in items(_part(part, PartSent).get("criteria"))] for part in items(value)]


class SegmentForm(Form):
    """A segment: parts of criteria, of which static lists of customers are known. Source: contract section 3.4."""

    name = Text(required=True)
    description = Text(LONG_TEXT_LENGTH_MAX)
    active = Checkbox()
    parts = Parts()

    @post_load
    def definition(self, data: dict[str, Any], **kw: Any) -> SegmentDetails:
        return SegmentDetails(**data)


class SegmentChangeForm(SegmentForm):
    """The same, for a segment that is there."""

    printed = schemas.SegmentView


class PointsForm(Form):
    """Points, at least one hundredth."""

    points = Hundredths(required=True, attribute="amount")

    @validates_schema
    def require_some(self, data: dict[str, Any], **kw: Any) -> None:
        if data["amount"] < 1:
            raise ValidationError({"points": ["This value should be greater than 0."]})


class TransferForm(PointsForm):
    """Points to spend."""

    customer = Text(required=True)
    comment = Text()


class AdditionForm(TransferForm):
    """Points to add; they live as long as the programme says, or for so many days."""

    validityDuration = Whole(1, POINTS_DAYS_MAX, attribute="days_active")


class OwnPassingForm(PointsForm):
    """Points that a customer passes on to another, by UUID or loyalty card number."""

    receiver = Text(required=True)


class PassingForm(OwnPassingForm):
    """Points that one customer passes on to another; both by UUID or loyalty card number."""

    sender = Text(required=True)


class DeliveryForm(Form):
    """Where a bought reward is."""

    status = Choice(DELIVERIES, required=True)


class SellerChangeForm(Form):
    """A seller to change, as a whole; the password and whether points may be moved stay when not sent. Source: contract section 3.6."""

    printed: type[Schema] | None = schemas.SellerView
    elsewhere = ("sellerId", "deleted")
    firstName = Text(required=True, attribute="first_name")
    lastName = Text(required=True, attribute="last_name")
    email = Email(required=True)
    phone = Text()
    posId = Uuid(required=True, attribute="pos")
    active = Checkbox()
    allowPointTransfer = Checkbox(load_default=None, attribute="may_move_points")
    plainPassword = Secret(attribute="password")


class SellerForm(SellerChangeForm):
    """A seller to register."""

    printed = None
    plainPassword = Secret(required=True, attribute="password")


class GeoPointForm(Form):
    lat = Number(-90, 90)
    long = Number(-180, 180)


class LocationForm(Form):
    """Where a shop is; one may send back what was printed."""

    printed = schemas.LocationView
    street = Text()
    address1 = Text()
    address2 = Text()
    postal = Text()
    city = Text()
    province = Text()
    country = Country()
    lat = Number(-90, 90)
    long = Number(-180, 180)
    geoPoint = Group(GeoPointForm, load_default=dict)

    @post_load
    def location(self, data: dict[str, Any], **kw: Any) -> Location:
        point = data.pop("geoPoint")
        degrees = [point.get(name) if data[name] is None else data[name] for name in ("lat", "long")]
        if (degrees[0] is None) != (degrees[1] is None):
            raise ValidationError(
                {name: [BLANK] for name, at in zip(("lat", "long"), degrees, strict=True) if at is None}
            )
        address = {name: value for name, value in data.items() if value is not None and name not in ("lat", "long")}
        return Location(address, *degrees)


class PosForm(Form):
    name = Text(required=True)
    identifier = Text(required=True)
    description = Text(LONG_TEXT_LENGTH_MAX)
    location = Group(LocationForm, load_default=Location, attribute="location")


class PosChangeForm(PosForm):
    """The same, for one that is there."""

    printed = schemas.PosView
    elsewhere = ("posId", "currency")


class PasswordChangeForm(Form):
    currentPassword = Secret(required=True, attribute="current_password")
    plainPassword = Secret(required=True, attribute="password")


@dataclass(frozen=True)
class Mark:
    """One coupon to mark."""

    campaign: UUID
    code: str
    used: bool
    purchase: UUID | None  # Open Loyalty's couponId
    customer: str | None


class MarkSent(Schema):
    """A mark as it is sent: one may send back what was printed."""

    campaignId = fields.UUID(required=True)
    code = fields.String(required=True)
    used = fields.Boolean(required=True)
    couponId = fields.UUID(metadata={"description": "Tells purchases of one code apart."})
    customerId = fields.String(metadata={"description": "Whose; for admins."})
    name = fields.String()


class Marks(fields.List[Any]):
    """`coupons[i]` of campaignId, code and used; couponId to tell apart, customerId where an admin marks. A list of Mark.

    What is wrong with them is in no tree: Open Loyalty answers any of it with a bare 400. Raises BadRequest.
    """

    def __init__(self) -> None:
        super().__init__(fields.Nested(MarkSent), required=True, metadata={"minItems": 1, "maxItems": MARKED_MAX})

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        try:
            found = [_mark(data) for data in items(None if value is missing else value)]
        except ValidationError as e:
            raise BadRequest from e
        if not 0 < len(found) <= MARKED_MAX:
            raise BadRequest
        return found


class MarkForm(Form):
    """Coupons to mark as used."""

    coupons = Marks()


def _mark(data: Any) -> Mark:
    data = _part(data, MarkSent)
    if "used" not in data:
        raise ValidationError([INVALID])
    return Mark(
        campaign=Uuid(required=True).deserialize(data.get("campaignId")),
        code=Text(required=True).deserialize(data.get("code")),
        used=Checkbox().deserialize(data["used"]),
        purchase=Uuid().deserialize(data.get("couponId")),
        customer=Text().deserialize(data.get("customerId")),
    )


def _part(part: Any, shape: type[Schema]) -> Mapping[str, Any]:
    """An object in a list, with no other names than these. Raises ValidationError."""
    if not isinstance(part, Mapping):
        raise ValidationError([INVALID])
    if unknown := unknown_names(part, shape._declared_fields):
        raise ValidationError([extra(unknown)])
    return part


# How each term of a criterion is read; what is kept is JSON.
_TERMS: Mapping[str, fields.Field[Any]] = {
    **dict.fromkeys(("posIds", "levelIds"), Collection(Uuid(required=True))),
    "posId": Uuid(),
    "percent": Percent(),
    **dict.fromkeys(("min", "max"), Whole()),
    **dict.fromkeys(("fromAmount", "toAmount", "fromPoints", "toPoints"), Hundredths()),
    **dict.fromkeys(("fromDate", "toDate"), Day()),
    "days": Whole(1, DAYS_MAX),
    **dict.fromkeys(("skuIds", "makers", "tags"), Collection(Text(required=True))),
    "labels": Labels(),
    "anniversaryType": Choice(("birthday", "registration")),
    "name": Text(),
    "value": Text(),
}


# What 3.2's console calls a type.
ALSO_CALLED = {"customer_with_labels_values": "customer_has_labels_with_values"}


def _criterion(data: Any) -> Criterion:
    kind = data.get("type") if isinstance(data, Mapping) else None
    kind = ALSO_CALLED.get(kind, kind) if isinstance(kind, str) else kind
    if not isinstance(kind, str) or kind not in CRITERIA:
        raise ValidationError([f"A criterion has one of these types: {', '.join(CRITERIA)}."])
    _part(data, CriterionSent)
    if kind == CUSTOMER_LIST:
        return Criterion(kind, {"customers": _listed(data.get("customers"))})
    wanted = CRITERIA[kind].terms
    beside = [
        name for name, value in data.items() if name in _TERMS and name not in wanted and value not in (None, "", [])
    ]
    if beside:
        raise ValidationError([f"A criterion {kind} has no {', '.join(beside)}."])
    terms = {}
    for name in wanted:
        try:
            terms[name] = _kept(_TERMS[name].deserialize(data.get(name)))
        except ValidationError as e:
            raise ValidationError([f"{name}: {e.messages[0] if isinstance(e.messages, list) else INVALID}"]) from e
    known = Uuid().deserialize(data.get("criterionId"))
    return Criterion(kind, {name: value for name, value in terms.items() if value is not None}, known)


def _kept(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, list):
        return [_kept(it) for it in value]
    if isinstance(value, tuple):
        return {"key": value[0], "value": value[1]}
    return str(value) if isinstance(value, UUID) else value


def _listed(sent: Any) -> list[str]:
    found = items(sent)
    names = [str(name).strip() for name in found if isinstance(name, str | int)]
    if len(names) < len(found) or not all(names) or len(names) > LISTED_CUSTOMERS_MAX:
        raise ValidationError([INVALID])
    return names
