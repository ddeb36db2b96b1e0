"""Points that unlock and expire, played at random against a plain model, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import update
from sqlalchemy.orm import Session

from app import calendar
from app.campaign import errors
from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import interactions, purchases, sales
from app.jobs.models import ClockJob
from app.members.models import Customer
from app.openloyalty.schemas import TRANSFER_KINDS
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.organizations.scope import EVERY_CHAIN
from app.outbox import events
from app.points import ledger, summary, telling
from app.points.errors import CannotBeCancelled, NotEnoughToSpend, OwesPoints
from app.points.models import KINDS, Account, LedgerEntry
from app.points.terms import Lifetime, PointsTerms
from app.privacy import erasing, merging
from app.sales import earning_rules
from app.sales.earning_rules import RuleDetails
from app.sales.errors import MoreThanSale
from app.sales.models import EarningRule
from app.sales.recording import SaleDetails
from tests.campaign.test_machines import PLAYED, outcome
from tests.world import PLAYS, World, clock_at, points

COST = 700
EXPIRY = st.sampled_from(
    [("after_days", 1), ("after_days", 3), ("month_end", None), ("year_end", None), ("never", None)]
)
LOCKED = st.sampled_from([0, 0, 1])
EPOCH = datetime(2026, 11, 2, 12, tzinfo=UTC)


@dataclass
class Addition:
    """The model of a lot: what is left of it, from when on, and until when."""

    entry: UUID
    left: int
    unlocks_at: datetime
    expires_at: datetime | None
    order: int
    is_recorded_usable: bool
    expired: int = 0

    @property
    def until(self) -> datetime:
        return self.expires_at or calendar.ALWAYS_TO


@dataclass
class Sold:
    """The model of a sale, which earned as many points as it cost."""

    holder: "Holder"
    amount: int
    addition: Addition
    returned: int = 0
    taken: int = 0


class Holder:
    """The model of an account: its additions. What has come to its time is noted when something is spent, or by the worker."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self.is_erased = False
        self.additions: list[Addition] = []
        self.lost = self.used = self.earned = self.debt = self.returned = 0

    def note_time(self, now: datetime) -> None:
        for it in self.additions:
            if it.unlocks_at <= now:
                it.is_recorded_usable = True
        self.pay()
        for it in self.additions:
            if it.is_recorded_usable and it.until <= now:
                self.lost += it.left
                it.expired += it.left
                it.left = 0

    @property
    def balance(self) -> int:
        return self.usable - self.debt

    @property
    def locked(self) -> int:
        return sum(it.left for it in self.additions if not it.is_recorded_usable)

    def pay(self) -> None:
        """What is owed, by whatever may be spent."""
        paid = min(self.debt, self.usable)
        self.debt -= paid
        self.take(paid)

    @property
    def usable(self) -> int:
        return sum(it.left for it in self.additions if it.is_recorded_usable)

    def take(self, amount: int) -> list[tuple[datetime | None, int]]:
        """From what expires first, the older first; what was taken, by when it would have expired."""
        taken: list[tuple[datetime | None, int]] = []
        for it in sorted((it for it in self.additions if it.is_recorded_usable), key=lambda it: (it.until, it.order)):
            part = min(it.left, amount)
            it.left, amount = it.left - part, amount - part
            if part and taken and taken[-1][0] == it.expires_at:
                taken[-1] = (it.expires_at, taken[-1][1] + part)
            elif part:
                taken.append((it.expires_at, part))
        assert not amount
        return taken


