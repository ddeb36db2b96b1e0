"""What was given stays, whatever becomes of the campaign afterwards; what comes back goes on where it was."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.campaign.awards.give import SYSTEM
from app.campaign.document import stored
from app.campaign.document.spec import CampaignSpec
from app.campaign.engagement.creatives import CreativeSpec
from app.campaign.errors import FixedOnceGiven, LimitPerCustomerReached, LimitUnderUsage, NoRewardLeft
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import Creative
from app.campaign.models.limits import Usage
from app.campaign.models.rewards import RewardMethod
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns
from app.organizations.scope import EVERY_CHAIN
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
