"""Buying, as a use case, on both databases."""

import pytest
from sqlalchemy.dialects import sqlite

from app.campaign import errors
from app.campaign.awards import steps
from app.campaign.eligibility.facts import facts_by_uuid
from app.campaign.models.awards import Award
from app.campaign.setup import campaigns
from app.campaign.triggers import purchases
from app.db import guarded
from app.db.engine import Database
from app.db.guarded import EarlierSteps
from app.members import customers
from app.members.errors import CustomerNotFound
from app.members.models import Customer
from app.organizations.scope import EVERY_CHAIN
from app.points.models import LedgerEntry
from app.refusal import Refusal
from tests.world import World, hours


def test_a_customer_buys_a_coupon_for_points(world: World) -> None:
    campaign = world.a_campaign(codes=["FIRST", "SECOND"])
    assert world.buy(campaign).code == "FIRST"
    assert world.buy(campaign).code == "SECOND"
    assert world.balance() == 100_000 - 2 * 1_000
    world.require_invariants()


def test_the_ledger_tells_what_was_bought(world: World) -> None:
    world.buy(world.a_campaign(codes=["C1"]))
    with world.database.reading() as session:
        entry = session.query(LedgerEntry).filter_by(kind="bought").one()
    assert (entry.delta, entry.balance_after, entry.comment) == (-1_000, 99_000, "Free coffee, coupon: C1")


def test_a_free_reward_costs_nothing_and_is_recorded(world: World) -> None:
    world.buy(world.a_campaign(cost=0))
    assert world.balance() == 100_000
    world.require_invariants()


def test_a_single_coupon_is_given_to_everybody_up_to_the_limit(world: World) -> None:
    campaign = world.a_campaign(single_coupon=True, codes=["SHARED"], limit=3, limit_per_customer=3)
    assert {world.buy(campaign).code for _ in range(3)} == {"SHARED"}
    with pytest.raises(errors.LimitReached):
        world.buy(campaign)
    world.require_invariants()


def test_an_unlimited_single_coupon_never_ends(world: World) -> None:
    campaign = world.a_campaign(single_coupon=True, codes=["SHARED"], unlimited=True)
    for _ in range(6):
        world.buy(campaign)
    world.require_invariants()


def refused(world: World, refusal: type[Refusal], customer: Customer | None = None, **offered: object) -> None:
    campaign = world.a_campaign(**offered)
    with pytest.raises(refusal):
        world.buy(campaign, customer)
    assert world.count(Award) == 0
    assert world.balance(customer) == (100_000 if customer is None else world.balance(customer))
    world.require_invariants()


def test_a_campaign_that_is_switched_off_sells_nothing(world: World) -> None:
    refused(world, errors.CampaignNotActive, lifecycle="draft")


def test_a_campaign_sells_only_in_its_activity_window(world: World) -> None:
    refused(world, errors.CampaignNotYetActive, activity=(world.now + hours(1), world.now + hours(2)))
    refused(world, errors.CampaignOver, activity=(world.now - hours(2), world.now - hours(1)))


def test_a_campaign_sells_only_while_it_is_visible(world: World) -> None:
    refused(world, errors.CampaignNotYetVisible, visibility=(world.now + hours(1), world.now + hours(2)))
    refused(world, errors.CampaignNoLongerVisible, visibility=(world.now - hours(2), world.now - hours(1)))


def test_a_campaign_sells_only_to_its_audience(world: World) -> None:
    refused(world, errors.NotTargeted, levels=[world.bronze.uuid])


def test_a_blocked_customer_buys_nothing(world: World) -> None:
    con = world.a_customer(level=world.silver)
    with world.database.transaction() as session:
        customers.block(session, customers.get(session, str(con.uuid), EVERY_CHAIN), world.now)
    refused(world, errors.CustomerNotActive, customer=con)


def test_points_must_suffice_and_the_last_ones_do(world: World) -> None:
    refused(world, errors.NotEnoughPoints, cost=100_001)
    world.buy(world.a_campaign(cost=100_000))
    assert world.balance() == 0


