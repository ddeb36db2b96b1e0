"""The examples of `deploy/` do what they say: proxies are started, what cannot be started here is read."""

import json
import os
import re
import shutil
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from ruamel.yaml import YAML

from app.web.door import BODY_BYTES_MAX
from tests.mail.test_mail import certificate
from tests.postgres import free_port
from tests.serving import ROOT, Server, guerdon

STARTS_SERVERS = True  # see tests/conftest.py
DEPLOY = ROOT / "deploy"


def program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        if os.environ.get("GUERDON_REQUIRE_PROXIES"):
            raise RuntimeError(f"{name} is needed here")
        pytest.skip(f"There is no {name}.")
    return found


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[int]:
    port, (cert, key) = free_port(), certificate(folder)
    site = (DEPLOY / "nginx.conf").read_text()
    for shown, here in (
        ("127.0.0.1:8181", f"127.0.0.1:{upstream}"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("/etc/ssl/guerdon.pem", str(cert)),
        ("/etc/ssl/guerdon.key", str(key)),
        ("server_name shop.example", "server_name localhost"),
    ):
        assert shown in site
        site = site.replace(shown, here)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off; pid {folder}/pid; error_log {folder}/error.log;"
    main += " user root;" if os.geteuid() == 0 else ""
    whole = f"{main}\nevents {{}}\nhttp {{\nlog_format ids '$request_id'; access_log {folder}/ids ids;\n{temporary}{site}}}\n"
    (folder / "nginx.conf").write_text(whole)
    with running([program("nginx"), "-c", str(folder / "nginx.conf"), "-e", f"{folder}/error.log"], folder, port):
        yield port


@contextmanager
def caddy(folder: Path, upstream: int) -> Iterator[int]:
    port, (cert, key) = free_port(), certificate(folder)
    text = (
        (DEPLOY / "Caddyfile").read_text().replace("respond /metrics 404", f"tls {cert} {key}\n\trespond /metrics 404")
    )
    off = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    (folder / "Caddyfile").write_text(off + text)
    environ = {
        "GUERDON_HOST": f"https://localhost:{port}",
        "GUERDON_UPSTREAMS": f"127.0.0.1:{upstream}",
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    with running([program("caddy"), "run", "--config", str(folder / "Caddyfile")], folder, port, environ):
        yield port


@contextmanager
def running(command: list[str], folder: Path, port: int, environ: dict[str, str] | None = None) -> Iterator[None]:
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env={**os.environ, **(environ or {})})
    try:
        until = time.monotonic() + 30
        while ask(port, "/livez")[0] != 200:
            assert process.poll() is None, (folder / "said").read_text()
            assert time.monotonic() < until, (folder / "said").read_text()
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(30)


def ask(port: int, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(
        f"https://localhost:{port}{path}", data=body, headers={"Content-Type": "application/json"} if body else {}
    )
    try:
        with urllib.request.urlopen(request, timeout=20, context=trusting) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as e:
        return e.code, e.read()
    except OSError:
        return 0, b""


@pytest.fixture(scope="module")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, jwt_keys: str) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("deployed")
    shutil.copy(sqlite_template, folder / "guerdon.sqlite3")
    environ = {
        "GUERDON_ENV": "test",
        "GUERDON_DATABASE_URL": f"sqlite:///{folder}/guerdon.sqlite3",
        "GUERDON_STORAGE": str(folder),
        "GUERDON_JWT_PRIVATE_KEY": jwt_keys,
        "GUERDON_PROXY_HOPS": "1",
        "WEB_CONCURRENCY": "1",
    }
    with guerdon(environ) as found:
        yield found


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_a_proxy_passes_on_what_guerdon_takes(proxy: Any, server: Server, tmp_path: Path) -> None:
    with proxy(tmp_path, server.port) as port:
        assert ask(port, "/readyz")[0] == 200
        assert ask(port, "/metrics")[0] == 404, "numbers are for the inside"
        largest = json.dumps({"_username": "x" * (BODY_BYTES_MAX - 100), "_password": "y"}).encode()
        assert len(largest) <= BODY_BYTES_MAX
        status, said = ask(port, "/api/admin/login_check", largest)
        assert (status, b"too long" in said) == (400, True), "a body as large as may be is read"
        # Guerdon says so before it has read the body. A proxy may find the connection closed before it finds the answer: 502.
        # And who still sends may find its own closed: then nothing was taken either, and who asks again hears it.
        tries = (ask(port, "/api/admin/login_check", largest + b" " * 1_000) for _ in range(10))
        status, said = next(((status, said) for status, said in tries if status), (0, b""))
        assert (status == 413 and b"262144" in said) or status == 502
        assert ask(port, "/api/admin/login_check", b"x" * 7_000_000)[0] in {0, 413, 502}, (
            "the proxy says so, or Guerdon first"
        )
        status, page = ask(port, "/openapi.json")
        assert status == 200
        assert json.loads(page)["openapi"]


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_a_proxy_names_the_request_and_a_client_does_not(proxy: Any, server: Server, tmp_path: Path) -> None:
    named = "given-by-a-client"
    with proxy(tmp_path, server.port) as port:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        request = urllib.request.Request(f"https://localhost:{port}/livez", headers={"X-Request-Id": named})
        with urllib.request.urlopen(request, timeout=20, context=trusting) as answer:
            given = answer.headers["X-Request-Id"]
    assert given != named
    if proxy is nginx:
        assert given in (tmp_path / "ids").read_text().split()
    else:
        assert UUID(given)


def test_what_stands_behind_a_proxy_knows_who_asks_and_how(server: Server, tmp_path: Path) -> None:
    """Wrong tries count by the address that the proxy tells; without GUERDON_PROXY_HOPS all would be the proxy's."""
    with nginx(tmp_path, server.port) as port:
        body = json.dumps({"_username": "nobody", "_password": "wrong"}).encode()
        answers = [ask(port, "/api/seller/login_check", body)[0] for _ in range(12)]
    assert answers[0] == 401
    assert answers[-1] == 429


def test_compose_names_what_there_is() -> None:
    compose = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
    services = compose["services"]
    assert set(services) == {"postgres", "pgbouncer", "web-1", "web-2", "worker", "proxy"}
    for name, service in services.items():
        for secret in service.get("secrets", []):
            assert secret in compose["secrets"], (name, secret)
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).exists(), (name, volume)
        if name.startswith(("web", "worker")):
            assert service["read_only"]
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).exists()


