"""How many customers restrictions admit is told by lists without counting while somebody waits."""

import threading
import time
from datetime import timedelta

import pytest
from flask import Flask

from app.campaign.audience import reached
from app.campaign.audience.reached import GOOD_FOR, Place
from app.campaign.models.campaigns import Campaign
from app.members import tags
from tests.client import Client
from tests.world import World, clock_at

VIP = {"user.tags": {"$in": ["vip"]}}


def told(client: Client, campaign: Campaign) -> int:
    rows = client.get("/api/campaign").json["campaigns"]
    listed = next(it for it in rows if it["campaignId"] == str(campaign.uuid))
    return int(listed["visibleForCustomersCount"])


def test_a_list_tells_who_is_admitted_once_that_was_counted_and_counts_anew_in_time(world: World, ada: Client) -> None:
    tagged = [world.a_customer(f"Vip{i}", level=world.silver) for i in range(3)]
    world.a_customer("Plain", level=world.silver)
    with world.database.transaction() as session:
        for person in tagged:
            tags.put(session, person.id, ["vip"], world.now, 10**8)
    campaign, plain = world.a_campaign(restrictions=VIP), world.a_campaign(name="Plain")
    with clock_at(world.now):
        assert told(ada, campaign) == 5  # not counted yet: no more than the audience, Cleo among them
        assert (told(ada, campaign), told(ada, plain)) == (3, 5)
        with world.database.transaction() as session:
            tags.put(session, world.cleo.id, ["vip"], world.now, 10**8)
        assert told(ada, campaign) == 3
    with clock_at(world.now + GOOD_FOR):
        assert told(ada, campaign) == 3
        assert told(ada, campaign) == 4
        one = ada.get(f"/api/campaign/{campaign.uuid}").json
        assert one["visibleForCustomersCount"] == 4
    total = ada.get(f"/api/campaign/{campaign.uuid}/customers/visible").json["total"]
    assert total == 4


def test_only_one_process_counts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = world.a_campaign(restrictions=VIP)
    assert campaign.targeting_id is not None
    place = Place(campaign.chain_id, campaign.audience_id, campaign.targeting_id)
    counted: list[Place] = []
    monkeypatch.setattr(reached, "_count", lambda database, place, now: counted.append(place))
    for ago in (timedelta(0), timedelta(seconds=1), GOOD_FOR - timedelta(seconds=1)):
        reached.count(world.database, [place], world.now + ago)
    assert counted == [place]
    reached.count(world.database, [place], world.now + GOOD_FOR)
    assert counted == [place, place]


def test_whoever_asks_does_not_wait_for_the_count(
    world: World, ada: Client, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "guerdon_has_background", True)
    may_count, counts = threading.Event(), reached._count
    monkeypatch.setattr(reached, "_count", lambda *asked: (may_count.wait(30), counts(*asked)))
    campaign = world.a_campaign(restrictions=VIP)
    for _ in range(3):
        assert told(ada, campaign) == 1  # answered, while somebody counts
    may_count.set()
    until = time.monotonic() + 30
    while told(ada, campaign) != 0:
        assert time.monotonic() < until
        time.sleep(0.01)
