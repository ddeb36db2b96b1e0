"""The demo world, served, and a browser that looks at it: for the tests, the pictures and the measurements."""

import logging
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser, Page, Playwright, sync_playwright
from werkzeug.serving import make_server

from app import create_app, demo
from app.db import installation
from app.db.engine import Database
from app.settings import Settings
from app.web.callers import rotate_keys

BROWSERS = "chromium", "chromium-browser", "google-chrome-stable", "google-chrome"
CHROMIUM = os.environ.get("GUERDON_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Who signs in to each application in the demo world, and with which password.
PEOPLE = {"console": ("admin", "open"), "till": ("john@doe.com", "open"), "shop": ("user-temp@oloy.com", "loyalty")}


@dataclass
class Site:
    """A server with the demo world, and the application behind it."""

    url: str
    app: Flask
    database: Database


@contextmanager
def served(app: Flask) -> Iterator[Site]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    # What is still under way is waited for at the end: it would open the next test's database as it was.
    vars(server)["daemon_threads"] = False
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", app, app.extensions["guerdon_database"])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def demo_site() -> Iterator[Site]:
    """A demo world of its own, served, and gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        rotate_keys(Path(folder) / "keys" / "jwt.pem")
        app = create_app(Settings(environment="test", storage=Path(folder), self_registration="open"))
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        settings, database = app.extensions["guerdon_settings"], app.extensions["guerdon_database"]
        installation.migrate(database, lambda session: demo.load(session, datetime.now(UTC), settings.zone))
        try:
            with served(app) as site:
                yield site
        finally:
            database.engine.dispose()


def launch(playwright: Playwright, program: str | None = CHROMIUM) -> Browser:
    return playwright.chromium.launch(executable_path=program, args=QUIET)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


def sign_in(page: Page, username: str, password: str) -> None:
    """Where an application asks who one is."""
    page.locator("input[autocomplete=username]").fill(username)
    page.locator("input[type=password]").fill(password)
    page.keyboard.press("Enter")
    page.locator("main#content").wait_for()
