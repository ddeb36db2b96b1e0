"""Who is told of what: subscribe, change, pause, give a new secret, look at what was sent, send it again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.organizations.scope import Chains, within
from app.outbox.events import FOR_EVERYBODY, KINDS, TEST
from app.outbox.models import EVERY_CHAIN_ID, MAIL, Delivery, Listener, Message, Subscription, new_secret
from app.refusal import Conflicting, Malformed, Missing

EARLIER_SECRET_HOLDS = timedelta(days=1)
SUBSCRIPTIONS_MAX = 50  # of one chain
AGAIN_MAX = 5_000  # messages by one call
EVERYTHING = "*"
# What mail is written for, of what happens by itself; what somebody asks for is written as a mail at once.
MAILED = ("purchase.made", "voucher.expiring", "points.expiring")


class SubscriptionNotFound(Missing):
    message = "There is no such webhook."


class TooManySubscriptions(Conflicting):
    message = f"A chain has {SUBSCRIPTIONS_MAX} webhooks at most."


class UnknownEvent(Malformed):
    """There is no such kind of event; the message says which there are."""


class NothingToReplay(Malformed):
    """What is to be sent again is not said, or not so; the message says how."""


@dataclass(frozen=True)
class SubscriptionDetails:
    """What the staff decides about a webhook. `kinds` are names of KINDS, or EVERYTHING, which holds kinds that are yet to come."""

    url: str
    kinds: Sequence[str]
    description: str | None = None


@dataclass(frozen=True)
class Waiting:
    """How much waits for a subscription, at most `COUNTED_MAX` of each, and since when."""

    messages: int
    dead: int
    since: datetime | None


COUNTED_MAX = 10_000


def create(session: Session, chain_id: int, details: SubscriptionDetails, now: datetime) -> Subscription:
    """Subscribe an address to a chain's events. Raises TooManySubscriptions or UnknownEvent."""
    if len(of_chains(session, {chain_id})) >= SUBSCRIPTIONS_MAX:
        raise TooManySubscriptions
    made = Subscription(
        chain_id=chain_id,
        url=details.url,
        description=details.description,
        kinds=_kinds(details.kinds),
        secret=new_secret(),
        created_at=now,
        failures=0,
    )
    session.add(made)
    session.flush()
    _listen(session, made)
    return made


def change(session: Session, uuid: UUID, details: SubscriptionDetails, chains: Chains) -> Subscription:
    """Change a subscription as a whole; what waits for it goes to the new address. Raises SubscriptionNotFound or UnknownEvent."""
    it = get(session, uuid, chains, lock=True)
    if it.url != details.url:
        it.failures, it.held_until, it.failing_since = 0, None, None
    it.url, it.description, it.kinds = details.url, details.description, _kinds(details.kinds)
    _listen(session, it)
    return it


def remove(session: Session, uuid: UUID, now: datetime, chains: Chains) -> None:
    """End a subscription. What waits for it, and what was sent, `retention` forgets within the hour. Raises SubscriptionNotFound."""
    it = get(session, uuid, chains, lock=True)
    session.execute(delete(Listener).where(Listener.chain_id == it.chain_id, Listener.subscription_id == it.id))
    it.removed_at = now


def pause(session: Session, uuid: UUID, now: datetime, chains: Chains) -> Subscription:
    """Send nothing until it is resumed; what happens meanwhile waits. Raises SubscriptionNotFound."""
    it = get(session, uuid, chains, lock=True)
    if it.paused_at is None:
        it.paused_at, it.paused_because = now, None
    return it


def resume(session: Session, uuid: UUID, now: datetime, chains: Chains) -> Subscription:
    """Send again, at once, what is not dead. Raises SubscriptionNotFound."""
    it = get(session, uuid, chains, lock=True)
    it.paused_at = it.paused_because = it.held_until = it.failing_since = None
    it.failures = 0
    waits = (Message.subscription_id == it.id, Message.dead_at.is_(None), Message.lease.is_(None))
    session.execute(update(Message).where(*waits, Message.due_at > now).values(due_at=now))
    return it


