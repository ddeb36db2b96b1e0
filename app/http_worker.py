"""A worker process: gunicorn starts, watches and stops it, and granian's core speaks HTTP.

Heads are read, and connections held open, without a Python thread. There are more threads than requests have their turn at once (as
many as the worker has database connections), so that whoever sends a body slowly keeps nobody else waiting. What the core refuses by
itself (a head that is too long or none) it answers with a bare status.
"""

import asyncio
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Protocol, cast

from granian import _futures, _granian
from granian.http import HTTP1Settings
from gunicorn.workers.base import Worker

# Granian's own servers use these from outside, too; its types of them are older than they are.
_core, _schedulers = cast(Any, _granian), cast(Any, _futures)

HEAD_BYTES_MAX = 16 * 1024
CONNECTIONS_MAX = 4_096  # of one worker; further ones wait in the backlog
AWAITED_MAX = 128  # threads beyond those that have a turn, for bodies that are awaited
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
JSON = [("Content-Type", "application/json")]
TOO_SLOW = json.dumps({"error": {"code": 408, "message": "The body did not come in time."}}).encode()
FAILED = json.dumps({"error": {"code": 500, "message": "Internal Server Error"}}).encode()


class Connection(Protocol):
    """Where granian takes an answer; only the first one counts."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...


class HttpWorker(Worker):
    """What gunicorn calls a `worker_class`.

    Of its settings, `keepalive` is for how long a connection may be idle or send its head, `timeout` for how long it may send a body.
    """

    def init_process(self) -> None:
        self.told: SimpleQueue[None] = SimpleQueue()  # which a signal may fill at any instant, other than an Event
        super().init_process()

    def run(self) -> None:
        """Serve until gunicorn says stop or is gone; then accept nothing more, and finish what was begun."""
        requests = Requests(self.wsgi, self.cfg.threads)
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
            requests.give_up_the_slow(self.cfg.timeout)
            with suppress(Empty):
                self.told.get(timeout=1.0)
        signal.set()
        until = time.monotonic() + self.cfg.graceful_timeout
        idle_seconds = 0  # of all but those that hang: what was just answered is still being sent
        while not gone.wait(1.0) and time.monotonic() < until and idle_seconds < 2:
            self.notify()
            requests.give_up_the_slow(0)
            idle_seconds = 0 if requests.under_way - requests.hanging else idle_seconds + 1
        self._write_refusals()
        if not gone.is_set() or requests.hanging:
            os._exit(0)  # threads that still wait for somebody would keep the process

    def _write_refusals(self) -> None:
        """What is counted for the staff is written every few seconds; this is the last time."""
        refusals = getattr(self.wsgi, "extensions", {}).get("guerdon_refusals")
        if refusals is not None:
            refusals.write()

    def handle_exit(self, sig: int, frame: object) -> None:
        """SIGTERM: stop gracefully."""
        self.alive = False
        self.told.put(None)

    handle_quit = handle_exit


class Requests:
    """What is under way in a worker: bodies that are awaited, and requests that have their turn with the application."""

    def __init__(self, application: Application, turns: int) -> None:
        self._application = application
        self.under_way: set[Connection] = set()
        self.turn = threading.BoundedSemaphore(turns)
        # Since when, on the monotonic clock. Who takes a connection out of it, the reader or the watcher, answers.
        self.awaited: dict[Connection, float] = {}
        self.hanging: set[Connection] = set()  # answered by the watcher, while the reader still waits

    def answer(self, connection: Connection, scope: dict[str, Any]) -> None:
        """What granian's core calls for each request, with what WSGI calls its environment."""
        self.under_way.add(connection)
        try:
            with self.turn:
                connection.response_bytes(*self._called(connection, scope))
        except Exception:
            logging.getLogger("guerdon").exception("a request failed outside of the application")
            connection.response_bytes(500, JSON, FAILED)
        finally:
            self.under_way.discard(connection)

    def give_up_the_slow(self, seconds: float) -> None:
        """Answer whoever has not sent the body in so many seconds. Its thread goes on when the connection ends."""
        for connection, since in self.awaited.copy().items():
            if time.monotonic() - since <= seconds:
                continue
            self.hanging.add(connection)
            if self.awaited.pop(connection, None) is None:
                self.hanging.discard(connection)
            else:
                connection.response_bytes(408, [*JSON, ("Connection", "close")], TOO_SLOW)

    @property
    def are_held_up(self) -> bool:
        """So many threads hang that a new process is better than this one."""
        return len(self.hanging) > AWAITED_MAX // 2

    def _called(self, connection: Connection, scope: dict[str, Any]) -> tuple[int, Headers, bytes]:
        head: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, exc_info: Any = None) -> Any:
            head.append((int(status[:3]), headers))

        body = Body(scope["wsgi.input"], connection, self)
        chunks = self._application({**ENVIRON, **scope, "wsgi.input": body}, start_response)
        try:
            content = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        return *head[-1], content


class Body:
    """What WSGI calls the input of a request. While it is awaited, others have the turn."""

    def __init__(self, inner: Any, connection: Connection, requests: Requests) -> None:
        self._inner, self._connection, self._requests = inner, connection, requests
        self._since = 0.0

    def read(self, size: int = -1) -> bytes:
        """Fewer bytes than asked for when there are no more, when the client has gone, or was given up."""
        requests = self._requests
        # From the first read on: a body that trickles in is late as well.
        self._since = self._since or time.monotonic()
        requests.awaited[self._connection] = self._since
        requests.turn.release()
        try:
            content = bytes(self._inner.read(size) if size >= 0 else self._inner.read())
        finally:
            is_given_up = requests.awaited.pop(self._connection, None) is None
            requests.hanging.discard(self._connection)
            requests.turn.acquire()
        return b"" if is_given_up else content

    def readline(self, size: int = -1) -> bytes:
        raise NotImplementedError("bodies are read by their length")

    readlines = __iter__ = readline