def test_the_image_takes_files_that_are_there_and_runs_as_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), line
                assert f"!{source}" in (ROOT / ".dockerignore").read_text().split(), line
    users = [line for line in lines if line.startswith("USER")]
    assert users == ["USER guerdon"]
    assert any(line.startswith("HEALTHCHECK") for line in lines)


def test_units_are_understood_by_systemd(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    for unit in sorted((DEPLOY / "systemd").glob("*.service")):
        # What they start is elsewhere on this machine.
        text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit.read_text())
        text = re.sub(r"^(User|WorkingDirectory|EnvironmentFile)=.*\n", "", text, flags=re.MULTILINE)
        (tmp_path / unit.name).write_text(text)
        run = subprocess.run([analyze, "verify", str(tmp_path / unit.name)], capture_output=True, text=True)
        assert unit.name not in run.stderr, run.stderr


def test_dashboards_and_alerts_ask_for_metrics_that_there_are(app: Flask) -> None:
    text = app.test_client().get("/metrics").text
    known = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    rules = YAML(typ="safe").load((DEPLOY / "alerts.yaml").read_text())["groups"][0]["rules"]
    dashboard = json.loads((DEPLOY / "grafana.json").read_text())
    asked = [rule["expr"] for rule in rules] + [it["expr"] for panel in dashboard["panels"] for it in panel["targets"]]
    names = set(re.findall(r"guerdon_[a-z_]+", " ".join(asked)))
    assert names
    assert {name.removesuffix("_bucket") for name in names} <= known
