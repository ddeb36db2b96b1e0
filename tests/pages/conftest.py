"""A real browser, a server with the demo world, and somebody who looks at both.

Whatever the browser complains about (a policy that was violated, a script's error, a file that is not there) fails the test.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect, sync_playwright

from app.settings import Settings
from tests.conftest import NO_BROWSER
from tests.pages.site import CHROMIUM, PEOPLE, Site, launch, served, sign_in

# The shell has no window that anybody could see, and takes three fifths of the time.
BROWSER = os.environ.get("GUERDON_CHROMIUM") or shutil.which("chromium-headless-shell") or CHROMIUM
OTHER_SELLER = "john2@doe2.com"  # with the password of all sellers
JANE = "00000000-0000-474c-b092-b0dd880c07e2"
SECONDS_MAX = 60  # for whatever is waited for: on a machine that is busy with something else, too
HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.exe " + "W" * 80 + "\U0001f381" * 120
# What a browser says of answers of the API that a test provokes: refusals, and lines that were cut.
PROVOKED = re.compile(
    r"Failed to load resource: (the server responded with a status of (400|401|403|404|409|412|429|503)|net::ERR_)"
)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    if BROWSER is None:
        if os.environ.get("GUERDON_REQUIRE_BROWSER"):
            pytest.fail("There is no Chromium, and GUERDON_REQUIRE_BROWSER asks for one.")
        pytest.skip(NO_BROWSER)
    expect.set_options(timeout=SECONDS_MAX * 1_000)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = launch(playwright, BROWSER)
    yield started
    started.close()


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
    with served(app) as site:
        yield site


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
        sign_in(page, name, password)
        return page

    def settle(self) -> None:
        """Wait until the screen shows what it asked for."""
        self.page.locator("h1").first.wait_for()
        expect(self.page.locator(".bone")).to_have_count(0)

    def require_accessible(self, only_colours: bool = False) -> None:
        """axe finds nothing serious on the screen as it is now. In the dark only colours are others."""
        self.settle()
        options = {"resultTypes": ["violations"], **({"runOnly": ["color-contrast"]} if only_colours else {})}
        found = Axe().run(self.page, options=options).response["violations"]
        serious = [it for it in found if it["impact"] in {"serious", "critical"}]
        assert not serious, "\n".join(
            f"{it['id']}: {it['help']} {[n['html'][:120] for n in it['nodes']]}" for it in serious
        )

    def require_fits(self) -> None:
        """Nothing sticks out at the side, and no text has become markup."""
        self.settle()
        for it in ("html", "dialog[open]"):
            wide = self.page.locator(it).evaluate_all("all => all.map((it) => it.scrollWidth - it.clientWidth)")
            assert all(too_wide <= 0 for too_wide in wide), f"{self.page.url}: {it} is {wide} pixels too wide"
        assert self.page.locator("img[src=x]").count() == 0, self.page.url


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
        context.set_default_timeout(SECONDS_MAX * 1_000)
        visitor = Visitor(context.new_page(), context, site)
        visitors.append(visitor)

        def hear(message: ConsoleMessage) -> None:
            is_provoked = PROVOKED.search(message.text) and "/api/" in message.location["url"]
            is_provoked = is_provoked or "net::ERR_INTERNET_DISCONNECTED" in message.text  # a test took the line away
            if message.type in {"error", "warning"} and not is_provoked:
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


Call = Callable[..., Any]


@pytest.fixture
def call(site: Site) -> Iterator[Call]:
    """What somebody does elsewhere, by the API: `call("admin", "POST", path, body)`. The seller is another than the one at the till."""
    tokens: dict[str, str] = {}
    people = {"admin": PEOPLE["console"], "seller": (OTHER_SELLER, PEOPLE["till"][1]), "customer": PEOPLE["shop"]}
    with site.app.test_client() as client:

        def send(role: str, method: str, path: str, body: Any = None, is_refused: bool = False, **headers: str) -> Any:
            if role not in tokens:
                name, password = people[role]
                answer = client.post(f"/api/{role}/login_check", json={"_username": name, "_password": password})
                tokens[role] = str((answer.json or {})["token"])
            headers["Authorization"] = f"Bearer {tokens[role]}"
            response = client.open(path, method=method, json=body, headers=headers)
            assert response.status_code in (range(400, 500) if is_refused else range(200, 300)), response.text
            return response.json

        yield send


def campaign(call: Call, key: str, name: str, codes: tuple[str, ...] = (), **more: Any) -> str:
    """The id of a new campaign for everyone; it sells these codes, if there are any."""
    document = {"version": 1, "key": key, "name": name, "lifecycle": "live", "audience": {"everyone": True}, **more}
    if codes:
        document["sale"] = {"coupon_kind": "gift_code"}
    made = call("admin", "POST", "/api/admin/campaigns", document)
    if codes:
        call("admin", "POST", f"/api/admin/campaigns/{key}/codes", {"codes": list(codes)})
    return str(made["state"]["id"])
