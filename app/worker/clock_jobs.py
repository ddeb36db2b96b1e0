"""Which work is done by the clock, and how often."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import clock
from app.access import codes, tokens
from app.campaign import invariants, notices
from app.campaign.setup import photos
from app.db.engine import Database, OutcomeUnknown, TryAgain
from app.jobs import schedule
from app.jobs.marks import ExpiryMark
from app.jobs.schedule import HELD, Every, Nightly, Run, Schedule
from app.media.blobs import BlobStore
from app.outbox import retention
from app.points import ledger, lots, reminders
from app.sales import levels
from app.segments import segments
from app.settings import Settings
from app.web import brakes, idempotency

TRIES = 8
AGAIN = timedelta(minutes=10)  # after what failed for want of something, a database for example
log = logging.getLogger("guerdon.worker")


class Lost(Exception):
    """The run has passed to another worker, and goes on there."""


class Broken(Exception):
    """The run found what must not be; the message says what, without a name or a code."""


@dataclass(frozen=True)
class Desk:
    """What a run works on."""

    database: Database
    blobs: BlobStore
    run: Run


@dataclass(frozen=True)
class Work:
    """One kind of work; `do` returns a sentence about what it did."""

    schedule: Schedule
    do: Callable[[Desk], str]


def works(settings: Settings) -> dict[str, Work]:
    """All kinds of work, by their names; nights are the programme's zone's."""
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    return {
        notices.WORK["voucher.expired"]: Work(Every(minute), _tell_of_expired),
        notices.WORK["voucher.expiring"]: Work(Every(hour), _tell_of_expiring),
        "points": Work(Every(minute), _bring_points_up_to_date),
        "points-lots": Work(Every(hour), _settle_points),
        "expiring-points": Work(Every(hour), _tell_of_expiring_points),
        "levels": Work(Every(hour), _refresh_levels),
        "segments": Work(Every(hour), _recompute_segments),
        "stocks": Work(Every(minute), _tell_of_stocks),
        "outbox": Work(Every(hour), _tidy_outbox),
        "sessions": Work(Every(hour), _forget_sessions),
        "idempotency-keys": Work(Every(hour), _forget_answers),
        "photos": Work(Nightly(time(2), settings.zone), _remove_photos),
        "invariants": Work(Nightly(time(3), settings.zone), _check_invariants),
    }


class ClockWork:
    """Does what is due, one at a time, until it is stopped."""

    def __init__(self, database: Database, blobs: BlobStore, works: dict[str, Work]) -> None:
        self._database, self._blobs, self._works = database, blobs, works
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="clock", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        self._stopping.set()
        self._thread.join(seconds)

    def _go_on(self) -> None:
        is_entered = False
        while not self._stopping.is_set():
            try:
                if not is_entered:
                    self.enter()
                    is_entered = True
                if self.do_one():
                    continue
            except (TryAgain, OutcomeUnknown, SQLAlchemyError) as e:
                log.warning("work by the clock cannot be taken: %s", str(e).splitlines()[0])
            except Exception:
                log.exception("work by the clock failed")
            self._stopping.wait(1.0)

    def enter(self) -> None:
        with self._database.transaction() as session:
            schedule.enter(session, {name: work.schedule for name, work in self._works.items()}, clock.now())

    def do_one(self) -> bool:
        """Do the kind of work that has been due for longest; whether there was one."""
        began_at = clock.now()
        with self._database.transaction() as session:
            run = schedule.take(session, list(self._works), began_at)
        if run is None:
            return False
        work = self._works[run.name]
        alive = threading.Event()
        heart = threading.Thread(target=self._keep, args=(run, alive), daemon=True)
        heart.start()
        try:
            outcome, report = "done", work.do(Desk(self._database, self._blobs, run))
        except Lost:
            return True
        except Exception as e:
            is_broken = isinstance(e, Broken)
            outcome, report = ("broken", str(e)) if is_broken else ("failed", f"{type(e).__name__}; tried again soon.")
            log.log(logging.ERROR if is_broken else logging.WARNING, "%s: %s", run.name, report)
        finally:
            alive.set()
            heart.join()
        self._finish(run, outcome, report, began_at)
        return True

    def _finish(self, run: Run, outcome: str, report: str, began_at: datetime) -> None:
        now = clock.now()
        due_at = self._works[run.name].schedule.after(began_at)
        if outcome == "failed":
            due_at = min(due_at, now + AGAIN)
        for i in range(TRIES):
            try:
                with self._database.transaction() as session:
                    schedule.finish(session, run, outcome, report, max(due_at, now), now)
                return
            except (TryAgain, OutcomeUnknown):
                self._stopping.wait(0.1 * 2**i)

    def _keep(self, run: Run, ended: threading.Event) -> None:
        while not ended.wait(HELD.total_seconds() / 6):
            try:
                with self._database.transaction() as session:
                    schedule.keep(session, run, clock.now())
            except (TryAgain, OutcomeUnknown, SQLAlchemyError):
                log.warning("%s could not be kept; another worker may do it again", run.name)


def _tell_of_expired(desk: Desk) -> str:
    return _tell_of_vouchers(desk, "voucher.expired")


def _tell_of_expiring(desk: Desk) -> str:
    return _tell_of_vouchers(desk, "voucher.expiring")


def _tell_of_expiring_points(desk: Desk) -> str:
    return _tell(desk, clock.now() + reminders.REMINDED_BEFORE, reminders.tell)


def _tell_of_vouchers(desk: Desk, kind: str) -> str:
    def tell(session: Session, mark: ExpiryMark, until: datetime, now: datetime) -> tuple[ExpiryMark, bool]:
        return notices.tell_of_vouchers(session, kind, mark, until, now)

    return _tell(desk, clock.now() + notices.AHEAD[kind], tell)


def _tell(
    desk: Desk, until: datetime, tell: Callable[[Session, ExpiryMark, datetime, datetime], tuple[ExpiryMark, bool]]
) -> str:
    """Tell of what expires between the mark of the last run and a moment, batch by batch."""
    # The first run begins with what comes from now on.
    mark, is_end = ExpiryMark.read(desk.run.mark) if desk.run.mark else ExpiryMark(until, 0), False
    batches = 0
    while not is_end:
        with desk.database.transaction() as session:
            # The mark's row first: whoever opens a chain that was closed waits, or is waited for.
            if not schedule.keep(session, desk.run, clock.now()):
                raise Lost
            mark, is_end = tell(session, mark, until, clock.now())
            if not schedule.advance(session, desk.run, str(mark)):
                raise Lost
        batches += 1
    return f"Told of what expires until {until.astimezone(UTC).isoformat(timespec='seconds')}, in {batches} batches."


def _refresh_levels(desk: Desk) -> str:
    with desk.database.reading() as session:
        chain_ids = levels.list_chains(session)
    count = 0
    for chain_id in chain_ids:
        last: int | None = 0
        while last is not None:
            with desk.database.transaction() as session:
                if not schedule.keep(session, desk.run, clock.now()):
                    raise Lost
                moved, last = levels.refresh_batch(session, chain_id, last, clock.now())
            count += moved
    return f"{count} customers moved to another level."


def _recompute_segments(desk: Desk) -> str:
    with desk.database.reading() as session:
        ids = segments.list_moving(session)
    count = 0
    for segment_id in ids:
        with desk.database.transaction() as session:
            desk.database.without_time_limit(session)
            if not schedule.keep(session, desk.run, clock.now()):
                raise Lost
            count += segments.recompute(session, segment_id, clock.now())
    return f"{count} customers came to or left one of {len(ids)} segments."


def _bring_points_up_to_date(desk: Desk) -> str:
    def due(session: Session, after: int) -> list[int]:
        return lots.list_due(session, clock.now(), after)

    return f"{_bring_up_to_date(desk, due)} accounts had points that unlocked or expired."


def _settle_points(desk: Desk) -> str:
    return f"Wrote down for {_bring_up_to_date(desk, lots.list_unsettled)} accounts which points paid what."


def _bring_up_to_date(desk: Desk, batch: Callable[[Session, int], list[int]]) -> int:
    """How many accounts. One that cannot be keeps no other from it, and is told at the end."""
    last, count, failed = 0, 0, []
    while True:
        with desk.database.reading() as session:
            ids = batch(session, last)
        if not ids:
            break
        try:
            _bring_batch_up_to_date(desk, ids)
        except (SQLAlchemyError, TryAgain, RuntimeError, AssertionError):
            for customer_id in ids:
                try:
                    _bring_batch_up_to_date(desk, [customer_id])
                except (SQLAlchemyError, TryAgain, RuntimeError, AssertionError):
                    log.exception("the points of customer %s cannot be brought up to date", customer_id)
                    failed.append(customer_id)
        last, count = ids[-1], count + len(ids)
    if failed:
        raise Broken(
            f"The points of {len(failed)} accounts cannot be brought up to date, of customer {failed[0]} first."
        )
    return count


def _bring_batch_up_to_date(desk: Desk, customer_ids: Sequence[int]) -> None:
    with desk.database.transaction() as session:
        if not schedule.keep(session, desk.run, clock.now()):
            raise Lost
        ledger.lock_accounts(session, customer_ids)
        for customer_id in customer_ids:
            lots.bring_up_to_date(session, customer_id, clock.now())


def _tell_of_stocks(desk: Desk) -> str:
    count = 0
    while True:
        with desk.database.transaction() as session:
            told = notices.tell_of_stocks(session, clock.now())
        count += told
        if told < notices.BATCH:
            return f"{count} campaigns have come to their last tenth, or to their end."


def _tidy_outbox(desk: Desk) -> str:
    return retention.tidy(desk.database, clock.now())


def _forget_sessions(desk: Desk) -> str:
    brakes.purge(desk.database, clock.now())
    with desk.database.transaction() as session:
        tokens.purge(session, clock.now())
        codes.purge(session, clock.now())
    return "Sessions and codes that have expired are forgotten."


def _forget_answers(desk: Desk) -> str:
    return f"{idempotency.purge(desk.database, clock.now())} stored answers are forgotten."


def _remove_photos(desk: Desk) -> str:
    return f"{photos.remove_unreferenced(desk.database, desk.blobs)} photos that nothing shows are removed."


def _check_invariants(desk: Desk) -> str:
    with desk.database.reading() as session:
        desk.database.without_time_limit(session)
        names = [breach.invariant.name for breach in invariants.check(session, desk.blobs)]
    if names:
        raise Broken(f"These do not hold: {', '.join(names)}. `guerdon check-invariants` tells which rows.")
    return "All invariants hold."
