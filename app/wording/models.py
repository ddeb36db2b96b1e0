"""A chain's own words for a letter."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, UtcDateTime


class MailTemplate(Base):
    """What a letter of a kind says, instead of what the installation's templates do: the subject, and the letter in HTML."""

    __tablename__ = "mail_template"
    __audited__ = ("subject",)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    content: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