def test_the_limit_holds(world: World) -> None:
    campaign = world.a_campaign(limit=1)
    world.buy(campaign)
    with pytest.raises(errors.LimitReached):
        world.buy(campaign, world.a_customer(level=world.silver))


def test_the_limit_per_customer_holds(world: World) -> None:
    campaign = world.a_campaign(limit_per_customer=1)
    world.buy(campaign)
    with pytest.raises(errors.LimitPerCustomerReached):
        world.buy(campaign)
    world.buy(campaign, world.a_customer(level=world.silver))


def test_a_pool_runs_dry(world: World) -> None:
    campaign = world.a_campaign(codes=["ONLY"], unlimited=True)
    world.buy(campaign)
    with pytest.raises(errors.NoCouponsLeft):
        world.buy(campaign)


def test_unknown_campaigns_and_customers_are_told_apart(world: World) -> None:
    campaign, nobody = world.a_campaign(), Customer(uuid=world.ada.uuid)
    with pytest.raises(CustomerNotFound):
        world.buy(campaign, nobody)
    campaign.uuid = world.ada.uuid
    with pytest.raises(errors.CampaignNotFound):
        world.buy(campaign)


def test_a_purchase_is_not_made_under_terms_that_have_changed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The campaign gets dearer between the decision and the change: nothing is sold at the old price."""
    campaign = world.a_campaign()
    with world.database.reading() as session:
        stale = facts_by_uuid(session, campaign.uuid, world.cleo.uuid)
    with world.database.transaction() as session:
        campaigns.change(session, campaign.uuid, world.sale_spec(name="Dearer", cost=5_000), EVERY_CHAIN, world.now)
    monkeypatch.setattr(purchases, "facts_by_uuid", lambda *_: stale)
    with pytest.raises(guarded.GuardFailed):
        world.buy(campaign)
    monkeypatch.undo()
    assert world.balance() == 100_000
    world.buy(campaign)
    assert world.balance() == 95_000


@pytest.mark.parametrize("stale", ["balance", "bought", "sold"])
def test_every_guard_holds_when_the_facts_were_stale(world: World, monkeypatch: pytest.MonkeyPatch, stale: str) -> None:
    """The rules said yes to facts that another buyer has changed since; the guarded change says no."""
    campaign = world.a_campaign(limit=1, limit_per_customer=1, cost=60_000, codes=["ONLY"])
    rich = world.a_customer(level=world.silver, points=10_000)
    with world.database.reading() as session:
        before = facts_by_uuid(session, campaign.uuid, world.cleo.uuid)
    if stale == "balance":
        world.buy(world.a_campaign(cost=60_000))
    elif stale == "bought":
        campaign = world.a_campaign(limit=5, limit_per_customer=1, cost=10)
        with world.database.reading() as session:
            before = facts_by_uuid(session, campaign.uuid, world.cleo.uuid)
        world.buy(campaign)
    else:
        world.buy(campaign, rich)
    sold, balance = world.count(Award), world.balance()
    monkeypatch.setattr(purchases, "facts_by_uuid", lambda *_: before)
    with pytest.raises(guarded.GuardFailed):
        world.buy(campaign)
    assert (world.count(Award), world.balance()) == (sold, balance)
    world.require_invariants()


def test_finding_a_free_coupon_does_not_walk_through_the_pool(sqlite_url: str) -> None:
    """SQLite once preferred another index, and sorted all free coupons for every purchase."""
    database = Database(sqlite_url)
    query = str(
        steps.ClaimCoupon()
        .change(EarlierSteps(sqlite))
        .compile(database.engine, compile_kwargs={"literal_binds": False})
    )
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (1,) * query.count("?")).all()
    database.engine.dispose()
    details = " ".join(row[3] for row in plan)
    assert "ix_coupon_free" in details
    assert "TEMP B-TREE" not in details
