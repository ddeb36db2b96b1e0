"""Who takes part: chains, levels, segments, customers, staff and their logins."""

import secrets
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, Double, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, Serial, UtcDateTime, unique_where

ADMIN, SELLER, CUSTOMER = "admin", "seller", "customer"
UNITS = ("second", "minute", "hour", "day", "week", "month", "year")


class Level(Base):
    """A step of the programme. A customer stands on at most one."""

    __tablename__ = "level"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    name: Mapped[str]
    description: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    condition_value: Mapped[int] = mapped_column(BigInteger, default=0)  # hundredths of a point or of money
    min_order: Mapped[int | None] = mapped_column(BigInteger)  # hundredths
    reward_name: Mapped[str | None]
    reward_hundredths_of_percent: Mapped[int | None] = mapped_column(BigInteger)
    reward_code: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Segment(Base):
    """A named group of customers: the intersection of its parts."""

    __tablename__ = "segment"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    name: Mapped[str]
    description: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    parts: Mapped[list["SegmentPart"]] = relationship(
        order_by="SegmentPart.id", cascade="all, delete-orphan", lazy="selectin"
    )


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


class SegmentMember(Base):
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


class Chain(Base):
    """A retailer with a programme of its own: its customers, its campaigns, its clock and its money."""

    __tablename__ = "chain"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str] = mapped_column(default="EUR")  # ISO 4217
    time_zone: Mapped[str]  # IANA; days, weeks and daily windows are the zone's
    referral_window_quantity: Mapped[int | None] = mapped_column(BigInteger)  # none: codes count at sign-up only
    referral_window_unit: Mapped[str | None]
    third_party_voucher_ids: Mapped[bool] = mapped_column(default=False)
    has_divisions: Mapped[bool] = mapped_column(default=False)  # campaigns may belong to one of its businesses
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint(f"referral_window_unit IN {UNITS}", "known_referral_window_unit"),
        CheckConstraint("(referral_window_unit IS NULL) = (referral_window_quantity IS NULL)", "whole_referral_window"),
    )


class Business(Base):
    """A part of a chain: a branch, a brand, a region. Some call it a division, and know it by a text of their own."""

    __tablename__ = "business"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), index=True)
    name: Mapped[str]
    division_id: Mapped[str] = mapped_column(default=lambda: str(uuid4()))
    __table_args__ = (
        UniqueConstraint("chain_id", "name"),
        Index("uq_business_division_id", "chain_id", "division_id", unique=True),
    )


class AppHost(Base):
    """An app or a site that customers use; its host name tells whose. One without a chain is registered, but not open yet."""

    __tablename__ = "app_host"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    hostname: Mapped[str] = mapped_column(unique=True)  # lower case
    chain_id: Mapped[int | None] = mapped_column(ForeignKey("chain.id"), index=True)
    api_key: Mapped[str] = mapped_column(default=lambda: secrets.token_hex(20))  # names it in addresses; no secret
    __table_args__ = (Index("uq_app_host_api_key", "api_key", unique=True),)


class ChainPermission(Base):
    """What a member of the staff may do for a chain: read, or write as well."""

    __tablename__ = "chain_permission"
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), primary_key=True)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True)
    may_write: Mapped[bool]


