"""The parts of a campaign's document, version 1: what each may say, and what it stands for when it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from uuid import UUID

from marshmallow import ValidationError, fields, post_load, pre_load

from app.calendar import ALWAYS_FROM, ALWAYS_TO, DAY_SECONDS, EVERY_DAY
from app.campaign.document.spec import (
    AudienceSpec,
    CampaignSpec,
    LimitSpec,
    ListingSpec,
    OptInSpec,
    RewardSpec,
    SaleSpec,
    ScheduleSpec,
    TextSpec,
    TranslationSpec,
    Window,
    keyed,
)
from app.campaign.document.values import (
    LONG_TEXT_LENGTH_MAX,
    MESSAGES,
    SCHEMES,
    AddressValue,
    AmountValue,
    ChoiceValue,
    ClockValue,
    CountValue,
    DocumentPart,
    EndValue,
    FlagValue,
    FreeValue,
    ListValue,
    MomentValue,
    NamedValues,
    PartValue,
    SlugValue,
    TextValue,
    WeekdaysValue,
    WrittenValue,
    described,
    is_address,
)
from app.campaign.engagement.behaviors import PERIOD_SECONDS, BehaviorSpec, GoalSpec
from app.campaign.engagement.creatives import CreativeSpec
from app.campaign.limits import UNLIMITED
from app.campaign.models.campaigns import CAMPAIGN_KINDS, CAMPAIGN_TYPES, CONTEXTS, COUPON_KINDS, LIFECYCLES
from app.campaign.models.engagement import BEHAVIOR_KINDS, CREATIVE_KINDS
from app.campaign.models.rewards import METHOD_KINDS, RECIPIENTS, VOUCHER_KINDS
from app.organizations.models import UNITS
from app.text import is_language

VERSION = 1
LABELS_MAX, NAMES_MAX = 100, 1_000
SECONDS_MAX = 100 * 366 * 24 * 3600
WHOLE_PERCENT = 100 * 100


@dataclass(frozen=True)
class Draft:
    """A document that was read: its spec but for what is called by a name, and these names."""

    spec: CampaignSpec
    levels: Sequence[str] = ()
    segments: Sequence[str] = ()
    categories: Sequence[str] = ()
    business: str | None = None
    time_zone: str | None = None


class Listing(NamedTuple):
    """A listing that was read, and what its categories are called."""

    spec: ListingSpec
    categories: Sequence[str] = ()


class WindowPart(DocumentPart):
    """From a moment on, until another; without them for ever."""

    start = MomentValue(
        "Open from this moment on; null: since ever.", data_key="from", allow_none=True, load_default=None
    )
    end = EndValue("Closed from this moment on; null: never.", data_key="to", allow_none=True, load_default=None)

    @post_load
    def window(self, data: dict[str, Any], **kw: Any) -> Window:
        return data["start"] or ALWAYS_FROM, data["end"] or ALWAYS_TO


class HoursPart(DocumentPart):
    """On which days of the week, and at which hours, a campaign gives."""

    time_zone = TextValue(
        "The chain's zone, in which days and hours count (IANA); said for the reader, and refused when it is another.",
        allow_none=True,
        load_default=None,
    )
    weekdays = WeekdaysValue("The days on which the hours begin.", load_default=EVERY_DAY)
    opens_second = ClockValue("From this time of day on.", data_key="from", load_default=0)
    closes_second = ClockValue(
        "Until this time of day; one that comes before `from` is the next day's.",
        data_key="to",
        load_default=DAY_SECONDS,
    )


class TextsPart(DocumentPart):
    """What is said of a campaign, in the programme's own language, as Markdown."""

    short_description = TextValue("In a few words.", LONG_TEXT_LENGTH_MAX, allow_none=True, load_default=None)
    conditions_description = TextValue("The terms.", LONG_TEXT_LENGTH_MAX, allow_none=True, load_default=None)
    usage_instruction = TextValue("How to use what one gets.", LONG_TEXT_LENGTH_MAX, allow_none=True, load_default=None)

    @post_load
    def texts(self, data: dict[str, Any], **kw: Any) -> TextSpec:
        return TextSpec(**data)


class TranslationPart(TextsPart):
    """The name and the texts in another language; what is null is said in the programme's own."""

    name = TextValue("The campaign's name.", allow_none=True, load_default=None)

    @post_load
    def texts(self, data: dict[str, Any], **kw: Any) -> TextSpec:
        return TranslationSpec(**data)


