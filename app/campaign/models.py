"""Campaigns, whom they are for, what is left of them, and what was bought."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base, Serial, UtcDateTime

# A window that is always open, and a limit that never binds, are stored as these: rules and SQL then need no special case.
ALWAYS_FROM = datetime(1, 1, 1, tzinfo=UTC)
ALWAYS_TO = datetime(9999, 12, 31, tzinfo=UTC)
UNLIMITED = 1_000_000_000

REWARDS = ("discount_code", "free_delivery_code", "gift_code", "event_code", "value_code")


class Audience(Base):
    """Whom campaigns are for: customers on any of its levels or in any of its segments.

    Campaigns with the same targets in the same order share one audience, found by its `key`.
    """

    __tablename__ = "audience"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the targets
    targets: Mapped[list["AudienceTarget"]] = relationship(order_by="AudienceTarget.position", lazy="selectin")

    def uuids(self, kind: str) -> list[UUID]:
        return [target.uuid for target in self.targets if target.kind == kind]


class AudienceTarget(Base):
    """A level or a segment of an audience. It may name one that does not exist; then it adds nobody."""

    __tablename__ = "audience_target"
    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # `level` or `segment`
    uuid: Mapped[UUID] = mapped_column(Uuid)
    __table_args__ = (
        Index("ix_audience_target_uuid_audience_id", "uuid", "audience_id"),
        CheckConstraint("kind IN ('level', 'segment')", "known_kind"),
    )


class Campaign(Base):
    """An offer of rewards: what it costs, for whom, when, and how often."""

    __tablename__ = "campaign"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    permalink: Mapped[str] = mapped_column(unique=True, default=lambda: str(uuid4()))
    name: Mapped[str]
    reward: Mapped[str]
    lifecycle: Mapped[str]  # `draft`, `live`, `paused` or `completed`
    cost: Mapped[int] = mapped_column(BigInteger)  # hundredths of a point
    single_coupon: Mapped[bool]
    unlimited: Mapped[bool]
    limit: Mapped[int] = mapped_column(BigInteger)
    limit_per_customer: Mapped[int] = mapped_column(BigInteger)
    active_from: Mapped[datetime] = mapped_column(UtcDateTime)
    active_to: Mapped[datetime] = mapped_column(UtcDateTime)
    visible_from: Mapped[datetime] = mapped_column(UtcDateTime)
    visible_to: Mapped[datetime] = mapped_column(UtcDateTime)
    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped["CampaignText"] = relationship(cascade="all, delete-orphan", lazy="raise_on_sql")
    labels: Mapped[list["CampaignLabel"]] = relationship(
        order_by="CampaignLabel.position", cascade="all, delete-orphan", lazy="raise_on_sql"
    )
    audience: Mapped[Audience] = relationship(lazy="raise_on_sql")
    stock: Mapped["Stock"] = relationship(lazy="raise_on_sql", cascade="all, delete-orphan")
    photo: Mapped["Photo | None"] = relationship(lazy="raise_on_sql", uselist=False)
    __table_args__ = (
        CheckConstraint("lifecycle IN ('draft', 'live', 'paused', 'completed')", "known_lifecycle"),
        CheckConstraint("cost >= 0", "cost_not_negative"),
        CheckConstraint("active_from <= active_to", "active_window"),
        CheckConstraint("visible_from <= visible_to", "visible_window"),
    )

    @property
    def is_live(self) -> bool:
        return self.lifecycle == "live"

    @property
    def is_always_active(self) -> bool:
        return self.active_from == ALWAYS_FROM

    @property
    def is_always_visible(self) -> bool:
        return self.visible_from == ALWAYS_FROM


class CampaignText(Base):
    """What is told of a campaign, as Markdown."""

    __tablename__ = "campaign_text"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    short_description: Mapped[str | None]
    conditions_description: Mapped[str | None]
    usage_instruction: Mapped[str | None]


class CampaignLabel(Base):
    """A key and a value to find a campaign by. The same key may come twice."""

    __tablename__ = "campaign_label"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    value: Mapped[str]
    __table_args__ = (Index("ix_campaign_label_key_value", "key", "value"),)


class Stock(Base):
    """How many rewards of a campaign can be sold, and how many are.

    `sellable` is the smaller of the campaign's limit and its coupons. Apart from the campaign, in a narrow row
    without an index on what changes: this is the row that all buyers of one campaign wait for.
    """

    __tablename__ = "stock"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    sold: Mapped[int] = mapped_column(BigInteger, default=0)
    sellable: Mapped[int] = mapped_column(BigInteger, default=0)
    coupons_count: Mapped[int] = mapped_column(BigInteger, default=0)
    buyers_count: Mapped[int] = mapped_column(BigInteger, default=0)
    terms: Mapped[int] = mapped_column(BigInteger, default=1)  # raised by every change of the campaign
    __table_args__ = (
        CheckConstraint("sold <= sellable", "not_oversold"),
        CheckConstraint("sold >= 0 AND buyers_count >= 0 AND buyers_count <= sold", "counts"),
        {"postgresql_with": {"fillfactor": 50}},
    )


class Usage(Base):
    """How many rewards of a campaign a customer has bought."""

    __tablename__ = "usage"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    bought: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (CheckConstraint("bought >= 1", "positive"),)


class Coupon(Base):
    """A code that is worth a reward; given to one purchase, unless the campaign shares a single code."""

    __tablename__ = "coupon"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    code: Mapped[str]
    # The order of sale. Not the id: an index of its own on what a buyer sorts by would lure PostgreSQL's planner into
    # walking through every coupon of every campaign, because it believes the free ones to be spread evenly.
    position: Mapped[int] = mapped_column(BigInteger)
    purchase_id: Mapped[UUID | None] = mapped_column(Uuid)  # claimed before the purchase is there
    __table_args__ = (
        UniqueConstraint("campaign_id", "code"),
        # Of the claimed coupons only: with all the free ones in it, SQLite would look for a free one here, and sort them.
        Index(
            "uq_coupon_purchase_id",
            "purchase_id",
            unique=True,
            postgresql_where=text("purchase_id IS NOT NULL"),
            sqlite_where=text("purchase_id IS NOT NULL"),
        ),
        Index(
            "ix_coupon_free",
            "campaign_id",
            "position",
            postgresql_where=text("purchase_id IS NULL"),
            sqlite_where=text("purchase_id IS NULL"),
        ),
        {
            "postgresql_with": {
                "autovacuum_vacuum_scale_factor": 0.01,
                "autovacuum_vacuum_threshold": 1000,
            }
        },
    )


class Purchase(Base):
    """One reward, sold to one customer."""

    __tablename__ = "purchase"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    coupon_id: Mapped[int] = mapped_column(ForeignKey("coupon.id"))
    cost: Mapped[int] = mapped_column(BigInteger)
    bought_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sold_by: Mapped[int | None] = mapped_column(ForeignKey("login.id"))  # the admin, seller or customer who asked
    coupon: Mapped[Coupon] = relationship(foreign_keys=[coupon_id], lazy="raise_on_sql")
    campaign: Mapped[Campaign] = relationship(lazy="raise_on_sql")
    __table_args__ = (Index("ix_purchase_customer_id_bought_at", "customer_id", "bought_at"),)


class Photo(Base):
    """A campaign's picture: what we made of the upload, stored under the SHA-256 of its bytes."""

    __tablename__ = "photo"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), unique=True)
    sha256: Mapped[str] = mapped_column(index=True)
    media_type: Mapped[str]
    bytes_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
