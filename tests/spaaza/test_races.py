"""What happens at once: the last prize, one referral completed by many, a claim against an expiry, baskets in a ring."""

import threading
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from app.access import permissions
from app.campaign.awards.give import SYSTEM
from app.campaign.models.awards import Award
from app.campaign.models.draws import Draw
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.vouchers import Voucher
from app.campaign.triggers import sales
from app.campaign.vouchers import lifecycle, lookup
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers
from app.db.engine import Database, TryAgain
from app.members.models import Customer
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.refusal import Refusal
from app.sales.models import Sale
from app.sales.recording import SaleDetails
from tests.campaign.test_races import at_once
from tests.spaaza.conftest import Shop, code
from tests.spaaza.test_interactions import interact
from tests.spaaza.test_referrals import a_referral_campaign, complete, referred
from tests.spaaza.test_vouchers import a_voucher, claim, partner, stored
from tests.world import World, coupon, hours, nothing, points, voucher


@pytest.mark.parametrize("handling", ["independent", "random_draw"])
def test_two_interactions_at_stock_1_give_one_reward(shop: Shop, handling: str) -> None:
    campaign = shop.world.a_reward_campaign(voucher(5, stock=1), handling=handling, cost=100)
    customers = [shop.customer(shop.world.a_customer()) for _ in range(2)]
    answers: list[int | None] = []
    at_once(*[lambda c=c: answers.append(code(interact(c, campaign))) for c in customers])  # type: ignore[misc]
    assert sorted(answers, key=str) == [450, None]
    assert (shop.world.count(Voucher), shop.world.count(Award)) == (1, 1)
    shop.world.require_invariants()


def test_many_interactions_share_the_prizes_exactly(shop: Shop) -> None:
    """Sixteen customers, three tries each: seven vouchers, five codes, and points for all the others."""
    campaign = shop.world.a_reward_campaign(
        voucher(5, stock=7, weight=100),
        coupon(weight=100),
        points(1, stock=20),
        nothing(weight=1),
        handling="random_draw",
        limit=40,
        limit_per_customer=3,
        codes=[f"C{i}" for i in range(5)],
        cost=100,
    )
    customers = [shop.customer(shop.world.a_customer()) for _ in range(16)]
    interact(customers[0], 0)
    answers: Counter[Any] = Counter()

    def play(client: Any) -> None:
        for _ in range(3):
            answer = interact(client, campaign)
            while answer.status_code == 503:
                answer = interact(client, campaign)
            answers[answer.status_code, code(answer)] += 1

    at_once(*[lambda c=c: play(c) for c in customers])  # type: ignore[misc]
    assert answers[200, None] == 40
    assert set(answers) <= {(200, None), (400, 450)}
    assert shop.world.count(Draw) == shop.world.count(Award) == 40
    with shop.world.database.reading() as session:
        kinds = Counter(voucher.kind for voucher in session.query(Voucher))
    assert kinds == {"basket": 7, "honour": 5}
    shop.world.require_invariants()


def test_one_customer_at_many_doors_draws_each_number_once(shop: Shop) -> None:
    campaign = shop.world.a_reward_campaign(points(1), nothing(), handling="random_draw", limit_per_customer=10)
    client = shop.customer()
    interact(client, 0)
    at_once(*[lambda: [interact(client, campaign) for _ in range(3)] for _ in range(8)])
    with shop.world.database.reading() as session:
        numbers = sorted(draw.number for draw in session.query(Draw))
    assert numbers == list(range(1, 11))
    shop.world.require_invariants()


def test_64_completions_of_one_referral_give_one_reward(shop: Shop) -> None:
    campaign = a_referral_campaign(shop.world)
    con = referred(shop)
    client = shop.partner()
    interact(client, 0)
    answers: list[Any] = []

    def complete_some() -> None:
        for _ in range(8):
            answer = complete(client, campaign, shop.world.cleo, con)
            while answer.status_code == 503:
                answer = complete(client, campaign, shop.world.cleo, con)
            answers.append(code(answer))

    at_once(*[complete_some for _ in range(8)])
    assert Counter(answers) == {None: 1, 504: 63}
    assert shop.world.balance() == 101_000
    shop.world.require_invariants()


def test_a_purchase_and_completions_at_once_reward_once(shop: Shop) -> None:
    campaign = a_referral_campaign(shop.world)
    con = referred(shop)
    client = shop.partner()
    interact(client, 0)

    def buy(number: int) -> None:
        sent = {"user_id": con, "retailer_basket_code": f"B{number}", "basket_total_price": "1"}
        while client.post("/auth/add-basket", data=sent).status_code == 503:
            pass

    def finish() -> None:
        while complete(client, campaign, shop.world.cleo, con).status_code == 503:
            pass

    at_once(*[lambda i=i: buy(i) for i in range(4)], *[finish for _ in range(4)])  # type: ignore[misc]
    assert shop.world.balance() == 101_000
    shop.world.require_invariants()


