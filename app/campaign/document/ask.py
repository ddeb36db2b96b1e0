"""What a customer would get of a campaign as a document says it, saved or not: by the same rules that give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import String, and_, bindparam, select
from sqlalchemy.orm import Session

from app.calendar import ALWAYS_FROM
from app.campaign.audience import traits as customer_traits
from app.campaign.audience import visibility, visibility_sql
from app.campaign.audience.targeting import SALE_AMOUNT, Traits
from app.campaign.audience.visibility import Visibility
from app.campaign.awards import choice
from app.campaign.awards.choice import Chance
from app.campaign.document.spec import CampaignSpec, RewardSpec
from app.campaign.eligibility import rules
from app.campaign.eligibility.rows import CampaignFacts, RewardFacts
from app.campaign.limits import UNLIMITED
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import Participation
from app.campaign.models.limits import MethodTally, MethodUsage, Stock, Usage
from app.campaign.models.rewards import RewardMethod
from app.db.prepared import Prepared
from app.db.types import holds
from app.members.errors import CustomerNotFound
from app.members.models import Customer, Level
from app.organizations.models import Chain
from app.points.models import Account
from app.refusal import Refusal

NO_CAMPAIGN = UUID(int=0)


@dataclass(frozen=True)
class Answer:
    """How much the customer knows of the campaign at a moment, every reason why it would get nothing, and what it could get."""

    at: datetime
    facts: CampaignFacts
    visibility: Visibility
    refusals: Sequence[Refusal]
    chances: Sequence[tuple[RewardSpec, Chance]]

    @property
    def may_have(self) -> bool:
        return not self.refusals


class _CustomerRow(NamedTuple):
    id: int
    uuid: UUID
    chain_id: int
    status: str
    may_be_given: bool
    balance: int
    time_zone: str
    third_party_voucher_ids: bool
    level_uuid: UUID | None
    campaign_id: int | None
    campaign_uuid: UUID | None
    given: int | None
    given_from: datetime | None
    given_in_period: int | None
    coupons_count: int | None
    revision: int | None
    received: int | None
    received_from: datetime | None
    received_in_period: int | None
    opted_in: bool | None


class _MethodRow(NamedTuple):
    key: str | None
    given: int
    given_from: datetime
    given_in_period: int
    won_from: datetime | None
    won_in_period: int | None


def ask(
    session: Session, chain_id: int, spec: CampaignSpec, customer: UUID, at: datetime, basket: float | None = None
) -> Answer:
    """What a customer of the chain would get at a moment, everything else being as it is now.

    Where the chain has a campaign with the spec's key, what that has given counts. `basket` is what was paid for one, in money, as
    restrictions ask for it. Raises CustomerNotFound.
    """
    rows = _CUSTOMER.run(session, {"customer": customer, "chain": chain_id, "key": spec.key or ""})
    if not rows:
        raise CustomerNotFound
    [row] = rows
    is_asked = spec.restrictions or spec.audience.segments or any(it.terms.get("restrictions") for it in spec.rewards)
    traits = customer_traits.of_customer(session, row.id, at) if is_asked else {}
    traits = traits if basket is None else {**traits, SALE_AMOUNT: basket}
    facts = _facts(spec, row, _is_targeted(spec, row, traits))
    chances = choice.chances(facts, _methods(session, spec, row), at, traits)
    refusals = choice.why_nothing(facts, chances, at, traits, bool(spec.behaviors))
    seen = _visibility(session, facts, at, traits)
    return Answer(at, facts, seen, refusals, list(zip(spec.rewards, chances, strict=True)))


def _visibility(session: Session, facts: CampaignFacts, at: datetime, traits: Traits) -> Visibility:
    found = visibility.to_customer(facts, traits, facts.opted_in is not None, at)
    if found is not Visibility.HIDDEN or not facts.campaign_id:
        return found
    return visibility.to_customer(
        facts, traits, visibility_sql.has_progress(session, facts.campaign_id, facts.customer_id), at
    )


def _is_targeted(spec: CampaignSpec, row: _CustomerRow, traits: Traits) -> bool:
    """The customer belongs to the audience of the spec, which may be nobody's yet."""
    audience = spec.audience
    is_member = any(str(uuid) in traits["user.segments"] for uuid in audience.segments)
    return audience.for_everyone or row.level_uuid in audience.levels or is_member


_CUSTOMER = Prepared(
    select(
        Customer.id,
        Customer.uuid,
        Customer.chain_id,
        Customer.status,
        holds(Chain.spending_statuses, Customer.status).label("may_be_given"),
        Account.balance,
        Chain.time_zone,
        Chain.third_party_voucher_ids,
        Level.uuid.label("level_uuid"),
        Campaign.id.label("campaign_id"),
        Campaign.uuid.label("campaign_uuid"),
        Stock.given,
        Stock.period_from.label("given_from"),
        Stock.in_period.label("given_in_period"),
        Stock.coupons_count,
        Stock.revision,
        Usage.received,
        Usage.period_from.label("received_from"),
        Usage.in_period.label("received_in_period"),
        Participation.opted_in,
    )
    .select_from(Customer)
    .join(Account, Account.customer_id == Customer.id)
    .join(Chain, Chain.id == Customer.chain_id)
    .outerjoin(Level, Level.id == Customer.level_id)
    .outerjoin(Campaign, and_(Campaign.chain_id == Customer.chain_id, Campaign.key == bindparam("key", type_=String())))
    .outerjoin(Stock, Stock.campaign_id == Campaign.id)
    .outerjoin(Usage, and_(Usage.campaign_id == Campaign.id, Usage.customer_id == Customer.id))
    .outerjoin(Participation, and_(Participation.campaign_id == Campaign.id, Participation.customer_id == Customer.id))
    .where(Customer.uuid == bindparam("customer"), Customer.chain_id == bindparam("chain")),
    _CustomerRow,
)


