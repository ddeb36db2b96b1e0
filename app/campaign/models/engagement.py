"""What customers do: behaviors and how far each customer has come, opting in and out, the creatives that tell of a campaign."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.types import Base, OfChain, Serial, UtcDateTime, Written

BEHAVIOR_KINDS = ("count", "unique", "composite")
CREATIVE_KINDS = ("internal_tile", "internal_full_page", "internal_behavior")


class Behavior(Base):
    """Events that a customer is rewarded for: so many of one name, or several goals together (`composite`).

    See `counting` for what it counts.
    """

    __tablename__ = "behavior"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    event_name: Mapped[str] = mapped_column(Written)  # of a composite behavior, only a name
    kind: Mapped[str]
    points: Mapped[int] = mapped_column(BigInteger, default=0)  # hundredths, for each achievement
    times_max: Mapped[int] = mapped_column(BigInteger)
    per_period_max: Mapped[int] = mapped_column(BigInteger)
    period_seconds: Mapped[int] = mapped_column(BigInteger)
    closed: Mapped[bool] = mapped_column(default=False)  # it was taken out of the campaign, and counts no more
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # who achieved it before did so on other terms
    is_rewarded: Mapped[bool] = mapped_column(default=False)  # the campaign gives something for achieving it
    goals: Mapped[list["Goal"]] = relationship(order_by="Goal.position", lazy="raise_on_sql")
    __table_args__ = (
        UniqueConstraint("campaign_id", "position"),
        CheckConstraint(f"kind IN {BEHAVIOR_KINDS}", "known_kind"),
        CheckConstraint("points >= 0 AND times_max > 0 AND per_period_max > 0 AND period_seconds > 0", "positive"),
    )


class Goal(Base):
    """Events of one name, so many a round. A behavior that is not composite has exactly one."""

    __tablename__ = "goal"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    behavior_id: Mapped[int] = mapped_column(ForeignKey("behavior.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    event_name: Mapped[str] = mapped_column(Written, index=True)
    kind: Mapped[str]
    points: Mapped[int] = mapped_column(BigInteger, default=0)  # hundredths, for each round in which it was completed
    earn_count: Mapped[int] = mapped_column(BigInteger)
    required: Mapped[bool] = mapped_column(default=True)
    group_key: Mapped[str] = mapped_column(default="0")
    group_wanted: Mapped[int] = mapped_column(BigInteger, default=1)  # how many goals of its group it takes
    min_gap_seconds: Mapped[int | None] = mapped_column(BigInteger)
    consecutive: Mapped[bool] = mapped_column(default=False)
    unique_key: Mapped[str | None]
    __table_args__ = (
        UniqueConstraint("behavior_id", "position"),
        CheckConstraint("kind IN ('count', 'unique')", "known_kind"),
        CheckConstraint("points >= 0 AND earn_count > 0 AND group_wanted > 0", "positive"),
    )


class BehaviorProgress(OfChain, Base):
    """How far a customer has come in a behavior; `version` grows with every change, so that none is lost.

    What a single goal counts without gaps, days or keys is a number, `current`; `counts` holds everything else. See `progress`.
    """

    __tablename__ = "behavior_progress"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    behavior_id: Mapped[int] = mapped_column(ForeignKey("behavior.id"), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    achieved: Mapped[int] = mapped_column(BigInteger)
    current: Mapped[int | None] = mapped_column(BigInteger)
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    __table_args__ = (
        CheckConstraint("version >= 1 AND achieved >= 0 AND current >= 0", "counts"),
        CheckConstraint("(current IS NULL) <> (counts IS NULL)", "current_or_counts"),
        {"postgresql_with": {"fillfactor": 70}},
    )


class EventReceipt(OfChain, Base):
    """An event that was recorded: the same one sent again changes nothing, and is answered the same."""

    __tablename__ = "event_receipt"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Written, primary_key=True)
    transaction_id: Mapped[str] = mapped_column(Written, primary_key=True)
    quantity: Mapped[int] = mapped_column(BigInteger)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_token: Mapped[int | None] = mapped_column(ForeignKey("access_token.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"))  # the only one that may react
    context: Mapped[dict[str, Any]] = mapped_column(JSON)
    outcome: Mapped[list[Any]] = mapped_column(JSON)  # [[campaign, behavior, how often achieved, points], …], and
    # [campaign, none, 0, 0, [reason, …]] for each campaign that gave nothing
    __table_args__ = (CheckConstraint("quantity >= 1", "positive"),)


class Participation(OfChain, Base):
    """What a customer said about taking part in a campaign: in, or out."""

    __tablename__ = "participation"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    opted_in: Mapped[bool]
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (Index("ix_participation_campaign_id", "campaign_id"),)


class Creative(Base):
    """How a campaign presents itself: a tile in a feed, or a page. `content` is text, pictures and where a tap leads."""

    __tablename__ = "creative"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    group_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    tracks_clicks: Mapped[bool] = mapped_column(default=True)
    closed: Mapped[bool] = mapped_column(default=False)  # it was taken out of the campaign; what was counted stays
    __table_args__ = (
        UniqueConstraint("campaign_id", "kind"),
        CheckConstraint(f"kind IN {CREATIVE_KINDS}", "known_kind"),
    )


class CreativeStat(OfChain, Base):
    """How often a customer has seen a creative, and tapped on it."""

    __tablename__ = "creative_stat"
    creative_id: Mapped[int] = mapped_column(ForeignKey("creative.id"), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    seen_count: Mapped[int] = mapped_column(BigInteger, default=0)
    clicks_count: Mapped[int] = mapped_column(BigInteger, default=0)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (CheckConstraint("seen_count >= 0 AND clicks_count >= 0", "counts"),)
