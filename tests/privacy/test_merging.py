"""Two accounts of one person become one, on both databases: nothing is lost, nothing is given twice, and both names lead to it."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.access import passwords
from app.access.models import Login
from app.campaign.awards.give import SYSTEM
from app.campaign.engagement import opt_ins
from app.campaign.errors import LimitPerCustomerReached
from app.campaign.models.engagement import BehaviorProgress
from app.campaign.models.limits import Stock
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns
from app.campaign.triggers import interactions, purchases, referrals, sales
from app.members import attributes, customers, finding, identifiers, tags
from app.members.errors import BadCustomer, CustomerElsewhere, CustomerNotFound
from app.members.models import Customer, Level, SegmentMember, Spending
from app.migrations.tables import metadata
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.organizations.scope import EVERY_CHAIN
from app.points import ledger, summary
from app.points.errors import OwesPoints
from app.privacy import erasing, merging, report
from app.refusal import Refusal
from app.sales import earning_rules, levels
from app.sales.earning_rules import RuleDetails
from app.sales.models import Sale
from app.sales.recording import SaleDetails, SoldItem
from app.segments import segments
from app.segments.criteria import Criterion
from app.segments.segments import CUSTOMER_LIST, SegmentDetails
from app.web.door import with_retries
from tests.campaign.triggers.test_events import an_event_campaign, tell, visits
from tests.client import Client
from tests.world import World, points

pytestmark = pytest.mark.slow


class Pair:
    """Ann registered twice: at the till with a card, and in the app with an address."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ann = world.a_customer("Ann", points=10, email="ann@guerdon.example")
        self.card = world.a_customer("Anne", points=5, email=None, loyalty_card_number="CARD-1", phone="+48 700-701")

    def earning(self) -> None:
        """A point for each euro."""
        with self.world.database.transaction() as session:
            details = RuleDetails("spending", "Euros", {"points_per_unit": 100}, active=True)
            earning_rules.create(session, self.world.chain_id, details, self.world.now)

    def vouchers_of(self, customer: Customer) -> int:
        with self.world.database.reading() as session:
            held = select(func.count()).select_from(Voucher).where(Voucher.customer_id == customer.id)
            return session.scalar(held) or 0

    def merge(self, kept: Customer | None = None, gone: Customer | None = None) -> None:
        with self.world.database.transaction() as session:
            both = [session.get_one(Customer, (it or other).id) for it, other in ((kept, self.ann), (gone, self.card))]
            merging.merge(session, both[0], both[1], self.world.now)
        self.world.require_invariants()

    def points(self, customer: Customer | None = None) -> tuple[int, int]:
        with self.world.database.reading() as session:
            found = summary.as_of(session, (customer or self.ann).id)
            return found.balance, found.locked

    def sell(self, customer: Customer, number: str, returns: str | None = None, amount: int = 2_000) -> None:
        reported = SaleDetails(
            number,
            self.world.now,
            items=[SoldItem("A", "A", 1, amount)],
            customer_id=customer.id,
            is_return=returns is not None,
            returns=returns,
        )
        with self.world.database.transaction() as session:
            sales.record(session, self.world.chain_id, reported, self.world.now, SYSTEM)


def everything(world: World) -> dict[str, list[str]]:
    with world.database.reading() as session:
        return {it.name: sorted(map(repr, session.execute(select(it)).all())) for it in metadata.sorted_tables}


@pytest.fixture
def pair(world: World) -> Pair:
    return Pair(world)


