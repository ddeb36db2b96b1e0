"""What was given: awards, the vouchers and draws that came of them, baskets and referrals."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.campaign.models.campaigns import Campaign
from app.db.types import Base, OfChain, UtcDateTime, unique_where

CAUSES = ("purchase", "interaction", "basket", "signup", "referral", "event")


class Award(OfChain, Base):
    """One time that a campaign gave a customer its rewards, and what it cost the customer.

    What it gave hangs on it: vouchers, ledger entries, a draw.
    """

    __tablename__ = "award"
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=uuid4)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    cause: Mapped[str]
    cause_key: Mapped[str | None]  # what may cause only one award: `referral 7 referring`
    cost: Mapped[int] = mapped_column(BigInteger)  # hundredths of a point
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by: Mapped[int | None] = mapped_column(ForeignKey("login.id"))  # the admin, seller or customer who asked
    given_by_token: Mapped[int | None] = mapped_column(ForeignKey("access_token.id"))  # the partner who asked
    campaign: Mapped[Campaign] = relationship(lazy="raise_on_sql")
    __table_args__ = (
        Index("ix_award_campaign_id_given_at", "campaign_id", "given_at"),
        unique_where("uq_award_cause_key", "cause_key", where="cause_key IS NOT NULL"),
        CheckConstraint(f"cause IN {CAUSES}", "known_cause"),
    )
