"""Retailers: chains, their businesses, apps and points of sale."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, Double, ForeignKey, Index, UniqueConstraint, Uuid, true
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, Serial, UtcDateTime, WordList, Written, WrittenSmall

LEVELS_BY = ("hand", "sales", "points")
MATCHES_BY = ("loyalty_card_number", "email", "phone")
# What clients show of a programme, in the chain's own words.
DISPLAYED = ("point", "points", "conditions_url", "faq_url", "url", "help_email", "accent_color", "css")
POINTS_EXPIRIES = ("never", "after_days", "month_end", "year_end")
POINTS_DAYS_MAX = 36_500
MAY_BE_GRANTED = ("new", "active", "blocked")  # the statuses of customers that a chain may let earn, or spend
UNITS = ("second", "minute", "hour", "day", "week", "month", "year")


class Chain(Base):
    """A retailer with a programme of its own: its customers, its campaigns, its clock and its money."""

    __tablename__ = "chain"
    __audited__ = (
        "name",
        "currency",
        "time_zone",
        "referral_window_quantity",
        "referral_window_unit",
        "third_party_voucher_ids",
        "has_divisions",
        "points_expiry",
        "points_days_active",
        "points_days_locked",
        "matches_by",
        "delivery_skus",
        "levels_by",
        "level_days",
        "display",
        "earning_statuses",
        "spending_statuses",
        "allows_profile_edits",
    )
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str] = mapped_column(default="EUR")  # ISO 4217
    time_zone: Mapped[str]  # IANA; days, weeks and daily windows are the zone's
    referral_window_quantity: Mapped[int | None] = mapped_column(BigInteger)  # none: codes count at sign-up only
    referral_window_unit: Mapped[str | None]
    third_party_voucher_ids: Mapped[bool] = mapped_column(default=False)
    has_divisions: Mapped[bool] = mapped_column(default=False)  # campaigns may belong to one of its businesses
    points_expiry: Mapped[str] = mapped_column(default="never", server_default="never")  # see `app.points.terms`
    points_days_active: Mapped[int | None] = mapped_column(BigInteger)
    points_days_locked: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    matches_by: Mapped[list[str]] = mapped_column(
        JSON, default=lambda: [*MATCHES_BY]
    )  # whose a sale is; the first that is known
    levels_by: Mapped[str] = mapped_column(default="hand", server_default="hand")  # what customers reach levels by
    level_days: Mapped[int | None] = mapped_column(BigInteger)  # of the last so many days; none: of all time
    delivery_skus: Mapped[list[str]] = mapped_column(JSON, default=list)  # items of sales that are the cost of delivery
    display: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")  # see DISPLAYED
    # Of which customers sales and events earn points by rules, and to which campaigns give; see MAY_BE_GRANTED.
    earning_statuses: Mapped[Sequence[str]] = mapped_column(WordList, default=("active",), server_default="active")
    spending_statuses: Mapped[Sequence[str]] = mapped_column(WordList, default=("active",), server_default="active")
    allows_profile_edits: Mapped[bool] = mapped_column(
        default=True, server_default=true()
    )  # by customers, of their own
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime
    )  # since when nobody may change anything: it is moving away
    __table_args__ = (
        CheckConstraint(f"referral_window_unit IN {UNITS}", "known_referral_window_unit"),
        CheckConstraint("(referral_window_unit IS NULL) = (referral_window_quantity IS NULL)", "whole_referral_window"),
        CheckConstraint(f"levels_by IN {LEVELS_BY}", "known_levels_by"),
        CheckConstraint(f"points_expiry IN {POINTS_EXPIRIES}", "known_points_expiry"),
        CheckConstraint("(points_expiry = 'after_days') = (points_days_active IS NOT NULL)", "whole_points_expiry"),
    )


class Business(Base):
    """A part of a chain: a branch, a brand, a region. Some call it a division, and know it by a text of their own."""

    __tablename__ = "business"
    __audited__ = ("name",)
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), index=True)
    name: Mapped[str]
    division_id: Mapped[str] = mapped_column(Written, default=lambda: str(uuid4()))
    __table_args__ = (
        UniqueConstraint("chain_id", "name"),
        Index("uq_business_division_id", "chain_id", "division_id", unique=True),
    )


class AppHost(Base):
    """An app or a site that customers use; its host name tells whose. One without a chain is registered, but not open yet."""

    __tablename__ = "app_host"
    __audited__ = ("chain_id",)
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    hostname: Mapped[str] = mapped_column(WrittenSmall, unique=True)
    chain_id: Mapped[int | None] = mapped_column(ForeignKey("chain.id"), index=True)
    api_key: Mapped[str] = mapped_column(default=lambda: secrets.token_hex(20))  # names it in addresses; no secret
    __table_args__ = (Index("uq_app_host_api_key", "api_key", unique=True),)


class PointOfSale(Base):
    """A shop or a till, where a seller works. `address` by the names of its parts, as Open Loyalty's; the place in degrees."""

    __tablename__ = "pos"
    __audited__ = ("name", "identifier", "description", "address", "latitude", "longitude")
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    name: Mapped[str]
    identifier: Mapped[str] = mapped_column(Written, unique=True)
    description: Mapped[str | None]
    address: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)


class Translation(Base):
    """The texts of a chain's own clients in one language: a JSON object, kept as it was written."""

    __tablename__ = "translation"
    __audited__ = ("name", "is_default", "position")
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    is_default: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    content: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
