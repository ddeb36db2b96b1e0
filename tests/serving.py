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
    """Guerdon on a port of its own, which may be killed and started again. Its options are gunicorn's."""

    def __init__(self, environ: dict[str, str], workers: int | None = None, **options: int | str) -> None:
        self.port = free_port()
        self.workers_wanted = workers or int(environ["WEB_CONCURRENCY"])
        self.environ = {**os.environ, **environ, "PORT": str(self.port), "WEB_CONCURRENCY": str(self.workers_wanted)}
        config = str(ROOT / "gunicorn.conf.py")
        self.command = [sys.executable, "-m", "gunicorn", "-c", config, "-b", f"127.0.0.1:{self.port}"]
        for name, value in options.items():
            self.command += [f"--{name.replace('_', '-')}", str(value)]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers and all its workers run: the first one answers before the master has made the others."""
        # A group of its own, so that a kill reaches the workers as well as their master.
        self.process = subprocess.Popen(
            [*self.command, "wsgi:application"], env=self.environ, cwd=ROOT, process_group=0
        )
        end = time.monotonic() + 90
        while not self._answers() or len(self.workers()) < self.workers_wanted:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("Guerdon did not start")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2).close()
        except OSError:
            return False
        return True

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
def guerdon(environ: dict[str, str], workers: int | None = None, **options: int | str) -> Iterator[Server]:
    """Guerdon on a free port, for as long as the block lasts."""
    server = Server(environ, workers, **options)
    try:
        server.start()
        yield server
        server.stop()
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill()