def rotate(session: Session, uuid: UUID, now: datetime, chains: Chains) -> Subscription:
    """Give it a new secret; until tomorrow every message is signed with the one before as well. Raises SubscriptionNotFound."""
    it = get(session, uuid, chains, lock=True)
    it.earlier_secret, it.earlier_secret_until = it.secret, now + EARLIER_SECRET_HOLDS
    it.secret = new_secret()
    return it


def test(session: Session, uuid: UUID, now: datetime, chains: Chains) -> None:
    """Write a message that says only that it is a test. Raises SubscriptionNotFound."""
    it = get(session, uuid, chains)
    session.add(
        Message(
            chain_id=it.chain_id,
            subscription_id=it.id,
            kind=TEST.name,
            subject=f"test {now.isoformat()}",
            data={"message": "This is a test."},
            occurred_at=now,
            due_at=now,
        )
    )


def get(session: Session, uuid: UUID, chains: Chains, lock: bool = False) -> Subscription:
    query = _open().where(Subscription.uuid == uuid, within(chains, Subscription.chain_id))
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise SubscriptionNotFound
    return found


def of_chains(session: Session, chains: Chains) -> Sequence[Subscription]:
    return session.scalars(_open().where(within(chains, Subscription.chain_id)).order_by(Subscription.id)).all()


def _open() -> Select[Subscription]:
    return select(Subscription).where(Subscription.removed_at.is_(None))


def waiting(session: Session, it: Subscription) -> Waiting:
    def count(*conditions: Any) -> int:
        rows = select(Message.id).where(Message.subscription_id == it.id, *conditions).limit(COUNTED_MAX)
        return session.scalar(select(func.count()).select_from(rows.subquery())) or 0

    alive = Message.dead_at.is_(None)
    since = session.scalar(
        select(Message.occurred_at).where(Message.subscription_id == it.id, alive).order_by(Message.due_at).limit(1)
    )
    return Waiting(count(alive), count(Message.dead_at.is_not(None)), since)


def deliveries(
    session: Session, it: Subscription, before: int | None, size: int, outcome: str | None = None
) -> tuple[Sequence[Delivery], bool]:
    """The newest tries, those before an id; and whether there are more."""
    query = select(Delivery).where(Delivery.subscription_id == it.id)
    if before is not None:
        query = query.where(Delivery.id < before)
    if outcome is not None:
        query = query.where(Delivery.outcome == outcome)
    rows = session.scalars(query.order_by(Delivery.id.desc()).limit(size + 1)).all()
    return rows[:size], len(rows) > size


def dead(session: Session, it: Subscription, after: int | None, size: int) -> tuple[Sequence[Message], bool]:
    """What could not be delivered, the oldest first."""
    query = select(Message).where(Message.subscription_id == it.id, Message.dead_at.is_not(None))
    if after is not None:
        query = query.where(Message.id > after)
    rows = session.scalars(query.order_by(Message.id).limit(size + 1)).all()
    return rows[:size], len(rows) > size


def revive(session: Session, it: Subscription, now: datetime) -> tuple[int, bool]:
    """Try what is dead once more, for another three days; how many, AGAIN_MAX at most, the oldest first, and whether there are more."""
    query = select(Message.id).where(Message.subscription_id == it.id, Message.dead_at.is_not(None))
    ids = session.scalars(query.order_by(Message.id).limit(AGAIN_MAX + 1)).all()
    values = {"dead_at": None, "due_at": now, "tries": 0, "first_tried_at": None}
    again = update(Message).where(Message.id.in_(ids[:AGAIN_MAX])).values(**values)
    session.execute(again, execution_options={"synchronize_session": False})
    it.failures, it.held_until, it.failing_since = 0, None, None
    return len(ids[:AGAIN_MAX]), len(ids) > AGAIN_MAX


