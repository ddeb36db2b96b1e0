"""What would happen if documents were put: the differences, what is refused and why, and what is worth a second look. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.campaign.document import documents, stored
from app.campaign.document.differences import Difference, differences
from app.campaign.document.problems import Problem
from app.campaign.document.shape import Document
from app.campaign.document.spec import CampaignSpec
from app.campaign.models.campaigns import Campaign
from app.campaign.setup import changes
from app.campaign.setup.warnings import Caution, warnings


@dataclass(frozen=True)
class Plan:
    """What would become of one document.

    `problems` are its own; `refused` is what cannot be as things are. With neither, `spec` can be put on the campaign as it is at this
    `revision`, or created where there is none.
    """

    key: str | None
    action: Literal["create", "change", "none"]
    campaign: UUID | None = None
    revision: int | None = None
    spec: CampaignSpec | None = None
    problems: Sequence[Problem] = ()
    refused: Sequence[Problem] = ()
    differences: Sequence[Difference] = ()
    warnings: Sequence[Caution] = field(default=())

    @property
    def is_possible(self) -> bool:
        return not self.problems and not self.refused


def plan(session: Session, chain_id: int, sent: Sequence[Document], now: datetime) -> list[Plan]:
    """A plan for each of a chain's documents, for the campaign with its key. Those that change nothing cost no statement of their own."""
    keys = {document.get("key") for document in sent if isinstance(document, dict)}
    query = select(Campaign).where(
        Campaign.chain_id == chain_id, Campaign.key.in_([k for k in keys if isinstance(k, str)])
    )
    campaigns = {it.key: it for it in session.scalars(query.options(joinedload(Campaign.stock)))}
    return _plans(session, chain_id, sent, [campaigns.get(_key(document)) for document in sent], now)


def plan_new(session: Session, chain_id: int, spec: CampaignSpec, now: datetime) -> Plan:
    """The plan of creating a campaign, whatever there is; where its key is another's, that is refused."""
    [document] = documents.of_chain(session, chain_id, [spec])
    return _plan(session, chain_id, spec, document, None, {}, now)


def plan_for(session: Session, campaign: Campaign, document: Document, now: datetime) -> Plan:
    """The plan of one document for this campaign, whatever its key says."""
    [found] = _plans(session, campaign.chain_id, [document], [campaign], now)
    return found


def _plans(
    session: Session, chain_id: int, sent: Sequence[Document], campaigns: Sequence[Campaign | None], now: datetime
) -> list[Plan]:
    known = stored.specs(session, [it.id for it in campaigns if it is not None])
    old = documents.written(session, known)
    by_key = {_key(document): known[it.id] for document, it in zip(sent, campaigns, strict=True) if it is not None}
    read = documents.understood(session, chain_id, sent, by_key)
    new = documents.of_chain(session, chain_id, [it.spec for it in read if it.spec is not None and not it.problems])
    found = []
    for understood, campaign in zip(read, campaigns, strict=True):
        if understood.spec is None or understood.problems:
            action: Literal["create", "change"] = "create" if campaign is None else "change"
            found.append(Plan(understood.key, action, problems=understood.problems))
            continue
        document = new.pop(0)
        found.append(_plan(session, chain_id, understood.spec, document, campaign, old, now))
    return found


def _plan(
    session: Session,
    chain_id: int,
    spec: CampaignSpec,
    document: Document,
    campaign: Campaign | None,
    old: dict[int, dict[str, object]],
    now: datetime,
) -> Plan:
    if campaign is None:
        taken = list(changes.taken(session, chain_id, spec))
        told = warnings(session, chain_id, None, None, spec, now)
        return Plan(
            spec.key, "create", spec=spec, refused=taken, differences=differences(None, document), warnings=told
        )
    before = old[campaign.id]
    known: Plan = Plan(spec.key, "none", campaign.uuid, campaign.stock.revision, spec)
    differing = differences(before, document)
    if not differing:
        return known
    refused = [
        *changes.taken(session, chain_id, spec, campaign.id),
        *changes.refused(session, campaign, spec, now),
        *changes.unshared(campaign, spec),
    ]
    told = warnings(session, chain_id, campaign, before, spec, now)
    return Plan(spec.key, "change", campaign.uuid, campaign.stock.revision, spec, (), refused, differing, told)


def _key(document: Document) -> str:
    key = document.get("key") if isinstance(document, dict) else None
    return key if isinstance(key, str) else ""
