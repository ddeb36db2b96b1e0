"""Customers do something: each event is recorded once, counts for the behaviors of all campaigns that listen, and is rewarded.

An event is read and written in two statements, its reward within the second. Its guards are its receipt and the version of each
progress: whoever was faster makes us decide again, with the customer's account locked, so that many events of one customer come
through one by one. Several events, and several rewards, are made with the account locked from the beginning.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, and_, bindparam, func, join, or_, select
from sqlalchemy.orm import aliased

from app.campaign import activity, errors
from app.campaign.audience import audiences, targeting, visibility
from app.campaign.audience import traits as customer_traits
from app.campaign.audience.targeting import Traits, Tree
from app.campaign.awards.give import PROMISED, Actor, Trigger, give, lock_stocks
from app.campaign.eligibility.facts import giving_by_id
from app.campaign.engagement import behaviors, counting, progress, receipts
from app.campaign.engagement.counting import Achievement
from app.campaign.errors import (
    BadEvent,
    CampaignNotFound,
    LimitInPeriodReached,
    LimitPerCustomerReached,
    LimitReached,
    NoCouponsLeft,
    NoRewardLeft,
)
from app.campaign.models.audiences import Targeting
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import Behavior, BehaviorProgress, EventReceipt, Goal, Participation
from app.campaign.models.limits import Stock
from app.db.guarded import GuardFailed
from app.db.prepared import Executor, Prepared, atomic, is_autocommit
from app.db.types import UtcDateTime, holds
from app.members.errors import CustomerNotFound
from app.members.models import Customer
from app.organizations.models import Chain
from app.refusal import Refusal
from app.text import written

NAME_LENGTH_MAX = TRANSACTION_ID_LENGTH_MAX = 255
QUANTITY_MAX = 1_000
UNCOUNTED_MAX = 20
AHEAD_MAX = timedelta(minutes=5)  # how wrong the clock of whoever tells an event may go
EARLIEST = datetime.fromisoformat("1970-01-02T00:00:00+00:00")


# All that it gives has been given to others, or to this customer.
NOTHING_LEFT = (NoRewardLeft, NoCouponsLeft, LimitReached, LimitInPeriodReached, LimitPerCustomerReached)


@dataclass(frozen=True)
class CustomerEvent:
    """An event as it was reported. Without a transaction's id it is a new one each time; without a moment, it is now.

    `campaign_id` names the only campaign that shall react.
    """

    name: str
    transaction_id: str | None = None
    quantity: int = 1
    at: datetime | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    campaign_id: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", written(self.name))
        if self.transaction_id is not None:
            object.__setattr__(self, "transaction_id", written(self.transaction_id))


class _Outcome(NamedTuple):
    """What became of an event, as its receipt keeps it: a behavior that counted it, or none, and why its campaign gave nothing."""

    campaign_id: int
    behavior_id: int | None
    times: int = 0
    points: int = 0
    reasons: Sequence[str] = ()


class Achieved(NamedTuple):
    """A behavior that an event completed, how often, and the hundredths of points that it and its goals gave for that."""

    times: int
    campaign_id: int
    campaign: str  # what addresses name it by
    behavior_id: int
    behavior: UUID
    name: str
    kind: str
    points: int


class NotRewarded(NamedTuple):
    """A campaign that listens to an event and did not count it, or did not give all that it earned: every reason, by its code."""

    campaign_id: int
    reasons: Sequence[str]


@dataclass(frozen=True)
class Receipt:
    """What became of an event: how many behaviors it counted for, which it completed, and what was not rewarded.

    The same however often it is sent. Of campaigns that did not count it there are at most UNCOUNTED_MAX, and none whose
    audience the customer does not belong to, unless the event names it: a receipt must not grow with the campaigns of others.
    """

    transaction_id: str
    counted: int
    achieved: Sequence[Achieved]
    unrewarded: Sequence[NotRewarded] = ()
    is_repeated: bool = field(default=False, compare=False)  # it was recorded before, and is only shown again


def record(executor: Executor, customer_id: int, event: CustomerEvent, now: datetime, actor: Actor) -> Receipt:
    """Count an event of a customer, and give what it earns, or nothing at all of it; see `record_all`."""
    [receipt] = record_all(executor, customer_id, [event], now, actor)
    return receipt


def record_all(
    executor: Executor, customer_id: int, events_sent: Sequence[CustomerEvent], now: datetime, actor: Actor
) -> list[Receipt]:
    """Count events of a customer, the oldest first, and then give what they earn; all of it, or nothing at all.

    Raises BadEvent, CustomerNotFound, TooManyPointsHeld, CampaignNotFound for a campaign that is named and not the chain's, or
    GuardFailed: then nothing may be kept of this transaction and the whole is to be repeated.
    Source: SessionM, "Events API"; the model's sections 4.2 and 5.3.
    """
    for event in events_sent:
        _validate(event, now)
    if is_autocommit(executor) and len(events_sent) == 1:
        try:
            decision = _decide(executor, customer_id, events_sent[0], now, actor)
            if len(decision.due) <= 1:
                _keep(executor, decision, now, actor)
                return [decision.receipt_with_reasons]
        except GuardFailed:
            pass
    with atomic(executor):
        receipts.lock(executor, customer_id)
        decisions = {}
        for i, event in sorted(enumerate(events_sent), key=lambda one: one[1].at or now):
            decisions[i] = decision = _decide(executor, customer_id, event, now, actor)
            if decision.parameters is not None:
                receipts.write(executor, decision.parameters)
        _give(executor, list(decisions.values()), now, actor)
    return [decisions[i].receipt_with_reasons for i in range(len(events_sent))]


def _validate(event: CustomerEvent, now: datetime) -> None:
    if not 0 < len(event.name) <= NAME_LENGTH_MAX:
        raise BadEvent(f"An event's name has 1 to {NAME_LENGTH_MAX} characters.", field="name")
    if event.transaction_id is not None and not 0 < len(event.transaction_id) <= TRANSACTION_ID_LENGTH_MAX:
        raise BadEvent(f"A transaction_id has 1 to {TRANSACTION_ID_LENGTH_MAX} characters.", field="transaction_id")
    if not 0 < event.quantity <= QUANTITY_MAX:
        raise BadEvent(f"An event happens 1 to {QUANTITY_MAX} times.", field="qty")
    if any(len(str(value)) > TRANSACTION_ID_LENGTH_MAX for value in event.context.values()):
        raise BadEvent(f"A value of the context has at most {TRANSACTION_ID_LENGTH_MAX} characters.", field="context")
    if event.at is not None and not EARLIEST <= event.at <= now + AHEAD_MAX:
        raise BadEvent("An event's date lies in the future, or before 1970.", field="date")


_listening = aliased(Goal)
_receipt = and_(
    EventReceipt.customer_id == Customer.id,
    EventReceipt.name == bindparam("event"),
    EventReceipt.transaction_id == bindparam("transaction"),
)
_only = bindparam("only", type_=BigInteger())
_moment = bindparam("moment", type_=UtcDateTime())
_listeners = join(
    join(
        join(
            join(_listening, Behavior, Behavior.id == _listening.behavior_id),
            Campaign,
            Campaign.id == Behavior.campaign_id,
        ),
        Stock,
        Stock.campaign_id == Campaign.id,
    ),
    Goal,
    Goal.behavior_id == Behavior.id,
)


# One row for each goal of each behavior that listens, or a single one without any.
class _EventFacts(NamedTuple):
    """A customer, and one goal of one behavior that listens to the event; all None from `campaign_id` on when none does."""

    customer_id: int
    chain_id: int
    customer_status: str
    may_be_given: bool
    customer_zone: str
    time_zone: str
    outcome: Sequence[Sequence[Any]] | None  # of an event that was recorded before, each an _Outcome
    campaign_id: int
    visible_from: datetime
    visible_to: datetime
    weekdays: int
    opens_second: int
    closes_second: int
    opt_in_required: bool
    opted_in: bool | None
    said_at: datetime
    restrictions: Tree | None
    targeted: bool
    revision: int
    campaign: str
    behavior_id: int
    behavior: UUID
    name: str
    behavior_kind: str
    behavior_points: int
    times_max: int
    per_period_max: int
    period_seconds: int
    is_rewarded: bool
    version: int | None
    achieved: int | None
    current: int | None
    counts: Mapping[str, Any] | None
    id: int
    event_name: str
    kind: str
    earn_count: int
    points: int
    required: bool
    group_key: str
    group_wanted: int
    min_gap_seconds: int | None
    consecutive: bool
    unique_key: str | None


_FACTS = Prepared(
    select(
        Customer.id.label("customer_id"),
        Customer.chain_id,
        Customer.status.label("customer_status"),
        holds(Chain.spending_statuses, Customer.status).label("may_be_given"),
        func.coalesce(Customer.time_zone, Chain.time_zone).label("customer_zone"),
        Chain.time_zone,
        EventReceipt.outcome,
        Campaign.id.label("campaign_id"),
        Campaign.visible_from,
        Campaign.visible_to,
        Campaign.weekdays,
        Campaign.opens_second,
        Campaign.closes_second,
        Campaign.opt_in_required,
        Participation.opted_in,
        Participation.since.label("said_at"),
        Targeting.tree.label("restrictions"),
        Campaign.audience_id.in_(audiences.of_customer(bindparam("customer"))).label("targeted"),
        Stock.revision,
        Campaign.known_as.label("campaign"),
        Behavior.id.label("behavior_id"),
        Behavior.uuid.label("behavior"),
        Behavior.name,
        Behavior.kind.label("behavior_kind"),
        Behavior.points.label("behavior_points"),
        Behavior.times_max,
        Behavior.per_period_max,
        Behavior.period_seconds,
        Behavior.is_rewarded,
        BehaviorProgress.version,
        BehaviorProgress.achieved,
        BehaviorProgress.current,
        BehaviorProgress.counts,
        Goal.id,
        Goal.event_name,
        Goal.kind,
        Goal.earn_count,
        Goal.points,
        Goal.required,
        Goal.group_key,
        Goal.group_wanted,
        Goal.min_gap_seconds,
        Goal.consecutive,
        Goal.unique_key,
    )
    .select_from(Customer)
    .join(Chain, Chain.id == Customer.chain_id)
    .outerjoin(EventReceipt, _receipt)
    .outerjoin(
        _listeners,
        and_(
            _listening.event_name == bindparam("event"),
            Campaign.chain_id == Customer.chain_id,
            activity.is_live(Campaign),
            Behavior.closed.is_(False),
            Campaign.active_from <= _moment,
            Campaign.active_to > bindparam("a_minute_before", type_=UtcDateTime()),
            or_(_only.is_(None), Campaign.id == _only),
        ),
    )
    .outerjoin(Targeting, Targeting.id == Campaign.targeting_id)
    .outerjoin(Participation, and_(Participation.campaign_id == Campaign.id, Participation.customer_id == Customer.id))
    .outerjoin(
        BehaviorProgress, and_(BehaviorProgress.behavior_id == Behavior.id, BehaviorProgress.customer_id == Customer.id)
    )
    .where(Customer.id == bindparam("customer"))
    .order_by(Campaign.id, Behavior.position, Goal.position),
    _EventFacts,
)


class _Due(NamedTuple):
    """A reward that was earned: a row of the behavior's facts, and what was achieved."""

    row: _EventFacts
    achievement: Achievement