def test_points_move_as_they_are(pair: Pair) -> None:
    world = pair.world
    with world.database.transaction() as session:
        ledger.add(session, pair.card.id, 300, world.now, days_active=5)
        lives = {"points_expiry": "after_days", "points_days_active": 10, "points_days_locked": 2}
        chains.change(session, world.chain_id, ChainDetails("First chain", **lives))  # type: ignore[arg-type]
        session.flush()
        ledger.add(session, pair.card.id, 70, world.now)
    pair.merge()
    assert (pair.points(), pair.points(pair.card)) == ((1_800, 70), (0, 0))
    world.work("points", world.now + timedelta(days=3))
    assert pair.points() == (1_870, 0)
    world.work("points", world.now + timedelta(days=6))
    assert pair.points() == (1_570, 0), "what would have expired does"
    world.work("points", world.now + timedelta(days=13))
    assert pair.points() == (1_500, 0)
    world.require_invariants()


def test_purchases_move_and_may_come_back(pair: Pair) -> None:
    world = pair.world
    pair.earning()
    pair.sell(pair.card, "R-1")
    pair.sell(pair.ann, "R-2")
    pair.merge()
    assert pair.points()[0] == 1_500 + 4_000
    pair.sell(pair.ann, "B-1", returns="R-1")
    assert pair.points()[0] == 1_500 + 2_000
    with world.database.reading() as session:
        assert set(session.scalars(select(Sale.customer_id))) == {pair.ann.id}
        [spent] = session.scalars(select(Spending))
        assert (spent.customer_id, spent.transactions_count, spent.amount) == (pair.ann.id, 2, 2_000)
    world.require_invariants()


def test_limits_count_what_both_were_given(pair: Pair) -> None:
    world = pair.world
    everyone = {"levels": [], "for_everyone": True, "cost": 1}
    twice, once, never = (world.a_campaign(limit_per_customer=n, **everyone) for n in (3, 1, 1))
    for campaign, customer in ((twice, pair.ann), (twice, pair.card), (once, pair.card), (never, world.cleo)):
        world.buy(campaign, customer)
    pair.merge()
    world.buy(twice, pair.ann)
    for campaign in (twice, once):
        with pytest.raises(LimitPerCustomerReached):
            world.buy(campaign, pair.ann)
    world.buy(never, pair.ann)
    world.require_invariants()
    assert pair.vouchers_of(pair.ann) == 5, "what both hold"
    assert pair.vouchers_of(pair.card) == 0


def test_both_names_lead_to_one(pair: Pair, app: Flask) -> None:
    world = pair.world
    with world.database.transaction() as session:
        hashes = {pair.card.id: passwords.hashed("Correct-Horse-9"), pair.ann.id: None}
        for login in session.scalars(select(Login).where(Login.customer_id.in_(hashes))):
            login.password_hash = hashes[login.customer_id]
        customers.rename(session, session.get_one(Customer, pair.card.id), "crm-7", None, world.now)
        other = session.get_one(Customer, pair.ann.id)
        customers.change(session, other, {"loyalty_card_number": "CARD-0"}, world.now)
    pair.merge()
    with world.database.reading() as session:
        for name in (str(pair.ann.uuid), str(pair.card.uuid), "CARD-0", "CARD-1"):
            assert customers.get(session, name, EVERY_CHAIN).id == pair.ann.id, name
        assert identifiers.by_uuid(session, world.chain_id, pair.card.uuid).id == pair.ann.id
        assert identifiers.by_external_id(session, world.chain_id, "crm-7").id == pair.ann.id
        named = {"loyalty_card_number": "CARD-1", "email": "ann@guerdon.example"}
        assert identifiers.customer_id(session, named, world.chain_id) == pair.ann.id
        for text in ("CARD-1", "CARD-0", "+48 700-701"):
            assert [it.id for it in finding.find(session, EVERY_CHAIN, text)] == [pair.ann.id], text
        assert session.get_one(Customer, pair.ann.id).profile.phone == "+48 700-701", "what was not known"
    for name in ("ann@guerdon.example", "CARD-1"):
        sent = {"_username": name, "_password": "Correct-Horse-9"}
        answer = Client(app).post("/api/customer/login_check", json=sent)
        assert answer.status_code == 200, answer.get_data(as_text=True)
    pair.sell(world.cleo, "R-9")
    with world.database.transaction() as session:
        bought = SaleDetails("R-10", world.now, 100, buyer={"loyalty_card_number": "CARD-1"})
        assert sales.record(session, world.chain_id, bought, world.now, SYSTEM).sale.customer_id == pair.ann.id