def _facts(spec: CampaignSpec, row: _CustomerRow, is_targeted: bool) -> CampaignFacts:
    limits, schedule = spec.limits, spec.schedule
    coupons_count = row.coupons_count or 0
    single = bool(spec.sale and spec.sale.single_coupon)
    return CampaignFacts(
        campaign_id=row.campaign_id or 0,
        campaign_uuid=row.campaign_uuid or NO_CAMPAIGN,
        chain_id=row.chain_id,
        context=spec.context,
        handling=spec.handling,
        reward=spec.sale.coupon_kind if spec.sale else None,
        restrictions=spec.restrictions,
        opt_in_required=spec.opt_in.opt_in_required,
        opted_in=row.opted_in,
        lifecycle=spec.lifecycle,
        active_from=schedule.activity[0],
        active_to=schedule.activity[1],
        visible_from=schedule.visibility[0],
        visible_to=schedule.visibility[1],
        weekdays=schedule.weekdays,
        opens_second=schedule.opens_second,
        closes_second=schedule.closes_second,
        cost=spec.cost,
        single_coupon=single,
        unlimited=limits.unlimited,
        limit=limits.total,
        limit_per_customer=limits.per_customer,
        limit_per_customer_unit=limits.limit_per_customer_unit,
        limit_in_period=limits.limit_in_period,
        limit_unit=limits.limit_unit,
        claimed_by_default=spec.claimed_by_default,
        time_zone=row.time_zone,
        third_party_voucher_ids=row.third_party_voucher_ids,
        campaign_name=spec.name,
        given=row.given or 0,
        given_from=row.given_from or ALWAYS_FROM,
        given_in_period=row.given_in_period or 0,
        allowed=rules.allowed(limits.total, coupons_count, single, spec.sale is not None),
        coupons_count=coupons_count,
        revision=row.revision or 0,
        customer_id=row.id,
        customer_uuid=row.uuid,
        customer_status=row.status,
        may_be_given=row.may_be_given,
        balance=row.balance,
        # It gives nothing yet: how its points would live is not asked.
        locked_points=0,
        due_at=None,
        points_expiry="never",
        points_days_active=None,
        points_days_locked=0,
        received=row.received or 0,
        received_from=(row.received_from if limits.limit_per_customer_unit else None) or ALWAYS_FROM,
        received_in_period=(row.received_in_period if limits.limit_per_customer_unit else row.received) or 0,
        targeted=is_targeted,
        seed=None,
    )


def _methods(session: Session, spec: CampaignSpec, row: _CustomerRow) -> list[RewardFacts]:
    """The spec's rewards, each with what a saved one of its key has given."""
    given: dict[str | None, _MethodRow] = {}
    if row.campaign_id is not None and spec.rewards:
        query = (
            select(
                RewardMethod.key,
                MethodTally.given,
                MethodTally.period_from,
                MethodTally.in_period,
                MethodUsage.period_from.label("won_from"),
                MethodUsage.in_period.label("won_in_period"),
            )
            .join(MethodTally, MethodTally.method_id == RewardMethod.id)
            .outerjoin(MethodUsage, and_(MethodUsage.method_id == RewardMethod.id, MethodUsage.customer_id == row.id))
            .where(RewardMethod.campaign_id == row.campaign_id, RewardMethod.key.is_not(None))
        )
        given = {found[0]: _MethodRow._make(found) for found in session.execute(query)}
    return [_method(i, reward, given.get(reward.key)) for i, reward in enumerate(spec.rewards)]


def _method(i: int, reward: RewardSpec, row: _MethodRow | None) -> RewardFacts:
    terms = reward.terms
    return RewardFacts(
        method_id=i,
        kind=reward.kind,
        recipient=terms.get("recipient", "customer"),
        behavior_id=None,
        goal_id=None,
        weight=terms.get("weight", 1),
        amount=terms.get("amount", 0),
        restrictions=terms.get("restrictions"),
        limit_in_period=terms.get("limit_in_period", UNLIMITED),
        limit_unit=terms.get("limit_unit"),
        limit_per_customer=terms.get("limit_per_customer", UNLIMITED),
        limit_per_customer_unit=terms.get("limit_per_customer_unit"),
        voucher_kind=terms.get("voucher_kind"),
        voucher_hundredths_of_percent=terms.get("voucher_hundredths_of_percent"),
        voucher_code=terms.get("voucher_code"),
        voucher_text=terms.get("voucher_text"),
        voucher_seconds=terms.get("voucher_seconds"),
        given=row.given if row else 0,
        allowed=terms.get("stock", UNLIMITED),
        given_from=row.given_from if row else ALWAYS_FROM,
        given_in_period=row.given_in_period if row else 0,
        won_from=(row.won_from if row else None) or ALWAYS_FROM,
        won_in_period=(row.won_in_period if row else None) or 0,
    )