class LabelPart(DocumentPart):
    """A key and a value to find a campaign by."""

    key = TextValue("The same key may come twice.", required=True)
    value = TextValue(length_min=0, required=True)

    @post_load
    def pair(self, data: dict[str, Any], **kw: Any) -> tuple[str, str]:
        return data["key"], data["value"]


class AudiencePart(DocumentPart):
    """Whom it is for: everyone, or whoever is on one of the levels or in one of the segments; with neither, nobody."""

    everyone = FlagValue("Every customer of the chain.", load_default=False)
    levels = ListValue(
        TextValue(),
        load_default=list,
        metadata=described("Keys of levels; their names are understood, too.", maxItems=NAMES_MAX),
    )
    segments = ListValue(
        TextValue(),
        load_default=list,
        metadata=described("Keys of segments; their names are understood, too.", maxItems=NAMES_MAX),
    )

    @post_load
    def audience(self, data: dict[str, Any], **kw: Any) -> dict[str, Any]:
        if data["everyone"] and (data["levels"] or data["segments"]):
            raise ValidationError({"everyone": ["Everyone, or levels and segments: not both."]})
        for name in ("levels", "segments"):
            _require_once(name, data[name], NAMES_MAX)
        return data


class OptInPart(DocumentPart):
    """Whether customers must opt in, when they may, and how many places there are."""

    required = FlagValue("Only who has opted in gets anything.", load_default=False)
    opt_in_from = MomentValue("Null: as the campaign's activity.", data_key="from", allow_none=True, load_default=None)
    opt_in_to = EndValue("Null: as the campaign's activity.", data_key="to", allow_none=True, load_default=None)
    places = CountValue("How many may take part; null: everybody.", 1, allow_none=True, load_default=None)

    @post_load
    def opt_in(self, data: dict[str, Any], **kw: Any) -> OptInSpec:
        return OptInSpec(data["required"], data["opt_in_from"], data["opt_in_to"], or_unlimited(data["places"]))


class PeriodLimitPart(DocumentPart):
    """So often in each period of the calendar, in the chain's zone; weeks begin on Monday."""

    limit = CountValue("How often.", required=True)
    unit = ChoiceValue("In each of these.", UNITS, required=True)


class CustomerLimitPart(DocumentPart):
    """So often for each customer: for ever, or in each period of the calendar."""

    limit = CountValue("How often.", required=True)
    unit = ChoiceValue("In each of these; null: for ever.", UNITS, allow_none=True, load_default=None)


class LimitsPart(DocumentPart):
    """How often a campaign gives. Null is no limit."""

    overall = CountValue("To all customers together, for ever.", allow_none=True, load_default=None)
    per_period = PartValue(
        PeriodLimitPart, allow_none=True, load_default=None, metadata=described("To all customers together.")
    )
    per_customer = PartValue(
        CustomerLimitPart, allow_none=True, load_default=None, metadata=described("To each customer.")
    )

    @post_load
    def limits(self, data: dict[str, Any], **kw: Any) -> LimitSpec:
        period, customer = data["per_period"] or {}, data["per_customer"] or {}
        return LimitSpec(
            limit=data["overall"],
            limit_per_customer=customer.get("limit"),
            limit_per_customer_unit=customer.get("unit"),
            limit_in_period=period.get("limit", UNLIMITED),
            limit_unit=period.get("unit"),
        )


class SalePart(DocumentPart):
    """It sells the codes of its pool."""

    coupon_kind = ChoiceValue("What the coupons are worth.", COUPON_KINDS, required=True)
    single_coupon = FlagValue("All buyers share the pool's one code.", load_default=False)

    @post_load
    def sale(self, data: dict[str, Any], **kw: Any) -> SaleSpec:
        return SaleSpec(**data)


