"""How the outbox does, for the operators."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.outbox.models import Message

COUNTED_MAX = 10_000  # nobody counts more: it would cost as much as it tells


@dataclass(frozen=True)
class Backlog:
    """What waits and what is dead, COUNTED_MAX of each at most; `oldest_seconds` since the first that waits was due."""

    messages: int
    dead: int
    oldest_seconds: int


def waiting(session: Session, now: datetime) -> Backlog:
    def count(condition: Any) -> int:
        rows = select(Message.id).where(condition).limit(COUNTED_MAX).subquery()
        return session.scalar(select(func.count()).select_from(rows)) or 0

    first = session.scalar(select(Message.occurred_at).where(Message.dead_at.is_(None)).order_by(Message.id).limit(1))
    seconds = int((now - first).total_seconds()) if first else 0
    return Backlog(count(Message.dead_at.is_(None)), count(Message.dead_at.is_not(None)), max(0, seconds))
