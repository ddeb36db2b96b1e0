"""How campaigns present themselves: tiles and pages, and who has seen them or tapped on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.audience import visibility
from app.campaign.errors import BadCreative, CreativeNotFound
from app.campaign.models.campaigns import Campaign
from app.campaign.models.engagement import CREATIVE_KINDS, Creative, CreativeStat
from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.members.models import Customer

SCHEMES = ("https://", "http://")
TILE = "internal_tile"


@dataclass(frozen=True)
class CreativeSpec:
    """One creative: its kind, and its content; see `Creative`. Ids only for a world whose ids are known beforehand."""

    kind: str
    content: Mapping[str, Any]
    tracks_clicks: bool = True
    id: int | None = None
    group_id: int | None = None


def put(session: Session, campaign_id: int, plans: Sequence[CreativeSpec]) -> None:
    """Make these a campaign's creatives; one of a kind that it had before is the same. The others are closed. Raises BadCreative."""
    if len({plan.kind for plan in plans}) < len(plans):
        raise BadCreative("A campaign has at most one creative of each type.")
    known = {it.kind: it for it in session.scalars(select(Creative).where(Creative.campaign_id == campaign_id))}
    for creative in known.values():
        creative.closed = True
    for plan in plans:
        if plan.kind not in CREATIVE_KINDS:
            raise BadCreative(f"A creative's type is one of {', '.join(CREATIVE_KINDS)}.")
        found = known.get(plan.kind)
        creative = found or Creative(campaign_id=campaign_id, kind=plan.kind, group_id=plan.group_id or 0)
        if found is None and plan.id:
            creative.id = plan.id
        creative.content, creative.tracks_clicks, creative.closed = dict(plan.content), plan.tracks_clicks, False
        session.add(creative)
        session.flush()
        if found is None:
            creative.group_id = plan.group_id or creative.id


def of_campaigns(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[Creative]]:
    """The creatives of each of these campaigns, by id."""
    found: dict[int, list[Creative]] = {campaign_id: [] for campaign_id in campaign_ids}
    for creative in session.scalars(
        select(Creative).where(Creative.campaign_id.in_(campaign_ids), Creative.closed.is_(False)).order_by(Creative.id)
    ):
        found[creative.campaign_id].append(creative)
    return found


def stat_uuid(creative_id: int, customer: UUID) -> UUID:
    """Names what is counted of one customer and one creative; known only to who knows the customer's UUID."""
    return uuid5(customer, f"creative {creative_id}")


def get(session: Session, chain_id: int, creative_id: int) -> tuple[Creative, Campaign]:
    """A creative of a chain's campaign. Raises CreativeNotFound."""
    row = session.execute(
        select(Creative, Campaign)
        .join(Campaign, Campaign.id == Creative.campaign_id)
        .where(Creative.id == creative_id, Creative.closed.is_(False), Campaign.chain_id == chain_id)
    ).one_or_none()
    if row is None:
        raise CreativeNotFound
    return row[0], row[1]


def track(
    session: Session, chain_id: int, creative_id: int, stat: UUID, customer: UUID, now: datetime, clicked: bool
) -> Creative:
    """Count that a customer has seen a creative, or tapped on it.

    Raises CreativeNotFound when the names do not fit together, or the campaign is still secret.
    """
    creative, campaign = get(session, chain_id, creative_id)
    if visibility.is_secret(campaign, now):
        raise CreativeNotFound
    known = session.scalar(select(Customer.id).where(Customer.uuid == customer, Customer.chain_id == chain_id))
    if known is None or stat != stat_uuid(creative_id, customer):
        raise CreativeNotFound
    first = insert_into(dialect_of(session), CreativeStat).values(
        chain_id=chain_id,
        creative_id=creative_id,
        customer_id=known,
        seen_count=int(not clicked),
        clicks_count=int(clicked),
        last_at=now,
    )
    session.execute(
        first.on_conflict_do_update(
            index_elements=["creative_id", "customer_id"],
            set_={
                "seen_count": CreativeStat.seen_count + int(not clicked),
                "clicks_count": CreativeStat.clicks_count + int(clicked),
                "last_at": now,
            },
        )
    )
    return creative


def stats(session: Session, creative_id: int) -> list[CreativeStat]:
    """What is known of every customer who has seen a creative."""
    query = select(CreativeStat).where(CreativeStat.creative_id == creative_id).order_by(CreativeStat.customer_id)
    return list(session.scalars(query))
