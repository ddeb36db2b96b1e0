"""Campaigns: whom they are for, when, what they give, and what is left of it."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Uuid, false, func
from sqlalchemy import text as sql
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.calendar import ALWAYS_FROM, ALWAYS_TO, DAY_SECONDS, EVERY_DAY
from app.campaign.limits import UNLIMITED
from app.campaign.models.audiences import Audience, Targeting
from app.campaign.models.draws import DrawSeed
from app.campaign.models.limits import Stock
from app.campaign.models.photos import Photo
from app.campaign.models.rewards import RewardMethod
from app.db.types import Base, Serial, UtcDateTime, Written, unique_where
from app.organizations.models import UNITS, Business, Chain
from app.text import folded

COUPON_KINDS = ("discount_code", "free_delivery_code", "gift_code", "event_code", "value_code")
CAMPAIGN_KINDS = ("interaction", "composable", "referral", "signup", "basket")
CONTEXTS = ("interaction", "basket", "signup", "referral", "event", "internal")
LIFECYCLES = ("draft", "inreview", "live", "paused", "completed")
CAMPAIGN_TYPES = ("promotion", "messaging")


class Campaign(Base):
    """An offer of rewards: what it costs, for whom, when, and how often."""

    __tablename__ = "campaign"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    permalink: Mapped[str] = mapped_column(Written, unique=True, default=lambda: str(uuid4()))
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    key: Mapped[str]  # what its document is called in files, on whatever installation; a slug
    name: Mapped[str]
    name_folded: Mapped[str] = mapped_column(default="")  # for searching
    kind: Mapped[str] = mapped_column(default="interaction")
    context: Mapped[str] = mapped_column(default="interaction")  # what makes it give; fixed once it gave
    reward: Mapped[str | None]  # what its coupons are worth; none when reward methods say what it gives
    handling: Mapped[str] = mapped_column(default="independent")  # `independent` or `random_draw`
    targeting_id: Mapped[int | None] = mapped_column(ForeignKey("targeting.id"))  # none: no restrictions
    business_id: Mapped[int | None] = mapped_column(
        ForeignKey("business.id")
    )  # the part of the chain that it belongs to
    external_id: Mapped[str | None] = mapped_column(Written)  # what it is called in another system of the chain's
    unique_name: Mapped[str | None]  # in lower case, of campaigns that no other of the chain may be called like
    lifecycle: Mapped[str]
    cost: Mapped[int] = mapped_column(BigInteger)  # hundredths of a point
    single_coupon: Mapped[bool]
    unlimited: Mapped[bool]
    limit: Mapped[int] = mapped_column(BigInteger)
    limit_per_customer: Mapped[int] = mapped_column(BigInteger)
    limit_per_customer_unit: Mapped[str | None]  # none: for ever
    limit_in_period: Mapped[int] = mapped_column(BigInteger, default=UNLIMITED)  # to all customers together
    limit_unit: Mapped[str | None]
    # When its limits changed: what was counted in a period that began before may exceed them.
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    weekdays: Mapped[int] = mapped_column(BigInteger, default=EVERY_DAY)
    opens_second: Mapped[int] = mapped_column(BigInteger, default=0)  # of the day, in the chain's zone
    closes_second: Mapped[int] = mapped_column(BigInteger, default=DAY_SECONDS)
    customer_may_claim: Mapped[bool] = mapped_column(default=True)
    claimed_by_default: Mapped[bool] = mapped_column(default=False)
    active_from: Mapped[datetime] = mapped_column(UtcDateTime)
    active_to: Mapped[datetime] = mapped_column(UtcDateTime)
    visible_from: Mapped[datetime] = mapped_column(UtcDateTime)
    visible_to: Mapped[datetime] = mapped_column(UtcDateTime)
    opt_in_required: Mapped[bool] = mapped_column(default=False)
    opt_in_from: Mapped[datetime | None] = mapped_column(UtcDateTime)  # none: as long as the campaign is active
    opt_in_to: Mapped[datetime | None] = mapped_column(UtcDateTime)
    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"), index=True)
    is_featured: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_public: Mapped[bool] = mapped_column(default=False, server_default=false())  # shown to who has not signed in
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped["CampaignText"] = relationship(cascade="all, delete-orphan", lazy="raise_on_sql")
    labels: Mapped[list["CampaignLabel"]] = relationship(
        order_by="CampaignLabel.position", cascade="all, delete-orphan", lazy="raise_on_sql"
    )
    categories: Mapped[list["Category"]] = relationship(
        secondary="campaign_category", order_by="(Category.position, Category.id)", lazy="raise_on_sql"
    )
    audience: Mapped[Audience] = relationship(lazy="raise_on_sql")
    targeting: Mapped["Targeting | None"] = relationship(lazy="raise_on_sql")
    business: Mapped[Business | None] = relationship(lazy="raise_on_sql")
    stock: Mapped["Stock"] = relationship(lazy="raise_on_sql", cascade="all, delete-orphan")
    photos: Mapped[list[Photo]] = relationship(lazy="raise_on_sql", order_by=Photo.id)
    chain: Mapped[Chain] = relationship(lazy="raise_on_sql")
    methods: Mapped[list["RewardMethod"]] = relationship(
        primaryjoin="and_(RewardMethod.campaign_id == Campaign.id, RewardMethod.closed.is_(False))",
        order_by="RewardMethod.id",
        lazy="raise_on_sql",
        viewonly=True,
    )
    seed: Mapped["DrawSeed | None"] = relationship(lazy="raise_on_sql", uselist=False)
    __table_args__ = (
        CheckConstraint(f"kind IN {CAMPAIGN_KINDS}", "known_kind"),
        CheckConstraint(f"context IN {CONTEXTS}", "known_context"),
        CheckConstraint("kind = 'composable' OR context = kind", "context_of_kind"),
        CheckConstraint("handling IN ('independent', 'random_draw')", "known_handling"),
        CheckConstraint(f"limit_unit IN {UNITS} AND limit_per_customer_unit IN {UNITS}", "known_unit"),
        Index(
            "ix_campaign_on_show",
            "chain_id",
            "lifecycle",
            "audience_id",
            "visible_to",
            "visible_from",
            "reward",
            "targeting_id",
            "id",
        ),
        Index("ix_campaign_chain_id_context", "chain_id", "context"),
        Index("ix_campaign_opens", "chain_id", "lifecycle", "active_from"),
        Index("ix_campaign_closes", "chain_id", "lifecycle", "active_to", "active_from"),
        Index("ix_campaign_name", "chain_id", "name_folded", "id"),
        Index("uq_campaign_key", "chain_id", "key", unique=True),
        unique_where("uq_campaign_external_id", "chain_id", "external_id", where="external_id IS NOT NULL"),
        unique_where("uq_campaign_unique_name", "chain_id", "unique_name", where="unique_name IS NOT NULL"),
        Index("ix_campaign_targeting_id", "targeting_id"),
        Index(
            "ix_campaign_public", "chain_id", "id", postgresql_where=sql("is_public"), sqlite_where=sql("is_public = 1")
        ),
        CheckConstraint(f"lifecycle IN {LIFECYCLES}", "known_lifecycle"),
        CheckConstraint("cost >= 0", "cost_not_negative"),
        CheckConstraint("active_from <= active_to", "active_window"),
        CheckConstraint("visible_from <= visible_to", "visible_window"),
    )

    @hybrid_property
    def known_as(self) -> str:
        """What addresses name it by: its permalink, or what another system calls it."""
        return self.external_id or self.permalink

    @known_as.inplace.expression
    @classmethod
    def _known_as(cls) -> Any:
        return func.coalesce(cls.external_id, cls.permalink)

    @validates("name")
    def fold(self, name: str, value: str) -> str:
        self.name_folded = folded(value)
        return value

    @property
    def restrictions(self) -> dict[str, Any] | None:
        return self.targeting.tree if self.targeting else None

    @property
    def is_live(self) -> bool:
        return self.lifecycle == "live"

    @property
    def is_draw(self) -> bool:
        return self.handling == "random_draw"

    @property
    def is_always_active(self) -> bool:
        return (self.active_from, self.active_to) == (ALWAYS_FROM, ALWAYS_TO)

    @property
    def is_always_visible(self) -> bool:
        return (self.visible_from, self.visible_to) == (ALWAYS_FROM, ALWAYS_TO)


class CampaignText(Base):
    """The texts of a campaign, the descriptions as Markdown. Nothing here decides anything."""

    __tablename__ = "campaign_text"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    short_description: Mapped[str | None]
    conditions_description: Mapped[str | None]
    usage_instruction: Mapped[str | None]
    campaign_type: Mapped[str | None]  # `promotion` or `messaging`
    details: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # whatever a client attaches
    sponsor_name: Mapped[str | None]
    reporting_ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    qualify_tag: Mapped[str | None]  # the tags that the targeting asks for, for those who set them
    disqualify_tag: Mapped[str | None]
    translations: Mapped[dict[str, dict[str, str]] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # by language: name, and the descriptions


class CampaignLabel(Base):
    """A key and a value to find a campaign by. The same key may come twice."""

    __tablename__ = "campaign_label"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    value: Mapped[str]
    __table_args__ = (Index("ix_campaign_label_key_value", "key", "value"),)


class Category(Base):
    """What a chain's campaigns are sorted into for whoever looks through them, by position."""

    __tablename__ = "category"
    __audited__ = ("name", "active", "position")
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    name: Mapped[str]
    active: Mapped[bool]
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    translations: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)  # its name in other languages
    __table_args__ = (Index("uq_category_chain_id_name", "chain_id", "name", unique=True),)


class InCategory(Base):
    """A campaign in one of its categories."""

    __tablename__ = "campaign_category"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), primary_key=True)
    __table_args__ = (Index("ix_campaign_category_category_id", "category_id"),)


class AlwaysOnShow(Base):
    """How many live campaigns are visible at all times, for each chain, audience and targeting (0: none).

    `campaigns_count` are those that sell coupons, `running_count` those that are active at all times, too. Kept by the
    database itself, whoever changes a campaign; see migrations 0011 and 0014.
    """

    __tablename__ = "always_on_show"
    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    audience_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    targeting_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    campaigns_count: Mapped[int] = mapped_column(BigInteger)
    running_count: Mapped[int] = mapped_column(BigInteger)
