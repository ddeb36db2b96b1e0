"""What is left of each addition, and what paid what: the lots. Amounts in hundredths of a point.

Spending takes from the lot that expires first, and of those that expire together from the oldest. A purchase does not choose them: it
asks the balance, and writes its entry, in one statement and as fast however many lots there are. Which lots paid follows from the
entries, for they are in order, and is written down when somebody needs to know: when points unlock, expire, are cancelled or passed on,
and once an hour by the worker. What is written then is what would have been written at once.

An account says when its next lot unlocks or expires; whoever spends after that moment brings it up to date first.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, insert, select, update

from app.calendar import ALWAYS_TO
from app.db.prepared import Executor, atomic
from app.db.types import AnyColumn
from app.organizations import chains
from app.points import entries, telling
from app.points.entries import NewEntry, WrittenEntry
from app.points.errors import AccountNotFound
from app.points.models import ADDING, SPENDING, Account, LedgerEntry, LotUse, PointsLot


@dataclass
class Lot:
    """What is left of an addition. `unlocks_at` is None once it may be spent, `expires_at` is ALWAYS_TO where it never does."""

    entry_id: int
    amount: int
    left: int
    unlocks_at: datetime | None
    expires_at: datetime
    ended: str | None = None
    is_new: bool = False
    is_changed: bool = False

    @property
    def due_at(self) -> datetime:
        return self.unlocks_at or self.expires_at

    def __lt__(self, other: "Lot") -> bool:
        return (self.expires_at, self.entry_id) < (other.expires_at, other.entry_id)


class LotPart(NamedTuple):
    """How much an entry took of a lot."""

    entry_id: int
    lot: Lot
    amount: int


@dataclass
class Debt:
    """What an entry took that was not there."""

    entry_id: int
    amount: int


@dataclass
class Book:
    """A customer's open lots as all entries of the ledger leave them, and what of that is not written down yet."""

    customer_id: int
    chain_id: int
    entries_count: int
    usable: list[Lot] = field(default_factory=list)  # a heap: the one that expires first
    locked: list[Lot] = field(default_factory=list)
    debts: list["Debt"] = field(default_factory=list)  # the oldest first
    emptied: list[Lot] = field(default_factory=list)  # since it was opened, or written
    uses: list[LotPart] = field(default_factory=list)

    @property
    def usable_points(self) -> int:
        return sum(lot.left for lot in self.usable)

    def add(self, lot: Lot) -> None:
        """A new lot, or one that was unlocked: it pays what is owed first."""
        self.put(lot)
        while self.debts and self.usable_points:
            debt = self.debts[0]
            paid = min(debt.amount, self.usable_points)
            self.take(debt.entry_id, paid)
            debt.amount -= paid
            if not debt.amount:
                self.debts.pop(0)

    def put(self, lot: Lot) -> None:
        if lot.unlocks_at is not None:
            self.locked.append(lot)
        elif not lot.left:
            self.emptied.append(lot)
        else:
            heapq.heappush(self.usable, lot)

    def take(self, entry_id: int, amount: int) -> list[LotPart]:
        """Take so much, from the lots that expire first."""
        parts = []
        while amount:
            lot = self.usable[0]
            parts.append(self._use(entry_id, lot, min(lot.left, amount)))
            amount -= parts[-1].amount
            if not lot.left:
                self.emptied.append(heapq.heappop(self.usable))
        return parts

    def take_of(self, entry_id: int, lots: Iterable[Lot], amount: int) -> int:
        """Take so much of these lots, as far as they go; what they could not give."""
        for lot in lots:
            part = min(lot.left, amount)
            if part:
                self._use(entry_id, lot, part)
                amount -= part
        self._drop_emptied()
        return amount

    def end(self, entry_id: int, kind: str, lots: Iterable[Lot]) -> None:
        """Take all that is left of these lots: they have expired, or are cancelled."""
        for lot in lots:
            self._use(entry_id, lot, lot.left)
            lot.ended = kind
        self._drop_emptied()

    def unlock(self, lots: Iterable[Lot]) -> None:
        for lot in lots:
            lot.unlocks_at, lot.is_changed = None, True
            self.add(lot)
        self.locked = [lot for lot in self.locked if lot.unlocks_at is not None]

    def open(self) -> Iterator[Lot]:
        yield from self.usable
        yield from self.locked

    def due_at(self) -> datetime | None:
        """When the next lot unlocks or expires."""
        first = min((lot.due_at for lot in self.open()), default=ALWAYS_TO)
        return first if first < ALWAYS_TO else None

    def _drop_emptied(self) -> None:
        self.emptied += [lot for lot in self.open() if not lot.left]
        self.usable = [lot for lot in self.usable if lot.left]
        heapq.heapify(self.usable)
        self.locked = [lot for lot in self.locked if lot.left]

    def _use(self, entry_id: int, lot: Lot, amount: int) -> LotPart:
        lot.left -= amount
        lot.is_changed = True
        self.uses.append(LotPart(entry_id, lot, amount))
        return self.uses[-1]


