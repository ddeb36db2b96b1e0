"""What finance reads agrees with what customers have, and the audit notices when it does not."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import sales
from app.points import finance, ledger
from app.sales.recording import SaleDetails
from tests.world import World, points


def test_the_views_add_up_to_what_customers_have(world: World, guerdon: Any) -> None:
    friend = world.a_customer("Friend", points=0)
    gift = world.a_reward_campaign(points(5), cost=100)
    world.buy(world.a_campaign())
    world.interact(gift)
    with world.database.transaction() as session:
        ledger.add(session, world.cleo.id, 5_000, world.now, days_active=1)
        ledger.pass_on(session, world.cleo.id, friend.id, 2_500, world.now)
        cancelled = ledger.add(session, world.cleo.id, 300, world.now)
        ledger.cancel(session, cancelled, world.now)
        sales.record(session, world.chain_id, SaleDetails("R", world.now, 100), world.now, SYSTEM)
    with world.database.reading() as session:
        assert list(finance.audit(session)) == []
        # A movement is of a day, and midnight may have passed since the world was made.
        by_kind = "SELECT kind, SUM(points) FROM finance_movement GROUP BY kind"
        movements = dict(session.execute(text(by_kind)).all())
        assert movements == {
            "added": 105_300, "bought": -1_100, "rewarded": 500, "passed_on": -2_500, "received": 2_500, "cancelled": -300,
        }  # fmt: skip
        [balance] = session.execute(text("SELECT points, locked FROM finance_balance")).all()
        assert tuple(balance) == (104_400, 0)
        found = session.execute(
            text("SELECT awards, given, taken FROM finance_campaign WHERE campaign_id = :id"), {"id": gift.id}
        )
        assert tuple(found.one()) == (1, 500, 100)
    done = guerdon("points", "audit")
    assert (done.exit_code, "All views agree." in done.output) == (0, True), done.output
    with world.database.reading() as session:
        tomorrow = (world.now + timedelta(days=1)).strftime("%Y-%m")
        liability = dict(session.execute(text("SELECT expires_in, points FROM finance_liability")).all())
        assert liability == {None: 99_400, tomorrow: 5_000}
    world.require_invariants()


def test_the_audit_notices(world: World, guerdon: Any) -> None:
    world.work("points-lots", world.now)
    for statement in (
        "UPDATE account SET balance = balance + 1 WHERE balance > 0",
        'UPDATE points_lot SET "left" = "left" - 1',
        "UPDATE ledger_entry SET delta = delta - 1",
    ):
        with world.database.transaction() as session:
            session.execute(text(statement))
        done = guerdon("points", "audit")
        assert (done.exit_code, "do not agree" in done.output) == (1, True), (statement, done.output)
