"""What waits to leave the house, who listens, and what was sent."""

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, BigInteger, CheckConstraint, FetchedValue, ForeignKey, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.types import Base, Serial, UtcDateTime

MAIL = 0  # the subscription of the mail, which is no row: it listens for every chain while mail is sent at all
EVERY_CHAIN_ID = 0


def new_secret() -> str:
    """As the Standard Webhooks specification writes one: 24 bytes by chance, in base64, with a prefix."""
    return f"whsec_{b64encode(secrets.token_bytes(24)).decode()}"


class Subscription(Base):
    """An address that is told of some kinds of events of a chain.

    `failures` in a row make it wait until `held_until`, so that an address that does not answer costs one try at a time. One that was
    removed is told nothing any more, and is gone once `retention` has forgotten what waited for it.
    """

    __tablename__ = "subscription"
    __audited__ = ("url", "description", "kinds", "paused_at")
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), index=True)
    url: Mapped[str]
    description: Mapped[str | None]
    kinds: Mapped[list[str]] = mapped_column(JSON)
    secret: Mapped[str]
    earlier_secret: Mapped[str | None]
    earlier_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_because: Mapped[str | None]  # none where somebody of the staff paused it
    failures: Mapped[int] = mapped_column(BigInteger, default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        CheckConstraint("(earlier_secret IS NULL) = (earlier_secret_until IS NULL)", "whole_earlier_secret"),
    )


class Listener(Base):
    """Whoever writes an event asks here who is to be told. Without an owner's key: a purchase must wait for nobody's change of it."""

    __tablename__ = "listener"
    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)  # 0: every chain's
    kind: Mapped[str] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class Message(Base):
    """One event for one listener. It stays until it is delivered, and until then nobody is told what came later of its subject.

    What an award gave is read when it is sent, by `award_id`; of other events `data` holds what is told. `lease` is of the worker that
    sends it now; should that die, it is due again. One that could not be
    delivered in three days of trying is `dead_at`, and holds up nobody.
    """

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, server_default=FetchedValue())  # what receivers know it by
    chain_id: Mapped[int] = mapped_column(BigInteger)
    subscription_id: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str]
    subject: Mapped[str]  # whose events stay in order, such as `customer 4`
    award_id: Mapped[UUID | None] = mapped_column(Uuid)
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    request_id: Mapped[str | None]  # of the request in which it happened
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # after which nobody wants it, such as a link
    first_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lease: Mapped[UUID | None] = mapped_column(Uuid)
    dead_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "subscription_id",
            "due_at",
            "id",
            postgresql_where=text("dead_at IS NULL"),
            sqlite_where=text("dead_at IS NULL"),
        ),
        Index(
            "ix_outbox_subject",
            "subscription_id",
            "subject",
            "id",
            postgresql_where=text("dead_at IS NULL"),
            sqlite_where=text("dead_at IS NULL"),
        ),
        Index(
            "ix_outbox_dead",
            "subscription_id",
            "id",
            postgresql_where=text("dead_at IS NOT NULL"),
            sqlite_where=text("dead_at IS NOT NULL"),
        ),
    )


class Delivery(Base):
    """One try to deliver a message, and what came of it."""

    __tablename__ = "delivery"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    subscription_id: Mapped[int] = mapped_column(BigInteger)
    message: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # none of mails: they are personal
    request_id: Mapped[str | None]
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str]
    status: Mapped[int | None] = mapped_column(BigInteger)  # of HTTP, where there was an answer
    answer: Mapped[str | None]  # how it begins, or what went wrong
    __table_args__ = (
        CheckConstraint("outcome IN ('delivered', 'failed', 'dead')", "known_outcome"),
        Index("ix_delivery_subscription_id_id", "subscription_id", "id"),
        Index("ix_delivery_subscription_id_occurred_at", "subscription_id", "occurred_at"),
        Index("ix_delivery_tried_at", "tried_at"),
        Index("ix_delivery_message", "message"),
    )
