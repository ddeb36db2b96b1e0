"""What was given stays, whatever becomes of the campaign afterwards; what comes back goes on where it was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from app.campaign.awards.give import SYSTEM
from app.campaign.document import stored
from app.campaign.document.spec import CampaignSpec, OptInSpec, RewardSpec, SaleSpec, ScheduleSpec
from app.campaign.engagement import creatives, opt_ins
from app.campaign.engagement.behaviors import BehaviorSpec, GoalSpec
from app.campaign.engagement.creatives import CreativeSpec
from app.campaign.errors import (
    BadCampaign,
    CreativeNotFound,
    FixedOnceGiven,
    LimitPerCustomerReached,
    LimitUnderUsage,
    NoRewardLeft,
    OverForGood,
    SingleCouponFixed,
)
from app.campaign.listings import customer_campaigns
from app.campaign.models.campaigns import Campaign
from app.campaign.models.draws import DrawSeed
from app.campaign.models.engagement import Creative
from app.campaign.models.limits import Usage
from app.campaign.models.rewards import RewardMethod
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns, coupons
from app.campaign.triggers import signups
from app.members import identifiers
from app.members.customers import Person
from app.organizations.scope import EVERY_CHAIN
from app.paging import Page
from tests.campaign.triggers.test_events import an_event_campaign, tell, visits
from tests.world import World, points, voucher


def change(world: World, campaign: Campaign, **changed: Any) -> CampaignSpec:
    """Change parts of a campaign's spec; return what it was."""
    with world.database.transaction() as session:
        before = stored.whole(session, campaign.id)
        campaigns.put(session, campaign.uuid, replace(before, **changed), EVERY_CHAIN, world.now, SYSTEM)
    return before


def test_progress_goes_on_under_changed_numbers(world: World) -> None:
    campaign = an_event_campaign(world, visits(5, points=5))
    for _ in range(2):
        assert not tell(world).achieved
    change(world, campaign, behaviors=[visits(3, points=7)])
    assert [it.times for it in tell(world).achieved] == [1]
    assert world.balance() == 100_700
    world.require_invariants()


def test_a_behavior_that_is_left_out_is_closed_and_goes_on_when_it_comes_back(world: World) -> None:
    other = replace(visits(1, points=1, name="Looks"), goals=[replace(visits().goals[0], event_name="look")])
    campaign = an_event_campaign(world, visits(3, points=5), other)
    tell(world)
    tell(world)
    before = change(world, campaign, behaviors=[other])
    assert tell(world).counted == 0
    change(world, campaign, behaviors=before.behaviors)
    assert [it.times for it in tell(world).achieved] == [1]
    assert world.balance() == 100_500
    world.require_invariants()


def test_who_counts_something_else_begins_anew_and_keeps_what_was_earned(world: World) -> None:
    campaign = an_event_campaign(world, visits(2, points=5))
    for _ in range(3):
        tell(world)
    looks = replace(visits(2, points=5), goals=[replace(visits(2).goals[0], event_name="look")])
    change(world, campaign, behaviors=[looks])
    assert tell(world).counted == 0
    assert [len(tell(world, "look").achieved) for _ in range(2)] == [0, 1]
    assert world.balance() == 101_000
    world.require_invariants()


def test_points_of_a_behavior_may_come_later_change_and_go(world: World) -> None:
    campaign = an_event_campaign(world, visits(1), rewards=[voucher(5)])
    tell(world)
    for amount, balance in ((5, 100_500), (7, 101_200), (0, 101_200), (1, 101_300)):
        change(world, campaign, behaviors=[visits(1, points=amount)])
        tell(world)
        assert world.balance() == balance
        world.require_invariants()
    assert world.count(Voucher) == 5


