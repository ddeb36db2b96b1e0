"""Guerdon as it is really started: under gunicorn, and by `guerdon serve`."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from app import create_app
from app.campaign.models.awards import Award
from app.db.engine import Database
from app.settings import Settings
from app.web.callers import rotate_keys
from tests.postgres import free_port
from tests.serving import ROOT, Server, guerdon
from tests.world import World

STARTS_SERVERS = True  # see tests/conftest.py


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return str(answer.read().decode())


def test_metrics_tell_of_all_workers(environ: dict[str, str]) -> None:
    with guerdon(environ, workers=2, threads=1) as server:
        for _ in range(20):
            get(server.port, "/livez")
        details = get(server.port, "/metrics")
    assert re.search(r'guerdon_requests_total\{method="GET",route="/livez",status="200"\} 20\.0', details)


@pytest.fixture
def world(sqlite_url: str, sqlite_world: tuple[Path, World]) -> Iterator[World]:
    database = Database(sqlite_url)
    yield sqlite_world[1].over(database)
    database.engine.dispose()


@pytest.fixture
def environ(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    rotate_keys(tmp_path / "keys" / "jwt.pem")
    return {"GUERDON_ENV": "test", "GUERDON_DATABASE_URL": sqlite_url, "GUERDON_STORAGE": str(tmp_path)}


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def answer_of(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, head and body of what comes until the other side closes."""
    received = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.lower().split(": ", 1) for line in lines), body


def ask(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    with connected(port) as connection:
        connection.sendall(request)
        return answer_of(connection)


def until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.05)


LAST = b"Host: x\r\nConnection: close\r\n"


