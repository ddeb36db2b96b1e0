"""The points ledger: one account a customer, one entry a change. Amounts in hundredths of a point."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, OfChain, Serial, UtcDateTime, unique_where


class Account(OfChain, Base):
    """What a customer may spend now; always the sum of the entries."""

    __tablename__ = "account"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True, autoincrement=False)
    balance: Mapped[int] = mapped_column(BigInteger, default=0)
    entries_count: Mapped[int] = mapped_column(BigInteger, default=0)
    __table_args__ = (CheckConstraint("balance >= 0", "not_negative"), {"postgresql_with": {"fillfactor": 70}})


class LedgerEntry(OfChain, Base):
    """One change of a balance. Never altered; a mistake is mended by a counter entry."""

    __tablename__ = "ledger_entry"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    sequence: Mapped[int] = mapped_column(BigInteger)  # 1, 2, 3 … within the customer
    delta: Mapped[int] = mapped_column(BigInteger)
    balance_after: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]  # `added` or `spent` by hand; `bought`, the price of an award; `rewarded`, what an award gave
    comment: Mapped[str | None]
    issuer: Mapped[str]  # `admin`, `seller` or `system`
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    award_id: Mapped[UUID | None] = mapped_column(Uuid)
    method_id: Mapped[int | None] = mapped_column(BigInteger)  # the reward method that gave the points
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (
        UniqueConstraint("customer_id", "sequence"),
        # An award has one price, and gives points at most once by each of its methods.
        unique_where("uq_ledger_entry_bought", "award_id", where="kind = 'bought'"),
        unique_where("uq_ledger_entry_rewarded", "award_id", "method_id", where="kind = 'rewarded'"),
        CheckConstraint("balance_after >= 0", "balance_not_negative"),
        CheckConstraint("(kind IN ('bought', 'rewarded')) = (award_id IS NOT NULL)", "award_of_bought"),
        CheckConstraint("(kind = 'rewarded') = (method_id IS NOT NULL)", "method_of_rewarded"),
        CheckConstraint("kind IN ('added', 'spent', 'bought', 'rewarded')", "known_kind"),
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
