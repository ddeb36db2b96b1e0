"""Give a customer what a campaign gives: the one way in which points are spent, coupons are sold and prizes are won."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import BigInteger, BindParameter, ColumnElement, String, and_, bindparam, exists, select
from sqlalchemy.orm import Session

from app.campaign import activity, errors
from app.campaign.audience import audiences, traits
from app.campaign.audience.targeting import Traits, sale_amount
from app.campaign.awards import choice, draws, statement
from app.campaign.awards.kinds import REWARD_KINDS, priced, third_party_id
from app.campaign.awards.statement import Parameters, Part, Shape
from app.campaign.eligibility import rules
from app.campaign.eligibility.facts import giving_by_campaign
from app.campaign.eligibility.rows import CampaignFacts, Giving, RewardFacts
from app.campaign.engagement import receipts
from app.campaign.limits import UNLIMITED
from app.campaign.models.campaigns import Campaign
from app.campaign.models.limits import MethodTally, Stock
from app.campaign.models.rewards import RewardMethod
from app.campaign.vouchers import keys
from app.db.prepared import Executor, Prepared, is_postgresql
from app.db.types import UtcDateTime
from app.logs import request_id
from app.outbox.writing import IN_REQUEST, customer_subject
from app.points import lots
from app.points.models import Account
from app.refusal import Refusal


@dataclass(frozen=True)
class Trigger:
    """Why a campaign gives: who or what caused it, and what the restrictions may ask about it.

    `key` names what may cause only one award. `recipient` is whose reward methods count; `behavior` and `goals` are what was
    achieved. What it `waives` is no reason against it, except of a completed campaign, of which everything is asked.
    """

    cause: str
    context: str = "interaction"
    key: str | None = None
    recipient: str = "customer"
    behavior: int | None = None
    goals: tuple[int, ...] = ()
    traits: Traits = field(default_factory=dict)
    waives: tuple[type[Refusal], ...] = ()


@dataclass(frozen=True)
class Actor:
    """Who asked for it: a login or a partner's token, and the word for the ledger."""

    login_id: int | None
    issuer: str
    token_id: int | None = None


SYSTEM = Actor(None, "system")


@dataclass(frozen=True)
class GivenAward:
    """The award's id, the code of its coupon if it has one, and the hundredths of points that the customer then held."""

    award_id: uuid.UUID
    code: str | None
    balance_after: int


@dataclass(frozen=True)
class Unrewarded:
    """A campaign that was asked to give a customer something, and gave nothing: every reason why, the first one first."""

    campaign_id: int
    customer_id: int
    reasons: tuple[Refusal, ...]

    @classmethod
    def of(cls, campaign_id: int, customer_id: int, refusal: Refusal) -> "Unrewarded":
        return cls(campaign_id, customer_id, (refusal, *refusal.others))


OUTSIDE_VISIBILITY = (errors.CampaignNotYetVisible, errors.CampaignNoLongerVisible)
# What a trigger waives whose reward was promised: that the campaign is open, and for whom.
PROMISED = (
    errors.CampaignNotActive,
    errors.CampaignNotYetActive,
    errors.CampaignOver,
    *OUTSIDE_VISIBILITY,
    errors.OutsideHours,
    errors.NotTargeted,
    errors.RestrictionsNotMet,
    errors.NotOptedIn,
)


def give(
    executor: Executor,
    giving: Giving,
    trigger: Trigger,
    now: datetime,
    actor: Actor,
    receipt: Parameters | None = None,
    wanted: int = 1,
) -> GivenAward:
    """Give a customer the rewards of a campaign, or nothing at all; with the event's `receipt`, if an event earns it.

    Nothing, too, when the customer may not have as many as are `wanted`, of which this is the first.

    Asks the rules, chooses among the reward methods (all that are open to the customer, or one by lot), and makes the
    guarded changes, each of which succeeds only if its fact still holds.

    Raises the first of `rules.refusals` with the `others`, NoRewardLeft or TooManyPointsHeld, or GuardFailed when a guard
    failed: then nothing may be kept of this transaction and the whole is to be repeated.
    """
    facts, methods = giving
    if not facts.is_up_to_date(now):
        facts = _brought_up_to_date(executor, facts, now)
    customer_traits = _traits(executor, facts, methods, trigger, now)
    candidates = choice.candidates(
        facts, methods, now, customer_traits, trigger.recipient, trigger.behavior, trigger.goals
    )
    _require_no_refusal(facts, trigger, now, customer_traits, wanted, can_give=facts.sells_coupons or bool(candidates))
    award_id = uuid.uuid4()
    parameters = _parameters(award_id, facts, trigger, now, actor)
    gained = 0
    if facts.sells_coupons:
        shape = statement.SALE_OF_SHARED if facts.single_coupon else statement.SALE_FROM_POOL
    else:
        ticket = _ticket(facts) if facts.is_draw else None
        chosen = [priced(it, sale_amount(trigger.traits)) for it in choice.chosen(facts, candidates, ticket)]
        shape = _shape(chosen, drawn=ticket is not None)
        for i, method in enumerate(chosen):
            parameters.update(_of_method(facts, method, i, now))
        parameters.update(gains := _gains(facts, chosen, now))
        gained = cast(int, gains.get("gain", 0))
        if ticket is not None:
            weights = [[method.method_id, method.weight] for method in candidates if method.weight]
            parameters.update(draw_number=facts.received + 1, draw_ticket=ticket, draw_candidates=weights)
    if receipt is not None:
        shape = shape._replace(with_receipt=True)
        parameters.update(receipt)
    if shape.coupon:
        parameters.update(voucher_key_coupon=keys.new_key(), third_party_coupon=third_party_id(facts))
    code = statement.make(executor, shape, parameters)
    return GivenAward(award_id, code, balance_after=facts.balance - facts.cost + gained)