def test_what_describes_them_is_put_together(pair: Pair) -> None:
    world = pair.world
    listed = [Criterion(CUSTOMER_LIST, {"customers": ["CARD-1"]})]
    with world.database.transaction() as session:
        tags.put(session, pair.card.id, ["vip"], world.now)
        tags.put(session, pair.ann.id, ["web"], world.now)
        attributes.put(session, pair.card.id, {"size": 42, "colour": "red"})
        attributes.put(session, pair.ann.id, {"size": 40})
        segment = segments.create(session, world.chain_id, SegmentDetails("Invited", True, [listed]), world.now)
        customers.assign_level(session, session.get_one(Customer, pair.card.id), world.silver.uuid, world.now)
    pair.merge()
    with world.database.reading() as session:
        ann = session.get_one(Customer, pair.ann.id)
        assert [it.name for it in tags.alive(session, ann.id, world.now)] == ["vip", "web"]
        assert attributes.of_customer(session, ann.id) == {"size": 40, "colour": "red"}
        members = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment.id)
        assert list(session.scalars(members)) == [ann.id]
        assert isinstance(ann.level, Level)
        assert ann.level.uuid == world.silver.uuid
        assert [it.cause for it in customers.level_history(session, ann.id)] == ["merged"]


def test_a_third_account_follows_and_all_are_erased_together(pair: Pair) -> None:
    world = pair.world
    third = world.a_customer("Anna", points=1, loyalty_card_number="CARD-2")
    pair.merge()
    pair.merge(third, pair.ann)
    assert pair.points(third)[0] == 1_600
    with world.database.transaction() as session:
        assert customers.get(session, "CARD-1", EVERY_CHAIN).id == third.id
        told = str(report.report(session, third.id))
        assert all(it in told for it in ("CARD-1", "CARD-2", "Anne"))
        erasing.erase(session, session.get_one(Customer, third.id), world.now)
    with world.database.reading() as session:
        left = str([report.report(session, it.id) for it in (third, pair.ann, pair.card)])
        assert not any(it in left for it in ("CARD", "700-701", "Ann", "guerdon.example"))
        for name in (str(pair.card.uuid), str(third.uuid), "CARD-1"):
            with pytest.raises(CustomerNotFound):
                customers.get(session, name, EVERY_CHAIN)
    world.require_invariants()


def test_what_is_not_merged(pair: Pair) -> None:
    world = pair.world
    elsewhere = world.a_customer("Elsa", chain_id=world.a_chain("There"))
    pair.earning()
    owing = world.a_customer("Owen", points=0)
    pair.sell(owing, "R-1")
    with world.database.transaction() as session:
        ledger.spend(session, owing.id, 2_000, world.now)
    pair.sell(owing, "B-1", returns="R-1")
    before = everything(world)
    cases: list[tuple[Any, Any, type[Exception]]] = [
        (pair.ann, pair.ann, BadCustomer),
        (pair.ann, elsewhere, CustomerElsewhere),
        (pair.ann, owing, OwesPoints),
    ]
    for kept, gone, refused in cases:
        with pytest.raises(refused):
            pair.merge(kept, gone)
    assert everything(world) == before
    pair.merge()
    with pytest.raises(BadCustomer):
        pair.merge(pair.card, world.cleo)


def test_over_http(pair: Pair, ada: Client) -> None:
    path = f"/api/admin/customer/{pair.ann.uuid}"
    answer = ada.post(f"{path}/merge", json={"merge": {"customer": "CARD-1"}})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.json is not None
    assert answer.json["customerId"] == str(pair.ann.uuid)
    again = ada.post(f"{path}/merge", json={"merge": {"customer": "CARD-1"}})
    assert again.status_code == 400, "they are one already"
    taken = ada.get(f"{path}/export")
    assert taken.json is not None
    assert len(taken.json["customer"]) == 2
    assert ada.send("DELETE", path).status_code == 204
    assert ada.get(f"/api/customer/{pair.ann.uuid}").status_code == 404


