"""Real servers to measure: PostgreSQL from its wheel, Guerdon under gunicorn."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import free_port

ROOT = Path(__file__).parent.parent


@contextmanager
def guerdon(environ: dict[str, str], **options: int) -> Iterator[int]:
    """Guerdon on a free port, for as long as the block lasts. Yields the port."""
    port = free_port()
    environ = {**os.environ, **environ, "PORT": str(port)}
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn.conf.py"), "-b", f"127.0.0.1:{port}"]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    process = subprocess.Popen([*command, "wsgi:application"], env=environ, cwd=ROOT)
    try:
        _wait(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
            return
        except OSError as e:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("Guerdon did not start") from e
            time.sleep(0.1)
