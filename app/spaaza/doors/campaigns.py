"""add-campaign and get-campaigns."""

import re
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from flask import Response

from app import clock
from app.calendar import ALWAYS_FROM, ALWAYS_TO, DAY_SECONDS, EVERY_DAY
from app.campaign.document.spec import (
    EVERYONE,
    AudienceSpec,
    CampaignSpec,
    LimitSpec,
    RewardSpec,
    ScheduleSpec,
    TextSpec,
)
from app.campaign.limits import UNLIMITED
from app.campaign.listings import chain_campaigns
from app.campaign.listings.chain_campaigns import ChainCampaign
from app.campaign.models.campaigns import CAMPAIGN_KINDS, CONTEXTS, Campaign
from app.campaign.models.rewards import METHOD_KINDS, RECIPIENTS, VOUCHER_KINDS
from app.campaign.setup import campaigns
from app.campaign.setup.coupons import CODE_LENGTH_MAX
from app.organizations.models import UNITS
from app.segments import segments
from app.spaaza import access, codes, envelope, schemas, views
from app.spaaza.calls import STAFF, call, called_as
from app.spaaza.identify import customer_id
from app.spaaza.parameters import Parameters, invalid, paging, parameters
from app.web import fields
from app.web.door import note_subject, reading, transaction
from app.web.rejected import Rejected

ADD, LIST, ONE = "add-campaign", "get-campaigns", "get-campaign"
CODES_MAX = 1_000
TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
VOUCHER_SECONDS_MAX = 100 * 366 * 24 * 3600
METHOD_FIELDS = {
    "type",
    "title",
    "amount",
    "weight",
    "max_quantity",
    "max_quantity_unit",
    "max_quantity_per_user",
    "max_quantity_per_user_unit",
    "restrictions",
    "recipient",
    "voucher_type",
    "voucher_discount_ratio",
    "voucher_honour_code",
    "voucher_text",
    "voucher_expiry_seconds",
    "codes",
}
IGNORED = {"subtitle", "notes", "priority", "owner_code", "auth_method"}  # for people, or for other systems
FIELDS = IGNORED | {
    "chain_id",
    "title",
    "type",
    "context",
    "active",
    "description",
    "active_date_from",
    "active_date_until",
    "active_time_from",
    "active_time_until",
    "active_weekdays",
    "max_reward_quantity",
    "max_reward_quantity_unit",
    "total_reward_quantity",
    "total_reward_quantity_unit",
    "point_cost",
    "user_segment",
    "allows_end_user_to_claim_voucher",
    "created_voucher_claimed_by_default",
    "rewards_handling",
    "restrictions",
    "reward_methods",
}
HANDLINGS = ("independent", "random_draw")


@call(
    ADD,
    "POST",
    roles=STAFF,
    write=True,
    prefix="/internal",
    parameters={
        "chain_id": "The chain; for the staff.",
        "title*": "Its name.",
        "type*": ", ".join(CAMPAIGN_KINDS),
        "context": f"Of a composable campaign: {', '.join(CONTEXTS)}. It never changes.",
        "active*": "Whether it is switched on.",
        "description": "",
        "active_date_from": "YYYY-MM-DD HH:MM:SS, UTC.",
        "active_date_until": "The same; closed from then on.",
        "active_time_from": "HH:MM[:SS], in the chain's zone.",
        "active_time_until": "The same.",
        "active_weekdays": "Days with commas between; 1 is Monday.",
        "max_reward_quantity": "How often a customer is rewarded, in all or in each",
        "max_reward_quantity_unit": ", ".join(UNITS),
        "total_reward_quantity": "The same for all customers together, per",
        "total_reward_quantity_unit": "the same units.",
        "point_cost": "Points that each time costs.",
        "user_segment": "UUID of the segment that it is for; everybody when absent.",
        "allows_end_user_to_claim_voucher": "true",
        "created_voucher_claimed_by_default": "false",
        "rewards_handling": "independent (each reward method gives) or random_draw (one does)",
        "restrictions": "A condition on the customer: docs/restrictions.md.",
        "reward_methods*": "A list of objects: type (points, voucher, coupon, nothing), title, amount, weight, max_quantity,"
        " max_quantity_unit, max_quantity_per_user, max_quantity_per_user_unit, restrictions, recipient (referring, referred),"
        " voucher_type, voucher_discount_ratio, voucher_honour_code, voucher_text, voucher_expiry_seconds, codes.",
    },
    results=schemas.CampaignResult,
)
def add() -> Response:
    """Create a campaign. A draw's answer holds the commitment to its seed."""
    sent = parameters()
    unknown = set(sent.values) - FIELDS
    if unknown:
        raise invalid("add-campaign", f"no {', '.join(sorted(unknown))}, which this service does not know")
    methods = [Parameters(method) for method in _objects(sent, "reward_methods")]
    spec = _spec(sent, methods)
    now = clock.now()
    with transaction() as session:
        for segment in spec.audience.segments:
            segments.get(session, segment, {access.chain_id()})
        made = campaigns.create(session, spec, now, access.chain_id(), by=access.actor())
        note_subject(campaign=made.uuid)
        shown = cast(Campaign, chain_campaigns.one(session, made.id))
        answer = views.campaign(ChainCampaign(shown), now)
    return envelope.ok(ADD, {"campaign": answer})


