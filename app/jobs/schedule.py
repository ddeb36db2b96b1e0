"""Take a kind of work that is due, keep it while it is done, and say what came of it. Two workers never do the same run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.jobs.models import ClockJob

HELD = timedelta(minutes=2)  # without a sign of life; then another worker does it


@dataclass(frozen=True)
class Every:
    """So long after it began the last time."""

    interval: timedelta

    def after(self, began_at: datetime) -> datetime:
        return began_at + self.interval


@dataclass(frozen=True)
class Nightly:
    """Every day at this time of a zone."""

    at: time
    zone: ZoneInfo

    def after(self, began_at: datetime) -> datetime:
        here = began_at.astimezone(self.zone)
        due = datetime.combine(here.date(), self.at, self.zone)
        return due if due > here else datetime.combine(here.date() + timedelta(days=1), self.at, self.zone)


Schedule = Every | Nightly


@dataclass(frozen=True)
class Run:
    """One run that this worker does now. `mark` is how far the one before has come."""

    name: str
    holder: UUID
    mark: str | None


def enter(session: Session, schedules: dict[str, Schedule], now: datetime) -> None:
    """Enter the kinds of work that are not known yet: what is done every so often at once, what is nightly this night."""
    for name, schedule in schedules.items():
        due_at = now if isinstance(schedule, Every) else schedule.after(now)
        new = insert_into(dialect_of(session), ClockJob).values(name=name, due_at=due_at)
        session.execute(new.on_conflict_do_nothing())


def take(session: Session, names: Sequence[str], now: datetime) -> Run | None:
    """The kind of work that has been due for longest, if nobody does it: it is this worker's until it is `finished`."""
    is_free = or_(ClockJob.held_until.is_(None), ClockJob.held_until < now)
    waits = select(ClockJob.name).where(ClockJob.name.in_(names), ClockJob.due_at <= now, is_free)
    name = session.scalar(waits.order_by(ClockJob.due_at).limit(1).with_for_update(skip_locked=True))
    if name is None:
        return None
    holder = uuid4()
    taken = session.execute(
        update(ClockJob)
        .where(ClockJob.name == name, is_free)
        .values(holder=holder, held_until=now + HELD, began_at=now)
        .returning(ClockJob.mark)
    ).one_or_none()
    return Run(name, holder, taken.mark) if taken else None


def keep(session: Session, run: Run, now: datetime) -> bool:
    """A sign of life. False when the run has passed to somebody else, who waited long enough."""
    return _changed(session, run, held_until=now + HELD)


def advance(session: Session, run: Run, mark: str) -> bool:
    """Note how far it has come, in the transaction that has come so far. False as with `keep`: then nothing may be kept of it."""
    return _changed(session, run, mark=mark)


def finish(session: Session, run: Run, outcome: str, report: str, due_at: datetime, now: datetime) -> None:
    _changed(session, run, holder=None, held_until=None, outcome=outcome, report=report, ended_at=now, due_at=due_at)


LATE = timedelta(minutes=10)


def is_late(job: ClockJob, now: datetime) -> bool:
    """It has been due for a while, and nobody does it."""
    return job.due_at + LATE < now and (job.held_until is None or job.held_until < now)


def jobs(session: Session) -> Sequence[ClockJob]:
    return session.scalars(select(ClockJob).order_by(ClockJob.name)).all()


def _changed(session: Session, run: Run, **values: object) -> bool:
    mine = update(ClockJob).where(ClockJob.name == run.name, ClockJob.holder == run.holder)
    return session.execute(mine.values(**values).returning(ClockJob.name)).first() is not None
