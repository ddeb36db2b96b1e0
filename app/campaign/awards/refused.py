"""How often campaigns gave nothing, and why: for the staff, who learn otherwise from a queue at the till.

A campaign that is sold out may refuse thousands a second, and must not make them wait for one row: each process counts for
itself, and writes what it counted every few seconds. What a process that is killed had not written is lost; no value is.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, delete, func, select, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import clock
from app.campaign import errors
from app.campaign.models.campaigns import Campaign
from app.campaign.models.refused import Refused
from app.db.engine import Database, OutcomeUnknown, TryAgain
from app.db.guarded import insert_into
from app.db.prepared import dialect_of

WRITTEN_AFTER = 5.0  # seconds
KEPT = timedelta(days=8)
HOURS_MAX = 26  # that a day touches
# Not of the campaign's doing, and nothing that the staff could mend.
CUSTOMERS_OWN = {
    kind().code
    for kind in (
        errors.CustomerNotActive,
        errors.LimitPerCustomerReached,
        errors.NotEnoughPoints,
        errors.NotOptedIn,
        errors.NotTargeted,
        errors.RestrictionsNotMet,
    )
}


class Ground(NamedTuple):
    """What is counted together."""

    campaign_id: int
    hour: datetime
    reason: str


@dataclass(frozen=True)
class Times:
    """How often, and when last."""

    count: int
    last_at: datetime


@dataclass(frozen=True)
class Often:
    """How often a campaign gave nothing for one reason lately, and when last."""

    campaign: Campaign
    reason: str
    count: int
    last_at: datetime


class Refusals:
    """What was refused in this process and is not written yet. `writes_itself` begins a thread when there is something to write."""

    def __init__(self, database: Database, writes_itself: bool = False) -> None:
        self._database = database
        self.writes_itself = writes_itself
        self._counts: dict[Ground, Times] = {}
        self._lock = threading.Lock()
        self._is_due = False

    def note(self, campaign_id: int, reason: str, now: datetime) -> None:
        if reason in CUSTOMERS_OWN:
            return
        self._add(Ground(campaign_id, now.replace(minute=0, second=0, microsecond=0), reason), Times(1, now))

    def _add(self, ground: Ground, times: Times) -> None:
        with self._lock:
            known = self._counts.get(ground, Times(0, times.last_at))
            self._counts[ground] = Times(known.count + times.count, max(known.last_at, times.last_at))
            begins, self._is_due = self.writes_itself and not self._is_due, True
        if begins:
            timer = threading.Timer(WRITTEN_AFTER, self.write)
            timer.daemon = True
            timer.start()

    def write(self) -> None:
        """Write what was counted until now; what could not be written is written the next time, unless nobody knows whether it was."""
        with self._lock:
            counts, self._counts, self._is_due = self._counts, {}, False
        if not counts:
            return
        try:
            with self._database.transaction() as session:
                add(session, counts, clock.now())
        except TryAgain:
            for ground, times in counts.items():
                self._add(ground, times)
        except (OutcomeUnknown, SQLAlchemyError) as e:
            logging.getLogger("guerdon").warning("how often campaigns refused could not be written: %s", e)


def add(session: Session, counts: Mapping[Ground, Times], now: datetime) -> None:
    """Add to what was counted, and forget what is old."""
    ids = {ground.campaign_id for ground in counts}
    chains = dict(session.execute(select(Campaign.id, Campaign.chain_id).where(Campaign.id.in_(ids))).all())
    # In one order, so that processes that write at once do not deadlock.
    rows = [
        {**ground._asdict(), **asdict(times), "chain_id": chains[ground.campaign_id]}
        for ground, times in sorted(counts.items(), key=lambda it: it[0])
        if ground.campaign_id in chains
    ]
    if rows:
        insert = insert_into(dialect_of(session), Refused)
        session.execute(
            insert.on_conflict_do_update(
                index_elements=[Refused.campaign_id, Refused.hour, Refused.reason],
                set_={
                    "count": Refused.count + insert.excluded.count,
                    "last_at": case(
                        (Refused.last_at > insert.excluded.last_at, Refused.last_at), else_=insert.excluded.last_at
                    ),
                },
            ),
            rows,
        )
    session.execute(delete(Refused).where(Refused.hour < now - KEPT))


def lately(session: Session, chain_id: int, since: datetime, most: int) -> list[Often]:
    """What a chain's campaigns refused since a moment, a day ago at most, by campaign and reason; what was refused last comes first."""
    here = (Refused.chain_id == chain_id, Refused.last_at >= since)
    # Each campaign and reason has a row an hour: so many hold as many of both as are wanted, however many there are.
    newest = select(Refused.campaign_id, Refused.reason).where(*here).order_by(Refused.last_at.desc())
    pairs = list(dict.fromkeys((id, reason) for id, reason in session.execute(newest.limit(most * HOURS_MAX))))[:most]
    if not pairs:
        return []
    ids, last_at = {id for id, _ in pairs}, func.max(Refused.last_at)
    theirs = (Refused.campaign_id.in_(ids), Refused.hour > since - timedelta(hours=1), Refused.last_at >= since)
    counted = (
        select(Refused.campaign_id, Refused.reason, func.sum(Refused.count), last_at)
        .where(*theirs, tuple_(Refused.campaign_id, Refused.reason).in_(pairs))
        .group_by(Refused.campaign_id, Refused.reason)
        .order_by(last_at.desc(), Refused.campaign_id, Refused.reason)
    )
    rows = session.execute(counted).all()
    campaigns = {it.id: it for it in session.scalars(select(Campaign).where(Campaign.id.in_(ids)))}
    return [Often(campaigns[id], reason, int(count), at) for id, reason, count, at in rows]