def _brought_up_to_date(executor: Executor, facts: CampaignFacts, now: datetime) -> CampaignFacts:
    """The same with the balance of now: what is to unlock or to expire by then does so first."""
    lots.bring_up_to_date(executor, facts.customer_id, now)
    account = select(Account.balance, Account.locked, Account.due_at).where(Account.customer_id == facts.customer_id)
    balance, locked, due_at = executor.execute(account).one()
    return facts._replace(balance=balance, locked_points=locked, due_at=due_at)


def lock_stocks(executor: Executor, campaign_ids: Collection[int]) -> None:
    """Before several awards are made in one transaction, or a campaign changes: all tallies are locked first, then all stocks, by id.

    A single award locks its own in that order; the next one of the same transaction would lock tallies while holding a stock.
    Whoever needs the customer's account or usages has locked them before: these come first.
    """
    if not is_postgresql(executor):
        return
    methods = select(RewardMethod.id).where(RewardMethod.campaign_id.in_(campaign_ids))
    for column, ids in (
        (MethodTally.method_id, executor.scalars(methods).all()),
        (Stock.campaign_id, list(campaign_ids)),
    ):
        executor.execute(select(column).where(column.in_(ids)).order_by(column).with_for_update(key_share=True)).all()


def _traits(
    executor: Executor, facts: CampaignFacts, methods: Sequence[RewardFacts], trigger: Trigger, now: datetime
) -> Traits:
    if facts.restrictions or any(method.restrictions for method in methods):
        return {**traits.of_customer(executor, facts.customer_id, now), **trigger.traits}
    return trigger.traits


def _require_no_refusal(
    facts: CampaignFacts, trigger: Trigger, now: datetime, traits: Traits, wanted: int, can_give: bool
) -> None:
    waives = trigger.waives if facts.lifecycle != "completed" else ()
    reasons: list[Refusal] = [
        refusal
        for refusal in rules.refusals(facts, now, traits, trigger.context, wanted)
        if not isinstance(refusal, waives)
    ]
    if not can_give:
        reasons.append(errors.NoRewardLeft())
    if reasons:
        first, *others = reasons
        first.others, first.campaign_id = tuple(others), facts.campaign_id
        raise first


def _ticket(facts: CampaignFacts) -> str:
    assert facts.seed is not None, "a draw has its seed since it was created"
    return draws.ticket(facts.seed, facts.campaign_uuid, facts.customer_uuid, facts.received + 1)


def _shape(chosen: Sequence[RewardFacts], drawn: bool) -> Shape:
    parts = tuple(Part(method.kind, counted=True, limited=method.limit_per_customer < UNLIMITED) for method in chosen)
    return Shape(parts, "pool" if any(REWARD_KINDS[part.kind].takes_code for part in parts) else None, drawn)


def _parameters(
    award_id: uuid.UUID, facts: CampaignFacts, trigger: Trigger, now: datetime, actor: Actor
) -> dict[str, object]:
    return {
        "buyer": facts.customer_id,
        "campaign": facts.campaign_id,
        "award": award_id,
        "entry": uuid.uuid4(),
        "price": facts.cost,
        "allowance": facts.limit_per_customer,
        "usage_period": rules.period(facts, facts.limit_per_customer_unit, now),
        "stock_most": facts.limit_in_period,
        "stock_period": rules.period(facts, facts.limit_unit, now),
        "revision_seen": facts.revision,
        "moment": now,
        "of_chain": facts.chain_id,
        "of_whom": customer_subject(facts.customer_id),
        IN_REQUEST: request_id(),
        "caused_by": trigger.cause,
        "only_once": trigger.key,
        "asker": actor.login_id,
        "partner": actor.token_id,
        "by_whom": actor.issuer,
        "campaign_name": facts.campaign_name,
    }


