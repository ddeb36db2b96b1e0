"""Purchases in the shops."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, Serial, UtcDateTime, Written


class Basket(Base):
    """A purchase in a shop, as the till reported it."""

    __tablename__ = "basket"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    business_id: Mapped[int | None] = mapped_column(ForeignKey("business.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    reference: Mapped[str] = mapped_column(
        Written
    )  # the till's own number of it: the same basket reported twice counts once
    amount: Mapped[int] = mapped_column(BigInteger)  # hundredths
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # what else the till said: items, tax, currency
    bought_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (UniqueConstraint("chain_id", "reference"), CheckConstraint("amount >= 0", "not_negative"))
