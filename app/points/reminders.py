"""Tell of points that expire soon: once of each customer and each moment at which some of theirs do."""

from datetime import datetime, timedelta

from sqlalchemy import and_, func, select, tuple_
from sqlalchemy.orm import Session

from app.amounts import decimal
from app.calendar import ALWAYS_TO
from app.jobs.marks import ExpiryMark
from app.members import telling
from app.members.models import Customer
from app.organizations import chains
from app.outbox import writing
from app.outbox.writing import utc
from app.points.models import Account, PointsLot

KIND = "points.expiring"
REMINDED_BEFORE = timedelta(days=7)
BATCH = 500


def tell(session: Session, after: ExpiryMark, until: datetime, now: datetime) -> tuple[ExpiryMark, bool]:
    """Tell of some points that expire after a mark and until a moment; return how far that came, and whether it is the end."""
    end = ExpiryMark(until, 0)
    if not writing.is_heard_anywhere(session, KIND):
        return end, True
    is_later = tuple_(PointsLot.expires_at, PointsLot.customer_id) > (after.expires_at, after.number)
    left = func.sum(PointsLot.left).label("left")
    soon = (
        select(PointsLot.expires_at, PointsLot.customer_id, left)
        .where(is_later, PointsLot.expires_at <= until, PointsLot.expires_at < ALWAYS_TO, PointsLot.left > 0)
        .group_by(PointsLot.expires_at, PointsLot.customer_id)
        .order_by(PointsLot.expires_at, PointsLot.customer_id)
        .limit(BATCH)
        .subquery()
    )
    # Of closed chains, and of whoever is not active, nothing is told: they are passed over.
    is_told = and_(chains.is_open(Account.chain_id), Customer.status == "active")
    query = (
        select(soon, is_told, Account.chain_id, Account.balance, *telling.REF_COLUMNS)
        .join(Account, Account.customer_id == soon.c.customer_id)
        .join(Customer, Customer.id == soon.c.customer_id)
        .order_by(soon.c.expires_at, soon.c.customer_id)
    )
    rows = session.execute(query).all()
    for expires_at, customer_id, points, is_told_of, chain_id, balance, *reference in rows:
        if not is_told_of:
            continue
        data = {
            "customer": telling.reference(*reference),
            "points": decimal(int(points)),
            "expires_at": utc(expires_at),
            "balance": decimal(balance),
        }
        once = f"points {customer_id} {utc(expires_at)}"
        writing.write(session, chain_id, KIND, writing.customer_subject(customer_id), data, now, once)
    if len(rows) < BATCH:
        return max(end, after), True
    return ExpiryMark(rows[-1].expires_at, rows[-1].customer_id), False
