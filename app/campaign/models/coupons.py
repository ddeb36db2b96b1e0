"""The codes of a campaign."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, OfChain, Serial, Written, unique_where


class Coupon(OfChain, Base):
    """A code that is worth a reward; given to one award, unless the campaign shares a single code."""

    __tablename__ = "coupon"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    code: Mapped[str] = mapped_column(Written)
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
