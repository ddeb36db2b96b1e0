"""Who is shown what, as conditions on pages of campaigns and of customers; `visibility` says the same of one of each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from app.campaign.audience import audiences, targeting_sql, traits, visibility
from app.campaign.audience.visibility import Visibility
from app.campaign.models.audiences import Audience
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import Behavior, BehaviorProgress, Participation
from app.db.prepared import Executor, is_postgresql
from app.db.types import holds
from app.members.models import Customer
from app.organizations.models import Chain


class Reach(NamedTuple):
    """Where a customer stands: its chain, the audiences that it belongs to, and the restrictions that admit it; all of them by id.

    They are few, and asked for first: a database that knows them finds the campaigns in an index.
    """

    chain_id: int
    audience_ids: Collection[int]
    targeting_ids: Sequence[int]

    def meets(self) -> ColumnElement[bool]:
        """The campaigns that are for the customer, active or not: `visibility.is_for`. A condition on Campaign."""
        return and_(
            Campaign.chain_id == self.chain_id,
            Campaign.audience_id.in_(self.audience_ids),
            audiences.admits(self.targeting_ids),
        )


def reach(session: Session, customer_id: int, customer_traits: Mapping[str, Any]) -> Reach:
    chain_id = select(Customer.chain_id).where(Customer.id == customer_id).scalar_subquery()
    rows = session.execute(audiences.of_customer(customer_id).add_columns(chain_id)).all()
    admitting = audiences.admitting(session, customer_traits)
    return Reach(rows[0][1] if rows else 0, {row[0] for row in rows}, admitting)


def for_customer(session: Session, customer_id: int, customer_traits: Mapping[str, Any]) -> Any:
    """The campaigns that are for a customer, active or not. A condition on Campaign."""
    return reach(session, customer_id, customer_traits).meets()


def qualified(session: Session, customer_id: int, customer_traits: Mapping[str, Any]) -> Any:
    """The campaigns that the customer qualifies for: `visibility.qualifies`. A condition on Campaign."""
    return and_(may_be_given(customer_id), for_customer(session, customer_id, customer_traits))


def may_be_given(customer_id: int) -> ColumnElement[bool]:
    """The customer has a status to which the chain lets campaigns give."""
    is_granted = holds(Chain.spending_statuses, Customer.status)
    return exists().where(Customer.id == customer_id, Chain.id == Customer.chain_id, is_granted).correlate(None)


def with_history(customer_id: int) -> Any:
    """The campaigns that the customer opted in to or out of, or has progress in. A condition on Campaign."""
    begun = (
        select(Behavior.campaign_id)
        .join(BehaviorProgress, BehaviorProgress.behavior_id == Behavior.id)
        .where(BehaviorProgress.customer_id == customer_id)
    )
    opted = select(Participation.campaign_id).where(Participation.customer_id == customer_id)
    return or_(Campaign.id.in_(opted), Campaign.id.in_(begun))


def shown(session: Session, customer_id: int, customer_traits: Mapping[str, Any], now: datetime) -> Any:
    """The campaigns that a customer is shown: `Visibility.SHOWN`. A condition on Campaign."""
    chain_id = select(Customer.chain_id).where(Customer.id == customer_id).scalar_subquery()
    return and_(
        Campaign.chain_id == chain_id,
        ~visibility.is_secret(Campaign, now),
        visibility.is_visible(Campaign, now),
        or_(qualified(session, customer_id, customer_traits), with_history(customer_id)),
    )


def to_customer(executor: Executor, facts: Any, now: datetime) -> Visibility:
    """How much the customer of these facts knows of their campaign, with what the answer needs beside the facts."""
    customer_traits = traits.of_customer(executor, facts.customer_id, now) if facts.restrictions else {}
    has_history = facts.opted_in is not None or has_progress(executor, facts.campaign_id, facts.customer_id)
    return visibility.to_customer(facts, customer_traits, has_history, now)


def has_progress(executor: Executor, campaign_id: int, customer_id: int) -> bool:
    """Some event of the customer has counted for a behavior of the campaign."""
    query = (
        select(BehaviorProgress.behavior_id)
        .join(Behavior, Behavior.id == BehaviorProgress.behavior_id)
        .where(Behavior.campaign_id == campaign_id, BehaviorProgress.customer_id == customer_id)
    )
    return executor.scalar(query.limit(1)) is not None


def meant(campaign: Campaign, now: datetime, is_postgresql: bool) -> Any:
    """The customers whom a campaign is for, active or not: `visibility.is_for`. A condition on Customer.

    The campaign comes with its audience and its targeting.
    """
    return whom(campaign.chain_id, campaign.audience, campaign.restrictions, now, is_postgresql)


def whom(
    chain_id: int, audience: Audience, restrictions: Mapping[str, Any] | None, now: datetime, is_postgresql: bool
) -> Any:
    """The customers of a chain and an audience whom restrictions admit. A condition on Customer."""
    reach = [] if audience.is_everyone else [audiences.reached(audience.id)]
    return and_(Customer.chain_id == chain_id, *reach, targeting_sql.admitted(restrictions, now, is_postgresql))


def qualifying(session: Session, campaign_id: int, now: datetime) -> Any:
    """The customers who qualify for a campaign: `visibility.qualifies`. A condition on Customer."""
    campaign = session.scalars(
        select(Campaign)
        .where(Campaign.id == campaign_id)
        .options(joinedload(Campaign.audience), joinedload(Campaign.targeting))
    ).one()
    granted = session.scalars(select(Chain.spending_statuses).where(Chain.id == campaign.chain_id)).one()
    return and_(meant(campaign, now, is_postgresql(session)), Customer.status.in_(granted))
