"""The facts that `rules` asks for, of one customer and any campaigns, always read by the same query."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, cast, func, null, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import SQLColumnExpression

from app.calendar import ALWAYS_FROM
from app.campaign.audience import audiences
from app.campaign.eligibility.rows import CampaignFacts, Giving, RewardFacts
from app.campaign.errors import CampaignNotFound
from app.campaign.models.audiences import Targeting
from app.campaign.models.campaigns import Campaign
from app.campaign.models.draws import DrawSeed
from app.campaign.models.engagement import Participation
from app.campaign.models.limits import MethodTally, MethodUsage, Stock, Usage
from app.campaign.models.rewards import RewardMethod
from app.db.prepared import Executor, Prepared
from app.db.types import AnySelect, UtcDateTime, holds
from app.members.errors import CustomerNotFound
from app.members.models import ERASED, Customer
from app.organizations.models import Chain
from app.organizations.scope import EVERY_CHAIN, Chains, includes, within
from app.points.models import Account

RECEIVED = func.coalesce(Usage.received, 0)


def _since(column: SQLColumnExpression[datetime]) -> ColumnElement[datetime]:
    return func.coalesce(column, ALWAYS_FROM, type_=UtcDateTime())


def facts_query() -> AnySelect:
    """All that `CampaignFacts` names but the draw's seed, a row for each pair of campaign and customer. Narrow it to the pairs you need."""
    return (
        select(
            Campaign.id.label("campaign_id"),
            Campaign.uuid.label("campaign_uuid"),
            Campaign.chain_id,
            Campaign.context,
            Campaign.handling,
            Campaign.reward,
            Targeting.tree.label("restrictions"),
            Campaign.opt_in_required,
            Participation.opted_in,
            Campaign.lifecycle,
            Campaign.active_from,
            Campaign.active_to,
            Campaign.visible_from,
            Campaign.visible_to,
            Campaign.weekdays,
            Campaign.opens_second,
            Campaign.closes_second,
            Campaign.cost,
            Campaign.single_coupon,
            Campaign.unlimited,
            Campaign.limit,
            Campaign.limit_per_customer,
            Campaign.limit_per_customer_unit,
            Campaign.limit_in_period,
            Campaign.limit_unit,
            Campaign.claimed_by_default,
            Chain.time_zone,
            Chain.third_party_voucher_ids,
            Campaign.name.label("campaign_name"),
            Stock.given,
            Stock.period_from.label("given_from"),
            Stock.in_period.label("given_in_period"),
            Stock.allowed,
            Stock.coupons_count,
            Stock.revision,
            Customer.id.label("customer_id"),
            Customer.uuid.label("customer_uuid"),
            Customer.status.label("customer_status"),
            holds(Chain.spending_statuses, Customer.status).label("may_be_given"),
            Account.balance,
            Account.locked.label("locked_points"),
            Account.due_at,
            Chain.points_expiry,
            Chain.points_days_active,
            Chain.points_days_locked,
            RECEIVED.label("received"),
            _since(Usage.period_from).label("received_from"),
            func.coalesce(Usage.in_period, 0).label("received_in_period"),
            audiences.targets(Customer, Campaign.audience_id).label("targeted"),
        )
        .select_from(Campaign)
        .join(Stock, Stock.campaign_id == Campaign.id)
        .join(Chain, Chain.id == Campaign.chain_id)
        .join(Customer, Customer.chain_id == Campaign.chain_id)
        .join(Account, Account.customer_id == Customer.id)
        .outerjoin(Usage, and_(Usage.campaign_id == Campaign.id, Usage.customer_id == Customer.id))
        .outerjoin(Targeting, Targeting.id == Campaign.targeting_id)
        .outerjoin(
            Participation, and_(Participation.campaign_id == Campaign.id, Participation.customer_id == Customer.id)
        )
    )


_NO_SEED: ColumnElement[str] = cast(null(), String).label(
    "seed"
)  # only draws need one, and only those that are decided
OF_ONE = (
    facts_query()
    .add_columns(_NO_SEED)
    .where(Campaign.uuid == bindparam("campaign"), Customer.uuid == bindparam("customer"))
)
FACTS_OF_ONE = Prepared(OF_ONE, CampaignFacts)
FACTS_OF_PAGE = (
    facts_query()
    .add_columns(_NO_SEED)
    .where(Campaign.id.in_(bindparam("campaigns", expanding=True)), Customer.id == bindparam("customer"))
)


