"""Customers opt in to a campaign, and out of it again."""

from datetime import datetime

from sqlalchemy import false, select, update
from sqlalchemy.orm import Session

from app.campaign.audience import traits, visibility
from app.campaign.eligibility import rules
from app.campaign.eligibility.facts import facts_by_id
from app.campaign.eligibility.rows import CampaignFacts, OptInTerms
from app.campaign.errors import CampaignNotFound
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import Participation
from app.campaign.models.limits import Stock
from app.db.guarded import GuardFailed, insert_into
from app.db.prepared import dialect_of
from app.members.models import chain_of


def opt_in(session: Session, campaign_id: int, customer_id: int, now: datetime) -> None:
    """Let a customer take part. Opting in twice is opting in once, and takes one place.

    Raises CampaignNotFound, CustomerNotFound, OptInNotNeeded, NotEligible, OptInNotStarted, OptInEnded, OptInLimitReached, or
    GuardFailed when somebody took the last place meanwhile: then the whole is to be repeated.
    Source: SessionM, "Opting Customers into Campaigns"; the model's C5 and C6.
    """
    facts = _facts(session, campaign_id, customer_id, now)
    if facts.opted_in:
        return
    terms = session.execute(
        select(Campaign.opt_in_from, Campaign.opt_in_to, Stock.participants_count, Stock.participants_max)
        .join(Stock, Stock.campaign_id == Campaign.id)
        .where(Campaign.id == campaign_id)
    ).one()
    rules.require_may_opt_in(facts, OptInTerms._make(terms), traits.if_asked(session, facts, now), now)
    _set_participation(session, campaign_id, customer_id, facts.opted_in, True, now)
    # Last: all who opt in to this campaign wait for this row.
    taken = session.scalar(
        update(Stock)
        .where(
            Stock.campaign_id == campaign_id,
            Stock.participants_count < Stock.participants_max,
            Stock.revision == facts.revision,
        )
        .values(participants_count=Stock.participants_count + 1)
        .returning(Stock.participants_count)
    )
    if taken is None:
        raise GuardFailed


def opt_out(session: Session, campaign_id: int, customer_id: int, now: datetime) -> None:
    """Let a customer no longer take part, even if it never did; the place is free for others.

    Raises CampaignNotFound or CustomerNotFound.
    """
    facts = _facts(session, campaign_id, customer_id, now)
    if facts.opted_in is False:
        return
    _set_participation(session, campaign_id, customer_id, facts.opted_in, False, now)
    if facts.opted_in:
        session.execute(
            update(Stock)
            .where(Stock.campaign_id == campaign_id)
            .values(participants_count=Stock.participants_count - 1)
        )


def _facts(session: Session, campaign_id: int, customer_id: int, now: datetime) -> CampaignFacts:
    """Raises CampaignNotFound, also for a secret campaign, or CustomerNotFound."""
    facts = facts_by_id(session, campaign_id, customer_id)
    if visibility.is_secret(facts, now):
        raise CampaignNotFound
    return facts


def _set_participation(
    session: Session, campaign_id: int, customer_id: int, before: bool | None, opted_in: bool, now: datetime
) -> None:
    """Raises GuardFailed when the customer has said something else than `before` meanwhile."""
    first = insert_into(dialect_of(session), Participation).values(
        chain_id=chain_of(customer_id), customer_id=customer_id, campaign_id=campaign_id, opted_in=opted_in, since=now
    )
    said = session.scalar(
        first.on_conflict_do_update(
            index_elements=["customer_id", "campaign_id"],
            set_={"opted_in": opted_in, "since": now},
            where=false() if before is None else Participation.opted_in.is_(before),
        ).returning(Participation.customer_id)
    )
    if said is None:
        raise GuardFailed
