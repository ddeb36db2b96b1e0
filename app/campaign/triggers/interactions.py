"""A customer interacts with a campaign: the tap, the scratch card, the lucky wheel."""

from datetime import datetime

from sqlalchemy import select

from app.campaign.awards.give import Actor, GivenAward, Trigger, give
from app.campaign.eligibility.facts import giving_by_id
from app.campaign.errors import CampaignNotFound
from app.db.prepared import Executor
from app.members.errors import CustomerElsewhere
from app.members.models import Customer

INTERACTION = Trigger("interaction")


def interact(
    executor: Executor, chain_id: int, campaign_id: int, customer_id: int, now: datetime, actor: Actor
) -> GivenAward:
    """Give a customer of a chain what an interaction campaign of the chain has for it.

    Raises CustomerNotFound, CustomerElsewhere, CampaignNotFound, or as `awards.give` does.
    Source: Spaaza, "Interact with campaign".
    """
    try:
        giving = giving_by_id(executor, campaign_id, customer_id)
    except CampaignNotFound:
        if executor.scalar(select(Customer.chain_id).where(Customer.id == customer_id)) != chain_id:
            raise CustomerElsewhere from None
        raise
    if giving.facts.chain_id != chain_id:
        raise CustomerElsewhere
    return give(executor, giving, INTERACTION, now, actor)