class SessionKey(Base):
    """A signed-in customer or member of the staff. Only the key's SHA-256 is kept."""

    __tablename__ = "session_key"
    key_sha256: Mapped[str] = mapped_column(primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AccessToken(Base):
    """A partner's key to a chain, or, bound to no app, to the app that each request names. Only its SHA-256 is kept."""

    __tablename__ = "access_token"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    app_host_id: Mapped[int | None] = mapped_column(ForeignKey("app_host.id"))
    may_write: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Customer(Base):
    """Someone who collects points. What identifies a person stands in the profile."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    external_id: Mapped[str | None]  # in another system of the chain's
    is_anonymous: Mapped[bool] = mapped_column(default=False)  # somebody who has not registered yet
    time_zone: Mapped[str | None]  # IANA; none: the chain's
    status: Mapped[str] = mapped_column(default="active")
    level_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    manual_level_id: Mapped[int | None] = mapped_column(ForeignKey("level.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    profile: Mapped["Profile"] = relationship(lazy="joined", innerjoin=True, cascade="all, delete-orphan")
    level: Mapped[Level | None] = relationship(foreign_keys=[level_id], lazy="joined")
    manual_level: Mapped[Level | None] = relationship(foreign_keys=[manual_level_id], lazy="joined")
    __table_args__ = (
        CheckConstraint("status IN ('new', 'active', 'blocked', 'deleted')", "known_status"),
        Index("ix_customer_level_id_id", "level_id", "id"),
        unique_where("uq_customer_external_id", "chain_id", "external_id", where="external_id IS NOT NULL"),
    )

    @property
    def is_active(self) -> bool:
        return self.status == "active"


class Profile(Base):
    """What is personal about a customer, apart from everything that must outlive an erasure."""

    __tablename__ = "profile"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)  # lower case
    phone: Mapped[str | None] = mapped_column(unique=True)
    loyalty_card_number: Mapped[str | None] = mapped_column(unique=True)
    authentication_point_identifier: Mapped[str | None] = mapped_column(
        unique=True
    )  # at a third party that signs people in
    auxiliary_identifier: Mapped[str | None] = mapped_column(unique=True)
    referral_code: Mapped[str | None] = mapped_column(unique=True)  # what the customer recommends the programme with
    gender: Mapped[str | None]
    born_on: Mapped[date | None]
    address: Mapped[dict[str, str] | None] = mapped_column(JSON)
    company: Mapped[dict[str, str] | None] = mapped_column(JSON)
    agreement1: Mapped[bool] = mapped_column(default=False)
    agreement2: Mapped[bool] = mapped_column(default=False)
    agreement3: Mapped[bool] = mapped_column(default=False)


class CustomerTag(Base):
    """A word on a customer: how often it was set, or until when it stays. What has expired counts as gone."""

    __tablename__ = "customer_tag"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        Index("ix_customer_tag_name_customer_id", "name", "customer_id"),
        CheckConstraint("(count IS NULL) <> (expires_at IS NULL)", "count_or_expiry"),
    )


class CustomerAttribute(Base):
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


class Spending(Base):
    """What a customer has bought in the shops, summed up; amounts in hundredths."""

    __tablename__ = "spending"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    transactions_count: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    amount_without_delivery: Mapped[int] = mapped_column(BigInteger)
    amount_excluded_for_level: Mapped[int] = mapped_column(BigInteger, default=0)
    last_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PointOfSale(Base):
    """A shop or a till, where a seller works."""

    __tablename__ = "pos"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    name: Mapped[str]
    identifier: Mapped[str] = mapped_column(unique=True)
    description: Mapped[str | None]


class Login(Base):
    """Who may sign in, and as what. A customer's login obeys the customer's status as well."""

    __tablename__ = "login"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    role: Mapped[str]
    username: Mapped[str | None]  # lower case; for customers the profile's identifiers serve
    email: Mapped[str | None]  # lower case
    password_hash: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    deleted: Mapped[bool] = mapped_column(default=False)
    token_version: Mapped[int] = mapped_column(default=0)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), unique=True)
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    phone: Mapped[str | None]
    pos_id: Mapped[int | None] = mapped_column(ForeignKey("pos.id"))
    pos: Mapped[PointOfSale | None] = relationship(lazy="joined")
    __table_args__ = (
        UniqueConstraint("role", "username"),
        UniqueConstraint("role", "email"),
        CheckConstraint("role IN ('admin', 'seller', 'customer')", "known_role"),
        CheckConstraint("(role = 'customer') = (customer_id IS NOT NULL)", "customers_only"),
    )


class RefreshToken(Base):
    """One link of a chain of refresh tokens. Only its SHA-256 is kept; a spent one that returns ends the chain."""

    __tablename__ = "refresh_token"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    family: Mapped[UUID] = mapped_column(Uuid, index=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
