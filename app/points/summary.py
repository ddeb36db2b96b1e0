"""What a customer has, had and is about to lose. Amounts in hundredths of a point."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calendar import ALWAYS_TO
from app.points import lots
from app.points.models import ADDING, SPENDING, LedgerEntry


@dataclass(frozen=True)
class PointsSummary:
    """What may be spent and what is locked yet; what was given, used and lost in all. What was cancelled or taken back was not given."""

    balance: int
    locked: int
    earned: int
    used: int
    expired: int


@dataclass(frozen=True)
class Expiring:
    """So many points expire at a moment, unless they are spent before."""

    expires_at: datetime
    points: int


def as_of(session: Session, customer_id: int, moment: datetime | None = None) -> PointsSummary:
    """As a customer's points were at a past moment, or are now: the sums of the entries until then."""
    query = select(
        LedgerEntry.kind, func.sum(LedgerEntry.delta).label("delta"), func.sum(LedgerEntry.locked).label("locked")
    ).where(LedgerEntry.customer_id == customer_id)
    if moment is not None:
        query = query.where(LedgerEntry.created_at <= moment)
    rows = session.execute(query.group_by(LedgerEntry.kind)).all()
    sums = {kind: int(delta) + int(locked) for kind, delta, locked in rows}
    return PointsSummary(
        balance=sum(int(row.delta) for row in rows),
        locked=sum(int(row.locked) for row in rows),
        earned=sum(sums.get(kind, 0) for kind in (*ADDING, "cancelled", "taken_back")),
        used=-sum(sums.get(kind, 0) for kind in SPENDING),
        expired=-sums.get("expired", 0),
    )


def expiring(session: Session, customer_id: int, until: datetime) -> list[Expiring]:
    """What expires before a moment, the next first, locked points among it. Raises AccountNotFound."""
    sums: Counter[datetime] = Counter()
    for lot in lots.read(session, customer_id).open():
        if lot.expires_at < until and lot.expires_at < ALWAYS_TO:
            sums[lot.expires_at] += lot.left
    return [Expiring(moment, sums[moment]) for moment in sorted(sums)]
