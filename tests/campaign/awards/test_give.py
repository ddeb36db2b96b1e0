"""Giving rewards, as a use case, on both databases: methods, draws, limits in periods, hours, restrictions."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.amounts import BALANCE_MAX
from app.campaign import errors
from app.campaign.awards import give as give_module
from app.campaign.awards.give import SYSTEM, Trigger, give, give_all
from app.campaign.eligibility import rules
from app.campaign.eligibility.facts import giving_by_id
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.draws import Draw
from app.campaign.models.limits import MethodTally
from app.campaign.models.vouchers import Voucher
from app.campaign.triggers import interactions
from app.db import guarded
from app.db.engine import TryAgain
from app.points.models import LedgerEntry
from tests.world import World, coupon, hours, nothing, points, voucher

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def given(world: World) -> list[int]:
    """How often each method was given, by its id."""
    with world.database.reading() as session:
        return [tally.given for tally in session.query(MethodTally).order_by(MethodTally.method_id)]


def test_independent_methods_each_give_and_what_cannot_be_given_is_passed_over(world: World) -> None:
    campaign = world.a_reward_campaign(
        points(1), points(2.5), voucher(5, stock=1), coupon(), nothing(), cost=150, codes=["A"], limit_per_customer=9
    )
    world.interact(campaign)
    assert world.balance() == 100_000 - 150 + 350
    world.interact(campaign)
    assert given(world) == [2, 2, 1, 1, 2]
    assert (world.count(Award), world.count(Voucher)) == (2, 2)
    with world.database.reading() as session:
        entries = session.query(LedgerEntry).filter(LedgerEntry.award_id.is_not(None)).order_by(LedgerEntry.sequence)
        assert [entry.delta for entry in entries] == [-150, 100, 250] * 2
    world.require_invariants()


def test_nothing_is_paid_when_nothing_can_be_given(world: World) -> None:
    for handling in ("independent", "random_draw"):
        campaign = world.a_reward_campaign(voucher(5, stock=0), coupon(), cost=100, handling=handling)
        with pytest.raises(errors.NoRewardLeft):
            world.interact(campaign)
    assert (world.count(Award), world.balance()) == (0, 100_000)
    world.require_invariants()


def test_the_last_points_suffice_and_gains_do_not_pay(world: World) -> None:
    campaign = world.a_reward_campaign(points(500), cost=100_000, limit_per_customer=9)
    world.interact(campaign)
    assert world.balance() == 50_000
    with pytest.raises(errors.NotEnoughPoints):
        world.interact(campaign)


def test_an_account_is_not_filled_beyond_what_it_holds(world: World) -> None:
    campaign = world.a_reward_campaign(points(9_999_999_999), limit_per_customer=1_000)
    rich = world.a_customer(points=10**12 - 5)
    with pytest.raises(errors.TooManyPointsHeld):
        world.interact(campaign, rich)
    world.require_invariants()


def test_a_draw_gives_exactly_one_and_takes_from_the_rest_when_one_is_gone(world: World) -> None:
    campaign = world.a_reward_campaign(
        voucher(5, weight=1_000, stock=2),
        points(1, weight=1),
        nothing(weight=0),
        handling="random_draw",
        limit_per_customer=99,
        cost=100,
    )
    for _ in range(12):
        world.interact(campaign)
    assert given(world) == [2, 10, 0]
    assert (world.count(Draw), world.count(Award)) == (12, 12)
    assert world.balance() == 100_000 - 12 * 100 + 10 * 100
    world.require_invariants()


def test_a_method_limits_how_often_it_is_won_by_one_and_by_all_in_a_period(world: World) -> None:
    campaign = world.a_reward_campaign(
        points(1, limit_per_customer=1, limit_per_customer_unit="day"),
        points(10, limit_in_period=2, limit_unit="week"),
        points(100, limit_per_customer=2),
        limit_per_customer=99,
    )
    con = world.a_customer()
    for day in range(3):
        for who in (world.cleo, con):
            world.interact(campaign, who, MONDAY + timedelta(days=day))
    assert given(world) == [6, 2, 4]
    with pytest.raises(errors.NoRewardLeft):
        world.interact(campaign, con, MONDAY + timedelta(days=2, hours=1))
    world.interact(campaign, con, MONDAY + timedelta(days=7))
    assert given(world) == [7, 3, 4]
    world.require_invariants()


@pytest.mark.parametrize(
    ("unit", "same", "later"),
    [
        ("second", timedelta(milliseconds=400), timedelta(seconds=1)),
        ("minute", timedelta(seconds=59), timedelta(seconds=60)),
        ("hour", timedelta(minutes=59), timedelta(hours=1)),
        ("day", timedelta(hours=11, minutes=59), timedelta(hours=12)),
        ("week", timedelta(days=6), timedelta(days=7)),
        ("month", timedelta(days=7), timedelta(days=8)),
        ("year", timedelta(days=38), timedelta(days=39)),
    ],
)
def test_a_customer_is_rewarded_so_often_in_each_period(
    world: World, unit: str, same: timedelta, later: timedelta
) -> None:
    campaign = world.a_reward_campaign(limit_per_customer=2, limit_per_customer_unit=unit)
    world.interact(campaign, now=MONDAY)
    world.interact(campaign, now=MONDAY + same)
    with pytest.raises(errors.LimitPerCustomerReached):
        world.interact(campaign, now=MONDAY + same)
    world.interact(campaign, world.a_customer(), MONDAY)
    world.interact(campaign, now=MONDAY + later)
    assert world.count(Award) == 4
    world.require_invariants()


def test_all_together_are_rewarded_so_often_in_each_period(world: World) -> None:
    campaign = world.a_reward_campaign(limit_in_period=2, limit_unit="hour")
    world.interact(campaign, now=MONDAY)
    world.interact(campaign, world.a_customer(), MONDAY)
    with pytest.raises(errors.LimitInPeriodReached):
        world.interact(campaign, now=MONDAY + hours(0.9))
    world.interact(campaign, now=MONDAY + hours(1))
    world.require_invariants()


def test_a_day_is_the_chains_own(world: World) -> None:
    chain = world.a_chain("Auckland", time_zone="Pacific/Auckland")
    con = world.a_customer(chain_id=chain)
    campaign = world.a_reward_campaign(chain_id=chain, limit_per_customer=1, limit_per_customer_unit="day")
    noon_in_auckland = datetime(2026, 6, 15, 12, 0, tzinfo=ZoneInfo("Pacific/Auckland"))
    world.interact(campaign, con, noon_in_auckland.astimezone(UTC))
    with pytest.raises(errors.LimitPerCustomerReached):
        world.interact(campaign, con, (noon_in_auckland + hours(11)).astimezone(UTC))
    world.interact(campaign, con, (noon_in_auckland + hours(12)).astimezone(UTC))


def test_a_campaign_keeps_its_weekdays_and_hours(world: World) -> None:
    campaign = world.a_reward_campaign(weekdays=0b00011, opens_second=9 * 3600, closes_second=17 * 3600)
    world.interact(campaign, now=MONDAY)
    world.interact(campaign, now=MONDAY + timedelta(days=1, hours=4, minutes=59))
    for closed in (timedelta(hours=5), timedelta(hours=-4), timedelta(days=2)):
        with pytest.raises(errors.OutsideHours):
            world.interact(campaign, now=MONDAY + closed)


def test_restrictions_hold_for_the_campaign_and_for_each_method(world: World) -> None:
    campaign = world.a_reward_campaign(
        points(1),
        points(10, restrictions={"user.level": "silver"}),
        points(100, restrictions={"user.points": {"$gte": 5_000}}),
        restrictions={
            "user.level": {"$in": [str(world.silver.uuid), str(world.bronze.uuid)]},
            "user.gender": {"$ne": "male"},
        },
    )
    with pytest.raises(errors.RestrictionsNotMet):
        world.interact(campaign)  # nobody has said of Cleo which gender
    woman = world.a_customer(level=world.silver, gender="female")
    rich = world.a_customer(level=world.bronze, gender="female", points=5_000)
    world.interact(campaign, woman)
    world.interact(campaign, rich)
    assert (world.balance(woman), world.balance(rich)) == (100_000 + 1_100, 500_000 + 10_100)


def test_a_stale_view_of_a_campaign_gives_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each guard holds when the facts were stale: limits, periods, stock of the prize, the number of the draw."""
    campaigns = {
        "limit": world.a_reward_campaign(limit=1, limit_per_customer=9),
        "limit per customer": world.a_reward_campaign(limit_per_customer=1),
        "limit in period": world.a_reward_campaign(limit_in_period=1, limit_unit="year"),
        "stock of the prize": world.a_reward_campaign(points(1, stock=1)),
        "prize in period": world.a_reward_campaign(points(1, limit_in_period=1, limit_unit="year")),
        "prize per customer": world.a_reward_campaign(points(1, limit_per_customer=1)),
        "number of the draw": world.a_reward_campaign(points(1), handling="random_draw"),
        "coupon": world.a_reward_campaign(coupon(), points(1), codes=["A"]),
    }
    for name, campaign in campaigns.items():
        with world.database.reading() as session:
            stale = giving_by_id(session, campaign.id, world.cleo.id)
        world.interact(campaign)
        before = (world.count(Award), world.balance(), world.count(Voucher))
        with monkeypatch.context() as patched:
            patched.setattr(interactions, "giving_by_id", lambda *_, stale=stale: stale)
            with pytest.raises(guarded.GuardFailed):
                world.interact(campaign)
        assert (world.count(Award), world.balance(), world.count(Voucher)) == before, name
    world.require_invariants()


