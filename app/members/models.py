"""Customers and what describes them: levels, segments, tags, attributes, what they have bought."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    ScalarSelect,
    UniqueConstraint,
    Uuid,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.db.types import AnyColumn, Base, OfChain, Serial, UtcDateTime, Written, WrittenSmall, by_letters, unique_where
from app.organizations.models import PointOfSale
from app.text import folded


class Level(Base):
    """A step of the programme. A customer stands on at most one."""

    __tablename__ = "level"
    __audited__ = (
        "name",
        "active",
        "condition_value",
        "min_order",
        "reward_name",
        "reward_hundredths_of_percent",
        "reward_code",
        "special_rewards",
    )
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), index=True)
    key: Mapped[str]  # what files call it, on whatever installation; a slug
    name: Mapped[str]
    description: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    condition_value: Mapped[int] = mapped_column(BigInteger, default=0)  # hundredths of a point or of money
    min_order: Mapped[int | None] = mapped_column(BigInteger)  # hundredths
    reward_name: Mapped[str | None]
    reward_hundredths_of_percent: Mapped[int | None] = mapped_column(BigInteger)
    reward_code: Mapped[str | None]
    special_rewards: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (Index("uq_level_key", "chain_id", "key", unique=True),)


class Segment(Base):
    """A named group of customers: the intersection of its parts."""

    __tablename__ = "segment"
    __audited__ = ("name", "description", "active")
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), index=True)
    key: Mapped[str]  # as the level's
    name: Mapped[str]
    name_folded: Mapped[str] = mapped_column(default="")  # for searching
    description: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    parts: Mapped[list["SegmentPart"]] = relationship(
        order_by="SegmentPart.id", cascade="all, delete-orphan", lazy="selectin"
    )
    __table_args__ = (Index("uq_segment_key", "chain_id", "key", unique=True),)

    @validates("name")
    def fold(self, name: str, value: str) -> str:
        self.name_folded = folded(value)
        return value


class SegmentPart(Base):
    """One part of a segment: whoever meets any of its criteria."""

    __tablename__ = "segment_part"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    segment_id: Mapped[int] = mapped_column(ForeignKey("segment.id", ondelete="CASCADE"), index=True)
    criteria: Mapped[list["SegmentCriterion"]] = relationship(
        order_by="SegmentCriterion.id", cascade="all, delete-orphan", lazy="selectin"
    )


class SegmentCriterion(Base):
    """One criterion; `terms` holds what its type asks for, such as `{"customers": [...]}`."""

    __tablename__ = "segment_criterion"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    part_id: Mapped[int] = mapped_column(ForeignKey("segment_part.id", ondelete="CASCADE"), index=True)
    type: Mapped[str]
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)


class SegmentMember(OfChain, Base):
    """A customer belongs to an active segment. Kept up to date when the segment is saved."""

    __tablename__ = "segment_member"
    segment_id: Mapped[int] = mapped_column(ForeignKey("segment.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True, index=True)


class Headcount(Base):
    """How many customers of a chain stand on a level, and how many of them belong to a segment.

    Kept with every move, so that nobody has to count millions of customers to print a campaign.
    Level 0 stands for "no level", segment 0 for "whatever the segment".
    """

    __tablename__ = "headcount"
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True, autoincrement=False)
    level_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    segment_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    customers_count: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (CheckConstraint("customers_count >= 0", "not_negative"),)


ERASED = "deleted"  # a status from which nobody comes back, and in which nobody is found; see `app.privacy`


class Customer(Base):
    """Someone who collects points. What identifies a person stands in the profile."""

    __tablename__ = "customer"
    __audited__ = ("status", "level", "manual_level", "shop", "seller_uuid")
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    external_id: Mapped[str | None] = mapped_column(Written)  # in another system of the chain's
    is_anonymous: Mapped[bool] = mapped_column(default=False)  # somebody who has not registered yet
    time_zone: Mapped[str | None]  # IANA; none: the chain's
    status: Mapped[str] = mapped_column(default="active")
    level_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    manual_level_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    shop_id: Mapped[int | None] = mapped_column(ForeignKey("pos.id"))  # where the customer is at home
    seller_uuid: Mapped[UUID | None] = mapped_column(Uuid)  # of the login of who looks after the customer
    merged_into_id: Mapped[int | None] = mapped_column(BigInteger)  # whose account this was found to be
    referred_by_id: Mapped[int | None] = mapped_column(BigInteger)  # of who is `new`: by whom, until they are activated
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    profile: Mapped["Profile"] = relationship(lazy="joined", innerjoin=True, cascade="all, delete-orphan")
    level: Mapped[Level | None] = relationship(foreign_keys=[level_id], lazy="joined")
    manual_level: Mapped[Level | None] = relationship(foreign_keys=[manual_level_id], lazy="joined")
    shop: Mapped[PointOfSale | None] = relationship(lazy="joined")
    __table_args__ = (
        CheckConstraint("status IN ('new', 'active', 'blocked', 'deleted')", "known_status"),
        Index("ix_customer_level_id_id", "level_id", "id"),
        Index("ix_customer_chain_id", "chain_id", "created_at"),
        unique_where("uq_customer_external_id", "chain_id", "external_id", where="external_id IS NOT NULL"),
        Index(
            "ix_customer_merged_into_id",
            "merged_into_id",
            postgresql_where=text("merged_into_id IS NOT NULL"),
            sqlite_where=text("merged_into_id IS NOT NULL"),
        ),
    )

    @property
    def is_active(self) -> bool:
        return self.status == "active"


IDENTIFIERS = (
    "email",
    "phone",
    "loyalty_card_number",
    "authentication_point_identifier",
    "auxiliary_identifier",
    "referral_code",
)


class Profile(OfChain, Base):
    """What is personal about a customer, apart from everything that must outlive an erasure. Identifiers are a chain's own."""

    __tablename__ = "profile"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    first_name_folded: Mapped[str] = mapped_column(default="")  # for searching
    last_name_folded: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None] = mapped_column(WrittenSmall)
    phone: Mapped[str | None] = mapped_column(Written)
    loyalty_card_number: Mapped[str | None] = mapped_column(Written)
    authentication_point_identifier: Mapped[str | None] = mapped_column(Written)  # at who signs people in
    auxiliary_identifier: Mapped[str | None] = mapped_column(Written)
    referral_code: Mapped[str | None] = mapped_column(Written)  # what the customer recommends the programme with
    gender: Mapped[str | None]
    born_on: Mapped[date | None]
    address: Mapped[dict[str, str] | None] = mapped_column(JSON)
    company: Mapped[dict[str, str] | None] = mapped_column(JSON)
    agreement1: Mapped[bool] = mapped_column(default=False)
    agreement2: Mapped[bool] = mapped_column(default=False)
    agreement3: Mapped[bool] = mapped_column(default=False)
    agreement1_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # since when it has been given
    agreement2_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    agreement3_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    labels: Mapped[list[list[str]]] = mapped_column(JSON, default=list, server_default="[]")  # pairs of key and value
    __table_args__ = (
        # Once in a chain. The identifier first: whoever comes with one may not have said for which chain.
        *(UniqueConstraint(name, "chain_id") for name in IDENTIFIERS),
        # How names and identifiers begin; PostgreSQL's other indexes sort by the database's language.
        *(
            Index(
                f"ix_profile_{first}",
                f"{first}_folded",
                f"{second}_folded",
                postgresql_ops=by_letters(f"{first}_folded", f"{second}_folded"),
            )
            for first, second in (("last_name", "first_name"), ("first_name", "last_name"))
        ),
        *(
            Index(f"ix_profile_{name}_begins", name, postgresql_ops=by_letters(name))
            for name in ("email", "phone", "loyalty_card_number")
        ),
    )

    @validates("first_name", "last_name")
    def fold(self, name: str, value: str) -> str:
        setattr(self, f"{name}_folded", folded(value))
        return value


