"""A real browser, a server with the demo world, and somebody who looks at both.

Whatever the browser complains about (a policy that was violated, a script's error, a file that is not there) fails the test.
"""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, sync_playwright
from werkzeug.serving import make_server

from app.db.engine import Database
from app.settings import Settings
from tests.conftest import NO_BROWSER

CHROMIUM = os.environ.get("GUERDON_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"))), None
)
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# What a browser says of answers that a test provokes: refusals, and lines that were cut.
PROVOKED = re.compile(
    r"Failed to load resource: (the server responded with a status of (400|401|403|404|409|412|429|503)|net::ERR_)"
)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if CHROMIUM is None:
        if os.environ.get("GUERDON_REQUIRE_BROWSER"):
            pytest.fail("There is no Chromium, and GUERDON_REQUIRE_BROWSER asks for one.")
        pytest.skip(NO_BROWSER)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
    yield started
    started.close()


@dataclass
class Site:
    """A server with the demo world, and the application behind it."""

    url: str
    app: Flask
    database: Database


@pytest.fixture
def database_url(sqlite_demo_url: str) -> str:
    """Every test begins with a demo world of its own."""
    return sqlite_demo_url


@pytest.fixture
def settings(database_url: str, jwt_keys: str, tmp_path: Path) -> Settings:
    return Settings(
        environment="test",
        database_url=database_url,
        storage=tmp_path,
        jwt_private_keys=jwt_keys,
        self_registration="open",
    )


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    """The demo world, served."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", app, app.extensions["guerdon_database"])
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Visitor:
    """Somebody with a browser window of their own. (The pages' policy allows no `wait_for_function`: wait for locators.)"""

    page: Page
    context: BrowserContext
    site: Site
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.site.url + path)
        return self.page

    def sign_in(self, path: str, name: str, password: str) -> Page:
        """Open an application and sign in there."""
        page = self.open(path)
        page.locator("input[autocomplete=username]").fill(name)
        page.locator("input[type=password]").fill(password)
        page.keyboard.press("Enter")
        page.locator("main#content").wait_for()
        return page

    def require_accessible(self, only_colours: bool = False) -> None:
        """axe finds nothing serious on the screen as it is now. In the dark only colours are others."""
        options = {"resultTypes": ["violations"], **({"runOnly": ["color-contrast"]} if only_colours else {})}
        found = Axe().run(self.page, options=options).response["violations"]
        serious = [it for it in found if it["impact"] in {"serious", "critical"}]
        assert not serious, "\n".join(
            f"{it['id']}: {it['help']} {[n['html'][:120] for n in it['nodes']]}" for it in serious
        )


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """Makes visitors: `visit(width=360, language="pl", dark=True)`."""
    visitors: list[Visitor] = []

    def come(
        width: int = 1280, height: int = 900, language: str = "en-GB", dark: bool = False, **options: Any
    ) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(15_000)
        visitor = Visitor(context.new_page(), context, site)
        visitors.append(visitor)

        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not PROVOKED.search(message.text):
                visitor.complaints.append(message.text)

        context.on("console", hear)
        context.on("weberror", lambda error: visitor.complaints.append(str(error.error)))
        return visitor

    yield come
    kept = {name for visitor in visitors for name in _kept_beyond_the_tab(visitor)}
    for visitor in visitors:
        visitor.context.close()
    assert kept <= {"guerdon.language", "guerdon.theme"}
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def _kept_beyond_the_tab(visitor: Visitor) -> list[str]:
    """No token is kept where another tab, or somebody tomorrow, could find it."""
    if visitor.page.is_closed() or not visitor.page.url.startswith("http"):
        return []
    return list(visitor.page.evaluate("Object.keys(localStorage)"))
