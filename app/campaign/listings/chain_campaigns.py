"""All campaigns of a chain, whatever they give, for those who set them up and for one customer's progress."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.campaign import activity
from app.campaign.audience import traits, visibility, visibility_sql
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.limits import MethodTally, Usage
from app.campaign.models.referrals import ReferralRelation
from app.campaign.models.rewards import RewardMethod
from app.campaign.models.vouchers import Voucher
from app.members.models import Profile
from app.paging import Page, Paged
from app.points.models import LedgerEntry


@dataclass(frozen=True)
class RewardsReceived:
    """How often a campaign gave a customer something, and how much in all, in hundredths of points or money."""

    award_count: int = 0
    total_amount: int = 0


@dataclass(frozen=True)
class ChainCampaign:
    """A campaign with its reward methods, and one customer's progress in it if one was asked about."""

    campaign: Campaign
    progress: RewardsReceived | None = field(default=None)


def page(
    session: Session,
    chain_id: int,
    paging: Page,
    now: datetime,
    campaign_id: int | None = None,
    customer_id: int | None = None,
    only_active: bool = False,
    for_customer: bool = False,
) -> Paged[ChainCampaign]:
    """The campaigns of a chain, by id; with a customer's progress if one is named, `for_customer` only those that it is shown."""
    conditions: list[Any] = [Campaign.chain_id == chain_id]
    if campaign_id is not None:
        conditions.append(Campaign.id == campaign_id)
    if only_active:
        conditions += [activity.is_active(Campaign, now), visibility.is_visible(Campaign, now)]
    if for_customer:
        if customer_id is None:
            raise ValueError("who looks must be known")
        customer_traits = traits.of_customer(session, customer_id, now)
        conditions.append(visibility_sql.shown(session, customer_id, customer_traits, now))
    total = session.scalar(select(func.count()).select_from(Campaign).where(*conditions)) or 0
    query = paging.cut(_whole().where(*conditions).order_by(Campaign.id))
    campaigns = session.scalars(query).unique().all()
    known = _progress(session, [campaign.id for campaign in campaigns], customer_id) if customer_id else {}
    return Paged(
        [
            ChainCampaign(campaign, known.get(campaign.id, RewardsReceived()) if customer_id else None)
            for campaign in campaigns
        ],
        total,
    )


def one(session: Session, campaign_id: int) -> Campaign | None:
    """A campaign with all that is printed of it, if there is one."""
    query: Select[Campaign] = _whole().where(Campaign.id == campaign_id).execution_options(populate_existing=True)
    return session.scalars(query).unique().one_or_none()


def relation_award(session: Session, relation: ReferralRelation) -> tuple[LedgerEntry, int]:
    """The ledger entry that shows a redeemed relation's award, and what it is worth: points, or the vouchers' amounts."""

    def entries(kind: str) -> Sequence[LedgerEntry]:
        # Each kind has an index of its own, of the awards.
        query = select(LedgerEntry).where(
            LedgerEntry.award_id == relation.award_id, LedgerEntry.kind == literal(kind, literal_execute=True)
        )
        return session.scalars(query.order_by(LedgerEntry.id)).all()

    gained = entries("rewarded")
    vouchers = session.scalar(
        select(func.coalesce(func.sum(Voucher.amount), 0)).where(
            Voucher.award_id == relation.award_id, Voucher.parent_id.is_(None)
        )
    )
    return (gained or entries("bought"))[0], sum(entry.amount for entry in gained) + int(vouchers or 0)


def profiles(session: Session, customer_ids: Sequence[int]) -> dict[int, Profile]:
    rows = session.scalars(select(Profile).where(Profile.customer_id.in_(customer_ids)))
    return {profile.customer_id: profile for profile in rows}


def _whole() -> Select[Campaign]:
    return select(Campaign).options(
        joinedload(Campaign.stock),
        joinedload(Campaign.text),
        joinedload(Campaign.chain),
        joinedload(Campaign.seed),
        joinedload(Campaign.targeting),
        selectinload(Campaign.methods).joinedload(RewardMethod.tally.of_type(MethodTally)),
    )


def _progress(session: Session, campaign_ids: Sequence[int], customer_id: int) -> dict[int, RewardsReceived]:
    counts = select(Usage.campaign_id, Usage.received).where(
        Usage.customer_id == customer_id, Usage.campaign_id.in_(campaign_ids)
    )
    vouchers = (
        select(Voucher.campaign_id, func.sum(Voucher.amount))
        .where(
            Voucher.customer_id == customer_id,
            Voucher.campaign_id.in_(campaign_ids),
            Voucher.award_id.is_not(None),
            Voucher.parent_id.is_(None),
        )
        .group_by(Voucher.campaign_id)
    )
    points = (
        select(Award.campaign_id, func.sum(LedgerEntry.amount))
        .join(LedgerEntry, LedgerEntry.award_id == Award.id)
        .where(
            LedgerEntry.customer_id == customer_id, LedgerEntry.kind == "rewarded", Award.campaign_id.in_(campaign_ids)
        )
        .group_by(Award.campaign_id)
    )
    amounts: dict[int, int] = {}
    for query in (vouchers, points):
        for campaign_id, amount in session.execute(query):
            amounts[campaign_id] = amounts.get(campaign_id, 0) + int(amount)
    return {
        campaign_id: RewardsReceived(count, amounts.get(campaign_id, 0))
        for campaign_id, count in session.execute(counts)
    }
