"""How gunicorn serves Guerdon: two workers a core, a few threads each, quiet, and stopping gracefully."""

import atexit
import multiprocessing
import os
import shutil
import tempfile
from typing import Any

# All workers count into files of this folder, so that /metrics tells of all, whichever answers.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder = tempfile.mkdtemp(prefix="guerdon-metrics-")
    master = os.getpid()
    # Also when the application does not start; but not when a worker ends, which inherits this.
    atexit.register(lambda: os.getpid() == master and shutil.rmtree(folder, ignore_errors=True))


def _whole(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise SystemExit(f"{name}: expected a whole number of at least 1, found {text!r}")
    return int(text)


bind = f"127.0.0.1:{os.environ.get('PORT', '8181')}"
workers = _whole("WEB_CONCURRENCY", 2 * multiprocessing.cpu_count())
worker_class = "app.http_worker.HttpWorker"
preload_app = True  # loaded once: workers share its memory, and one that takes a dead one's place serves at once
threads = _whole("GUERDON_POOL_SIZE", 8)  # as many as the worker has database connections
timeout = 30  # seconds for the body of a request
graceful_timeout = 25
keepalive = 60  # seconds for its head, and for a connection that is idle: a proxy should close its own before
secure_scheme_headers: dict[str, str] = {}  # whom to believe about the scheme is GUERDON_PROXY_HOPS's to say
loglevel = "warning"


def on_starting(server: Any) -> None:
    """A socket for each worker; see app/http_sockets.py."""
    from app import http_sockets

    http_sockets.bind(server)


def when_ready(server: Any) -> None:
    from app import http_sockets

    http_sockets.require_one_address(server)
    http_sockets.give_up(server)


def pre_fork(server: Any, worker: Any) -> None:
    from app import http_sockets

    http_sockets.choose(server, worker)


def post_fork(server: Any, worker: Any) -> None:
    from app import http_sockets

    http_sockets.leave_others(server, worker)


def child_exit(server: Any, worker: Any) -> None:
    """A worker that is gone holds no gauges any more, and perhaps nobody takes its place."""
    from prometheus_client import multiprocess

    from app import http_sockets

    multiprocess.mark_process_dead(worker.pid)
    http_sockets.give_up(server)
