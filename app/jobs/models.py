"""Each kind of work by the clock: when it was done last and what came of it, when it is due, and who does it now."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, UtcDateTime


class ClockJob(Base):
    """One kind of work. `mark` is how far it has come, where it goes on from there; `held_until` moves on while its `holder` lives."""

    __tablename__ = "clock_job"
    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[str | None]
    holder: Mapped[UUID | None] = mapped_column(Uuid)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None]  # `broken`: it was done, and found what must not be
    report: Mapped[str | None]  # one sentence
    __table_args__ = (
        CheckConstraint("outcome IN ('done', 'failed', 'broken')", "known_outcome"),
        CheckConstraint("(holder IS NULL) = (held_until IS NULL)", "held_by_somebody"),
    )
