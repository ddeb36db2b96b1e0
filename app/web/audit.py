"""The audit log: who of the staff and the partners changed what, and when. Rows are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, Serial, UtcDateTime


class AuditEntry(Base):
    """One write by an admin, a seller or a partner. Ids only, nothing personal. Purchases and points name who made them themselves."""

    __tablename__ = "audit_entry"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    token_id: Mapped[int | None] = mapped_column(ForeignKey("access_token.id"))
    action: Mapped[str]
    subject: Mapped[dict[str, Any]] = mapped_column(JSON)
