"""Every kind of event is written by what causes it, in its transaction, and says what its schema promises."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select, text

from app import clock
from app.campaign import errors, notices
from app.campaign.models.awards import Award
from app.campaign.setup import campaigns
from app.campaign.triggers import purchases
from app.campaign.vouchers import lifecycle
from app.campaign.vouchers.lifecycle import VoucherTerms
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers
from app.jobs.marks import ExpiryMark
from app.members import customers
from app.members.models import Customer
from app.organizations.scope import EVERY_CHAIN
from app.outbox.events import EXAMPLES, KINDS, TEST
from app.outbox.models import Delivery, Message
from app.points import ledger, reminders
from tests.outbox.hooks import Hooks, later, subscribe
from tests.receiver import Receiver, receiver
from tests.world import World, coupon, nothing, points, voucher


@pytest.fixture
def hooks(world: World) -> Hooks:
    return Hooks(world.database)


@contextmanager
def listening(hooks: Hooks, *kinds: str) -> Iterator[Receiver]:
    """What happens in the block is sent at its end."""
    with receiver() as found:
        subscribe(hooks.database, found.url, kinds or ["*"])
        yield found
        hooks.send()
    for it in found.requests:
        kind = KINDS[it.json["type"]]
        assert kind.family().validate(it.json["data"]) == {}
        assert it.json["version"] == kind.version


def test_every_example_is_of_its_schema() -> None:
    for kind in (*KINDS.values(), TEST):
        assert kind.family().validate(EXAMPLES[kind.family]) == {}, kind.name


def test_a_purchase_tells_the_code_and_what_it_cost(world: World, hooks: Hooks) -> None:
    campaign = world.a_campaign(codes=["FIRST"])
    with listening(hooks) as found:
        sale = world.buy(campaign)
    assert sorted(found.kinds) == ["points.paid", "purchase.made", "voucher.issued"]
    for it in found.requests:
        data = it.json["data"]
        assert (data["award"], data["price"], data["points"], data["balance"]) == (
            str(sale.award_id),
            "10.00",
            "0.00",
            "990.00",
        )
        assert [one["code"] for one in data["vouchers"]] == ["FIRST"]
        assert data["customer"]["number"] == world.cleo.id
        assert data["campaign"]["id"] == str(campaign.uuid)
        assert data["draw"] is None


def test_what_costs_nothing_pays_no_points(world: World, hooks: Hooks) -> None:
    with listening(hooks) as found:
        world.buy(world.a_campaign(cost=0))
    assert "points.paid" not in found.kinds
    assert "purchase.made" in found.kinds


def test_a_purchase_that_is_refused_tells_nothing(world: World, hooks: Hooks) -> None:
    campaign = world.a_campaign(codes=["ONE"], limit=1)
    world.buy(campaign)
    with listening(hooks) as found, pytest.raises(errors.LimitReached):
        world.buy(campaign)
    assert found.requests == []


def test_a_transaction_that_is_not_kept_tells_nothing(world: World, hooks: Hooks) -> None:
    def fail() -> None:
        with world.database.transaction() as session:
            ledger.add(session, world.cleo.id, 100, clock.now())
            raise ZeroDivisionError

    with listening(hooks) as found, pytest.raises(ZeroDivisionError):
        fail()
    assert found.requests == []


def test_a_purchase_that_cannot_be_told_is_not_made(world: World, hooks: Hooks) -> None:
    """The message is written by the purchase's own transaction; by another, before or after, and one of both would be kept."""
    subscribe(hooks.database, "https://hooks.example/", ["purchase.made"])
    broken = (
        "ALTER TABLE outbox ADD CONSTRAINT broken CHECK (false)"
        if world.database.is_postgresql
        else "CREATE TRIGGER broken BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
    with world.database.transaction() as session:
        session.execute(text(broken))
    campaign, now = world.a_campaign(), clock.now()
    with pytest.raises((psycopg.Error, sqlite3.Error)), world.database.single_statement() as executor:
        purchases.buy(executor, campaign.uuid, world.cleo.uuid, EVERY_CHAIN, now, None, "system")
    assert world.count(Award) == world.count(Message) == 0
    assert world.balance() == 100_000


def test_nobody_listens_and_nothing_is_written(world: World, hooks: Hooks) -> None:
    world.buy(world.a_campaign())
    assert hooks.count() == 0


def test_who_listens_for_something_else_hears_nothing(world: World, hooks: Hooks) -> None:
    with listening(hooks, "draw.made", "customer.changed") as found:
        world.buy(world.a_campaign())
    assert found.requests == []


def test_another_chain_hears_nothing(world: World, hooks: Hooks) -> None:
    with receiver() as found:
        subscribe(world.database, found.url, chain_id=world.a_chain())
        world.buy(world.a_campaign())
        hooks.send()
    assert found.requests == []


@pytest.mark.parametrize(
    ("reward", "kinds", "held"),
    [
        (points(5), ["award.given", "points.earned"], []),
        (voucher(7), ["award.given", "voucher.issued"], ["basket"]),
        (coupon(), ["purchase.made", "voucher.issued"], ["honour"]),
        (nothing(), ["award.given"], []),
    ],
    ids=["points", "voucher", "coupon", "nothing"],
)
def test_an_award_tells_what_it_gave(
    world: World, hooks: Hooks, reward: Any, kinds: list[str], held: list[str]
) -> None:
    campaign = world.a_reward_campaign(reward, codes=["WON"] if reward.kind == "coupon" else [])
    with listening(hooks) as found:
        world.interact(campaign)
    assert sorted(found.kinds) == kinds
    data = found.requests[0].json["data"]
    assert data["points"] == ("5.00" if reward.kind == "points" else "0.00")
    assert [one["kind"] for one in data["vouchers"]] == held


def test_a_draw_tells_its_number_and_its_ticket(world: World, hooks: Hooks) -> None:
    campaign = world.a_reward_campaign(points(5, weight=1), nothing(weight=1), handling="random_draw")
    with listening(hooks, "draw.made") as found:
        world.interact(campaign)
    [it] = found.requests
    assert it.json["data"]["draw"]["number"] == 1
    assert len(it.json["data"]["draw"]["ticket"]) == 64


def test_what_becomes_of_a_voucher(world: World, hooks: Hooks) -> None:
    campaign, now = world.a_reward_campaign(voucher(10)), clock.now()
    holder = Holder(1, world.cleo.id, is_staff=True)
    with listening(hooks, "voucher.created", "voucher.claimed", "voucher.redeemed") as found:
        with world.database.transaction() as session:
            made = lifecycle.issue(session, 1, campaign.id, world.cleo.id, VoucherTerms("basket", 1_000), now)
        named = VoucherIdentifiers(id=made.id)
        with world.database.single_statement() as executor:
            lifecycle.claim(executor, named, holder, now)
        with world.database.transaction() as session:
            lifecycle.redeem(session, named, holder, 400, now)
    assert found.kinds == ["voucher.created", "voucher.claimed", "voucher.redeemed"]
    states = [(it.json["data"]["status"], it.json["data"]["redeemed"]) for it in found.requests]
    assert states == [("generated", "0.00"), ("claimed", "0.00"), ("redeemed", "4.00")]
    assert found.requests[2].json["data"]["rest"] == made.id + 1


def test_a_claim_that_somebody_hears_is_one_transaction(
    world: World, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, now = world.a_reward_campaign(voucher(10)), clock.now()
    with world.database.transaction() as session:
        made = lifecycle.issue(session, 1, campaign.id, world.cleo.id, VoucherTerms("basket", 1_000), now)
    subscribe(world.database, "https://hooks.example/", ["voucher.claimed"])

    def fails(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("app.campaign.telling.vouchers", fails)
    named, holder = VoucherIdentifiers(id=made.id), Holder(1, world.cleo.id, is_staff=True)
    with pytest.raises(ZeroDivisionError), world.database.single_statement() as executor:
        lifecycle.claim(executor, named, holder, now)
    with world.database.reading() as session:
        assert lifecycle.get(session, named, holder).status == "generated"


def test_a_coupon_that_is_used(world: World, hooks: Hooks) -> None:
    campaign, now = world.a_campaign(codes=["FIRST"]), clock.now()
    world.buy(campaign)
    with listening(hooks) as found, world.database.transaction() as session:
        purchases.mark(session, world.cleo.id, campaign.uuid, "FIRST", None, True, now, False)
    assert found.kinds == ["purchase.used", "voucher.redeemed"]
    assert found.requests[0].json["data"]["voucher"]["code"] == "FIRST"


def test_points_by_hand(world: World, hooks: Hooks) -> None:
    with listening(hooks) as found, world.database.transaction() as session:
        ledger.add(session, world.cleo.id, 1_050, clock.now(), "Opening day", "admin")
        ledger.spend(session, world.cleo.id, 50, clock.now())
    assert found.kinds == ["points.added", "points.spent"]
    first, second = (it.json["data"] for it in found.requests)
    assert (first["points"], first["balance"], first["comment"], first["issuer"]) == (
        "10.50",
        "1010.50",
        "Opening day",
        "admin",
    )
    assert (second["points"], second["balance"]) == ("0.50", "1010.00")


def test_customers_come_and_change(world: World, hooks: Hooks) -> None:
    with listening(hooks) as found:
        new = world.a_customer("Nora")
        with world.database.transaction() as session:
            customers.block(session, customers.get(session, str(new.uuid), EVERY_CHAIN), clock.now())
        with world.database.transaction() as session:
            it = customers.get(session, str(new.uuid), EVERY_CHAIN)
            customers.change(session, it, {"phone": "+48123"}, clock.now())
    assert found.kinds[0] == "customer.registered"
    assert set(found.kinds[1:]) <= {"customer.changed", "points.added"}
    changed = [it.json["data"] for it in found.requests if it.json["type"] == "customer.changed"]
    assert [(one["status"], one["phone"]) for one in changed[-2:]] == [("blocked", None), ("blocked", "+48123")]


def test_what_becomes_of_a_campaign(world: World, hooks: Hooks) -> None:
    now = clock.now()
    with listening(hooks) as found:
        campaign = world.a_campaign(lifecycle="draft")
        for step in (True, False, True):
            with world.database.transaction() as session:
                campaigns.switch(session, campaign.uuid, step, EVERY_CHAIN, now)
        with world.database.transaction() as session:
            spec = replace(world.sale_spec(), name="Another name")
            campaigns.change(session, campaign.uuid, spec, EVERY_CHAIN, now)
        with world.database.transaction() as session:
            campaigns.complete(session, campaign.uuid, EVERY_CHAIN, now)
    assert found.kinds == [
        "campaign.changed",
        "campaign.published",
        "campaign.paused",
        "campaign.resumed",
        "campaign.changed",
        "campaign.completed",
    ]
    assert [it.json["data"]["revision"] for it in found.requests] == [1, 2, 3, 4, 5, 6]


def test_a_pool_that_runs_low_and_out_is_told_of_once_each(world: World, hooks: Hooks) -> None:
    campaign = world.a_campaign(codes=[f"C{i}" for i in range(20)], limit=20, limit_per_customer=20)

    def look() -> None:
        with world.database.transaction() as session:
            notices.tell_of_stocks(session, clock.now())

    with listening(hooks, "pool.low", "limit.reached") as found:
        for count in (17, 1, 1, 0, 1, 0):
            for _ in range(count):
                world.buy(campaign)
            look()
    assert found.kinds == ["pool.low", "limit.reached"]
    assert found.requests[0].json["data"]["left"] == 2
    assert found.requests[0].json["data"]["threshold"] == 2


def test_vouchers_that_expire_are_told_of_once_however_small_the_batches(
    world: World, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "BATCH", 2)
    campaign, now = world.a_reward_campaign(voucher(10)), clock.now()
    with world.database.transaction() as session:
        for i in range(5):
            terms = VoucherTerms("basket", 1_000, expires_at=later(minutes=1 + i // 3))
            lifecycle.issue(session, 1, campaign.id, world.cleo.id, terms, now)
    mark = ExpiryMark(now, 0)
    with listening(hooks, "voucher.expired") as found:
        for minutes in (1.5, 1.5, 3):
            is_end = False
            while not is_end:
                with world.database.transaction() as session:
                    mark, is_end = notices.tell_of_vouchers(
                        session, "voucher.expired", ExpiryMark.read(str(mark)), later(minutes=minutes), now
                    )
    assert len(found.requests) == len({it.id for it in found.requests}) == 5


def test_points_that_expire_are_told_of_once_together(
    world: World, hooks: Hooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "BATCH", 2)
    then = world.now - timedelta(days=20)
    world.work("expiring-points", then)  # from when on it tells
    people = [world.a_customer(f"P{i}", points=0) for i in range(5)]
    gone = world.a_customer("Gone", points=0)
    with world.database.transaction() as session:
        for person in (*people, gone):
            for days in (8, 8, 12, 40):
                ledger.add(session, person.id, 100, then, days_active=days)
        ledger.spend(session, people[0].id, 150, then)
        customers.block(session, session.get_one(Customer, gone.id), then)
    world.work("points-lots", then)
    with listening(hooks, "points.expiring") as found:
        for days in (2, 2, 3, 6):
            world.work("expiring-points", then + timedelta(days=days))
    said = [(it.json["data"]["customer"]["number"], it.json["data"]["points"]) for it in found.requests]
    of = {person.id: [points for number, points in said if number == person.id] for person in (*people, gone)}
    assert of == {people[0].id: ["0.50", "1.00"], **{it.id: ["2.00", "1.00"] for it in people[1:]}, gone.id: []}
    assert len({it.id for it in found.requests}) == len(found.requests) == 10


def test_what_was_written_is_complete(world: World, hooks: Hooks) -> None:
    """Every column that the log or a replay needs."""
    with listening(hooks, "purchase.made"):
        world.buy(world.a_campaign())
    with world.database.reading() as session:
        it = session.scalars(select(Delivery)).one()
        assert session.scalars(select(Message)).all() == []
    assert (it.outcome, it.status, it.kind, it.subject) == (
        "delivered",
        204,
        "purchase.made",
        f"customer {world.cleo.id}",
    )
    assert it.data is not None
