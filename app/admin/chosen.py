"""Which chain, and which campaign of it, a call for campaigns' documents means."""

from collections.abc import Set

from flask import request
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden

from app.campaign.listings import campaign_documents
from app.campaign.models.campaigns import Campaign
from app.openloyalty.queries import flag, number
from app.web.door import caller, chains

CHAIN = {
    "in": "query",
    "name": "chain_id",
    "schema": {"type": "integer"},
    "description": "The chain, for who acts for several; the first of these unless given.",
}


def campaign(session: Session, name: str) -> Campaign:
    """By its key or its UUID. Raises CampaignNotFound, BadRequest or Forbidden."""
    return campaign_documents.get(session, name, _chains(), chain())


def chain() -> int:
    """The chain that is meant. Raises BadRequest or Forbidden."""
    sent = number("chain_id")
    if sent is None:
        # The same for every method: what was read is what is changed.
        mine = caller().writes or caller().reads
        if not mine & _chains():
            raise Forbidden
        return min(mine & _chains())
    if sent not in _chains():
        raise Forbidden
    return sent


def is_dry_run() -> bool:
    return bool(flag("dry_run"))


def _chains() -> Set[int]:
    """For which chains the caller acts: to look ahead, it suffices to be allowed to look."""
    is_looking = request.path.endswith(("/campaigns/plan", "/campaigns/ask")) or is_dry_run()
    return caller().reads if is_looking else chains()