def read(executor: Executor, customer_id: int) -> Book:
    """The book for whoever only looks: what is in it and not yet written down is not written. Raises AccountNotFound."""
    return _read(executor, customer_id, lock=False)


def open_book(executor: Executor, customer_id: int) -> Book:
    """The book of an account that nobody else changes until the transaction ends; then `write` it. Raises AccountNotFound."""
    return _read(executor, customer_id, lock=True)


def bring_up_to_date(executor: Executor, customer_id: int, now: datetime) -> None:
    """Unlock what may be spent by now, let expire what has, and write down which lots paid. Raises AccountNotFound."""
    with atomic(executor):
        book = open_book(executor, customer_id)
        catch_up(executor, book, now)
        write(executor, book)


def catch_up(executor: Executor, book: Book, now: datetime) -> None:
    """Unlock and let expire what has come to its time, with an entry each."""
    unlocking = [lot for lot in book.locked if lot.unlocks_at is not None and lot.unlocks_at <= now]
    if unlocking:
        amount = sum(lot.left for lot in unlocking)
        enter(executor, book, NewEntry("unlocked", amount, -amount), now)
        book.unlock(unlocking)
    expiring = [lot for lot in book.usable if lot.expires_at <= now]
    if expiring:
        entry = enter(executor, book, NewEntry("expired", -sum(lot.left for lot in expiring)), now)
        book.end(entry.id, "expired", expiring)


def enter(executor: Executor, book: Book, new: NewEntry, now: datetime) -> WrittenEntry:
    """An entry of an account whose book is open, of points that it has."""
    entry = entries.enter(executor, book.customer_id, new, now)
    assert entry is not None, f"customer {book.customer_id} has as much as the lots say"
    book.entries_count += 1
    telling.entry(executor, book.customer_id, entry, new, now)
    return entry


def write(executor: Executor, book: Book) -> None:
    """Write down what the book knows."""
    of_book = {"chain_id": book.chain_id, "customer_id": book.customer_id}
    lots, uses = PointsLot.metadata.tables["points_lot"], PointsLot.metadata.tables["lot_use"]
    known = [*book.open(), *book.emptied]
    if new := [
        {
            **of_book,
            "entry_id": lot.entry_id,
            "amount": lot.amount,
            "left": lot.left,
            "unlocks_at": lot.unlocks_at,
            "expires_at": lot.expires_at,
            "ended": lot.ended,
        }
        for lot in known
        if lot.is_new
    ]:
        executor.execute(insert(lots), new)
    if changed := [
        {"of_entry": lot.entry_id, "still": lot.left, "unlocks": lot.unlocks_at, "so": lot.ended}
        for lot in known
        if lot.is_changed and not lot.is_new
    ]:
        values: dict[str, AnyColumn] = {
            "left": bindparam("still"),
            "unlocks_at": bindparam("unlocks"),
            "ended": bindparam("so"),
        }
        executor.execute(update(lots).where(lots.c.entry_id == bindparam("of_entry")).values(values), changed)
    if book.uses:
        taken = [
            {**of_book, "entry_id": it.entry_id, "lot_id": it.lot.entry_id, "amount": it.amount} for it in book.uses
        ]
        executor.execute(insert(uses), taken)
    executor.execute(
        update(Account)
        .where(Account.customer_id == book.customer_id)
        .values(settled_count=book.entries_count, due_at=book.due_at(), owed=sum(debt.amount for debt in book.debts))
    )
    for lot in known:
        lot.is_new = lot.is_changed = False
    book.emptied, book.uses = [], []