def test_a_reward_that_is_left_out_is_closed_and_counts_on_when_it_comes_back(world: World) -> None:
    first, second = replace(voucher(5, stock=3), key="first"), replace(points(1), key="second")
    campaign = world.a_reward_campaign(first, second)
    for _ in range(2):
        world.interact(campaign)
    change(world, campaign, rewards=[second])
    world.interact(campaign)
    assert (world.count(Voucher), world.balance()) == (2, 100_300)
    with pytest.raises(LimitUnderUsage) as refused:
        change(world, campaign, rewards=[second, replace(first, terms={**first.terms, "stock": 1})])
    assert (refused.value.required, refused.value.actual) == (2, 1)
    change(world, campaign, rewards=[second, first])
    for _ in range(2):
        world.interact(campaign)
    assert (world.count(Voucher), world.balance()) == (3, 100_500)
    with world.database.reading() as session:
        assert [it.key for it in session.scalars(select(RewardMethod).order_by(RewardMethod.position))] == [
            "second",
            "first",
        ]
    world.require_invariants()


def test_all_rewards_may_change_their_places(world: World) -> None:
    three = [replace(points(i), key=f"r{i}") for i in (1, 2, 3)]
    campaign = world.a_reward_campaign(*three)
    change(world, campaign, rewards=three[::-1])
    with world.database.reading() as session:
        assert [it.key for it in stored.whole(session, campaign.id).rewards] == ["r3", "r2", "r1"]


def test_a_reward_that_was_given_stays_of_its_kind(world: World) -> None:
    reward = replace(points(1), key="one")
    campaign = world.a_reward_campaign(reward, replace(points(2), key="two"))
    world.interact(campaign)
    with pytest.raises(FixedOnceGiven):
        change(world, campaign, rewards=[replace(voucher(1), key="one")])
    with pytest.raises(FixedOnceGiven):
        change(world, campaign, rewards=[replace(points(1, limit_per_customer=2), key="one")])
    change(
        world, campaign, rewards=[replace(points(1, limit_per_customer=2, limit_per_customer_unit="day"), key="one")]
    )
    for _ in range(2):
        world.interact(campaign)
    with pytest.raises(NoRewardLeft):
        world.interact(campaign)
    world.require_invariants()


def test_a_limit_in_each_period_becomes_one_for_ever_and_counts_all(world: World) -> None:
    campaign = world.a_reward_campaign(points(1), limit_per_customer=1, limit_per_customer_unit="day")
    for days in (3, 2, 1):
        world.interact(campaign, now=world.now - timedelta(days=days))
    with world.database.reading() as session:
        limits = stored.whole(session, campaign.id).limits
    with pytest.raises(LimitUnderUsage) as refused:
        change(world, campaign, limits=replace(limits, limit_per_customer=2, limit_per_customer_unit=None))
    assert refused.value.required == 3
    change(world, campaign, limits=replace(limits, limit_per_customer=4, limit_per_customer_unit=None))
    world.interact(campaign)
    with pytest.raises(LimitPerCustomerReached):
        world.interact(campaign)
    with world.database.reading() as session:
        assert session.scalars(select(Usage.in_period)).one() == 4
    world.require_invariants()
    change(world, campaign, limits=replace(limits, limit_per_customer=1, limit_per_customer_unit="hour"))
    world.interact(campaign)
    world.require_invariants()


def test_a_limit_of_everybody_in_a_period_is_not_under_what_that_period_had(world: World) -> None:
    campaign = world.a_reward_campaign(points(1), limit_in_period=5, limit_unit="year")
    for _ in range(3):
        world.interact(campaign)
    with world.database.reading() as session:
        limits = stored.whole(session, campaign.id).limits
    with pytest.raises(LimitUnderUsage) as refused:
        change(world, campaign, limits=replace(limits, limit_in_period=2))
    assert refused.value.required == 3
    change(world, campaign, limits=replace(limits, limit_in_period=2, limit_unit="second"))
    world.require_invariants()


