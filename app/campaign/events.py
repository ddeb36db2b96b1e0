"""Customers do something: events are told once, count for the behaviors of all campaigns that listen, and are rewarded.

An event is read and written in two statements. Its guards are its receipt and the version of each progress: whoever was faster
makes us decide again, with the customer's account locked, so that many events of one customer come through one by one.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.errors import DivisionByZero
from sqlalchemy import (
    JSON,
    BigInteger,
    String,
    and_,
    bindparam,
    case,
    column,
    exists,
    func,
    join,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from app.campaign import awards, counting, eligibility, progress, rules
from app.campaign.awards import By, Occasion
from app.campaign.changes import TermsChanged
from app.campaign.counting import Achievement
from app.campaign.errors import BadEvent, CampaignNotFound
from app.campaign.event_models import Behavior, BehaviorProgress, EventReceipt, Goal, Participation, terms
from app.campaign.models import Campaign, RewardMethod, Stock, Targeting
from app.database import Bind, Prepared, UtcDateTime, is_alone, is_postgresql, together
from app.members.errors import CustomerNotFound
from app.members.models import Chain, Customer
from app.points.models import Account
from app.refusal import Refusal

NAME_LENGTH_MAX = TRANSACTION_ID_LENGTH_MAX = 255
QUANTITY_MAX = 1_000
AHEAD_MAX = timedelta(minutes=5)  # how wrong the clock of whoever tells an event may go
EARLIEST = datetime.fromisoformat("1970-01-02T00:00:00+00:00")


@dataclass(frozen=True)
class Told:
    """An event as it was told. Without a transaction's id it is a new one each time; without a moment, it is now.

    `campaign_id` names the only campaign that shall react.
    """

    name: str
    transaction_id: str | None = None
    quantity: int = 1
    at: datetime | None = None
    context: Mapping[str, Any] = field(default_factory=dict)
    campaign_id: int | None = None


@dataclass(frozen=True)
class Achieved:
    """A behavior that an event completed, and how often."""

    campaign_id: int
    behavior_id: int
    times: int


@dataclass(frozen=True)
class Receipt:
    """What became of an event: how many behaviors it counted for, and which it completed; the same however often it is told."""

    transaction_id: str
    counted: int
    achieved: Sequence[Achieved]


def record(bind: Bind, customer_id: int, told: Told, now: datetime, by: By) -> Receipt:
    """Count an event of a customer, and give what it earns, or nothing at all of it.

    Raises BadEvent, CustomerNotFound, CampaignNotFound for a campaign that is named and not the chain's, or TermsChanged:
    then nothing may be kept of this transaction and the whole is to be repeated.
    Source: SessionM, "Events API"; the model's sections 4.2 and 5.3.
    """
    _require_sense(told, now)
    if is_alone(bind):
        try:
            return _record(bind, customer_id, told, now, by)
        except TermsChanged:
            pass
    with together(bind):
        _LOCK.run(bind, {"customer": customer_id})
        return _record(bind, customer_id, told, now, by)


def behaviors_of(session: Session, receipts: Sequence[Receipt]) -> dict[int, tuple[Behavior, Campaign]]:
    """The behaviors that events completed, by id, each with its campaign."""
    ids = {achieved.behavior_id for receipt in receipts for achieved in receipt.achieved}
    if not ids:
        return {}
    rows = session.execute(
        select(Behavior, Campaign).join(Campaign, Campaign.id == Behavior.campaign_id).where(Behavior.id.in_(ids))
    )
    return {behavior.id: (behavior, campaign) for behavior, campaign in rows}


def _require_sense(told: Told, now: datetime) -> None:
    if not 0 < len(told.name) <= NAME_LENGTH_MAX:
        raise BadEvent(f"An event's name has 1 to {NAME_LENGTH_MAX} characters.", field="name")
    if told.transaction_id is not None and not 0 < len(told.transaction_id) <= TRANSACTION_ID_LENGTH_MAX:
        raise BadEvent(f"A transaction_id has 1 to {TRANSACTION_ID_LENGTH_MAX} characters.", field="transaction_id")
    if not 0 < told.quantity <= QUANTITY_MAX:
        raise BadEvent(f"An event happens 1 to {QUANTITY_MAX} times.", field="qty")
    if told.at is not None and not EARLIEST <= told.at <= now + AHEAD_MAX:
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
_FACTS = Prepared(
    select(
        Customer.id.label("customer_id"),
        Customer.status.label("customer_status"),
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
        Targeting.tree.label("restrictions"),
        eligibility.targets(Customer, Campaign.audience_id).label("targeted"),
        Stock.terms,
        Behavior.id.label("behavior_id"),
        Behavior.times_max,
        Behavior.per_period_max,
        Behavior.period_seconds,
        Behavior.groups,
        exists()
        .where(
            RewardMethod.campaign_id == Campaign.id,
            or_(RewardMethod.behavior_id.is_(None), RewardMethod.behavior_id == Behavior.id),
        )
        .correlate(Campaign, Behavior)
        .label("is_rewarded"),
        BehaviorProgress.version,
        BehaviorProgress.achieved,
        BehaviorProgress.counts,
        Goal.id,
        Goal.event_name,
        Goal.kind,
        Goal.earn_count,
        Goal.required,
        Goal.group_key,
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
            rules.is_live(Campaign),
            Campaign.active_from <= _moment,
            Campaign.active_to > bindparam("a_minute_before", type_=UtcDateTime()),
            or_(_only.is_(None), Campaign.id == _only),
        ),
    )
    .outerjoin(Targeting, Targeting.id == Campaign.targeting_id)
    .outerjoin(Participation, and_(Participation.campaign_id == Campaign.id, Participation.customer_id == Customer.id))
    .outerjoin(
        BehaviorProgress,
        and_(BehaviorProgress.behavior_id == Behavior.id, BehaviorProgress.customer_id == Customer.id),
    )
    .where(Customer.id == bindparam("customer"))
    .order_by(Campaign.id, Behavior.position, Goal.position)
)
_LOCK = Prepared(
    select(Account.customer_id).where(Account.customer_id == bindparam("customer")).with_for_update(key_share=True)
)


def _record(bind: Bind, customer_id: int, told: Told, now: datetime, by: By) -> Receipt:
    at = told.at or now
    transaction_id = told.transaction_id or str(uuid.uuid4())
    rows = _FACTS.run(
        bind,
        {
            "customer": customer_id, "event": told.name, "transaction": transaction_id, "moment": at,
            "a_minute_before": at - timedelta(minutes=1), "only": told.campaign_id,
        },
    )  # fmt: skip
    if not rows:
        raise CustomerNotFound
    if rows[0].outcome is not None:
        return _receipt_of(transaction_id, rows[0].outcome)
    if told.campaign_id is not None and rows[0].campaign_id is None:
        _require_campaign(bind, customer_id, told.campaign_id)
    day = at.astimezone(ZoneInfo(rows[0].customer_zone)).date()
    event = counting.Event(told.name, at, day, told.quantity, transaction_id, told.context)
    moved = _count(bind, rows, event, now)
    became = [[it.row.campaign_id, it.row.behavior_id, len(it.achievements)] for it in moved]
    parameters = {
        "teller": customer_id,
        "event": told.name,
        "transaction": transaction_id,
        "times": told.quantity,
        "happened": at,
        "moment": now,
        "partner": by.token_id,
        "only": told.campaign_id,
        "details": dict(told.context),
        "became": became,
        "progress": [
            {
                "b": it.row.behavior_id,
                "v": (it.row.version or 0) + 1,
                "a": it.after.achieved,
                "c": progress.kept(it.after),
            }
            for it in moved
        ],
        "moved_count": len(moved),
    }
    rewarded = [it for it in moved if it.achievements and it.row.is_rewarded]
    if not rewarded:
        _write(bind, parameters)
    else:
        with together(bind):
            _write(bind, parameters)
            for it in rewarded:
                _reward(bind, it, now, by)
    return _receipt_of(transaction_id, became)


@dataclass(frozen=True)
class _Moved:
    """A behavior for which an event counted: a row of its facts, the progress afterwards, and what was achieved."""

    row: Any
    after: counting.Progress
    achievements: list[Achievement]


def _count(bind: Bind, rows: Sequence[Any], event: counting.Event, now: datetime) -> list[_Moved]:
    traits: Mapping[str, Any] = {}
    if any(row.restrictions for row in rows):
        traits = eligibility.traits(bind, rows[0].customer_id, now)
    moved = []
    for _, group in groupby(rows, key=lambda row: row.behavior_id):
        goals = list(group)
        row = goals[0]
        if row.behavior_id is None or not _listens(row, event.at, traits):
            continue
        before = progress.read(row.achieved, row.counts)
        after, achievements = counting.count(terms(row, goals), before, event)
        if after is not before:
            moved.append(_Moved(row, after, achievements))
    return moved


def _listens(row: Any, at: datetime, traits: Mapping[str, Any]) -> bool:
    """The customer takes part, and the campaign is open at that moment. That it is live and active was asked for."""
    return bool(
        row.opted_in is not False
        and (row.opted_in or not row.opt_in_required)
        and rules.is_visible(row, at)
        and rules.is_in_hours(row, at)
        and rules.qualifies(row, traits)
    )


def _require_campaign(bind: Bind, customer_id: int, campaign_id: int) -> None:
    chain_id = select(Customer.chain_id).where(Customer.id == customer_id).scalar_subquery()
    if bind.scalar(select(Campaign.id).where(Campaign.id == campaign_id, Campaign.chain_id == chain_id)) is None:
        raise CampaignNotFound


def _reward(bind: Bind, moved: _Moved, now: datetime, by: By) -> None:
    row = moved.row
    for achievement in moved.achievements:
        facts = eligibility.facts_by_id(bind, row.campaign_id, row.customer_id)
        if facts.terms != row.terms:
            raise TermsChanged
        key = f"behavior {row.behavior_id} customer {row.customer_id} {achievement.number}"
        occasion = Occasion("event", "event", key, behavior=row.behavior_id, goals=achievement.goals, overrides=True)
        try:
            awards.give(bind, facts, occasion, now, by)
        except Refusal:  # all its rewards have been given to others: it is achieved all the same
            continue


def _receipt_of(transaction_id: str, outcome: Sequence[Sequence[int]]) -> Receipt:
    achieved = [Achieved(campaign, behavior, times) for campaign, behavior, times in outcome if times]
    return Receipt(transaction_id, len(outcome), achieved)


def _write(bind: Bind, parameters: dict[str, Any]) -> None:
    """Keep the receipt and the progress. Raises TermsChanged when either was written by somebody else meanwhile."""
    if is_postgresql(bind):
        try:
            _WRITE.run(bind, parameters)
        except DivisionByZero as e:
            raise TermsChanged from e
        return
    if not _TELL.run(bind, parameters) or len(_MOVE.run(bind, parameters)) != parameters["moved_count"]:
        raise TermsChanged


def _tell(dialect: Any, source: Any = None) -> Any:
    """The receipt; from `source`, which is the customer's account, once it is locked."""
    columns = {
        "customer_id": bindparam("teller", type_=BigInteger()),
        "name": bindparam("event", type_=String()),
        "transaction_id": bindparam("transaction", type_=String()),
        "quantity": bindparam("times", type_=BigInteger()),
        "occurred_at": bindparam("happened", type_=UtcDateTime()),
        "recorded_at": _moment,
        "recorded_by_token": bindparam("partner", type_=BigInteger()),
        "campaign_id": _only,
        "context": bindparam("details", type_=JSON()),
        "outcome": bindparam("became", type_=JSON()),
    }
    told: list[Any] = list(columns.values())
    row = select(*told).where(true())
    row = row if source is None else row.select_from(source)
    return (
        dialect.insert(EventReceipt)
        .from_select(list(columns), row, include_defaults=False)
        .on_conflict_do_nothing()
        .returning(EventReceipt.customer_id)
    )


