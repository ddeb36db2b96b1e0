"""What each kind of rule gives, and why not. Without a database."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.calendar import ALWAYS_FROM, ALWAYS_TO
from app.sales import rules
from app.sales.rules import Bought, Earned, Earner, Item, Rule

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
COFFEE = Item("COFFEE", 2, 700, [("kind", "drink"), ("fair", "yes")])
CARD = Item("CARD", 1, 2_000, [("kind", "card")])
DELIVERY = Item("SEND", 1, 495, is_delivery=True)
ANYBODY = Earner("gold", frozenset({"regulars"}))


def rule(kind: str, id: int = 1, **details: Any) -> Rule:
    own = {name: details.pop(name) for name in ("levels", "segments", "shops") if name in details}
    window = details.pop("window", (ALWAYS_FROM, ALWAYS_TO))
    found = {name: frozenset(own.get(name, ())) for name in ("levels", "segments", "shops")}
    return Rule(id, kind, *window, **found, terms=details)


def bought(*items: Item, shop: str | None = None) -> Bought:
    return Bought(sum(it.amount for it in items), items, NOON, shop)


def points(found: Earned) -> list[tuple[int, int, str | None]]:
    assert sum(found.of_item) == found.points
    return [tuple(it) for it in found.given]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"points_per_unit": 100}, 3_195),
        ({"points_per_unit": 150}, 4_793),  # 47.925 points, half up
        ({"points_per_unit": 100, "excluded_skus": ["CARD"]}, 1_195),
        ({"points_per_unit": 100, "excludes_delivery": True}, 2_700),
        ({"points_per_unit": 100, "excluded_labels": [["kind", "card"]]}, 1_195),
        ({"points_per_unit": 100, "excluded_labels": [["kind", ""]]}, 495),
        ({"points_per_unit": 100, "included_labels": [["fair", "yes"]]}, 700),
        ({"points_per_unit": 100, "min_order": 3_195}, 3_195),
    ],
)
def test_what_is_spent_earns(terms: dict[str, Any], expected: int) -> None:
    found = rules.for_sale([rule("spending", **terms)], bought(COFFEE, CARD, DELIVERY), ANYBODY)
    assert points(found) == [(1, expected, None)]


def test_products_earn_by_the_piece_and_multipliers_come_last() -> None:
    found = rules.for_sale(
        [
            rule("label_multiplier", 1, multipliers=[["kind", "drink", 300], ["fair", "", 200]]),
            rule("product_multiplier", 2, skus=["CARD"], multiplier=200),
            rule("product", 3, skus=["COFFEE"], points=500),
            rule("spending", 4, points_per_unit=100),
        ],
        bought(COFFEE, CARD),
        ANYBODY,
    )
    # 7 and 20 for what is spent, 2 x 5 for coffees; the card counts twice, and 17 for coffee six times.
    assert points(found) == [(4, 2_700, None), (3, 1_000, None), (2, 2_000, None), (1, 8_500, None)]


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"window": (NOON + timedelta(seconds=1), ALWAYS_TO)}, "rule_not_yet_valid"),
        ({"window": (ALWAYS_FROM, NOON)}, "rule_no_longer_valid"),
        ({"levels": ["silver"]}, "rule_for_others"),
        ({"levels": ["silver"], "segments": ["new"]}, "rule_for_others"),
        ({"shops": ["corner"]}, "rule_for_other_shops"),
        ({"min_order": 701}, "below_minimum"),
        ({"included_labels": [["kind", "tea"]]}, "nothing_that_earns"),
        ({"points_per_unit": 10**18}, "too_many_points"),
    ],
)
def test_a_rule_that_gives_nothing_says_why(details: dict[str, Any], reason: str) -> None:
    found = rules.for_sale(
        [rule("spending", **{"points_per_unit": 100, **details})], bought(COFFEE, shop="mall"), ANYBODY
    )
    assert points(found) == [(1, 0, reason)]


def test_a_rule_is_for_a_level_or_a_segment_and_for_whoever_may_earn() -> None:
    for details in ({"levels": ["gold"]}, {"levels": ["silver"], "segments": ["regulars"]}, {"shops": ["mall"]}):
        [found] = rules.for_sale(
            [rule("spending", points_per_unit=100, **details)], bought(COFFEE, shop="mall"), ANYBODY
        ).given
        assert found.points == 700, details
    [found] = rules.for_sale(
        [rule("spending", points_per_unit=100)], bought(COFFEE), Earner("gold", frozenset(), may_earn=False)
    ).given
    assert found.reason == "customer_may_not_earn"


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**6), min_size=1, max_size=8), st.randoms())
def test_returns_take_back_all_in_the_end_and_never_more_on_the_way(earned: int, parts: list[int], random: Any) -> None:
    amount = sum(parts)
    taken, returned, before = [], 0, 0
    for part in random.sample(parts, len(parts)):
        returned += part
        taken.append(rules.take_back(earned, amount, returned))
        assert before <= taken[-1] <= earned
        before = taken[-1]
    assert taken[-1] == earned


@pytest.mark.parametrize(
    ("there", "kilometres"),
    [
        ((52.52, 13.405), 0),
        ((52.520009, 13.405), 0.001),
        ((48.8566, 2.3522), 877.46),  # from Berlin to Paris
        ((-52.52, -166.595), math.pi * rules.EARTH_RADIUS_KM),  # the other side of the earth
    ],
)
def test_how_near_a_place_is(there: tuple[float, float], kilometres: float) -> None:
    at = {"latitude": 52.52, "longitude": 13.405}
    assert rules.is_within({**at, "radius": kilometres * 1.001 + 0.0001}, *there)
    assert not kilometres or not rules.is_within({**at, "radius": kilometres * 0.999}, *there)
