"""Levels are reached by what is bought or earned, up at once and down by time, on both databases."""

import random
from datetime import timedelta
from typing import Any

import pytest

from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import sales
from app.members import customers
from app.members.models import Customer
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.points import ledger
from app.sales import earning_rules
from app.sales.earning_rules import RuleDetails
from app.sales.levels import follow_points, progress, release
from app.sales.recording import SaleDetails, SoldItem
from tests.client import Client
from tests.world import World, clock_at

pytestmark = pytest.mark.slow


def decide(world: World, **details: object) -> None:
    with world.database.transaction() as session:
        chains.change(session, world.chain_id, ChainDetails("First chain", **details))  # type: ignore[arg-type]


def sell(
    world: World, customer: Customer, number: str, amount: int, days_ago: int = 0, returns: str | None = None
) -> None:
    items = [SoldItem("A", "A", 1, amount - 500), SoldItem("SEND", "Delivery", 1, 500)]
    reported = SaleDetails(
        number,
        world.now - timedelta(days=days_ago),
        items=items,
        customer_id=customer.id,
        is_return=returns is not None,
        returns=returns,
    )
    with world.database.transaction() as session:
        sales.record(session, world.chain_id, reported, world.now, SYSTEM)


def level(world: World, customer: Customer) -> str | None:
    with world.database.reading() as session:
        found = session.get_one(Customer, customer.id).level
        return found.name if found else None


def test_by_sales_up_at_once_and_down_after_a_return(world: World) -> None:
    con = world.a_customer()
    sell(world, con, "R-0", 20_000)
    assert level(world, con) == "bronze", "by hand, unless the chain says otherwise"
    decide(world, levels_by="sales", delivery_skus=["SEND"])
    ben = world.a_customer("Ben")
    sell(world, ben, "R-1", 10_400)
    assert level(world, ben) == "bronze", "delivery does not count"
    sell(world, ben, "R-2", 700)
    assert level(world, ben) == "silver"
    sell(world, ben, "R-3", 700, returns="R-2")
    assert level(world, ben) == "bronze"
    world.require_invariants()


def test_never_below_the_level_that_was_given_by_hand(world: World) -> None:
    decide(world, levels_by="sales")
    con = world.a_customer()
    with world.database.transaction() as session:
        customers.assign_level(session, session.get_one(Customer, con.id), world.silver.uuid, world.now)
    sell(world, con, "R-1", 600)
    assert level(world, con) == "silver"
    with world.database.transaction() as session:
        release(session, session.get_one(Customer, con.id), world.now)
    assert level(world, con) == "bronze"
    sell(world, con, "R-2", 20_000)
    with world.database.transaction() as session:
        customers.assign_level(session, session.get_one(Customer, con.id), world.silver.uuid, world.now)
        release(session, session.get_one(Customer, con.id), world.now)
    assert level(world, con) == "silver", "which they have reached"


def test_what_falls_out_of_the_window_takes_the_level_with_it(world: World) -> None:
    decide(world, levels_by="sales", level_days=30)
    con, ben = world.a_customer(), world.a_customer("Ben")
    sell(world, con, "R-1", 12_000, days_ago=20)
    sell(world, ben, "R-2", 12_000)
    assert (level(world, con), level(world, ben)) == ("silver", "silver")
    world.work("levels", world.now + timedelta(days=9))
    assert (level(world, con), level(world, ben)) == ("silver", "silver")
    world.work("levels", world.now + timedelta(days=11))
    assert (level(world, con), level(world, ben)) == ("bronze", "silver")
    world.require_invariants()


@pytest.mark.parametrize("kept", [True, False])
def test_by_points_that_were_earned_not_by_those_that_are_left(world: World, kept: bool) -> None:
    decide(world, levels_by="points")
    con = world.a_customer(points=0)
    with world.database.transaction() as session:
        ledger.add(session, con.id, 9_000, world.now)
        ledger.spend(session, con.id, 9_000, world.now)
        more = ledger.add(session, con.id, 1_000, world.now)
        if not kept:
            ledger.cancel(session, more, world.now)
    sell(world, con, "R-1", 600)
    assert level(world, con) == ("silver" if kept else "bronze")
    other = world.a_customer("Other", points=100)
    assert level(world, other) == "bronze"
    world.work("levels", world.now)
    assert level(world, other) == "silver"


def test_points_lift_at_once_however_they_come(world: World, ada: Client) -> None:
    """By hand, by a rule, from another customer; and a new status says what is missing, in points."""
    decide(world, levels_by="points")
    con, ben = world.a_customer(points=0), world.a_customer("Ben", points=0)
    with world.database.transaction() as session:
        visit = RuleDetails("custom_event", "Visit", {"event": "visit", "points": 6_000}, active=True)
        earning_rules.create(session, world.chain_id, visit, world.now)
    added = ada.post("/api/points/transfer/add", json={"transfer": {"customer": str(con.uuid), "points": 50}})
    assert (added.status_code, level(world, con)) == (200, "bronze")
    status = ada.get(f"/api/customer/{con.uuid}/status").json
    assert (status["pointsToNextLevel"], status["nextLevelConditionValue"]) == (50, 100)
    assert "transactionsAmountToNextLevelWithoutDeliveryCosts" not in status
    assert ada.post(f"/api/v1/earnRule/visit/customer/{con.uuid}").json == {"points": 60}
    assert level(world, con) == "silver"
    passed = {"transfer": {"sender": str(con.uuid), "receiver": str(ben.uuid), "points": 105}}
    assert ada.post("/api/admin/p2p-points-transfer", json=passed).status_code == 200
    assert level(world, ben) == "silver", "who received them has them"
    [history] = ada.get(f"/api/customer/{con.uuid}/levels").json["levels"][:1]
    assert (history["cause"], history["level"]["name"]) == ("reached", "silver")
    assert (
        ada.post(
            "/api/points/transfer/spend", json={"transfer": {"customer": str(ben.uuid), "points": 100}}
        ).status_code
        == 200
    )
    assert level(world, ben) == "silver", "what is spent was earned"
    world.require_invariants()


