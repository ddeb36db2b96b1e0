"""Add points, spend points, list what happened. Amounts in hundredths of a point."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.amounts import BALANCE_MAX, Points
from app.db.prepared import is_postgresql
from app.members.models import Customer, Profile
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.points.errors import AccountNotFound, NotEnoughToSpend, SameAccount, TooManyPoints
from app.points.models import Account, LedgerEntry, PointsSpan
from app.text import folded


def open_account(session: Session, customer_id: int) -> None:
    session.add(Account(customer_id=customer_id, balance=0, entries_count=0))


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


@dataclass(frozen=True)
class Movement:
    """How many points of a chain were given and taken from one moment on until another; whether that is counted for good."""

    since: datetime
    until: datetime
    given: int
    taken: int
    is_kept: bool = False


SETTLED_AFTER = timedelta(minutes=10)  # no transaction takes that long


def movements(session: Session, chain_id: int, moments: Sequence[datetime]) -> list[Movement]:
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
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    for it in counted:
        if not it.is_kept and it.until < now - SETTLED_AFTER:
            row = {"since": it.since, "until": it.until, "given": it.given, "taken": it.taken}
            session.execute(dialect.insert(PointsSpan).values(chain_id=chain_id, **row).on_conflict_do_nothing())


def _counted(session: Session, chain_id: int, spans: Sequence[tuple[datetime, datetime]]) -> list[Movement]:
    columns = [
        func.coalesce(func.sum(case((_within(since, until) & is_gain, LedgerEntry.delta), else_=0)), 0)
        for since, until in spans
        for is_gain in (LedgerEntry.delta > 0, LedgerEntry.delta < 0)
    ]
    query = select(*columns).select_from(LedgerEntry).join(Customer, Customer.id == LedgerEntry.customer_id)
    # Ids are in the order of time but for what a transaction takes; the sums leave out what came before.
    first = _first_since(session, min(since for since, _ in spans) - SETTLED_AFTER)
    sums = session.execute(query.where(LedgerEntry.id >= first, Customer.chain_id == chain_id)).one()
    return [Movement(since, until, int(sums[2 * i]), -int(sums[2 * i + 1])) for i, (since, until) in enumerate(spans)]


def _within(since: datetime, until: datetime) -> ColumnElement[bool]:
    return (LedgerEntry.created_at >= since) & (LedgerEntry.created_at < until)


def _first_since(session: Session, moment: datetime) -> int:
    """About the id from which on entries were made since a moment; found by halving, for an index of moments would cost every purchase."""
    ends = select(func.min(LedgerEntry.id).label("low"), func.max(LedgerEntry.id).label("high"))
    halved = ends.cte("halved", recursive=True)
    middle = (
        halved.c.low + (halved.c.high - halved.c.low) // 2
    )  # not half of the sum, which SQL truncates towards zero: ids may be negative
    made = select(LedgerEntry.created_at).where(LedgerEntry.id >= middle).order_by(LedgerEntry.id).limit(1)
    came_before = made.scalar_subquery() < moment
    halved = halved.union_all(
        select(
            case((came_before, middle + 1), else_=halved.c.low), case((came_before, halved.c.high), else_=middle)
        ).where(halved.c.low < halved.c.high)
    )
    return session.scalar(select(func.max(halved.c.low))) or 0


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
        .returning(Account.balance, Account.entries_count)
    ).one_or_none()
    if changed is None:
        raise _why_not(session, customer_id, delta)
    statement = insert(LedgerEntry).returning(LedgerEntry.uuid)
    entry = {
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
    return session.execute(statement, entry).scalar_one()


def _why_not(session: Session, customer_id: int, delta: int) -> Exception:
    held = session.scalar(select(Account.balance).where(Account.customer_id == customer_id))
    if held is None:
        return AccountNotFound()
    if delta > 0:
        return TooManyPoints(field="amount")
    return NotEnoughToSpend(required=Points(-delta), actual=Points(held), missing=Points(-delta - held), field="amount")