def test_what_waits_for_a_merge_reaches_the_account_that_is_kept(pair: Pair) -> None:
    """Whoever has found the other account, and waits for it, decides again: nothing is left on one that is closed."""
    world = pair.world
    if not world.database.is_postgresql:
        pytest.skip("SQLite has one writer at a time: nobody waits there in the middle of what they do.")
    campaign = world.a_campaign(levels=[], for_everyone=True, cost=0, limit_per_customer=3)
    gift = world.a_reward_campaign(points(5), limit_per_customer=None)
    pair.earning()
    card = pair.card

    def given(session: Session) -> None:
        found = customers.get(session, str(card.uuid), EVERY_CHAIN)
        pause()
        ledger.add(session, found.id, 100, world.now)

    def passed(session: Session) -> None:
        found = customers.get(session, str(card.uuid), EVERY_CHAIN)
        pause()
        ledger.pass_on(session, world.cleo.id, found.id, 100, world.now)

    def bought(session: Session) -> None:
        purchases.buy(session, campaign.uuid, card.uuid, EVERY_CHAIN, world.now, None, "system")

    def tapped(session: Session) -> None:
        found = customers.get(session, str(card.uuid), EVERY_CHAIN)
        pause()
        interactions.interact(session, gift.chain_id, gift.id, found.id, world.now, SYSTEM)

    def sold(session: Session) -> None:
        reported = SaleDetails("R-1", world.now, items=[SoldItem("A", "A", 1, 200)], customer_id=card.id)
        sales.record(session, world.chain_id, reported, world.now, SYSTEM)

    def pause() -> None:
        has_read.set()
        assert may_go_on.wait(30)

    may_go_on, has_read = threading.Event(), threading.Event()
    threads = [threading.Thread(target=patiently, args=(world, it)) for it in (given, passed, bought, tapped, sold)]
    with world.database.transaction() as session:
        both = [session.get_one(Customer, it.id) for it in (pair.ann, card)]
        merging.merge(session, both[0], both[1], world.now)
        for thread in threads:
            thread.start()
        wait_until(lambda: waiting(world) >= 2)
        may_go_on.set()
        wait_until(lambda: waiting(world) >= 4)
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    world.require_invariants()
    assert pair.points(card) == (0, 0)
    assert pair.points()[0] == 1_500 + 100 + 100 + 500 + 200
    assert pair.vouchers_of(pair.ann) == 1


def patiently(world: World, use_case: Any) -> None:
    def attempt() -> None:
        with world.database.transaction() as session:
            use_case(session)

    with_retries(attempt)


def waiting(world: World) -> int:
    """How many sessions wait for a lock."""
    with world.database.reading() as session:
        query = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        return int(session.execute(text(query)).scalar_one())