def test_what_is_caused_once_is_given_once(world: World) -> None:
    campaign = world.a_reward_campaign(kind="signup")
    trigger = Trigger("signup", "signup", key="only once")
    with world.database.transaction() as session:
        give(session, giving_by_id(session, campaign.id, world.cleo.id), trigger, world.now, SYSTEM)
    with pytest.raises(TryAgain), world.database.transaction() as session:
        give(session, giving_by_id(session, campaign.id, world.cleo.id), trigger, world.now, SYSTEM)
    assert world.count(Award) == 1


def test_a_lagging_clock_counts_in_the_period_that_has_begun(world: World) -> None:
    campaign = world.a_reward_campaign(limit_per_customer=1, limit_per_customer_unit="day")
    world.interact(campaign, now=MONDAY)
    with pytest.raises((errors.LimitPerCustomerReached, guarded.GuardFailed)):
        world.interact(campaign, now=MONDAY - timedelta(days=1))
    world.require_invariants()


def test_facts_are_read_in_a_fixed_number_of_statements(world: World) -> None:
    from sqlalchemy import event

    campaign = world.a_reward_campaign(*[points(1) for _ in range(20)])
    statements: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    world.interact(campaign)
    assert len(statements) <= 6  # BEGIN and the like: what is prepared goes straight to the driver
    assert Counter(given(world)) == {1: 20}


