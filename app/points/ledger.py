"""Add points, spend them, cancel and pass on, list what happened. Amounts in hundredths of a point."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from app.amounts import Points
from app.calendar import ALWAYS_TO
from app.db.engine import TryAgain
from app.members.models import Customer, Profile, chain_of
from app.organizations.models import Chain
from app.organizations.scope import EVERY_CHAIN, Chains, within
from app.paging import Page, Paged
from app.points import entries, lots, telling
from app.points.entries import NewEntry, WrittenEntry
from app.points.errors import (
    AccountNotFound,
    CannotBeCancelled,
    EntryNotFound,
    NotEnoughToSpend,
    OwesPoints,
    SameAccount,
    TooManyPoints,
)
from app.points.models import ADDING, ENDING, Account, LedgerEntry, LotUse, PointsLot
from app.points.terms import FOR_EVER, Lifetime, PointsTerms
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
    days_active: int | None = None,
) -> UUID:
    """Add points to an account and return the entry's id; they live as the chain says, or for so many days.

    Raises AccountNotFound or TooManyPoints.
    """
    lifetime = _lifetime(session, customer_id, now, days_active)
    return _enter(
        session,
        customer_id,
        entries.added("added", amount, lifetime, comment=comment, issuer=issuer, issued_by=issued_by),
        now,
    ).uuid


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
    due_at = session.scalar(select(Account.due_at).where(Account.customer_id == customer_id))
    if due_at is not None and due_at <= now:
        lots.bring_up_to_date(session, customer_id, now)
    new = NewEntry("spent", -amount, comment=comment, issuer=issuer, issued_by=issued_by)
    return _enter(session, customer_id, new, now).uuid


def pass_on(
    session: Session,
    sender_id: int,
    receiver_id: int,
    amount: int,
    now: datetime,
    issuer: str = "system",
    issued_by: int | None = None,
) -> UUID:
    """Move points from one account to another of its chain, and return the entry of the sender. They expire when they would have.

    Raises as `spend` and `add` do, SameAccount, or AccountNotFound for a receiver of another chain.
    """
    if sender_id == receiver_id:
        raise SameAccount(field="receiver")
    of_either = select(Customer.chain_id).where(Customer.id.in_([sender_id, receiver_id])).distinct()
    if len(session.scalars(of_either).all()) > 1:
        raise AccountNotFound
    lock_accounts(session, [sender_id, receiver_id])
    book = lots.open_book(session, sender_id)
    lots.catch_up(session, book, now)
    if book.usable_points < amount:
        raise _why_not(session, sender_id, -amount)
    new = NewEntry("passed_on", -amount, issuer=issuer, issued_by=issued_by)
    passed = lots.enter(session, book, new, now)
    parts = [(part.amount, None, part.lot.expires_at) for part in book.take(passed.id, amount)]
    lots.write(session, book)
    _receive(session, receiver_id, passed, parts, now, issuer, issued_by)
    return passed.uuid


def pass_all_on(
    session: Session,
    sender_id: int,
    receiver_id: int,
    now: datetime,
    issuer: str = "system",
    issued_by: int | None = None,
    comment: str | None = None,
) -> None:
    """Move all that is left on one account to another of its chain, whose accounts are locked: also what may not be spent yet.

    It unlocks and expires when it would have. Raises OwesPoints, or TooManyPoints.
    """
    book = lots.open_book(session, sender_id)
    lots.catch_up(session, book, now)
    lots.write(session, book)
    if book.debts:
        raise OwesPoints(actual=Points(sum(it.amount for it in book.debts)))
    usable, waiting = book.usable_points, list(book.locked)
    locked = sum(lot.left for lot in waiting)
    if not usable + locked:
        return
    passed = lots.enter(
        session, book, NewEntry("passed_on", -usable, -locked, comment=comment, issuer=issuer, issued_by=issued_by), now
    )
    parts = [(lot.left, lot.unlocks_at, lot.expires_at) for lot in waiting if lot.left]
    book.take_of(passed.id, waiting, locked)
    parts = [(part.amount, None, part.lot.expires_at) for part in book.take(passed.id, usable)] + parts
    lots.write(session, book)
    _receive(session, receiver_id, passed, parts, now, issuer, issued_by, comment)


def _receive(
    session: Session,
    receiver_id: int,
    passed: WrittenEntry,
    parts: Sequence[tuple[int, datetime | None, datetime]],
    now: datetime,
    issuer: str,
    issued_by: int | None,
    comment: str | None = None,
) -> None:
    """Add what another account passed on: parts of lots, each with how much, and when it unlocks and expires."""
    details = {"comment": comment, "issuer": issuer, "issued_by": issued_by, "counterpart_id": passed.id}
    for (unlocks_at, expires_at), alike in groupby(parts, key=lambda part: part[1:]):
        lifetime = Lifetime(unlocks_at, None if expires_at == ALWAYS_TO else expires_at)
        received = sum(amount for amount, _, _ in alike)
        _enter(session, receiver_id, entries.added("received", received, lifetime, **details), now)


def earn(
    session: Session,
    customer_id: int,
    amount: int,
    now: datetime,
    comment: str | None = None,
    sale_id: int | None = None,
    rule_id: int | None = None,
) -> UUID:
    """Add what a sale earned, or an event by a rule, and return the entry's id. Raises AccountNotFound or TooManyPoints."""
    lifetime = _lifetime(session, customer_id, now, None)
    new = entries.added("earned", amount, lifetime, comment=comment, sale_id=sale_id, rule_id=rule_id)
    return _enter(session, customer_id, new, now).uuid


