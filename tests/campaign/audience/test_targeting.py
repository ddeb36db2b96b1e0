"""Restrictions say the same of one customer, of all customers in SQL, and of a customer's campaigns by their keys."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.campaign.audience import audiences, targeting, targeting_sql, visibility_sql
from app.campaign.audience import traits as customer_traits
from app.campaign.errors import BadRestriction
from app.campaign.models.audiences import Targeting, TargetingKey
from app.db.engine import Database
from app.members import attributes, tags
from app.members.models import Customer
from app.points import ledger
from app.segments import segments
from app.segments.criteria import Criterion
from tests.world import PLAYS, World

TREES = settings(
    max_examples=6 * PLAYS, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)
NAMES = ["vip", "away", "silver", "bronze", "regulars", "Żółw", "zebra", "Zebra", ""]
MOMENTS = ["9999-12-31T23:59:59Z", "2026-02-28", "2026-03-01T00:00:00Z", "2026-03-01T00:00:01Z", "2020-01-01"]
NUMBERS = [0, 18, 35, 36, 35.5, 40, 0.29, 12.5, 100, -1, 3_000_000_000, 2**40]


def field(name: str, values: Any, ordered: bool) -> st.SearchStrategy[dict[str, Any]]:
    comparisons = ["$eq", "$ne", *(["$gt", "$gte", "$lt", "$lte"] if ordered else [])]
    test = st.one_of(
        values,
        st.builds(lambda o, v: {o: v}, st.sampled_from(comparisons), values),
        st.builds(lambda o, v: {o: v}, st.sampled_from(["$in", "$nin"]), st.lists(values, max_size=3)),
        st.builds(lambda v: {"$exists": v}, st.booleans()),
    )
    negated = st.builds(lambda t: {"$not": t if isinstance(t, dict) else {"$eq": t}}, test)
    return st.builds(lambda t: {name: t}, st.one_of(test, negated))


LEAVES = st.one_of(
    field("user.level", st.sampled_from(NAMES), ordered=False),
    field("user.segments", st.sampled_from(NAMES), ordered=False),
    field("user.tags", st.sampled_from(NAMES), ordered=False),
    field("user.age", st.sampled_from(NUMBERS), ordered=True),
    field("user.gender", st.sampled_from(["male", "female", "z"]), ordered=True),
    field("user.created_at", st.sampled_from(MOMENTS), ordered=True),
    field("user.points", st.sampled_from(NUMBERS), ordered=True),
    field("user.attributes.x", st.sampled_from([*NUMBERS, *NAMES, True, False]), ordered=True),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.builds(lambda p: {"$and": p}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda p: {"$or": p}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda p: {"$not": p}, parts),
        st.builds(lambda a, b: {**a, **b}, parts, parts),
    ),
    max_leaves=8,
)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEAP_DAY = datetime(2028, 2, 29, 12, tzinfo=UTC)


@pytest.fixture
def people(world: World) -> list[int]:
    """Customers who differ in all that can be asked about them."""
    values: list[Any] = [None, 0, 0.29, 12.5, "zebra", "Zebra", "Żółw", True, False, "", "true"]
    made = []
    for i, value in enumerate(values):
        customer = world.a_customer(
            f"P{i}",
            points=0,
            level=[None, world.silver, world.bronze][i % 3],
            gender=[None, "male", "female"][i % 3],
            born_on=[None, date(1990, 3, 1), date(1990, 3, 2), date(1988, 2, 29), date(2026, 3, 1)][i % 5],
        )
        made.append(customer.id)
        with world.database.transaction() as session:
            row = session.get_one(Customer, customer.id)
            row.created_at = [
                datetime(2026, 2, 28, tzinfo=UTC),
                datetime(2026, 3, 1, 0, 0, 0, 999_999, tzinfo=UTC),
                datetime(2026, 3, 1, 0, 0, 1, tzinfo=UTC),
            ][i % 3]
            if i % 4 == 0:
                row.level = None
            if i % 3:
                ledger.add(session, row.id, [29, 1_250, 10_000][i % 3], NOW)
            attributes.put(session, row.id, {"x": value})
            if i % 2:
                tags.put(session, row.id, ["vip"], NOW)
            if i % 3 == 0:
                tags.put(session, row.id, ["away", "Żółw"], NOW - timedelta(hours=1), 3_600 if i % 2 else 3_601)
    with world.database.transaction() as session:
        names = [str(session.get_one(Customer, id).uuid) for id in made[::2]]
        for name, listed in (("regulars", names), ("silver", names[:2])):
            part = [Criterion(segments.CUSTOMER_LIST, {"customers": listed})]
            segments.create(session, world.chain_id, segments.SegmentDetails(name, active=True, parts=[part]), NOW)
    return made


def test_any_condition_says_the_same_everywhere(people: list[int], database: Database) -> None:
    with database.reading() as session:
        traits = {id: customer_traits.of_customer(session, id, NOW) for id in people}

    @TREES
    @given(CONDITIONS)
    def agrees(tree: dict[str, Any]) -> None:
        targeting.checked(tree, targeting.USER)
        expected = {id for id in people if targeting.holds(tree, traits[id])}
        condition = targeting_sql.admitted(tree, NOW, database.is_postgresql)
        with database.reading() as session:
            found = set(session.scalars(select(Customer.id).where(Customer.id.in_(people), condition)))
            assert found == expected
            opposite = set(session.scalars(select(Customer.id).where(Customer.id.in_(people), ~condition)))
            assert opposite == set(people) - expected
        asked = targeting.keys(tree)
        if asked is not None:
            assert all(targeting.keys_of(traits[id]) & asked for id in expected)

    agrees()


@pytest.mark.parametrize("now", [NOW, LEAP_DAY, datetime(2027, 2, 28, tzinfo=UTC)])
def test_ages_turn_on_the_birthday_in_sql_as_elsewhere(people: list[int], database: Database, now: datetime) -> None:
    with database.reading() as session:
        ages = {id: customer_traits.of_customer(session, id, now)["user.age"] for id in people}
        for years in {-1, 0, *(age for age in ages.values() if age is not None)}:
            for operator in ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"):
                for wanted in (years, years + 0.5):
                    tree = {"user.age": {operator: wanted}}
                    condition = targeting_sql.admitted(tree, now, database.is_postgresql)
                    found = set(session.scalars(select(Customer.id).where(Customer.id.in_(people), condition)))
                    assert found == {id for id in people if targeting.holds(tree, {"user.age": ages[id]})}, tree


def test_only_the_trees_that_can_hold_are_looked_at(world: World, database: Database) -> None:
    trees: list[dict[str, Any]] = [
        {"user.tags": {"$in": ["vip"]}},
        {"user.tags": {"$in": ["other"]}},
        {"user.age": {"$gte": 1}},
        {"user.tags": {"$nin": ["other"]}},
        {"$or": [{"user.tags": "vip"}, {"user.level": "silver"}]},
        {"user.tags": {"$in": []}},
        {"user.attributes.shop": "one", "user.age": 4},
    ]
    with database.transaction() as session:
        ids = [audiences.targeting_of(session, tree).id for tree in trees]
        assert audiences.targeting_of(session, dict(trees[0])).id == ids[0]
        tags.put(session, world.cleo.id, ["vip"], world.now)
        session.flush()
        traits = customer_traits.of_customer(session, world.cleo.id, world.now)
        admitted = audiences.admitting(session, traits)
        assert sorted(admitted) == [ids[0], ids[3], ids[4]]
        asked = {row.targeting_id for row in session.query(TargetingKey) if (row.field, row.value) != ("", "")}
        assert asked == {ids[0], ids[1], ids[4], ids[6]}
        assert session.query(Targeting).count() == len(trees)


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = {"user.age": 1}
    for _ in range(depth):
        tree = {"$and": [tree]}
    return tree


@pytest.mark.parametrize(
    "tree",
    [
        nested(20),
        {"$and": [{"user.age": i} for i in range(300)]},
        {"user.tags": {"$in": ["x"] * 600}},
        {"user.tags": {"$gt": "a"}},
        {"user.attributes.": 1},
        {"user.attributes.a b": 1},
        {"user.attributes.x": None},
        {"user.created_at": "2026-02-30"},
        {"user.created_at": "2026-02-28T25:00:00Z"},
        {"user.age": 2**60},
        {"user.age": True},
        {"user.tags": {"$regex": "a"}},
        {"$nor": []},
        {"user.shoe": 1},
        {"user.tags": {"$not": {"$x": 1}}},
        {"$and": {}},
        {"$or": []},
        [],
        "x",
        {"user.tags": {"$in": "vip"}},
        {"user.tags": {"$exists": 1}},
    ],
)
def test_what_cannot_be_understood_or_is_too_large_is_refused(tree: Any) -> None:
    with pytest.raises(BadRestriction):
        targeting.checked(tree, targeting.USER)


def test_who_qualifies_is_asked_for_a_whole_campaign(world: World) -> None:
    world.a_customer()
    campaign, silver = world.a_reward_campaign(restrictions={"user.tags": {"$in": ["vip"]}}), world.a_campaign()
    with world.database.transaction() as session:
        tags.put(session, world.cleo.id, ["vip"], world.now)
    with world.database.reading() as session:
        found = visibility_sql.qualifying(session, campaign.id, world.now)
        assert list(session.scalars(select(Customer.id).where(found))) == [world.cleo.id]
        found = visibility_sql.qualifying(session, silver.id, world.now)
        assert list(session.scalars(select(Customer.id).where(found))) == [world.cleo.id]
    with world.database.transaction() as session:
        session.get_one(Customer, world.cleo.id).status = "blocked"
    with world.database.reading() as session:
        assert not list(
            session.scalars(select(Customer.id).where(visibility_sql.qualifying(session, silver.id, world.now)))
        )


def test_a_tag_is_one_however_it_is_written() -> None:
    for wanted in ("VIP\u00a0gold", " VIP gold", "VIP gold\u200b"):
        assert targeting.holds({"user.tags": {"$in": [wanted]}}, {"user.tags": {"VIP gold"}})
        assert not targeting.holds({"user.tags": {"$ne": wanted}}, {"user.tags": {"VIP gold"}})