def wait_until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_events_progress_levels_and_referrals_are_put_together(pair: Pair) -> None:
    world = pair.world
    with world.database.transaction() as session:
        chains.change(session, world.chain_id, ChainDetails("First chain", levels_by="points"))
        details = RuleDetails(
            "referral", "Friends", {"event": "every_purchase", "rewards": "referrer", "points": 700}, active=True
        )
        earning_rules.create(session, world.chain_id, details, world.now)
    world.a_reward_campaign(points(1, recipient="referring"), context="referral")
    friend = world.a_customer("Fay", points=0)
    with world.database.transaction() as session:
        code = session.get_one(Customer, pair.card.id).profile.referral_code
        referrals.apply_code(
            session, session.get_one(Customer, friend.id), code or "", world.now, SYSTEM, at_sign_up=True
        )
    pair.sell(friend, "F-1")
    before = pair.points(pair.card)[0]
    assert before == 500 + 100 + 700, "for the relation, and for the purchase"
    with world.database.transaction() as session:
        ledger.add(session, pair.card.id, world.silver.condition_value, world.now)
        levels.refresh(session, chains.terms(session, world.chain_id), pair.card.id, world.now)
    pair.merge()
    with world.database.reading() as session:
        ann = session.get_one(Customer, pair.ann.id)
        assert ann.level is not None
        assert ann.level.uuid == world.silver.uuid, "what the other had earned counts"
        kept = ledger.balance(session, ann.id)
        assert session.get_one(Customer, pair.card.id).level is None
    pair.sell(friend, "F-2")
    assert pair.points()[0] == kept + 700, "it was she who recommended"
    other = world.a_customer("Gus", points=0)
    with world.database.transaction() as session:
        referrals.apply_code(
            session, session.get_one(Customer, other.id), code or "", world.now, SYSTEM, at_sign_up=True
        )
        relation = session.scalars(select(ReferralRelation).where(ReferralRelation.referred_id == other.id)).one()
        assert relation.referring_id == pair.ann.id
    world.require_invariants()


def test_two_who_recommended_each_other_are_one_and_earn_nothing_of_it(pair: Pair) -> None:
    world = pair.world
    world.a_reward_campaign(points(1, recipient="referring"), context="referral")
    with world.database.transaction() as session:
        details = RuleDetails(
            "referral", "Friends", {"event": "every_purchase", "rewards": "both", "points": 700}, active=True
        )
        earning_rules.create(session, world.chain_id, details, world.now)
        code = session.get_one(Customer, pair.card.id).profile.referral_code
        referrals.apply_code(
            session, session.get_one(Customer, pair.ann.id), code or "", world.now, SYSTEM, at_sign_up=True
        )
    pair.sell(pair.ann, "R-1")
    pair.merge()
    before = pair.points()
    pair.sell(pair.ann, "R-2")
    assert pair.points() == before
    world.require_invariants()


def test_who_takes_part_is_counted_once_and_events_are_known_again(pair: Pair) -> None:
    world = pair.world
    campaign = world.a_reward_campaign(points(5), limit_per_customer=None, opt_in_required=True)
    with world.database.transaction() as session:
        for customer in (pair.ann, pair.card):
            opt_ins.opt_in(session, campaign.id, customer.id, world.now)
    pair.merge()
    with world.database.reading() as session:
        assert session.get_one(Stock, campaign.id).participants_count == 1
    world.interact(campaign, pair.ann)
    world.require_invariants()


def test_a_limit_in_a_period_becomes_one_for_ever_with_what_both_were_given(pair: Pair) -> None:
    world = pair.world
    details = {"levels": [], "for_everyone": True, "cost": 0, "limit_per_customer": 5, "limit_per_customer_unit": "day"}
    campaign = world.a_campaign(**details)
    for customer in (pair.ann, pair.card, pair.card):
        world.buy(campaign, customer)
    pair.merge()
    spec = world.sale_spec(**{**details, "limit_per_customer": 2, "limit_per_customer_unit": None})
    with pytest.raises(Refusal, match="3"), world.database.transaction() as session:
        campaigns.change(session, campaign.uuid, spec, EVERY_CHAIN, world.now)
    world.require_invariants()


