"""Campaigns as documents, read from the database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.document import references, shape, stored
from app.campaign.document.spec import CampaignSpec
from app.campaign.models.campaigns import Campaign
from app.organizations.models import Chain


def one(session: Session, campaign_id: int) -> dict[str, Any]:
    """The document of a campaign."""
    return several(session, [campaign_id])[campaign_id]


def several(session: Session, campaign_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The documents of these campaigns, by id, in a fixed number of statements."""
    return written(session, stored.specs(session, campaign_ids))


def written(session: Session, specs: dict[int, CampaignSpec]) -> dict[int, dict[str, Any]]:
    """The documents of the specs of these campaigns."""
    keys, businesses = references.keys(session, specs.values()), references.business_names(session, specs.values())
    zones = dict(
        session.execute(
            select(Campaign.id, Chain.time_zone)
            .join(Chain, Chain.id == Campaign.chain_id)
            .where(Campaign.id.in_(specs))
        ).all()
    )
    return {
        id: shape.printed(spec, keys, businesses.get(spec.business_id) if spec.business_id else None, zones[id])
        for id, spec in specs.items()
    }