LEVEL_CAUSES = ("by_hand", "released", "reached", "fell", "merged")


class LevelChange(OfChain, Base):
    """A customer came from one level to another, and why; the first level has none."""

    __tablename__ = "level_change"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    before_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    after_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    cause: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    before: Mapped[Level | None] = relationship(foreign_keys=[before_id], lazy="joined")
    after: Mapped[Level | None] = relationship(foreign_keys=[after_id], lazy="joined")
    __table_args__ = (CheckConstraint(f"cause IN {LEVEL_CAUSES}", "known_cause"),)


class CustomerTag(OfChain, Base):
    """A word on a customer: how often it was set, or until when it stays. What has expired counts as gone."""

    __tablename__ = "customer_tag"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Written, primary_key=True)
    count: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        Index("ix_customer_tag_name_customer_id", "name", "customer_id"),
        CheckConstraint("(count IS NULL) <> (expires_at IS NULL)", "count_or_expiry"),
    )


class CustomerAttribute(OfChain, Base):
    """What a chain notes of a customer under a name of its own: text or a number; booleans as the text `true` or `false`."""

    __tablename__ = "customer_attribute"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    number: Mapped[float | None] = mapped_column(Double)
    __table_args__ = (
        Index("ix_customer_attribute_name_text", "name", "text"),
        CheckConstraint("(text IS NULL) <> (number IS NULL)", "text_or_number"),
    )


class Spending(OfChain, Base):
    """What a customer has bought in the shops, summed up; amounts in hundredths."""

    __tablename__ = "spending"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    transactions_count: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    amount_without_delivery: Mapped[int] = mapped_column(BigInteger)
    amount_excluded_for_level: Mapped[int] = mapped_column(BigInteger, default=0)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def chain_of(customer_id: int | AnyColumn) -> ScalarSelect[int]:
    """The chain of a customer, inside a statement."""
    return select(Customer.chain_id).where(Customer.id == customer_id).scalar_subquery()
