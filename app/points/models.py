"""The points ledger: one account a customer, one entry a change, one lot an addition. Amounts in hundredths of a point."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, false, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, OfChain, Serial, UtcDateTime, unique_where

# What an entry may be, and whether it adds. By hand `added`, `spent`; an award's price `bought`, and what it gives `rewarded`;
# between customers `passed_on`, `received`; by a rule `earned`, and for what was returned `taken_back`; by time `unlocked`, `expired`;
# by hand, of one addition, `cancelled`.
ADDING = ("added", "rewarded", "received", "earned")
SPENDING = ("spent", "bought", "passed_on")
ENDING = ("expired", "cancelled")
KINDS = (*ADDING, *SPENDING, *ENDING, "taken_back", "unlocked")


class Account(OfChain, Base):
    """What a customer may spend now, and what is locked yet; always the sums of the entries.

    At `due_at` an addition is unlocked or expires: whoever spends later brings the account up to date first. The first `settled_count`
    entries are in the lots; see `app.points.lots`. The balance is negative only where sales were returned whose points were spent: so
    much is `owed`, or was when the entries were settled last.
    """

    __tablename__ = "account"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True, autoincrement=False)
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    entries_count: Mapped[int] = mapped_column(BigInteger, default=0)
    locked: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_count: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    owed: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    closed: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # merged into another: nothing moves here
    __table_args__ = (
        CheckConstraint("balance >= -owed", "not_negative"),
        CheckConstraint("owed >= 0", "owed"),
        Index(
            "ix_account_due_at",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        {"postgresql_with": {"fillfactor": 70}},
    )


class LedgerEntry(OfChain, Base):
    """One change of an account. Never altered; a mistake is mended by a counter entry.

    `delta` changes what may be spent, `locked` what may not yet be: an addition that is locked until `unlocks_at` has only that,
    and when the time has come, an entry `unlocked` moves it over.
    """

    __tablename__ = "ledger_entry"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    sequence: Mapped[int] = mapped_column(BigInteger)  # 1, 2, 3 … within the customer
    delta: Mapped[int] = mapped_column(BigInteger)
    balance_after: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    comment: Mapped[str | None]
    issuer: Mapped[str]  # `admin`, `seller` or `system`
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    award_id: Mapped[UUID | None] = mapped_column(Uuid)
    method_id: Mapped[int | None] = mapped_column(BigInteger)  # the reward method that gave the points
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    locked: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    unlocks_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: never
    counterpart_id: Mapped[int | None] = mapped_column(
        BigInteger
    )  # of `received`, the `passed_on` of the other account
    sale_id: Mapped[int | None] = mapped_column(BigInteger)  # of `earned` by a sale, and of `taken_back`, the return
    rule_id: Mapped[int | None] = mapped_column(BigInteger)  # of `earned` by an event
    __table_args__ = (
        UniqueConstraint("customer_id", "sequence"),
        # An award has one price, and gives points at most once by each of its methods.
        unique_where("uq_ledger_entry_bought", "award_id", where="kind = 'bought'"),
        unique_where("uq_ledger_entry_rewarded", "award_id", "method_id", where="kind = 'rewarded'"),
        CheckConstraint("(kind IN ('bought', 'rewarded')) = (award_id IS NOT NULL)", "award_of_bought"),
        CheckConstraint("(kind = 'rewarded') = (method_id IS NOT NULL)", "method_of_rewarded"),
        CheckConstraint(f"kind IN {KINDS}", "known_kind"),
        Index(
            "ix_ledger_entry_sale_id",
            "sale_id",
            postgresql_where=text("sale_id IS NOT NULL"),
            sqlite_where=text("sale_id IS NOT NULL"),
        ),
    )

    @hybrid_property
    def amount(self) -> int:
        """By how many points the customer is richer, those that are locked among them: `unlocked` gives none."""
        return self.delta + self.locked


class PointsLot(OfChain, Base):
    """What is left of an addition, and until when; made from its entry when somebody needs to know.

    What is left of all lots that are not locked is the balance.
    """

    __tablename__ = "points_lot"
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    left: Mapped[int] = mapped_column(BigInteger)
    unlocks_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None once it is unlocked
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)  # calendar.ALWAYS_TO: never
    ended: Mapped[str | None]  # how what was left came to its end, if it was not spent
    __table_args__ = (
        CheckConstraint('"left" BETWEEN 0 AND amount', "left_of_amount"),
        CheckConstraint(f"ended IN {ENDING}", "known_end"),
        Index(
            "ix_points_lot_open",
            "customer_id",
            "expires_at",
            "entry_id",
            postgresql_where=text('"left" > 0'),
            sqlite_where=text('"left" > 0'),
        ),
        Index("ix_points_lot_customer_id", "customer_id"),
        Index(
            "ix_points_lot_expires_at",
            "expires_at",
            "customer_id",
            postgresql_where=text('"left" > 0'),
            sqlite_where=text('"left" > 0'),
        ),
    )


class LotUse(OfChain, Base):
    """How much of a lot an entry took: what paid a purchase, what expired, what was cancelled."""

    __tablename__ = "lot_use"
    entry_id: Mapped[int] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True, autoincrement=False)
    lot_id: Mapped[int] = mapped_column(ForeignKey("points_lot.entry_id"), primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (
        CheckConstraint("amount > 0", "some"),
        Index("ix_lot_use_lot_id", "lot_id"),
        Index("ix_lot_use_customer_id", "customer_id"),
    )


class PointsSpan(Base):
    """How many points of a chain were given and taken in a time that is over: counted once, when somebody first asks.

    A day, from one midnight of the chain until the next, or an hour of a day that is not over; should the chain's zone
    change, its days are others.
    """

    __tablename__ = "points_span"
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    given: Mapped[int] = mapped_column(BigInteger)
    taken: Mapped[int] = mapped_column(BigInteger)
