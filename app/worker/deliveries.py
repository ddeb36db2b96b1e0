"""Send what waits in the outbox, on several lanes at once.

A lane takes some messages of one listener, sends one after the other, and notes what became of them. It holds no connection to the
database while it sends. A listener that is slow keeps half of the lanes at most, where others wait as well.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import clock, logs
from app.db.engine import Database, OutcomeUnknown, TryAgain
from app.outbox import queue
from app.outbox.models import MAIL, Subscription
from app.outbox.queue import Leased, Outcome, Sent
from app.outbox.webhooks import Sender, secrets_of

LANES, LANES_ON_SQLITE = 8, 2
TAKEN = 50  # messages by one lease
MARGIN = timedelta(seconds=60)  # before a lease ends, nothing more is begun: a mail server may take so long
IDLE_SECONDS = 0.5
BROKEN_SECONDS = 2.0  # until a lane tries again after the database has failed
TRIES_TO_SETTLE = 10
MAIL_HELD_SECONDS, MAIL_HELD_SECONDS_MAX = 1.0, 300.0
AwardsTold = Callable[[Session, Collection[UUID]], dict[UUID, dict[str, Any]]]
log = logging.getLogger("guerdon.worker")


class SendsMail(Protocol):
    """What sends a mail about an event, or says that there is nobody to send it to."""

    def send(self, message: Leased, data: dict[str, Any]) -> Outcome: ...

    def close(self) -> None: ...


class Deliveries:
    """The lanes of one worker. `mailer` is None where no mail is sent; `awards_told` says what awards gave."""

    def __init__(self, database: Database, sender: Sender, mailer: SendsMail | None, awards_told: AwardsTold) -> None:
        self._database, self._sender, self._mailer, self._awards_told = database, sender, mailer, awards_told
        self._stopping = threading.Event()
        self._served: Counter[int] = Counter()  # how many lanes each listener keeps
        self._lock = threading.Lock()
        self._mail_failures, self._mail_held_until = 0, 0.0
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        lanes = LANES if self._database.is_postgresql else LANES_ON_SQLITE
        for i in range(lanes):
            thread = threading.Thread(target=self._lane, name=f"lane {i}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def tick(self) -> None:
        """Call this about every second."""
        self._sender.give_up_the_slow()

    def stop(self, seconds: float) -> None:
        """Begin nothing more, finish what is being sent, and give back the rest."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(seconds)
        self._sender.close()
        if self._mailer is not None:
            self._mailer.close()

    def _lane(self) -> None:
        while not self._stopping.is_set():
            try:
                has_sent = self.send_some()
            except (TryAgain, OutcomeUnknown, SQLAlchemyError) as e:
                log.warning("the outbox cannot be read: %s", str(e).splitlines()[0])
                self._stopping.wait(BROKEN_SECONDS)
            except Exception:
                log.exception("a lane failed")
                self._stopping.wait(BROKEN_SECONDS)
            else:
                if not has_sent:
                    self._stopping.wait(IDLE_SECONDS * random.uniform(0.8, 1.2))

    def send_some(self) -> bool:
        """Send a few messages of one listener that has some; whether there were any.

        What is due may all wait behind something that is not: then another listener's turn is next.
        """
        sends_mail = self._mailer is not None and time.monotonic() >= self._mail_held_until
        with self._database.reading() as session:
            due = queue.due_subscriptions(session, clock.now(), sends_mail)
        while (chosen := self._choose(due)) is not None:
            try:
                if self._serve(chosen):
                    return True
            finally:
                with self._lock:
                    self._served[chosen] -= 1
            due = [id for id in due if id != chosen]
        return False

    def _choose(self, due: Sequence[int]) -> int | None:
        """One that is due, by chance; the lanes of each are no more than half where others are due."""
        with self._lock:
            most = max(1, len(self._threads) // 2 if len(due) > 1 else len(self._threads) - 1)
            open_ = [id for id in due if self._served[id] < most]
            chosen = random.choice(open_) if open_ else None
            if chosen is not None:
                self._served[chosen] += 1
        return chosen

    def _serve(self, subscription_id: int) -> bool:
        now = clock.now()
        with self._database.transaction() as session:
            messages = queue.lease(session, subscription_id, now, TAKEN)
        if not messages:
            return False
        with self._database.reading() as session:  # not while the lease is written: on SQLite nobody sells then
            awards = {it.award_id for it in messages if it.award_id is not None}
            told = self._awards_told(session, awards) if awards else {}
            target = session.get(Subscription, subscription_id) if subscription_id != MAIL else None
            url, secrets = (target.url, secrets_of(target, now)) if target else ("", [])
        sent: list[Sent] = []
        left = list(messages)
        while left and not self._stopping.is_set() and clock.now() < left[0].leased_until - MARGIN:
            message = left[0]
            data = told.get(message.award_id, {}) if message.award_id else message.data or {}
            with logs.belonging_to(message.request_id):
                outcome = self._sent(message, data, url, secrets)
                _tell(message, outcome)
            if outcome.is_unreached:
                self._hold_mail()
                break  # it waits with the others, untried
            sent.append(Sent(left.pop(0), None if subscription_id == MAIL else data, outcome))
            if not outcome.is_delivered and not outcome.is_for_nobody and not outcome.is_final:
                break  # the next ones would most likely fail as well, and each costs seconds
        self._settle(sent, left)
        return True

    def _sent(self, message: Leased, data: dict[str, Any], url: str, secrets: Sequence[str]) -> Outcome:
        """Send one; whatever goes wrong is an outcome, or what was sent before it would be sent again with it."""
        now = clock.now()
        try:
            if message.subscription_id != MAIL:
                return self._sender.send(url, secrets, message, data)
            assert self._mailer is not None
            outcome = self._mailer.send(message, data)
        except Exception as e:
            log.exception("a message of the kind %s could not be sent", message.kind)
            return Outcome(False, now, 0, answer=f"This worker failed: {type(e).__name__}.")
        if outcome.is_delivered:
            self._mail_failures = 0
        return outcome

    def _hold_mail(self) -> None:
        """The mail server is away: this worker asks again a little later each time, and no letter's try is counted."""
        self._mail_failures = min(self._mail_failures + 1, 10)
        seconds = min(MAIL_HELD_SECONDS * 2**self._mail_failures, MAIL_HELD_SECONDS_MAX)
        self._mail_held_until = time.monotonic() + seconds

    def _settle(self, sent: Sequence[Sent], left: Sequence[Leased]) -> None:
        for i in range(TRIES_TO_SETTLE):
            try:
                with self._database.transaction() as session:
                    if not (i and sent and queue.is_settled(session, sent)):
                        queue.settle(session, sent, clock.now())
                    queue.give_back(session, left, clock.now())
                return
            except (TryAgain, OutcomeUnknown) as e:
                if i == TRIES_TO_SETTLE - 1:
                    raise
                log.warning("what was sent cannot be noted yet: %s", e)
                self._stopping.wait(min(0.05 * 2**i, BROKEN_SECONDS))


def _tell(message: Leased, outcome: Outcome) -> None:
    """In words without what the receiver said, which may be personal; the log of deliveries has it."""
    level = logging.DEBUG if outcome.is_delivered or outcome.is_for_nobody else logging.WARNING
    facts = {
        "event": message.kind,
        "message_id": message.uuid.hex,
        "subscription": message.subscription_id,
        "status": outcome.status,
        "milliseconds": outcome.milliseconds,
    }
    told = "delivered" if outcome.is_delivered else "for nobody" if outcome.is_for_nobody else "not delivered"
    log.log(level, "%s to listener %d: %s", message.kind, message.subscription_id, told, extra=facts)
