"""Events and behaviors as use cases, on both databases: counting, rewards, receipts, opting in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.campaign import events, opt_ins
from app.campaign.awards import BY_SYSTEM
from app.campaign.behaviors import GoalPlan, Plan
from app.campaign.errors import BadEvent, CampaignNotFound, NotEligible, OptInLimitReached, OptInNotNeeded
from app.campaign.event_models import BehaviorProgress, EventReceipt
from app.campaign.models import Campaign
from app.members.models import Customer
from tests.world import World, points, voucher


def an_event_campaign(world: World, *behaviors: Plan, **told: Any) -> Campaign:
    return world.a_reward_campaign(*told.pop("rewards", ()), context="event", behaviors=behaviors, **told)


def visits(count: int = 1, points: float = 0, **told: Any) -> Plan:
    goal = {name: told.pop(name) for name in list(told) if name in GoalPlan.__dataclass_fields__ and name != "kind"}
    kind = told.get("kind", "count")
    return Plan(
        told.pop("name", "Visits"), [GoalPlan("visit", count, kind=kind, **goal)], points=round(points * 100), **told
    )


def tell(world: World, name: str = "visit", customer: Customer | None = None, **told: Any) -> events.Receipt:
    with world.database.short_transaction() as bind:
        told_event = events.Told(name, **told)
        return events.record(bind, (customer or world.cleo).id, told_event, datetime.now(UTC), BY_SYSTEM)


def test_enough_events_are_rewarded_each_time(world: World) -> None:
    an_event_campaign(world, visits(3, points=5))
    told = [sum(a.times for a in tell(world).achieved) for _ in range(7)]
    assert told == [0, 0, 1, 0, 0, 1, 0]
    assert world.balance() == 101_000
    world.require_invariants()


def test_an_event_told_twice_counts_once_and_is_answered_the_same(world: World) -> None:
    an_event_campaign(world, visits(2, points=5))
    first, again = tell(world, transaction_id="a"), tell(world, transaction_id="a")
    assert first == again
    done, done_again = tell(world, transaction_id="b"), tell(world, transaction_id="b")
    assert done == done_again
    assert [a.times for a in done.achieved] == [1]
    assert world.balance() == 100_500
    assert world.count(EventReceipt) == 2
    assert tell(world, "other", transaction_id="a").counted == 0


def test_a_quantity_is_that_many_events(world: World) -> None:
    an_event_campaign(world, visits(3, points=5))
    assert [a.times for a in tell(world, quantity=7).achieved] == [2]
    assert [a.times for a in tell(world, quantity=2).achieved] == [1]
    assert world.balance() == 101_500


def test_goals_and_rewards_of_a_composite_behavior(world: World) -> None:
    plan = Plan(
        "Explorer", [GoalPlan("visit", 2, points=100), GoalPlan("review", 1, required=False, points=300)], "composite",
        points=1_000, groups={"0": 1}, times_max=1,
    )  # fmt: skip
    an_event_campaign(world, plan, visits(1, points=2), rewards=[voucher(5, stock=1)])
    assert tell(world, "review").counted == 1
    receipt = tell(world)
    assert receipt.counted == 2
    assert world.balance() == 100_200
    tell(world)
    assert world.balance() == 100_200 + 200 + 1_000 + 100 + 300
    assert tell(world, "review").counted == 0
    world.require_invariants()


def test_who_must_opt_in_first_does(world: World) -> None:
    campaign = an_event_campaign(world, visits(1, points=5), opt_in_required=True, participants_max=1)
    assert tell(world).counted == 0
    other = world.a_customer()
    with world.database.transaction() as session:
        opt_ins.opt_in(session, campaign.id, world.cleo.id, world.now)
        opt_ins.opt_in(session, campaign.id, world.cleo.id, world.now)
    with pytest.raises(OptInLimitReached), world.database.transaction() as session:
        opt_ins.opt_in(session, campaign.id, other.id, world.now)
    assert tell(world).counted == 1
    with world.database.transaction() as session:
        opt_ins.opt_out(session, campaign.id, world.cleo.id, world.now)
        opt_ins.opt_in(session, campaign.id, other.id, world.now)
        opt_ins.opt_out(session, campaign.id, world.cleo.id, world.now)
    assert tell(world).counted == 0
    world.require_invariants()


def test_restrictions_over_tags_are_asked_for_each_event(world: World) -> None:
    an_event_campaign(world, visits(1), restrictions={"user.tags": {"$in": ["vip"]}})
    assert tell(world).counted == 0
    from app.members import tags

    with world.database.transaction() as session:
        tags.put(session, session.get_one(Customer, world.cleo.id), ["vip"], world.now)
    assert tell(world).counted == 1
    assert world.count(BehaviorProgress) == 1


def test_what_cannot_be_is_refused(world: World) -> None:
    campaign = an_event_campaign(world, visits(1))
    for told in (
        {"quantity": 0},
        {"quantity": 10**6},
        {"transaction_id": ""},
        {"at": datetime(2200, 1, 1, tzinfo=UTC)},
    ):
        with pytest.raises(BadEvent):
            tell(world, **told)
    with pytest.raises(CampaignNotFound):
        tell(world, campaign_id=999)
    assert tell(world, campaign_id=campaign.id).counted == 1
    with pytest.raises(OptInNotNeeded), world.database.transaction() as session:
        opt_ins.opt_in(session, campaign.id, world.cleo.id, world.now)
    closed = an_event_campaign(world, visits(1), opt_in_required=True, active=False)
    with pytest.raises(NotEligible), world.database.transaction() as session:
        opt_ins.opt_in(session, closed.id, world.cleo.id, world.now)


def test_a_reward_that_is_gone_does_not_stop_the_counting(world: World) -> None:
    an_event_campaign(world, visits(1), rewards=[points(5, stock=1)])
    assert [len(tell(world).achieved) for _ in range(2)] == [1, 1]
    assert world.balance() == 100_500
    world.require_invariants()
