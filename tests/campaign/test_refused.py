"""What campaigns refused is counted for the staff: by whatever door it was asked for, in any number, and forgotten in time."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.campaign.awards import refused
from app.campaign.awards.refused import KEPT, Ground, Refusals, Times
from app.campaign.models.refused import Refused
from app.db.engine import TryAgain
from tests.world import World, hours


def counts(world: World) -> list[tuple[int, str, int]]:
    with world.database.reading() as session:
        rows = session.execute(select(Refused.campaign_id, Refused.reason, Refused.count).order_by(Refused.hour))
        return [(row.campaign_id, row.reason, row.count) for row in rows]


def test_counts_of_several_processes_add_up_by_the_hour_and_are_forgotten(world: World) -> None:
    campaign, now = world.a_campaign(), world.now.replace(minute=30)
    first, second = Refusals(world.database), Refusals(world.database)
    for process, often in ((first, 3), (second, 2)):
        for _ in range(often):
            process.note(campaign.id, "limit_reached", now)
    first.note(campaign.id, "limit_reached", now + hours(1))
    first.note(campaign.id, "not_enough_points", now)  # which is the customer's own matter
    for process in (first, second, first):
        process.write()
    assert counts(world) == [(campaign.id, "limit_reached", 5), (campaign.id, "limit_reached", 1)]
    with world.database.transaction() as session:
        refused.add(session, {}, now + KEPT + timedelta(minutes=1))
    assert counts(world) == [(campaign.id, "limit_reached", 1)]


def test_what_was_refused_last_comes_first_and_is_the_chains_own(world: World) -> None:
    mine, theirs = world.a_campaign(), world.a_reward_campaign(chain_id=world.a_chain())
    last_at = {"limit_reached": hours(3), "no_coupons_left": hours(1), "campaign_over": hours(30)}
    noted = {
        Ground(campaign.id, world.now, reason): Times(2, world.now - ago)
        for campaign in (mine, theirs)
        for reason, ago in last_at.items()
    }
    with world.database.transaction() as session:
        refused.add(session, noted, world.now)
    with world.database.reading() as session:
        found = refused.lately(session, mine.chain_id, world.now - hours(24), most=8)
        assert [(it.campaign.id, it.reason, it.count) for it in found] == [
            (mine.id, "no_coupons_left", 2),
            (mine.id, "limit_reached", 2),
        ]
        assert len(refused.lately(session, mine.chain_id, world.now - hours(24), most=1)) == 1


def test_it_is_written_by_itself_and_what_cannot_be_written_harms_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "WRITTEN_AFTER", 0.01)
    campaign, refusals = world.a_campaign(), Refusals(world.database, writes_itself=True)
    refusals.note(-5, "limit_reached", world.now)  # a campaign that is not there
    refusals.note(campaign.id, "limit_reached", world.now)
    until = time.monotonic() + 30
    while not counts(world):
        assert time.monotonic() < until
        time.sleep(0.01)
    assert counts(world) == [(campaign.id, "limit_reached", 1)]


def test_what_could_not_be_written_is_written_the_next_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign, refusals = world.a_campaign(), Refusals(world.database)
    refusals.note(campaign.id, "limit_reached", world.now)

    def too_busy(*asked: object) -> None:
        refusals.note(campaign.id, "limit_reached", world.now)  # somebody is refused meanwhile
        raise TryAgain

    with monkeypatch.context() as busy:
        busy.setattr(refused, "add", too_busy)
        refusals.write()
    assert counts(world) == []
    refusals.write()
    assert counts(world) == [(campaign.id, "limit_reached", 2)]


def test_a_slower_process_does_not_turn_the_clock_back(world: World) -> None:
    campaign = world.a_campaign()
    ground = Ground(campaign.id, world.now, "limit_reached")
    for at in (world.now, world.now - timedelta(seconds=3)):
        with world.database.transaction() as session:
            refused.add(session, {ground: Times(1, at)}, world.now)
    with world.database.reading() as session:
        [row] = session.scalars(select(Refused)).all()
        assert (row.count, row.last_at) == (2, world.now)