def test_a_basket_told_by_many_tills_at_once_counts_once(shop: Shop) -> None:
    shop.world.a_reward_campaign(points(3), kind="basket", limit_per_customer=99)
    client = shop.partner()
    interact(client, 0)
    sent = {"user_id": shop.world.cleo.id, "retailer_basket_code": "B", "basket_total_price": "1"}
    answers: list[Any] = []
    at_once(*[lambda: answers.append(client.post("/auth/add-basket", data=sent)) for _ in range(8)])
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert shop.world.balance() == 100_300
    shop.world.require_invariants()


def test_a_claim_racing_an_expiry_ends_in_one_legal_state(shop: Shop) -> None:
    """Claimed and then expired, or expired never: the claim of a generated voucher comes first, or alone."""
    client, staff = shop.customer(), partner(shop)
    interact(client, 0)
    for _ in range(10):
        it = a_voucher(shop.world)
        answers: dict[str, int | None] = {}

        def claiming(key: str = it.key, sent: dict[str, int | None] = answers) -> None:
            sent["claim"] = code(claim(client, voucher_key=key))

        def expiring(number: int = it.id, sent: dict[str, int | None] = answers) -> None:
            sent["expire"] = code(staff.post("/expire-voucher", data={"voucher_id": number}))

        at_once(claiming, expiring)
        row = stored(shop.world, it.id)
        assert answers["claim"] is None
        assert row["status"] == "claimed"
        assert answers["expire"] in {None, 9004}
        assert (row["expires_at"] is not None) == (answers["expire"] is None)


