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
    def first(of: Any) -> Any:
        due = (Message.subscription_id == of, Message.dead_at.is_(None), Message.due_at < now)
        return select(Message.due_at).where(*due).order_by(Message.due_at).limit(1)

    is_open = (Subscription.paused_at.is_(None), Subscription.removed_at.is_(None))
    of_hooks = session.scalar(select(func.min(first(Subscription.id).scalar_subquery())).where(*is_open))
    oldest = min(of_hooks or now, session.scalar(first(MAIL)) or now)
    return Backlog(
        count(Message.dead_at.is_(None)), count(Message.dead_at.is_not(None)), int((now - oldest).total_seconds())
    )