class VoucherPart(DocumentPart):
    """What a voucher is worth: an amount or a percentage off a basket, or a code of a third party (honour)."""

    kind = ChoiceValue("", VOUCHER_KINDS, required=True)
    amount = AmountValue("Of a basket voucher, in the chain's currency.", allow_none=True, load_default=None)
    percent = AmountValue(
        "Of a basket_pct voucher; or of a basket voucher without an amount: of the sale that it is given for.",
        WHOLE_PERCENT,
        allow_none=True,
        load_default=None,
    )
    code = WrittenValue("Of an honour voucher, the same for everybody.", allow_none=True, load_default=None)
    text = TextValue("What the till prints.", allow_none=True, load_default=None)
    valid_seconds = CountValue(
        "How long it is good for; null: for ever.", 1, SECONDS_MAX, allow_none=True, load_default=None
    )

    @post_load
    def terms(self, data: dict[str, Any], **kw: Any) -> dict[str, Any]:
        for name, kinds in (("amount", ("basket",)), ("percent", ("basket_pct", "basket"))):
            if data[name] is not None and data["kind"] not in kinds:
                raise ValidationError({name: [f"Only a voucher of the kind {kinds[0]} has one."]})
        return {
            "voucher_kind": data["kind"],
            "amount": data["amount"] or 0,
            "voucher_hundredths_of_percent": data["percent"],
            "voucher_code": data["code"],
            "voucher_text": data["text"],
            "voucher_seconds": data["valid_seconds"],
        }


class OfferTextPart(DocumentPart):
    """An offer in words."""

    title, description, terms = (
        TextValue(length_max=LONG_TEXT_LENGTH_MAX, length_min=0, allow_none=True) for _ in range(3)
    )
    culture = TextValue("Its language.", length_min=0, allow_none=True)


class OfferMediaPart(DocumentPart):
    """A picture or another medium of an offer."""

    uri = AddressValue(allow_none=True)
    content_type = CountValue("1: picture; as SessionM counts them.", 1, 5)
    culture = TextValue("Its language.", allow_none=True)
    category_name = TextValue(allow_none=True)


class OfferPart(DocumentPart):
    """How a reward presents itself as an offer. It decides nothing."""

    offer_text = PartValue(OfferTextPart, metadata=described("In words."))
    offer_media = ListValue(PartValue(OfferMediaPart), metadata=described("Pictures."))
    valid_after_end_date = FlagValue("")
    value_after_end_date = TextValue(allow_none=True)
    web_redeem = FlagValue("")
    reward_store = FlagValue("")
    item_price_affinity = CountValue("", allow_none=True)
    buy_count = CountValue("", allow_none=True)
    points = CountValue("A price to print.", allow_none=True)


class RewardPart(DocumentPart):
    """One of the things that a campaign gives."""

    key = SlugValue("Names it through all changes; null: made of the title.", allow_none=True, load_default=None)
    title = TextValue(required=True)
    kind = ChoiceValue("", METHOD_KINDS, required=True)
    points = AmountValue("How many, of the kind points.", allow_none=True, load_default=None)
    voucher = PartValue(
        VoucherPart, allow_none=True, load_default=None, metadata=described("Its terms, of the kind voucher.")
    )
    recipient = ChoiceValue(
        "Who gets it; in referral campaigns referring or referred.", RECIPIENTS, load_default="customer"
    )
    behavior = TextValue("The name of the behavior that it is for; null: for each.", allow_none=True, load_default=None)
    weight = CountValue("In a draw, how often it is drawn, compared to the others.", most=2**53, load_default=1)
    stock = CountValue("How many there are; null: any number.", allow_none=True, load_default=None)
    per_period = PartValue(
        PeriodLimitPart, allow_none=True, load_default=None, metadata=described("To all customers together.")
    )
    per_customer = PartValue(
        CustomerLimitPart, allow_none=True, load_default=None, metadata=described("To each customer.")
    )
    restrictions = FreeValue("Who can be given it, as the campaign's.", allow_none=True, load_default=None)
    offer = PartValue(OfferPart, allow_none=True, load_default=None, metadata=described("How it presents itself."))

    @post_load
    def reward(self, data: dict[str, Any], **kw: Any) -> RewardSpec:
        kind = data["kind"]
        for name in ("points", "voucher"):
            if data[name] is None and kind == name:
                raise ValidationError({name: [f"A reward of the kind {kind} says this."]})
            if data[name] is not None and kind != name:
                raise ValidationError({name: [f"A reward of the kind {kind} has none."]})
        period, customer = data["per_period"] or {}, data["per_customer"] or {}
        terms: dict[str, Any] = {
            "recipient": data["recipient"],
            "weight": data["weight"],
            "amount": data["points"] or 0,
            "restrictions": data["restrictions"] or None,
            "stock": or_unlimited(data["stock"]),
            "limit_in_period": period.get("limit", UNLIMITED),
            "limit_unit": period.get("unit"),
            "limit_per_customer": customer.get("limit", UNLIMITED),
            "limit_per_customer_unit": customer.get("unit"),
            "offer": data["offer"],
        }
        return RewardSpec(kind, data["title"], terms | (data["voucher"] or {}), data["behavior"], data["key"])


