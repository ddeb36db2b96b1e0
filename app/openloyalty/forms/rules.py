"""The form of an earning rule: its type says which fields it has. Source: contract section 3.6, and what 3.2's console sends."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing, post_load

from app.calendar import ALWAYS_FROM, ALWAYS_TO
from app.openloyalty import schemas
from app.openloyalty.forms.fields import (
    BLANK,
    FIRST_MOMENT,
    INVALID,
    LAST_SECOND,
    LONG_TEXT_LENGTH_MAX,
    Checkbox,
    Choice,
    Collection,
    Hundredths,
    Labels,
    Moment,
    Number,
    Text,
    Uuid,
    Whole,
    items,
)
from app.openloyalty.forms.form import Form, Group, extra, unknown_names
from app.sales.earning import FIRST_PURCHASE, REGISTERED
from app.sales.earning_rules import RuleDetails

# Open Loyalty's words for the kinds of rules, for what happens by itself, and for periods.
TYPES = {
    "points": "spending",
    "product_purchase": "product",
    "multiply_for_product": "product_multiplier",
    "multiply_by_product_labels": "label_multiplier",
    "event": "event",
    "custom_event": "custom_event",
    "geolocation": "geolocation",
    "qrcode": "qr_code",
    "referral": "referral",
    "instant_reward": "instant_reward",
}
EVENTS = {"oloy.account.created": REGISTERED, "oloy.transaction.registered": FIRST_PURCHASE}
PERIODS = {"1 day": "day", "1 week": "week", "1 month": "month", "1 year": "year"}
PERIODS_READ = PERIODS | {unit: unit for unit in PERIODS.values()}
REFERRAL_EVENTS = ("register", "first_purchase", "every_purchase")
REFERRAL_TYPES = ("referrer", "referred", "both")
LABEL_MODES = ("none_labels", "exclude_labels", "include_labels")
# Which fields each type has beside those of all; what 3.2's console sends of others is passed over when it is empty.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "points": (
        "pointValue",
        "excludedSKUs",
        "excludedLabels",
        "includedLabels",
        "labelsInclusionType",
        "excludeDeliveryCost",
        "minOrderValue",
    ),
    "product_purchase": ("skuIds", "pointsAmount"),
    "multiply_for_product": ("skuIds", "multiplier", "labels"),
    "multiply_by_product_labels": ("labelMultipliers",),
    "event": ("eventName", "pointsAmount"),
    "custom_event": ("eventName", "pointsAmount", "limit"),
    "geolocation": ("latitude", "longitude", "radius", "pointsAmount", "limit"),
    "qrcode": ("code", "pointsAmount", "limit"),
    "referral": ("eventName", "rewardType", "pointsAmount"),
    "instant_reward": ("rewardCampaignId", "minOrderValue"),
}


class LimitForm(Form):
    active = Checkbox()
    limit = Whole(attribute="limit")
    period = Choice(tuple(PERIODS_READ))


class MultiplierSent(Schema):
    """A multiplier as it is sent."""

    key = fields.String(required=True)
    value = fields.String()
    multiplier = fields.Float(required=True)


class Multipliers(fields.List[Any]):
    """`labelMultipliers[i]` of key, value and multiplier: a list of those three, the last in hundredths."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(fields.Nested(MultiplierSent), **kw)

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        found = []
        for sent in items(None if value is missing else value):
            if not isinstance(sent, Mapping):
                raise ValidationError(INVALID)
            if unknown := unknown_names(sent, ("key", "value", "multiplier")):
                raise ValidationError([extra(unknown)])
            key = Text(required=True).deserialize(sent.get("key"))
            multiplier = Hundredths(required=True).deserialize(sent.get("multiplier"))
            found.append([key, Text().deserialize(sent.get("value")) or "", multiplier])
        return found


class Skus(fields.List[Any]):
    """Codes of products: a list, or a text with `;` between them."""

    def __init__(self, **kw: Any) -> None:
        super().__init__(fields.String(), **kw)

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        sent = value.split(";") if isinstance(value, str) else items(None if value is missing else value)
        found = [Text().deserialize(it) for it in sent]
        return [it for it in found if it]


