"""The form `campaign`, for creating and for changing a campaign as a whole."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from marshmallow import ValidationError, post_load, pre_load, validates_schema

from app.campaign.document.spec import (
    ALWAYS,
    AudienceSpec,
    CampaignSpec,
    LimitSpec,
    ListingSpec,
    SaleSpec,
    ScheduleSpec,
    TextSpec,
    TranslationSpec,
    Window,
)
from app.campaign.models.campaigns import COUPON_KINDS
from app.openloyalty import schemas
from app.openloyalty.formats import FOR_EVER, SINCE_EVER
from app.openloyalty.forms.fields import (
    AT_LEAST_ONE,
    BLANK,
    LONG_TEXT_LENGTH_MAX,
    Checkbox,
    Choice,
    Collection,
    CouponCode,
    Hundredths,
    Labels,
    Moment,
    Text,
    Uuid,
    Whole,
)
from app.openloyalty.forms.form import Form, Group

ENDS_EARLY = "The end should not be earlier than the start."
# What 3.2's console sends with every campaign, whatever its kind, and this version does not offer.
LATER = frozenset(
    {
        "brandDescription",
        "brandName",
        "connectType",
        "daysInactive",
        "daysValid",
        "earningRuleId",
        "fulfillmentTracking",
        "moreInformationLink",
        "pointValue",
        "pushNotificationText",
        "rewardValue",
        "tax",
        "taxPriceValue",
        "transactionPercentageValue",
    }
)


class WindowForm(Form):
    """Always open, or from one moment to another. Dates that come with "always" are ignored, as consoles send them."""

    always: str
    start: str
    end: str

    @pre_load
    def ignore_dates_of_always(self, data: Mapping[str, Any], **kw: Any) -> dict[str, Any]:
        always = data.get(self.always)
        ticked = not isinstance(always, dict | list) and Checkbox().deserialize(always)
        return {name: value for name, value in data.items() if name == self.always or not ticked}

    @validates_schema
    def require_window(self, data: dict[str, Any], **kw: Any) -> None:
        if data[self.always]:
            return
        blank = {name: [BLANK] for name in (self.start, self.end) if data[name] is None}
        if blank:
            raise ValidationError(blank)
        if data[self.end] < data[self.start]:
            raise ValidationError({self.end: [ENDS_EARLY]})

    @post_load
    def window(self, data: dict[str, Any], **kw: Any) -> Window:
        if data[self.always]:
            return ALWAYS
        start, end = data[self.start], data[self.end]
        return ALWAYS[0] if start == SINCE_EVER else start, ALWAYS[1] if end == FOR_EVER else end


class VisibilityForm(WindowForm):
    """When customers may see the campaign."""

    always, start, end = "allTimeVisible", "visibleFrom", "visibleTo"
    allTimeVisible = Checkbox()
    visibleFrom = Moment()
    visibleTo = Moment()


class ActivityForm(WindowForm):
    """When customers may buy."""

    always, start, end = "allTimeActive", "activeFrom", "activeTo"
    allTimeActive = Checkbox()
    activeFrom = Moment()
    activeTo = Moment()


class CampaignForm(Form):
    """Field order is the error tree's order. Source: "Create a new campaign"."""

    shown_with_error_only = frozenset({"labels", "categories", "featured", "public"})
    later = LATER
    keeps_translations = True
    translated = ("name", "shortDescription", "conditionsDescription", "usageInstruction")
    is_new = True

    reward = Choice(COUPON_KINDS, required=True)
    name = Text(required=True)
    shortDescription = Text(LONG_TEXT_LENGTH_MAX, attribute="short_description")
    conditionsDescription = Text(LONG_TEXT_LENGTH_MAX, attribute="conditions_description")
    usageInstruction = Text(LONG_TEXT_LENGTH_MAX, attribute="usage_instruction")
    active = Checkbox()
    costInPoints = Hundredths(required=True, attribute="cost")
    target = Choice(("level", "segment"))
    levels = Collection(Uuid())
    segments = Collection(Uuid())
    labels = Labels()
    unlimited = Checkbox()
    singleCoupon = Checkbox(attribute="single_coupon")
    limit = Whole()
    limitPerUser = Whole(attribute="limit_per_customer")
    coupons = Collection(CouponCode(required=True), attribute="codes")
    categories = Collection(Uuid(required=True), load_default=None)
    featured = Checkbox(load_default=None, attribute="is_featured")
    public = Checkbox(load_default=None, attribute="is_public")
    campaignVisibility = Group(VisibilityForm, attribute="visibility", load_default=dict)
    campaignActivity = Group(ActivityForm, attribute="activity", load_default=dict)

    @pre_load
    def read_windows(self, data: Mapping[str, Any], **kw: Any) -> dict[str, Any]:
        campaign = dict(data)
        for name in ("campaignVisibility", "campaignActivity"):
            if not isinstance(campaign.get(name), Mapping):
                campaign[name] = {}
        return campaign

    @validates_schema(skip_on_field_errors=False)
    def require_the_rest(self, data: dict[str, Any], **kw: Any) -> None:
        errors: dict[str, list[str]] = {}
        if not data.get("unlimited"):
            for name, attribute in (("limit", "limit"), ("limitPerUser", "limit_per_customer")):
                if attribute in data and not data[attribute]:
                    errors[name] = [BLANK]
        if self.is_new and "levels" in data and "segments" in data and not _targets(data):
            errors["levels"] = errors["segments"] = [AT_LEAST_ONE]
        is_single = bool(data.get("single_coupon"))
        if "codes" in data and (problem := _coupons_problem(data["codes"], is_single, needs_some=self.is_new)):
            errors["coupons"] = [problem]
        if errors:
            raise ValidationError(errors)

    @post_load(pass_original=True)
    def spec(self, data: dict[str, Any], original: Mapping[str, Any], **kw: Any) -> CampaignSpec:
        target = data["target"]
        return CampaignSpec(
            name=data["name"],
            lifecycle="live" if data["active"] else "draft",
            texts=TextSpec(**{field.name: data[field.name] for field in fields(TextSpec)}),
            labels=data["labels"],
            schedule=ScheduleSpec(data["activity"], data["visibility"]),
            audience=AudienceSpec(
                levels=[] if target == "segment" else _distinct(data["levels"]),
                segments=[] if target == "level" else _distinct(data["segments"]),
            ),
            limits=LimitSpec() if data["unlimited"] else LimitSpec(data["limit"], data["limit_per_customer"]),
            cost=data["cost"],
            sale=SaleSpec(data["reward"], data["single_coupon"]),
            codes=data["codes"],
            listing=ListingSpec(**{name: data[name] for name in ("is_featured", "is_public", "categories")}),
            translations={locale: TranslationSpec(**texts) for locale, texts in self.other_texts(original).items()},
        )


class CampaignChangeForm(CampaignForm):
    """The same, for a campaign that is there: one for everyone names neither levels nor segments, one without codes none, and stays so."""

    printed = schemas.CampaignView
    chooses_texts = True
    is_new = False


def _targets(data: dict[str, Any]) -> list[Any]:
    chosen = {"level": ["levels"], "segment": ["segments"]}.get(data.get("target") or "", ["levels", "segments"])
    return [uuid for name in chosen for uuid in data[name] if uuid is not None]


def _distinct(uuids: list[Any]) -> list[Any]:
    return [uuid for uuid in dict.fromkeys(uuids) if uuid is not None]


def _coupons_problem(codes: list[str], single: bool, needs_some: bool) -> str | None:
    if not codes and needs_some:
        return AT_LEAST_ONE
    if single and len(codes) > 1:
        return "This collection should contain exactly 1 element."
    doubled = [code for code, times in Counter(codes).items() if times > 1]
    if doubled:
        return f"This collection should contain only unique elements: {doubled[0]} comes more than once."
    return None
