"""The settings of a programme, as Open Loyalty's clients know them: what a chain decides, under other names.

Source: contract section 3.6, and the settings of the 2.9 and 3.2 documents.
"""

from typing import Any

from marshmallow import Schema, ValidationError, fields, missing, post_load

from app.openloyalty.fields import Checkbox, Choice, Collection, Email, Text, Whole
from app.openloyalty.formats import without_none
from app.openloyalty.forms import Form, Forms
from app.organizations.chains import ChainDetails
from app.organizations.models import POINTS_DAYS_MAX

IDENTIFIERS = {"email": "email", "loyaltyCardNumber": "loyalty_card_number", "phone": "phone"}
TIERS = {"transactions": "sales", "points": "points"}
EXPIRIES = {
    "all_time_active": "never",
    "after_x_days": "after_days",
    "at_month_end": "month_end",
    "at_year_end": "year_end",
}
NONE, AFTER_DAYS = "none", "after_x_days"
DISPLAY = {
    "programPointsSingular": "point",
    "programPointsPlural": "points",
    "programConditionsUrl": "conditions_url",
    "programFaqUrl": "faq_url",
    "programUrl": "url",
    "helpEmailAddress": "help_email",
}
# What is so for every programme here: it may be sent back as it is.
FIXED: dict[str, Any] = {
    "excludedLevelCategories": [],
    "customerStatusesEarning": ["active"],
    "customerStatusesSpending": ["active"],
    "returns": True,
    "excludedLevelSKUs": [],
    "excludeDeliveryCostsFromTierAssignment": True,
    "marketingVendorsValue": NONE,
    "accountActivationMethod": "email",
}


class PriorityView(Schema):
    priority = fields.Integer(required=True)
    field = fields.String(required=True, metadata={"enum": list(IDENTIFIERS)})


class SettingsView(Schema):
    excludedLevelCategories = fields.List(fields.String(), required=True)
    customerStatusesEarning = fields.List(fields.String(), required=True)
    customerStatusesSpending = fields.List(fields.String(), required=True)
    returns = fields.Boolean(required=True)
    allTimeActive = fields.Boolean(required=True)
    pointsDaysExpiryAfter = fields.String(required=True, metadata={"enum": list(EXPIRIES)})
    pointsDaysActive = fields.Integer(metadata={"description": "Of `after_x_days`."})
    allTimeNotLocked = fields.Boolean(required=True)
    pointsDaysLocked = fields.Integer()
    levelDowngradeMode = fields.String(required=True, metadata={"enum": [NONE, AFTER_DAYS]})
    levelDowngradeDays = fields.Integer(metadata={"description": "Of the last so many days levels are reached."})
    currency = fields.String(required=True)
    timezone = fields.String(required=True)
    programName = fields.String(required=True)
    programPointsSingular = fields.String()
    programPointsPlural = fields.String()
    programConditionsUrl = fields.String()
    programFaqUrl = fields.String()
    programUrl = fields.String()
    helpEmailAddress = fields.String()
    tierAssignType = fields.String(
        metadata={"enum": list(TIERS), "description": "Without it, levels are given by hand."}
    )
    excludedDeliverySKUs = fields.List(fields.String(), required=True)
    excludedLevelSKUs = fields.List(fields.String(), required=True)
    excludeDeliveryCostsFromTierAssignment = fields.Boolean(required=True)
    marketingVendorsValue = fields.String(required=True)
    customersIdentificationPriority = fields.List(fields.Nested(PriorityView), required=True)
    accountActivationMethod = fields.String(required=True)


class SettingsAnswer(Schema):
    settings = fields.Nested(SettingsView, required=True)


class PriorityForm(Form):
    priority = Whole(required=True)
    field = Choice(tuple(IDENTIFIERS), required=True)


