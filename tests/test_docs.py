"""What the documents show is pasted and run, against a server that `make run` would start."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import free_port

STARTS_SERVERS = True  # see tests/conftest.py
ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Of each document, what must come of its blocks.
SHOWN = {
    "README.md": ['{"coupon":{"code":"123"},"coupons":[{"code":"123"}]}', "limit"],
    "docs/spaaza.md": ['"user_progress"', '"voucher_id"', "All draws agree with their seeds."],
    "docs/sessionm.md": ['"status":"ok"', '"come-again"'],
    "docs/campaigns.md": ["A slice of cake", "1 unchanged"],
    "docs/webhooks.md": ["whsec_", '"type":"test"', '"outcome":"delivered"'],
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    folder, port = tmp_path_factory.mktemp("docs"), free_port()
    environ = {**os.environ, **settings(folder), "PORT": str(port)}
    environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve"], env=environ, cwd=ROOT, process_group=0, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((folder / "log").read_text()) from None
                time.sleep(0.2)
        yield port, folder
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def settings(folder: Path) -> dict[str, str]:
    return {"GUERDON_ENV": "development", "GUERDON_STORAGE": str(folder / "storage")}


def blocks(document: str) -> list[str]:
    """What is to be pasted into a shell: what calls the server, or follows in the same document."""
    found = BLOCK.findall((ROOT / document).read_text())
    return [
        block for block in found if re.search(r"^(curl|python3|\.venv/bin/guerdon|APP=)|\$\(curl", block, re.MULTILINE)
    ]


@pytest.mark.parametrize("document", SHOWN)
def test_what_a_document_shows_can_be_pasted(document: str, served: tuple[int, Path], tmp_path: Path) -> None:
    port, folder = served
    script = "\n".join(["set -eo pipefail", "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT", *blocks(document)])
    script = script.replace("127.0.0.1:8181", f"127.0.0.1:{port}").replace("9099", str(free_port()))
    script = script.replace("curl -s", "curl -sS").replace(".venv/bin/guerdon", f"{sys.executable} -m app.cli")
    run = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={**os.environ, **settings(folder), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = run.stdout + run.stderr
    assert run.returncode == 0, said
    for shown in SHOWN[document]:
        assert shown in said, said


def test_every_setting_is_in_the_table() -> None:
    """What the program reads from the environment, the document names; and what it names is read."""
    read = set(re.findall(r"\"(GUERDON_[A-Z_]+|PORT|WEB_CONCURRENCY)\"", (ROOT / "app/settings.py").read_text()))
    told = set(re.findall(r"`(GUERDON_[A-Z_]+|PORT|WEB_CONCURRENCY)`", (ROOT / "docs/settings.md").read_text()))
    assert {name.removesuffix("_FILE") for name in told} == read | {"WEB_CONCURRENCY"}


def test_links_between_documents_lead_somewhere() -> None:
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