@call(
    LIST,
    "GET",
    changes=False,
    also=(ONE,),
    parameters={
        "chain_id": "The chain; for the staff.",
        "campaign_id": "Only this one.",
        "user_id": "Adds `user_progress` of this customer; other identifiers do, too.",
        "active": "true: only campaigns that are switched on and within their dates.",
        "limit": "At most so many (20).",
        "offset": "Skip so many.",
    },
    results=schemas.CampaignsResult,
)
def listed() -> Response:
    """List a chain's campaigns, with a customer's progress; called get-campaign, show one."""
    sent = parameters()
    now = clock.now()
    is_customer = access.is_customer()
    only_active = is_customer or bool(sent.flag("active", False))
    with reading() as session:
        customer = customer_id(session, sent) if is_customer or sent.identifiers() else None
        found = chain_campaigns.page(
            session, access.chain_id(), paging(), now, sent.whole("campaign_id", 0), customer, only_active, is_customer
        )
        shown = [views.campaign(row, now, for_customer=is_customer) for row in found.rows]
    if called_as() != ONE:
        return envelope.ok(LIST, {"campaigns": shown, "total": found.total})
    sent.required("campaign_id", sent.whole("campaign_id", 0))
    if not shown:
        raise Rejected(codes.CAMPAIGN_NOT_FOUND)
    return envelope.ok(ONE, {"campaign": shown[0]})


def _spec(sent: Parameters, methods: list[Parameters]) -> CampaignSpec:
    kind = sent.required("type", sent.choice("type", CAMPAIGN_KINDS))
    context = sent.choice("context", CONTEXTS)
    if kind != "composable":
        if context not in (None, kind):
            raise invalid("context", f"{kind} for this type, or nothing")
        context = kind
    segment = sent.text("user_segment")
    return CampaignSpec(
        name=sent.required("title", sent.text("title")),
        lifecycle="live" if sent.required("active", sent.flag("active")) else "draft",
        kind=kind,
        context=context or "basket",  # Spaaza's own default
        handling=sent.choice("rewards_handling", HANDLINGS) or "independent",
        texts=TextSpec(sent.text("description", 10_000)),
        schedule=ScheduleSpec(
            activity=_window(sent),
            weekdays=_weekdays(sent),
            opens_second=_second(sent, "active_time_from", 0),
            closes_second=_second(sent, "active_time_until", DAY_SECONDS),
        ),
        audience=AudienceSpec(segments=[_uuid("user_segment", segment)]) if segment else EVERYONE,
        restrictions=_restrictions(sent),
        limits=_limits(sent),
        cost=_not_negative(sent, "point_cost") or 0,
        codes=[code for method in methods for code in _codes(method)],
        rewards=[_reward(method) for method in methods],
        customer_may_claim=bool(sent.flag("allows_end_user_to_claim_voucher", True)),
        claimed_by_default=bool(sent.flag("created_voucher_claimed_by_default", False)),
    )


def _limits(sent: Parameters) -> LimitSpec:
    unit = sent.choice("total_reward_quantity_unit", UNITS)
    total = _limit(sent, "total_reward_quantity")
    return LimitSpec(
        limit=UNLIMITED if unit else total,
        limit_per_customer=_limit(sent, "max_reward_quantity"),
        limit_per_customer_unit=sent.choice("max_reward_quantity_unit", UNITS),
        limit_in_period=total if unit else UNLIMITED,
        limit_unit=unit,
    )


