"""Write what happened, in the transaction in which it happens: a message for each who listens, and nothing where nobody does."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sqlalchemy import JSON, BigInteger, ColumnElement, String, Uuid, bindparam, exists, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.prepared import Executor, Prepared
from app.db.types import AnyColumn, AnySelect, UtcDateTime
from app.logs import request_id
from app.outbox.models import EVERY_CHAIN_ID, MAIL, Listener, Message

COLUMNS = ["chain_id", "subscription_id", "kind", "subject", "request_id", "occurred_at", "due_at"]
IN_REQUEST = "in_request"  # the parameter of statements that write events


def heard(chain: AnyColumn, subject: AnyColumn, moment: AnyColumn) -> AnySelect:
    """The columns of COLUMNS, for each who listens in a chain. Narrow it to the kinds that have happened; give IN_REQUEST a value."""
    request = bindparam(IN_REQUEST, type_=String())
    return select(chain, Listener.subscription_id, Listener.kind, subject, request, moment, moment).where(
        Listener.chain_id.in_([chain, EVERY_CHAIN_ID])
    )


def utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if at else None


def customer_subject(customer_id: int) -> str:
    """What concerns one customer is told in its order."""
    return f"customer {customer_id}"


_moment = bindparam("moment", type_=UtcDateTime())
_told = (
    heard(bindparam("chain", type_=BigInteger()), bindparam("of_whom", type_=String()), _moment)
    .add_columns(bindparam("what", type_=JSON()))
    .where(Listener.kind == bindparam("event", type_=String()))
)
_WRITE: Prepared[Any] = Prepared(
    insert(Message).from_select([*COLUMNS, "data"], _told, include_defaults=False).returning(Message.id)
)
_WRITE_ONCE: Prepared[Any] = Prepared(
    insert(Message)
    .from_select(
        [*COLUMNS, "data", "uuid"], _told.add_columns(bindparam("named", type_=Uuid())), include_defaults=False
    )
    .returning(Message.id)
)


def write(
    executor: Executor,
    chain_id: int,
    kind: str,
    subject: str,
    data: Mapping[str, Any],
    now: datetime,
    once: str | None = None,
) -> None:
    """Tell whoever listens for this kind in this chain. `data` is what the kind's schema says; `subject` keeps its order.

    What is told `once`, in the words of this text, has the same id whoever tells it, so that receivers know it again.
    """
    parameters = {"chain": chain_id, "event": kind, "of_whom": subject, "what": dict(data), "moment": now}
    parameters[IN_REQUEST] = request_id()
    if once is None:
        _WRITE.run(executor, parameters)
    else:
        _WRITE_ONCE.run(executor, {**parameters, "named": uuid5(NAMESPACE_OID, f"guerdon {kind} {once}")})


_chain = bindparam("chain", type_=BigInteger())
_HEARD: Prepared[Any] = Prepared(
    select(Listener.kind)
    .where(Listener.chain_id.in_([_chain, EVERY_CHAIN_ID]), Listener.kind == bindparam("event", type_=String()))
    .limit(1)
)


def is_heard(executor: Executor, chain_id: int, kind: str) -> bool:
    """Whether anybody listens, for what is costly to tell."""
    return bool(_HEARD.run(executor, {"chain": chain_id, "event": kind}))


def is_heard_in(chain: AnyColumn | InstrumentedAttribute[int], kind: str) -> ColumnElement[bool]:
    """The same inside a statement, about a chain of its own."""
    of_chain = Listener.chain_id.in_([chain, EVERY_CHAIN_ID])
    return exists().where(of_chain, Listener.kind == kind).correlate_except(Listener)


def is_heard_anywhere(executor: Executor, kind: str) -> bool:
    """Whether anybody listens for it, in whatever chain."""
    return executor.execute(select(Listener.kind).where(Listener.kind == kind).limit(1)).first() is not None


def write_mail(
    session: Session, chain_id: int, kind: str, subject: str, data: Mapping[str, Any], now: datetime, until: datetime
) -> None:
    """A mail that somebody asked for, rather than one that follows from an event; given up after `until`."""
    session.add(
        Message(
            chain_id=chain_id,
            subscription_id=MAIL,
            kind=kind,
            subject=subject,
            data=dict(data),
            request_id=request_id(),
            occurred_at=now,
            due_at=now,
            until=until,
        )
    )
