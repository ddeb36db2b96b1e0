"""The facts that `rules` asks for, of one customer and any campaigns, always read by the same query."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, or_, select, true
from sqlalchemy.orm import Session

from app.campaign import rules
from app.campaign.errors import CampaignNotFound, Refusal
from app.campaign.models import AudienceTarget, Campaign, Stock, Usage
from app.database import Bind, Prepared
from app.members.errors import CustomerNotFound
from app.members.models import Customer, Level, Segment, SegmentMember
from app.points.models import Account


def targets(customer: Any, audience_id: Any) -> Any:
    """The audience names the customer's level, or a segment that the customer belongs to. A condition for SQL."""
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
        .where(AudienceTarget.audience_id == audience_id, or_(on_level, in_segment))
        .correlate(customer, Campaign)
    )


BOUGHT = func.coalesce(Usage.bought, 0)


def facts_query() -> Any:
    """All that `rules.Facts` names, a row for each pair of campaign and customer. Narrow it to the pairs you need."""
    return (
        select(
            Campaign.id.label("campaign_id"),
            Campaign.lifecycle,
            Campaign.active_from,
            Campaign.active_to,
            Campaign.visible_from,
            Campaign.visible_to,
            Campaign.cost,
            Campaign.single_coupon,
            Campaign.unlimited,
            Campaign.limit,
            Campaign.limit_per_customer,
            Campaign.name.label("campaign_name"),
            Stock.sold,
            Stock.sellable,
            Stock.coupons_count,
            Stock.terms,
            Customer.id.label("customer_id"),
            Customer.status.label("customer_status"),
            Account.balance,
            BOUGHT.label("bought"),
            targets(Customer, Campaign.audience_id).label("targeted"),
        )
        .select_from(Campaign)
        .join(Stock, Stock.campaign_id == Campaign.id)
        .join(Customer, true())
        .join(Account, Account.customer_id == Customer.id)
        .outerjoin(Usage, and_(Usage.campaign_id == Campaign.id, Usage.customer_id == Customer.id))
    )


FACTS_OF_ONE = Prepared(
    facts_query().where(Campaign.uuid == bindparam("campaign"), Customer.uuid == bindparam("customer"))
)
FACTS_OF_PAGE = facts_query().where(
    Campaign.id.in_(bindparam("campaigns", expanding=True)), Customer.id == bindparam("customer")
)


def facts(bind: Bind, campaign: uuid.UUID, customer: uuid.UUID) -> Any:
    """Read the facts of one customer and one campaign. Raises CampaignNotFound or CustomerNotFound."""
    rows = FACTS_OF_ONE.run(bind, {"campaign": campaign, "customer": customer})
    if rows:
        return rows[0]
    if bind.scalar(select(Campaign.id).where(Campaign.uuid == campaign)) is None:
        raise CampaignNotFound
    raise CustomerNotFound


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
        return bool(self.facts.lifecycle == "draft" or self.at < self.facts.visible_from)


def explain(session: Session, campaign: uuid.UUID, customer: uuid.UUID, at: datetime) -> Verdict:
    """Say whether the customer could buy the campaign at a moment, everything else being as it is now."""
    found = facts(session, campaign, customer)
    return Verdict(at, found, list(rules.refusals(found, at)))


def is_shown_to(session: Session, campaign: uuid.UUID, customer: uuid.UUID, now: datetime) -> bool:
    """The campaign is visible now, and targets the customer."""
    found = facts(session, campaign, customer)
    return bool(rules.is_visible(found, now) and found.targeted)