def take_back(
    session: Session,
    customer_id: int,
    sale_id: int,
    return_id: int,
    amount: int,
    taken_before: int,
    now: datetime,
    comment: str,
) -> int:
    """Take back so much of what a sale earned, because of a return: of its own points as far as they go, then of all others.

    What has expired of them, was cancelled or `taken_before` is not taken twice. What is not there is owed: the balance is negative until
    then. How much was taken.
    """
    book = lots.open_book(session, customer_id)
    lots.catch_up(session, book, now)
    lots.write(session, book)
    earned = select(LedgerEntry.id).where(LedgerEntry.sale_id == sale_id, LedgerEntry.kind == "earned")
    ids = set(session.scalars(earned))
    amount = min(amount, _given(session, ids) - _ended(session, ids) - taken_before)
    if amount <= 0:
        return 0
    own = [lot for lot in book.usable if lot.entry_id in ids]
    waiting = [lot for lot in book.locked if lot.entry_id in ids]
    locked = min(amount, sum(lot.left for lot in waiting))
    spendable = amount - locked
    owed = max(0, spendable - book.usable_points)
    new = NewEntry("taken_back", -spendable, -locked, comment=comment, sale_id=return_id, owed=owed)
    entry = lots.enter(session, book, new, now)
    book.take_of(entry.id, waiting, locked)
    rest = book.take_of(entry.id, own, spendable)
    book.take(entry.id, rest - owed)
    if owed:
        book.debts.append(lots.Debt(entry.id, owed))
    lots.write(session, book)
    return amount


def _given(session: Session, lot_ids: set[int]) -> int:
    return int(session.scalar(select(func.sum(PointsLot.amount)).where(PointsLot.entry_id.in_(lot_ids))) or 0)


def _ended(session: Session, lot_ids: set[int]) -> int:
    """How much of these lots has expired or was cancelled."""
    gone = (
        select(func.sum(LotUse.amount))
        .join(LedgerEntry, LedgerEntry.id == LotUse.entry_id)
        .where(LotUse.lot_id.in_(lot_ids), LedgerEntry.kind.in_(ENDING))
    )
    return int(session.scalar(gone) or 0)


def cancel(
    session: Session,
    uuid: UUID,
    now: datetime,
    issuer: str = "system",
    issued_by: int | None = None,
    chains: Chains = EVERY_CHAIN,
) -> UUID:
    """Take back what is left of an addition, and return the entry that says so; what was spent of it stays spent.

    Raises EntryNotFound, or CannotBeCancelled: it is no addition, or nothing is left of it.
    """
    query = select(LedgerEntry.id, LedgerEntry.customer_id, LedgerEntry.kind)
    found = session.execute(query.where(LedgerEntry.uuid == uuid, within(chains, LedgerEntry.chain_id))).one_or_none()
    if found is None:
        raise EntryNotFound
    if found.kind not in ADDING:
        raise CannotBeCancelled
    book = lots.open_book(session, found.customer_id)
    lots.catch_up(session, book, now)
    mine = [lot for lot in book.open() if lot.entry_id == found.id]
    if not mine:
        raise CannotBeCancelled
    [lot] = mine
    delta, locked = (-lot.left, 0) if lot.unlocks_at is None else (0, -lot.left)
    entry = lots.enter(session, book, NewEntry("cancelled", delta, locked, issuer=issuer, issued_by=issued_by), now)
    book.end(entry.id, "cancelled", mine)
    lots.write(session, book)
    return entry.uuid


def lock_accounts(session: Session, customer_ids: Sequence[int]) -> None:
    """Make others wait who want to change these accounts; in the order of their ids, so that nobody deadlocks."""
    accounts = select(Account.customer_id).where(Account.customer_id.in_(set(customer_ids)))
    session.execute(accounts.order_by(Account.customer_id).with_for_update()).all()


