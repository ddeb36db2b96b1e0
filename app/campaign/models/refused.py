"""How often campaigns gave nothing to whoever asked."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, UtcDateTime


class Refused(Base):
    """How often a campaign gave nothing within an hour, by the first reason why, and when last. Nothing of whom it was refused."""

    __tablename__ = "refused"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    hour: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)  # a Refusal's `code`
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))  # the campaign's
    count: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (Index("ix_refused_chain_id_last_at", "chain_id", "last_at"), Index("ix_refused_hour", "hour"))
