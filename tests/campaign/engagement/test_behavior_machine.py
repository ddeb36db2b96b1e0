"""Behaviors, opting in and states, played at random with a moving clock against a plain model, on both databases."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from app.campaign.audience import traits
from app.campaign.awards.give import SYSTEM
from app.campaign.eligibility.facts import facts_by_campaign
from app.campaign.engagement import opt_ins
from app.campaign.engagement.behaviors import BehaviorSpec, GoalSpec
from app.campaign.errors import NotEligible
from app.campaign.listings import customer_campaigns
from app.campaign.listings.customer_campaigns import Include
from app.campaign.models.engagement import EventReceipt, Participation
from app.campaign.models.limits import Stock
from app.campaign.triggers import events
from app.members import customers, identifiers, tags
from app.members.models import Customer
from app.points import ledger
from tests.campaign.test_machines import PLAYED, outcome
from tests.world import World, hours

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY = 24 * 3600
NAMES = ("visit", "review", "share")

PLANS = [
    BehaviorSpec("plain", [GoalSpec("visit", 3)], points=100, times_max=4),
    BehaviorSpec("twice a day", [GoalSpec("visit", 2)], points=10, per_period_max=2, period_seconds=DAY),
    BehaviorSpec("not too often", [GoalSpec("review", 2, min_gap_seconds=3600)], points=1),
    BehaviorSpec("in a row", [GoalSpec("visit", 3, consecutive=True)], points=1_000),
    BehaviorSpec(
        "different shops",
        [GoalSpec("visit", 2, kind="unique", unique_key="shop")],
        "unique",
        points=10_000,
        times_max=2,
    ),
    BehaviorSpec(
        "all sorts",
        [
            GoalSpec("visit", 2, points=7),
            GoalSpec("review", 1, required=False, group="more", points=70),
            GoalSpec("share", 2, required=False, group="more"),
        ],
        "composite",
        points=700,
        groups={"more": 1},
    ),
]


@dataclass
class CustomerEvent:
    """An event, and what the customer did so often, then and there."""

    name: str
    at: datetime
    quantity: int
    transaction_id: str
    shop: str | None


@dataclass
class Model:
    """A behavior as lists of what has counted: no counter, no version, no JSON."""

    plan: BehaviorSpec
    rounds: list[list[CustomerEvent]] = field(default_factory=list)  # of each goal, what counted in this round
    latest: list[CustomerEvent | None] = field(default_factory=list)
    achieved: list[datetime] = field(default_factory=list)
    points: int = 0

    def __post_init__(self) -> None:
        self.rounds = [[] for _ in self.plan.goals]
        self.latest = [None for _ in self.plan.goals]

    def tell(self, event: CustomerEvent) -> None:
        for _ in range(event.quantity):
            if len(self.achieved) >= self.plan.times_max:
                return
            recent = [at for at in self.achieved if at > event.at - timedelta(seconds=self.plan.period_seconds)]
            if len(recent) >= self.plan.per_period_max:
                return
            for i, goal in enumerate(self.plan.goals):
                if goal.event_name == event.name and len(self.rounds[i]) < goal.earn_count:
                    self.count(i, goal, event)
            self.finish(event.at)

    def count(self, i: int, goal: GoalSpec, event: CustomerEvent) -> None:
        before = self.latest[i]
        if (
            before is not None
            and goal.min_gap_seconds
            and event.at < before.at + timedelta(seconds=goal.min_gap_seconds)
        ):
            return
        if before is not None and goal.consecutive:
            yesterday = event.at.astimezone(AMSTERDAM).date() - timedelta(days=1)
            last_day = before.at.astimezone(AMSTERDAM).date()
            if last_day > yesterday:
                return
            if last_day < yesterday:
                self.rounds[i] = []
        if goal.kind == "unique" and (event.shop is None or event.shop in [details.shop for details in self.rounds[i]]):
            return
        self.rounds[i].append(event)
        self.latest[i] = event

    def finish(self, at: datetime) -> None:
        done = [len(details) >= goal.earn_count for details, goal in zip(self.rounds, self.plan.goals, strict=True)]
        if not all(is_done for is_done, goal in zip(done, self.plan.goals, strict=True) if goal.required):
            return
        for group in {goal.group for goal in self.plan.goals}:
            mine = [is_done for is_done, goal in zip(done, self.plan.goals, strict=True) if goal.group == group]
            if sum(mine) < self.plan.groups.get(group, len(mine)):
                return
        self.achieved.append(at)
        goals = zip(done, self.plan.goals, strict=True)
        self.points += self.plan.points + sum(goal.points for is_done, goal in goals if is_done)
        self.rounds = [[] for _ in self.plan.goals]

    @property
    def has_begun(self) -> bool:
        return bool(self.achieved) or any(self.rounds)


class BehaviorMachine(RuleBasedStateMachine):
    """Events of today and of the last days, told once or again; a campaign to opt in to; a tag that comes and goes."""

    world: World

    @initialize()
    def begin(self) -> None:
        self.now = self.world.now
        self.chain_id = self.world.a_chain(f"Chain {uuid4()}")  # other campaigns would listen, too
        self.customer = self.world.a_customer(points=0, chain_id=self.chain_id)
        with self.world.database.transaction() as session:
            customer = session.get_one(Customer, self.customer.id)
            customers.rename(session, customer, None, AMSTERDAM.key, self.now)
        common: dict[str, Any] = {
            "chain_id": self.chain_id,
            "context": "event",
            "activity": (self.now - hours(240), self.now + hours(24 * 400)),
        }
        self.campaigns = {
            "open": self.world.a_reward_campaign(behaviors=PLANS, **common),
            "opt in": self.world.a_reward_campaign(
                behaviors=PLANS[:1], opt_in_required=True, participants_max=1, **common
            ),
            "tagged": self.world.a_reward_campaign(
                behaviors=PLANS[:1], restrictions={"user.tags": {"$in": ["vip"]}}, **common
            ),
        }
        self.for_others = self.world.a_reward_campaign(
            chain_id=self.chain_id, context="event", opt_in_required=True, restrictions={"user.tags": "nobody has this"}
        )
        self.models = {
            name: [Model(plan) for plan in (PLANS if name == "open" else PLANS[:1])] for name in self.campaigns
        }
        self.details: list[CustomerEvent] = []
        self.opted_in: bool | None = None
        self.said_at = self.now
        self.vip_until: datetime | None = None

    def counts(self, name: str, at: datetime) -> bool:
        if name == "opt in":
            return self.opted_in is True and at >= self.said_at.replace(microsecond=0)
        return name != "tagged" or self.is_vip

    @property
    def is_vip(self) -> bool:
        return self.vip_until is not None and self.now < self.vip_until

    @rule(
        name=st.sampled_from(NAMES),
        quantity=st.sampled_from([1, 1, 1, 2, 5, 30]),
        shop=st.sampled_from([None, "a", "b", "c"]),
        hours_ago=st.sampled_from([0, 0, 0, 0, 1, 20, 70]),
    )
    def tell(self, name: str, quantity: int, shop: str | None, hours_ago: int) -> None:
        event = CustomerEvent(name, self.now - hours(hours_ago), quantity, f"t{len(self.details)}", shop)
        self.details.append(event)
        self.send(event)
        for campaign, models in self.models.items():
            if self.counts(campaign, event.at):
                for model in models:
                    model.tell(event)

    @rule(which=st.integers(0, 99))
    def tell_again(self, which: int) -> None:
        if self.details:
            self.send(self.details[which % len(self.details)])

    @rule()
    def replay_everything(self) -> None:
        for event in self.details:
            self.send(event)

    @rule(minutes=st.sampled_from([1, 30, 61, 600, 1440, 1441, 3000]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def opt_in(self) -> None:
        assert self.say(opt_ins.opt_in) is None
        if not self.opted_in:
            self.said_at = self.now
        self.opted_in = True

    @rule()
    def opt_out(self) -> None:
        assert self.say(opt_ins.opt_out) is None
        self.opted_in = False

    @rule(minutes=st.sampled_from([1, 100, 5000]))
    def tag(self, minutes: int) -> None:
        with self.world.database.transaction() as session:
            tags.put(session, self.customer.id, ["vip"], self.now, minutes * 60)
        self.vip_until = self.now + timedelta(minutes=minutes)

    @rule()
    def opt_in_where_it_is_not_for_the_customer(self) -> None:
        with self.world.database.transaction() as session:
            assert (
                outcome(lambda: opt_ins.opt_in(session, self.for_others.id, self.customer.id, self.now)) is NotEligible
            )

    def say(self, said: Any) -> Any:
        with self.world.database.transaction() as session:
            return outcome(lambda: said(session, self.campaigns["opt in"].id, self.customer.id, self.now))

    def send(self, event: CustomerEvent) -> None:
        context = {} if event.shop is None else {"shop": event.shop}
        details = events.CustomerEvent(event.name, event.transaction_id, event.quantity, event.at, context)
        with self.world.database.single_statement() as executor:
            events.record(executor, self.customer.id, details, self.now, SYSTEM)

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        ids = [campaign.id for campaign in self.campaigns.values()]
        with self.world.database.reading() as session:
            customer = identifiers.by_uuid(session, self.customer.chain_id, self.customer.uuid)
            facts, known = (
                facts_by_campaign(session, ids, customer.id),
                traits.of_customer(session, customer.id, self.now),
            )
            read = customer_campaigns.read(session, customer, [facts[id] for id in ids], known, Include(), self.now)
            for name, found in zip(self.campaigns, read, strict=True):
                models = self.models[name]
                for (behavior, progress), model in zip(found.behaviors, models, strict=True):
                    assert progress.achieved == len(model.achieved), behavior.name
                    current = [progress.counts[g.id].current if g.id in progress.counts else 0 for g in behavior.goals]
                    assert current == [len(details) for details in model.rounds], behavior.name
                assert found.state == self.state(name, models), name
                assert found.opted_in is (self.opted_in if name == "opt in" else None)
            receipts = select(func.count()).where(EventReceipt.customer_id == self.customer.id)
            assert session.scalar(receipts) == len(self.details)
            stock = session.get_one(Stock, self.campaigns["opt in"].id)
            assert stock.participants_count == (1 if self.opted_in else 0)
            assert session.query(Participation).filter_by(customer_id=self.customer.id).count() <= 1
            balance = ledger.balance(session, self.customer.id)
        assert balance == sum(m.points for models in self.models.values() for m in models)

    def state(self, name: str, models: list[Model]) -> str:
        """The order of section 5.2, in the words of the model."""
        if all(len(model.achieved) >= model.plan.times_max for model in models):
            return "completed"
        if name == "opt in" and self.opted_in is False:
            return "opted_out"
        if any(model.has_begun for model in models):
            return "in_progress"
        if name == "opt in" and self.opted_in:
            return "opted_in"
        return "not_qualified" if name == "tagged" and not self.is_vip else "qualified"


def test_any_sequence_of_events_follows_the_model(world: World) -> None:
    BehaviorMachine.world = world
    run_state_machine_as_test(BehaviorMachine, settings=PLAYED)  # type: ignore[no-untyped-call]
    world.require_invariants()
