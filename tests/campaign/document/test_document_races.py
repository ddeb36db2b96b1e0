"""Many change a campaign at once, while it sells: one winner a revision, none lost, and everybody gets what one revision promised."""

import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text

from app.campaign.awards import verification
from app.campaign.awards.give import lock_stocks
from app.campaign.document import stored
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.limits import MethodTally, Usage
from app.campaign.models.revisions import CampaignRevision
from app.db.engine import TryAgain
from app.points.models import LedgerEntry
from tests.admin.test_documents import AT, COFFEE, WHEEL, create, load
from tests.campaign.document.test_changes import change
from tests.campaign.test_races import at_once
from tests.client import Client
from tests.world import World, points

WRITERS, ROUNDS, BUYERS = 16, 1, 3


def write(
    ada: Client, key: str, changed: Callable[[dict[str, Any], int], dict[str, Any]], won: list[tuple[int, int]]
) -> None:
    """Read and change until so many changes were taken, each under the revision that was read; the number is the writer's own."""
    for _ in range(ROUNDS):
        while True:
            read = ada.get(f"{AT}/{key}")
            if read.status_code == 503:  # there are more writers here than connections
                continue
            revision, number = int(read.headers["ETag"].strip('"')), len(won) * 1000 + threading.get_ident() % 1000
            answer = ada.put(f"{AT}/{key}", json=changed(read.json, number), headers={"If-Match": f'"{revision}"'})
            if answer.status_code == 200:
                won.append((revision, answer.json["state"]["revision"]))
                break
            assert answer.status_code in {412, 503}, answer.json


@pytest.mark.slow
def test_sixteen_writers_leave_one_winner_a_revision_and_buyers_get_what_it_promised(
    ada: Client, sol: Client, world: World
) -> None:
    create(ada, {**COFFEE, "limits": {}, "name": "Coffee at first"})
    load(world, COFFEE, *(f"C{i}" for i in range(200)))
    with world.database.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
    ada.get("/openapi.json")
    won: list[tuple[int, int]] = []
    writing = threading.Event()
    prices = iter(range(11, 1000))

    def dearer(document: dict[str, Any], number: int) -> dict[str, Any]:
        price = next(prices)
        return {**document, "price": price / 10, "name": f"Coffee at {price / 10:g}"}

    def buy() -> None:
        while not writing.is_set():
            answer = sol.post(f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy")
            assert answer.status_code in {200, 503, 400}, answer.json

    def write_all() -> None:
        try:
            at_once(*[lambda: write(ada, "free-coffee", dearer, won) for _ in range(WRITERS)])
        finally:
            writing.set()

    at_once(write_all, *[buy] * BUYERS)
    assert Counter(seen for seen, _ in won).most_common(1)[0][1] == 1, "two were taken under one revision"
    assert sorted(made for _, made in won) == list(range(2, WRITERS * ROUNDS + 2))
    assert all(made == seen + 1 for seen, made in won)
    with world.database.reading() as session:
        kept = session.scalars(select(CampaignRevision).order_by(CampaignRevision.revision)).all()
        assert [row.revision for row in kept] == list(range(1, WRITERS * ROUNDS + 2))
        promised = {row.document["name"]: row.document["price"] for row in kept}
        assert len(promised) == len(kept)
        bought = session.execute(
            select(LedgerEntry.comment, Award.cost).join(Award, Award.id == LedgerEntry.award_id)
        ).all()
        assert bought
        for comment, cost in bought:
            assert promised[str(comment).partition(",")[0]] == f"{cost / 100:.2f}"
    world.require_invariants()


@pytest.mark.slow
def test_draws_go_on_while_their_odds_change_and_all_are_verified(ada: Client, world: World) -> None:
    create(ada, WHEEL)
    with world.database.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
    customers = [world.a_customer() for _ in range(BUYERS)]
    ada.get("/openapi.json")
    won: list[tuple[int, int]] = []
    writing = threading.Event()

    def reweighed(document: dict[str, Any], number: int) -> dict[str, Any]:
        first, *others = document["rewards"]
        more = [
            {"key": f"extra-{number % 7}", "title": "Extra", "kind": "points", "points": 1, "weight": 1 + number % 5}
        ]
        kept = [it for it in others if it["kind"] == "nothing"]
        return {**document, "rewards": [{**first, "weight": 1 + number % 9}, *kept, *more]}

    def draw(i: int) -> None:
        while not writing.is_set():
            with suppress(TryAgain):  # the world does not try again, as the door does
                world.interact(campaign, customers[i])

    def write_all() -> None:
        try:
            at_once(*[lambda: write(ada, "wheel", reweighed, won) for _ in range(6)])
        finally:
            writing.set()

    at_once(write_all, *[lambda i=i: draw(i) for i in range(BUYERS)])
    with world.database.reading() as session:
        [report] = verification.verify(session, campaign.id)
        assert (report.problems, report.draws_count > 0) == ([], True)
    world.require_invariants()


@pytest.mark.parametrize("held", [Usage.campaign_id, MethodTally.method_id], ids=["usage", "tally"])
def test_a_change_waits_for_an_award_before_it_holds_what_that_wants(world: World, held: Any) -> None:
    """An award takes usage, tallies, stock; a change that took the stock first and then wrote the others would deadlock with it."""
    if not world.database.is_postgresql:
        pytest.skip("SQLite has one writer")
    campaign = world.a_reward_campaign(points(1, stock=5), limit_per_customer=5, limit_per_customer_unit="day")
    world.interact(campaign)
    with world.database.reading() as session:
        spec = stored.whole(session, campaign.id)
    [reward] = spec.rewards
    limits = replace(spec.limits, limit_per_customer_unit=None)
    holding, over = threading.Event(), threading.Event()

    def award() -> None:
        with world.database.transaction() as session:
            session.execute(select(held).with_for_update(key_share=True)).all()
            holding.set()
            while not is_waited_for():
                assert not over.wait(0.01), "the change did not wait"
            lock_stocks(session, [campaign.id])

    def is_waited_for() -> bool:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        with world.database.reading() as session:
            return bool(session.scalar(text(waiting)))

    def change_both() -> None:
        holding.wait()
        try:
            change(world, campaign, limits=limits, rewards=[replace(reward, terms={**reward.terms, "stock": 6})])
        finally:
            over.set()

    at_once(award, change_both)
    with world.database.reading() as session:
        after = stored.whole(session, campaign.id)
    assert (after.limits.limit_per_customer_unit, after.rewards[0].terms["stock"]) == (None, 6)
    world.require_invariants()
