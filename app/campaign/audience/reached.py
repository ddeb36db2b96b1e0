"""How many customers restrictions admit: counted now and then beside the requests, for among a million nobody should wait for it.

A list prints what was counted last; before the first count, how many the audience reaches without its restrictions.
"""

import threading
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from app.campaign.audience import visibility_sql
from app.campaign.models.audiences import Audience, Reached, Targeting
from app.db.engine import Database
from app.db.guarded import insert_into
from app.db.prepared import dialect_of, is_postgresql
from app.members.models import Customer

GOOD_FOR = timedelta(minutes=10)
_counting = threading.Lock()  # a process counts one after the other


class Place(NamedTuple):
    """Whom a campaign with restrictions is for."""

    chain_id: int
    audience_id: int
    targeting_id: int


def known(session: Session, places: Collection[Place], now: datetime) -> tuple[Mapping[Place, int], list[Place]]:
    """What was counted last, and what is to be counted, for the first time or anew."""
    if not places:
        return {}, []
    key = tuple_(Reached.chain_id, Reached.audience_id, Reached.targeting_id)
    rows = session.scalars(select(Reached).where(key.in_(places))).all()
    found = {Place(row.chain_id, row.audience_id, row.targeting_id): row for row in rows}
    counts = {place: row.customers_count for place, row in found.items() if row.customers_count is not None}
    due = [place for place in places if place not in found or found[place].asked_at <= now - GOOD_FOR]
    return counts, due


def count(database: Database, places: Collection[Place], now: datetime) -> None:
    """Count what nobody else counts now."""
    if not _counting.acquire(blocking=False):
        return
    try:
        for place in places:
            with database.transaction() as session:
                is_mine = _claim(session, place, now)
            if is_mine:
                _count(database, place, now)
    finally:
        _counting.release()


def _claim(session: Session, place: Place, now: datetime) -> bool:
    """Whether this process is to count; whoever asks meanwhile need not, also if it dies, until the count would be old."""
    insert = insert_into(dialect_of(session), Reached).values(**place._asdict(), customers_count=None, asked_at=now)
    claimed = insert.on_conflict_do_update(
        index_elements=[Reached.chain_id, Reached.audience_id, Reached.targeting_id],
        set_={"asked_at": now},
        where=Reached.asked_at <= now - GOOD_FOR,
    )
    return session.execute(claimed.returning(Reached.chain_id)).first() is not None


def _count(database: Database, place: Place, now: datetime) -> None:
    with database.reading() as session:
        audience = session.get_one(Audience, place.audience_id)
        tree = session.get_one(Targeting, place.targeting_id).tree
        whom = visibility_sql.whom(place.chain_id, audience, tree, now, is_postgresql(session))
        found = session.scalar(select(func.count()).select_from(Customer).where(whom)) or 0
    with database.transaction() as session:
        here = (Reached.chain_id == place.chain_id, Reached.audience_id == place.audience_id)
        session.execute(
            update(Reached).where(*here, Reached.targeting_id == place.targeting_id).values(customers_count=found)
        )
