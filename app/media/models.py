"""Pictures that something of a chain shows: a level, an earning rule, a customer, a campaign's brand."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, UtcDateTime


class ShownPicture(Base):
    """The one picture at a place of a chain, such as `level/<uuid>`: stored under the SHA-256 of its bytes."""

    __tablename__ = "shown_picture"
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True, autoincrement=False)
    place: Mapped[str] = mapped_column(primary_key=True, index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    media_type: Mapped[str]
    bytes_count: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
