"""Add points, spend points, list what happened. Amounts in hundredths of a point."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app.amounts import BALANCE_MAX, Points, decimal
from app.members import telling
from app.members.models import Customer, Profile, chain_of
from app.organizations.scope import Chains, within
from app.outbox import writing
from app.paging import Page, Paged
from app.points.errors import AccountNotFound, NotEnoughToSpend, SameAccount, TooManyPoints
from app.points.models import Account, LedgerEntry
from app.text import folded


def open_account(session: Session, customer_id: int) -> None:
    session.add(Account(customer_id=customer_id, chain_id=chain_of(customer_id), balance=0, entries_count=0))


def add(
    session: Session,
    customer_id: int,
    amount: int,
    now: datetime,
    comment: str | None = None,
    issuer: str = "system",
    issued_by: int | None = None,
) -> UUID:
    """Add points to an account and return the entry's id. Raises AccountNotFound or TooManyPoints."""
    return _change(session, customer_id, amount, "added", now, comment, issuer, issued_by)


def spend(
    session: Session,
    customer_id: int,
    amount: int,
    now: datetime,
    comment: str | None = None,
    issuer: str = "system",
    issued_by: int | None = None,
) -> UUID:
    """Take points from an account and return the entry's id. Raises AccountNotFound or NotEnoughToSpend."""
    return _change(session, customer_id, -amount, "spent", now, comment, issuer, issued_by)


def pass_on(
    session: Session,
    sender_id: int,
    receiver_id: int,
    amount: int,
    now: datetime,
    issuer: str = "system",
    issued_by: int | None = None,
) -> UUID:
    """Move points from one account to another of its chain, and return the entry of the sender.

    Raises as `spend` and `add` do, SameAccount, or AccountNotFound for a receiver of another chain.
    """
    if sender_id == receiver_id:
        raise SameAccount(field="receiver")
    of_either = select(Customer.chain_id).where(Customer.id.in_([sender_id, receiver_id])).distinct()
    if len(session.scalars(of_either).all()) > 1:
        raise AccountNotFound
    lock_accounts(session, [sender_id, receiver_id])
    spent = spend(session, sender_id, amount, now, "Passed on to another customer", issuer, issued_by)
    add(session, receiver_id, amount, now, "Passed on by another customer", issuer, issued_by)
    return spent


def lock_accounts(session: Session, customer_ids: Sequence[int]) -> None:
    """Make others wait who want to change these accounts; in the order of their ids, so that nobody deadlocks."""
    accounts = select(Account.customer_id).where(Account.customer_id.in_(set(customer_ids)))
    session.execute(accounts.order_by(Account.customer_id).with_for_update()).all()


def balance(session: Session, customer_id: int) -> int:
    return session.scalar(select(Account.balance).where(Account.customer_id == customer_id)) or 0


