"""What subscribers are told of campaigns, vouchers and awards: the data of `app.outbox.events`, and who writes it.

Nothing is read for it while nobody listens.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.amounts import decimal
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.draws import Draw
from app.campaign.models.vouchers import Voucher
from app.db.prepared import Executor
from app.members import telling as of_members
from app.members.models import Customer
from app.outbox import writing
from app.outbox.writing import utc
from app.points.models import LedgerEntry

# What became of a campaign, by its lifecycle before and after; any other difference is a change.
MOVES = {
    (None, "live"): "campaign.published",
    ("draft", "live"): "campaign.published",
    ("live", "paused"): "campaign.paused",
    ("paused", "live"): "campaign.resumed",
}


BY_THE_CLOCK = {"voucher.expired", "voucher.expiring"}


def campaign(session: Session, it: Campaign, before: str | None, now: datetime) -> None:
    """Tell what became of a campaign that was of this lifecycle `before`; None: it is new. Its stock is locked or nobody else's yet."""
    if it.lifecycle == "completed" and before != "completed":
        kind = "campaign.completed"
    else:
        kind = MOVES.get((before, it.lifecycle), "campaign.changed")
    if writing.is_heard(session, it.chain_id, kind):
        data = {"campaign": _campaign(it), "lifecycle": it.lifecycle, "revision": it.stock.revision}
        writing.write(session, it.chain_id, kind, f"campaign {it.id}", data, now)


def stock(session: Session, it: Campaign, kind: str, left: int, threshold: int, now: datetime) -> None:
    """Tell that little or nothing is left of a campaign."""
    data = {"campaign": _campaign(it), "left": left, "threshold": threshold}
    writing.write(session, it.chain_id, kind, f"campaign {it.id}", data, now)


def vouchers(
    executor: Executor, chain_id: int, kind: str, ids: Collection[int], now: datetime, rest: int | None = None
) -> None:
    """Tell what became of some vouchers of a chain. `rest` is the voucher that holds what was not redeemed."""
    if not ids or not writing.is_heard(executor, chain_id, kind):
        return
    columns = (Voucher.__table__, Campaign.id, Campaign.uuid, Campaign.key, Campaign.name)
    rows = executor.execute(
        select(*columns, *of_members.REF_COLUMNS)
        .select_from(Voucher)
        .join(Campaign, Campaign.id == Voucher.campaign_id)
        .outerjoin(Customer, Customer.id == Voucher.customer_id)
        .where(Voucher.id.in_(ids))
        .order_by(Voucher.id)
    ).all()
    own = len(Voucher.__table__.columns)
    for row in rows:
        campaign_id, uuid, key, name, *ref = row[own:]
        data = {
            "voucher": _voucher(row),
            "status": row.status,
            "campaign": {"id": str(uuid), "number": campaign_id, "key": key, "name": name},
            "customer": of_members.reference(*ref) if row.customer_id else None,
            "award": str(row.award_id) if row.award_id else None,
            "redeemed": decimal(row.redeemed),
            "rest": rest,
        }
        whose = writing.customer_subject(row.customer_id) if row.customer_id else f"voucher {row[0]}"
        # That it expires is found by the clock, and may be found again after a chain has moved.
        once = f"voucher {row[0]}" if kind in BY_THE_CLOCK else None
        writing.write(executor, chain_id, kind, whose, data, now, once)


def awards(session: Session, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What these awards took and gave, by their ids, in a fixed number of statements."""
    rows = session.execute(
        select(
            Award,
            Campaign.id,
            Campaign.uuid,
            Campaign.key,
            Campaign.name,
            Customer.uuid,
            Customer.id,
            Customer.external_id,
        )
        .join(Campaign, Campaign.id == Award.campaign_id)
        .join(Customer, Customer.id == Award.customer_id)
        .where(Award.id.in_(ids))
    ).all()
    entries: dict[UUID, list[Any]] = defaultdict(list)
    for entry in session.execute(
        select(
            LedgerEntry.award_id, LedgerEntry.amount, LedgerEntry.kind, LedgerEntry.balance_after, LedgerEntry.sequence
        )
        .where(LedgerEntry.award_id.in_(ids))
        .order_by(LedgerEntry.sequence)
    ):
        entries[entry.award_id].append(entry)
    given: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    held = select(Voucher.__table__).where(Voucher.award_id.in_(ids), Voucher.parent_id.is_(None))
    for row in session.execute(held.order_by(Voucher.id)):
        given[row.award_id].append(_voucher(row))
    drawn = {it.award_id: it for it in session.scalars(select(Draw).where(Draw.award_id.in_(ids)))}
    return {
        award.id: {
            "award": str(award.id),
            "campaign": {"id": str(uuid), "number": campaign_id, "key": key, "name": name},
            "customer": of_members.reference(*ref),
            "cause": award.cause,
            "price": decimal(award.cost),
            "points": decimal(sum(entry.amount for entry in entries[award.id] if entry.kind == "rewarded")),
            "balance": decimal(entries[award.id][-1].balance_after if entries[award.id] else 0),
            "vouchers": given[award.id],
            "draw": {"number": drawn[award.id].number, "ticket": drawn[award.id].ticket} if award.id in drawn else None,
        }
        for award, campaign_id, uuid, key, name, *ref in cast(Any, rows)
    }


def _campaign(it: Campaign) -> dict[str, Any]:
    return {"id": str(it.uuid), "number": it.id, "key": it.key, "name": it.name}


def _voucher(row: Any) -> dict[str, Any]:
    return {
        "number": row[0],
        "key": row[1],
        "kind": row.kind,
        "code": row.code,
        "amount": decimal(row.amount),
        "percent": decimal(row.hundredths_of_percent) if row.hundredths_of_percent is not None else None,
        "text": row.text,
        "expires_at": utc(row.expires_at),
    }
