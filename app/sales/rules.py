"""What each earning rule gives for a sale or an event, and why it gives nothing. Pure. Amounts in hundredths.

Of several rules, those of what is spent come first, then those of products; multipliers come last, and multiply what the others
gave for an item. Every share is exact until it is rounded, half up, for its rule. Source: Open Loyalty 2.9, "Earning rules".
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from app.amounts import BALANCE_MAX

Share = int | Fraction  # of points, in hundredths, exactly
Label = tuple[str, str]  # key and value; of a rule, no value stands for any
NAMED_MAX = 1_000  # products or labels that a rule names
NAMING = ("skus", "excluded_skus", "labels", "excluded_labels", "included_labels", "multipliers")
EARTH_RADIUS_KM = 6_371.0  # its mean
RANGES = {"latitude": (-90, 90), "longitude": (-180, 180), "radius": (0.001, 20_000)}  # degrees, and kilometres
MULTIPLIER_MAX = 100_000  # hundredths: a thousand times


class Item(NamedTuple):
    """A line of a receipt."""

    sku: str
    quantity: int
    amount: int
    labels: Sequence[Label] = ()
    is_delivery: bool = False


@dataclass(frozen=True)
class Bought:
    """A sale, as the rules see it."""

    amount: int
    items: Sequence[Item]
    bought_at: datetime
    shop: str | None = None


@dataclass(frozen=True)
class Earner:
    """Whose sale or event it is: the UUIDs of the level and of the segments, and whether the status lets earn."""

    level: str | None
    segments: frozenset[str]
    may_earn: bool = True


@dataclass(frozen=True)
class Rule:
    """An earning rule, as it is stored."""

    id: int
    kind: str
    starts_at: datetime
    ends_at: datetime
    levels: frozenset[str]
    segments: frozenset[str]
    shops: frozenset[str]
    terms: Mapping[str, Any]


class Given(NamedTuple):
    """What a rule gives, or the code of the reason why it gives nothing."""

    rule_id: int
    points: int
    reason: str | None = None


def refusal(rule: Rule, earner: Earner, at: datetime, shop: str | None) -> str | None:
    """Why a rule is not for this customer, at this moment, in this shop."""
    if not earner.may_earn:
        return "customer_may_not_earn"
    if at < rule.starts_at:
        return "rule_not_yet_valid"
    if at >= rule.ends_at:
        return "rule_no_longer_valid"
    if (rule.levels or rule.segments) and not (earner.level in rule.levels or earner.segments & rule.segments):
        return "rule_for_others"
    if rule.shops and shop not in rule.shops:
        return "rule_for_other_shops"
    return None


@dataclass
class _Shares:
    """What each item has earned so far."""

    bought: Bought
    of_item: list[Share] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.of_item = [0] * len(self.bought.items)


class Earned(NamedTuple):
    """What each rule gives for a sale, in the order in which they count; and of all of it, each item's share."""

    given: list[Given]
    of_item: list[int]

    @property
    def points(self) -> int:
        return max(0, sum(it.points for it in self.given))


def for_sale(rules: Sequence[Rule], bought: Bought, earner: Earner) -> Earned:
    """What these rules of sales give."""
    shares, found, left = _Shares(bought), [], BALANCE_MAX
    for rule in sorted(rules, key=lambda it: (_ORDER[it.kind], it.id)):
        reason = refusal(rule, earner, bought.bought_at, bought.shop)
        points = 0
        if reason is None:
            more = SALE_KINDS[rule.kind](rule.terms, shares)
            if isinstance(more, str):
                reason = more
            else:
                points = rounded(sum(more))
                if points > left:
                    points, reason = 0, "too_many_points"
                elif points:
                    left -= points
                    shares.of_item = [share + extra for share, extra in zip(shares.of_item, more, strict=True)]
                else:
                    reason = "nothing_that_earns"
        found.append(Given(rule.id, points, reason))
    return Earned(found, _split(max(0, sum(it.points for it in found)), shares.of_item))


def _split(points: int, shares: Sequence[Share]) -> list[int]:
    """The whole hundredths of each share, so that they make up all points."""
    whole, found, before = sum(shares), [], 0
    if whole and whole == points and all(isinstance(it, int) for it in shares):
        return [int(it) for it in shares]
    passed: Share = 0
    for share in shares:
        passed += share
        until = rounded(Fraction(points) * passed / whole) if whole else 0
        found.append(until - before)
        before = until
    return found


