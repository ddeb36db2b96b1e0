"""What would happen if documents were put: the differences, what is refused and why, and what is worth a second look. Changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    warnings: Sequence[Caution] = ()

    @property
    def is_possible(self) -> bool:
        return not self.problems and not self.refused


def plan(
    session: Session, chain_id: int, sent: Sequence[Document], now: datetime, is_warned: bool = True
) -> list[Plan]:
    """A plan for each of a chain's documents, for the campaign with its key; with warnings, unless nobody reads them.

    Those that change nothing cost no statement of their own.
    """
    keys = {_key(document) for document in sent}
    query = select(Campaign).where(Campaign.chain_id == chain_id, Campaign.key.in_(keys))
    campaigns = {it.key: it for it in session.scalars(query.options(joinedload(Campaign.stock)))}
    planner = _Planner(session, chain_id, now, is_warned)
    return planner.plans(sent, [campaigns.get(_key(document)) for document in sent])


def plan_new(session: Session, chain_id: int, spec: CampaignSpec, now: datetime) -> Plan:
    """The plan of creating a campaign, whatever there is; where its key is another's, that is refused."""
    [document] = documents.of_chain(session, chain_id, [spec])
    return _Planner(session, chain_id, now).creation(spec, document)


def plan_for(session: Session, campaign: Campaign, document: Document, now: datetime, is_warned: bool = True) -> Plan:
    """The plan of one document for this campaign, whatever its key says."""
    [found] = _Planner(session, campaign.chain_id, now, is_warned).plans([document], [campaign])
    return found


@dataclass(frozen=True)
class _Planner:
    session: Session
    chain_id: int
    now: datetime
    is_warned: bool = True

    def plans(self, sent: Sequence[Document], campaigns: Sequence[Campaign | None]) -> list[Plan]:
        """A plan for each document and the campaign that it would change, if there is one."""
        known = stored.specs(self.session, [it.id for it in campaigns if it is not None])
        old = documents.written(self.session, known)
        by_key = {_key(document): known[it.id] for document, it in zip(sent, campaigns, strict=True) if it is not None}
        read = documents.understood(self.session, self.chain_id, sent, by_key)
        specs = [it.spec for it in read if it.spec is not None and not it.problems]
        new = iter(documents.of_chain(self.session, self.chain_id, specs))
        found = []
        for understood, campaign in zip(read, campaigns, strict=True):
            if understood.spec is None or understood.problems:
                action: Literal["create", "change"] = "create" if campaign is None else "change"
                found.append(Plan(understood.key, action, problems=understood.problems))
            elif campaign is None:
                found.append(self.creation(understood.spec, next(new)))
            else:
                found.append(self._change(understood.spec, next(new), campaign, old[campaign.id]))
        return found

    def creation(self, spec: CampaignSpec, document: Document) -> Plan:
        taken = list(changes.taken(self.session, self.chain_id, spec))
        cautions = warnings(self.session, self.chain_id, None, None, spec, self.now) if self.is_warned else ()
        return Plan(
            spec.key, "create", spec=spec, refused=taken, differences=differences(None, document), warnings=cautions
        )

    def _change(self, spec: CampaignSpec, document: Document, campaign: Campaign, before: Document) -> Plan:
        same = Plan(spec.key, "none", campaign.uuid, campaign.stock.revision, spec)
        differing = differences(before, document)
        if not differing:
            return same
        refused = [
            *changes.taken(self.session, self.chain_id, spec, campaign.id),
            *changes.refused(self.session, campaign, spec, self.now),
            *changes.unshared(campaign, spec),
        ]
        cautions = warnings(self.session, self.chain_id, campaign, before, spec, self.now) if self.is_warned else ()
        return replace(same, action="change", refused=refused, differences=differing, warnings=cautions)


def _key(document: Document) -> str:
    key = document.get("key") if isinstance(document, dict) else None
    return key if isinstance(key, str) else ""