def test_what_the_server_refuses_by_itself_it_refuses_with_a_bare_status(environ: dict[str, str]) -> None:
    with guerdon(environ, workers=1, threads=1) as server:
        for request, status in (
            (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n" + LAST + b"\r\n", 431),
            (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n" + LAST + b"\r\n", 431),
            (b"NONSENSE\r\n\r\n", 400),
            (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + LAST + b"\r\n", 400),
        ):
            found, _, body = ask(server.port, request)
            assert (found, body) == (status, b""), request[:40]


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(environ: dict[str, str]) -> None:
    with guerdon(environ, workers=1, threads=1) as server:
        for head, status in ((b"Content-Length: 99000000", 413), (b"Transfer-Encoding: chunked", 411)):
            found, _, body = ask(server.port, b"POST /api/campaign HTTP/1.1\r\n" + LAST + head + b"\r\n\r\n")
            assert (found, json.loads(body)["error"]["code"]) == (status, status)


def test_what_a_client_sends_arrives_as_it_was_sent(environ: dict[str, str], world: World) -> None:
    """Names outside of ASCII, doubled heads, doubled slashes, HEAD, and several requests on one connection."""
    with guerdon(environ, workers=1, threads=1) as server:
        path = b"/api/campaign/%C5%BB%C3%B3%C5%82w"
        assert ask(server.port, b"GET " + path + b" HTTP/1.1\r\n" + LAST + b"\r\n")[0] == 404
        assert ask(server.port, b"GET //livez HTTP/1.1\r\n" + LAST + b"\r\n")[0] == 404
        doubled = b"Idempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 0\r\n"
        found, _, body = ask(server.port, b"POST /api/token/refresh HTTP/1.1\r\n" + LAST + doubled + b"\r\n")
        assert (found, "Idempotency-Key" in body.decode()) == (400, True)
        found, head, body = ask(server.port, b"HEAD /livez HTTP/1.1\r\n" + LAST + b"\r\n")
        assert (found, head["content-length"], body) == (200, "19", b"")
        sent = b"_username=ada&_password=%C5%BB%C3%B3%C5%82w"
        form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent
        with connected(server.port) as connection:
            for _ in range(3):
                connection.sendall(b"POST /api/admin/login_check HTTP/1.1\r\nHost: x\r\n" + form)
                assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")


def test_who_sends_too_slowly_is_given_up_and_others_are_served_meanwhile(environ: dict[str, str]) -> None:
    post = (
        b"POST /api/admin/login_check HTTP/1.1\r\n" + LAST + b"Content-Type: application/json\r\nContent-Length: 9\r\n"
    )
    with guerdon(environ, workers=1, threads=2, timeout=4, keep_alive=2) as server:
        with connected(server.port) as head, connected(server.port) as body, connected(server.port) as idle:
            head.sendall(post)
            body.sendall(post + b"\r\n{")
            assert get(server.port, "/livez")
            began = time.monotonic()
            assert body.recv(65_536).startswith(b"HTTP/1.1 408 ")
            assert answer_of_nothing(head)
            assert answer_of_nothing(idle)
            assert time.monotonic() - began < 29  # and not the 30 and 60 that others have
        with ExitStack() as held:
            for _ in range(8):  # four for each thread: they have a turn only when the body has come
                held.enter_context(connected(server.port)).sendall(post + b"\r\n{")
            assert get(server.port, "/livez")


def test_a_body_that_never_comes_does_not_keep_the_server_from_stopping(environ: dict[str, str]) -> None:
    with guerdon(environ, workers=1, threads=2) as server, connected(server.port) as half:
        half.sendall(b"POST /api/admin/login_check HTTP/1.1\r\n" + LAST + b"Content-Length: 9\r\n\r\n{")
        time.sleep(0.5)
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 20  # and not the 25 that requests may take to end


def answer_of_nothing(connection: socket.socket) -> bool:
    """The other side closes; a status, if any, is that of a time-out."""
    received = connection.recv(65_536)
    return received == b"" or received.startswith(b"HTTP/1.1 408 ")


def test_a_body_that_was_cut_off_changes_nothing(environ: dict[str, str], world: World) -> None:
    """A thousand points of which ten arrive: the client is gone, and was not heard."""
    with guerdon(environ, workers=1, threads=1) as server:
        sent = f"transfer[customer]={world.cleo.uuid}&transfer[points]=1000".encode()
        head = f"Authorization: Bearer {token_of(environ, world)}\r\nContent-Length: {len(sent)}\r\n".encode()
        head += b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        post = b"POST /api/points/transfer/add HTTP/1.1\r\n" + LAST + head
        with connected(server.port) as connection:
            connection.sendall(post + sent[:-2])
            connection.shutdown(socket.SHUT_WR)
            received = connection.recv(65_536)
        assert not received.startswith(b"HTTP/1.1 200 ")
        assert world.balance() == 100_000
        assert ask(server.port, post + sent)[0] == 200
        assert world.balance() == 200_000


def token_of(environ: dict[str, str], world: World) -> str:
    settings = Settings(
        environment="test", database_url=environ["GUERDON_DATABASE_URL"], storage=Path(environ["GUERDON_STORAGE"])
    )
    app = create_app(settings)
    with app.app_context():
        token: str = app.extensions["guerdon_identity"].token(world.ada, "ada", world.ada.uuid, datetime.now(UTC))
    app.extensions["guerdon_database"].engine.dispose()
    return token


def test_a_purchase_under_way_is_finished_when_the_server_stops(environ: dict[str, str], world: World) -> None:
    campaign = world.a_campaign()
    path = f"/api/admin/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy"
    token = token_of(environ, world)
    with guerdon(environ, workers=2, threads=1) as server:
        assert server.process is not None
        with world.database.transaction() as session, connected(server.port) as buyer:
            session.execute(text("SELECT 1"))  # holds SQLite's one lock for writing
            head = f"POST {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Length: 0\r\n"
            buyer.sendall(head.encode() + LAST + b"\r\n")
            time.sleep(0.5)
            server.process.terminate()
            time.sleep(0.5)
            session.rollback()
            status, _, body = answer_of(buyer)
        assert (status, json.loads(body)["coupon"]["code"]) == (200, "CODE-0")
        assert server.process.wait(30) == 0
    assert world.count(Award) == 1


def test_a_dead_worker_is_replaced_again_and_again(environ: dict[str, str]) -> None:
    with guerdon(environ, workers=2, threads=1) as server:
        for _ in range(6):
            before = server.workers()
            os.kill(before[0], signal.SIGKILL)
            until(lambda: before[0] not in server.workers() and len(server.workers()) == 2, "no worker came")  # noqa: B023
            assert get(server.port, "/livez")


def sockets_of(server: Server, pid: int) -> set[str]:
    """The sockets at which a process listens on the server's port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {row[9] for row in rows if row[1].endswith(f":{server.port:04X}") and row[3] == "0A"}
    opened = set()
    for it in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            opened.add(os.readlink(it))
    return {it for it in listening if f"socket:[{it}]" in opened}


def test_each_worker_has_a_socket_which_outlives_it(environ: dict[str, str]) -> None:
    with guerdon(environ, workers=3, threads=1) as server:
        assert server.process is not None
        master = server.process.pid
        all_sockets = sockets_of(server, master)
        assert len(all_sockets) == 3
        assert all(get(server.port, "/livez") for _ in range(40)), "each is accepted from"
        until(lambda: {len(sockets_of(server, it)) for it in server.workers()} == {1}, "a worker holds others")
        dead = server.workers()[1]
        its = sockets_of(server, dead)
        os.kill(dead, signal.SIGKILL)
        until(lambda: dead not in server.workers() and len(server.workers()) == 3, "no worker came")
        until(lambda: any(sockets_of(server, it) == its for it in server.workers()), "nobody took its place")
        assert all(get(server.port, "/livez") for _ in range(40))
        os.kill(master, signal.SIGTTOU)
        until(lambda: len(sockets_of(server, master)) == 2, "connections would wait at a socket that is nobody's")
        assert all(get(server.port, "/livez") for _ in range(40))
        before = set(server.workers())
        os.kill(master, signal.SIGHUP)  # reads the settings anew: three, again
        until(lambda: not set(server.workers()) & before and len(server.workers()) == 3, "they were not replaced")
        assert all(get(server.port, "/livez") for _ in range(40))


def test_no_socket_is_left_to_nobody(environ: dict[str, str]) -> None:
    with guerdon(environ, workers=2, threads=1) as server:
        assert server.process is not None
        master = server.process.pid
        first, second = sorted(server.workers())
        os.kill(master, signal.SIGTTIN)  # the third shares the first one's socket
        until(lambda: len(server.workers()) == 3, "no worker came")
        os.kill(first, signal.SIGKILL)  # and so does whoever takes its place
        until(lambda: first not in server.workers() and len(server.workers()) == 3, "no worker came")
        os.kill(master, signal.SIGTTOU)  # the second goes, who had one alone
        until(lambda: len(server.workers()) == 2, "nobody went")
        assert second not in server.workers()
        assert all(get(server.port, "/livez") for _ in range(40))


def refused(environ: dict[str, str], *options: str) -> str:
    """What is said of a start that is refused."""
    command = Server(environ, workers=1).command
    command = [*command[: command.index("-b")], "-w", "1", *options, "wsgi:application"]
    said = subprocess.run(command, env={**os.environ, **environ}, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert said.returncode == 1
    return said.stderr


def test_a_port_that_is_taken_is_not_shared(environ: dict[str, str]) -> None:
    with guerdon(environ, workers=1, threads=1) as server:
        assert "Connection in use" in refused(environ, "-b", f"127.0.0.1:{server.port}")


def test_what_would_leave_a_socket_to_nobody_is_refused(environ: dict[str, str]) -> None:
    several = refused(environ, "-b", f"127.0.0.1:{free_port()}", "-b", f"127.0.0.1:{free_port()}")
    assert "Guerdon listens at one address, and here are 2" in several
    assert "Leave out reuse_port" in refused(environ, "-b", f"127.0.0.1:{free_port()}", "--reuse-port")


def test_workers_stop_when_their_master_is_killed(environ: dict[str, str]) -> None:
    server = Server(environ, workers=2, threads=1)
    server.start()
    left = server.workers()
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    try:
        until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in left), "workers stayed")
    finally:
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_a_burst_waits_in_line(environ: dict[str, str]) -> None:
    with guerdon(environ, workers=1, threads=1) as server, ExitStack() as held:
        burst = [held.enter_context(connected(server.port)) for _ in range(400)]
        for connection in burst:
            connection.sendall(b"GET /readyz HTTP/1.1\r\n" + LAST + b"\r\n")
        assert {answer_of(connection)[0] for connection in burst} == {200}


def test_serve_sets_up_everything_keeps_it_and_stops_on_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    environ = {**os.environ, "GUERDON_ENV": "development", "GUERDON_STORAGE": str(tmp_path / "new"), "PORT": str(port)}
    environ.pop("GUERDON_DATABASE_URL", None)
    for start in ("first", "second"):
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve"], env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        until = time.monotonic() + 120
        while True:
            try:
                assert get(port, "/readyz")
                break
            except OSError:
                assert process.poll() is None, "it did not start"
                assert time.monotonic() < until, "it does not answer"
                time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        details, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        assert ("demo world is loaded" in details) is (start == "first")
    assert (tmp_path / "new" / "guerdon.sqlite3").exists()


def test_production_says_in_one_line_why_it_does_not_start(tmp_path: Path, sqlite_url: str) -> None:
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "gunicorn.conf.py",
        "-b",
        "127.0.0.1:0",
        "-w",
        "1",
        "wsgi:application",
    ]
    environ = {**os.environ, "GUERDON_STORAGE": str(tmp_path), "GUERDON_DATABASE_URL": sqlite_url}
    environ.pop("GUERDON_ENV", None)
    refused = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert refused.returncode != 0
    assert "Guerdon cannot start: There is no key to sign tokens with" in refused.stderr
    assert "Traceback" not in refused.stderr
