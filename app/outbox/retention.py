"""Keep the outbox and its log small: what is old, dead for long, or of nobody any more."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select, update

from app.db.engine import Database
from app.organizations import chains
from app.outbox.models import MAIL, Delivery, Message, Subscription
from app.outbox.queue import KEEPS_TRYING

LOG_KEPT, DEAD_KEPT = timedelta(days=30), timedelta(days=30)
BATCH = 1_000


def tidy(database: Database, now: datetime) -> str:
    """Give up what nobody will take, and forget tries and the dead of 30 days ago, and what is of removed subscriptions.

    What waits for an address that has not answered for three days is dead: with one message at a time, most of it was never tried. A
    letter that nobody wants any more is gone. A batch a transaction; what a worker holds is left alone.
    """
    alive = Message.dead_at.is_(None)
    with database.reading() as session:
        failing = session.scalars(
            select(Subscription.id).where(
                Subscription.failing_since < now - KEEPS_TRYING,
                Subscription.paused_at.is_(None),
                Subscription.removed_at.is_(None),
                chains.is_open(Subscription.chain_id),
            )
        ).all()
        gone = select(Subscription.id).where(Subscription.removed_at.is_not(None))
        removed = session.scalars(gone.where(chains.is_open(Subscription.chain_id))).all()
    given_up = 0
    for id in failing:
        old = (Message.subscription_id == id, alive, Message.occurred_at < now - KEEPS_TRYING, Message.due_at < now)
        given_up += _in_batches(database, update(Message).values(dead_at=now, lease=None), Message, *old)
    is_over = or_(Message.until < now, and_(Message.until.is_(None), Message.occurred_at < now - KEEPS_TRYING))
    unwanted = (Message.subscription_id == MAIL, alive, is_over, Message.due_at < now)
    given_up += _in_batches(database, delete(Message), Message, *unwanted)
    logged = _in_batches(database, delete(Delivery), Delivery, Delivery.tried_at < now - LOG_KEPT)
    dead = _in_batches(database, delete(Message), Message, Message.dead_at < now - DEAD_KEPT)
    for id in removed:
        for model in (Message, Delivery):
            _in_batches(database, delete(model), model, model.subscription_id == id)
        with database.transaction() as session:
            session.execute(delete(Subscription).where(Subscription.id == id))
    return f"{logged} tries and {dead} dead messages are forgotten; {given_up} messages are given up."


def _in_batches(database: Database, statement: Any, model: Any, *conditions: Any) -> int:
    count = 0
    chosen = select(model.id).where(*conditions).order_by(model.id).limit(BATCH).with_for_update(skip_locked=True)
    while True:
        with database.transaction() as session:
            ids = session.scalars(chosen).all()
            if ids:
                session.execute(statement.where(model.id.in_(ids)), execution_options={"synchronize_session": False})
        count += len(ids)
        if len(ids) < BATCH:
            return count
