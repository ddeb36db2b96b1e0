"""Events and behaviors as use cases, on both databases: counting, rewards, receipts, opting in."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, text

from app.amounts import BALANCE_MAX
from app.campaign.awards.give import SYSTEM
from app.campaign.eligibility.facts import giving_by_id
from app.campaign.engagement import behaviors, counting, opt_ins, receipts
from app.campaign.engagement.behaviors import BehaviorSpec, GoalSpec
from app.campaign.errors import (
    BadCampaign,
    BadEvent,
    CampaignNotFound,
    OptInLimitReached,
    OptInNotNeeded,
    TooManyPointsHeld,
)
from app.campaign.listings import customer_campaigns
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import BehaviorProgress, EventReceipt
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns
from app.campaign.triggers import events
from app.db.engine import Database, TryAgain
from app.members import identifiers
from app.members.models import Customer
from app.organizations.scope import EVERY_CHAIN
from app.points import ledger
from tests.campaign.test_races import at_once
from tests.postgres import direct
from tests.world import World, hours, points, voucher


def an_event_campaign(world: World, *behaviors: BehaviorSpec, **details: Any) -> Campaign:
    return world.a_reward_campaign(*details.pop("rewards", ()), context="event", behaviors=behaviors, **details)


def visits(count: int = 1, points: float = 0, **details: Any) -> BehaviorSpec:
    goal = {
        name: details.pop(name) for name in list(details) if name in GoalSpec.__dataclass_fields__ and name != "kind"
    }
    kind = details.get("kind", "count")
    return BehaviorSpec(
        details.pop("name", "Visits"),
        [GoalSpec("visit", count, kind=kind, **goal)],
        points=round(points * 100),
        **details,
    )


def tell(world: World, name: str = "visit", customer: Customer | None = None, **details: Any) -> events.Receipt:
    with world.database.single_statement() as executor:
        told_event = events.CustomerEvent(name, **details)
        return events.record(executor, (customer or world.cleo).id, told_event, datetime.now(UTC), SYSTEM)


def test_enough_events_are_rewarded_each_time(world: World) -> None:
    an_event_campaign(world, visits(3, points=5))
    details = [sum(a.times for a in tell(world).achieved) for _ in range(7)]
    assert details == [0, 0, 1, 0, 0, 1, 0]
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
    plan = BehaviorSpec(
        "Explorer",
        [GoalSpec("visit", 2, points=100), GoalSpec("review", 1, required=False, points=300)],
        "composite",
        points=1_000,
        groups={"0": 1},
        times_max=1,
    )
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
        tags.put(session, world.cleo.id, ["vip"], world.now)
    assert tell(world).counted == 1
    assert world.count(BehaviorProgress) == 1


def test_what_cannot_be_is_refused(world: World) -> None:
    campaign = an_event_campaign(world, visits(1))
    for details in (
        {"quantity": 0},
        {"quantity": 10**6},
        {"transaction_id": ""},
        {"at": datetime(2200, 1, 1, tzinfo=UTC)},
    ):
        with pytest.raises(BadEvent):
            tell(world, **details)
    with pytest.raises(CampaignNotFound):
        tell(world, campaign_id=999)
    assert tell(world, campaign_id=campaign.id).counted == 1
    with pytest.raises(OptInNotNeeded), world.database.transaction() as session:
        opt_ins.opt_in(session, campaign.id, world.cleo.id, world.now)
    closed = an_event_campaign(world, visits(1), opt_in_required=True, lifecycle="draft")
    with pytest.raises(CampaignNotFound), world.database.transaction() as session:
        opt_ins.opt_in(session, closed.id, world.cleo.id, world.now)


def test_a_reward_that_is_gone_does_not_stop_the_counting(world: World) -> None:
    an_event_campaign(world, visits(1), rewards=[points(5, stock=1)])
    assert [len(tell(world).achieved) for _ in range(2)] == [1, 1]
    assert world.balance() == 100_500
    world.require_invariants()


def test_points_that_the_account_cannot_hold_refuse_the_event_until_it_can(world: World) -> None:
    an_event_campaign(world, visits(1, points=10), rewards=[voucher(5)])
    with world.database.transaction() as session:
        ledger.add(session, world.cleo.id, BALANCE_MAX - 100_500, world.now)
    with pytest.raises(TooManyPointsHeld):
        tell(world, transaction_id="t")
    assert (world.count(EventReceipt), world.count(BehaviorProgress)) == (0, 0)
    with world.database.transaction() as session:
        ledger.spend(session, world.cleo.id, 1_000, world.now)
    assert tell(world, transaction_id="t").achieved[0].times == 1
    world.require_invariants()


def test_what_happened_before_opting_in_does_not_count(world: World) -> None:
    campaign = an_event_campaign(world, visits(1), opt_in_required=True)
    now = datetime.now(UTC)
    with world.database.transaction() as session:
        opt_ins.opt_in(session, campaign.id, world.cleo.id, now)
    assert tell(world, at=now - hours(1)).counted == 0
    assert tell(world, at=now.replace(microsecond=0)).counted == 1


def test_who_opted_out_of_what_needs_no_opting_in_may_come_back(world: World) -> None:
    campaign = an_event_campaign(world, visits(1))
    for say, counted in ((opt_ins.opt_out, 0), (opt_ins.opt_in, 1)):
        with world.database.transaction() as session:
            say(session, campaign.id, world.cleo.id, world.now)
        assert tell(world).counted == counted


@pytest.mark.parametrize("alone", [True, False])
def test_many_rewards_of_one_achievement_are_one_award(world: World, alone: bool) -> None:
    goals = [GoalSpec("visit", points=100), *(GoalSpec(f"goal {i}", points=100, required=False) for i in range(24))]
    rewards = [voucher(1, stock=9, limit_per_customer=9, limit_per_customer_unit="day") for _ in range(24)]
    an_event_campaign(world, BehaviorSpec("All", goals, "composite", points=100, groups={"0": 1}), rewards=rewards)
    for i in range(24):
        tell(world, f"goal {i}")
    if alone:
        tell(world)
    else:
        with world.database.transaction() as session:
            events.record(session, world.cleo.id, events.CustomerEvent("visit"), world.now, SYSTEM)
    assert world.balance() == 100_000 + 26 * 100
    assert world.count(Voucher) == 24
    world.require_invariants()


def test_more_rewards_at_once_than_one_statement_holds_are_refused(world: World) -> None:
    with pytest.raises(BadCampaign, match="50"):
        an_event_campaign(world, visits(1, points=1), rewards=[voucher(1)] * 50)


def test_several_events_are_counted_first_and_rewarded_then(world: World) -> None:
    an_event_campaign(world, visits(1, points=1), name="First")
    an_event_campaign(world, BehaviorSpec("Reviews", [GoalSpec("review")], points=10), name="Second")
    details = [
        events.CustomerEvent(name, transaction_id=key)
        for name, key in (("review", "a"), ("visit", "a"), ("review", "a"), ("visit", "b"))
    ]
    for _ in range(2):
        with world.database.single_statement() as executor:
            receipts = events.record_all(executor, world.cleo.id, details, world.now, SYSTEM)
        assert [receipt.counted for receipt in receipts] == [1, 1, 1, 1]
    assert world.balance() == 100_000 + 10 + 2 * 100
    world.require_invariants()


def test_rewards_of_many_customers_and_campaigns_at_once_wait_in_one_order(world: World) -> None:
    """A tells x and y, B y and x; and some earn the rewards of both behaviors of one campaign, some of one: no deadlock."""
    an_event_campaign(
        world,
        BehaviorSpec("A", [GoalSpec("x")], points=1, times_max=1),
        BehaviorSpec("B", [GoalSpec("x")], points=2),
        name="One",
    )
    an_event_campaign(world, BehaviorSpec("C", [GoalSpec("y")], points=4), name="Two")
    people = [world.a_customer(points=0) for _ in range(8)]
    lost: list[Exception] = []

    def act(number: int) -> None:
        names = ("x", "y") if number % 2 else ("y", "x")
        for i in range(6):
            try:
                if i % 2:
                    tell(world, "x", people[number], transaction_id=f"single {i}")
                else:
                    with world.database.single_statement() as executor:
                        details = [events.CustomerEvent(name, f"several {i}") for name in names]
                        events.record_all(executor, people[number].id, details, datetime.now(UTC), SYSTEM)
            except TryAgain as e:
                lost.append(e)

    at_once(*[lambda n=n: act(n) for n in range(8)])  # type: ignore[misc]
    assert [world.balance(person) for person in people] == [1 + 6 * 2 + 3 * 4] * 8, lost
    assert lost == []
    world.require_invariants()


def test_who_decides_with_the_account_locked_is_never_overtaken(world: World) -> None:
    an_event_campaign(world, visits(10**6))
    lost: list[Exception] = []

    def act(number: int) -> None:
        for i in range(15):
            try:
                if number % 2:
                    tell(world, transaction_id=f"{number} {i}")
                else:
                    with world.database.transaction() as session:
                        details = [events.CustomerEvent("visit", f"{number} {i} {j}") for j in range(3)]
                        events.record_all(session, world.cleo.id, details, datetime.now(UTC), SYSTEM)
            except TryAgain as e:
                lost.append(e)

    at_once(*[lambda n=n: act(n) for n in range(6)])  # type: ignore[misc]
    assert lost == []
    with world.database.reading() as session:
        assert session.query(BehaviorProgress).one().current == 3 * 15 + 3 * 15 * 3


@pytest.mark.waits
def test_a_campaign_paused_while_deciding_rewards_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = an_event_campaign(world, visits(1, points=5))
    real = giving_by_id

    def paused_meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(events, "giving_by_id", real)
        with world.database.transaction() as session:
            campaigns.switch(session, campaign.uuid, False, EVERY_CHAIN, world.now)
        return real(*arguments)

    monkeypatch.setattr(events, "giving_by_id", paused_meanwhile)
    if world.database.is_postgresql:
        assert tell(world).counted == 0
    else:  # there, whoever pauses waits until the event has counted
        with pytest.raises(TryAgain):
            tell(world)
    assert world.balance() == 100_000


def test_an_achievement_is_rewarded_once_whatever_is_stored(world: World) -> None:
    campaign = an_event_campaign(world, visits(1, points=5))
    tell(world)
    with world.database.transaction() as session:
        session.execute(delete(BehaviorProgress))
    with pytest.raises(TryAgain):
        tell(world)
    assert world.balance() == 100_500
    assert campaign.id


def test_late_events_are_rewarded_for_what_happened_while_the_campaign_was_open(world: World) -> None:
    began = world.now - hours(48)
    an_event_campaign(world, visits(1, points=5), activity=(began, world.now - hours(1)))
    assert tell(world).counted == 0
    assert tell(world, at=world.now - hours(2)).counted == 1
    assert tell(world, at=began - hours(1)).counted == 0
    assert world.balance() == 100_500


def test_hours_and_visibility_are_asked_at_the_events_moment(world: World) -> None:
    noon = world.now.replace(hour=12, minute=0, second=0, microsecond=0) - hours(24)
    an_event_campaign(world, visits(1), opens_second=12 * 3600, closes_second=13 * 3600)
    an_event_campaign(
        world,
        BehaviorSpec("Seen", [GoalSpec("look")]),
        name="Seen",
        visibility=(world.now - hours(72), world.now - hours(60)),
    )
    assert [tell(world, at=noon + hours(n)).counted for n in (-1, 0, 1)] == [0, 1, 0]
    assert [tell(world, "look", at=world.now - hours(n)).counted for n in (80, 70, 50)] == [0, 1, 0]


def test_what_is_not_shown_yet_is_no_campaign_for_customers(world: World) -> None:
    soon = (world.now + hours(1), world.now + hours(2))
    campaign = an_event_campaign(world, visits(1), visibility=soon, opt_in_required=True)
    with world.database.reading() as session:
        cleo = identifiers.by_uuid(session, world.cleo.chain_id, world.cleo.uuid)
        with pytest.raises(CampaignNotFound):
            customer_campaigns.one(session, cleo, campaign.id, customer_campaigns.Include(), world.now)
        assert (
            customer_campaigns.one(session, cleo, campaign.id, customer_campaigns.Include(), world.now + hours(9)).state
            == "qualified"
        )
    for say in (opt_ins.opt_in, opt_ins.opt_out):
        with pytest.raises(CampaignNotFound), world.database.transaction() as session:
            say(session, campaign.id, world.cleo.id, world.now)


def test_progress_never_looks_finished_before_it_is(world: World) -> None:
    goals = [GoalSpec("a", 2), GoalSpec("b", 5, required=False, group="1"), GoalSpec("c", 2, required=False, group="1")]
    campaign = an_event_campaign(world, BehaviorSpec("All", goals, "composite", groups={"1": 1}, times_max=1))

    def shown() -> tuple[int, int]:
        with world.database.reading() as session:
            cleo = identifiers.by_uuid(session, world.cleo.chain_id, world.cleo.uuid)
            [(behavior, come)] = customer_campaigns.one(
                session, cleo, campaign.id, customer_campaigns.Include(), world.now
            ).behaviors
            counted = behaviors.terms(behavior)
            return counting.events_counted(counted, come), counting.events_wanted(counted)

    tell(world, "b", quantity=4)
    assert shown() == (0, 4)
    tell(world, "b")
    assert shown() == (2, 4)
    tell(world, "a")
    assert shown() == (3, 4)


def test_one_customers_rewarded_events_at_once_do_not_deadlock(world: World) -> None:
    an_event_campaign(world, visits(1, points=5))
    lost: list[Exception] = []

    def act(number: int) -> None:
        for i in range(10):
            try:
                if number % 2:
                    tell(world, transaction_id=f"{number} {i}")
                else:
                    with world.database.transaction() as session:
                        details = events.CustomerEvent("visit", f"{number} {i}")
                        events.record(session, world.cleo.id, details, datetime.now(UTC), SYSTEM)
            except TryAgain as e:
                lost.append(e)

    at_once(*[lambda n=n: act(n) for n in range(6)])  # type: ignore[misc]
    assert lost == []
    assert world.balance() == 100_000 + 60 * 500
    world.require_invariants()


def test_no_event_is_recorded_past_whoever_holds_the_account(world: World) -> None:
    """Even one that moves nothing waits: whoever decides under the lock is never overtaken."""
    database, details = world.database, events.CustomerEvent("nobody listens")
    if not database.is_postgresql:
        pytest.skip("SQLite has one writer")

    impatient = Database(direct(database.url).render_as_string(hide_password=False))

    def record_without_waiting_long() -> None:
        with impatient.single_statement() as executor:
            executor.execute(text("SET lock_timeout = '50ms'"))
            events.record(executor, world.cleo.id, details, datetime.now(UTC), SYSTEM)

    with database.transaction() as holder:
        receipts.lock(holder, world.cleo.id)
        with pytest.raises(TryAgain):
            record_without_waiting_long()
    impatient.engine.dispose()
    assert world.count(EventReceipt) == 0


def test_receipts_do_not_grow_with_the_campaigns_of_others(world: World) -> None:
    of_others = [an_event_campaign(world, visits(1), segments=[world.ada.uuid], name=f"S{i}") for i in range(3)]
    for i in range(events.UNCOUNTED_MAX + 5):
        an_event_campaign(world, visits(1), restrictions={"user.tags": "vip"}, name=f"V{i}")
    found = tell(world, transaction_id="a")
    assert len(found.unrewarded) == events.UNCOUNTED_MAX
    assert {it.reasons[0] for it in found.unrewarded} == {"restrictions_not_met"}
    [named] = tell(world, transaction_id="b", campaign_id=of_others[0].id).unrewarded
    assert (named.campaign_id, named.reasons) == (of_others[0].id, ["not_targeted"])


def test_a_campaign_that_gives_nothing_says_why_however_often_it_is_asked(world: World) -> None:
    empty = an_event_campaign(world, visits(1), rewards=[points(5, stock=1)])
    for_vips = an_event_campaign(world, visits(1, points=1), restrictions={"user.tags": "vip"}, opt_in_required=True)
    first = tell(world, transaction_id="a")
    vips = (for_vips.id, ["not_opted_in", "restrictions_not_met"])
    assert [tuple(it) for it in first.unrewarded] == [vips]
    second = tell(world, transaction_id="b")
    assert (second.counted, len(second.achieved)) == (1, 1), "it is achieved all the same"
    assert dict(second.unrewarded) == dict([vips, (empty.id, ["no_reward_left"])])  # type: ignore[arg-type]
    again = tell(world, transaction_id="b")
    assert again == second
    with world.database.single_statement() as executor:
        sent = [events.CustomerEvent("visit", number) for number in ("c", "d")]
        several = events.record_all(executor, world.cleo.id, sent, datetime.now(UTC), SYSTEM)
    assert [dict(it.unrewarded) for it in several] == [dict(second.unrewarded)] * 2  # type: ignore[arg-type]
    assert [tell(world, transaction_id=number) for number in ("c", "d")] == several
    assert world.balance() == 100_500
    world.require_invariants()
