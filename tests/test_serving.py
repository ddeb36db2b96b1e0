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
from pathlib import Path

from app.web.callers import rotate_keys
from tests.postgres import free_port
from tests.serving import ROOT, guerdon

STARTS_SERVERS = True  # see tests/conftest.py


def get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def test_metrics_tell_of_all_workers(sqlite_url: str, tmp_path: Path) -> None:
    rotate_keys(tmp_path / "keys" / "jwt.pem")
    environ = {"GUERDON_ENV": "test", "GUERDON_DATABASE_URL": sqlite_url, "GUERDON_STORAGE": str(tmp_path)}
    with guerdon(environ, workers=2, threads=1) as server:
        for _ in range(20):
            get(server.port, "/livez")
        details = get(server.port, "/metrics")
    assert re.search(r'guerdon_requests_total\{method="GET",route="/livez",status="200"\} 20\.0', details)


def test_what_the_server_refuses_by_itself_is_json_too(sqlite_url: str, tmp_path: Path) -> None:
    rotate_keys(tmp_path / "keys" / "jwt.pem")
    environ = {"GUERDON_ENV": "test", "GUERDON_DATABASE_URL": sqlite_url, "GUERDON_STORAGE": str(tmp_path)}
    with guerdon(environ, workers=1, threads=1) as server:
        for request, status in (
            (b"GET /" + b"x" * 9_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
            (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 9_000 + b"\r\n\r\n", 431),
            (b"NONSENSE\r\n\r\n", 400),
        ):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(request)
                head, _, body = b"".join(iter(lambda: connection.recv(65_536), b"")).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 %d " % status)
            assert json.loads(body)["error"]["code"] == status


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
