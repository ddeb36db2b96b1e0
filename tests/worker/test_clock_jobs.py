"""Work by the clock is done when it is due, by one worker at a time, and says what came of it."""

import threading
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app import clock
from app.db.engine import Database
from app.jobs import schedule
from app.jobs.models import ClockJob
from app.jobs.schedule import HELD, Every, Nightly, Run
from app.media.blobs import FolderStore
from app.settings import Settings
from app.worker.clock_jobs import Broken, ClockWork, Work, works
from tests.outbox.hooks import later
from tests.world import World, clock_at

HOURLY = Every(timedelta(hours=1))


@pytest.fixture
def entered(world: World) -> Database:
    with world.database.transaction() as session:
        schedule.enter(session, {"work": HOURLY}, clock.now())
    return world.database


def take(database: Database, now: datetime | None = None) -> Run | None:
    with database.transaction() as session:
        return schedule.take(session, ["work"], now or clock.now())


def job(database: Database, name: str = "work") -> ClockJob:
    with database.reading() as session:
        return next(it for it in schedule.jobs(session) if it.name == name)


def test_two_workers_never_do_the_same_run(entered: Database) -> None:
    runs, barrier = [], threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        runs.append(take(entered))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(run is not None for run in runs) == 1


def test_a_run_passes_to_another_worker_only_without_a_sign_of_life(entered: Database) -> None:
    run = take(entered)
    assert run is not None
    now = clock.now()
    assert take(entered, now + HELD * 0.9) is None
    with entered.transaction() as session:
        assert schedule.keep(session, run, now + HELD * 0.9)
    assert take(entered, now + HELD * 1.8) is None
    other = take(entered, now + HELD * 2)
    assert other is not None
    with entered.transaction() as session:
        assert not schedule.keep(session, run, now)
        assert not schedule.advance(session, run, "mark")
        schedule.finish(session, run, "done", "too late", now, now)
    assert (job(entered).holder, job(entered).mark, job(entered).outcome) == (other.holder, None, None)


@pytest.mark.parametrize(
    ("error", "outcome", "report", "due_in"),
    [
        (None, "done", "did it", timedelta(hours=1)),
        (Broken("This does not hold."), "broken", "This does not hold.", timedelta(hours=1)),
        (ValueError("secret"), "failed", "ValueError; tried again soon.", timedelta(minutes=10)),
    ],
)
def test_what_came_of_it_is_told_and_when_it_is_due_again(
    entered: Database, settings: Settings, error: Exception | None, outcome: str, report: str, due_in: timedelta
) -> None:
    def do(desk: object) -> str:
        if error is not None:
            raise error
        return "did it"

    work = ClockWork(entered, FolderStore(settings.storage / "photos"), {"work": Work(HOURLY, do)})
    before = clock.now()
    assert work.do_one()
    assert not work.do_one(), "it is not due again yet"
    it = job(entered)
    assert (it.outcome, it.report, it.holder) == (outcome, report, None)
    assert timedelta(0) <= it.due_at - before - due_in < timedelta(minutes=1)


def test_nights_are_those_of_the_zone_also_when_the_clocks_change() -> None:
    at_three = Nightly(time(3), ZoneInfo("Europe/Warsaw"))
    assert at_three.after(datetime(2026, 7, 1, 0, tzinfo=UTC)) == datetime(2026, 7, 1, 1, tzinfo=UTC)
    assert at_three.after(datetime(2026, 7, 1, 1, tzinfo=UTC)) == datetime(2026, 7, 2, 1, tzinfo=UTC)
    assert at_three.after(datetime(2026, 10, 24, 12, tzinfo=UTC)) == datetime(2026, 10, 25, 2, tzinfo=UTC)


def test_every_kind_of_work_is_done_on_a_database_in_use(world: World, settings: Settings) -> None:
    world.buy(world.a_campaign())
    kinds = works(settings)
    work = ClockWork(world.database, FolderStore(settings.storage / "photos"), kinds)
    work.enter()
    with clock_at(later(days=2)):
        for _ in kinds:
            assert work.do_one()
    with world.database.reading() as session:
        assert {it.name: it.outcome for it in schedule.jobs(session)} == dict.fromkeys(kinds, "done")
