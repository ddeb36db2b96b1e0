"""Campaigns: whom they are for, when, what they give, and what is left of it."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, func, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.campaign.limits import UNLIMITED
from app.campaign.periods import ALWAYS_FROM, DAY_SECONDS, EVERY_DAY
from app.database import Base, Serial, UtcDateTime, unique_where
from app.members.models import UNITS, Business, Chain

REWARDS = ("discount_code", "free_delivery_code", "gift_code", "event_code", "value_code")
KINDS = ("interaction", "composable", "referral", "signup", "basket")
CONTEXTS = ("interaction", "basket", "signup", "referral", "event", "internal")
LIFECYCLES = ("draft", "inreview", "live", "paused", "completed")
CAMPAIGN_TYPES = ("promotion", "messaging")
METHOD_KINDS = ("points", "voucher", "coupon", "nothing")
VOUCHER_KINDS = ("basket", "basket_pct", "honour")
RECIPIENTS = ("customer", "referring", "referred")


class Tally:
    """How often something happened in the current period: since `period_from`, which moves on with the clock.

    What has no period counts from ALWAYS_FROM on. Source: `periods.start`.
    """

    period_from: Mapped[datetime] = mapped_column(UtcDateTime, default=ALWAYS_FROM)
    in_period: Mapped[int] = mapped_column(BigInteger, default=0)


class Audience(Base):
    """Whom campaigns are for: everyone, or customers on any of its levels or in any of its segments.

    Campaigns with the same targets in the same order share one audience, found by its `key`.
    """

    __tablename__ = "audience"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the targets
    targets: Mapped[list["AudienceTarget"]] = relationship(order_by="AudienceTarget.position", lazy="selectin")

    @property
    def is_everyone(self) -> bool:
        return any(target.kind == "everyone" for target in self.targets)

    def uuids(self, kind: str) -> list[UUID]:
        return [target.uuid for target in self.targets if target.kind == kind]


class AudienceTarget(Base):
    """A level or a segment of an audience, or everyone. It may name one that does not exist; then it adds nobody."""

    __tablename__ = "audience_target"
    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # `level`, `segment` or `everyone`
    uuid: Mapped[UUID] = mapped_column(Uuid)
    __table_args__ = (
        Index("ix_audience_target_uuid_audience_id", "uuid", "audience_id"),
        CheckConstraint("kind IN ('level', 'segment', 'everyone')", "known_kind"),
    )


class Targeting(Base):
    """Which customers of its audience a campaign is for: a tree of conditions, see `targeting`. Never changes.

    Campaigns with the same tree share it, found by its `key`.
    """

    __tablename__ = "targeting"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the tree
    tree: Mapped[dict[str, Any]] = mapped_column(JSON)


class TargetingKey(Base):
    """A field and a text of which a customer must have at least one, or the targeting cannot hold: `targeting.keys`.

    A targeting that asks for none has a single one, which is empty.
    """

    __tablename__ = "targeting_key"
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    targeting_id: Mapped[int] = mapped_column(ForeignKey("targeting.id"), primary_key=True, autoincrement=False)


class Campaign(Base):
    """An offer of rewards: what it costs, for whom, when, and how often."""

    __tablename__ = "campaign"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    permalink: Mapped[str] = mapped_column(unique=True, default=lambda: str(uuid4()))
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="interaction")
    context: Mapped[str] = mapped_column(default="interaction")  # what makes it give; never changes
    reward: Mapped[str | None]  # what its coupons are worth; none when reward methods say what it gives
    handling: Mapped[str] = mapped_column(default="independent")  # `independent` or `random_draw`
    targeting_id: Mapped[int | None] = mapped_column(ForeignKey("targeting.id"))  # none: no restrictions
    business_id: Mapped[int | None] = mapped_column(
        ForeignKey("business.id")
    )  # the part of the chain that it belongs to
    external_id: Mapped[str | None]  # what it is called in another system of the chain's
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
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped["CampaignText"] = relationship(cascade="all, delete-orphan", lazy="raise_on_sql")
    labels: Mapped[list["CampaignLabel"]] = relationship(
        order_by="CampaignLabel.position", cascade="all, delete-orphan", lazy="raise_on_sql"
    )
    audience: Mapped[Audience] = relationship(lazy="raise_on_sql")
    targeting: Mapped["Targeting | None"] = relationship(lazy="raise_on_sql")
    business: Mapped[Business | None] = relationship(lazy="raise_on_sql")
    stock: Mapped["Stock"] = relationship(lazy="raise_on_sql", cascade="all, delete-orphan")
    photo: Mapped["Photo | None"] = relationship(lazy="raise_on_sql", uselist=False)
    chain: Mapped[Chain] = relationship(lazy="raise_on_sql")
    methods: Mapped[list["RewardMethod"]] = relationship(order_by="RewardMethod.id", lazy="raise_on_sql")
    seed: Mapped["DrawSeed | None"] = relationship(lazy="raise_on_sql", uselist=False)
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", "known_kind"),
        CheckConstraint(f"context IN {CONTEXTS}", "known_context"),
        CheckConstraint("kind = 'composable' OR context = kind", "context_of_kind"),
        CheckConstraint("handling IN ('independent', 'random_draw')", "known_handling"),
        CheckConstraint(f"limit_unit IN {UNITS} AND limit_per_customer_unit IN {UNITS}", "known_unit"),
        Index("ix_campaign_chain_id_context", "chain_id", "context"),
        unique_where("uq_campaign_external_id", "chain_id", "external_id", where="external_id IS NOT NULL"),
        unique_where("uq_campaign_unique_name", "chain_id", "unique_name", where="unique_name IS NOT NULL"),
        Index("ix_campaign_targeting_id", "targeting_id"),
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
        return self.active_from == ALWAYS_FROM

    @property
    def is_always_visible(self) -> bool:
        return self.visible_from == ALWAYS_FROM


class CampaignText(Base):
    """What is told of a campaign, the descriptions as Markdown. Nothing here decides anything."""

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


class CampaignLabel(Base):
    """A key and a value to find a campaign by. The same key may come twice."""

    __tablename__ = "campaign_label"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    value: Mapped[str]
    __table_args__ = (Index("ix_campaign_label_key_value", "key", "value"),)


class Stock(Tally, Base):
    """How many times a campaign can give its rewards, and how many times it did.

    `sellable` is the smaller of the campaign's limit and, when it sells coupons, their number. Apart from the campaign, in a narrow row
    without an index on what changes: this is the row that all buyers of one campaign wait for.
    """

    __tablename__ = "stock"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    sold: Mapped[int] = mapped_column(BigInteger, default=0)
    sellable: Mapped[int] = mapped_column(BigInteger, default=0)
    coupons_count: Mapped[int] = mapped_column(BigInteger, default=0)
    buyers_count: Mapped[int] = mapped_column(BigInteger, default=0)
    terms: Mapped[int] = mapped_column(BigInteger, default=1)  # raised by every change of the campaign
    participants_count: Mapped[int] = mapped_column(BigInteger, default=0)  # who have opted in and not out again
    participants_max: Mapped[int] = mapped_column(BigInteger, default=UNLIMITED)
    __table_args__ = (
        CheckConstraint("participants_count BETWEEN 0 AND participants_max", "not_overfull"),
        CheckConstraint("sold <= sellable", "not_oversold"),
        CheckConstraint("sold >= 0 AND buyers_count >= 0 AND buyers_count <= sold", "counts"),
        {"postgresql_with": {"fillfactor": 50}},
    )


class Usage(Tally, Base):
    """How many times a campaign has given a customer its rewards."""

    __tablename__ = "usage"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True)
    bought: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (CheckConstraint("bought >= 1", "positive"),)


class Coupon(Base):
    """A code that is worth a reward; given to one award, unless the campaign shares a single code."""

    __tablename__ = "coupon"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    code: Mapped[str]
    # The order of sale. Not the id: an index of its own on what a buyer sorts by would lure PostgreSQL's planner into
    # walking through every coupon of every campaign, because it believes the free ones to be spread evenly.
    position: Mapped[int] = mapped_column(BigInteger)
    award_id: Mapped[UUID | None] = mapped_column(Uuid)  # claimed before the award is there
    __table_args__ = (
        UniqueConstraint("campaign_id", "code"),
        # Of the claimed coupons only: with all the free ones in it, SQLite would look for a free one here, and sort them.
        unique_where("uq_coupon_award_id", "award_id", where="award_id IS NOT NULL"),
        Index(
            "ix_coupon_free",
            "campaign_id",
            "position",
            postgresql_where=text("award_id IS NULL"),
            sqlite_where=text("award_id IS NULL"),
        ),
        {"postgresql_with": {"autovacuum_vacuum_scale_factor": 0.01, "autovacuum_vacuum_threshold": 1000}},
    )


class RewardMethod(Base):
    """One of the things that a campaign gives, and on which terms. A campaign that just sells its coupons has none."""

    __tablename__ = "reward_method"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    title: Mapped[str]
    recipient: Mapped[str] = mapped_column(default="customer")  # in referral campaigns, `referring` or `referred`
    weight: Mapped[int] = mapped_column(BigInteger, default=1)  # of a draw
    amount: Mapped[int] = mapped_column(BigInteger, default=0)  # hundredths of points or money
    restrictions: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    stock: Mapped[int] = mapped_column(BigInteger, default=UNLIMITED)
    limit_in_period: Mapped[int] = mapped_column(BigInteger, default=UNLIMITED)
    limit_unit: Mapped[str | None]
    limit_per_customer: Mapped[int] = mapped_column(BigInteger, default=UNLIMITED)
    limit_per_customer_unit: Mapped[str | None]
    voucher_kind: Mapped[str | None]
    voucher_hundredths_of_percent: Mapped[int | None] = mapped_column(BigInteger)
    voucher_code: Mapped[str | None]  # a third party's, the same for everybody
    voucher_text: Mapped[str | None]
    voucher_seconds: Mapped[int | None] = mapped_column(BigInteger)  # how long it is good for; none: for ever
    behavior_id: Mapped[int | None] = mapped_column(ForeignKey("behavior.id"))  # only who achieves this one is given it
    goal_id: Mapped[int | None] = mapped_column(ForeignKey("goal.id"))  # and only with this goal completed
    offer: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # texts and pictures of it; decides nothing
    given: Mapped["MethodTally"] = relationship(lazy="raise_on_sql", cascade="all, delete-orphan")
    __table_args__ = (
        UniqueConstraint("campaign_id", "position"),
        CheckConstraint(f"kind IN {METHOD_KINDS}", "known_kind"),
        CheckConstraint(f"recipient IN {RECIPIENTS}", "known_recipient"),
        CheckConstraint("weight >= 0 AND amount >= 0", "not_negative"),
        CheckConstraint(f"voucher_kind IN {VOUCHER_KINDS}", "known_voucher_kind"),
        CheckConstraint("(kind = 'voucher') = (voucher_kind IS NOT NULL)", "voucher_kind_of_voucher"),
        CheckConstraint(f"limit_unit IN {UNITS} AND limit_per_customer_unit IN {UNITS}", "known_unit"),
    )


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


class MethodUsage(Tally, Base):
    """How many times a customer was given a reward method; kept for methods that limit it."""

    __tablename__ = "method_usage"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    method_id: Mapped[int] = mapped_column(ForeignKey("reward_method.id"), primary_key=True)


class DrawSeed(Base):
    """The secret that decides all draws of a campaign, and the promise that it was not chosen afterwards.

    `commitment` is told from the beginning, the seed when the campaign is over. See `draws`.
    """

    __tablename__ = "draw_seed"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    seed: Mapped[str]  # 64 hexadecimal digits
    commitment: Mapped[str]
    committed_at: Mapped[datetime] = mapped_column(UtcDateTime)


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