def test_many_campaigns_for_one_moment_are_read_at_once_and_each_sees_what_the_last_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account can hold what two of them give; and however many there are, what they can give is read by one statement."""
    asked: list[Any] = []
    real = give_module.giving_by_campaign
    monkeypatch.setattr(give_module, "giving_by_campaign", lambda *args: asked.append(args) or real(*args))
    for _ in range(3):
        world.a_reward_campaign(points(10), kind="basket")
    full = world.a_customer(points=(BALANCE_MAX - 2_500) // 100, level=world.silver)
    with world.database.transaction() as session:
        refused = give_all(session, world.chain_id, full.id, "basket", "b", {}, world.now, SYSTEM)
    assert [[type(reason) for reason in one.reasons] for one in refused] == [[errors.TooManyPointsHeld]]
    assert (len(asked), world.balance(full)) == (1, (BALANCE_MAX - 2_500) // 100 * 100 + 2_000)


def test_rules_ask_for_the_right_context(world: World) -> None:
    campaign: Campaign = world.a_reward_campaign(kind="basket")
    [first, *_] = rules.refusals(world.facts(campaign), world.now)
    assert isinstance(first, errors.WrongContext)
    assert list(rules.refusals(world.facts(campaign), world.now, context="basket")) == []


def test_a_campaigns_columns_name_who_asked(world: World) -> None:
    given_: Any = world.interact(world.a_reward_campaign())
    with world.database.reading() as session:
        award = session.get_one(Award, given_.award_id)
    assert (award.cause, award.given_by, award.given_by_token, award.cost) == ("interaction", None, None, 0)


def test_finding_a_customer_by_several_names_walks_through_no_table(sqlite_url: str) -> None:
    """One condition over two tables once made both databases read all customers."""
    from sqlalchemy import event

    from app.db.engine import Database
    from app.members import identifiers

    database = Database(sqlite_url)
    world = World(database)
    asked: list[tuple[str, Any]] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3])))
    named = {"id": world.cleo.id, "email": "cleo@guerdon.example"}
    with database.reading() as session:
        assert identifiers.customer_id(session, named, 1) == world.cleo.id
    statement, parameters = asked[-1]
    with database.engine.connect() as connection:
        plan = " ".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
    database.engine.dispose()
    assert "SCAN" not in plan, plan
