"""The process of `guerdon worker`: it sends and does its work until it is told to stop."""

import os
import signal
import threading
from types import FrameType

from app.access.links import Links
from app.campaign import telling
from app.db.engine import Database
from app.db.installation import require_ready
from app.mail.mailer import mailer
from app.media.stores import blob_store
from app.outbox import subscriptions
from app.outbox.webhooks import Sender
from app.settings import Settings
from app.web.callers import key_ring
from app.worker.clock_jobs import ClockWork, works
from app.worker.deliveries import Deliveries

STOPPING_SECONDS = 20.0


def run(settings: Settings, database: Database, ends_with_parent: bool = False) -> None:
    """Send what waits and do what is due, until SIGTERM or SIGINT. Raises NotReady for tables that are not up to date.

    `ends_with_parent`: also when the process that started it is gone.
    """
    require_ready(database, settings.is_production)
    database.require_durability()
    database.require_session()
    letters = mailer(settings, database, Links([key.private for key in key_ring(settings).keys]))
    subscriptions.renew(database, sends_mail=letters is not None)
    stopping, parent = threading.Event(), os.getppid()

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    deliveries = Deliveries(database, Sender(settings.webhook_networks), letters, telling.awards)
    by_clock = ClockWork(database, blob_store(settings), works(settings))
    deliveries.start()
    by_clock.start()
    while not stopping.wait(1.0):
        deliveries.tick()
        if ends_with_parent and os.getppid() != parent:
            break
    by_clock.stop(STOPPING_SECONDS)
    deliveries.stop(STOPPING_SECONDS)
