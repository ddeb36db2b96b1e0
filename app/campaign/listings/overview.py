"""How the campaigns of a chain go, at a glance: what runs, what runs out and when, what begins and ends, and what cannot give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.campaign import activity
from app.campaign.limits import UNLIMITED
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.limits import Stock

SHOWN_MAX, FEW = 8, 3
AHEAD = timedelta(days=7)
PACE = timedelta(days=1)


@dataclass(frozen=True)
class RunningOut:
    """A campaign of which little is left; `given_lately` within PACE, and when it ends at that pace, if anybody wants it at all."""

    campaign: Campaign
    left: int
    allowed: int
    given_lately: int
    ends_at: datetime | None


@dataclass(frozen=True)
class Overview:
    """`running_count` of campaigns; the others a few each, the most urgent first."""

    running_count: int
    running_out: Sequence[RunningOut]
    beginning: Sequence[Campaign]
    ending: Sequence[Campaign]
    empty: Sequence[Campaign]


def overview(session: Session, chain_id: int, now: datetime) -> Overview:
    of_chain = Campaign.chain_id == chain_id
    running = (of_chain, activity.is_active(Campaign, now))
    count = session.scalar(select(func.count()).select_from(Campaign).where(*running)) or 0
    soon = now + AHEAD
    return Overview(
        count,
        _running_out(session, running, now),
        _few(session, Campaign.active_from, of_chain, activity.is_live(Campaign), now, soon),
        _few(session, Campaign.active_to, of_chain, activity.is_live(Campaign), now, soon),
        _empty(session, running),
    )


def _running_out(session: Session, running: Sequence[Any], now: datetime) -> list[RunningOut]:
    """Somebody had some, and the tenth of what there was, or less, is left, or no more than FEW."""
    left = Stock.allowed - Stock.given
    query = (
        select(Campaign, left, Stock.allowed)
        .join(Stock, Stock.campaign_id == Campaign.id)
        .where(
            *running, Stock.allowed < UNLIMITED, left > 0, Stock.given > 0, or_(left * 10 <= Stock.allowed, left <= FEW)
        )
        .order_by(left, Campaign.id)
        .limit(SHOWN_MAX)
    )
    rows = session.execute(query).all()
    ids = [campaign.id for campaign, _, _ in rows]
    counted = (
        select(Award.campaign_id, func.count())
        .where(Award.campaign_id.in_(ids), Award.given_at > now - PACE)
        .group_by(Award.campaign_id)
    )
    lately = dict(session.execute(counted).all()) if ids else {}
    return [
        RunningOut(
            campaign, remaining, allowed, lately.get(campaign.id, 0), _end(remaining, lately.get(campaign.id, 0), now)
        )
        for campaign, remaining, allowed in rows
    ]


def _end(left: int, given_lately: int, now: datetime) -> datetime | None:
    return now + PACE * (left / given_lately) if given_lately else None


def _few(
    session: Session, column: Any, of_chain: Any, is_live: Any, after: datetime, before: datetime
) -> Sequence[Campaign]:
    query = select(Campaign).where(of_chain, is_live, column > after, column <= before)
    return session.scalars(query.order_by(column, Campaign.id).limit(SHOWN_MAX)).all()


def _empty(session: Session, running: Sequence[Any]) -> Sequence[Campaign]:
    query = select(Campaign).join(Stock, Stock.campaign_id == Campaign.id).where(*running, Stock.sold_out)
    return session.scalars(query.order_by(Campaign.id.desc()).limit(SHOWN_MAX)).all()