class GoalPart(DocumentPart):
    """Events of one name, so many of them."""

    event_name = WrittenValue("", required=True)
    earn_count = CountValue("How many.", 1, load_default=1)
    points = AmountValue("For each time that it is completed.", load_default=0)
    required = FlagValue("Without it, the behavior is not achieved.", load_default=True)
    group = TextValue("Goals that belong together.", load_default="0")
    kind = ChoiceValue(
        "unique: only events that differ in `unique_key` count; null: as the behavior, of a composite one count.",
        ("count", "unique"),
        allow_none=True,
        load_default=None,
    )
    min_gap_seconds = CountValue("At least so long apart.", 1, SECONDS_MAX, allow_none=True, load_default=None)
    consecutive = FlagValue("On days in a row, one a day.", load_default=False)
    unique_key = TextValue("The entry of the event's context that must be new.", allow_none=True, load_default=None)

    @post_load
    def goal(self, data: dict[str, Any], **kw: Any) -> GoalSpec:
        return GoalSpec(**data)


class RepeatPart(DocumentPart):
    """How often a behavior can be achieved within some time."""

    limit = CountValue("Null: as often as one likes.", 1, allow_none=True, load_default=None)
    seconds = CountValue("How long a period is.", 1, SECONDS_MAX, load_default=PERIOD_SECONDS)


class BehaviorPart(DocumentPart):
    """What a customer does to be rewarded: events of one name, or several goals together (composite)."""

    name = TextValue("Names it through all changes.", required=True)
    kind = ChoiceValue("", BEHAVIOR_KINDS, load_default="count")
    event_name = WrittenValue(
        "Of a composite behavior, what it is called; null: made up.", allow_none=True, load_default=None
    )
    points = AmountValue("For each time that it is achieved.", load_default=0)
    times_max = CountValue(
        "How often it can be achieved; null: any number of times.", 1, allow_none=True, load_default=None
    )
    per_period = PartValue(
        RepeatPart, load_default=lambda: RepeatPart().load({}), metadata=described("How often in a period.")
    )
    goals = ListValue(
        PartValue(GoalPart),
        required=True,
        metadata=described("What it counts; composite ones have several.", minItems=1),
    )
    groups = NamedValues(
        CountValue("", 1),
        "How many goals of each group it takes; of those left out, the required ones.",
        load_default=dict,
    )

    @post_load
    def behavior(self, data: dict[str, Any], **kw: Any) -> BehaviorSpec:
        kind, repeat = data["kind"], data["per_period"]
        goals = data["goals"]
        if kind != "composite" and data["event_name"] is not None:
            raise ValidationError(
                {"event_name": ["Only a composite behavior has a name of its own; the goal says the event's."]}
            )
        own = "count" if kind == "composite" else kind
        for i, goal in enumerate(goals):
            if kind != "composite" and goal.kind not in (None, kind):
                raise ValidationError(
                    {"goals": {i: {"kind": [f"The behavior is of the kind {kind}, and so is its goal."]}}}
                )
        goals = [replace(goal, kind=goal.kind or own) for goal in goals]
        return BehaviorSpec(
            data["name"],
            goals,
            kind,
            data["event_name"],
            data["points"],
            or_unlimited(data["times_max"]),
            or_unlimited(repeat["limit"]),
            repeat["seconds"],
            data["groups"],
        )


class MessagePart(DocumentPart):
    """The texts and pictures of a tile."""

    header, subheader, description, call_to_action, app_icon_alt_text, image_alt_text, layout = (
        TextValue(length_max=2_000, length_min=0, allow_none=True) for _ in range(7)
    )
    sub_header = TextValue(
        length_max=2_000, length_min=0, allow_none=True, data_key="sub-header", attribute="sub-header"
    )
    icon_url, image_url, video_url = (AddressValue(allow_none=True) for _ in range(3))
    points = CountValue("", allow_none=True)


class ActionPart(DocumentPart):
    """Where a tap leads."""

    type = ChoiceValue("", ("open_ad", "deep_link", "external_link", "campaign"), required=True)
    url = AddressValue(any_scheme=True, allow_none=True)
    section = TextValue(allow_none=True)
    campaign_id = CountValue("", 1, 2**63 - 1, allow_none=True)

    @post_load
    def action(self, data: dict[str, Any], **kw: Any) -> dict[str, Any]:
        if data["type"] in ("deep_link", "external_link") and not data.get("url"):
            raise ValidationError({"url": ["A link says where it leads."]})
        if data["type"] != "deep_link" and data.get("url") and not is_address(data["url"]):
            raise ValidationError({"url": [f"This is an address that begins with {' or '.join(SCHEMES)}."]})
        return data


