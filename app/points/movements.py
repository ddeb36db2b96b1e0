"""How many points of a chain were given and taken in spans of time; what is over is counted once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, case, false, func, or_, select
from sqlalchemy.orm import Session

from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.db.types import CELL_IDS
from app.points.models import LedgerEntry, PointsSpan

SETTLED_AFTER = timedelta(minutes=10)  # no transaction takes that long


@dataclass(frozen=True)
class Movement:
    """How many points of a chain were given and taken from one moment on until another; whether that is counted for good."""

    since: datetime
    until: datetime
    given: int
    taken: int
    is_kept: bool = False


def between(session: Session, chain_id: int, moments: Sequence[datetime]) -> list[Movement]:
    """The movements between each of these moments, which are in order, and the next; what is kept is not counted again."""
    spans = list(pairwise(moments))
    kept = {
        (row.since, row.until): Movement(row.since, row.until, row.given, row.taken, is_kept=True)
        for row in session.scalars(
            select(PointsSpan).where(PointsSpan.chain_id == chain_id, PointsSpan.since.in_(moments[:-1]))
        )
    }
    missing = [span for span in spans if span not in kept]
    counted = {(it.since, it.until): it for it in _counted(session, chain_id, missing)} if missing else {}
    return [kept.get(span) or counted[span] for span in spans]


def keep(session: Session, chain_id: int, counted: Sequence[Movement], now: datetime) -> None:
    """Keep what was counted of spans that are over; whoever else kept it meanwhile counted the same."""
    rows = [
        {"chain_id": chain_id, "since": it.since, "until": it.until, "given": it.given, "taken": it.taken}
        for it in to_keep(counted, now)
    ]
    if rows:
        session.execute(insert_into(dialect_of(session), PointsSpan).values(rows).on_conflict_do_nothing())


def to_keep(counted: Sequence[Movement], now: datetime) -> list[Movement]:
    """Those that are over, and were not kept yet."""
    return [it for it in counted if not it.is_kept and it.until < now - SETTLED_AFTER]


def _counted(session: Session, chain_id: int, spans: Sequence[tuple[datetime, datetime]]) -> list[Movement]:
    columns = [
        func.coalesce(func.sum(case((_within(since, until) & is_gain, LedgerEntry.amount), else_=0)), 0)
        for since, until in spans
        for is_gain in (LedgerEntry.amount > 0, LedgerEntry.amount < 0)
    ]
    query = select(*columns).select_from(LedgerEntry)
    # Ids of one cell are in the order of time but for what a transaction takes; the sums leave out what came before.
    beginning = min(since for since, _ in spans) - SETTLED_AFTER
    since_then = [
        LedgerEntry.id.between(_first_since(session, beginning, ids), ids.stop - 1) for ids in _ranges(session)
    ]
    between_customers = LedgerEntry.kind.in_(("passed_on", "received"))
    mine = LedgerEntry.chain_id == chain_id, ~between_customers
    sums = session.execute(query.where(or_(false(), *since_then), *mine)).one()
    return [Movement(since, until, int(sums[2 * i]), -int(sums[2 * i + 1])) for i, (since, until) in enumerate(spans)]


def _within(since: datetime, until: datetime) -> ColumnElement[bool]:
    return (LedgerEntry.created_at >= since) & (LedgerEntry.created_at < until)


def _ranges(session: Session) -> Iterator[range]:
    """The ids that there are, cell by cell: chains that were moved here keep those of the cell in which each entry was made."""
    start = None
    while True:
        query = select(func.min(LedgerEntry.id))
        first = session.scalar(query if start is None else query.where(LedgerEntry.id >= start))
        if first is None:
            return
        start = (first // CELL_IDS + 1) * CELL_IDS
        yield range(first, start)


def _first_since(session: Session, moment: datetime, ids: range) -> int:
    """About the id from which on entries were made since a moment; found by halving, for an index of moments would cost every purchase."""
    mine = LedgerEntry.id.between(ids.start, ids.stop - 1)
    ends = select(func.min(LedgerEntry.id).label("low"), func.max(LedgerEntry.id).label("high")).where(mine)
    halved = ends.cte("halved", recursive=True)
    # Not half of the sum, which SQL truncates towards zero: ids may be negative, and it would never end.
    middle = halved.c.low + (halved.c.high - halved.c.low) // 2
    made = select(LedgerEntry.created_at).where(LedgerEntry.id >= middle).order_by(LedgerEntry.id).limit(1)
    came_before = made.scalar_subquery() < moment
    halved = halved.union(  # which ends, whatever happens, when a step changes nothing
        select(
            case((came_before, middle + 1), else_=halved.c.low), case((came_before, halved.c.high), else_=middle)
        ).where(halved.c.low < halved.c.high)
    )
    return session.scalar(select(func.max(halved.c.low))) or 0