class EarningRuleForm(Form):
    """An earning rule: its `type` says which fields it has."""

    later = frozenset({"photo", "stopProcessing", "lastExecutedRule"})
    translated = ("name", "description")
    type = Choice(tuple(TYPES), required=True)
    name = Text(required=True)
    description = Text(LONG_TEXT_LENGTH_MAX)
    active = Checkbox()
    allTimeActive = Checkbox(attribute="is_always")
    startAt = Moment(FIRST_MOMENT, attribute="starts_at")
    endAt = Moment(LAST_SECOND, attribute="ends_at")
    target = Choice(("level", "segment"))  # which of the two is meant; without it both
    levels = Collection(Uuid())
    segments = Collection(Uuid())
    pos = Collection(Uuid(), attribute="shops")
    pointValue = Hundredths(attribute="points_per_unit")
    pointsAmount = Hundredths(attribute="points")
    excludedSKUs = Skus(attribute="excluded_skus")
    excludedLabels = Labels(attribute="excluded_labels")
    includedLabels = Labels(attribute="included_labels")
    labelsInclusionType = Choice(LABEL_MODES, attribute="label_mode")
    excludeDeliveryCost = Checkbox(attribute="excludes_delivery")
    minOrderValue = Hundredths(attribute="min_order")
    skuIds = Skus(attribute="skus")
    multiplier = Hundredths(attribute="multiplier")
    labels = Labels()
    labelMultipliers = Multipliers(attribute="multipliers")
    eventName = Text(attribute="event")
    limit = Group(LimitForm, load_default=dict)
    latitude = Number(-90, 90)
    longitude = Number(-180, 180)
    radius = Number(0.001, 20_000)
    code = Text()
    rewardType = Choice(REFERRAL_TYPES, attribute="rewards")
    rewardCampaignId = Uuid(attribute="campaign")

    @post_load
    def rule(self, data: dict[str, Any], **kw: Any) -> RuleDetails:
        return self.details(data)

    def details(self, data: dict[str, Any]) -> RuleDetails:
        """The rule; raises ValidationError for what its type does not have."""
        kind = TYPES[data["type"]]
        if not data["is_always"] and not (data["starts_at"] and data["ends_at"]):
            wrong = {name: [BLANK] for name, key in (("startAt", "starts_at"), ("endAt", "ends_at")) if not data[key]}
            raise ValidationError(wrong)
        valid = (ALWAYS_FROM, ALWAYS_TO) if data["is_always"] else (data["starts_at"], data["ends_at"])
        return RuleDetails(
            kind=kind,
            name=data["name"],
            description=data["description"],
            active=data["active"],
            valid=valid,
            levels=data["levels"] if data["target"] != "segment" else [],
            segments=data["segments"] if data["target"] != "level" else [],
            shops=data["shops"],
            terms=self._terms(data),
        )

    def _terms(self, data: dict[str, Any]) -> dict[str, Any]:
        sent = {name: data.get(self.fields[name].attribute or name) for name in FIELDS[data["type"]]}
        beside = [
            name
            for name in sorted({it for names in FIELDS.values() for it in names} - set(sent))
            if data.get(self.fields[name].attribute or name) not in (None, False, [], {}, "")
            and not (name == "limit" and not data["limit"].get("active"))
        ]
        if beside:
            raise ValidationError({"_schema": [f"A rule of this type has no {', '.join(beside)}."]})
        terms = {self.fields[name].attribute or name: value for name, value in sent.items() if value not in (None, [])}
        mode = terms.pop("label_mode", None)
        if mode is not None:
            for name, wanted in (("excluded_labels", "exclude_labels"), ("included_labels", "include_labels")):
                if mode != wanted:
                    terms.pop(name, None)
        if "campaign" in terms:
            terms["campaign"] = str(terms["campaign"])
        for name in ("labels", "excluded_labels", "included_labels"):
            if name in terms:
                terms[name] = [list(it) for it in terms[name]]
        limit = terms.pop("limit", None)
        if limit and limit["active"]:
            if limit["limit"] is None or limit["period"] is None:
                raise ValidationError({"limit": {n: [BLANK] for n in ("limit", "period") if limit[n] is None}})
            terms |= {"limit": limit["limit"], "limit_unit": PERIODS_READ[limit["period"]]}
        if data["type"] == "event" and terms.get("event") is not None:
            if terms["event"] not in EVENTS:
                raise ValidationError({"eventName": [INVALID]})
            terms["event"] = EVENTS[terms["event"]]
        if data["type"] == "referral" and terms.get("event") not in (None, *REFERRAL_EVENTS):
            raise ValidationError({"eventName": [INVALID]})
        return terms


class EarningRuleChangeForm(EarningRuleForm):
    """The same, for a rule that is there: its type need not be said."""

    chooses_texts = True
    printed = schemas.EarningRuleView
    elsewhere = ("earningRuleId", "hasPhoto")
    type = Choice(tuple(TYPES))

    @post_load
    def rule(self, data: dict[str, Any], **kw: Any) -> Any:
        return data


class PlaceForm(Form):
    """Where a customer is, in degrees; of one rule, or of all whose place is near."""

    latitude = Number(-90, 90, required=True)
    longitude = Number(-180, 180, required=True)
    earningRuleId = Uuid(attribute="rule")


class CodeForm(Form):
    """What a customer has read; of one rule, or of all that know it."""

    code = Text(required=True)
    earningRuleId = Uuid(attribute="rule")