class ContentPart(DocumentPart):
    """What a creative shows."""

    message = PartValue(MessagePart)
    action = PartValue(ActionPart)
    title, text = (TextValue(length_max=LONG_TEXT_LENGTH_MAX, length_min=0, allow_none=True) for _ in range(2))
    image_url, link_url = (AddressValue(allow_none=True) for _ in range(2))


class CreativePart(DocumentPart):
    """How a campaign presents itself: a tile in a feed, or a page."""

    kind = ChoiceValue("At most one of each.", CREATIVE_KINDS, required=True)
    content = PartValue(ContentPart, load_default=dict, metadata=described("What it shows."))
    tracks_clicks = FlagValue("Whether taps are counted.", load_default=True)

    @post_load
    def creative(self, data: dict[str, Any], **kw: Any) -> CreativeSpec:
        return CreativeSpec(data["kind"], data["content"], data["tracks_clicks"])


class VouchersPart(DocumentPart):
    """What becomes of the vouchers that a campaign gives."""

    customer_may_claim = FlagValue("Customers claim them themselves, not only the staff.", load_default=True)
    claimed_by_default = FlagValue("They need not be claimed.", load_default=False)


class ListingPart(DocumentPart):
    """How a campaign is known and shown elsewhere. Nothing here decides what it gives."""

    external_id = WrittenValue("What another system calls it; unique in the chain.", allow_none=True, load_default=None)
    has_unique_name = FlagValue("No other campaign of the chain may be called like it.", load_default=False)
    campaign_type = ChoiceValue("", CAMPAIGN_TYPES, allow_none=True, load_default=None)
    details = FreeValue("Whatever its owner attaches.", allow_none=True, load_default=None)
    sponsor_name = TextValue(allow_none=True, load_default=None)
    reporting_ends_at = MomentValue("", allow_none=True, load_default=None)
    qualify_tag = TextValue("For those who set tags: the one that lets in.", allow_none=True, load_default=None)
    disqualify_tag = TextValue("The one that keeps out.", allow_none=True, load_default=None)
    is_featured = FlagValue("One of those to be shown first.", load_default=False)
    is_public = FlagValue("Shown to who has not signed in, too.", load_default=False)
    categories = ListValue(
        TextValue(), load_default=list, metadata=described("What it is sorted into, by name.", maxItems=NAMES_MAX)
    )

    @post_load
    def listing(self, data: dict[str, Any], **kw: Any) -> Listing:
        _require_once("categories", data["categories"], NAMES_MAX)
        categories = data.pop("categories")
        return Listing(ListingSpec(**data), categories)