def test_a_creative_that_comes_back_is_the_same(world: World) -> None:
    tile = CreativeSpec("internal_tile", {"message": {"header": "Come"}})
    campaign = an_event_campaign(world, visits(), creatives=[tile])
    with world.database.reading() as session:
        first = session.scalars(select(Creative)).one()
    before = change(world, campaign, listing=replace(stored_listing(world, campaign), creatives=[]))
    with world.database.reading() as session:
        assert stored.whole(session, campaign.id).listing.creatives == []
    change(world, campaign, listing=before.listing)
    with world.database.reading() as session:
        again = session.scalars(select(Creative)).one()
        assert (again.id, again.group_id, again.closed) == (first.id, first.group_id, False)


def stored_listing(world: World, campaign: Campaign) -> Any:
    with world.database.reading() as session:
        return stored.whole(session, campaign.id).listing


def test_who_has_more_than_is_asked_for_by_now_achieves_it_with_the_next_event(world: World) -> None:
    campaign = an_event_campaign(world, visits(5, points=5))
    for _ in range(4):
        tell(world)
    change(world, campaign, behaviors=[visits(3, points=5)])
    assert [len(tell(world).achieved) for _ in range(4)] == [1, 0, 0, 1]
    assert world.balance() == 101_000
    world.require_invariants()


def test_a_composite_behavior_keeps_its_progress_when_its_goals_change_places(world: World) -> None:
    goals = [GoalSpec("see"), GoalSpec("taste", 2)]
    tour = BehaviorSpec("Tour", goals, "composite", points=500)
    campaign = an_event_campaign(world, tour)
    for name in ("see", "taste"):
        tell(world, name)
    change(world, campaign, behaviors=[replace(tour, goals=goals[::-1])])
    assert len(tell(world, "taste").achieved) == 1
    world.require_invariants()


def test_the_codes_of_a_pool_are_given_under_whatever_key(world: World) -> None:
    first = RewardSpec("coupon", "A code", {}, key="first")
    campaign = world.a_reward_campaign(first, replace(points(1), key="point"), codes=["A", "B", "C"])
    for _ in range(2):
        world.interact(campaign)
    change(world, campaign, rewards=[replace(first, key="other"), replace(points(1), key="point")])
    world.require_invariants()
    for _ in range(2):
        world.interact(campaign)
    assert (world.count(Voucher), world.balance()) == (3, 100_400)
    world.require_invariants()


def test_a_draw_that_is_over_never_opens_again(world: World) -> None:
    campaign = world.a_reward_campaign(points(1), points(2), handling="random_draw")
    schedule = ScheduleSpec(activity=(world.now - timedelta(days=2), world.now - timedelta(days=1)))
    before = change(world, campaign, schedule=schedule)
    with pytest.raises(OverForGood):
        change(world, campaign, schedule=before.schedule)
    # Whoever makes it no draw, and a draw again, gets another seed.
    with world.database.reading() as session:
        old = session.get_one(DrawSeed, campaign.id).seed
    change(world, campaign, schedule=before.schedule, handling="independent")
    change(world, campaign, handling="random_draw")
    with world.database.reading() as session:
        assert session.get_one(DrawSeed, campaign.id).seed != old


def test_a_shared_code_is_loaded_into_an_empty_pool_once(world: World) -> None:
    campaign = world.a_campaign(codes=[], single_coupon=True, unlimited=True)
    assert coupons.load(world.database, campaign.uuid, ["SHARED"]) == 1
    with pytest.raises(SingleCouponFixed):
        coupons.load(world.database, campaign.uuid, ["ANOTHER"])
    assert world.buy(campaign).code == world.buy(campaign).code == "SHARED"
    world.require_invariants()


def test_a_unit_without_a_number_is_no_limit_and_changes_nothing(world: World) -> None:
    campaign = world.a_reward_campaign(points(1, limit_unit="day"), limit_unit="day", limit_per_customer_unit="week")
    change(world, campaign, name="Another name")
    with world.database.reading() as session:
        assert session.get_one(Campaign, campaign.id).changed_at is None
        assert session.scalars(select(RewardMethod.changed_at)).one() is None


