"""What customers hold."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.rewards import VOUCHER_KINDS
from app.db.types import Base, OfChain, Serial, UtcDateTime, Written, unique_where

VOUCHER_STATUSES = ("generated", "claimed", "redeemed")
EXPIRES = "expires_at IS NOT NULL AND status <> 'redeemed'"  # one that will, or has, and was not redeemed before
DELIVERIES = ("ordered", "canceled", "shipped", "delivered")


class Voucher(OfChain, Base):
    """A title to a reward: an amount off, a percentage off, or a code. Amounts in hundredths of the chain's money.

    Locks and expiry are moments, not states. Whoever redeems a part gets a child voucher for the rest, and so does whoever
    is given a redeemed one back; then this one is `superseded`.
    """

    __tablename__ = "voucher"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # 64 hexadecimal digits that nobody can guess
    third_party_id: Mapped[int | None] = mapped_column(BigInteger)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))  # none: whoever claims it first
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"))
    method_id: Mapped[int | None] = mapped_column(ForeignKey("reward_method.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("voucher.id"))
    # No foreign key: whoever retires free coupons need not ask every voucher. Only free ones are ever deleted.
    coupon_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    code: Mapped[str | None] = mapped_column(Written)  # of an `honour` voucher
    status: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    redeemed: Mapped[int] = mapped_column(BigInteger, default=0)
    hundredths_of_percent: Mapped[int | None] = mapped_column(BigInteger)
    text: Mapped[str | None]
    details: Mapped[dict[str, str] | None] = mapped_column(
        JSON
    )  # of one issued by hand: its title, description, notes, image_url
    delivery: Mapped[str | None]  # of what is sent by post; none: as ordered
    superseded: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    claimed_by_token: Mapped[int | None] = mapped_column(ForeignKey("access_token.id"))
    redeemed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lock_code: Mapped[str | None] = mapped_column(Written)
    basket_code: Mapped[str | None] = mapped_column(Written)  # the till's basket that holds the lock
    award: Mapped[Award | None] = relationship(lazy="raise_on_sql")
    campaign: Mapped[Campaign] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        Index("ix_voucher_customer_id_id", "customer_id", "id"),
        unique_where("uq_voucher_third_party_id", "third_party_id", where="third_party_id IS NOT NULL"),
        unique_where("uq_voucher_parent_id", "parent_id", where="parent_id IS NOT NULL"),
        Index("ix_voucher_award_id", "award_id"),
        Index("ix_voucher_expires_at_id", "expires_at", "id", postgresql_where=sql(EXPIRES), sqlite_where=sql(EXPIRES)),
        CheckConstraint(f"kind IN {VOUCHER_KINDS}", "known_kind"),
        CheckConstraint(f"status IN {VOUCHER_STATUSES}", "known_status"),
        CheckConstraint(f"delivery IN {DELIVERIES}", "known_delivery"),
        CheckConstraint("redeemed BETWEEN 0 AND amount", "redeemed_within_amount"),
        CheckConstraint("(status = 'redeemed') = (redeemed_at IS NOT NULL)", "redeemed_at_of_redeemed"),
        CheckConstraint("status = 'redeemed' OR redeemed = 0", "redeemed_of_redeemed"),
        CheckConstraint("status <> 'claimed' OR claimed_at IS NOT NULL", "claimed_at_of_claimed"),
    )

    @property
    def is_used(self) -> bool:
        return self.status == "redeemed"
