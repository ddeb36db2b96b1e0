"""Find a campaign of a chain by the names that other systems have for it."""

from sqlalchemy import or_, select

from app.campaign.errors import CampaignNotFound
from app.campaign.models.campaigns import Campaign
from app.db.prepared import Executor


def by_number(executor: Executor, chain_id: int, campaign_id: int) -> int:
    """Its id, if it is the chain's. Raises CampaignNotFound."""
    return _the_one(
        executor.scalar(select(Campaign.id).where(Campaign.chain_id == chain_id, Campaign.id == campaign_id))
    )


def by_permalink(executor: Executor, chain_id: int, permalink: str) -> int:
    """The id of the campaign that another system calls so, or else of the one with this permalink. Raises CampaignNotFound."""
    found: int | None = executor.scalar(
        select(Campaign.id)
        .where(Campaign.chain_id == chain_id, or_(Campaign.external_id == permalink, Campaign.permalink == permalink))
        .order_by(Campaign.external_id.is_(None))
        .limit(1)
    )
    return _the_one(found)


def chain_of(executor: Executor, campaign_id: int) -> int | None:
    """The chain of the campaign with this id, if there is one."""
    return executor.scalar(select(Campaign.chain_id).where(Campaign.id == campaign_id))


def _the_one(campaign_id: int | None) -> int:
    if campaign_id is None:
        raise CampaignNotFound
    return campaign_id