def balances(session: Session, customer_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(select(Account.customer_id, Account.balance).where(Account.customer_id.in_(customer_ids)))
    return dict(rows.all())


def totals(session: Session, customer_id: int) -> dict[str, int]:
    """How many points were added and used in all, purchases among the used."""
    rows = session.execute(
        select(LedgerEntry.kind, func.sum(LedgerEntry.delta))
        .where(LedgerEntry.customer_id == customer_id)
        .group_by(LedgerEntry.kind)
    )
    sums = {kind: int(total) for kind, total in rows}
    return {
        "added": sums.get("added", 0) + sums.get("rewarded", 0),
        "used": -sums.get("spent", 0) - sums.get("bought", 0),
    }


@dataclass(frozen=True)
class EntryFilter:
    """What to look for among the entries; None means anything."""

    customer: UUID | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    email: str | None = None
    kinds: tuple[str, ...] = ()


def get(session: Session, uuid: UUID) -> LedgerEntry:
    """An entry that is known to be there."""
    return session.scalars(select(LedgerEntry).where(LedgerEntry.uuid == uuid)).one()


SORTABLE = {"createdAt": LedgerEntry.created_at, "value": LedgerEntry.delta, "type": LedgerEntry.kind}


def entries(session: Session, chains: Chains, wanted: EntryFilter, paging: Page) -> Paged[tuple[LedgerEntry, Customer]]:
    """Entries with their customers, the newest first unless sorted otherwise. What moved no points is left out."""
    conditions: list[Any] = [LedgerEntry.delta != 0, within(chains, Customer.chain_id)]
    if wanted.customer is not None:
        conditions.append(Customer.uuid == wanted.customer)
    for column, value in (
        (Profile.first_name_folded, wanted.first_name and folded(wanted.first_name)),
        (Profile.last_name_folded, wanted.last_name and folded(wanted.last_name)),
        (Profile.phone, wanted.phone),
        (Profile.email, wanted.email and wanted.email.lower()),
    ):
        if value is not None:
            conditions.append(column.contains(value, autoescape=True))
    if wanted.kinds:
        conditions.append(LedgerEntry.kind.in_(wanted.kinds))
    joined = (
        select(LedgerEntry, Customer)
        .join(Customer, Customer.id == LedgerEntry.customer_id)
        .join(Profile, Profile.customer_id == Customer.id)
        .where(*conditions)
    )
    total = session.scalar(select(func.count()).select_from(joined.with_only_columns(LedgerEntry.id).subquery())) or 0
    query = joined.order_by(*paging.order(SORTABLE, LedgerEntry.id.desc(), tie=LedgerEntry.id.desc()))
    return Paged([(entry, customer) for entry, customer in session.execute(paging.cut(query)).unique()], total)


def _change(
    session: Session,
    customer_id: int,
    delta: int,
    kind: str,
    now: datetime,
    comment: str | None,
    issuer: str,
    issued_by: int | None,
) -> UUID:
    changed = session.execute(
        update(Account)
        .where(Account.customer_id == customer_id, Account.balance + delta >= 0, Account.balance + delta <= BALANCE_MAX)
        .values(balance=Account.balance + delta, entries_count=Account.entries_count + 1)
        .returning(Account.chain_id, Account.balance, Account.entries_count)
    ).one_or_none()
    if changed is None:
        raise _why_not(session, customer_id, delta)
    statement = insert(LedgerEntry).returning(LedgerEntry.uuid)
    entry = {
        "chain_id": changed.chain_id,
        "customer_id": customer_id,
        "sequence": changed.entries_count,
        "delta": delta,
        "balance_after": changed.balance,
        "kind": kind,
        "comment": comment,
        "issuer": issuer,
        "issued_by": issued_by,
        "created_at": now,
    }
    uuid = session.execute(statement, entry).scalar_one()
    _tell(session, uuid, f"points.{kind}")
    return uuid


def _tell(session: Session, uuid: UUID, kind: str) -> None:
    if not writing.is_heard_anywhere(session, kind):
        return
    entry, of_chain, *reference = session.execute(
        select(LedgerEntry, Customer.chain_id, Customer.uuid, Customer.id, Customer.external_id)
        .join(Customer, Customer.id == LedgerEntry.customer_id)
        .where(LedgerEntry.uuid == uuid)
    ).one()
    data = {
        "entry": str(uuid),
        "customer": telling.reference(*cast(Any, reference)),
        "points": decimal(abs(entry.delta)),
        "balance": decimal(entry.balance_after),
        "comment": entry.comment,
        "issuer": entry.issuer,
    }
    subject = writing.customer_subject(entry.customer_id)
    writing.write(session, of_chain, kind, subject, data, entry.created_at)


def _why_not(session: Session, customer_id: int, delta: int) -> Exception:
    held = session.scalar(select(Account.balance).where(Account.customer_id == customer_id))
    if held is None:
        return AccountNotFound()
    if delta > 0:
        return TooManyPoints(field="amount")
    return NotEnoughToSpend(required=Points(-delta), actual=Points(held), missing=Points(-delta - held), field="amount")
