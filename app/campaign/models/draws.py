"""How chance decides: a campaign's seed, and each draw."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.campaign import activity
from app.db.types import Base, OfChain, UtcDateTime


class DrawSeed(Base):
    """The secret that decides all draws of a campaign, and the promise that it was not chosen afterwards.

    `commitment` is published from the beginning, the seed when the campaign is over. See `draws`.
    """

    __tablename__ = "draw_seed"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    seed: Mapped[str]  # 64 hexadecimal digits
    commitment: Mapped[str]
    committed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    def told(self, campaign: Any, now: datetime) -> str | None:
        """The seed, once its campaign is over: whoever knew it before would foresee every draw."""
        return self.seed if activity.is_over(campaign, now) else None


class Draw(OfChain, Base):
    """How chance chose a reward: among which candidates, with which weights, on which ticket. See `draws`.

    `revision` is the campaign's under which it was drawn.
    """

    __tablename__ = "draw"
    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    number: Mapped[int] = mapped_column(BigInteger)  # 1, 2, 3 … of this customer in this campaign
    candidates: Mapped[list[Any]] = mapped_column(JSON)  # [[method, weight], …] by method
    revision: Mapped[int] = mapped_column(BigInteger)
    ticket: Mapped[str]  # 64 hexadecimal digits
    method_id: Mapped[int] = mapped_column(ForeignKey("reward_method.id"))
    __table_args__ = (UniqueConstraint("campaign_id", "customer_id", "number"),)


class DrawOdds(Base):
    """The odds of a campaign's draws, from one of its revisions until the next that has others.

    `rewards` are `[method, weight, whether nothing could keep it out of a draw]`, by method, of those that can be drawn.
    """

    __tablename__ = "draw_odds"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    rewards: Mapped[list[Any]] = mapped_column(JSON)
