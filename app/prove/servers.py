"""Server processes of a proof, on loopback ports of their own, which may be killed and started again."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# A clone, or where an installed Guerdon is started from.
ROOT = next(
    (it for it in (Path(__file__).parent.parent.parent, Path.cwd()) if (it / "gunicorn.conf.py").exists()), Path.cwd()
)
READY_SECONDS = 60.0


class Server:
    """One master with two workers, in a process group of its own."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.port = free_port()
        self._environ = {**os.environ, **environ, "WEB_CONCURRENCY": "2", "GUERDON_POOL_SIZE": "4"}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Raises RuntimeError when it does not start."""
        config = str(ROOT / "gunicorn.conf.py")
        command = [sys.executable, "-m", "gunicorn", "-c", config, "-b", f"127.0.0.1:{self.port}", "wsgi:application"]
        self._process = subprocess.Popen(
            command, env=self._environ, cwd=ROOT, process_group=0, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(
                    "A server of the proof did not start; `gunicorn wsgi:application` under these settings says why."
                )
            time.sleep(0.1)

    def kill(self) -> None:
        """The master and its workers at once, as when the host dies."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def serving(environ: dict[str, str], count: int) -> Iterator[list[Server]]:
    metrics = tempfile.TemporaryDirectory(prefix="guerdon-prove-")  # whoever is killed removes nothing
    servers = [Server({**environ, "PROMETHEUS_MULTIPROC_DIR": metrics.name}) for _ in range(count)]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()
        metrics.cleanup()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
