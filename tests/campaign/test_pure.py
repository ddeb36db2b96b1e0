"""Periods, hours, restrictions and draws: decisions that need no database."""

import hashlib
import hmac
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import calendar
from app.campaign.audience import targeting
from app.campaign.awards import draws
from app.campaign.errors import BadRestriction
from app.organizations.models import UNITS

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def at(text: str, zone: ZoneInfo = AMSTERDAM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("unit", "began"),
    [
        ("second", "2026-03-29 12:34:56"),
        ("minute", "2026-03-29 12:34"),
        ("hour", "2026-03-29 12:00"),
        ("day", "2026-03-29"),
        ("week", "2026-03-23"),
        ("month", "2026-03-01"),
        ("year", "2026-01-01"),
    ],
)
def test_a_period_begins_where_the_calendar_says(unit: str, began: str) -> None:
    assert calendar.start(unit, at("2026-03-29 12:34:56.789"), AMSTERDAM) == at(began)


def test_an_hour_begins_where_the_zones_hours_do() -> None:
    kolkata = ZoneInfo("Asia/Kolkata")
    assert calendar.start("hour", at("2026-11-21 17:45", kolkata), kolkata) == at("2026-11-21 17:00", kolkata)


def test_no_unit_means_since_ever() -> None:
    assert calendar.start(None, at("2026-01-01"), AMSTERDAM) == calendar.ALWAYS_FROM


@given(st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)), st.integers(0, 10**6), st.sampled_from(UNITS))
def test_periods_move_forward_with_the_clock(moment: datetime, seconds: int, unit: str) -> None:
    now = moment.replace(tzinfo=UTC)
    then = now + timedelta(seconds=seconds)
    began, later = calendar.start(unit, now, AMSTERDAM), calendar.start(unit, then, AMSTERDAM)
    assert began <= now
    assert began <= later
    assert calendar.start(unit, began, AMSTERDAM) == began


@pytest.mark.parametrize(
    ("since", "quantity", "unit", "expected"),
    [
        ("2026-03-28 12:00", 1, "day", "2026-03-29 12:00"),  # the day that summer time begins has 23 hours
        ("2026-01-31 10:00", 1, "month", "2026-02-28 10:00"),
        ("2024-02-29 10:00", 1, "year", "2025-02-28 10:00"),
        ("2026-11-30 00:00", 2, "month", "2027-01-30 00:00"),
        ("2026-11-21 00:00", 2, "week", "2026-12-05 00:00"),
        ("2026-11-21 00:00", 90, "second", "2026-11-21 00:01:30"),
        ("2026-11-21 00:00", 0, "day", "2026-11-21 00:00"),
    ],
)
def test_so_many_units_later(since: str, quantity: int, unit: str, expected: str) -> None:
    assert calendar.later(at(since), quantity, unit, AMSTERDAM) == at(expected)


@pytest.mark.parametrize(
    ("moment", "opens", "closes", "is_open"),
    [
        ("2026-11-23 09:00", 9, 17, True),
        ("2026-11-23 16:59:59", 9, 17, True),
        ("2026-11-23 17:00", 9, 17, False),
        ("2026-11-23 08:59:59", 9, 17, False),
        ("2026-11-22 12:00", 9, 17, False),
        ("2026-11-23 23:00", 22, 2, True),
        ("2026-11-24 01:59", 22, 2, True),
        ("2026-11-24 02:00", 22, 2, False),
        ("2026-11-23 01:00", 22, 2, False),
        ("2026-11-23 12:00", 0, 24, True),
        ("2026-11-24 00:00", 0, 24, False),
    ],
)
def test_mondays_hours(moment: str, opens: int, closes: int, is_open: bool) -> None:
    monday = 0b1
    assert calendar.is_in_hours(monday, opens * 3600, closes * 3600, at(moment), AMSTERDAM) is is_open


TRAITS = {
    "user.level": {"L-1", "gold"},
    "user.segments": {"a", "b"},
    "user.age": 30,
    "user.gender": None,
    "user.created_at": datetime(2026, 5, 1, 10, tzinfo=UTC),
    "user.points": 12.5,
}


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (None, True),
        ({}, True),
        ({"user.level": "gold"}, True),
        ({"user.level": {"$in": ["silver", "L-1"]}}, True),
        ({"user.level": {"$nin": ["silver", "L-1"]}}, False),
        ({"user.level": {"$ne": "gold"}}, False),
        ({"user.segments": {"$in": ["b", "c"]}, "user.age": {"$gte": 30, "$lt": 31}}, True),
        ({"user.segments": {"$not": {"$in": ["b"]}}}, False),
        ({"user.age": {"$gt": 30}}, False),
        ({"$or": [{"user.age": 29}, {"user.age": 30}]}, True),
        ({"$and": [{"user.age": {"$lte": 30}}, {"$not": {"user.points": {"$gt": 12}}}]}, False),
        ({"user.gender": "female"}, False),
        ({"user.gender": {"$ne": "female"}}, False),
        ({"user.gender": {"$not": {"$eq": "female"}}}, True),
        ({"user.gender": {"$exists": False}}, True),
        ({"user.created_at": {"$gte": "2026-05-01", "$lt": "2026-05-02"}}, True),
        ({"user.unheard_of": 1}, False),
        ({"user.age": {"$like": 30}}, False),
    ],
)
def test_restrictions(tree: Any, expected: bool) -> None:
    assert targeting.holds(tree, TRAITS) is expected