def _move(dialect: Any, rows: Any, columns: Sequence[Any], *after: Any) -> Any:
    teller = bindparam("teller", type_=BigInteger())
    insert = dialect.insert(BehaviorProgress).from_select(
        ["customer_id", "behavior_id", "version", "achieved", "counts"],
        select(teller, *columns).select_from(rows).where(true(), *after),
        include_defaults=False,
    )
    written = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["customer_id", "behavior_id"],
        set_={"version": written.version, "achieved": written.achieved, "counts": written.counts},
        where=BehaviorProgress.version == written.version - 1,
    ).returning(BehaviorProgress.behavior_id)


def _write_on_postgresql() -> Prepared:
    rows = (
        func.json_to_recordset(bindparam("progress", type_=JSON()))
        .table_valued(column("b", BigInteger), column("v", BigInteger), column("a", BigInteger), column("c", JSON))
        .render_derived("r", with_types=True)
    )
    # Nobody writes without the account's lock, so that whoever decides while holding it is never overtaken.
    account = select(Account.customer_id).where(Account.customer_id == bindparam("teller", type_=BigInteger()))
    told = _tell(postgresql, account.with_for_update(key_share=True).cte("account")).cte("told")
    after = exists(select(literal(1)).select_from(told))
    moved = _move(postgresql, rows, [rows.c.b, rows.c.v, rows.c.a, rows.c.c], after).cte("moved")
    told_count = select(func.count()).select_from(told).scalar_subquery()
    moved_count = select(func.count()).select_from(moved).scalar_subquery()
    is_whole = and_(told_count == 1, moved_count == bindparam("moved_count", type_=BigInteger()))
    return Prepared(select((literal(1) // case((is_whole, 1), else_=0)).label("whole")))


def _move_on_sqlite() -> Prepared:
    rows = func.json_each(bindparam("progress", type_=JSON())).table_valued("value", name="r")
    columns = [func.json_extract(rows.c.value, f"$.{name}") for name in ("b", "v", "a", "c")]
    return Prepared(_move(sqlite, rows, columns))


_WRITE = _write_on_postgresql()
_TELL = Prepared(_tell(sqlite))
_MOVE = _move_on_sqlite()