FACTS_BY_ID = Prepared(
    facts_query()
    .outerjoin(DrawSeed, DrawSeed.campaign_id == Campaign.id)
    .add_columns(DrawSeed.seed)
    .where(Campaign.id == bindparam("campaign"), Customer.id == bindparam("customer")),
    CampaignFacts,
)
_METHOD_COLUMNS = (
    RewardMethod.id.label("method_id"),
    RewardMethod.kind,
    RewardMethod.recipient,
    RewardMethod.behavior_id,
    RewardMethod.goal_id,
    RewardMethod.weight,
    RewardMethod.amount,
    RewardMethod.restrictions,
    RewardMethod.limit_in_period,
    RewardMethod.limit_unit,
    RewardMethod.limit_per_customer,
    RewardMethod.limit_per_customer_unit,
    RewardMethod.voucher_kind,
    RewardMethod.voucher_hundredths_of_percent,
    RewardMethod.voucher_code,
    RewardMethod.voucher_text,
    RewardMethod.voucher_seconds,
    MethodTally.given,
    MethodTally.allowed,
    MethodTally.period_from.label("given_from"),
    MethodTally.in_period.label("given_in_period"),
    _since(MethodUsage.period_from).label("won_from"),
    func.coalesce(MethodUsage.in_period, 0).label("won_in_period"),
)
# A row for each reward method, or a single one for a campaign without any; the facts in each of them, for they are read at once.
_GIVING = (
    facts_query()
    .outerjoin(DrawSeed, DrawSeed.campaign_id == Campaign.id)
    .outerjoin(RewardMethod, and_(RewardMethod.campaign_id == Campaign.id, RewardMethod.closed.is_(False)))
    .outerjoin(MethodTally, MethodTally.method_id == RewardMethod.id)
    .outerjoin(MethodUsage, and_(MethodUsage.method_id == RewardMethod.id, MethodUsage.customer_id == Customer.id))
    .add_columns(DrawSeed.seed, *(column.label(f"of_method_{column.name}") for column in _METHOD_COLUMNS))
    .where(Customer.id == bindparam("customer"))
)
_GIVING_OF_ONE: Prepared[Any] = Prepared(_GIVING.where(Campaign.id == bindparam("campaign")))
_GIVING_OF_MANY = _GIVING.where(Campaign.id.in_(bindparam("campaigns", expanding=True)))


def facts_by_uuid(
    executor: Executor,
    campaign: uuid.UUID,
    customer: uuid.UUID,
    chains: Chains = EVERY_CHAIN,
    known: CampaignFacts | None = None,
) -> CampaignFacts:
    """Read the facts of one customer and one campaign of these chains. Raises CampaignNotFound or CustomerNotFound.

    A campaign of another chain than the customer's is not found. `known` are the facts if this attempt has read them already.
    """
    is_known = known is not None and (known.campaign_uuid, known.customer_uuid) == (campaign, customer)
    rows = [known] if known and is_known else FACTS_OF_ONE.run(executor, {"campaign": campaign, "customer": customer})
    if rows and includes(chains, rows[0].chain_id):
        if rows[0].customer_status != ERASED:
            return rows[0]
        own = select(Customer.merged_into_id).where(Customer.uuid == customer).scalar_subquery()
        kept = executor.scalar(select(Customer.uuid).where(Customer.id == own))
        return facts_by_uuid(executor, campaign, kept, chains) if kept is not None else rows[0]
    for model, uuid_, refusal in ((Campaign, campaign, CampaignNotFound), (Customer, customer, CustomerNotFound)):
        if executor.scalar(select(model.id).where(model.uuid == uuid_, within(chains, model.chain_id))) is None:
            raise refusal
    raise CampaignNotFound


def facts_by_id(executor: Executor, campaign_id: int, customer_id: int) -> CampaignFacts:
    """As `facts_by_uuid`, by numbers, and with the campaign's draw seed, if it has one."""
    rows = FACTS_BY_ID.run(executor, {"campaign": campaign_id, "customer": customer_id})
    if rows and rows[0].customer_status == ERASED and (kept := _merged_into(executor, customer_id)) is not None:
        return facts_by_id(executor, campaign_id, kept)
    if rows:
        return rows[0]
    known = executor.scalar(select(Customer.id).where(Customer.id == customer_id))
    raise CustomerNotFound if known is None else CampaignNotFound


def giving_by_id(executor: Executor, campaign_id: int, customer_id: int) -> Giving:
    """As `facts_by_id`, together with the campaign's reward methods and the terms of their vouchers."""
    rows = _GIVING_OF_ONE.run(executor, {"campaign": campaign_id, "customer": customer_id})
    if not rows:
        facts_by_id(executor, campaign_id, customer_id)  # which says what is missing
        raise CampaignNotFound
    found = _giving(rows)
    if found.facts.customer_status == ERASED and (kept := _merged_into(executor, customer_id)) is not None:
        return giving_by_id(executor, campaign_id, kept)
    return found


def _merged_into(executor: Executor, customer_id: int) -> int | None:
    """In whose account somebody's things are, who was merged."""
    return executor.scalar(select(Customer.merged_into_id).where(Customer.id == customer_id))


def giving_by_campaign(executor: Executor, campaign_ids: Sequence[int], customer_id: int) -> dict[int, Giving]:
    """The same for several campaigns, by their ids, in one statement."""
    rows = executor.execute(_GIVING_OF_MANY, {"campaigns": list(campaign_ids), "customer": customer_id}).all()
    in_order = sorted(rows, key=lambda row: row.campaign_id)
    return {id: _giving(list(group)) for id, group in groupby(in_order, key=lambda row: row.campaign_id)}


def _giving(rows: Sequence[Sequence[object]]) -> Giving:
    own = len(CampaignFacts._fields)
    facts = CampaignFacts._make(rows[0][:own])
    return Giving(facts, [] if facts.sells_coupons else [RewardFacts._make(row[own:]) for row in rows if row[own]])


def facts_by_campaign(session: Session, campaign_ids: Sequence[int], customer_id: int) -> dict[int, CampaignFacts]:
    rows = session.execute(FACTS_OF_PAGE, {"campaigns": campaign_ids, "customer": customer_id})
    return {row.campaign_id: CampaignFacts._make(row) for row in rows}
