"""A PostgreSQL of the proof's own, which may be killed: in a folder that is removed at the end, on a loopback port."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from app.prove.servers import free_port

PLACES = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin")
STARTING_SECONDS = 30.0


class OwnPostgres:
    """`is_lossy`: it acknowledges commits before they are safe, as one with synchronous_commit=off does, once `lose` is called."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder, self.port = programs, folder, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def initialise(self) -> None:
        subprocess.run(
            [
                self._programs / "initdb",
                "-D",
                self._folder / "data",
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
            ],
            check=True,
            capture_output=True,
            **_as_nobody(),
        )

    def start(self) -> None:
        settings = ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=100"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", "-p", str(self.port), *settings],
                stdout=log,
                stderr=log,
                **_as_nobody(),
            )
        until = time.monotonic() + STARTING_SECONDS
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError as e:
                if time.monotonic() > until or self._process.poll() is not None:
                    raise RuntimeError("The proof's own PostgreSQL does not start.") from e
                time.sleep(0.05)

    def begin_to_lose(self) -> None:
        """From now on, commits are acknowledged before they are safe."""
        with self._connect() as connection:
            for setting in ("synchronous_commit = off", "wal_writer_delay = '10s'"):
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")

    def kill(self) -> None:
        """As by a power cut: the postmaster first, and its children notice."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            (self._folder / "data" / "postmaster.pid").unlink(missing_ok=True)
            time.sleep(1.0)  # for the children to notice

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _connect(self) -> "psycopg.Connection[Any]":
        dsn = f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"
        return psycopg.connect(dsn, connect_timeout=2, autocommit=True)


@contextmanager
def own_postgres(programs: Path | None) -> Iterator[OwnPostgres]:
    """Raises RuntimeError when PostgreSQL's programs are nowhere to be found."""
    folder = Path(tempfile.mkdtemp(prefix="guerdon-prove-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody")
    database = OwnPostgres(_found(programs), folder)
    try:
        database.initialise()
        database.start()
        yield database
    finally:
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _found(programs: Path | None) -> Path:
    if programs is not None:
        places = [programs]
    else:
        on_path = shutil.which("initdb")
        places = [Path(on_path).parent] if on_path else []
        for pattern in PLACES:
            places += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise RuntimeError("PostgreSQL's programs (initdb, postgres) are not found: say where with --postgres-programs.")


def _as_nobody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": "nobody", "cwd": "/tmp"} if os.geteuid() == 0 else {}