def test_an_old_name_buys_is_found_first_and_may_be_had_back(pair: Pair, ada: Client) -> None:
    world = pair.world
    campaign = world.a_campaign(levels=[], for_everyone=True, cost=0)
    with world.database.transaction() as session:
        own = session.get_one(Customer, pair.ann.id)
        customers.change(session, own, {"loyalty_card_number": "CARD-0"}, world.now)
    pair.merge()
    world.a_customer("Other", loyalty_card_number="CARD-11")
    bought = ada.post(f"/api/admin/customer/{pair.card.uuid}/campaign/{campaign.uuid}/buy", json={})
    assert bought.status_code == 200, bought.get_data(as_text=True)
    assert pair.vouchers_of(pair.ann) == 1
    with world.database.reading() as session:
        assert next(iter(finding.find(session, EVERY_CHAIN, "CARD-1"))).id == pair.ann.id
    back = ada.send("PUT", f"/api/customer/{pair.ann.uuid}", json={"customer": {"loyaltyCardNumber": "CARD-1"}})
    assert back.status_code == 200, back.get_data(as_text=True)
    listed: Any = ada.get(f"/api/level/{world.bronze.uuid}/customers?perPage=-1").json
    assert str(pair.card.uuid) not in str(listed)
    world.require_invariants()


def test_nobody_is_let_in_again_by_merging(pair: Pair) -> None:
    world = pair.world
    with world.database.transaction() as session:
        customers.block(session, session.get_one(Customer, pair.card.id), world.now)
    with pytest.raises(BadCustomer, match="blocked"):
        pair.merge()
    with pytest.raises(BadCustomer, match="blocked"):
        pair.merge(pair.card, pair.ann)


def test_what_both_were_on_their_way_to_goes_on(pair: Pair) -> None:
    world = pair.world
    an_event_campaign(world, visits(3, points=5, times_max=4), limit_per_customer=None)
    for customer, times in ((pair.ann, 4), (pair.card, 8)):
        for i in range(times):
            tell(world, customer=customer, transaction_id=f"{customer.id} {i}")
    before = pair.points()[0] + pair.points(pair.card)[0]
    assert before == 1_500 + 500 * 3
    pair.merge()
    tell(world, customer=pair.ann, transaction_id=f"{pair.card.id} 7")
    assert pair.points()[0] == before, "an event is known again, whoever told it of whom"
    tell(world, customer=pair.ann, transaction_id="new")
    assert pair.points()[0] == before + 500, "the other was two of three visits on the way"
    for i in range(9):
        tell(world, customer=pair.ann, transaction_id=f"more {i}")
    assert pair.points()[0] == before + 500, "four times in all, by both together"
    with world.database.reading() as session:
        [progress] = session.scalars(select(BehaviorProgress))
        assert (progress.customer_id, progress.achieved) == (pair.ann.id, 4)
    world.require_invariants()


def test_the_other_dialects_and_lists_know_the_old_names(pair: Pair, ada: Client, sol: Client) -> None:
    world = pair.world
    campaign = world.a_reward_campaign(points(5), limit_per_customer=None)
    with world.database.transaction() as session:
        own = session.get_one(Customer, pair.ann.id)
        customers.change(session, own, {"loyalty_card_number": "CARD-0"}, world.now)
    pair.merge()
    world.a_customer("Stranger", loyalty_card_number="XCARD-1")
    with world.database.transaction() as session:
        assert interactions.interact(session, campaign.chain_id, campaign.id, pair.card.id, world.now, SYSTEM)
        for names in (["CARD-1"], [str(pair.card.uuid)], ["CARD-0"]):
            listed = SegmentDetails("s", True, [[Criterion(CUSTOMER_LIST, {"customers": names})]])
            assert [it.id for it in segments.preview(session, world.chain_id, listed, world.now)[1]] == [pair.ann.id]
    found: Any = sol.post("/api/pos/search/customer", json={"search": {"loyaltyCardNumber": "CARD-1"}}).json
    assert [it["customerId"] for it in found["customers"]] == [str(pair.ann.uuid)], "the whole card, and no other"
    pair.sell(pair.ann, "R-1")
    bought: Any = ada.get(f"/api/transaction?customerId={pair.card.uuid}").json
    assert [it["documentNumber"] for it in bought["transactions"]] == ["R-1"]
    newest: Any = ada.get("/api/admin/customers").json
    assert str(pair.card.uuid) not in str(newest)
    world.require_invariants()
