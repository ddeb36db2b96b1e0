"""The state machines of vouchers, draws and referrals, played at random against plain models, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.campaign import errors
from app.campaign.awards import draws, verification
from app.campaign.awards.give import SYSTEM
from app.campaign.models.awards import Award
from app.campaign.models.draws import Draw
from app.campaign.models.limits import MethodTally
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.vouchers import Voucher
from app.campaign.triggers import referrals, sales, signups
from app.campaign.vouchers import lifecycle, lookup
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers
from app.members.customers import Joining, Person
from app.members.models import Customer
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.points import ledger
from app.refusal import Refusal
from app.sales.recording import SaleDetails
from tests.world import PLAYS, World, nothing, points, voucher

pytestmark = pytest.mark.slow

PLAYED = settings(
    max_examples=PLAYS,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # each step is a commit: looking for the shortest failure would take minutes
)


def outcome(call: Callable[[], Any]) -> Any:
    """What the call returns, or the class of its refusal."""
    try:
        return call()
    except Refusal as refusal:
        return type(refusal)


@dataclass
class Title:
    """The model of a voucher: what the rules of section 5.1 say of it, and nothing else."""

    id: int
    amount: int
    status: str = "generated"
    redeemed: int = 0
    expires_at: datetime | None = None
    locked_until: datetime | None = None
    basket: str | None = None

    def why_not_usable(self, now: datetime, is_staff: bool) -> type[Refusal] | None:
        if self.status == "redeemed":
            return errors.VoucherRedeemed
        if self.expires_at is not None and self.expires_at <= now:
            return errors.VoucherExpired
        if self.is_locked(now) and not is_staff:
            return errors.VoucherLocked
        return None

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and self.locked_until > now


class VoucherMachine(RuleBasedStateMachine):
    """Any sequence of claims, locks, redemptions and expiries, by customers and by the staff, with a moving clock."""

    world: World
    titles = Bundle("titles")

    def __init__(self) -> None:
        super().__init__()
        self.now = self.world.now
        self.known: dict[int, Title] = {}
        self.issued = 0

    @initialize(may_claim=st.booleans())
    def begin(self, may_claim: bool) -> None:
        self.may_claim = may_claim
        self.customer = self.world.a_customer()
        self.campaign = self.world.a_reward_campaign(voucher(1), customer_may_claim=may_claim)

    def holder(self, is_staff: bool) -> Holder:
        return Holder(self.campaign.chain_id, self.customer.id, is_staff)

    def run(self, use_case: Callable[..., Any], *arguments: Any) -> Any:
        def call() -> Any:
            with self.world.database.transaction() as session:
                return use_case(session, *arguments)

        return outcome(call)

    @rule(target=titles, amount=st.integers(1, 1_000), seconds=st.none() | st.integers(1, 100))
    def issue(self, amount: int, seconds: int | None) -> int:
        expires_at = self.now + timedelta(seconds=seconds) if seconds else None
        terms = lifecycle.VoucherTerms("basket", amount, expires_at=expires_at)
        made = self.run(lifecycle.issue, self.campaign.chain_id, self.campaign.id, self.customer.id, terms, self.now)
        self.known[made.id] = Title(made.id, amount, expires_at=expires_at)
        self.issued += amount
        return int(made.id)

    @rule(seconds=st.integers(1, 60))
    def wait(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(number=titles, is_staff=st.booleans())
    def claim(self, number: int, is_staff: bool) -> None:
        title = self.known[number]
        found = self.run(lifecycle.claim, VoucherIdentifiers(id=number), self.holder(is_staff), self.now)
        if not is_staff and not self.may_claim:
            assert found is errors.VoucherNotForCustomers
        elif title.status == "claimed":
            assert found.status == "claimed"
        elif why := title.why_not_usable(self.now, is_staff):
            assert found is why
        else:
            assert found.status == "claimed"
            title.status = "claimed"

    @rule(number=titles, is_staff=st.booleans())
    def unclaim(self, number: int, is_staff: bool) -> None:
        title = self.known[number]
        found = self.run(lifecycle.unclaim, VoucherIdentifiers(id=number), self.holder(is_staff), self.now)
        if not is_staff and not self.may_claim:
            assert found is errors.VoucherNotForCustomers
        elif why := title.why_not_usable(self.now, is_staff):
            assert found is why
        else:
            assert found.status == "generated"
            title.status = "generated"

    @rule(number=titles, basket=st.sampled_from(["A", "B"]), seconds=st.integers(1, 60))
    def lock(self, number: int, basket: str, seconds: int) -> None:
        title = self.known[number]
        found = self.run(
            lifecycle.lock, VoucherIdentifiers(id=number), self.holder(True), seconds, None, basket, self.now
        )
        if why := title.why_not_usable(self.now, is_staff=True):
            assert found is why
        elif title.is_locked(self.now) and title.basket != basket:
            assert found is errors.VoucherLocked
        else:
            title.locked_until, title.basket = self.now + timedelta(seconds=seconds), basket

    @rule(number=titles)
    def unlock(self, number: int) -> None:
        self.run(lifecycle.unlock, VoucherIdentifiers(id=number), self.holder(True))
        self.known[number].locked_until = self.known[number].basket = None

    @rule(number=titles, amount=st.none() | st.integers(1, 1_200), basket=st.sampled_from([None, "A", "B"]))
    def redeem(self, number: int, amount: int | None, basket: str | None) -> None:
        title = self.known[number]
        found = self.run(
            lifecycle.redeem, VoucherIdentifiers(id=number), self.holder(True), amount, self.now, None, basket
        )
        if why := title.why_not_usable(self.now, is_staff=True):
            assert found is why
        elif title.status != "claimed":
            assert found is errors.VoucherNotClaimed
        elif title.is_locked(self.now) and title.basket != basket:
            assert found is errors.VoucherLocked
        elif amount is not None and amount > title.amount:
            assert found is errors.MoreThanVoucher
        else:
            title.redeemed = title.amount if amount is None else amount
            title.status, title.locked_until, title.basket = "redeemed", None, None
            rest = title.amount - title.redeemed
            assert (found.rest_id is None) == (rest == 0)
            if rest:
                self.known[found.rest_id] = Title(found.rest_id, rest, "claimed", expires_at=title.expires_at)

    @rule(number=titles)
    def expire(self, number: int) -> None:
        title = self.known[number]
        found = self.run(lifecycle.expire, VoucherIdentifiers(id=number), self.holder(True), self.now)
        if title.status == "redeemed":
            assert found is errors.VoucherRedeemed
        elif title.status == "generated":
            assert found is errors.VoucherNotClaimed
        elif title.expires_at is None or title.expires_at > self.now:
            title.expires_at = self.now

    @invariant()
    def the_rows_are_the_model(self) -> None:
        with self.world.database.reading() as session:
            rows = {row.id: row for row in session.query(Voucher).filter(Voucher.id.in_(list(self.known)))}
        for title in self.known.values():
            row = rows[title.id]
            assert (row.status, row.amount, row.redeemed, row.expires_at) == (
                title.status,
                title.amount,
                title.redeemed,
                title.expires_at,
            )
            assert row.customer_id == self.customer.id
            assert lookup.is_locked(row, self.now) == title.is_locked(self.now)
        # What was issued is redeemed, or can still be: nothing is lost, and nothing comes of nothing.
        usable = sum(t.amount for t in self.known.values() if t.status != "redeemed")
        assert self.issued == usable + sum(t.redeemed for t in self.known.values())


class DrawMachine(RuleBasedStateMachine):
    """Interactions of a few customers with one draw, whose prizes run out."""

    world: World

    @initialize(weights=st.lists(st.integers(0, 9), min_size=1, max_size=4), stock=st.integers(0, 3))
    def begin(self, weights: list[int], stock: int) -> None:
        first, *others = weights
        rewards = [voucher(5, weight=first + 1, stock=stock), *(points(1, weight=weight) for weight in others)]
        self.campaign = self.world.a_reward_campaign(
            *rewards, nothing(weight=0), handling="random_draw", cost=100, limit_per_customer=50
        )
        self.customers = [self.world.a_customer(points=20) for _ in range(2)]
        with self.world.database.reading() as session:
            [report] = verification.verify(session, self.campaign.id)
            self.seed = report.seed.seed
            self.weights = {method.id: method.weight for method in report.campaign.methods}
            self.left = {method.id: method.stock for method in report.campaign.methods}
            self.kinds = {method.id: method.kind for method in report.campaign.methods}
        self.drawn = [0, 0]
        self.balances = [2_000, 2_000]

    @rule(who=st.integers(0, 1))
    def interact(self, who: int) -> None:
        customer = self.customers[who]
        candidates = [(id, weight) for id, weight in self.weights.items() if weight and self.left[id] > 0]
        given = outcome(lambda: self.world.interact(self.campaign, customer))
        if self.balances[who] < 100:
            assert given is errors.NotEnoughPoints
        elif not candidates:
            assert given is errors.NoRewardLeft
        else:
            self.drawn[who] += 1
            ticket = draws.ticket(self.seed, self.campaign.uuid, customer.uuid, self.drawn[who])
            winner = draws.pick(candidates, ticket)
            self.left[winner] -= 1
            self.balances[who] += (100 if self.kinds[winner] == "points" else 0) - 100
            with self.world.database.reading() as session:
                draw = session.get_one(Draw, given.award_id)
            assert (draw.number, draw.method_id, draw.ticket) == (self.drawn[who], winner, ticket)
            assert sorted(map(tuple, draw.candidates)) == sorted(candidates)

    @invariant()
    def every_draw_gave_exactly_one_reward(self) -> None:
        if not hasattr(self, "campaign"):
            return
        with self.world.database.reading() as session:
            balances = ledger.balances(session, [customer.id for customer in self.customers])
            assert [balances[customer.id] for customer in self.customers] == self.balances
            given = {tally.method_id: tally.given for tally in session.query(MethodTally)}
            awards = session.query(Award).filter(Award.campaign_id == self.campaign.id).count()
        assert awards == sum(self.drawn) == sum(given[id] for id in self.weights)
        assert given[max(self.weights)] == 0  # the one without weight

    def teardown(self) -> None:
        with self.world.database.reading() as session:
            [report] = verification.verify(session, self.campaign.id)
        assert (report.problems, report.draws_count) == ([], sum(self.drawn))


class ReferralMachine(RuleBasedStateMachine):
    """Sign-ups with and without codes, late codes, purchases and completions, in any order."""

    world: World
    people = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[int, str] = {}
        self.referrer: dict[int, int] = {}
        self.redeemed: set[int] = set()
        self.receipts = 0

    @initialize()
    def begin(self) -> None:
        # A chain of its own for each game, so that no other campaign takes part.
        self.chain = self.world.a_chain(str(uuid4()), referral_window_quantity=1, referral_window_unit="day")
        self.campaign = self.world.a_reward_campaign(
            points(10, recipient="referring"), points(5, recipient="referred"), kind="referral", chain_id=self.chain
        )

    def run(self, use_case: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        def call() -> Any:
            with self.world.database.transaction() as session:
                return use_case(session, *arguments, **named)

        return outcome(call)

    @rule(target=people)
    def sign_up(self) -> int:
        return self._joined(None)

    @rule(target=people, actor=people)
    def sign_up_with_a_code(self, actor: int) -> int:
        number = self._joined(self.codes[actor])
        self.referrer[number] = actor
        return number

    def _joined(self, code: str | None) -> int:
        joined: signups.SignUp = self.run(
            signups.sign_up,
            Person("Con", "Customer"),
            self.world.now,
            SYSTEM,
            joining=Joining(self.chain),
            referral_code=code,
        )
        made = joined.customer
        self.codes[made.id] = str(made.profile.referral_code)
        return made.id

    @rule(who=people, actor=people, days=st.sampled_from([0, 2]))
    def apply_late(self, who: int, actor: int, days: int) -> None:
        def apply(session: Any) -> Any:
            customer = session.get_one(Customer, who)
            now = self.world.now + timedelta(days=days)
            return referrals.apply_code(session, customer, self.codes[actor], now, SYSTEM).relations

        found = self.run(apply)
        if who == actor:
            assert found is errors.SelfReferral
        elif days:
            assert found is errors.ReferralWindowClosed
        elif self.referrer.get(actor) == who or who in self.referrer:
            assert found is errors.AlreadyReferred
        else:
            assert len(found) == 1
            self.referrer[who] = actor

    @rule(who=people)
    def buy(self, who: int) -> None:
        self.receipts += 1
        reported = SaleDetails(f"{self.receipts}", self.world.now, amount=100, customer_id=who)
        self.run(sales.record, self.chain, reported, self.world.now, SYSTEM)
        if who in self.referrer:
            self.redeemed.add(who)

    @rule(referring=people, referred=people)
    def complete(self, referring: int, referred: int) -> None:
        def complete(session: Any) -> str:
            relation = referrals.get(session, self.chain, self.campaign.id, referring, referred)
            referrals.complete(session, relation, self.world.now, SYSTEM)
            return "done"

        found = self.run(complete)
        if self.referrer.get(referred) != referring:
            assert found is errors.RelationNotFound
        elif referred in self.redeemed:
            assert found is errors.RelationAlreadyRedeemed
        else:
            assert found == "done"
            self.redeemed.add(referred)

    @invariant()
    def everybody_has_what_the_model_says(self) -> None:
        with self.world.database.reading() as session:
            balances = ledger.balances(session, list(self.codes))
        for number in self.codes:
            earned = sum(1_000 for who, actor in self.referrer.items() if actor == number and who in self.redeemed)
            earned += 500 if number in self.referrer else 0
            assert balances[number] == earned

    def teardown(self) -> None:
        with self.world.database.reading() as session:
            relations = session.query(ReferralRelation).filter(ReferralRelation.campaign_id == self.campaign.id).all()
        found = {relation.referred_id: relation.referring_id for relation in relations}
        assert found == self.referrer
        assert {relation.referred_id for relation in relations if relation.redeemed_at} == self.redeemed


@pytest.mark.parametrize("machine", [VoucherMachine, DrawMachine, ReferralMachine])
def test_any_sequence_follows_the_model(world: World, machine: type[RuleBasedStateMachine]) -> None:
    played: Any = type(machine.__name__, (machine,), {"world": world})
    run_state_machine_as_test(played, settings=PLAYED)
    world.require_invariants()


def test_chains_are_named_once(world: World) -> None:
    world.a_chain("One")
    with pytest.raises(Exception, match="One"), world.database.transaction() as session:
        chains.create(session, ChainDetails("One"), world.now)