class PointsMachine(RuleBasedStateMachine):
    """Customers of a chain register, are given points, spend them, pass them on and lose them, while the clock moves.

    There are always three; whoever is merged into another, or erased, makes place for somebody new.
    """

    world: World
    entries = Bundle("entries")
    sold = Bundle("sold")

    def __init__(self) -> None:
        super().__init__()
        self.now = EPOCH
        self.order = self.receipts = 0
        self.sales: dict[str, Sold] = {}
        self.terms = PointsTerms()
        self.seen: list[tuple[datetime, dict[int, tuple[int, int]]]] = []
        self.gone: list[Holder] = []

    @initialize(expiry=EXPIRY, locked=LOCKED)
    def begin(self, expiry: tuple[str, int | None], locked: int) -> None:
        self.decide(expiry, locked)
        self.holders = [self.somebody() for _ in range(3)]
        self.shop = self.world.a_campaign(
            cost=COST,
            limit=None,
            limit_per_customer=None,
            codes=["SHARED"],
            single_coupon=True,
            levels=[],
            for_everyone=True,
        )
        rule = RuleDetails("spending", "As many points as money", {"points_per_unit": 100}, active=True)
        if not self.world.count(EarningRule):
            self.run(earning_rules.create, self.world.chain_id, rule, self.now)
        self.gift = self.world.a_reward_campaign(points(5), limit_per_customer=None, cost=100)

    def somebody(self) -> Holder:
        return Holder(self.world.a_customer(points=0))

    def run(self, use_case: Any, *arguments: Any) -> Any:
        def call() -> Any:
            with self.world.database.transaction() as session:
                return use_case(session, *arguments)

        return outcome(call)

    def given(self, holder: Holder, amount: int, entry: UUID, lifetime: Lifetime | None = None) -> None:
        unlocks_at, expires_at = lifetime or self.terms.lifetime(self.now, "UTC")
        self.order += 1
        is_usable = unlocks_at is None
        holder.additions.append(Addition(entry, amount, unlocks_at or self.now, expires_at, self.order, is_usable))
        holder.earned += amount
        holder.pay()

    @rule(expiry=EXPIRY, locked=LOCKED)
    def decide(self, expiry: tuple[str, int | None], locked: int) -> None:
        """The programme decides how long points live from now on."""
        self.terms = PointsTerms(*expiry, locked)
        details = ChainDetails(
            "First chain", points_expiry=expiry[0], points_days_active=expiry[1], points_days_locked=locked
        )
        self.run(chains.change, self.world.chain_id, details)

    @rule(target=entries, who=st.integers(0, 2), amount=st.integers(1, 900), days=st.sampled_from([None, 1, 2]))
    def add(self, who: int, amount: int, days: int | None) -> tuple[Holder, UUID]:
        holder = self.holders[who]
        entry = self.run(ledger.add, holder.customer.id, amount, self.now, None, "system", None, days)
        self.given(holder, amount, entry, self.terms.lifetime(self.now, "UTC", days))
        return holder, entry

    @rule(who=st.integers(0, 2), amount=st.integers(1, 900))
    def spend(self, who: int, amount: int) -> None:
        holder = self.holders[who]
        found = self.run(ledger.spend, holder.customer.id, amount, self.now)
        go_back = remembered(holder)
        holder.note_time(self.now)
        if holder.balance < amount:
            assert found is NotEnoughToSpend
            go_back()
            return
        holder.take(amount)
        holder.used += amount

    @rule(who=st.integers(0, 2))
    def buy(self, who: int) -> None:
        holder = self.holders[who]
        found = self.run(purchases.buy, self.shop.uuid, holder.customer.uuid, EVERY_CHAIN, self.now, None, "system")
        go_back = remembered(holder)
        holder.note_time(self.now)
        if holder.balance < COST:
            assert found is errors.NotEnoughPoints
            go_back()
            return
        holder.take(COST)
        holder.used += COST

    @rule(who=st.integers(0, 2))
    def interact(self, who: int) -> None:
        """A campaign that costs one point and gives five."""
        holder = self.holders[who]
        found = self.run(interactions.interact, self.gift.chain_id, self.gift.id, holder.customer.id, self.now, SYSTEM)
        go_back = remembered(holder)
        holder.note_time(self.now)
        if holder.balance < 100:
            assert found is errors.NotEnoughPoints
            go_back()
            return
        holder.take(100)
        holder.used += 100
        self.given(holder, 500, UUID(int=0))

    @rule(who=st.integers(0, 2), amount=st.integers(1, 900))
    def pass_on(self, who: int, amount: int) -> None:
        holder, receiver = self.holders[who], self.holders[who - 1]
        found = self.run(ledger.pass_on, holder.customer.id, receiver.customer.id, amount, self.now)
        go_back = remembered(holder)
        holder.note_time(self.now)
        if holder.balance < amount:
            assert found is NotEnoughToSpend
            go_back()
            return
        holder.used += amount
        for until, part in holder.take(amount):
            self.given(receiver, part, UUID(int=0), Lifetime(None, until))

    @rule(who=st.integers(0, 2))
    def merge(self, who: int) -> None:
        """Somebody turns out to be somebody else; another person registers."""
        kept, gone = self.holders[who], self.holders[who - 1]
        found = self.run(self.merged, kept.customer.id, gone.customer.id)
        go_back = remembered(gone)
        gone.note_time(self.now)
        if gone.debt:
            assert found is OwesPoints
            go_back()
            return
        moved = [(part, Lifetime(None, until)) for until, part in gone.take(gone.usable)]
        moved += [(it.left, Lifetime(it.unlocks_at, it.expires_at)) for it in gone.additions if it.left]
        for it in gone.additions:
            it.left = 0
        for part, lifetime in moved:
            gone.used += part
            self.given(kept, part, UUID(int=0), lifetime)
        for sale in self.sales.values():
            sale.holder = kept if sale.holder is gone else sale.holder
        self.replace(gone)

    def merged(self, session: Session, kept: int, gone: int) -> None:
        merging.merge(session, session.get_one(Customer, kept), session.get_one(Customer, gone), self.now)

    @rule(who=st.integers(0, 2))
    def erase(self, who: int) -> None:
        """Somebody wants to be forgotten; another person registers. What is on the account stays there, until it expires."""
        gone = self.holders[who]
        self.run(lambda session: erasing.erase(session, session.get_one(Customer, gone.customer.id), self.now))
        gone.is_erased = True
        self.replace(gone)

    def replace(self, gone: Holder) -> None:
        self.gone.append(gone)
        self.holders[self.holders.index(gone)] = self.somebody()

    @rule(target=sold, who=st.integers(0, 2), amount=st.integers(1, 900))
    def sell(self, who: int, amount: int) -> str:
        """A sale of so much, which earns as many points."""
        self.receipts += 1
        holder = self.holders[who]
        number = f"{holder.customer.id}-{self.receipts}"
        reported = SaleDetails(number, self.now, amount=amount, customer_id=holder.customer.id)
        self.run(sales.record, self.world.chain_id, reported, self.now, SYSTEM)
        self.given(holder, amount, UUID(int=self.receipts))
        self.sales[number] = Sold(holder, amount, holder.additions[-1])
        return number

    @rule(number=sold, amount=st.integers(1, 900))
    def give_back(self, number: str, amount: int) -> None:
        self.receipts += 1
        sale = self.sales[number]
        reported = SaleDetails(f"back {number} {self.receipts}", self.now, amount, is_return=True, returns=number)
        found = self.run(sales.record, self.world.chain_id, reported, self.now, SYSTEM)
        if amount > sale.amount - sale.returned:
            assert found is MoreThanSale
            return
        holder = sale.holder
        sale.returned += amount
        if holder.is_erased:  # nothing follows from it
            return
        holder.note_time(self.now)
        # As many points as money; not what has expired of them.
        taken = min(sale.returned - sale.taken, sale.amount - sale.addition.expired - sale.taken)
        sale.taken += taken
        holder.returned += taken
        own = min(taken, sale.addition.left)
        sale.addition.left -= own
        others = min(taken - own, holder.usable)
        holder.take(others)
        holder.debt += taken - own - others

    @rule(added=entries)
    def cancel(self, added: tuple[Holder, UUID]) -> None:
        holder, entry = added
        found = self.run(ledger.cancel, entry, self.now)
        go_back = remembered(holder)
        holder.note_time(self.now)
        [mine] = [it for it in holder.additions if it.entry == entry]
        if not mine.left:
            assert found is CannotBeCancelled
            go_back()
            return
        holder.earned -= mine.left
        mine.left = 0

    @rule(hours=st.sampled_from([20, 30, 50, 24 * 20]))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(job=st.sampled_from(["points", "points-lots"]))
    def work_by_the_clock(self, job: str) -> None:
        with self.world.database.reading() as session:
            accounts = [session.get_one(Account, holder.customer.id) for holder in self.everybody]
            unsettled = {it.customer_id for it in accounts if it.settled_count < it.entries_count}
        self.world.work(job, self.now)
        for holder in self.everybody:
            if job == "points" or holder.customer.id in unsettled:
                holder.note_time(self.now)

    @property
    def everybody(self) -> list[Holder]:
        return [*self.holders, *self.gone]

    @invariant()
    def the_ledger_is_the_model(self) -> None:
        if not hasattr(self, "holders"):
            return
        shown = {}
        with self.world.database.reading() as session:
            for holder in self.everybody:
                customer = holder.customer
                account = session.get_one(Account, customer.id)
                found = summary.as_of(session, customer.id)
                assert (account.balance, account.locked) == (holder.balance, holder.locked)
                assert (found.balance, found.locked) == (holder.balance, holder.locked)
                assert (found.earned, found.used, found.expired) == (
                    holder.earned - holder.returned,
                    holder.used,
                    holder.lost,
                )
                expected: dict[datetime, int] = {}
                for it in holder.additions:
                    if it.left and it.expires_at is not None:
                        expected[it.expires_at] = expected.get(it.expires_at, 0) + it.left
                soon = summary.expiring(session, customer.id, calendar.ALWAYS_TO)
                assert {it.expires_at: it.points for it in soon} == expected
                shown[customer.id] = (holder.balance, holder.locked)
        self.world.require_invariants()
        if self.seen and self.seen[-1][0] == self.now:
            self.seen.pop()
        self.seen.append((self.now, shown))

    def teardown(self) -> None:
        """Each balance that was ever shown is found again, as of its moment; and time takes what is left."""
        if not hasattr(self, "holders"):
            return
        with self.world.database.reading() as session:
            for moment, shown in self.seen:
                then = {id: summary.as_of(session, id, moment) for id in shown}
                assert {id: (it.balance, it.locked) for id, it in then.items()} == shown, moment
        self.world.work("points-lots", self.now)
        self.world.require_invariants()


