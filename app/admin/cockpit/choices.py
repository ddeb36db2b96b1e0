"""What can be chosen in the fields of Open Loyalty's cockpits, which ask for all of it before they show anything.

Source: contract sections 3.6 and 7.1.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from flask import Response, jsonify

from app.admin.cockpit.settings import visited
from app.campaign.models.vouchers import DELIVERIES
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.rules import EVENTS, PERIODS, REFERRAL_EVENTS, REFERRAL_TYPES
from app.openloyalty.forms.settings import EXPIRIES
from app.openloyalty.schemas import STATUSES
from app.organizations import translations
from app.sales.earning import FIRST_PURCHASE, REGISTERED
from app.web.door import anyone, reading, settings

blueprint = Blueprint("admin_field_choices", __name__)

# What the list of territories knows beside ISO 3166: groups, and places that are parts of a country.
NO_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
EVENT_NAMES = {REGISTERED: "Account created", FIRST_PURCHASE: "First purchase"}


@cache
def _languages() -> dict[str, str]:
    """Names in English, and their codes: `Polish`, `pl`."""
    return dict(sorted((name, code) for code, name in Locale("en").languages.items()))


@cache
def _countries() -> dict[str, str]:
    """Names in English, and ISO 3166 codes of two letters; Kosovo's, which it leaves to its users, too."""
    known = Locale("en").territories
    return dict(sorted((name, code) for code, name in known.items() if len(code) == 2 and code not in NO_COUNTRIES))


@cache
def _zones() -> dict[str, dict[str, str]]:
    """The time zones, by the part of the world: `{"Europe": {"Warsaw": "Europe/Warsaw"}}`."""
    found: dict[str, dict[str, str]] = {}
    for name in sorted(available_timezones()):
        area, _, city = name.partition("/")
        if city and area not in ("Etc", "SystemV", "posix", "right"):
            found.setdefault(area, {})[city.replace("_", " ")] = name
    return {**found, "UTC": {"UTC": "UTC"}}


def _texts() -> list[dict[str, Any]]:
    """The languages of the programme's texts; without any, the one in which campaigns are written."""
    with reading() as session:
        known = [
            {"name": it.name, "code": it.code, "default": it.is_default}
            for it in translations.of_chain(session, visited(session).id)
        ]
    return known or [{"name": _language(settings().locale), "code": settings().locale, "default": True}]


def _language(code: str) -> str:
    """The name of a language in English; of one that nobody knows, its code."""
    with suppress(ValueError, UnknownLocaleError):
        return Locale.parse(code.replace("-", "_")).get_display_name("en") or code
    return code


def _said(words: Any) -> dict[str, str]:
    """Each word with itself said aloud: `{"First purchase": "first_purchase"}`."""
    return {word.replace("_", " ").capitalize(): word for word in words}


CHOICES: dict[str, Callable[[], Any]] = {
    "language": _languages,
    "country": _countries,
    "timezone": _zones,
    "promotedEvents": lambda: {EVENT_NAMES[event]: word for word, event in EVENTS.items()},
    "availableCustomerStatuses": lambda: [*STATUSES],
    "availableFrontendTranslations": _texts,
    "earningRuleLimitPeriod": lambda: {word.removeprefix("1 ").capitalize(): word for word in PERIODS},
    "referralEvents": lambda: _said(REFERRAL_EVENTS),
    "referralTypes": lambda: _said(REFERRAL_TYPES),
    "availableAccountActivationMethods": lambda: ["email"],
    "smsGatewayConfig": lambda: {"fields": {}},
    "availableMarketingVendors": lambda: {"none": {"name": "None", "config": {}}},
    "availablePointExpireAfter": lambda: _said(EXPIRIES),
    "deliveryStatus": lambda: sorted(DELIVERIES),
}


@blueprint.route(f"/settings/choices/<any({', '.join(CHOICES)}):type>", methods=["GET"])
@blueprint.response(200, {"type": "object", "properties": {"choices": {}}, "required": ["choices"]})
@anyone
def list_choices(type: str) -> Response:
    """List what can be chosen in a field: an object of names and values, or a list."""
    return jsonify(choices=CHOICES[type]())
