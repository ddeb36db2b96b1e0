"""Who recommended the programme to whom."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, OfChain, Serial, UtcDateTime


class ReferralRelation(OfChain, Base):
    """Somebody recommended the programme to somebody. Redeemed once: when the referring customer was rewarded.

    It lapsed when the referred one bought while the referring one was not active: only the staff completes it then.
    """

    __tablename__ = "referral_relation"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    referring_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    referred_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    redeemed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lapsed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"), unique=True)  # the referring customer's
    __table_args__ = (
        UniqueConstraint("referred_id", "campaign_id"),
        CheckConstraint("referring_id <> referred_id", "nobody_refers_himself"),
        CheckConstraint("(redeemed_at IS NULL) = (award_id IS NULL)", "redeemed_with_an_award"),
        CheckConstraint("redeemed_at >= created_at", "redeemed_afterwards"),
    )
