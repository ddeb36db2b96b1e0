"""How the outbox does, for the operators."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.outbox.models import MAIL, Message, Subscription

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

    # Of those that may be sent to: what waits for one that is paused is in no hurry.
    hooks = session.scalars(
        select(Subscription.id).where(Subscription.paused_at.is_(None), Subscription.removed_at.is_(None))
    ).all()
    oldest = now
    for id in (MAIL, *hooks):
        due = select(Message.due_at).where(
            Message.subscription_id == id, Message.dead_at.is_(None), Message.due_at < now
        )
        first = session.scalar(due.order_by(Message.due_at).limit(1))
        oldest = min(oldest, first or now)
    return Backlog(
        count(Message.dead_at.is_(None)), count(Message.dead_at.is_not(None)), int((now - oldest).total_seconds())
    )
