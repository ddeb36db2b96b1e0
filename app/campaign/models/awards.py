"""What was given: awards, the vouchers and draws that came of them, baskets and referrals."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.campaign.models.campaigns import Campaign
from app.db.types import AnySelect, Base, OfChain, UtcDateTime, unique_where
from app.members.models import Customer

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


def receivers(campaign_id: int) -> AnySelect:
    """The ids for whom awards of a campaign are counted: who received them, and into whose account one who did was merged."""
    received = select(Award.customer_id.label("id")).where(Award.campaign_id == campaign_id)
    into = select(Customer.merged_into_id).where(Customer.id.in_(received), Customer.merged_into_id.is_not(None))
    return select(received.union(into).subquery("receiver"))