def rounded(points: Share) -> int:
    """Half up, to whole hundredths."""
    return points if isinstance(points, int) else int((points + Fraction(1, 2)) // 1)


def _divided(share: Share, by: int) -> Share:
    """Exactly; a whole number where it is one, for sums of fractions cost ten times as much."""
    return share // by if isinstance(share, int) and share % by == 0 else Fraction(share) / by


def take_back(earned: int, amount: int, returned: int) -> int:
    """How much of what so much money, or so many pieces, earned is to be taken back when so much was returned: at the end, all."""
    return earned if returned >= amount else rounded(Fraction(earned * returned, amount))


def has_label(labels: Sequence[Label], wanted: Sequence[Sequence[str]]) -> bool:
    """An item has one of these labels."""
    return any(key == k and value in ("", v) for key, value in map(tuple, wanted) for k, v in labels)


def _spending(terms: Mapping[str, Any], shares: _Shares) -> list[Share] | str:
    bought = shares.bought
    if bought.amount < terms.get("min_order", 0):
        return "below_minimum"
    per_unit = terms["points_per_unit"]
    return [_divided(item.amount * per_unit, 100) if _counts(item, terms) else 0 for item in bought.items]


def _counts(item: Item, terms: Mapping[str, Any]) -> bool:
    if item.sku in terms.get("excluded_skus", ()) or (terms.get("excludes_delivery") and item.is_delivery):
        return False
    if has_label(item.labels, terms.get("excluded_labels", ())):
        return False
    included = terms.get("included_labels")
    return not included or has_label(item.labels, included)


def _product(terms: Mapping[str, Any], shares: _Shares) -> list[Share]:
    return [terms["points"] * it.quantity if it.sku in terms["skus"] else 0 for it in shares.bought.items]


def _product_multiplier(terms: Mapping[str, Any], shares: _Shares) -> list[Share]:
    skus, labels = terms.get("skus", ()), terms.get("labels", ())
    return [
        _divided(share * (terms["multiplier"] - 100), 100) if item.sku in skus or has_label(item.labels, labels) else 0
        for item, share in zip(shares.bought.items, shares.of_item, strict=True)
    ]


def _label_multiplier(terms: Mapping[str, Any], shares: _Shares) -> list[Share]:
    """Of several labels of one item, each multiplies."""
    found = []
    for item, share in zip(shares.bought.items, shares.of_item, strict=True):
        multiplied = share
        for key, value, multiplier in terms["multipliers"]:
            if has_label(item.labels, [(key, value)]):
                multiplied = _divided(multiplied * multiplier, 100)
        found.append(multiplied - share)
    return found


# The rules of sales, in the order in which they count.
SALE_KINDS: Mapping[str, Callable[[Mapping[str, Any], _Shares], list[Share] | str]] = {
    "spending": _spending,
    "product": _product,
    "product_multiplier": _product_multiplier,
    "label_multiplier": _label_multiplier,
}

_ORDER = {kind: place for place, kind in enumerate(SALE_KINDS)}


def problems(kind: str, terms: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with the terms of a kind: each with the field's name."""
    for name in REQUIRED[kind]:
        if terms.get(name) in (None, [], ""):
            yield name, "This value should not be blank."
    if kind == "product_multiplier" and not (terms.get("skus") or terms.get("labels")):
        yield "skus", "This collection should contain 1 element or more."
    for name in ("points", "points_per_unit"):
        if name in REQUIRED[kind] and terms.get(name) is not None and terms[name] < 1:
            yield name, "This value should be greater than 0."
    if any(len(terms.get(name) or ()) > NAMED_MAX for name in NAMING):
        yield "skus", f"At most {NAMED_MAX} products or labels in one rule."
    multipliers = [terms.get("multiplier"), *(it[2] for it in terms.get("multipliers") or [])]
    for it in multipliers:
        if it is not None and not 0 <= it <= MULTIPLIER_MAX:
            yield "multiplier", f"This value should be between 0 and {MULTIPLIER_MAX // 100}."
    for name, (least, most) in RANGES.items():
        if terms.get(name) is not None and not least <= terms[name] <= most:
            yield name, f"This value should be between {least} and {most}."


def is_within(terms: Mapping[str, Any], latitude: float, longitude: float) -> bool:
    """Whether a place, in degrees, is as near to a rule's as it asks: along a great circle, in kilometres."""
    here, there = math.radians(latitude), math.radians(terms["latitude"])
    turned = math.radians(longitude - terms["longitude"])
    # Haversines: exact also for places that are close to one another.
    half = math.sin((there - here) / 2) ** 2 + math.cos(here) * math.cos(there) * math.sin(turned / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half))) <= float(terms["radius"])


REQUIRED: Mapping[str, tuple[str, ...]] = {
    "spending": ("points_per_unit",),
    "product": ("skus", "points"),
    "product_multiplier": ("multiplier",),
    "label_multiplier": ("multipliers",),
    "event": ("event", "points"),
    "custom_event": ("event", "points"),
    "geolocation": ("latitude", "longitude", "radius", "points"),
    "qr_code": ("code", "points"),
    "referral": ("event", "rewards", "points"),
    "instant_reward": ("campaign",),
}
