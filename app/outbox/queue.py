"""Messages that wait: take some by a lease, and say what became of them.

Of the messages of one subject for one listener only the first can be taken, so that they arrive in order; those of different subjects
wait for nobody. Who holds a lease has LEASE to send and to settle. After that another worker may take the message again: a receiver
may be told twice, and knows it by the message's id.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, exists, func, insert, select, text, update
from sqlalchemy.orm import Session, aliased

from app.db.prepared import Executor, is_postgresql
from app.db.types import UtcDateTime
from app.organizations import chains
from app.outbox.models import MAIL, Delivery, Message, Subscription

LEASE = timedelta(seconds=120)
KEEPS_TRYING = timedelta(days=3)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=8)
FAILURES_THAT_HOLD = 5  # in a row, of one subscription: from then on it is asked with one message at a time


@dataclass(frozen=True)
class Leased:
    """A message that this worker may send until its lease ends. `tries` counts this one."""

    id: int
    uuid: UUID
    chain_id: int
    subscription_id: int
    kind: str
    subject: str
    award_id: UUID | None
    data: dict[str, Any] | None
    request_id: str | None
    occurred_at: datetime
    until: datetime | None
    first_tried_at: datetime
    tries: int
    lease: UUID
    leased_until: datetime


@dataclass(frozen=True)
class Outcome:
    """What came of one try. `status` is HTTP's, `answer` how the answer begins or what went wrong; `again_after` is the receiver's wish.

    `is_for_nobody`: there was nothing to send, such as a mail to somebody without an address. `is_gone`: the receiver wants no more.
    `is_final`: another try would end in the same way. `is_unreached`: nobody was there to be asked, so it was no try at all.
    """

    is_delivered: bool
    tried_at: datetime
    milliseconds: int
    status: int | None = None
    answer: str | None = None
    again_after: timedelta | None = None
    is_for_nobody: bool = False
    is_gone: bool = False
    is_final: bool = False
    is_unreached: bool = False


@dataclass(frozen=True)
class Sent:
    message: Leased
    data: dict[str, Any] | None  # what was sent, for the log
    outcome: Outcome


_earlier = aliased(Message)


def due_subscriptions(executor: Executor, now: datetime, sends_mail: bool) -> list[int]:
    """Whom something can be sent to now: neither paused nor held."""
    waits = exists().where(Message.subscription_id == Subscription.id, Message.dead_at.is_(None), Message.due_at <= now)
    is_open = (
        Subscription.paused_at.is_(None)
        & Subscription.removed_at.is_(None)
        & (Subscription.held_until.is_(None) | (Subscription.held_until <= now))
        & chains.is_open(Subscription.chain_id)
    )
    found = list(executor.scalars(select(Subscription.id).where(is_open, waits)))
    if sends_mail:
        mails = select(Message.id).where(
            Message.subscription_id == MAIL,
            Message.dead_at.is_(None),
            Message.due_at <= now,
            chains.is_open(Message.chain_id),
        )
        found += [MAIL] if executor.execute(mails.limit(1)).first() else []
    return found


def lease(session: Session, subscription_id: int, now: datetime, most: int) -> list[Leased]:
    """Take the first messages that are due, past those that others hold. One of a subscription that does not answer."""
    if is_postgresql(session):
        # The table is empty at one moment and full at the next, and its statistics know only one of them.
        session.execute(text("SET LOCAL enable_seqscan = off"))
    if subscription_id != MAIL:
        known = session.execute(
            select(Subscription.paused_at, Subscription.held_until, Subscription.failures).where(
                Subscription.id == subscription_id, Subscription.removed_at.is_(None)
            )
        ).one_or_none()
        if known is None or known.paused_at is not None:
            return []
        if known.failures >= FAILURES_THAT_HOLD:
            if known.held_until is not None and known.held_until > now:
                return []
            most = 1
    first_of_subject = (
        select(_earlier.id)
        .where(
            _earlier.subscription_id == Message.subscription_id,
            _earlier.subject == Message.subject,
            _earlier.dead_at.is_(None),
        )
        .order_by(_earlier.subscription_id, _earlier.subject, _earlier.id)
        .limit(1)
        .scalar_subquery()
    )
    due = (
        select(Message.id)
        .where(
            Message.subscription_id == subscription_id,
            Message.dead_at.is_(None),
            Message.due_at <= now,
            Message.id == first_of_subject,
            chains.is_open(Message.chain_id),
        )
        .order_by(Message.due_at, Message.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    ids = session.scalars(due).all()
    if not ids:
        return []
    token = uuid4()
    taken: Any = session.execute(
        update(Message)
        .where(Message.id.in_(ids))
        .values(
            due_at=now + LEASE,
            lease=token,
            tries=Message.tries + 1,
            first_tried_at=func.coalesce(Message.first_tried_at, now, type_=UtcDateTime()),
        )
        .returning(
            Message.id,
            Message.uuid,
            Message.chain_id,
            Message.subscription_id,
            Message.kind,
            Message.subject,
            Message.award_id,
            Message.data,
            Message.request_id,
            Message.occurred_at,
            Message.until,
            Message.first_tried_at,
            Message.tries,
        )
        .execution_options(synchronize_session=False)
    ).all()
    in_order = sorted(taken, key=lambda row: row.id)
    return [Leased(**row._mapping, lease=token, leased_until=now + LEASE) for row in in_order]


def settle(session: Session, sent: Sequence[Sent], now: datetime) -> None:
    """Note what became of messages of one lease: what was delivered is gone, what was not is due again later, or is dead.

    Messages whose lease has passed to another worker are that one's; their tries are noted all the same.
    """
    if not sent:
        return
    of_lease = (Message.lease == sent[0].message.lease,)
    # Erasing a person takes leases away: of what was sent of the person nothing is kept.
    mine = select(Message.id).where(Message.id.in_([it.message.id for it in sent]), *of_lease).order_by(Message.id)
    still_mine = set(session.scalars(mine.with_for_update()))
    done = [it.message.id for it in sent if _is_done(it)]
    if done:
        _run(session, delete(Message).where(Message.id.in_(done), *of_lease))
    for it in sent:
        if not _is_done(it):
            values = {"dead_at": now} if is_last(it) else {"due_at": next_try(it, now)}
            _run(session, update(Message).where(Message.id == it.message.id, *of_lease).values(lease=None, **values))
    _note_health(session, sent, now)
    noted = [_noted(it, it.message.id in still_mine) for it in sent if not it.outcome.is_for_nobody]
    if noted:
        session.execute(insert(Delivery), noted)


def give_back(session: Session, messages: Sequence[Leased], now: datetime) -> None:
    """What this worker took and did not come to send is due at once, as if it had not been taken."""
    if messages:
        mine = (Message.id.in_([it.id for it in messages]), Message.lease == messages[0].lease)
        _run(session, update(Message).where(*mine).values(due_at=now, lease=None, tries=Message.tries - 1))


def is_settled(session: Session, sent: Sequence[Sent]) -> bool:
    """Whether these were settled already, by an attempt of which it was not known whether it was kept."""
    mine = (Message.id.in_([it.message.id for it in sent]), Message.lease == sent[0].message.lease)
    return session.execute(select(Message.id).where(*mine).limit(1)).first() is None


def _is_done(sent: Sent) -> bool:
    """Whether it need not be kept. A letter that is dead is not: nobody could send it again."""
    outcome = sent.outcome
    is_dead_letter = sent.message.subscription_id == MAIL and is_last(sent)
    return outcome.is_delivered or outcome.is_for_nobody or is_dead_letter


def is_last(sent: Sent) -> bool:
    """Whether it was tried long enough: for three days, or until nobody wants it any more."""
    return sent.outcome.is_final or sent.outcome.tried_at >= end(sent.message)


def end(message: Leased) -> datetime:
    """When trying ends."""
    three_days = message.first_tried_at + KEEPS_TRYING
    return min(message.until, three_days) if message.until else three_days


def next_try(sent: Sent, now: datetime) -> datetime:
    """Later each time, by chance a little sooner or later than others; the last try is when its time is over."""
    tries, wish = sent.message.tries, sent.outcome.again_after
    longer: int = 4 ** min(tries - 1, 10)
    wait = min(FIRST_WAIT * longer, LONGEST_WAIT) * random.uniform(0.8, 1.2)
    if wish is not None:
        wait = max(wait, min(wish, LONGEST_WAIT))
    return min(now + wait, max(end(sent.message), now + FIRST_WAIT))


def _note_health(session: Session, sent: Sequence[Sent], now: datetime) -> None:
    """Count failures in a row; after a few, the subscription is held back for as long as its last message would be."""
    subscription_id, last = sent[0].message.subscription_id, sent[-1].outcome
    if subscription_id == MAIL:
        return
    mine = update(Subscription).where(Subscription.id == subscription_id)
    if any(it.outcome.is_gone for it in sent):
        gone = mine.where(Subscription.paused_at.is_(None), chains.is_open(Subscription.chain_id))
        _run(session, gone.values(paused_at=now, paused_because="The receiver answered that it is gone (410)."))
    if last.is_delivered:
        _run(session, mine.where(Subscription.failures > 0).values(failures=0, failing_since=None, held_until=None))
        return
    failures = session.scalar(
        mine.values(
            failures=Subscription.failures + 1,
            failing_since=func.coalesce(Subscription.failing_since, now, type_=UtcDateTime()),
        ).returning(Subscription.failures)
    )
    if failures is not None and failures >= FAILURES_THAT_HOLD:
        doublings = min(failures - FAILURES_THAT_HOLD, 8)
        held_until = now + min(FIRST_WAIT * 2**doublings, timedelta(minutes=10)) * random.uniform(0.8, 1.2)
        _run(session, mine.values(held_until=held_until))


def _noted(it: Sent, is_mine: bool) -> dict[str, Any]:
    message, outcome = it.message, it.outcome
    state = "delivered" if outcome.is_delivered else "dead" if is_last(it) else "failed"
    return {
        "chain_id": message.chain_id,
        "subscription_id": message.subscription_id,
        "message": message.uuid,
        "kind": message.kind,
        "subject": message.subject,
        "data": it.data if is_mine else None,
        "request_id": message.request_id,
        "occurred_at": message.occurred_at,
        "tried_at": outcome.tried_at,
        "milliseconds": outcome.milliseconds,
        "outcome": state,
        "status": outcome.status,
        "answer": outcome.answer if is_mine else None,
    }


def _run(session: Session, statement: Any) -> None:
    session.execute(statement, execution_options={"synchronize_session": False})