class _Moved(NamedTuple):
    """A behavior for which an event counted: a row of its facts, the progress afterwards, and what was achieved."""

    row: _EventFacts
    has_one_goal: bool
    after: counting.Progress
    achievements: list[Achievement]
    points: int


class _Decision(NamedTuple):
    """What is to become of an event. Without parameters it was recorded before, and nothing is to be written."""

    receipt: Receipt
    parameters: dict[str, Any] | None
    due: Sequence[_Due]
    reasons: dict[int, Sequence[str]]  # why a campaign gives nothing, by its id; grows while rewards are refused

    @property
    def receipt_with_reasons(self) -> Receipt:
        return replace(self.receipt, unrewarded=[NotRewarded(*it) for it in self.reasons.items()])

    def refuse(self, campaign_id: int, refusal: Refusal) -> None:
        """Note why an achievement was not rewarded, for whoever asks now or again."""
        self.reasons[campaign_id] = [it.code for it in (refusal, *refusal.others)]
        if self.parameters is not None:
            self.parameters["became"] = [
                *self.parameters["became"],
                _Outcome(campaign_id, None, reasons=self.reasons[campaign_id]),
            ]


def _decide(executor: Executor, customer_id: int, event: CustomerEvent, now: datetime, actor: Actor) -> _Decision:
    at = event.at or now
    transaction_id = event.transaction_id or str(uuid.uuid4())
    rows = _FACTS.run(
        executor,
        {
            "customer": customer_id,
            "event": event.name,
            "transaction": transaction_id,
            "moment": at,
            "a_minute_before": at - timedelta(minutes=1),
            "only": event.campaign_id,
        },
    )
    if not rows:
        raise CustomerNotFound
    if rows[0].outcome is not None:
        outcome = [_Outcome(*it) for it in rows[0].outcome]
        receipt = replace(_recorded_before(executor, transaction_id, outcome), is_repeated=True)
        return _Decision(receipt, None, (), _reasons_of(outcome))
    if event.campaign_id is not None and not _listeners_of(rows):
        _require_campaign(executor, customer_id, event.campaign_id)
    day = at.astimezone(ZoneInfo(rows[0].customer_zone)).date()
    occurrence = counting.Event(event.name, at, day, event.quantity, transaction_id, event.context)
    moved, reasons = _count(executor, rows, occurrence, now, is_named=event.campaign_id is not None)
    became = [_Outcome(it.row.campaign_id, it.row.behavior_id, len(it.achievements), it.points) for it in moved]
    became += [_Outcome(campaign_id, None, reasons=codes) for campaign_id, codes in reasons.items()]
    parameters = {
        "of_chain": rows[0].chain_id,
        "teller": customer_id,
        "event": event.name,
        "transaction": transaction_id,
        "times": event.quantity,
        "happened": at,
        "moment": now,
        "partner": actor.token_id,
        "only": event.campaign_id,
        "details": dict(event.context),
        "became": became,
        "progress": [_written(it) for it in moved],
        "moved_count": len(moved),
    }
    due = [_Due(it.row, achievement) for it in moved if it.row.is_rewarded for achievement in it.achievements]
    achieved = [Achieved(len(it.achievements), *_Named.of(it.row), it.points) for it in moved if it.achievements]
    return _Decision(Receipt(transaction_id, len(moved), achieved), parameters, due, reasons)


