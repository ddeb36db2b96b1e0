"""The history of a campaign: its document after each change, who made it, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access.models import Login
from app.campaign import telling
from app.campaign.awards.give import Actor
from app.campaign.document import documents
from app.campaign.errors import RevisionNotFound
from app.campaign.models.campaigns import Campaign
from app.campaign.models.revisions import CampaignRevision


@dataclass(frozen=True)
class Change:
    """One revision of a campaign: the login or the token that made it, none for the installation itself; and the one before."""

    revision: CampaignRevision
    who: str | None
    before: dict[str, Any] | None


def record(session: Session, campaign: Campaign, now: datetime, by: Actor, before: str | None = None) -> None:
    """Keep what a campaign is from now on, and tell who listens. The caller holds its stock; `before` is what its lifecycle was."""
    session.flush()
    telling.campaign(session, campaign, before, now)
    session.add(
        CampaignRevision(
            campaign_id=campaign.id,
            revision=campaign.stock.revision,
            at=now,
            login_id=by.login_id,
            token_id=by.token_id,
            document=documents.one(session, campaign.id),
        )
    )
    session.flush()


def keep(session: Session, campaign: Campaign) -> None:
    """Keep what a campaign was before its first change, if nobody has kept that yet."""
    if session.get(CampaignRevision, (campaign.id, campaign.stock.revision)) is None:
        session.add(
            CampaignRevision(
                campaign_id=campaign.id,
                revision=campaign.stock.revision,
                at=campaign.created_at,
                document=documents.one(session, campaign.id),
            )
        )
        session.flush()


def get(session: Session, campaign_id: int, revision: int) -> CampaignRevision:
    """Raises RevisionNotFound."""
    found = session.get(CampaignRevision, (campaign_id, revision))
    if found is None:
        raise RevisionNotFound
    return found


def history(session: Session, campaign_id: int, before: int | None = None, most: int = 20) -> tuple[list[Change], bool]:
    """The latest changes of a campaign, the newest first, those `before` a revision; and whether there are more."""
    query = select(CampaignRevision).where(CampaignRevision.campaign_id == campaign_id)
    if before is not None:
        query = query.where(CampaignRevision.revision < before)
    rows: Sequence[CampaignRevision] = session.scalars(
        query.order_by(CampaignRevision.revision.desc()).limit(most + 1)
    ).all()
    logins = {row.login_id for row in rows} - {None}
    names = dict(session.execute(select(Login.id, Login.username).where(Login.id.in_(logins))).all() if logins else ())
    older: list[CampaignRevision | None] = [*rows[1:], None]
    changes = [
        Change(row, names.get(row.login_id) if row.login_id else None, previous.document if previous else None)
        for row, previous in zip(rows[:most], older, strict=False)
    ]
    return changes, len(rows) > most
