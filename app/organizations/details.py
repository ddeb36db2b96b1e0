"""What a chain decides, whole, and whether it makes sense; decided without a database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.organizations.errors import BadChain
from app.organizations.models import (
    DISPLAYED,
    LEVELS_BY,
    MATCHES_BY,
    MAY_BE_GRANTED,
    POINTS_DAYS_MAX,
    POINTS_EXPIRIES,
    UNITS,
)

COLOR = re.compile(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
SKUS_MAX = 1_000
WINDOW_MAX = 5_000  # of any unit: years stay within the calendar


@dataclass(frozen=True)
class ChainDetails:
    """What is decided about a chain. Without a referral window, codes count at sign-up only. For points see `app.points.terms`."""

    name: str
    currency: str = "EUR"
    time_zone: str = "UTC"
    referral_window_quantity: int | None = None
    referral_window_unit: str | None = None
    third_party_voucher_ids: bool = False
    has_divisions: bool = False
    points_expiry: str = "never"
    points_days_active: int | None = None
    points_days_locked: int = 0
    matches_by: Sequence[str] = MATCHES_BY
    delivery_skus: Sequence[str] = ()
    levels_by: str = "hand"
    level_days: int | None = None
    display: Mapping[str, str] = field(default_factory=dict)  # see DISPLAYED
    earning_statuses: Sequence[str] = ("active",)  # of customers, among MAY_BE_GRANTED
    spending_statuses: Sequence[str] = ("active",)
    allows_profile_edits: bool = True  # by customers, of their own


def is_zone(name: str) -> bool:
    """It is the name of a time zone; some are only the names of folders of them."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def checked(terms: ChainDetails) -> ChainDetails:
    """The same as it is kept. Raises BadChain."""
    _require_place(terms)
    _require_referral_window(terms)
    _require_points(terms)
    _require_levels(terms)
    _require_sales(terms)
    _require_statuses(terms)
    _require_display(terms)
    return replace(
        terms,
        currency=terms.currency.upper(),
        matches_by=list(terms.matches_by),
        delivery_skus=list(terms.delivery_skus),
        display=dict(terms.display),
        earning_statuses=tuple(dict.fromkeys(terms.earning_statuses)),
        spending_statuses=tuple(dict.fromkeys(terms.spending_statuses)),
    )


def _require_place(terms: ChainDetails) -> None:
    if not is_zone(terms.time_zone):
        raise BadChain(f"{terms.time_zone} is no time zone; write one like Europe/Amsterdam.", field="time_zone")
    if not (len(terms.currency) == 3 and terms.currency.isascii() and terms.currency.isalpha()):
        raise BadChain("The currency has three letters, like EUR.", field="currency")


def _require_referral_window(terms: ChainDetails) -> None:
    quantity, unit = terms.referral_window_quantity, terms.referral_window_unit
    if (quantity is None) != (unit is None) or unit not in (None, *UNITS) or not 0 <= (quantity or 0) <= WINDOW_MAX:
        raise BadChain(
            f"A referral window is a quantity of at most {WINDOW_MAX} and a unit of {', '.join(UNITS)}.",
            field="referral_window",
        )


def _require_points(terms: ChainDetails) -> None:
    days = terms.points_days_active
    if (
        terms.points_expiry not in POINTS_EXPIRIES
        or (terms.points_expiry == "after_days") != (days is not None)
        or not 1 <= (1 if days is None else days) <= POINTS_DAYS_MAX
    ):
        raise BadChain(
            f"Points expire {', '.join(POINTS_EXPIRIES)}; of `after_days`, and of no other, say from 1 to {POINTS_DAYS_MAX} days.",
            field="points_expiry",
        )
    if not 0 <= terms.points_days_locked <= POINTS_DAYS_MAX:
        raise BadChain(f"Points are locked for 0 to {POINTS_DAYS_MAX} days.", field="points_days_locked")


def _require_levels(terms: ChainDetails) -> None:
    days = terms.level_days
    if terms.levels_by not in LEVELS_BY or not 1 <= (1 if days is None else days) <= POINTS_DAYS_MAX:
        raise BadChain(
            f"Levels are reached by {', '.join(LEVELS_BY)}, of all time or of 1 to {POINTS_DAYS_MAX} days.",
            field="levels_by",
        )


def _require_sales(terms: ChainDetails) -> None:
    if not set(terms.matches_by) <= set(MATCHES_BY) or len(set(terms.matches_by)) < len(terms.matches_by):
        raise BadChain(f"Sales are matched by {', '.join(MATCHES_BY)}, each once.", field="matches_by")
    if len(terms.delivery_skus) > SKUS_MAX:
        raise BadChain(f"At most {SKUS_MAX} products are the cost of delivery.", field="delivery_skus")


def _require_statuses(terms: ChainDetails) -> None:
    for name in ("earning_statuses", "spending_statuses"):
        if not {"active"} <= set(getattr(terms, name)) <= set(MAY_BE_GRANTED):
            raise BadChain(
                f"Who is active may earn and spend; who else may is among {', '.join(MAY_BE_GRANTED)}.", field=name
            )


def _require_display(terms: ChainDetails) -> None:
    if unknown := terms.display.keys() - set(DISPLAYED):
        raise BadChain(f"Clients show no {', '.join(sorted(unknown))} of a programme.", field="display")
    for name, url in terms.display.items():
        if url and name.endswith("url") and urlsplit(url).scheme not in ("http", "https"):
            raise BadChain("An address begins with http:// or https://.", field=name)
    if not COLOR.fullmatch(terms.display.get("accent_color") or "#000"):
        raise BadChain("A colour is written like #1a7f37.", field="accent_color")
