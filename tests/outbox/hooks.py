"""What tests of the outbox do with it: subscribe, send what waits, and look."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app import clock
from app.campaign import telling
from app.db.engine import Database
from app.organizations.scope import EVERY_CHAIN
from app.outbox import queue, subscriptions
from app.outbox.models import Message, Subscription
from app.outbox.subscriptions import SubscriptionDetails
from app.outbox.webhooks import Sender
from app.worker.deliveries import Deliveries, SendsMail
from tests.receiver import LOOPBACK


def subscribe(database: Database, url: str, kinds: Sequence[str] = ("*",), chain_id: int = 1) -> Subscription:
    with database.transaction() as session:
        return subscriptions.create(session, chain_id, SubscriptionDetails(url, kinds), clock.now())


@dataclass
class Hooks:
    """One lane of a worker, at a test's command."""

    database: Database
    mailer: SendsMail | None = None
    sender: Sender = field(default_factory=lambda: Sender(LOOPBACK))

    def __post_init__(self) -> None:
        self.deliveries = Deliveries(self.database, self.sender, self.mailer, telling.awards)

    def send(self) -> None:
        """Send until nothing is due."""
        while self.deliveries.send_some():
            pass
        self.sender.close()
        if self.mailer is not None:
            self.mailer.close()

    def waiting(self) -> list[Message]:
        with self.database.reading() as session:
            return list(session.scalars(select(Message).where(Message.dead_at.is_(None)).order_by(Message.id)))

    def count(self) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(Message)) or 0

    def subscription(self, it: Subscription) -> Subscription:
        with self.database.reading() as session:
            return subscriptions.get(session, it.uuid, EVERY_CHAIN)

    def lease(self, it: Subscription, now: datetime | None = None, most: int = 50) -> list[queue.Leased]:
        with self.database.transaction() as session:
            return queue.lease(session, it.id, now or clock.now(), most)


def later(**by: float) -> datetime:
    return clock.now() + timedelta(**by)