def _reward(sent: Parameters) -> RewardSpec:
    unknown = set(sent.values) - METHOD_FIELDS
    if unknown:
        raise invalid(
            "reward_methods", f"no {', '.join(sorted(unknown))}, but some of {', '.join(sorted(METHOD_FIELDS))}"
        )
    kind = sent.required("type", sent.choice("type", METHOD_KINDS))
    amount = _not_negative(sent, "amount") or 0
    terms: dict[str, Any] = {
        "recipient": sent.choice("recipient", RECIPIENTS) or "customer",
        "weight": 1 if not sent.has("weight") else sent.whole("weight", 0),
        "amount": 0,
        "restrictions": _restrictions(sent),
        "limit_per_customer": _limit(sent, "max_quantity_per_user"),
        "limit_per_customer_unit": sent.choice("max_quantity_per_user_unit", UNITS),
        "limit_unit": sent.choice("max_quantity_unit", UNITS),
    }
    terms["limit_in_period" if terms["limit_unit"] else "stock"] = _limit(sent, "max_quantity")
    if kind == "points":
        terms["amount"] = amount
    if kind == "voucher":
        terms |= _voucher(sent, amount)
    return RewardSpec(kind, sent.text("title") or kind, terms)


def _voucher(sent: Parameters, amount: int) -> dict[str, Any]:
    kind = sent.choice("voucher_type", VOUCHER_KINDS) or "basket"
    ratio = sent.ratio("voucher_discount_ratio")
    if kind == "honour" or (kind == "basket" and amount):
        ratio = None
    return {
        "voucher_kind": kind,
        "amount": amount if kind == "basket" else 0,
        "voucher_hundredths_of_percent": ratio or None,
        "voucher_code": sent.text("voucher_honour_code"),
        "voucher_text": sent.text("voucher_text"),
        "voucher_seconds": _seconds(sent),
    }


def _seconds(sent: Parameters) -> int | None:
    seconds = sent.whole("voucher_expiry_seconds", 1)
    if seconds is not None and seconds > VOUCHER_SECONDS_MAX:
        raise invalid("voucher_expiry_seconds", f"at most {VOUCHER_SECONDS_MAX}, a hundred years")
    return seconds


def _codes(method: Parameters) -> list[str]:
    found = method.values.get("codes") or []
    codes = list(found.values()) if isinstance(found, dict) else found
    if not isinstance(codes, list) or len(codes) > CODES_MAX:
        raise invalid("codes", f"a list of at most {CODES_MAX} codes; more are imported with `guerdon coupons import`")
    try:
        codes = [fields.code(code, CODE_LENGTH_MAX) for code in codes]
    except ValueError as e:
        raise invalid("codes", f"codes of 1 to {CODE_LENGTH_MAX} characters") from e
    if len(set(codes)) != len(codes):
        raise invalid("codes", "each code once")
    return codes


def _restrictions(sent: Parameters) -> dict[str, Any] | None:
    value = sent.json("restrictions")
    if value in (None, {}):
        return None
    if not isinstance(value, dict):
        raise invalid("restrictions", "an object")
    return cast(dict[str, Any], value)


def _objects(sent: Parameters, name: str) -> list[dict[str, Any]]:
    value = sent.required(name, sent.json(name))
    rows = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise invalid(name, "a list of objects")
    return rows


def _limit(sent: Parameters, name: str) -> int:
    limit = sent.whole(name, 0)
    if limit is not None and limit > UNLIMITED:
        raise invalid(name, f"at most {UNLIMITED}")
    return UNLIMITED if limit is None else limit


def _not_negative(sent: Parameters, name: str) -> int | None:
    amount = sent.amount(name)
    if amount is not None and amount < 0:
        raise invalid(name, "an amount that is not negative")
    return amount


def _window(sent: Parameters) -> tuple[datetime, datetime]:
    opens, closes = sent.moment("active_date_from"), sent.moment("active_date_until")
    window = (opens or ALWAYS_FROM, closes - views.MINUTE if closes else ALWAYS_TO)
    if window[0] > window[1]:
        raise invalid("active_date_until", "a moment at least a minute after active_date_from")
    return window


def _weekdays(sent: Parameters) -> int:
    text = sent.text("active_weekdays")
    if text is None:
        return EVERY_DAY
    days = [day.strip() for day in text.split(",")]
    if not all(re.fullmatch("[1-7]", day) for day in days):
        raise invalid("active_weekdays", "days from 1 (Monday) to 7 with commas between")
    return sum(1 << int(day) - 1 for day in set(days))


def _second(sent: Parameters, name: str, default: int) -> int:
    text = sent.text(name)
    if text is None:
        return default
    time = TIME.fullmatch(text)
    if time is None:
        raise invalid(name, "HH:MM or HH:MM:SS")
    hours, minutes, seconds = (int(part or 0) for part in time.groups())
    return hours * 3600 + minutes * 60 + seconds


def _uuid(name: str, text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as e:
        raise invalid(name, "a UUID") from e
