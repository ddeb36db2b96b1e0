"""What a campaign was, after each change of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, UtcDateTime


class CampaignRevision(Base):
    """A campaign's document from one change until the next; who made the change, and when. See `document`."""

    __tablename__ = "campaign_revision"
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), primary_key=True, autoincrement=False)
    revision: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # as the stock's
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    token_id: Mapped[int | None] = mapped_column(ForeignKey("access_token.id"))
    document: Mapped[dict[str, Any]] = mapped_column(JSON)
