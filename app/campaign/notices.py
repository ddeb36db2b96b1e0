"""What nobody does, and still happens: vouchers expire, or soon will; a campaign has little left, or nothing.

A worker asks for these by the clock, a batch a transaction, and says how far it has come in the same one: each is told once.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from app.campaign import activity, telling
from app.campaign.limits import UNLIMITED
from app.campaign.models.campaigns import Campaign
from app.campaign.models.limits import Stock, StockNotice
from app.campaign.models.vouchers import Voucher
from app.jobs.marks import ExpiryMark
from app.organizations import chains
from app.outbox import writing

# Who lets a voucher expire now commits a moment later: what expired just now is told the next time.
SETTLES = timedelta(seconds=30)
REMINDED_BEFORE = timedelta(days=7)
AHEAD = {"voucher.expired": -SETTLES, "voucher.expiring": REMINDED_BEFORE}  # of what is told, from when on
WORK = {
    "voucher.expired": "expired-vouchers",
    "voucher.expiring": "expiring-vouchers",
}  # which work by the clock tells of it
LOW = 10  # a tenth is left
BATCH = 500


def tell_of_vouchers(
    session: Session, kind: str, after: ExpiryMark, until: datetime, now: datetime, only: int | None = None
) -> tuple[ExpiryMark, bool]:
    """Tell of some vouchers that expire after a mark and until a moment; return how far that came, and whether it is the end.

    Of all chains that are not closed, or of `only` one.
    """
    end = ExpiryMark(until, 0)
    if not writing.is_heard_anywhere(session, kind):
        return end, True
    # The pair as such, and not its parts: of parts the planner makes no beginning of a range.
    is_later = tuple_(Voucher.expires_at, Voucher.id) > (after.expires_at, after.number)
    query = (
        select(Voucher.id, Voucher.expires_at, Campaign.chain_id)
        .join(Campaign, Campaign.id == Voucher.campaign_id)
        .where(Campaign.chain_id == only if only is not None else chains.is_open(Campaign.chain_id))
        .where(is_later, Voucher.expires_at <= until, Voucher.expires_at.is_not(None), Voucher.status != "redeemed")
    )
    rows = session.execute(query.order_by(Voucher.expires_at, Voucher.id).limit(BATCH)).all()
    by_chain: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        by_chain[row.chain_id].append(row.id)
    for chain_id, ids in by_chain.items():
        telling.vouchers(session, chain_id, kind, ids, now)
    if len(rows) < BATCH:
        return max(end, after), True
    return ExpiryMark(rows[-1].expires_at, rows[-1].id), False


def tell_of_missed(
    session: Session, chain_id: int, marks: Mapping[str, tuple[ExpiryMark, ExpiryMark]], now: datetime
) -> None:
    """Tell of a chain's vouchers from one mark until another, by the kind of what is told."""
    for kind, (mark, until) in marks.items():
        is_end = mark >= until
        while not is_end:
            mark, is_end = tell_of_vouchers(session, kind, mark, until.expires_at, now, chain_id)


def tell_of_stocks(session: Session, now: datetime) -> int:
    """Tell of the campaigns that have come to the last tenth of what they can give, and of those that have nothing left, once each.

    One that is filled up is told of again when it comes to it again. Returns how many.
    """
    left = Stock.allowed - Stock.given
    is_low = and_(left > 0, left * LOW <= Stock.allowed)
    forgotten = select(Stock.campaign_id).where(
        Stock.campaign_id == StockNotice.campaign_id,
        or_(left * LOW > Stock.allowed, and_(left > 0, StockNotice.kind == "limit.reached")),
    )
    of_open = StockNotice.campaign_id.in_(select(Campaign.id).where(chains.is_open(Campaign.chain_id)))
    session.execute(
        delete(StockNotice).where(forgotten.exists(), of_open), execution_options={"synchronize_session": False}
    )
    query = (
        select(Campaign)
        .join(Stock, Stock.campaign_id == Campaign.id)
        .outerjoin(StockNotice, StockNotice.campaign_id == Campaign.id)
        .options(joinedload(Campaign.stock))
        .where(
            activity.is_live(Campaign),
            chains.is_open(Campaign.chain_id),
            Stock.allowed < UNLIMITED,
            Stock.given > 0,
            or_(
                and_(is_low, StockNotice.kind.is_(None)),
                and_(left <= 0, or_(StockNotice.kind.is_(None), StockNotice.kind == "pool.low")),
            ),
        )
        .order_by(Campaign.id)
        .limit(BATCH)
    )
    campaigns: Sequence[Campaign] = session.scalars(query).all()
    for it in campaigns:
        remaining = it.stock.allowed - it.stock.given
        kind = "pool.low" if remaining > 0 else "limit.reached"
        session.merge(StockNotice(campaign_id=it.id, kind=kind, told_at=now))
        if writing.is_heard(session, it.chain_id, kind):
            telling.stock(session, it, kind, remaining, it.stock.allowed // LOW, now)
    return len(campaigns)
