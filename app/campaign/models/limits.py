"""What is counted: how often a campaign gave in all and to each customer, and each of its rewards."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.calendar import ALWAYS_FROM
from app.campaign.limits import UNLIMITED
from app.db.types import Base, OfChain, UtcDateTime


class Tally:
    """How often something happened in the current period: since `period_from`, which moves on with the clock.

    What has no period counts from ALWAYS_FROM on. Source: `calendar.start`.
    """

    period_from: Mapped[datetime] = mapped_column(UtcDateTime, default=ALWAYS_FROM)
    in_period: Mapped[int] = mapped_column(BigInteger, default=0)


class Stock(Tally, Base):
    """How many times a campaign can give its rewards, and how many times it did.

    `allowed` is the smaller of the campaign's limit and, when it sells coupons, their number. Apart from the campaign, in a narrow row
    without an index on what changes: this is the row that all buyers of one campaign wait for.
    """

    __tablename__ = "stock"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    given: Mapped[int] = mapped_column(BigInteger, default=0)
    allowed: Mapped[int] = mapped_column(BigInteger, default=0)
    coupons_count: Mapped[int] = mapped_column(BigInteger, default=0)
    customers_count: Mapped[int] = mapped_column(BigInteger, default=0)
    revision: Mapped[int] = mapped_column(BigInteger, default=1)  # raised by every change of the campaign
    participants_count: Mapped[int] = mapped_column(BigInteger, default=0)  # who have opted in and not out again
    participants_max: Mapped[int] = mapped_column(BigInteger, default=UNLIMITED)
    # Kept by the database, so that lists need not look at every stock; it changes once, and so does its index.
    sold_out: Mapped[bool] = mapped_column(Computed("given >= allowed"))
    __table_args__ = (
        Index("ix_stock_sold_out", "campaign_id", postgresql_where=text("sold_out"), sqlite_where=text("sold_out = 1")),
        CheckConstraint("participants_count BETWEEN 0 AND participants_max", "not_overfull"),
        CheckConstraint("given <= allowed", "not_oversold"),
        CheckConstraint("given >= 0 AND customers_count >= 0 AND customers_count <= given", "counts"),
        {"postgresql_with": {"fillfactor": 50}},
    )


class Usage(Tally, OfChain, Base):
    """How many times a campaign has given a customer its rewards."""

    __tablename__ = "usage"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    received: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (CheckConstraint("received >= 1", "positive"),)


class MethodTally(Tally, Base):
    """How many times a reward method was given: the row that all who win the same prize wait for."""

    __tablename__ = "method_tally"
    method_id: Mapped[int] = mapped_column(ForeignKey("reward_method.id"), primary_key=True, autoincrement=False)
    given: Mapped[int] = mapped_column(BigInteger, default=0)
    allowed: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (
        CheckConstraint("given >= 0 AND given <= allowed", "not_oversold"),
        {"postgresql_with": {"fillfactor": 50}},
    )


class MethodUsage(Tally, OfChain, Base):
    """How many times a customer was given a reward method; kept for methods that limit it."""

    __tablename__ = "method_usage"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    method_id: Mapped[int] = mapped_column(ForeignKey("reward_method.id"), primary_key=True)


class StockNotice(Base):
    """That it was told how little is left of a campaign; gone once there is more again."""

    __tablename__ = "stock_notice"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str]
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (CheckConstraint("kind IN ('pool.low', 'limit.reached')", "known_kind"),)
