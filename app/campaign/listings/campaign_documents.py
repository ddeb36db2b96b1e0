"""Campaigns of a chain as documents, for whoever sets them up: found by key or UUID, filtered, sorted, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.campaign.document import documents
from app.campaign.errors import CampaignNotFound
from app.campaign.models.campaigns import Campaign, CampaignLabel
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.text import folded

SORTABLE = {
    "key": Campaign.key,
    "name": Campaign.name_folded,
    "kind": Campaign.kind,
    "lifecycle": Campaign.lifecycle,
    "cost": Campaign.cost,
    "active_from": Campaign.active_from,
    "active_to": Campaign.active_to,
    "created_at": Campaign.created_at,
}


@dataclass(frozen=True)
class DocumentFilter:
    """Any of the kinds, any of the states; each label (its value None: any); text in the name or the key."""

    kinds: Sequence[str] = ()
    lifecycles: Sequence[str] = ()
    labels: Sequence[tuple[str, str | None]] = ()
    text: str | None = None


@dataclass(frozen=True)
class CampaignWithDocument:
    """A campaign, with its stock and its seed, and its document."""

    campaign: Campaign
    document: dict[str, Any]


def page(
    session: Session, chain_id: int, paging: Page, wanted: DocumentFilter | None = None
) -> Paged[CampaignWithDocument]:
    """The chain's campaigns, the newest first unless it is sorted otherwise."""
    conditions = [Campaign.chain_id == chain_id, *_conditions(wanted or DocumentFilter())]
    total = session.scalar(select(func.count()).select_from(Campaign).where(*conditions)) or 0
    query = _query().where(*conditions).order_by(*paging.order(SORTABLE, Campaign.id.desc(), tie=Campaign.id))
    campaigns = session.scalars(paging.cut(query)).all()
    written = documents.several(session, [it.id for it in campaigns])
    return Paged([CampaignWithDocument(it, written[it.id]) for it in campaigns], total)


def get(session: Session, name: str, chains: Chains, chain_id: int) -> Campaign:
    """A campaign of these chains by its UUID, or of the one by its key. Raises CampaignNotFound."""
    try:
        which = Campaign.uuid == UUID(name), within(chains, Campaign.chain_id)
    except ValueError:
        which = Campaign.key == name, Campaign.chain_id == chain_id
    campaign = session.scalars(_query().where(*which)).one_or_none()
    if campaign is None:
        raise CampaignNotFound
    return campaign


def with_document(session: Session, campaign: Campaign) -> CampaignWithDocument:
    return CampaignWithDocument(campaign, documents.one(session, campaign.id))


def called(session: Session, key: str) -> list[UUID]:
    """The UUIDs of the campaigns with this key, one a chain at most."""
    return list(session.scalars(select(Campaign.uuid).where(Campaign.key == key).order_by(Campaign.chain_id)))


def _query() -> Select[Campaign]:
    return select(Campaign).options(
        joinedload(Campaign.stock), joinedload(Campaign.seed), selectinload(Campaign.photos)
    )


def _conditions(wanted: DocumentFilter) -> list[Any]:
    found: list[Any] = []
    if wanted.kinds:
        found.append(Campaign.kind.in_(wanted.kinds))
    if wanted.lifecycles:
        found.append(Campaign.lifecycle.in_(wanted.lifecycles))
    if wanted.text:
        name = Campaign.name_folded.contains(folded(wanted.text), autoescape=True)
        found.append(or_(name, Campaign.key.contains(wanted.text.lower(), autoescape=True)))
    for key, value in wanted.labels:
        label = [CampaignLabel.campaign_id == Campaign.id, CampaignLabel.key == key]
        found.append(exists().where(*label, *([CampaignLabel.value == value] if value is not None else [])))
    return found