def test_points_that_are_taken_back_take_the_level_with_them(world: World, ada: Client) -> None:
    decide(world, levels_by="points")
    con = world.a_customer(points=0)
    made = ada.post("/api/points/transfer/add", json={"transfer": {"customer": str(con.uuid), "points": 200}})
    assert level(world, con) == "silver"
    assert ada.post(f"/api/points/transfer/{made.json['pointsTransferId']}/cancel").status_code == 200
    assert level(world, con) == "bronze"
    world.require_invariants()


@pytest.mark.parametrize("by", ["sales", "points"])
def test_a_status_says_when_the_level_expires_and_what_it_takes_to_stay(world: World, ada: Client, by: str) -> None:
    """The worker agrees: a second before, nobody has fallen."""
    decide(world, levels_by=by, level_days=30)
    con = world.a_customer(points=0)

    def reach(number: str, amount: int, days_ago: int) -> None:
        if by == "sales":
            sell(world, con, number, amount, days_ago)
            return
        with world.database.transaction() as session:
            at = world.now - timedelta(days=days_ago)
            ledger.add(session, con.id, amount, at)
            follow_points(session, [con.id], world.now)

    def status() -> dict[str, Any]:
        found: dict[str, Any] = ada.get(f"/api/customer/{con.uuid}/status").json
        return found

    for number, amount, days_ago in (("R-0", 5_000, 31), ("R-1", 4_000, 25), ("R-2", 3_000, 10), ("R-3", 6_000, 2)):
        reach(number, amount, days_ago)
    told = status()
    # 130 count. In 5 days 40 of them leave, and 90 are left, where 100 were asked for.
    assert (told["levelName"], told["levelWillExpireInDays"]) == ("silver", 5)
    if by == "points":
        assert (told["pointsSinceLastLevelRecalculation"], told["pointsRequiredToRetainLevel"]) == (130, 10)
    else:
        assert "pointsSinceLastLevelRecalculation" not in told
    with world.database.reading() as session:
        found = progress(session, chains.terms(session, world.chain_id), session.get_one(Customer, con.id), world.now)
    assert (found.value, found.lacking) == (13_000, 1_000)
    assert found.falls_at == world.now + timedelta(days=5)
    world.work("levels", found.falls_at - timedelta(seconds=1))
    assert level(world, con) == "silver"
    with clock_at(found.falls_at + timedelta(minutes=1)):
        late = status()
        assert (late["levelName"], late["levelWillExpireInDays"]) == ("silver", 0), "until the worker comes by"
    world.work("levels", found.falls_at)
    assert level(world, con) == "bronze"
    with world.database.transaction() as session:
        customers.assign_level(session, session.get_one(Customer, con.id), world.silver.uuid, world.now)
    assert "levelWillExpireInDays" not in status(), "what was given by hand stays"


@pytest.mark.parametrize("by", ["sales", "points"])
def test_whatever_came_and_went_the_worker_and_the_status_agree_when_a_level_expires(world: World, by: str) -> None:
    """Random additions, some taken back, some of one moment; the customer falls at that moment, and not a second before."""
    decide(world, levels_by=by, level_days=30, delivery_skus=["SEND"])
    told = []
    for seed in range(12):
        chance = random.Random(seed)
        customer = world.a_customer(f"C{seed}", points=0)
        days = [chance.choice((3, 8, 8, 15, 22, 40)) for _ in range(6)]
        for i, days_ago in enumerate(days):
            number, amount = f"S{seed}-{i}", chance.randrange(1_000, 5_000)
            goes = chance.random() < 0.3
            if by == "sales":
                sell(world, customer, number, amount, days_ago)
                if goes:
                    sell(world, customer, f"{number} back", amount, returns=number)
            else:
                with world.database.transaction() as session:
                    added = ledger.add(session, customer.id, amount, world.now - timedelta(days=days_ago))
                    if goes:
                        ledger.cancel(session, added, world.now - timedelta(days=1))
                    follow_points(session, [customer.id], world.now)
        with world.database.reading() as session:
            it = session.get_one(Customer, customer.id)
            told.append((customer, progress(session, chains.terms(session, world.chain_id), it, world.now)))
    assert 3 <= sum(found.falls_at is not None for _, found in told) < len(told), "some are on the upper level"
    for at in sorted({found.falls_at for _, found in told if found.falls_at}):
        theirs = [(customer, found.lacking) for customer, found in told if found.falls_at == at]
        world.work("levels", at - timedelta(seconds=1))
        assert [(level(world, customer), lacking > 0) for customer, lacking in theirs] == [("silver", True)] * len(
            theirs
        )
        world.work("levels", at)
        assert [level(world, customer) for customer, _ in theirs] == ["bronze"] * len(theirs)
