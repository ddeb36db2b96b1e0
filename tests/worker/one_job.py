"""One kind of work by the clock, at a moment that is given: `python -m tests.worker.one_job points 2026-12-01T00:00:00+00:00`.

Whoever did it before is taken for dead at once, which takes a real worker two minutes.
"""

import sys
from datetime import datetime
from pathlib import Path
from typing import cast

from sqlalchemy import update

from app import clock
from app.db.engine import Database
from app.jobs.models import ClockJob
from app.media.blobs import BlobStore
from app.settings import Settings
from app.worker.clock_jobs import ClockWork, works

if __name__ == "__main__":
    url, job, moment = sys.argv[1:]
    now = datetime.fromisoformat(moment)
    clock.now = lambda: now
    database = Database(url)
    work = ClockWork(database, cast(BlobStore, None), {job: works(Settings(storage=Path("unused")))[job]})
    work.enter()
    with database.transaction() as session:
        session.execute(update(ClockJob).where(ClockJob.name == job).values(due_at=now, holder=None, held_until=None))
    print("began", flush=True)
    work.do_one()
    with database.reading() as session:
        print(session.get_one(ClockJob, job).outcome, flush=True)