class CampaignDocument(DocumentPart):
    """Everything that is decided about a campaign."""

    version = fields.Integer(
        error_messages=MESSAGES, load_default=VERSION, strict=True, metadata=described("Of this form.", enum=[VERSION])
    )
    key = SlugValue("What it is called in files and addresses; unique in the chain.", required=True)
    name = TextValue(required=True)
    kind = ChoiceValue("composable: of any context.", CAMPAIGN_KINDS, load_default="interaction")
    context = ChoiceValue("What makes it give; of most kinds, the kind.", CONTEXTS, allow_none=True, load_default=None)
    handling = ChoiceValue(
        "independent: every reward that can be given; random_draw: one of them by lot.",
        ("independent", "random_draw"),
        load_default="independent",
    )
    lifecycle = ChoiceValue("Only live campaigns give. Completed is for good.", LIFECYCLES, load_default="draft")
    texts = PartValue(
        TextsPart, load_default=TextSpec, metadata=described("In the programme's own language, as Markdown.")
    )
    translations = NamedValues(
        PartValue(TranslationPart),
        "The name and the texts in other languages, by code: en, pl, pt-BR.",
        load_default=dict,
    )
    labels = ListValue(
        PartValue(LabelPart), load_default=list, metadata=described("To find it by.", maxItems=LABELS_MAX)
    )
    activity = PartValue(
        WindowPart, load_default=lambda: (ALWAYS_FROM, ALWAYS_TO), metadata=described("When it gives.")
    )
    visibility = PartValue(
        WindowPart, load_default=lambda: (ALWAYS_FROM, ALWAYS_TO), metadata=described("When it is shown.")
    )
    hours = PartValue(
        HoursPart,
        load_default=lambda: HoursPart().load({}),
        metadata=described("On which days and at which hours it gives."),
    )
    audience = PartValue(
        AudiencePart, load_default=lambda: AudiencePart().load({}), metadata=described("Whom it is for.")
    )
    restrictions = FreeValue(
        "A condition on the customer, as a tree: docs/restrictions.md. Null: none.", allow_none=True, load_default=None
    )
    opt_in = PartValue(
        OptInPart, load_default=OptInSpec, metadata=described("Whether customers take part by saying so.")
    )
    price = AmountValue("Points that each time costs.", 10**14, load_default=0)
    limits = PartValue(LimitsPart, load_default=LimitSpec, metadata=described("How often it gives."))
    sale = PartValue(
        SalePart,
        allow_none=True,
        load_default=None,
        metadata=described("The coupons that it sells; null: it gives rewards."),
    )
    rewards = ListValue(PartValue(RewardPart), load_default=list, metadata=described("What it gives, in this order."))
    behaviors = ListValue(
        PartValue(BehaviorPart), load_default=list, metadata=described("Of the context event, what earns the rewards.")
    )
    vouchers = PartValue(
        VouchersPart, load_default=lambda: VouchersPart().load({}), metadata=described("What becomes of its vouchers.")
    )
    creatives = ListValue(PartValue(CreativePart), load_default=list, metadata=described("How it presents itself."))
    business = TextValue("The part of the chain that it belongs to, by name.", allow_none=True, load_default=None)
    listing = PartValue(
        ListingPart, load_default=lambda: ListingPart().load({}), metadata=described("How it is known elsewhere.")
    )

    @pre_load
    def pass_over_state(self, data: Any, **kw: Any) -> Any:
        """What only the service says of a campaign is no part of the document; see `state`."""
        return {name: value for name, value in data.items() if name != "state"} if isinstance(data, dict) else data

    @post_load
    def draft(self, data: dict[str, Any], **kw: Any) -> Draft:
        _require_version(data["version"])
        _require_no_uuid(data["key"])
        _require_languages(data["translations"])
        if len(data["labels"]) > LABELS_MAX:
            raise ValidationError({"labels": [f"At most {LABELS_MAX} labels."]})
        audience, hours = data["audience"], data["hours"]
        spec = CampaignSpec(
            key=data["key"],
            name=data["name"],
            lifecycle=data["lifecycle"],
            kind=data["kind"],
            context=data["context"] or ("interaction" if data["kind"] == "composable" else data["kind"]),
            handling=data["handling"],
            texts=data["texts"],
            translations=data["translations"],
            labels=data["labels"],
            schedule=ScheduleSpec(
                data["activity"], data["visibility"], hours["weekdays"], hours["opens_second"], hours["closes_second"]
            ),
            audience=AudienceSpec(audience["everyone"]),
            restrictions=data["restrictions"] or None,
            opt_in=data["opt_in"],
            limits=data["limits"],
            cost=data["price"],
            sale=data["sale"],
            rewards=data["rewards"],
            behaviors=data["behaviors"],
            customer_may_claim=data["vouchers"]["customer_may_claim"],
            claimed_by_default=data["vouchers"]["claimed_by_default"],
            listing=replace(data["listing"].spec, creatives=data["creatives"]),
        )
        return Draft(
            keyed(spec),
            audience["levels"],
            audience["segments"],
            data["listing"].categories,
            data["business"],
            hours["time_zone"],
        )


def or_unlimited(limit: int | None) -> int:
    return UNLIMITED if limit is None else limit


def _require_once(name: str, values: Sequence[str], most: int) -> None:
    if len(values) > most:
        raise ValidationError({name: [f"At most {most}."]})
    if len(set(values)) < len(values):
        raise ValidationError({name: ["Each of them once."]})


def _require_no_uuid(key: str) -> None:
    try:
        UUID(key)
    except ValueError:
        return
    raise ValidationError({"key": ["A key is no UUID: addresses take both, and it could be another campaign's."]})


def _require_version(version: int) -> None:
    if version != VERSION:
        raise ValidationError({"version": [f"This service reads version {VERSION}."]})


def _require_languages(translations: Mapping[str, Any]) -> None:
    for code in translations:
        if not is_language(code):
            raise ValidationError({"translations": {code: ["A language is a code such as en, pl or pt-BR."]}})
