"""Sales with their items, and the rules by which they earn points. Amounts in hundredths."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.calendar import ALWAYS_FROM, ALWAYS_TO
from app.db.types import Base, OfChain, Serial, UtcDateTime, Written
from app.organizations.models import PointOfSale

RULE_KINDS = (
    "spending",
    "product",
    "product_multiplier",
    "label_multiplier",
    "event",
    "custom_event",
    "geolocation",
    "qr_code",
    "referral",
    "instant_reward",
)


class Sale(OfChain, Base):
    """A receipt, as the till reported it; or a return, which gives back some of one."""

    __tablename__ = "sale"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    business_id: Mapped[int | None] = mapped_column(ForeignKey("business.id"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("pos.id"))
    customer_id: Mapped[int | None] = mapped_column(
        ForeignKey("customer.id")
    )  # None: nobody is known to have bought it
    number: Mapped[str] = mapped_column(Written)  # the till's own: the same receipt reported twice counts once
    returns_id: Mapped[int | None] = mapped_column(ForeignKey("sale.id"))  # of a return, the sale
    amount: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[str | None]
    buyer: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # who bought it, in the till's words
    labels: Mapped[list[list[str]]] = mapped_column(JSON, default=list)  # pairs of key and value
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # what else the till said
    bought_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    earned: Mapped[int] = mapped_column(BigInteger, default=0)  # points, all rules together
    taken_back: Mapped[int] = mapped_column(BigInteger, default=0)  # of these, by returns
    returned: Mapped[int] = mapped_column(BigInteger, default=0)  # money, by returns
    explanation: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)  # what each rule gave, or why it did not
    shop: Mapped[PointOfSale | None] = relationship(lazy="joined")
    items: Mapped[list["SaleItem"]] = relationship(order_by="SaleItem.position", cascade="all, delete-orphan")
    __table_args__ = (
        UniqueConstraint("chain_id", "number"),
        CheckConstraint("amount >= 0", "not_negative"),
        CheckConstraint("returned BETWEEN 0 AND amount", "returned_of_amount"),
        CheckConstraint("taken_back BETWEEN 0 AND earned", "taken_back_of_earned"),
        Index("ix_sale_customer_id", "customer_id", "bought_at"),
        Index("ix_sale_chain_id", "chain_id", "bought_at", "id"),
        Index("ix_sale_shop_id", "shop_id", "bought_at"),
        Index(
            "ix_sale_unmatched",
            "chain_id",
            "bought_at",
            postgresql_where=text("customer_id IS NULL"),
            sqlite_where=text("customer_id IS NULL"),
        ),
        Index("ix_sale_returns_id", "returns_id"),
    )


class SaleItem(OfChain, Base):
    """A line of a receipt: so many of one product, and what they cost together."""

    __tablename__ = "sale_item"
    sale_id: Mapped[int] = mapped_column(ForeignKey("sale.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    sku: Mapped[str] = mapped_column(Written)
    name: Mapped[str]
    quantity: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    category: Mapped[str | None]
    maker: Mapped[str | None]
    labels: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    earned: Mapped[int] = mapped_column(BigInteger, default=0)  # its share of what the sale earned by rules of sales


class EarningRule(Base):
    """By what customers earn points. `terms` are those of its kind, see `app.sales.rules`."""

    __tablename__ = "earning_rule"
    __audited__ = ("name", "description", "active", "starts_at", "ends_at", "levels", "segments", "shops", "terms")
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=False)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime, default=ALWAYS_FROM)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, default=ALWAYS_TO)
    levels: Mapped[list[str]] = mapped_column(
        JSON, default=list
    )  # UUIDs; with those of segments, any of them; none: everybody
    segments: Mapped[list[str]] = mapped_column(JSON, default=list)
    shops: Mapped[list[str]] = mapped_column(JSON, default=list)  # UUIDs; none: anywhere
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (CheckConstraint(f"kind IN {RULE_KINDS}", "known_kind"),)


class EarningUsage(OfChain, Base):
    """How often a rule gave to a customer in its current period."""

    __tablename__ = "earning_usage"
    rule_id: Mapped[int] = mapped_column(ForeignKey("earning_rule.id"), primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True, autoincrement=False)
    period_from: Mapped[datetime] = mapped_column(UtcDateTime)
    in_period: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (Index("ix_earning_usage_customer_id", "customer_id"),)
