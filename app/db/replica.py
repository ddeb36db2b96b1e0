"""A copy of the database that lags a little, for lists: whoever decides something asks the database itself.

It is asked as long as it has what the database had a few seconds ago, which is looked at beside the requests, about once a second.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db.engine import Database, TryAgain

LAG_SECONDS_MAX = 5.0
ASKED_SECONDS, BELIEVED_SECONDS = 1.0, 3.0
DISTRUSTED_SECONDS = 10.0
_WRITTEN = text("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")  # bytes, as the next one
_REPLAYED = text("SELECT pg_last_wal_replay_lsn() - '0/0'::pg_lsn WHERE pg_is_in_recovery()")
_WHOSE = text("SELECT system_identifier, current_database() FROM pg_control_system()")
log = logging.getLogger("guerdon")


class Replica:
    """A streaming replica of a PostgreSQL."""

    def __init__(self, primary: Database, url: str, pool_size: int) -> None:
        self.database = Database(url, pool_size)
        self._primary = primary
        self._written: deque[tuple[float, int]] = deque()  # when the primary had written how many bytes
        self._lock, self._looking = threading.Lock(), threading.Lock()
        self._asked_at = float("-inf")
        self._fresh_until = float("-inf")
        self._distrusted_until = float("-inf")

    def is_fresh(self) -> bool:
        """Whether it may be read from. Waits for nothing: who finds that nobody has looked lately lets somebody look."""
        now = time.monotonic()
        if now > max(self._asked_at + ASKED_SECONDS, self._distrusted_until):
            with self._lock:
                is_mine = now > self._asked_at + ASKED_SECONDS
                if is_mine:
                    self._asked_at = now
            if is_mine:
                threading.Thread(target=self.look, name="replica", daemon=True).start()
        return now < self._fresh_until

    def look(self) -> None:
        """Find out how far it is; one at a time."""
        if not self._looking.acquire(blocking=False):
            return
        try:
            self._look()
        finally:
            self._looking.release()

    def _look(self) -> None:
        try:
            is_fresh = self._has_what_was_written()
        except (TryAgain, SQLAlchemyError) as e:
            log.warning(
                "lists are read from the database itself: the replica does not answer: %s", str(e).splitlines()[0]
            )
            self.distrust()
            return
        was_fresh = self._fresh_until > time.monotonic()
        self._fresh_until = time.monotonic() + BELIEVED_SECONDS if is_fresh else float("-inf")
        if was_fresh and not is_fresh:
            log.warning(
                "lists are read from the database itself: the replica is behind by more than %s s", LAG_SECONDS_MAX
            )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads. Raises TryAgain, and is not fresh for a while, when it does not answer or cancels a query."""
        try:
            with self.database.reading() as session:
                yield session
        except TryAgain as e:
            log.warning("lists are read from the database itself: the replica fails: %s", e)
            self.distrust()
            raise

    def distrust(self) -> None:
        self._fresh_until = float("-inf")
        self._distrusted_until = time.monotonic() + DISTRUSTED_SECONDS

    def require_replica(self) -> None:
        """Refuse a database that is none, or another one's. One that does not answer is passed over. Raises RuntimeError."""
        try:
            with self.database.reading() as session:
                replayed = session.scalar(_REPLAYED)
                name = session.execute(_WHOSE).one()
        except (TryAgain, SQLAlchemyError) as e:
            log.warning("the replica of GUERDON_READ_URL does not answer: %s", str(e).splitlines()[0])
            return
        if replayed is None:
            raise RuntimeError("GUERDON_READ_URL: this PostgreSQL is no replica: it takes writes of its own.")
        with self._primary.reading() as session:
            if name != session.execute(_WHOSE).one():
                raise RuntimeError(
                    "GUERDON_READ_URL: this is a replica of another database than GUERDON_DATABASE_URL's."
                )

    def _has_what_was_written(self) -> bool:
        with self._primary.reading() as session:
            written = int(session.execute(_WRITTEN).scalar_one())
        now = time.monotonic()
        # After a time in which nobody looked, nothing is known but what is written now.
        while self._written and self._written[0][0] < now - LAG_SECONDS_MAX - BELIEVED_SECONDS:
            self._written.popleft()
        self._written.append((now, written))
        # The newest of those that are old enough stays; before there is one, the oldest.
        while len(self._written) > 1 and self._written[1][0] <= now - LAG_SECONDS_MAX:
            self._written.popleft()
        with self.database.reading() as session:
            replayed = session.execute(_REPLAYED).scalar_one_or_none()
        return replayed is not None and int(replayed) >= self._written[0][1]
