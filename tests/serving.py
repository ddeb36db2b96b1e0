"""Guerdon under gunicorn, for tests that need real processes and for the benchmarks."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).parent.parent


class Server:
    """Guerdon on a port of its own, which may be killed and started again."""

    def __init__(self, environ: dict[str, str], **options: int | str) -> None:
        self.port = free_port()
        self.environ = {**os.environ, **environ, "PORT": str(self.port)}
        config = str(ROOT / "gunicorn.conf.py")
        self.command = [sys.executable, "-m", "gunicorn", "-c", config, "-b", f"127.0.0.1:{self.port}"]
        for name, value in options.items():
            self.command += [f"--{name.replace('_', '-')}", str(value)]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        # A group of its own, so that a kill reaches the workers as well as their master.
        self.process = subprocess.Popen(
            [*self.command, "wsgi:application"], env=self.environ, cwd=ROOT, process_group=0
        )
        _wait(self.process, self.port)

    def workers(self) -> list[int]:
        """The ids of the processes that serve now."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def kill(self) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(30)


@contextmanager
def guerdon(environ: dict[str, str], **options: int | str) -> Iterator[Server]:
    """Guerdon on a free port, for as long as the block lasts."""
    server = Server(environ, **options)
    try:
        server.start()
        yield server
        server.stop()
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
            return
        except OSError as e:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("Guerdon did not start") from e
            time.sleep(0.1)