class SettingsForm(Form):
    """What is decided about the programme. What is not sent stays as it is."""

    printed = SettingsView
    elsewhere = tuple(FIXED)
    later = frozenset({"logo", "levelDowngradeBase"})
    currency = Text(load_default=missing)
    timezone = Text(attribute="time_zone", load_default=missing)
    programName = Text(attribute="name", load_default=missing)
    programPointsSingular = Text(attribute="point", load_default=missing)
    programPointsPlural = Text(attribute="points", load_default=missing)
    programConditionsUrl = Text(attribute="conditions_url", load_default=missing)
    programFaqUrl = Text(attribute="faq_url", load_default=missing)
    programUrl = Text(attribute="url", load_default=missing)
    helpEmailAddress = Email(attribute="help_email", load_default=missing)
    allTimeActive = Checkbox(load_default=missing)
    pointsDaysExpiryAfter = Choice(tuple(EXPIRIES), load_default=missing)
    pointsDaysActive = Whole(1, POINTS_DAYS_MAX, load_default=missing)
    allTimeNotLocked = Checkbox(load_default=missing)
    pointsDaysLocked = Whole(0, POINTS_DAYS_MAX, load_default=missing)
    levelDowngradeMode = Choice((NONE, AFTER_DAYS), load_default=missing)
    levelDowngradeDays = Whole(1, POINTS_DAYS_MAX, load_default=missing)
    tierAssignType = Choice(tuple(TIERS), load_default=missing)
    excludedDeliverySKUs = Collection(Text(required=True), attribute="delivery_skus", load_default=missing)
    customersIdentificationPriority = Forms(
        PriorityForm, len(IDENTIFIERS), attribute="matches_by", load_default=lambda: missing
    )

    @post_load
    def changes(self, data: dict[str, Any], **kw: Any) -> dict[str, Any]:
        """The fields of ChainDetails that are sent; `display` only those."""
        found = {name: data[name] for name in ("currency", "time_zone", "name") if data.get(name)}
        found["display"] = {name: data[name] or "" for name in DISPLAY.values() if name in data}
        found |= _expiry(data) | _lock(data) | _levels(data)
        if "delivery_skus" in data:
            found["delivery_skus"] = data["delivery_skus"]
        if "matches_by" in data:
            ordered = sorted(data["matches_by"], key=lambda it: int(it["priority"]))
            found["matches_by"] = [IDENTIFIERS[it["field"]] for it in ordered]
        return found


def _expiry(data: dict[str, Any]) -> dict[str, Any]:
    """Two generations of clients: a checkbox with days, or a word with days."""
    word = EXPIRIES.get(data.get("pointsDaysExpiryAfter") or "")
    if word is None and "allTimeActive" in data:
        word = "never" if data["allTimeActive"] else "after_days"
    if word is None:
        return {}
    days = data.get("pointsDaysActive") or None
    if word == "after_days" and days is None:
        raise ValidationError({"pointsDaysActive": ["This value should not be blank."]})
    return {"points_expiry": word, "points_days_active": days if word == "after_days" else None}


def _lock(data: dict[str, Any]) -> dict[str, Any]:
    if data.get("allTimeNotLocked") is True:
        return {"points_days_locked": 0}
    days = data.get("pointsDaysLocked", missing)
    if data.get("allTimeNotLocked") is False and days in (missing, None):
        raise ValidationError({"pointsDaysLocked": ["This value should not be blank."]})
    return {} if days is missing else {"points_days_locked": days or 0}


def _levels(data: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"levels_by": TIERS[data["tierAssignType"]]} if data.get("tierAssignType") else {}
    if data.get("levelDowngradeMode") == AFTER_DAYS and not data.get("levelDowngradeDays"):
        raise ValidationError({"levelDowngradeDays": ["This value should not be blank."]})
    if data.get("levelDowngradeMode"):
        found["level_days"] = data["levelDowngradeDays"] if data["levelDowngradeMode"] == AFTER_DAYS else None
    return found


def shown(it: ChainDetails) -> dict[str, Any]:
    """The settings, in the key order of the documents."""
    words, display = {ours: word for word, ours in EXPIRIES.items()}, {ours: name for name, ours in DISPLAY.items()}
    first = {name: FIXED[name] for name in list(FIXED)[:4]}
    return without_none(
        {
            **first,
            "allTimeActive": it.points_expiry == "never",
            "pointsDaysExpiryAfter": words[it.points_expiry],
            "pointsDaysActive": it.points_days_active,
            "allTimeNotLocked": not it.points_days_locked,
            "pointsDaysLocked": it.points_days_locked or None,
            "levelDowngradeMode": AFTER_DAYS if it.level_days else NONE,
            "levelDowngradeDays": it.level_days,
            "currency": it.currency.lower(),
            "timezone": it.time_zone,
            "programName": it.name,
            **{display[name]: text for name, text in it.display.items() if text},
            "tierAssignType": next((word for word, ours in TIERS.items() if ours == it.levels_by), None),
            "excludedDeliverySKUs": list(it.delivery_skus),
            **{name: value for name, value in FIXED.items() if name not in first},
            "customersIdentificationPriority": [
                {"priority": place, "field": next(word for word, ours in IDENTIFIERS.items() if ours == name)}
                for place, name in enumerate(it.matches_by, 1)
            ],
        }
    )
