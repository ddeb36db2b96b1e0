"""The campaign that is told when one is created: the documented attributes, and ours, which say what it counts and gives.

Source: SessionM, "Creating Campaigns"; contract sections 3.4 (M1) and 3.5. Attributes that the document does not know:
behaviors, rewards, creatives, opt_in_limit, cost_in_points, limit, limit_per_user; docs/sessionm.md tells them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from werkzeug.exceptions import BadRequest
from werkzeug.urls import iri_to_uri

from app.body import json_body
from app.campaign import targeting
from app.campaign.behaviors import PERIOD_SECONDS, GoalPlan, Plan
from app.campaign.campaigns import Listing, Manner, Offer, Reward
from app.campaign.coupons import CODE_LENGTH_MAX
from app.campaign.creatives import SCHEMES
from app.campaign.creatives import Plan as CreativePlan
from app.campaign.event_models import BEHAVIOR_KINDS
from app.campaign.models import CAMPAIGN_TYPES, LIFECYCLES
from app.campaign.rules import UNLIMITED
from app.sessionm import codes
from app.sessionm.envelope import Told
from app.sessionm.formats import MINUTE, underscored
from app.sessionm.offers import UNITS
from app.sessionm.told import JSON_DEPTH_MAX, Object

CAMPAIGN = {
    "name", "status", "starts_at", "ends_at", "external_id", "campaign_type", "template", "optin_required",
    "opt_in_starts_at", "opt_in_ends_at", "opt_in_limit", "reporting_ends_at", "targeting", "qualify_tag", "disqualify_tag",
    "metadata", "division_id", "ssap_name", "total_budget", "weight", "behaviors", "rewards", "creatives", "cost_in_points",
    "limit", "limit_per_user",
}  # fmt: skip
BEHAVIOR = {
    "name", "type", "event_name", "points", "total_count", "max_times_repeatable", "max_times_repeatable_per_period",
    "period", "min_time_between_events", "consecutive", "unique_key", "goals", "groups",
}  # fmt: skip
GOAL = {
    "event_name", "type", "points", "required", "earn_count", "group_id", "min_time_between_events", "consecutive",
    "unique_key",
}  # fmt: skip
REWARD = {
    "type", "name", "points", "amount", "percent", "total_available", "max_per_customer", "behavior", "codes", "validity_period",
    "validity_unit", "offer_text", "offer_media", "valid_after_end_date", "value_after_end_date", "web_redeem", "reward_store",
    "item_price_affinity", "buy_count", "price_in_points",
}  # fmt: skip
REWARD_TYPES = ("points", "deal", "coupon", "nothing")
CREATIVES = {"tile": "internal_tile", "promotion": "internal_full_page", "behavior": "internal_behavior"}
CREATIVE = {"message", "action", "track_clicks", "title", "text", "image_url", "link_url"}
MESSAGE = {
    "header", "subheader", "sub-header", "description", "icon_url", "app_icon_alt_text", "image_url", "image_alt_text",
    "call_to_action", "points", "layout", "video_url",
}  # fmt: skip
ACTION = {"type", "url", "section", "campaign_id"}
ACTION_TYPES = ("open_ad", "deep_link", "external_link", "campaign")
MEDIA = {"uri", "content_type", "culture", "category_name"}
OFFER_TEXT = {"title", "description", "terms", "culture"}
OFFER_TEXT_LENGTH_MAX = 10_000
CODES_MAX, REWARDS_MAX, METADATA_LENGTH_MAX = 1_000, 50, 10_000
SECONDS_MAX = 100 * 366 * 24 * 3600
SCRIPTS = ("javascript:", "data:", "vbscript:")


@dataclass(frozen=True)
class Form:
    """What the domain needs to create a campaign, but for the division, which must be looked up."""

    offer: Offer
    manner: Callable[[int | None], Manner]
    listing: Listing
    lifecycle: str
    division_id: str | None


def read(told: Object) -> Form:
    """Raises `argument_error`, `missing_data` or `validation`."""
    if not told.values:
        raise Told(codes.MISSING_DATA, "Missing campaign data.")
    told.require_known(CAMPAIGN)
    name = told.required("name", told.text("name"))
    lifecycle = told.required("status", told.choice("status", LIFECYCLES))
    starts = told.required("starts_at", told.moment("starts_at"))
    ends = told.required("ends_at", told.moment("ends_at"))
    if ends - starts < MINUTE:
        raise told.wrong("ends_at", "at least a minute after starts_at")
    plans = [_behavior(one) for one in told.objects("behaviors", "behavior", "name")]
    if len({underscored(plan.name) for plan in plans}) < len(plans):
        raise told.wrong("behaviors", "a list whose names differ also when they are underscored")
    rewards, coupons = _rewards(told)
    offer = Offer(
        name=name, reward=None, cost=told.hundredths("cost_in_points"), coupons=coupons, active=lifecycle == "live",
        for_everyone=True, limit=told.whole("limit"), limit_per_customer=told.whole("limit_per_user"),
        activity=(starts, ends - MINUTE),
    )  # fmt: skip
    opens, closes = told.moment("opt_in_starts_at"), told.moment("opt_in_ends_at")

    def manner(business_id: int | None) -> Manner:
        # What no behavior earns is given by who interacts with the campaign or buys it; and bare campaigns only tell.
        context = "interaction" if rewards and not plans else "event"
        return Manner(
            kind="interaction" if context == "interaction" else "composable", context=context, rewards=rewards,
            restrictions=_targeting(told), business_id=business_id, behaviors=plans,
            opt_in_required=told.flag("optin_required", False), opt_in_from=opens,
            opt_in_to=closes - MINUTE if closes else None,
            participants_max=UNLIMITED if not told.has("opt_in_limit") else told.whole("opt_in_limit", 1) or UNLIMITED,
        )  # fmt: skip

    manner(None)  # what is wrong in it is told before anything is looked up
    return Form(offer, manner, _listing(told), lifecycle, told.text("division_id"))


def _listing(told: Object) -> Listing:
    type_, template = told.choice("campaign_type", CAMPAIGN_TYPES), told.choice("template", CAMPAIGN_TYPES)
    if type_ is not None and template is not None and type_ != template:
        raise told.wrong("template", "the same as campaign_type")
    for name in ("total_budget", "weight"):
        told.whole(name)
    return Listing(
        external_id=told.name_in_addresses("external_id"),
        has_unique_name=True,
        creatives=_creatives(told),
        campaign_type=type_ or template or CAMPAIGN_TYPES[0],
        details=_metadata(told),
        sponsor_name=told.text("ssap_name"),
        reporting_ends_at=told.moment("reporting_ends_at"),
        qualify_tag=told.text("qualify_tag"),
        disqualify_tag=told.text("disqualify_tag"),
    )


def _metadata(told: Object) -> Mapping[str, Any] | None:
    metadata = told.object("metadata")
    if metadata is not None and len(json.dumps(metadata.values)) > METADATA_LENGTH_MAX:
        raise told.wrong("metadata", f"an object of at most {METADATA_LENGTH_MAX} characters")
    return metadata.values if metadata else None


def _targeting(told: Object) -> Mapping[str, Any] | None:
    """An object, or the same serialized; an empty one is for everybody. Raises BadRestriction."""
    tree = told.values.get("targeting")
    if isinstance(tree, str):
        try:
            tree = json_body((tree or "{}").encode(), JSON_DEPTH_MAX)
        except BadRequest as e:
            raise told.wrong("targeting", "a JSON query") from e
    if tree in (None, {}):
        return None
    return targeting.checked(tree, targeting.USER)


def _behavior(told: Object) -> Plan:
    told.require_known(BEHAVIOR)
    kind = told.choice("type", BEHAVIOR_KINDS) or ("composite" if told.has("goals") else "count")
    name = told.required("name", told.text("name"))
    if kind == "composite":
        for other in ("total_count", "min_time_between_events", "consecutive", "unique_key"):
            if told.values.get(other):
                raise told.wrong(other, "not for a composite behavior, but for its goals")
        goals = [_goal(one) for one in told.objects("goals", "goal", "event_name")]
    else:
        if told.has("goals") or told.has("groups"):
            raise told.wrong("goals", "for a composite behavior only")
        goals = [
            GoalPlan(
                told.required("event_name", told.text("event_name")), told.whole("total_count", 1) or 1, kind=kind,
                min_gap_seconds=told.whole("min_time_between_events", 0, SECONDS_MAX) or None,
                consecutive=told.flag("consecutive", False), unique_key=told.text("unique_key"),
            )
        ]  # fmt: skip
    return Plan(
        name=name,
        goals=goals,
        kind=kind,
        event_name=told.text("event_name") if kind == "composite" else None,
        points=told.hundredths("points"),
        times_max=told.whole("max_times_repeatable", 1) or UNLIMITED,
        per_period_max=told.whole("max_times_repeatable_per_period", 1) or UNLIMITED,
        period_seconds=told.whole("period", 1, SECONDS_MAX) or PERIOD_SECONDS,
        groups=_groups(told),
    )


def _goal(told: Object) -> GoalPlan:
    told.require_known(GOAL)
    return GoalPlan(
        event_name=told.required("event_name", told.text("event_name")),
        earn_count=told.whole("earn_count", 1) or 1,
        points=told.hundredths("points"),
        required=told.flag("required", True),
        group=told.text("group_id") or "0",
        kind=told.choice("type", ("count", "unique")) or "count",
        min_gap_seconds=told.whole("min_time_between_events", 0, SECONDS_MAX) or None,
        consecutive=told.flag("consecutive", False),
        unique_key=told.text("unique_key"),
    )


def _groups(told: Object) -> dict[str, int]:
    """How many goals of each group it takes: `{"0": 2}`, or as they are printed, `{"0": {"total_count": 2}}`."""
    groups = told.object("groups")
    found = {}
    for name, value in (groups.values if groups else {}).items():
        one = Object("group", value if isinstance(value, dict) else {"total_count": value})
        found[name] = one.required("total_count", one.whole("total_count", 1))
    return found


def _rewards(told: Object) -> tuple[list[Reward], list[str]]:
    """The rewards, and the codes of the one that gives coupons."""
    rewards, coupons = [], []
    for one in told.objects("rewards", "reward"):
        one.require_known(REWARD)
        kind = one.required("type", one.choice("type", REWARD_TYPES))
        terms: dict[str, Any] = {
            "stock": UNLIMITED if not one.has("total_available") else one.whole("total_available"),
            "limit_per_customer": one.whole("max_per_customer", 1) or UNLIMITED,
        }
        if kind == "points":
            terms["amount"] = one.hundredths("points")
        if kind == "deal":
            terms |= _voucher(one)
        if kind == "coupon":
            coupons += one.texts("codes", CODES_MAX)
            if any(len(code) > CODE_LENGTH_MAX for code in coupons) or len(set(coupons)) < len(coupons):
                raise one.wrong("codes", "a list in which no code comes twice")
        terms["offer"] = _offer(one)  # also an empty one: this reward was offered, and is not just a behavior's points
        if kind == "coupon" and not terms["offer"] and min(terms["stock"], terms["limit_per_customer"]) == UNLIMITED:
            terms = {}
        name = one.text("name") or {"points": "Points", "deal": "Deal", "coupon": "Coupon"}.get(kind, "Entry")
        rewards.append(Reward({"deal": "voucher"}.get(kind, kind), name, terms, one.text("behavior")))
    if len(rewards) > REWARDS_MAX:
        raise told.wrong("rewards", f"a list of at most {REWARDS_MAX} rewards")
    return rewards, coupons


def _voucher(one: Object) -> dict[str, Any]:
    percent, amount = one.hundredths("percent", 100), one.hundredths("amount")
    if bool(percent) == bool(amount):
        raise one.wrong("percent", "over 0, or amount is: a deal takes one of them off")
    return {
        "voucher_kind": "basket_pct" if percent else "basket",
        "amount": amount,
        "voucher_hundredths_of_percent": percent or None,
        "voucher_seconds": _seconds(one),
    }


def _seconds(one: Object) -> int | None:
    unit = one.choice("validity_unit", tuple(UNITS)) or "day"
    quantity = one.whole("validity_period", 1, SECONDS_MAX)
    if quantity is None:
        return None
    if quantity * UNITS[unit] > SECONDS_MAX:
        raise one.wrong("validity_period", "at most a hundred years")
    return int(timedelta(seconds=quantity * UNITS[unit]).total_seconds())


def _offer(one: Object) -> dict[str, Any]:
    """What is only told of a deal."""
    found: dict[str, Any] = {}
    text = one.object("offer_text")
    if text is not None:
        text.require_known(OFFER_TEXT)
        found["offer_text"] = {name: text.text(name, OFFER_TEXT_LENGTH_MAX) for name in text.values}
    media = one.objects("offer_media", "offer_media")
    for each in media:
        each.require_known(MEDIA)
        _require_address(each, "uri", SCHEMES)
    if media:
        found["offer_media"] = [
            {"uri": each.text("uri", 2_000), "content_type": each.whole("content_type", 1, 5) or 1}
            | {name: each.text(name) for name in ("culture", "category_name") if each.has(name)}
            for each in media
        ]
    for name in ("valid_after_end_date", "web_redeem", "reward_store"):
        if one.has(name):
            found[name] = one.flag(name, False)
    for name in ("item_price_affinity", "buy_count"):
        if one.has(name):
            found[name] = one.whole(name)
    if one.has("price_in_points"):
        found["points"] = one.whole("price_in_points")
    if one.has("value_after_end_date"):
        found["value_after_end_date"] = one.text("value_after_end_date")
    return found


def _creatives(told: Object) -> list[CreativePlan]:
    creatives = told.object("creatives")
    if creatives is None:
        return []
    creatives.require_known(CREATIVES)
    plans = []
    for name in creatives.values:
        one = creatives.object(name, "creative")
        if one is not None:
            plans.append(CreativePlan(CREATIVES[name], _content(one), one.flag("track_clicks", True)))
    return plans


def _content(one: Object) -> dict[str, Any]:
    one.require_known(CREATIVE)
    found: dict[str, Any] = {}
    message, action = one.object("message"), one.object("action")
    if message is not None:
        message.require_known(MESSAGE)
        for name in ("icon_url", "image_url", "video_url"):
            _require_address(message, name, SCHEMES)
        found["message"] = {
            name: value if name == "points" else message.text(name, 2_000) for name, value in message.values.items()
        }
        message.whole("points")
    if action is not None:
        action.require_known(ACTION)
        type_ = action.required("type", action.choice("type", ACTION_TYPES))
        if type_ in {"deep_link", "external_link"}:
            action.required("url", action.text("url", 2_000))
        _require_address(action, "url", SCHEMES if type_ != "deep_link" else ())
        found["action"] = {
            "type": type_, "url": action.text("url", 2_000), "section": action.text("section"),
            "campaign_id": action.whole("campaign_id", 1),
        }  # fmt: skip
    for name in ("title", "text", "image_url", "link_url"):
        if one.has(name):
            found[name] = one.text(name, OFFER_TEXT_LENGTH_MAX)
    for name in ("image_url", "link_url"):
        _require_address(one, name, SCHEMES)
    return found


def _require_address(told: Object, name: str, schemes: tuple[str, ...]) -> None:
    """An address that a device may follow: of these schemes, or of any that runs no script."""
    address = told.text(name, 2_000)
    if address is None:
        return
    lowered = address.lower().strip()
    fits = lowered.startswith(schemes) if schemes else ":" in lowered and not lowered.startswith(SCRIPTS)
    if not fits or not _is_address(address):
        raise told.wrong(name, f"an address that begins with {' or '.join(schemes) or 'the scheme of an app'}")


def _is_address(text: str) -> bool:
    """What every browser, and whoever redirects there, can read."""
    try:
        urlsplit(iri_to_uri(text)).port  # noqa: B018  raises for a port that is none
    except ValueError:
        return False
    return not any(ord(character) <= 32 for character in text)


def moved(told: Object) -> str:
    """The state that a campaign is brought to. Raises as `read` does."""
    if not told.values:
        raise Told(codes.MISSING_DATA, "Missing campaign data.")
    told.require_known({"status"})
    return told.required("status", told.choice("status", LIFECYCLES))