def _of_method(facts: CampaignFacts, method: RewardFacts, i: int, now: datetime) -> dict[str, object]:
    parameters = {
        f"method_{i}": method.method_id,
        f"method_period_{i}": rules.period(facts, method.limit_unit, now),
        f"method_most_{i}": method.limit_in_period,
        f"method_usage_period_{i}": rules.period(facts, method.limit_per_customer_unit, now),
        f"method_allowance_{i}": method.limit_per_customer,
    }
    return {**parameters, **REWARD_KINDS[method.kind].written(facts, method, i, now)}


def _gains(facts: CampaignFacts, chosen: Sequence[RewardFacts], now: datetime) -> dict[str, object]:
    """The points that each method gives, all of them, and those that come after each: its balance had not seen them.

    What is locked yet changes no balance.
    """
    amounts = {i: method.amount for i, method in enumerate(chosen) if REWARD_KINDS[method.kind].gives_points}
    if not amounts:
        return {}
    lifetime, total = facts.lifetime(now), sum(amounts.values())
    is_locked = lifetime.unlocks_at is not None
    left = 0 if is_locked else total
    parameters: dict[str, object] = {
        "gain": left,
        "locked_gain": total - left,
        "gain_due": lifetime.due_at(),
        "gain_unlocks": lifetime.unlocks_at,
        "gain_expires": lifetime.expires_at,
    }
    for i, amount in amounts.items():
        gain = 0 if is_locked else amount
        left -= gain
        parameters |= {f"entry_{i}": uuid.uuid4(), f"gain_{i}": gain, f"locked_gain_{i}": amount - gain}
        parameters[f"later_gain_{i}"] = left
    return parameters


_window = (bindparam("now", type_=UtcDateTime()), bindparam("minute_ago", type_=UtcDateTime()))


def _live(context: str | BindParameter[str]) -> ColumnElement[bool]:
    """Switched on, in the chain of the parameter `chain`, with this context."""
    mine = Campaign.chain_id == bindparam("chain", type_=BigInteger())
    return and_(mine, Campaign.context == context, activity.is_live(Campaign))


_OPEN: Prepared[Any] = Prepared(
    select(Campaign.id)
    .where(
        _live(bindparam("of_context", type_=String())),
        activity.is_open_since(Campaign.active_from, Campaign.active_to, *_window),
        Campaign.audience_id.in_(audiences.of_customer(bindparam("customer", type_=BigInteger()))),
    )
    .order_by(Campaign.id)
)


def any_live(context: str) -> ColumnElement[bool]:
    """Whether the chain has a live campaign of this context: without one nothing comes of `give_all`. With the parameter `chain`."""
    return exists().where(_live(context))


def give_all(
    session: Session,
    chain_id: int,
    customer_id: int,
    context: str,
    key: str,
    traits: Traits,
    now: datetime,
    actor: Actor,
) -> list[Unrewarded]:
    """Give what all of a chain's campaigns of this context have for the customer; return those that refused, and why."""
    session.flush()
    parameters = {"chain": chain_id, "of_context": context, "customer": customer_id}
    rows = _OPEN.run(session, {**parameters, "now": now, "minute_ago": now - activity.LAST_MINUTE})
    ids = [it.id for it in rows]
    if len(ids) > 1:
        receipts.lock(session, customer_id)
    triggers = {id: Trigger(context, context, f"{key} {id}", traits=traits) for id in ids}
    refused = give_each(session, triggers, customer_id, now, actor)
    return [Unrewarded.of(campaign_id, customer_id, refusal) for campaign_id, refusal in refused.items()]


def give_each(
    executor: Executor, triggers: Mapping[int, Trigger], customer_id: int, now: datetime, actor: Actor
) -> dict[int, Refusal]:
    """Give what each of several campaigns has for a customer, by its id in order; return those that refused, and why.

    Who gives for more than one has locked the customer's account before. What the campaigns can give is read at once; nothing of it
    changes meanwhile but the balance, which is kept up.
    """
    if len(triggers) > 1:
        lock_stocks(executor, triggers.keys())
    giving = giving_by_campaign(executor, list(triggers), customer_id) if triggers else {}
    balance: int | None = None
    refused: dict[int, Refusal] = {}
    for campaign_id in sorted(triggers):
        if campaign_id not in giving:
            refused[campaign_id] = errors.CampaignNotFound()
            continue
        facts, methods = giving[campaign_id]
        facts = facts if balance is None else facts._replace(balance=balance)
        try:
            balance = give(executor, Giving(facts, methods), triggers[campaign_id], now, actor).balance_after
        except Refusal as e:
            refused[campaign_id] = e
    return refused
