"""A campaign's document, version 1: a `CampaignSpec` as JSON, and back.

Everything is printed, and what is printed is read as the same; what is left out has its default. Levels, segments and the business
are called by their keys and names, so that a document means the same on another installation: see `references`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from app.amounts import decimal
from app.calendar import ALWAYS_FROM, ALWAYS_TO
from app.campaign.document.parts import (
    VERSION,
    CampaignDocument,
    ContentPart,
    Draft,
    GoalPart,
    HoursPart,
    ListingPart,
    OfferPart,
    OptInPart,
    SalePart,
    TextsPart,
    TranslationPart,
    VoucherPart,
    WindowPart,
)
from app.campaign.document.spec import CampaignSpec, RewardSpec, Window
from app.campaign.document.values import DocumentPart
from app.campaign.engagement import behaviors
from app.campaign.engagement.behaviors import BehaviorSpec
from app.campaign.limits import UNLIMITED

Document = Mapping[str, Any]
Messages = Mapping[Any, Any]


@cache
def _of(part: type[DocumentPart]) -> DocumentPart:
    return part()


def read(document: Document) -> Draft:
    """What a document says. Raises ValidationError, whose messages are a tree of all that cannot be read; see `pointers`."""
    draft: Draft = _of(CampaignDocument).load(document)
    return draft


def pointers(messages: Messages, path: str = "") -> list[tuple[str, str]]:
    """A tree of messages as JSON Pointers, each with its sentence."""
    found: list[tuple[str, str]] = []
    for name, below in messages.items():
        here = path if name == "_schema" else f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}"
        found += pointers(below, here) if isinstance(below, Mapping) else [(here, str(text)) for text in below]
    return found


def printed(
    spec: CampaignSpec, names: Mapping[Any, str], business: str | None, time_zone: str | None
) -> dict[str, Any]:
    """The document of a spec; `names` are the keys of its levels and segments, by UUID: one that is not there stays a UUID."""
    schedule, limits, opt_in, listing = spec.schedule, spec.limits, spec.opt_in, spec.listing
    return {
        "version": VERSION,
        "key": spec.key,
        "name": spec.name,
        "kind": spec.kind,
        "context": spec.context,
        "handling": spec.handling,
        "lifecycle": spec.lifecycle,
        "texts": _dumped(TextsPart, spec.texts),
        "translations": {code: _dumped(TranslationPart, texts) for code, texts in sorted(spec.translations.items())},
        "labels": [{"key": key, "value": value} for key, value in spec.labels],
        "activity": _window(schedule.activity),
        "visibility": _window(schedule.visibility),
        "hours": {"time_zone": time_zone}
        | {name: value for name, value in _dumped(HoursPart, schedule).items() if name != "time_zone"},
        "audience": {
            "everyone": spec.audience.for_everyone,
            "levels": [names.get(uuid, str(uuid)) for uuid in spec.audience.levels],
            "segments": [names.get(uuid, str(uuid)) for uuid in spec.audience.segments],
        },
        "restrictions": spec.restrictions,
        "opt_in": _dumped(
            OptInPart,
            {
                "required": opt_in.opt_in_required,
                "opt_in_from": opt_in.opt_in_from,
                "opt_in_to": opt_in.opt_in_to,
                "places": _or_none(opt_in.participants_max),
            },
        ),
        "price": decimal(spec.cost),
        "limits": {
            "overall": _or_none(limits.total),
            "per_period": _limit(limits.limit_in_period, limits.limit_unit),
            "per_customer": _limit(limits.per_customer, limits.limit_per_customer_unit),
        },
        "sale": _dumped(SalePart, spec.sale) if spec.sale else None,
        "rewards": [_reward(reward) for reward in spec.rewards],
        "behaviors": [_behavior(behavior) for behavior in spec.behaviors],
        "vouchers": {"customer_may_claim": spec.customer_may_claim, "claimed_by_default": spec.claimed_by_default},
        "creatives": [
            {"kind": it.kind, "content": _dumped(ContentPart, it.content), "tracks_clicks": it.tracks_clicks}
            for it in sorted(listing.creatives, key=lambda it: it.kind)
        ],
        "business": business,
        "listing": _dumped(ListingPart, listing)
        | {"categories": sorted(names.get(uuid, str(uuid)) for uuid in listing.categories or ())},
    }


def is_same(one: CampaignSpec, other: CampaignSpec) -> bool:
    """Both are the same document."""

    def whole(spec: CampaignSpec) -> tuple[Any, ...]:
        return printed(spec, {}, None, None), spec.business_id

    return whole(one) == whole(other)


def _reward(reward: RewardSpec) -> dict[str, Any]:
    terms = reward.terms
    voucher = {
        "kind": terms.get("voucher_kind"),
        "amount": terms.get("amount") or None,
        "percent": terms.get("voucher_hundredths_of_percent"),
        "code": terms.get("voucher_code"),
        "text": terms.get("voucher_text"),
        "valid_seconds": terms.get("voucher_seconds"),
    }
    return {
        "key": reward.key,
        "title": reward.title,
        "kind": reward.kind,
        "points": decimal(terms.get("amount", 0)) if reward.kind == "points" else None,
        "voucher": _dumped(VoucherPart, voucher) if reward.kind == "voucher" else None,
        "recipient": terms.get("recipient", "customer"),
        "behavior": reward.behavior,
        "weight": terms.get("weight", 1),
        "stock": _or_none(terms.get("stock", UNLIMITED)),
        "per_period": _limit(terms.get("limit_in_period", UNLIMITED), terms.get("limit_unit")),
        "per_customer": _limit(terms.get("limit_per_customer", UNLIMITED), terms.get("limit_per_customer_unit")),
        "restrictions": terms.get("restrictions"),
        "offer": None if terms.get("offer") is None else _dumped(OfferPart, terms["offer"]),
    }


def _behavior(behavior: BehaviorSpec) -> dict[str, Any]:
    return {
        "name": behavior.name,
        "kind": behavior.kind,
        "event_name": behavior.event_name,
        "points": decimal(behavior.points),
        "times_max": _or_none(behavior.times_max),
        "per_period": {"limit": _or_none(behavior.per_period_max), "seconds": behavior.period_seconds},
        "goals": [_dumped(GoalPart, goal) for goal in behavior.goals],
        "groups": behaviors.own_groups(behavior),
    }


def _dumped(part: type[DocumentPart], value: Any) -> dict[str, Any]:
    found: dict[str, Any] = _of(part).dump(value)
    return found


def _window(window: Window) -> dict[str, Any]:
    opens, closes = window
    return _dumped(
        WindowPart, {"start": None if opens == ALWAYS_FROM else opens, "end": None if closes == ALWAYS_TO else closes}
    )


def _limit(limit: int, unit: str | None) -> dict[str, Any] | None:
    return None if limit >= UNLIMITED else {"limit": limit, "unit": unit}


def _or_none(limit: int) -> int | None:
    return None if limit >= UNLIMITED else limit
