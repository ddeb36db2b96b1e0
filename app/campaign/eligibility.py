"""The facts that `rules` asks for, of one customer and any campaigns, always read by the same query."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Double, String, and_, bindparam, cast, exists, func, literal, null, or_, select
from sqlalchemy.orm import Session

from app.amounts import number
from app.campaign import rules, targeting
from app.campaign.errors import CampaignNotFound
from app.campaign.event_models import Participation
from app.campaign.models import (
    AudienceTarget,
    Campaign,
    DrawSeed,
    MethodTally,
    MethodUsage,
    RewardMethod,
    Stock,
    Targeting,
    Usage,
)
from app.campaign.periods import ALWAYS_FROM
from app.database import Bind, Prepared, UtcDateTime
from app.members.errors import CustomerNotFound
from app.members.models import (
    Chain,
    Customer,
    CustomerAttribute,
    CustomerTag,
    Level,
    Profile,
    Segment,
    SegmentMember,
)
from app.points.models import Account
from app.refusal import Refusal


def targets(customer: Any, audience_id: Any) -> Any:
    """The audience is everyone, or names the customer's level or one of the customer's segments. A condition for SQL."""
    on_level = (
        exists()
        .where(Level.id == customer.level_id, Level.uuid == AudienceTarget.uuid)
        .correlate(customer, AudienceTarget)
    )
    in_segment = (
        exists()
        .where(
            SegmentMember.customer_id == customer.id,
            SegmentMember.segment_id == Segment.id,
            Segment.uuid == AudienceTarget.uuid,
        )
        .correlate(customer, AudienceTarget)
    )
    return (
        exists()
        .where(
            AudienceTarget.audience_id == audience_id,
            or_(AudienceTarget.kind == "everyone", on_level, in_segment),
        )
        .correlate(customer, Campaign)
    )


BOUGHT = func.coalesce(Usage.bought, 0)


def _since(column: Any) -> Any:
    return func.coalesce(column, ALWAYS_FROM, type_=UtcDateTime())


def facts_query() -> Any:
    """All that `rules.Facts` names, a row for each pair of campaign and customer. Narrow it to the pairs you need."""
    return (
        select(
            Campaign.id.label("campaign_id"),
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
            Stock.sold,
            Stock.period_from.label("sold_from"),
            Stock.in_period.label("sold_in_period"),
            Stock.sellable,
            Stock.coupons_count,
            Stock.terms,
            Customer.id.label("customer_id"),
            Customer.status.label("customer_status"),
            Account.balance,
            BOUGHT.label("bought"),
            _since(Usage.period_from).label("bought_from"),
            func.coalesce(Usage.in_period, 0).label("bought_in_period"),
            targets(Customer, Campaign.audience_id).label("targeted"),
        )
        .select_from(Campaign)
        .join(Stock, Stock.campaign_id == Campaign.id)
        .join(Chain, Chain.id == Campaign.chain_id)
        .join(Customer, Customer.chain_id == Campaign.chain_id)
        .join(Account, Account.customer_id == Customer.id)
        .outerjoin(Usage, and_(Usage.campaign_id == Campaign.id, Usage.customer_id == Customer.id))
        .outerjoin(Targeting, Targeting.id == Campaign.targeting_id)
        .outerjoin(
            Participation,
            and_(Participation.campaign_id == Campaign.id, Participation.customer_id == Customer.id),
        )
    )


FACTS_OF_ONE = Prepared(
    facts_query().where(Campaign.uuid == bindparam("campaign"), Customer.uuid == bindparam("customer"))
)
FACTS_OF_PAGE = facts_query().where(
    Campaign.id.in_(bindparam("campaigns", expanding=True)), Customer.id == bindparam("customer")
)


FACTS_BY_ID = Prepared(
    facts_query()
    .outerjoin(DrawSeed, DrawSeed.campaign_id == Campaign.id)
    .add_columns(Campaign.uuid.label("campaign_uuid"), Customer.uuid.label("customer_uuid"), DrawSeed.seed)
    .where(Campaign.id == bindparam("campaign"), Customer.id == bindparam("customer"))
)
METHODS = Prepared(
    select(
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
    .join(MethodTally, MethodTally.method_id == RewardMethod.id)
    .outerjoin(
        MethodUsage,
        and_(MethodUsage.method_id == RewardMethod.id, MethodUsage.customer_id == bindparam("customer")),
    )
    .where(RewardMethod.campaign_id == bindparam("campaign"))
)
TRAITS = Prepared(
    select(
        Customer.created_at, Level.uuid.label("level_uuid"), Level.name.label("level"), Profile.born_on, Profile.gender,
        Account.balance,
    )
    .join(Profile, Profile.customer_id == Customer.id)
    .join(Account, Account.customer_id == Customer.id)
    .outerjoin(Level, Level.id == Customer.level_id)
    .where(Customer.id == bindparam("customer"))
)  # fmt: skip
_no_text: Any = cast(null(), String)
_no_number: Any = cast(null(), Double)
_no_moment: Any = cast(null(), UtcDateTime)
NAMES = Prepared(
    select(
        literal("segment").label("of"), Segment.name, cast(Segment.uuid, String).label("text"),
        _no_number.label("number"), _no_moment.label("expires_at"),
    )
    .join(SegmentMember, SegmentMember.segment_id == Segment.id)
    .where(SegmentMember.customer_id == bindparam("customer"))
    .union_all(
        select(literal("tag"), CustomerTag.name, _no_text, _no_number, CustomerTag.expires_at).where(
            CustomerTag.customer_id == bindparam("customer")
        ),
        select(literal("attribute"), CustomerAttribute.name, CustomerAttribute.text, CustomerAttribute.number, _no_moment)
        .where(CustomerAttribute.customer_id == bindparam("customer")),
    )
)  # fmt: skip


def facts(bind: Bind, campaign: uuid.UUID, customer: uuid.UUID) -> Any:
    """Read the facts of one customer and one campaign. Raises CampaignNotFound or CustomerNotFound.

    A campaign of another chain than the customer's is not found.
    """
    rows = FACTS_OF_ONE.run(bind, {"campaign": campaign, "customer": customer})
    if rows:
        return rows[0]
    if bind.scalar(select(Campaign.id).where(Campaign.uuid == campaign)) is None:
        raise CampaignNotFound
    if bind.scalar(select(Customer.id).where(Customer.uuid == customer)) is None:
        raise CustomerNotFound
    raise CampaignNotFound


def facts_by_id(bind: Bind, campaign_id: int, customer_id: int) -> Any:
    """As `facts`, with both UUIDs and the campaign's draw seed, if it has one."""
    rows = FACTS_BY_ID.run(bind, {"campaign": campaign_id, "customer": customer_id})
    if rows:
        return rows[0]
    known = bind.scalar(select(Customer.id).where(Customer.id == customer_id))
    raise CustomerNotFound if known is None else CampaignNotFound


