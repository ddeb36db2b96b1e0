"""What is on the shelf for one customer: campaigns of any kind, with every reason why something cannot be had now.

Whoever serves the customer sees the same, so that the till, the shop and the console agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign import activity
from app.campaign.audience import traits, visibility, visibility_sql
from app.campaign.audience.visibility import Visibility
from app.campaign.awards import choice
from app.campaign.awards.choice import Chance
from app.campaign.eligibility.facts import giving_by_campaign
from app.campaign.eligibility.rows import CampaignFacts
from app.campaign.errors import CampaignNotFound
from app.campaign.listings import customer_campaigns
from app.campaign.listings.customer_campaigns import CampaignForCustomer, Include
from app.campaign.models.campaigns import Campaign
from app.refusal import Refusal
from app.text import folded

# What happens at sign-up, or inside the service, is nothing to choose.
CONTEXTS = ("interaction", "event", "basket", "referral")
INCLUDE = Include(methods=True, photos=True, seed=True)


@dataclass(frozen=True)
class ShopFilter:
    """Text in the name; what makes it give; whether it sells coupons. None means any. Those `before` a campaign's number come next.

    `everything`: also what the customer is not shown, for whoever asks why not.
    """

    text: str | None = None
    contexts: Sequence[str] = ()
    sells_coupons: bool | None = None
    before: int | None = None
    everything: bool = False


@dataclass(frozen=True)
class CampaignOnShelf:
    """A campaign as it stands to one customer at a moment, and every reason why nothing can be had of it then."""

    standing: CampaignForCustomer
    facts: CampaignFacts
    visibility: Visibility
    refusals: Sequence[Refusal]
    chances: Mapping[int, Chance]  # by method

    @property
    def may_have(self) -> bool:
        return not self.refusals


def page(
    session: Session, customer: Any, wanted: ShopFilter, size: int, now: datetime
) -> tuple[list[CampaignOnShelf], bool]:
    """The newest campaigns that the customer is shown at a moment and that are not over, and whether there are more.

    `customer` is a row with `id` and `chain_id`. They are not counted: nobody waits for ten thousand to see twenty.
    """
    known = traits.of_customer(session, customer.id, now)
    conditions = [Campaign.chain_id == customer.chain_id, Campaign.context.in_(wanted.contexts or CONTEXTS)]
    if not wanted.everything:
        conditions += [
            visibility.is_on_show(Campaign, now),
            ~activity.is_over(Campaign, now),
            visibility_sql.shown(session, customer.id, known, now),
        ]
    if wanted.text:
        conditions.append(Campaign.name_folded.contains(folded(wanted.text), autoescape=True))
    if wanted.sells_coupons is not None:
        conditions.append(Campaign.reward.is_not(None) if wanted.sells_coupons else Campaign.reward.is_(None))
    if wanted.before is not None:
        conditions.append(Campaign.id < wanted.before)
    query = select(Campaign.id).where(*conditions).order_by(Campaign.id.desc()).limit(size + 1)
    ids = session.scalars(query).all()
    return _on_shelf(session, customer, ids[:size], known, now), len(ids) > size


def one(session: Session, customer: Any, uuid: UUID, now: datetime) -> CampaignOnShelf:
    """One campaign, also when it is over. Raises CampaignNotFound, also for what the customer is not shown."""
    known = traits.of_customer(session, customer.id, now)
    query = select(Campaign.id).where(
        Campaign.uuid == uuid, Campaign.context.in_(CONTEXTS), visibility_sql.shown(session, customer.id, known, now)
    )
    found = _on_shelf(session, customer, session.scalars(query).all(), known, now)
    if not found:
        raise CampaignNotFound
    return found[0]


def _on_shelf(session: Session, customer: Any, ids: Sequence[int], known: Any, now: datetime) -> list[CampaignOnShelf]:
    by_campaign = giving_by_campaign(session, ids, customer.id) if ids else {}
    giving = [by_campaign[it] for it in ids if it in by_campaign]
    found = []
    standings = customer_campaigns.read(session, customer, [facts for facts, _ in giving], known, INCLUDE, now)
    for standing, (facts, methods) in zip(standings, giving, strict=True):
        chances = choice.chances(facts, methods, now, known)
        refusals = choice.why_nothing(facts, chances, now, known, bool(standing.behaviors))
        seen = visibility.to_customer(facts, known, standing.has_history, now)
        chances_of = dict(zip([method.method_id for method in methods], chances, strict=True))
        found.append(CampaignOnShelf(standing, facts, seen, refusals, chances_of))
    return found
