"""What happens at once: returns of one sale, a purchase at the moment when points expire. On both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.awards.give import SYSTEM, Trigger, give
from app.campaign.eligibility.facts import facts_by_id
from app.campaign.eligibility.rows import Giving
from app.campaign.triggers import sales
from app.db.engine import TryAgain
from app.db.guarded import GuardFailed
from app.points import ledger, lots
from app.points.models import Account
from app.refusal import Refusal
from app.sales import earning_rules
from app.sales.earning_rules import RuleDetails
from app.sales.models import Sale
from app.sales.recording import SaleDetails, SoldItem
from tests.spaaza.test_races import at_once
from tests.world import World

pytestmark = pytest.mark.waits


def patiently(world: World, use_case: Any, *arguments: Any) -> Any:
    for _ in range(100):
        try:
            with world.database.transaction() as session:
                return use_case(session, *arguments)
        except TryAgain:
            continue
        except Refusal as e:
            return type(e)
    raise AssertionError("it was tried a hundred times")


def test_returns_at_once_give_back_each_piece_once(world: World) -> None:
    with world.database.transaction() as session:
        spent = RuleDetails("spending", "Points", {"points_per_unit": 100}, active=True)
        earning_rules.create(session, world.chain_id, spent, world.now)
        sold = SaleDetails("R", world.now, items=[SoldItem("A", "A", 3, 900)], customer_id=world.cleo.id)
        sales.record(session, world.chain_id, sold, world.now, SYSTEM)
    assert world.balance() == 100_900

    def back(number: int) -> None:
        items = [SoldItem("A", "A", 1, 300)]
        reported = SaleDetails(f"B-{number}", world.now, items=items, is_return=True, returns="R")
        patiently(world, sales.record, world.chain_id, reported, world.now, SYSTEM)

    at_once(*[lambda n=n: back(n) for n in range(6)])  # type: ignore[misc]
    assert world.balance() == 100_000
    with world.database.reading() as session:
        assert len(session.scalars(select(Sale).where(Sale.returns_id.is_not(None))).all()) == 3
    world.require_invariants()


def test_a_sale_sent_many_times_at_once_earns_once(world: World) -> None:
    with world.database.transaction() as session:
        spent = RuleDetails("spending", "Points", {"points_per_unit": 100}, active=True)
        earning_rules.create(session, world.chain_id, spent, world.now)
    reported = SaleDetails("R", world.now, amount=500, customer_id=world.cleo.id)
    at_once(*[lambda: patiently(world, sales.record, world.chain_id, reported, world.now, SYSTEM)] * 6)
    assert (world.balance(), world.count(Sale)) == (100_500, 1)
    world.require_invariants()


def test_a_purchase_that_was_decided_before_points_expired_is_not_made_after(world: World) -> None:
    con = world.a_customer(points=0, level=world.silver)
    campaign = world.a_campaign()
    with world.database.transaction() as session:
        ledger.add(session, con.id, 1_000, world.now, days_active=1)
        facts = facts_by_id(session, campaign.id, con.id)
    late = world.now + timedelta(days=2)
    # As read a moment before: what is due since is not known to it.
    before = facts._replace(due_at=None)
    with pytest.raises(GuardFailed), world.database.transaction() as session:
        give(session, Giving(before), Trigger("purchase"), late, SYSTEM)
    with pytest.raises(Refusal, match="points"), world.database.transaction() as session:
        give(session, Giving(facts), Trigger("purchase"), late, SYSTEM)
    world.require_invariants()


def test_the_worker_and_purchases_at_once_lose_nothing(world: World) -> None:
    con = world.a_customer(points=0, level=world.silver)
    campaign = world.a_campaign(limit=9, limit_per_customer=9, cost=100)
    late = world.now + timedelta(days=2)
    with world.database.transaction() as session:
        for days in (1, 1, 9):
            ledger.add(session, con.id, 200, world.now, days_active=days)

    def once(session: Session) -> Any:
        return give(session, Giving(facts_by_id(session, campaign.id, con.id)), Trigger("purchase"), late, SYSTEM)

    at_once(*[lambda: patiently(world, lots.bring_up_to_date, con.id, late)] * 3, *[lambda: patiently(world, once)] * 4)
    with world.database.reading() as session:
        balance = session.get_one(Account, con.id).balance
    assert balance in (0, 100, 200)
    world.require_invariants()
