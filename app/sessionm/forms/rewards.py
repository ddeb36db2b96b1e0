"""The rewards and the creatives of a campaign that is sent: what it gives, and how it presents itself.

Source: contract section 3.5; the attributes are those that the document prints of offers, deals and tiles.
"""

from typing import Any
from urllib.parse import urlsplit

from werkzeug.urls import iri_to_uri

from app.campaign.document.spec import RewardSpec
from app.campaign.engagement.creatives import SCHEMES, CreativeSpec
from app.campaign.limits import UNLIMITED
from app.campaign.setup.coupons import CODE_LENGTH_MAX
from app.sessionm.forms.bodies import SentObject
from app.sessionm.offers import UNITS

REWARD = {
    "type",
    "name",
    "points",
    "amount",
    "percent_of_sale",
    "percent",
    "total_available",
    "max_per_customer",
    "behavior",
    "codes",
    "validity_period",
    "validity_unit",
    "offer_text",
    "offer_media",
    "valid_after_end_date",
    "value_after_end_date",
    "web_redeem",
    "reward_store",
    "item_price_affinity",
    "buy_count",
    "price_in_points",
}
REWARD_TYPES = ("points", "deal", "coupon", "nothing")
OF_TYPE = {
    "points": {"points"},
    "deal": {"amount", "percent", "percent_of_sale", "validity_period", "validity_unit"},
    "coupon": {"codes"},
    "nothing": set(),
}
OF_ONE_TYPE: set[str] = set().union(*OF_TYPE.values())
CREATIVES = {"tile": "internal_tile", "promotion": "internal_full_page", "behavior": "internal_behavior"}
CREATIVE = {"message", "action", "track_clicks", "title", "text", "image_url", "link_url"}
MESSAGE = {
    "header",
    "subheader",
    "sub-header",
    "description",
    "icon_url",
    "app_icon_alt_text",
    "image_url",
    "image_alt_text",
    "call_to_action",
    "points",
    "layout",
    "video_url",
}
ACTION = {"type", "url", "section", "campaign_id"}
ACTION_TYPES = ("open_ad", "deep_link", "external_link", "campaign")
MEDIA = {"uri", "content_type", "culture", "category_name"}
OFFER_TEXT = {"title", "description", "terms", "culture"}
OFFER_TEXT_LENGTH_MAX = 10_000
CODES_MAX, REWARDS_MAX = 1_000, 50
SECONDS_MAX = 100 * 366 * 24 * 3600
SCRIPTS = ("javascript:", "data:", "vbscript:")


def rewards(sent: SentObject) -> tuple[list[RewardSpec], list[str]]:
    """The rewards, and the codes of the one that gives coupons."""
    found, coupons = [], []
    for one in sent.objects("rewards", "reward"):
        one.require_known(REWARD)
        kind = one.required("type", one.choice("type", REWARD_TYPES))
        one.require_known(REWARD - OF_ONE_TYPE | OF_TYPE[kind])
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
        name = one.text("name") or {"points": "Points", "deal": "Deal", "coupon": "Coupon"}.get(kind, "Entry")
        found.append(RewardSpec({"deal": "voucher"}.get(kind, kind), name, terms, one.text("behavior")))
    if len(found) > REWARDS_MAX:
        raise sent.wrong("rewards", f"a list of at most {REWARDS_MAX} rewards")
    return found, coupons


def _voucher(one: SentObject) -> dict[str, Any]:
    percent, amount, share = (
        one.hundredths("percent", 100),
        one.hundredths("amount"),
        one.hundredths("percent_of_sale", 100),
    )
    if sum(map(bool, (percent, amount, share))) != 1:
        raise one.wrong("percent", "over 0, or amount is, or percent_of_sale: a deal takes one of them off")
    return {
        "voucher_kind": "basket_pct" if percent else "basket",
        "amount": amount or 0,
        "voucher_hundredths_of_percent": percent or share or None,
        "voucher_seconds": _seconds(one),
    }


def _seconds(one: SentObject) -> int | None:
    unit = one.choice("validity_unit", tuple(UNITS)) or "day"
    quantity = one.whole("validity_period", 1, SECONDS_MAX)
    if quantity is None:
        return None
    if quantity * UNITS[unit] > SECONDS_MAX:
        raise one.wrong("validity_period", "at most a hundred years")
    return quantity * UNITS[unit]


def _offer(one: SentObject) -> dict[str, Any]:
    """What is only printed with a deal."""
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


def creatives(sent: SentObject) -> list[CreativeSpec]:
    """Raises as `rewards` does."""
    told_of = sent.object("creatives")
    if told_of is None:
        return []
    told_of.require_known(CREATIVES)
    plans = []
    for name in told_of.values:
        one = told_of.object(name, "creative")
        if one is not None:
            plans.append(CreativeSpec(CREATIVES[name], _content(one), one.flag("track_clicks", True)))
    return plans


def _content(one: SentObject) -> dict[str, Any]:
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
            "type": type_,
            "url": action.text("url", 2_000),
            "section": action.text("section"),
            "campaign_id": action.whole("campaign_id", 1),
        }
    for name in ("title", "text", "image_url", "link_url"):
        if one.has(name):
            found[name] = one.text(name, OFFER_TEXT_LENGTH_MAX)
    for name in ("image_url", "link_url"):
        _require_address(one, name, SCHEMES)
    return found


def _require_address(sent: SentObject, name: str, schemes: tuple[str, ...]) -> None:
    """An address that a device may follow: of these schemes, or of any that runs no script."""
    address = sent.text(name, 2_000)
    if address is None:
        return
    lowered = address.lower().strip()
    fits = lowered.startswith(schemes) if schemes else ":" in lowered and not lowered.startswith(SCRIPTS)
    if not fits or not _is_address(address):
        raise sent.wrong(name, f"an address that begins with {' or '.join(schemes) or 'the scheme of an app'}")


def _is_address(text: str) -> bool:
    """What every browser, and whoever redirects there, can read."""
    try:
        urlsplit(iri_to_uri(text)).port  # noqa: B018  raises for a port that is none
    except ValueError:
        return False
    return not any(ord(character) <= 32 for character in text)
