"""Keep the outbox and its log small: what is old, dead for long, or of nobody any more."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, select, update

from app.db.engine import Database
from app.outbox.models import MAIL, Delivery, Message, Subscription
from app.outbox.queue import FAILURES_THAT_HOLD, KEEPS_TRYING

LOG_KEPT, DEAD_KEPT = timedelta(days=30), timedelta(days=30)
BATCH = 1_000


def tidy(database: Database, now: datetime) -> str:
    """Forget tries and the dead of 30 days ago, and what waits for subscriptions that were removed; a batch a transaction.

    What waits for an address that does not answer, and was not tried since its three days are over, is dead as well.
    """
    logged = _in_batches(database, delete(Delivery), Delivery.id, Delivery.tried_at < now - LOG_KEPT)
    dead = _in_batches(database, delete(Message), Message.id, Message.dead_at < now - DEAD_KEPT)
    for model in (Message, Delivery):
        orphan = ~exists().where(Subscription.id == model.subscription_id)
        _in_batches(database, delete(model), model.id, model.subscription_id != MAIL, orphan)
    fails = exists().where(
        Subscription.id == Message.subscription_id,
        Subscription.failures >= FAILURES_THAT_HOLD,
        Subscription.paused_at.is_(None),
    )
    given_up = _in_batches(
        database,
        update(Message).values(dead_at=now, lease=None),
        Message.id,
        Message.dead_at.is_(None),
        Message.until.is_(None),
        Message.occurred_at < now - KEEPS_TRYING - timedelta(hours=1),
        Message.due_at < now,
        fails,
    )
    return f"{logged} tries and {dead} dead messages are forgotten; {given_up} messages are given up."


def _in_batches(database: Database, statement: Any, id: Any, *conditions: Any) -> int:
    count = 0
    while True:
        with database.transaction() as session:
            ids = session.scalars(select(id).where(*conditions).order_by(id).limit(BATCH)).all()
            if ids:
                session.execute(statement.where(id.in_(ids)), execution_options={"synchronize_session": False})
        count += len(ids)
        if len(ids) < BATCH:
            return count
