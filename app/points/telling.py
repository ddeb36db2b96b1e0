"""What subscribers are told of the entries of the ledger; see `app.outbox.events`. Awards tell of theirs themselves."""

from datetime import datetime

from sqlalchemy import select

from app.amounts import decimal
from app.db.prepared import Executor
from app.members import telling
from app.members.models import Customer
from app.outbox import writing
from app.points.entries import NewEntry, WrittenEntry


def event_of(kind: str) -> str:
    """The kind of event that an entry of this kind is. `points.earned` is an award's, which says more."""
    return "points.given_by_rule" if kind == "earned" else f"points.{kind}"


def entry(executor: Executor, customer_id: int, it: WrittenEntry, new: NewEntry, now: datetime) -> None:
    """Tell of an entry that was just written. Nothing is read for it while nobody listens."""
    kind = event_of(new.kind)
    if not writing.is_heard(executor, it.chain_id, kind):
        return
    reference = executor.execute(select(*telling.REF_COLUMNS).where(Customer.id == customer_id)).one()
    points = new.delta if new.kind == "unlocked" else new.delta + new.locked
    data = {
        "entry": str(it.uuid),
        "customer": telling.reference(*reference),
        "points": decimal(abs(points)),
        "balance": decimal(it.balance_after),
        "comment": new.comment,
        "issuer": new.issuer,
    }
    writing.write(executor, it.chain_id, kind, writing.customer_subject(customer_id), data, now)