def _written(it: _Moved) -> Mapping[str, object]:
    """A row as `receipts.MoveProgress` reads it."""
    current, counts = progress.kept(it.after, it.has_one_goal)
    row = {"b": it.row.behavior_id, "v": (it.row.version or 0) + 1, "a": it.after.achieved, "n": current}
    return row if counts is None else {**row, "c": counts}


def _keep(executor: Executor, decision: _Decision, now: datetime, actor: Actor) -> None:
    """Write an event and what it earned, which is one reward at most, in one statement."""
    if decision.parameters is None:
        return
    if decision.due:
        [due] = decision.due
        try:
            _reward(executor, due, now, actor, decision.parameters)
            return
        except NOTHING_LEFT as e:  # it is achieved all the same
            decision.refuse(due.row.campaign_id, e)
    receipts.write(executor, decision.parameters)


def _give(executor: Executor, decisions: Sequence[_Decision], now: datetime, actor: Actor) -> None:
    campaign_ids = {due.row.campaign_id for decision in decisions for due in decision.due}
    if sum(len(decision.due) for decision in decisions) > 1:
        lock_stocks(executor, campaign_ids)
    for decision in decisions:
        before = len(decision.reasons)
        for due in decision.due:
            try:
                _reward(executor, due, now, actor)
            except NOTHING_LEFT as e:
                if due.row.campaign_id not in decision.reasons:
                    decision.refuse(due.row.campaign_id, e)
        if decision.parameters is not None and len(decision.reasons) > before:
            receipts.amend(executor, decision.parameters)


