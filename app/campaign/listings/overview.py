"""How the campaigns of a chain go, at a glance: what runs, what runs out and when, what begins and ends, and what cannot give."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.campaign import activity
from app.campaign.limits import UNLIMITED
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.draws import Draw
from app.campaign.models.limits import MethodTally, Stock
from app.campaign.models.rewards import RewardMethod

SHOWN_MAX, FEW = 8, 3
AHEAD = timedelta(days=7)
PACE = timedelta(days=1)


# Rewards that there is a number of; written out, as the index has it.
OF_A_NUMBER = (RewardMethod.stock < literal_column(str(UNLIMITED)), ~RewardMethod.closed)


@dataclass(frozen=True)
class RunningOut:
    """A campaign, or one reward of it, of which little is left; `given_lately` within PACE, and when it ends at that pace, if ever."""

    campaign: Campaign
    reward: str | None  # its title; none: the whole campaign
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
        _most_urgent([*_campaigns_running_out(session, running, now), *_rewards_running_out(session, running, now)]),
        _few(session, Campaign.active_from, of_chain, activity.is_live(Campaign), now, soon),
        _few(session, Campaign.active_to, of_chain, activity.is_live(Campaign), now, soon),
        _empty(session, running),
    )


def _most_urgent(found: list[RunningOut]) -> list[RunningOut]:
    return sorted(found, key=lambda it: (it.left, it.campaign.id, it.reward or ""))[:SHOWN_MAX]


def _is_short(tally: type[Stock] | type[MethodTally]) -> ColumnElement[bool]:
    """Somebody had some, and the tenth of what there was, or less, is left, or no more than FEW."""
    left = tally.allowed - tally.given
    is_little = or_(left * 10 <= tally.allowed, left <= FEW)
    return and_(tally.allowed < UNLIMITED, left > 0, tally.given > 0, is_little)


def _campaigns_running_out(session: Session, running: Sequence[Any], now: datetime) -> list[RunningOut]:
    left = Stock.allowed - Stock.given
    query = select(Campaign, left, Stock.allowed).join(Stock, Stock.campaign_id == Campaign.id)
    rows = session.execute(query.where(*running, _is_short(Stock)).order_by(left, Campaign.id).limit(SHOWN_MAX)).all()
    lately = _given_lately(session, [campaign.id for campaign, *_ in rows], now)
    return [
        RunningOut(
            campaign, None, left, allowed, lately.get(campaign.id, 0), _end(left, lately.get(campaign.id, 0), now)
        )
        for campaign, left, allowed in rows
    ]


def _rewards_running_out(session: Session, running: Sequence[Any], now: datetime) -> list[RunningOut]:
    """Rewards with a number of their own: of a draw as often as they were drawn, others with each award where all get them."""
    left = MethodTally.allowed - MethodTally.given
    query = (
        select(Campaign, RewardMethod, left, MethodTally.allowed)
        .join(RewardMethod, RewardMethod.campaign_id == Campaign.id)
        .join(MethodTally, MethodTally.method_id == RewardMethod.id)
        .where(*running, *OF_A_NUMBER, _is_short(MethodTally))
    )
    rows = session.execute(query.order_by(left, RewardMethod.id).limit(SHOWN_MAX)).all()
    ids = [campaign.id for campaign, *_ in rows]
    drawn = _drawn_lately(session, ids, now)
    given = _given_lately(session, ids, now)
    found = []
    for campaign, method, remaining, allowed in rows:
        lately = 0  # of what only some awards give
        if campaign.is_draw:
            lately = drawn.get(method.id, 0)
        elif method.goes_with_every_award:
            lately = given.get(campaign.id, 0)
        found.append(RunningOut(campaign, method.title, remaining, allowed, lately, _end(remaining, lately, now)))
    return found


def _given_lately(session: Session, campaign_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """How many awards of campaigns there were within PACE."""
    lately = (Award.campaign_id.in_(campaign_ids), Award.given_at > now - PACE)
    counted = select(Award.campaign_id, func.count()).where(*lately).group_by(Award.campaign_id)
    return dict(session.execute(counted).all()) if campaign_ids else {}


def _drawn_lately(session: Session, campaign_ids: Sequence[int], now: datetime) -> dict[int, int]:
    """How often the rewards of campaigns were drawn within PACE, by reward."""
    lately = (Award.campaign_id.in_(campaign_ids), Award.given_at > now - PACE)
    counted = select(Draw.method_id, func.count()).join(Award, Award.id == Draw.award_id).where(*lately)
    return dict(session.execute(counted.group_by(Draw.method_id)).all()) if campaign_ids else {}


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
