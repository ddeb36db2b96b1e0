"""Differences of documents, in words. No database."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given

from app.campaign.document import shape
from app.campaign.document.differences import differences
from tests.campaign.document import drafts
from tests.campaign.document.test_documents import PLAYED

WHOLE: dict[str, Any] = shape.printed(
    shape.read(
        {
            "key": "k",
            "name": "Wheel",
            "kind": "composable",
            "context": "event",
            "translations": {"pl": {"name": "Koło"}},
            "rewards": [
                {"key": "a", "title": "5 points", "kind": "points", "points": 5},
                {"key": "b", "title": "€5", "kind": "voucher", "voucher": {"kind": "basket", "amount": 5}},
            ],
            "behaviors": [{"name": "Visits", "goals": [{"event_name": "visit", "earn_count": 3}]}],
            "creatives": [{"kind": "internal_tile", "content": {"message": {"header": "Come"}}}],
            "listing": {"details": {"rewards": [1], "goals": ["x"]}},
        }
    ).spec,
    {},
    None,
    "UTC",
)


@pytest.mark.parametrize(
    ("path", "value", "path_said", "said"),
    [
        ("name", "Wheel of fortune", "/name", "name: Wheel → Wheel of fortune"),
        ("price", "12.50", "/price", "price in points: 0 → 12.50"),
        ("activity.to", "2030-01-01T00:00:00+00:00", "/activity/to", "gives until: none → 2030-01-01T00:00:00+00:00"),
        ("opt_in.required", True, "/opt_in/required", "opting in is needed: no → yes"),
        ("limits.per_customer", {"limit": 2, "unit": "day"}, "/limits/per_customer", "limit for each customer: none → 2 a day"),
        ("rewards.0.points", "7.00", "/rewards/0/points", "reward 5 points, points: 5 → 7"),
        ("rewards.1.voucher.amount", "6.00", "/rewards/1/voucher/amount", "reward €5, voucher amount: 5 → 6"),
        ("rewards.0.weight", 3, "/rewards/0/weight", "reward 5 points, weight: 1 → 3"),
        ("behaviors.0.goals.0.earn_count", 4, "/behaviors/0/goals/0/earn_count", "behavior Visits, goal visit, earn count: 3 → 4"),
        ("behaviors.0.per_period.limit", 2, "/behaviors/0/per_period/limit", "behavior Visits, per period limit: none → 2"),
        ("translations.pl.name", "Koło fortuny", "/translations/pl/name", "translation pl, name: Koło → Koło fortuny"),
        ("translations", {}, "/translations/pl", "translation pl: gone"),
        ("audience.levels", ["gold"], "/audience/levels", "for the levels: none → gold"),
        ("listing.details", {"rewards": [2]}, "/listing/details", "listing details: rewards 1, goals x → rewards 2"),
        ("restrictions", {"user.age": {"$gte": 18}}, "/restrictions", "restrictions: none → user.age $gte 18"),
        ("creatives", [], "/creatives/0", "creative internal_tile: closed"),
    ],
)  # fmt: skip
def test_a_difference_is_told_where_it_is_and_in_words(path: str, value: Any, path_said: str, said: str) -> None:
    changed = deepcopy(WHOLE)
    *above, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    place: Any = changed
    for part in above:
        place = place[part]
    place[last] = value
    assert [(it.path, it.text) for it in differences(WHOLE, changed)] == [(path_said, said)]


def test_rewards_that_come_go_and_change_places() -> None:
    first, second = WHOLE["rewards"]
    new = {**first, "key": "c", "title": "A cake"}
    assert [it.text for it in differences(WHOLE, {**WHOLE, "rewards": [new, second]})] == [
        "reward 5 points: closed",
        "reward A cake: new",
    ]
    assert [it.text for it in differences(WHOLE, {**WHOLE, "rewards": [second, first]})] == [
        "rewards: in the order b, a"
    ]
    assert [it.text for it in differences(None, WHOLE)] == ["new: Wheel"]


@pytest.mark.slow
def test_whatever_differs_is_told_and_nothing_else() -> None:
    @PLAYED
    @given(drafts.documents(), drafts.documents())
    def play(one: dict[str, Any], other: dict[str, Any]) -> None:
        assert differences(one, one) == []
        assert bool(differences(one, other)) == (one != other)

    play()