def methods(bind: Bind, found: Any) -> list[Any]:
    """The reward methods of the campaign of these facts, each a `rules.Method` with the terms of its vouchers."""
    if found.reward is not None:
        return []
    return METHODS.run(bind, {"campaign": found.campaign_id, "customer": found.customer_id})


def traits(bind: Bind, customer_id: int, now: datetime) -> dict[str, Any]:
    """What restrictions may ask about a customer; see `targeting.USER`."""
    [it] = TRAITS.run(bind, {"customer": customer_id})
    names = NAMES.run(bind, {"customer": customer_id})
    return {
        "user.level": {str(it.level_uuid), it.level} if it.level_uuid else set(),
        "user.segments": {told for row in names if row.of == "segment" for told in (row.name, str(UUID(row.text)))},
        "user.tags": {
            row.name for row in names if row.of == "tag" and (row.expires_at is None or row.expires_at > now)
        },
        "user.age": _age(it.born_on, now) if it.born_on else None,
        "user.gender": it.gender,
        "user.created_at": it.created_at.replace(microsecond=0),
        "user.points": number(it.balance),
        **{
            targeting.ATTRIBUTES + row.name: row.text if row.number is None else row.number
            for row in names
            if row.of == "attribute"
        },
    }


def traits_if_asked(bind: Bind, found: Any, now: datetime) -> dict[str, Any]:
    """The traits of the customer of these facts, if the campaign's restrictions ask for any."""
    return traits(bind, found.customer_id, now) if found.restrictions else {}


def _age(born_on: Any, now: datetime) -> int:
    return int(now.year - born_on.year - ((now.month, now.day) < (born_on.month, born_on.day)))


def facts_by_campaign(session: Session, campaign_ids: Sequence[int], customer_id: int) -> dict[int, Any]:
    rows = session.execute(FACTS_OF_PAGE, {"campaigns": campaign_ids, "customer": customer_id})
    return {row.campaign_id: row for row in rows}


@dataclass(frozen=True)
class Verdict:
    """Whether a customer may buy at a moment, and if not, every reason why."""

    at: datetime
    facts: Any
    refusals: list[Refusal]

    @property
    def may_buy(self) -> bool:
        return not self.refusals

    @property
    def is_secret(self) -> bool:
        """The campaign was never shown to customers yet: a draft, or before its visibility."""
        return rules.is_secret(self.facts, self.at)


def explain(session: Session, campaign: uuid.UUID, customer: uuid.UUID, at: datetime) -> Verdict:
    """Say whether the customer could buy the campaign at a moment, everything else being as it is now.

    Raises CampaignNotFound, also for campaigns that sell no coupons, or CustomerNotFound.
    """
    found = facts(session, campaign, customer)
    if found.reward is None:
        raise CampaignNotFound
    return Verdict(at, found, list(rules.refusals(found, at, traits_if_asked(session, found, at))))


def is_shown_to(session: Session, campaign: uuid.UUID, customer: uuid.UUID, now: datetime) -> bool:
    """The campaign is visible now, and targets the customer."""
    found = facts(session, campaign, customer)
    return bool(rules.is_visible(found, now) and found.targeted)