def _count(
    executor: Executor, rows: Sequence[_EventFacts], event: counting.Event, now: datetime, is_named: bool
) -> tuple[list[_Moved], dict[int, Sequence[str]]]:
    """What the event moves, and why a campaign that listens, or that it names, does not count it, by the campaign's id."""
    traits: Traits = {}
    if any(row.restrictions for row in rows):
        traits = customer_traits.of_customer(executor, rows[0].customer_id, now)
    moved: list[_Moved] = []
    reasons: dict[int, Sequence[str]] = {}
    for _, group in groupby(_listeners_of(rows), key=lambda row: row.behavior_id):
        goals = list(group)
        row = goals[0]
        if refusals := list(_refusals(row, event.at, traits)):
            if is_named or (row.targeted and len(reasons) < UNCOUNTED_MAX):
                reasons[row.campaign_id] = [it.code for it in refusals]
            continue
        before = progress.read(row.achieved, row.current, row.counts, [goal.id for goal in goals])
        after, achievements = counting.count(behaviors.terms(row, goals), before, event)
        if after is not before:
            worth = {goal.id: goal.points for goal in goals}
            points = sum(row.behavior_points + sum(worth[id] for id in it.goals) for it in achievements)
            moved.append(_Moved(row, len(goals) == 1, after, achievements, points))
    return moved, reasons


