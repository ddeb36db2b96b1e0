"""What was given: awards, the vouchers and draws that came of them, baskets and referrals."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.campaign.models import VOUCHER_KINDS, Campaign
from app.database import Base, Serial, UtcDateTime, unique_where

CAUSES = ("purchase", "interaction", "basket", "signup", "referral", "event")
VOUCHER_STATUSES = ("generated", "claimed", "redeemed")


class Award(Base):
    """One time that a campaign gave a customer its rewards, and what it cost the customer.

    What it gave hangs on it: vouchers, ledger entries, a draw.
    """

    __tablename__ = "award"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    cause: Mapped[str]
    cause_key: Mapped[str | None]  # what may cause only one award: `referral 7 referring`
    cost: Mapped[int] = mapped_column(BigInteger)  # hundredths of a point
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by: Mapped[int | None] = mapped_column(ForeignKey("login.id"))  # the admin, seller or customer who asked
    given_by_token: Mapped[int | None] = mapped_column(ForeignKey("access_token.id"))  # the partner who asked
    campaign: Mapped[Campaign] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        unique_where("uq_award_cause_key", "cause_key", where="cause_key IS NOT NULL"),
        CheckConstraint(f"cause IN {CAUSES}", "known_cause"),
    )


class Voucher(Base):
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
    code: Mapped[str | None]  # of an `honour` voucher
    status: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    redeemed: Mapped[int] = mapped_column(BigInteger, default=0)
    hundredths_of_percent: Mapped[int | None] = mapped_column(BigInteger)
    text: Mapped[str | None]
    superseded: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    claimed_by_token: Mapped[int | None] = mapped_column(ForeignKey("access_token.id"))
    redeemed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lock_code: Mapped[str | None]
    basket_code: Mapped[str | None]  # the till's basket that holds the lock
    award: Mapped[Award | None] = relationship(lazy="raise_on_sql")
    campaign: Mapped[Campaign] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        Index("ix_voucher_customer_id_id", "customer_id", "id"),
        unique_where("uq_voucher_third_party_id", "third_party_id", where="third_party_id IS NOT NULL"),
        unique_where("uq_voucher_parent_id", "parent_id", where="parent_id IS NOT NULL"),
        Index("ix_voucher_award_id", "award_id"),
        CheckConstraint(f"kind IN {VOUCHER_KINDS}", "known_kind"),
        CheckConstraint(f"status IN {VOUCHER_STATUSES}", "known_status"),
        CheckConstraint("redeemed BETWEEN 0 AND amount", "redeemed_within_amount"),
        CheckConstraint("(status = 'redeemed') = (redeemed_at IS NOT NULL)", "redeemed_at_of_redeemed"),
        CheckConstraint("status = 'redeemed' OR redeemed = 0", "redeemed_of_redeemed"),
        CheckConstraint("status <> 'claimed' OR claimed_at IS NOT NULL", "claimed_at_of_claimed"),
    )

    @property
    def is_used(self) -> bool:
        return self.status == "redeemed"


class Draw(Base):
    """How chance chose a reward: among which candidates, with which weights, on which ticket. See `draws`."""

    __tablename__ = "draw"
    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    number: Mapped[int] = mapped_column(BigInteger)  # 1, 2, 3 … of this customer in this campaign
    candidates: Mapped[list[Any]] = mapped_column(JSON)  # [[method, weight], …] by method
    ticket: Mapped[str]  # 64 hexadecimal digits
    method_id: Mapped[int] = mapped_column(ForeignKey("reward_method.id"))
    __table_args__ = (UniqueConstraint("campaign_id", "customer_id", "number"),)


class Basket(Base):
    """A purchase in a shop, as the till told it."""

    __tablename__ = "basket"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    business_id: Mapped[int | None] = mapped_column(ForeignKey("business.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    reference: Mapped[str]  # the till's own number of it: the same basket told twice counts once
    amount: Mapped[int] = mapped_column(BigInteger)  # hundredths
    bought_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (UniqueConstraint("chain_id", "reference"), CheckConstraint("amount >= 0", "not_negative"))


class ReferralRelation(Base):
    """Somebody recommended the programme to somebody. Redeemed once: when the referring customer was rewarded."""

    __tablename__ = "referral_relation"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    referring_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    referred_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    redeemed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"), unique=True)  # the referring customer's
    __table_args__ = (
        UniqueConstraint("referred_id", "campaign_id"),
        CheckConstraint("referring_id <> referred_id", "nobody_refers_himself"),
        CheckConstraint("(redeemed_at IS NULL) = (award_id IS NULL)", "redeemed_with_an_award"),
        CheckConstraint("redeemed_at >= created_at", "redeemed_afterwards"),
    )
