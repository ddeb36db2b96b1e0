"""A worker process: gunicorn starts, watches and stops it, and granian's core speaks HTTP.

Heads are read, and connections held open, without a Python thread. There are more threads than requests have their turn at once (as
many as the worker has database connections), so that whoever sends a body slowly keeps nobody else waiting. What the core refuses by
itself (a head that is too long or none) it answers with a bare status.
"""

import asyncio
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol, cast

from granian import _futures, _granian
from granian.http import HTTP1Settings
from gunicorn.workers.base import Worker

from app.web.door import BODY_BYTES_MAX

# Granian's own servers use these from outside, too; its types of them are older than they are.
_core, _schedulers = cast(Any, _granian), cast(Any, _futures)

HEAD_BYTES_MAX = 16 * 1024
CONNECTIONS_MAX = 4_096  # of one worker; further ones wait in the backlog
AWAITED_MAX = 128  # bodies that one worker waits for at once, each with a thread
FILE_THREADS_MAX = 512  # the core's own, which it starts when it needs them
IDLE_THREAD_SECONDS = 600

ENVIRON: dict[str, Any] = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "Guerdon",
    "wsgi.errors": sys.stderr,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
Headers = list[tuple[str, str]]
Application = Callable[..., Iterable[bytes]]
TOO_SLOW = json.dumps({"error": {"code": 408, "message": "The body did not come in time."}}).encode()


class Connection(Protocol):
    """Where granian takes an answer; only the first one counts."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...


class HttpWorker(Worker):
    """What gunicorn calls a `worker_class`.

    Of its settings, `keepalive` is for how long a connection may be idle or send its head, `timeout` for how long it may send a body.
    """

    def init_process(self) -> None:
        self.told = threading.Event()
        super().init_process()

    def run(self) -> None:
        """Serve until gunicorn says stop or is gone; then accept nothing more, and finish what was begun."""
        requests = Requests(self.wsgi, self.cfg.threads, self.cfg.timeout)
        gone, signal = threading.Event(), _core.WorkerSignal()
        signal.add_cb(gone.set)
        (listener,) = self.sockets
        loop = asyncio.new_event_loop()  # the core wants one; WSGI never runs it
        server = _core.WSGIWorker(
            self.age,
            (None, _core.SocketHolder(listener.fileno(), False, self.cfg.backlog)),
            None,
            1,  # thread of the core's own
            FILE_THREADS_MAX,
            self.cfg.threads + AWAITED_MAX,
            IDLE_THREAD_SECONDS,
            CONNECTIONS_MAX,
            "1",
            HTTP1Settings(self.cfg.keepalive * 1000, keep_alive=True, max_buffer_size=HEAD_BYTES_MAX),
        )
        server.serve_str(_schedulers._new_cbscheduler(loop, requests.answer, impl_asyncio=True), loop, signal)
        while self.alive and self.ppid == os.getppid() and not requests.are_held_up:
            self.notify()
            requests.give_up_the_slow()
            self.told.wait(1.0)
        signal.set()
        until = time.monotonic() + self.cfg.graceful_timeout
        while not gone.wait(1.0) and time.monotonic() < until:
            self.notify()
            requests.give_up_the_slow()
        if requests.awaited:
            os._exit(0)  # the threads that wait for them would keep the process

    def handle_exit(self, sig: int, frame: object) -> None:
        """SIGTERM: stop gracefully."""
        self.alive = False
        self.told.set()

    handle_quit = handle_exit


class Requests:
    """What is under way in a worker: bodies that are awaited, and requests that have their turn with the application."""

    def __init__(self, application: Application, turns: int, body_seconds: float) -> None:
        self._application = application
        self._turn = threading.BoundedSemaphore(turns)
        self._body_seconds = body_seconds
        self.awaited: dict[Connection, float] = {}  # since when, on the monotonic clock

    def answer(self, connection: Connection, scope: dict[str, Any]) -> None:
        """What granian's core calls for each request, with what WSGI calls its environment."""
        length = int(scope.get("CONTENT_LENGTH", 0))
        # A body that is too long for most routes is for the application to read or to refuse.
        if 0 < length <= BODY_BYTES_MAX:
            self.awaited[connection] = time.monotonic()
            scope["wsgi.input"] = io.BytesIO(scope["wsgi.input"].read(length))
            if time.monotonic() - self.awaited.pop(connection) > self._body_seconds:
                return  # it was answered
        with self._turn:
            self._call(connection, scope)

    def give_up_the_slow(self) -> None:
        """Answer whoever has not sent the body in time. Its thread goes on when the connection ends."""
        for connection, since in list(self.awaited.items()):
            if time.monotonic() - since > self._body_seconds:
                head = [("Content-Type", "application/json"), ("Connection", "close")]
                connection.response_bytes(408, head, TOO_SLOW)

    @property
    def are_held_up(self) -> bool:
        """So many are awaited that a new process is better than this one."""
        return len(self.awaited) > AWAITED_MAX // 2

    def _call(self, connection: Connection, scope: dict[str, Any]) -> None:
        head: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, exc_info: Any = None) -> Any:
            head.append((int(status[:3]), headers))

        chunks = self._application({**ENVIRON, **scope}, start_response)
        try:
            content = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        status, headers = head[-1]
        connection.response_bytes(status, headers, content)
