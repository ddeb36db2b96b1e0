"""The settings of a programme, as Open Loyalty's clients know them: what a chain decides, under other names.

Source: contract section 3.6, and the settings of the 2.9 and 3.2 documents.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from marshmallow import Schema, ValidationError, fields, missing, post_load

from app.openloyalty.formats import without_none
from app.openloyalty.forms.fields import BLANK, LONG_TEXT_LENGTH_MAX, Checkbox, Choice, Collection, Email, Text, Whole
from app.openloyalty.forms.form import Form, Forms
from app.organizations.details import ChainDetails
from app.organizations.models import MAY_BE_GRANTED, POINTS_DAYS_MAX

IDENTIFIERS = {"email": "email", "loyaltyCardNumber": "loyalty_card_number", "phone": "phone"}
TIERS = {"transactions": "sales", "points": "points"}
BY_HAND = "hand"  # which Open Loyalty does not know: it is printed as nothing, and sent so
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
    "accentColor": "accent_color",
    "cssTemplate": "css",
}
# What is decided in the same words.
AS_SENT = (
    "currency",
    "time_zone",
    "name",
    "delivery_skus",
    "earning_statuses",
    "spending_statuses",
    "allows_profile_edits",
)
# What is so for every programme here: it may be sent back as it is.
FIXED: dict[str, Any] = {
    "excludedLevelCategories": [],
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
    accentColor = fields.String(metadata={"description": "Like `#1a7f37`."})
    cssTemplate = fields.String(metadata={"description": "Styles for clients that load `settings/css`."})
    tierAssignType = fields.String(
        metadata={"enum": list(TIERS), "description": "Without it, levels are given by hand."}
    )
    excludedDeliverySKUs = fields.List(fields.String(), required=True)
    excludedLevelSKUs = fields.List(fields.String(), required=True)
    excludeDeliveryCostsFromTierAssignment = fields.Boolean(required=True)
    marketingVendorsValue = fields.String(required=True)
    customersIdentificationPriority = fields.List(fields.Nested(PriorityView), required=True)
    allowCustomersProfileEdits = fields.Boolean(required=True)
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
    customerStatusesEarning = Collection(
        Choice(MAY_BE_GRANTED, required=True), attribute="earning_statuses", load_default=missing
    )
    customerStatusesSpending = Collection(
        Choice(MAY_BE_GRANTED, required=True), attribute="spending_statuses", load_default=missing
    )
    currency = Text(load_default=missing)
    timezone = Text(attribute="time_zone", load_default=missing)
    programName = Text(attribute="name", load_default=missing)
    programPointsSingular = Text(attribute="point", load_default=missing)
    programPointsPlural = Text(attribute="points", load_default=missing)
    programConditionsUrl = Text(attribute="conditions_url", load_default=missing)
    programFaqUrl = Text(attribute="faq_url", load_default=missing)
    programUrl = Text(attribute="url", load_default=missing)
    helpEmailAddress = Email(attribute="help_email", load_default=missing)
    accentColor = Text(attribute="accent_color", load_default=missing)
    cssTemplate = Text(LONG_TEXT_LENGTH_MAX, attribute="css", load_default=missing)
    allowCustomersProfileEdits = Checkbox(attribute="allows_profile_edits", load_default=missing)
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
    def without_blanks(self, data: dict[str, Any], **kw: Any) -> dict[str, Any]:
        """What is sent blank is passed over, but what clients only show: blank, they show nothing."""
        blank = {
            name: [BLANK] for name in ("currency", "timezone", "programName") if data.get(self._key(name), 0) is None
        }
        if blank:
            raise ValidationError(blank)
        shown = {name: data.pop(name) or "" for name in DISPLAY.values() if name in data}
        if data.get("tierAssignType", BY_HAND) is None:
            data["tierAssignType"] = BY_HAND
        return {**{name: value for name, value in data.items() if value is not None}, "display": shown}

    def _key(self, name: str) -> str:
        return self.fields[name].attribute or name


def decided(known: ChainDetails, sent: Mapping[str, Any]) -> ChainDetails:
    """What is decided about the chain when this is sent by a client that was shown `known`. Raises ValidationError.

    Clients send back all that they were shown: of two fields that say the same in two ways, the one that was changed counts, and
    where both were, they must agree.
    """
    changes: dict[str, Any] = {name: sent[name] for name in AS_SENT if name in sent}
    changes["display"] = {**known.display, **sent["display"]}
    changes["points_expiry"], changes["points_days_active"] = _expiry(known, sent)
    changes["points_days_locked"] = _lock(known, sent)
    changes["level_days"] = _level_days(known, sent)
    if "tierAssignType" in sent:
        changes["levels_by"] = TIERS.get(sent["tierAssignType"], BY_HAND)
    if "matches_by" in sent:
        ordered = sorted(sent["matches_by"], key=lambda it: int(it["priority"]))
        changes["matches_by"] = [IDENTIFIERS[it["field"]] for it in ordered]
    return replace(known, **changes)


def _expiry(known: ChainDetails, sent: Mapping[str, Any]) -> tuple[str, int | None]:
    """Two generations of clients: a checkbox with days, or a word with days."""
    before = known.points_expiry
    word = EXPIRIES.get(sent.get("pointsDaysExpiryAfter", ""), before)
    never = sent.get("allTimeActive", before == "never")
    if word == before and never != (before == "never"):
        word = "never" if never else "after_days"
    elif never != (before == "never") and never != (word == "never"):
        raise ValidationError(
            {"allTimeActive": [f"This contradicts pointsDaysExpiryAfter, {sent['pointsDaysExpiryAfter']}."]}
        )
    days = sent.get("pointsDaysActive", known.points_days_active)
    if word != "after_days":
        if days != known.points_days_active:
            raise ValidationError(
                {"pointsDaysActive": ["Points expire so many days after with pointsDaysExpiryAfter=after_x_days only."]}
            )
        return word, None
    if days is None:
        raise ValidationError({"pointsDaysActive": [BLANK]})
    return word, days


def _lock(known: ChainDetails, sent: Mapping[str, Any]) -> int:
    before = known.points_days_locked
    days = sent.get("pointsDaysLocked", before)
    if "allTimeNotLocked" not in sent or sent["allTimeNotLocked"] == (before == 0) == (days == 0):
        return int(days)
    if not sent["allTimeNotLocked"]:
        if not days:
            raise ValidationError({"pointsDaysLocked": [BLANK]})
        return int(days)
    if days not in (0, before):
        raise ValidationError(
            {"pointsDaysLocked": ["Points that are not locked are locked for no days: send allTimeNotLocked=0."]}
        )
    return 0


def _level_days(known: ChainDetails, sent: Mapping[str, Any]) -> int | None:
    days = sent.get("levelDowngradeDays", known.level_days)
    mode = sent.get("levelDowngradeMode", AFTER_DAYS if known.level_days else NONE)
    if mode == AFTER_DAYS and days is None:
        raise ValidationError({"levelDowngradeDays": [BLANK]})
    if mode == NONE and days != known.level_days:
        raise ValidationError(
            {"levelDowngradeDays": [f"Levels fall after so many days with levelDowngradeMode={AFTER_DAYS} only."]}
        )
    return days if mode == AFTER_DAYS else None


def shown(it: ChainDetails) -> dict[str, Any]:
    """The settings, in the key order of the documents."""
    words, display = {ours: word for word, ours in EXPIRIES.items()}, {ours: name for name, ours in DISPLAY.items()}
    return without_none(
        {
            "excludedLevelCategories": FIXED["excludedLevelCategories"],
            "customerStatusesEarning": list(it.earning_statuses),
            "customerStatusesSpending": list(it.spending_statuses),
            "returns": FIXED["returns"],
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
            "allowCustomersProfileEdits": it.allows_profile_edits,
            **{name: value for name, value in FIXED.items() if name not in ("excludedLevelCategories", "returns")},
            "customersIdentificationPriority": [
                {"priority": place, "field": next(word for word, ours in IDENTIFIERS.items() if ours == name)}
                for place, name in enumerate(it.matches_by, 1)
            ],
        }
    )