@pytest.mark.parametrize("meanwhile", ["locked", "claimed", "redeemed", "expired", "taken"])
def test_a_claim_decided_on_stale_facts_is_decided_again(
    world: World, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    it, other = a_voucher(world), world.a_customer()
    holder = Holder(world.facts(world.a_reward_campaign()).chain_id, world.cleo.id, is_staff=False)
    with world.database.reading() as session:
        stale = lookup.get(session, VoucherIdentifiers(id=it.id), holder)
    with world.database.transaction() as session:
        row = session.get_one(Voucher, it.id)
        if meanwhile == "locked":
            row.locked_until = world.now + hours(1)
        elif meanwhile == "expired":
            row.expires_at = world.now
        elif meanwhile == "taken":
            row.customer_id = other.id
        else:
            row.status, row.claimed_at = "claimed", world.now - hours(1)
            if meanwhile == "redeemed":
                row.status, row.redeemed, row.redeemed_at = "redeemed", row.amount, world.now
    before = stored(world, it.id)
    with monkeypatch.context() as patched:
        patched.setattr(lifecycle, "get", lambda *_: stale)
        with pytest.raises(TryAgain), world.database.transaction() as session:
            lifecycle.claim(session, VoucherIdentifiers(id=it.id), holder, world.now)
    assert stored(world, it.id) == before


def test_parts_redeemed_at_once_are_never_more_than_the_whole(shop: Shop) -> None:
    it, staff = a_voucher(shop.world, claimed_by_default=True), partner(shop)
    interact(staff, 0)
    answers: list[Any] = []

    def redeem() -> None:
        answers.append(staff.post("/auth/redeem-voucher", data={"voucher_id": it.id, "amount": "6"}))

    at_once(*[redeem for _ in range(8)])
    assert Counter(code(answer) for answer in answers) == {None: 1, 9001: 7}
    with shop.world.database.reading() as session:
        assert sorted((v.amount, v.redeemed) for v in session.query(Voucher)) == [(400, 0), (1_000, 600)]
    shop.world.require_invariants()


def test_a_voucher_redeemed_by_many_tills_at_once_is_redeemed_once(shop: Shop) -> None:
    staff = partner(shop)
    interact(staff, 0)
    for _ in range(3):
        it = a_voucher(shop.world, claimed_by_default=True)
        answers: list[Any] = []

        def redeem(number: int = it.id, sent: list[Any] = answers) -> None:
            sent.append(code(staff.post("/auth/redeem-voucher", data={"voucher_id": number})))

        at_once(*[redeem for _ in range(8)])
        assert Counter(answers) == {None: 1, 9001: 7}
    shop.world.require_invariants()


def test_customers_who_referred_one_another_in_a_ring_buy_at_once(postgres_url: str) -> None:
    """A referred B, B referred C, C referred A: all buy at once, and nobody waits for another in a circle."""
    world = World(Database(postgres_url))
    for turn in range(5):
        chain = world.a_chain(f"Ring {turn}")
        campaign = world.a_reward_campaign(points(1, recipient="referring"), kind="referral", chain_id=chain)
        world.a_reward_campaign(points(1), kind="basket", chain_id=chain)
        people = [world.a_customer(chain_id=chain) for _ in range(3)]
        with world.database.transaction() as session:
            for i in range(3):
                session.add(
                    ReferralRelation(
                        chain_id=chain,
                        campaign_id=campaign.id,
                        referring_id=people[i].id,
                        referred_id=people[(i + 1) % 3].id,
                        created_at=world.now,
                    )
                )
        refused: list[str] = []

        def buy(customer: Customer, chain: int = chain, sent: list[str] = refused) -> None:
            reported = SaleDetails(f"B{customer.id}", world.now, amount=1, customer_id=customer.id)
            try:
                with world.database.transaction() as session:
                    sales.record(session, chain, reported, world.now, SYSTEM)
            except (TryAgain, Refusal) as e:
                sent.append(str(e))

        at_once(*[lambda c=c: buy(c) for c in people])  # type: ignore[misc]
        assert refused == []
    with world.database.reading() as session:
        assert session.query(Sale).count() == 15
        assert session.query(ReferralRelation).filter(ReferralRelation.redeemed_at.is_not(None)).count() == 15
    world.require_invariants()
    world.database.engine.dispose()


@pytest.mark.slow
def test_two_who_refer_each_other_at_once_are_noted_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both look whether they have met, at the same time if they can, before either is noted."""
    from app.campaign.awards.give import SYSTEM
    from app.campaign.triggers import referrals

    world = shop.world
    look, both = referrals._have_met, threading.Barrier(2)

    def look_together(*named: Any) -> bool:
        met = look(*named)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.3)
        return met

    monkeypatch.setattr(referrals, "_have_met", look_together)
    a_referral_campaign(world)
    with world.database.transaction() as session:
        terms = ChainDetails("First chain", referral_window_quantity=2, referral_window_unit="day")
        chains.change(session, shop.chain_id, terms)
    for _ in range(2):
        both.reset()
        pair = [world.a_customer(), world.a_customer()]
        sent: list[str] = []

        def apply(who: Customer, actor: Customer, sent: list[str] = sent) -> None:
            try:
                with world.database.transaction() as session:
                    mine = session.get_one(Customer, who.id)
                    referrals.apply_code(session, mine, str(actor.profile.referral_code), world.now, SYSTEM)
                sent.append("noted")
            except (TryAgain, Refusal) as e:
                sent.append(type(e).__name__)

        at_once(lambda p=pair: apply(p[0], p[1]), lambda p=pair: apply(p[1], p[0]))  # type: ignore[misc]
        assert sent.count("noted") == 1, sent
    assert world.count(ReferralRelation) == 2
    world.require_invariants()


def test_permissions_given_at_once_are_one(shop: Shop) -> None:
    def permit() -> None:
        try:
            with shop.world.database.transaction() as session:
                permissions.permit(session, "sol@guerdon.example", shop.chain_id, may_write=True)
        except TryAgain:
            pass

    at_once(*[permit for _ in range(4)])
    with shop.world.database.reading() as session:
        assert dict(permissions.permissions(session, shop.chain_id)) == {"ada": True, "sol@guerdon.example": True}


def test_baskets_that_several_campaigns_reward_and_that_complete_referrals_wait_in_one_order(shop: Shop) -> None:
    """The account first, then tallies, then stocks: who holds stocks while wanting an account meets who does the reverse."""
    world = shop.world
    for name in ("First", "Second"):
        world.a_reward_campaign(points(1), kind="basket", name=name, limit_per_customer=900)
    a_referral_campaign(world, limit_per_customer=900)
    ada = world.cleo
    others = [referred(shop, ada) for _ in range(8)]
    lost: list[Exception] = []

    def buy(customer_id: int, reference: str) -> None:
        reported = SaleDetails(reference, world.now, amount=1_000, customer_id=customer_id)
        try:
            with world.database.transaction() as session:
                sales.record(session, shop.chain_id, reported, world.now, SYSTEM)
        except TryAgain as e:
            lost.append(e)

    at_once(
        lambda: [buy(ada.id, f"own {i}") for i in range(8)],
        lambda: [buy(other, f"referred {i}") for i, other in enumerate(others)],
    )
    assert lost == []
    world.require_invariants()