def test_places_cannot_be_fewer_than_who_has_opted_in(world: World) -> None:
    campaign = an_event_campaign(world, visits(), opt_in_required=True, participants_max=5)
    for customer in (world.cleo, world.a_customer()):
        with world.database.transaction() as session:
            opt_ins.opt_in(session, campaign.id, customer.id, world.now)
    with pytest.raises(LimitUnderUsage, match="2 customers have opted in"):
        change(world, campaign, opt_in=OptInSpec(True, participants_max=1))


def test_a_pool_of_several_codes_is_not_shared(world: World) -> None:
    campaign = world.a_campaign(codes=["A", "B"])
    with pytest.raises(SingleCouponFixed, match="The pool holds 2 codes"):
        change(world, campaign, sale=SaleSpec("gift_code", single_coupon=True))


def test_what_somebody_is_on_the_way_to_fixes_the_context(world: World) -> None:
    campaign = an_event_campaign(world, visits(3, points=5))
    tell(world)
    with pytest.raises(FixedOnceGiven):
        change(world, campaign, context="interaction", behaviors=[], rewards=[points(1)])
    change(world, an_event_campaign(world, visits(3)), context="interaction", behaviors=[], rewards=[points(1)])


def test_what_is_closed_is_neither_told_nor_found(world: World) -> None:
    tile = CreativeSpec("internal_tile", {"message": {"header": "Come"}})
    campaign = an_event_campaign(world, visits(), rewards=[voucher(5)], creatives=[tile])
    with world.database.reading() as session:
        creative = session.scalars(select(Creative)).one()
    change(world, campaign, rewards=[], listing=replace(stored_listing(world, campaign), creatives=[]))
    with world.database.reading() as session:
        with pytest.raises(CreativeNotFound):
            creatives.get(session, world.chain_id, creative.id)
        customer = identifiers.by_uuid(session, world.chain_id, world.cleo.uuid)
        include = customer_campaigns.Include(creatives=True, methods=True)
        [row] = customer_campaigns.page(session, customer, "all", include, Page(), world.now).rows
        assert (row.creatives, [method for method in row.methods if method.key]) == ([], [])


def test_stored_behaviors_and_rewards_that_stay_are_not_written(world: World) -> None:
    """Whoever makes progress or is rewarded refers to their rows: moving them would be waiting for each other."""
    campaign = an_event_campaign(world, visits(2, points=5), rewards=[voucher(5)])
    written: list[str] = []
    event.listen(world.database.engine, "before_cursor_execute", lambda *a: written.append(a[2]))
    change(world, campaign, name="Another name")
    assert not [it for it in written if it.startswith(("UPDATE behavior", "UPDATE reward_method", "UPDATE goal"))]


def test_a_campaign_whose_coupons_are_closed_has_no_pool_to_load(world: World) -> None:
    campaign = world.a_reward_campaign(RewardSpec("coupon", "A code", {}, key="code"), points(1), codes=["A"])
    change(world, campaign, rewards=[points(1)])
    with pytest.raises(BadCampaign, match="no pool to load"):
        coupons.load(world.database, campaign.uuid, ["B"])


def test_who_is_referred_gets_nothing_of_a_reward_that_is_closed(world: World) -> None:
    both = [replace(points(5, recipient="referring"), key="one"), replace(points(5, recipient="referred"), key="other")]
    campaign = world.a_reward_campaign(*both, kind="referral")
    change(world, campaign, rewards=both[:1])
    cleo = world.a_customer("Clara", referral_code="clara7")
    with world.database.transaction() as session:
        new = signups.sign_up(
            session, Person("New", "Comer", "n@guerdon.example"), world.now, SYSTEM, referral_code="clara7"
        )
        assert new.unrewarded == []
    assert (world.balance(new.customer), world.balance(cleo)) == (0, 100_000)
    world.require_invariants()
