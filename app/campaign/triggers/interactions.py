"""A customer interacts with a campaign: the tap, the scratch card, the lucky wheel."""

from datetime import datetime

from sqlalchemy import select

from app.campaign.awards.give import By, Given, Occasion, give
from app.campaign.eligibility.facts import facts_by_id
from app.campaign.errors import CampaignNotFound
from app.db.prepared import Bind
from app.members.errors import CustomerElsewhere
from app.members.models import Customer

INTERACTION = Occasion("interaction")


def interact(bind: Bind, chain_id: int, campaign_id: int, customer_id: int, now: datetime, by: By) -> Given:
    """Give a customer of a chain what an interaction campaign of the chain has for it.

    Raises CustomerNotFound, CustomerElsewhere, CampaignNotFound, or as `awards.give` does.
    Source: Spaaza, "Interact with campaign".
    """
    try:
        facts = facts_by_id(bind, campaign_id, customer_id)
    except CampaignNotFound:
        if bind.scalar(select(Customer.chain_id).where(Customer.id == customer_id)) != chain_id:
            raise CustomerElsewhere from None
        raise
    if facts.chain_id != chain_id:
        raise CustomerElsewhere
    return give(bind, facts, INTERACTION, now, by)