def remembered(holder: Holder) -> Callable[[], None]:
    """How to go back to what is now, for a refusal: what was noted in its transaction went with it."""
    fields = dict(vars(holder))
    additions = [(it, dict(vars(it))) for it in holder.additions]

    def go_back() -> None:
        vars(holder).update(fields, additions=[it for it, _ in additions])
        for it, values in additions:
            vars(it).update(values)

    return go_back


@pytest.mark.slow
def test_points_live_as_the_model_says(world: World) -> None:
    played = settings(PLAYED, max_examples=max(3, PLAYS // 5), stateful_step_count=50)
    run_state_machine_as_test(type("Points", (PointsMachine,), {"world": world}), settings=played)


def test_one_account_that_cannot_be_brought_up_to_date_keeps_no_other_from_it(world: World) -> None:
    broken, whole = world.a_customer("Broken", points=0), world.a_customer("Whole", points=0)
    with world.database.transaction() as session:
        for customer in (broken, whole):
            ledger.add(session, customer.id, 100, world.now, days_active=1)
        statement = update(LedgerEntry).where(LedgerEntry.customer_id == broken.id)
        session.execute(statement.values(kind="unlocked"))  # which no addition is
    work = world.work_of("points")
    with clock_at(world.now + timedelta(days=2)):
        assert work.do_one()
    with world.database.reading() as session:
        assert session.get_one(Account, whole.id).balance == 0
        assert session.get_one(ClockJob, "points").outcome == "broken"


def test_every_kind_of_entry_is_told_and_listed_or_known_not_to_be() -> None:
    told = {telling.event_of(kind) for kind in KINDS if kind not in ("bought", "rewarded")}
    assert told <= events.KINDS.keys()
    assert all(events.KINDS[kind].family is events.PointsData for kind in told)
    assert set(TRANSFER_KINDS) | {"expired", "cancelled", "unlocked"} == set(KINDS)