def balance(session: Session, customer_id: int) -> int:
    return session.scalar(select(Account.balance).where(Account.customer_id == customer_id)) or 0


def balances(session: Session, customer_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(select(Account.customer_id, Account.balance).where(Account.customer_id.in_(customer_ids)))
    return dict(rows.all())


# What has become of an addition, in its words; a spending is always `active`.
STATES = ("active", "pending", "expired", "cancelled")


@dataclass(frozen=True)
class EntryFilter:
    """What to look for among the entries; None means anything."""

    customer: UUID | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    email: str | None = None
    kinds: tuple[str, ...] = ()
    states: Sequence[str] = ()


@dataclass(frozen=True)
class ListedEntry:
    """An entry with its customer, and what has become of it by now."""

    entry: LedgerEntry
    customer: Customer
    state: str


def get(session: Session, uuid: UUID) -> LedgerEntry:
    """An entry that is known to be there."""
    return session.scalars(select(LedgerEntry).where(LedgerEntry.uuid == uuid)).one()


SORTABLE = {
    "created_at": LedgerEntry.created_at,
    "amount": func.abs(LedgerEntry.amount),
    # What came from nobody, from another customer, went to another, and went.
    "kind": case(
        (LedgerEntry.kind == "received", 1),
        (LedgerEntry.kind == "passed_on", 2),
        (LedgerEntry.kind.in_(ADDING), 0),
        else_=3,
    ),
}


def list_entries(
    session: Session, chains: Chains, wanted: EntryFilter, paging: Page, now: datetime
) -> Paged[ListedEntry]:
    """Entries with their customers, the newest first unless sorted otherwise. What gave and took nothing is left out."""
    conditions: list[Any] = [LedgerEntry.amount != 0, within(chains, Customer.chain_id)]
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
    state = _state(now)
    if wanted.states:
        conditions.append(state.in_(wanted.states))
    joined = (
        select(LedgerEntry, Customer, state)
        .join(Customer, Customer.id == LedgerEntry.customer_id)
        .join(Profile, Profile.customer_id == Customer.id)
        .outerjoin(PointsLot, PointsLot.entry_id == LedgerEntry.id)
        .where(*conditions)
    )
    total = session.scalar(select(func.count()).select_from(joined.with_only_columns(LedgerEntry.id).subquery())) or 0
    query = joined.order_by(*paging.order(SORTABLE, LedgerEntry.id.desc(), tie=LedgerEntry.id.desc()))
    rows = session.execute(paging.cut(query)).unique()
    return Paged([ListedEntry(*row) for row in rows], total)


def _state(now: datetime) -> ColumnElement[str]:
    """What has become of an entry; of an addition whose lot is not written yet, nothing has but time."""
    is_locked = and_(LedgerEntry.unlocks_at > now, LedgerEntry.kind.in_(ADDING))
    is_over = and_(LedgerEntry.expires_at <= now, or_(PointsLot.left > 0, PointsLot.ended == "expired"))
    return case(
        (PointsLot.ended == "cancelled", "cancelled"), (is_over, "expired"), (is_locked, "pending"), else_="active"
    ).label("state")


def _lifetime(session: Session, customer_id: int, now: datetime, days_active: int | None) -> Lifetime:
    chain = session.execute(
        select(Chain.points_expiry, Chain.points_days_active, Chain.points_days_locked, Chain.time_zone)
        .join(Customer, Customer.chain_id == Chain.id)
        .where(Customer.id == customer_id)
    ).one_or_none()
    return PointsTerms(*chain[:3]).lifetime(now, chain.time_zone, days_active) if chain else FOR_EVER


def _enter(session: Session, customer_id: int, new: NewEntry, now: datetime) -> WrittenEntry:
    entered = entries.enter(session, customer_id, new, now)
    if entered is None:
        raise _why_not(session, customer_id, new.delta + new.locked)
    telling.entry(session, customer_id, entered, new, now)
    return entered


def _why_not(session: Session, customer_id: int, delta: int) -> Exception:
    found = session.execute(
        select(Account.balance, Account.closed).where(Account.customer_id == customer_id)
    ).one_or_none()
    if found is None:
        return AccountNotFound()
    held, is_closed = found
    if is_closed:
        return TryAgain("the account was merged into another meanwhile")
    if delta > 0:
        return TooManyPoints(field="amount")
    return NotEnoughToSpend(required=Points(-delta), actual=Points(held), missing=Points(-delta - held), field="amount")