@dataclass(frozen=True)
class Replayed:
    """How many messages are sent again; and where to go on, `since` this moment, if there are more."""

    messages: int
    more_since: datetime | None = None


def replay(
    session: Session,
    it: Subscription,
    messages: Collection[UUID],
    since: datetime | None,
    until: datetime | None,
    now: datetime,
) -> Replayed:
    """Send again what was tried: the messages of these ids, or what occurred in a span, the oldest first, as far as AGAIN_MAX tries go.

    They keep their ids, by which a receiver that has them knows them. Raises NothingToReplay.
    """
    if bool(messages) == (since is not None and until is not None):
        raise NothingToReplay("Say which: `messages`, or `since` and `until`.", field="messages")
    columns = ("chain_id", "message", "kind", "subject", "data", "request_id", "occurred_at")
    query = select(*(getattr(Delivery, name) for name in columns)).where(
        Delivery.subscription_id == it.id, Delivery.data.is_not(None)
    )
    if messages:
        query = query.where(Delivery.message.in_(messages))
    else:
        query = query.where(Delivery.occurred_at >= since, Delivery.occurred_at < until)
    tried = session.execute(query.order_by(Delivery.occurred_at, Delivery.id).limit(AGAIN_MAX)).all()
    chosen = {row.message: row for row in tried}
    waits = select(Message.uuid).where(Message.subscription_id == it.id, Message.uuid.in_(chosen))
    for uuid in session.scalars(waits).all() if chosen else ():
        del chosen[uuid]
    if chosen:
        rest = {"subscription_id": it.id, "due_at": now}
        again = [{"uuid": row.message, **row._mapping, **rest} for row in chosen.values()]
        for message in again:
            del message["message"]
        session.execute(insert(Message), again)
    is_cut = len(tried) == AGAIN_MAX and not messages
    return Replayed(len(chosen), tried[-1].occurred_at if is_cut else None)


def renew(database: Database, sends_mail: bool) -> None:
    """What this version and these settings make of who listens: all kinds that there are now for whoever wants all, and mail or none.

    Every worker does so when it starts, and all are to have the same settings.
    """
    with database.transaction() as session:
        hooks = session.scalars(_open().order_by(Subscription.id).with_for_update()).all()
        wanted = {(EVERY_CHAIN_ID, kind, MAIL) for kind in MAILED if sends_mail}
        wanted |= {(it.chain_id, kind, it.id) for it in hooks if it.kinds == [EVERYTHING] for kind in FOR_EVERYBODY}
        owners = {it.id for it in hooks} | ({MAIL} if sends_mail else set())
        session.execute(delete(Listener).where(Listener.subscription_id.not_in(owners)))
        new = insert_into(dialect_of(session), Listener).on_conflict_do_nothing()
        rows = [{"chain_id": chain, "kind": kind, "subscription_id": id} for chain, kind, id in sorted(wanted)]
        if rows:
            session.execute(new, rows)


def _kinds(names: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(names))
    if EVERYTHING in chosen and all(name == EVERYTHING or name in FOR_EVERYBODY for name in chosen):
        return [EVERYTHING]
    unknown = [name for name in chosen if name not in KINDS and name != EVERYTHING]
    if unknown or not chosen:
        said = f"There is no event {unknown[0]!r}." if unknown else "Name the events."
        raise UnknownEvent(f"{said} There are: {', '.join(KINDS)}; or {EVERYTHING} for all.", field="events")
    return chosen


def _listen(session: Session, it: Subscription) -> None:
    """Its rows among the listeners are those of its kinds."""
    session.execute(delete(Listener).where(Listener.chain_id == it.chain_id, Listener.subscription_id == it.id))
    kinds = list(FOR_EVERYBODY) if it.kinds == [EVERYTHING] else it.kinds
    session.execute(
        insert(Listener), [{"chain_id": it.chain_id, "kind": kind, "subscription_id": it.id} for kind in kinds]
    )