def deep(levels: int) -> dict[str, Any]:
    return {"$not": deep(levels - 1)} if levels else {"user.age": 1}


@pytest.mark.parametrize(
    "tree",
    [
        [],
        "x",
        {"$and": []},
        {"$and": {}},
        {"$or": [1]},
        {"$not": []},
        {"$nor": [{}]},
        {"user.age": {"$gt": "x"}},
        {"user.age": True},
        {"user.age": {"$in": 4}},
        {"user.segments": {"$gt": "a"}},
        {"user.level": 4},
        {"user.age": {"$exists": 1}},
        {"user.created_at": {"$gt": "May"}},
        {"user.age": {"$between": [1, 2]}},
        deep(25),
        {"$or": [{"user.age": i} for i in range(600)]},
        {"user.age": {"$in": list(range(600))}},
    ],
)
def test_a_restriction_that_cannot_be_understood_is_refused(tree: Any) -> None:
    with pytest.raises(BadRestriction):
        targeting.checked(tree, targeting.USER)


SEED = "5e" * 32
CAMPAIGN, CUSTOMER = UUID(int=1), UUID(int=2)


def test_a_ticket_is_the_hmac_of_campaign_customer_and_number() -> None:
    message = f"{CAMPAIGN}/{CUSTOMER}/7".encode()
    assert (
        draws.ticket(SEED, CAMPAIGN, CUSTOMER, 7) == hmac.new(bytes.fromhex(SEED), message, hashlib.sha256).hexdigest()
    )
    assert draws.commitment(SEED) == hashlib.sha256(bytes.fromhex(SEED)).hexdigest()


def at_place(place: int, total: int) -> str:
    """The first ticket that falls on this place."""
    return f"{-(-(place << 256) // total):064x}"


def test_tickets_fall_exactly_on_the_weights() -> None:
    candidates = [(3, 50), (1, 1), (2, 9)]  # in any order: they lie by their ids
    picked = {place: draws.pick(candidates, at_place(place, 60)) for place in (0, 1, 9, 10, 59)}
    assert picked == {0: 1, 1: 2, 9: 2, 10: 3, 59: 3}
    assert draws.pick(candidates, "f" * 64) == 3
    assert draws.pick([(1, 0), (2, 1)], "0" * 64) == 2
    with pytest.raises(ValueError, match="nothing"):
        draws.pick([(1, 0)], "0" * 64)


def test_100000_seeded_draws_match_their_weights() -> None:
    weights = {1: 1, 2: 9, 3: 40, 4: 50, 5: 0}
    counts = dict.fromkeys(weights, 0)
    candidates = list(weights.items())
    customers = [UUID(int=random.Random(i).getrandbits(128)) for i in range(100)]
    for customer in customers:
        for number in range(1, 1_001):
            counts[draws.pick(candidates, draws.ticket(SEED, CAMPAIGN, customer, number))] += 1
    assert sum(counts.values()) == 100_000
    assert counts[5] == 0
    expected = {method: weight * 1_000 for method, weight in weights.items() if weight}
    for method, wanted in expected.items():
        share = wanted / 100_000
        assert abs(counts[method] - wanted) <= 3.9 * (100_000 * share * (1 - share)) ** 0.5
    chi_square = sum((counts[method] - wanted) ** 2 / wanted for method, wanted in expected.items())
    assert chi_square < 21.1  # three degrees of freedom, p = 0.0001


@given(st.lists(st.integers(1, 100), min_size=2, max_size=6), st.integers(0, 2**256 - 1))
def test_a_pick_depends_on_the_ticket_and_the_weights_alone(weights: list[int], ticket: int) -> None:
    left = list(enumerate(weights, 1))
    picked = draws.pick(left, f"{ticket:064x}")
    assert picked in dict(left)
    assert picked == draws.pick(list(reversed(left)), f"{ticket:064x}")
    doubled = [(method, 2 * weight) for method, weight in left]
    assert draws.pick(doubled, f"{ticket:064x}") == picked


def test_taking_a_candidate_away_leaves_the_others_their_proportions() -> None:
    left = [(2, 10), (3, 30)]  # of (1, 60), (2, 10), (3, 30)
    counts = {2: 0, 3: 0}
    for number in range(20_000):
        counts[draws.pick(left, draws.ticket(SEED, CAMPAIGN, CUSTOMER, number))] += 1
    assert abs(counts[2] - 5_000) < 3.9 * (20_000 * 0.25 * 0.75) ** 0.5