def _refusals(row: _EventFacts, at: datetime, traits: Traits) -> Iterator[Refusal]:
    """Why a campaign that listens does not count an event of that moment. That it is live and active was asked for."""
    has_opted_in = row.opted_in and row.said_at.replace(microsecond=0) <= at
    if row.opted_in is False or (row.opt_in_required and not has_opted_in):
        yield errors.NotOptedIn()
    if not visibility.is_visible(row, at):
        yield errors.CampaignNotYetVisible() if at < row.visible_from else errors.CampaignNoLongerVisible()
    if not activity.is_in_hours(row, row.time_zone, at):
        yield errors.OutsideHours()
    if not row.targeted:
        yield errors.NotTargeted()
    if not targeting.holds(row.restrictions, traits):
        yield errors.RestrictionsNotMet()
    if not row.may_be_given:
        yield errors.CustomerNotActive(required="active", actual=row.customer_status)


def _listeners_of(rows: Sequence[_EventFacts]) -> Sequence[_EventFacts]:
    """The rows that are of a behavior: all of them, or none when the single row is of nobody who listens."""
    campaign_id: int | None = rows[0].campaign_id
    return rows if campaign_id is not None else ()


def _require_campaign(executor: Executor, customer_id: int, campaign_id: int) -> None:
    chain_id = select(Customer.chain_id).where(Customer.id == customer_id).scalar_subquery()
    if executor.scalar(select(Campaign.id).where(Campaign.id == campaign_id, Campaign.chain_id == chain_id)) is None:
        raise CampaignNotFound


def _reward(
    executor: Executor, due: _Due, now: datetime, actor: Actor, receipt: Mapping[str, object] | None = None
) -> None:
    row, achievement = due
    giving = giving_by_id(executor, row.campaign_id, row.customer_id)
    if giving.facts.revision != row.revision:
        raise GuardFailed
    key = f"behavior {row.behavior_id} customer {row.customer_id} {achievement.number}"
    trigger = Trigger("event", "event", key, behavior=row.behavior_id, goals=achievement.goals, waives=PROMISED)
    give(executor, giving, trigger, now, actor, receipt)


class _Named(NamedTuple):
    """A behavior and its campaign, by all their names."""

    campaign_id: int
    campaign: str
    behavior_id: int
    behavior: UUID
    name: str
    kind: str

    @classmethod
    def of(cls, row: _EventFacts) -> "_Named":
        return cls(row.campaign_id, row.campaign, row.behavior_id, row.behavior, row.name, row.behavior_kind)


_NAMES = (
    select(
        Campaign.id.label("campaign_id"),
        Campaign.known_as.label("campaign"),
        Behavior.id.label("behavior_id"),
        Behavior.uuid.label("behavior"),
        Behavior.name,
        Behavior.kind.label("behavior_kind"),
    )
    .join(Campaign, Campaign.id == Behavior.campaign_id)
    .where(Behavior.id.in_(bindparam("ids", expanding=True)))
)


def _recorded_before(executor: Executor, transaction_id: str, outcome: Sequence[_Outcome]) -> Receipt:
    """The receipt as it was given then, but for the reasons."""
    achieved = [it for it in outcome if it.times]
    rows = executor.execute(_NAMES, {"ids": [it.behavior_id for it in achieved]}).all() if achieved else []
    names = {row.behavior_id: _Named._make(row) for row in rows}
    counted = sum(it.behavior_id is not None for it in outcome)
    return Receipt(
        transaction_id, counted, [Achieved(it.times, *names[it.behavior_id or 0], it.points) for it in achieved]
    )


def _reasons_of(outcome: Sequence[_Outcome]) -> dict[int, Sequence[str]]:
    return {it.campaign_id: it.reasons for it in outcome if it.behavior_id is None}
