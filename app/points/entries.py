"""Write one entry of the ledger, and what it changes of the account, as one. Amounts in hundredths of a point."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import case, insert, literal, or_, true, update

from app.amounts import BALANCE_MAX
from app.db.prepared import Executor
from app.db.types import AnyColumn, UtcDateTime
from app.points.models import Account, LedgerEntry
from app.points.terms import FOR_EVER, Lifetime


@dataclass(frozen=True)
class NewEntry:
    """What an entry says: `delta` of the balance, `locked` of what may not be spent yet, and who made it."""

    kind: str
    delta: int
    locked: int = 0
    lifetime: Lifetime = FOR_EVER
    comment: str | None = None
    issuer: str = "system"
    issued_by: int | None = None
    counterpart_id: int | None = None
    sale_id: int | None = None
    rule_id: int | None = None
    owed: int = 0  # how much of it is not there


class WrittenEntry(NamedTuple):
    """An entry that was written, and the balance after it."""

    id: int
    uuid: UUID
    chain_id: int
    balance_after: int


def added(kind: str, amount: int, lifetime: Lifetime, **details: object) -> NewEntry:
    """An addition, which is locked as long as its lifetime says."""
    assert amount > 0, "nothing is no addition"
    is_locked = lifetime.unlocks_at is not None
    delta, locked = (0, amount) if is_locked else (amount, 0)
    return NewEntry(kind, delta, locked, lifetime, **details)  # type: ignore[arg-type]


def is_up_to_date(now: AnyColumn) -> AnyColumn:
    """Nothing of the account is to unlock or to expire before now."""
    return or_(Account.due_at.is_(None), Account.due_at > now)


def sooner(due_at: AnyColumn) -> AnyColumn:
    """The account's `due_at` when there is something more that happens by itself; NULL is nothing."""
    return case((or_(Account.due_at.is_(None), Account.due_at > due_at), due_at), else_=Account.due_at)


def enter(executor: Executor, customer_id: int, new: NewEntry, now: datetime) -> WrittenEntry | None:
    """None where the account is not there, is closed, has not as much, or cannot hold as much: then nothing is written."""
    balance, locked = Account.balance + new.delta, Account.locked + new.locked
    is_there = balance >= 0 if new.delta < 0 and not new.owed else true()
    values: dict[str, object] = {"balance": balance, "locked": locked, "entries_count": Account.entries_count + 1}
    if new.owed:
        values["owed"] = Account.owed + new.owed
    if due_at := new.lifetime.due_at():
        values["due_at"] = sooner(literal(due_at, UtcDateTime()))
    changed = executor.execute(
        update(Account)
        .where(
            Account.customer_id == customer_id,
            Account.closed.is_(False),
            is_there,
            locked >= 0,
            balance + locked <= BALANCE_MAX,
        )
        .values(values)
        .returning(Account.chain_id, Account.balance, Account.entries_count)
    ).one_or_none()
    if changed is None:
        return None
    entry = {
        "chain_id": changed.chain_id,
        "customer_id": customer_id,
        "sequence": changed.entries_count,
        "delta": new.delta,
        "locked": new.locked,
        "unlocks_at": new.lifetime.unlocks_at,
        "expires_at": new.lifetime.expires_at,
        "balance_after": changed.balance,
        "kind": new.kind,
        "comment": new.comment,
        "issuer": new.issuer,
        "issued_by": new.issued_by,
        "counterpart_id": new.counterpart_id,
        "sale_id": new.sale_id,
        "rule_id": new.rule_id,
        "created_at": now,
    }
    id, uuid = executor.execute(insert(LedgerEntry).returning(LedgerEntry.id, LedgerEntry.uuid), entry).one()
    return WrittenEntry(id, uuid, changed.chain_id, changed.balance)