def _read(executor: Executor, customer_id: int, lock: bool) -> Book:
    query = select(Account.chain_id, Account.entries_count, Account.settled_count, Account.owed)
    query = query.where(Account.customer_id == customer_id)
    account = executor.execute(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if account is None:
        raise AccountNotFound
    book = Book(customer_id, account.chain_id, account.entries_count)
    is_open = (PointsLot.customer_id == customer_id, PointsLot.left > 0)
    columns = (PointsLot.entry_id, PointsLot.amount, PointsLot.left, PointsLot.unlocks_at, PointsLot.expires_at)
    for row in executor.execute(select(*columns).where(*is_open).order_by(PointsLot.expires_at, PointsLot.entry_id)):
        book.put(Lot(*row))
    if account.owed:
        book.debts = _debts(executor, customer_id)
    if account.settled_count < account.entries_count:
        _replay(executor, book, account.settled_count)
    return book


def _debts(executor: Executor, customer_id: int) -> list[Debt]:
    paid = func.coalesce(func.sum(LotUse.amount), 0)
    taken = -LedgerEntry.delta - LedgerEntry.locked
    query = (
        select(LedgerEntry.id, taken - paid)
        .outerjoin(LotUse, LotUse.entry_id == LedgerEntry.id)
        .where(LedgerEntry.customer_id == customer_id, LedgerEntry.kind == "taken_back")
        .group_by(LedgerEntry.id)
        .having(taken > paid)
        .order_by(LedgerEntry.id)
    )
    return [Debt(id, int(amount)) for id, amount in executor.execute(query)]


def _replay(executor: Executor, book: Book, settled_count: int) -> None:
    """What the entries since then did to the lots: additions and spendings; what else there is was written with what it did."""
    since = select(
        LedgerEntry.id,
        LedgerEntry.kind,
        LedgerEntry.delta,
        LedgerEntry.locked,
        LedgerEntry.unlocks_at,
        LedgerEntry.expires_at,
    ).where(
        LedgerEntry.customer_id == book.customer_id,
        LedgerEntry.sequence > settled_count,
        LedgerEntry.sequence <= book.entries_count,
    )
    for row in executor.execute(since.order_by(LedgerEntry.sequence)):
        if row.kind in SPENDING:
            book.take(row.id, -row.delta)
        elif row.kind in ADDING:
            amount = row.delta + row.locked
            book.add(Lot(row.id, amount, amount, row.unlocks_at, row.expires_at or ALWAYS_TO, is_new=True))
        else:
            raise RuntimeError(f"entry {row.id}, which is {row.kind}, was not written with what it did to the lots")


BATCH = 50  # accounts in one transaction; who wants one of them waits until it ends


def list_due(executor: Executor, now: datetime, after: int) -> list[int]:
    """The customers of a batch of accounts, with higher ids than `after`, of which something unlocks or expires by now.

    Those of closed chains are left out.
    """
    due = select(Account.customer_id).where(
        Account.due_at <= now, Account.customer_id > after, chains.is_open(Account.chain_id)
    )
    return list(executor.scalars(due.order_by(Account.customer_id).limit(BATCH)))


def list_unsettled(executor: Executor, after: int) -> list[int]:
    """The customers of a batch of accounts whose last entries are not in the lots yet, with higher ids than `after`."""
    unsettled = select(Account.customer_id).where(
        Account.settled_count < Account.entries_count, Account.customer_id > after, chains.is_open(Account.chain_id)
    )
    return list(executor.scalars(unsettled.order_by(Account.customer_id).limit(BATCH)))
