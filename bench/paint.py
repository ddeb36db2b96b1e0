"""How soon after its data a screen is there: from the last answer of the API until the last change of the page, in Chromium."""

import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app, demo
from app.db import installation
from app.settings import Settings
from app.web.callers import rotate_keys
from bench.table import Figure
from tests.pages.conftest import CHROMIUM, QUIET

LIMIT_MS, ROUNDS = 100, 5
SCREENS = {
    "console": (("admin", "open"), ("", "/campaigns", "/campaigns/lucky-wheel", "/customers", "/audit")),
    "till": (("john@doe.com", "open"), (f"/customer/{demo.JANE}", "/sales")),
    "shop": (("user-temp@oloy.com", "loyalty"), ("", "/coupons", "/points", "/draws")),
}
WATCH = """
globalThis.changed = 0;
new MutationObserver(() => requestAnimationFrame(() => (globalThis.changed = performance.now())))
  .observe(document, { childList: true, subtree: true, characterData: true });
"""
TAKEN = """() => {
  const answers = performance.getEntriesByType("resource").filter((it) => it.name.includes("/api/")).map((it) => it.responseEnd);
  return answers.length ? globalThis.changed - Math.max(...answers) : 0;
}"""


def figures() -> Iterator[Figure]:
    """One for each application: the slowest of its screens, medians of five visits."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        rotate_keys(Path(folder) / "keys" / "jwt.pem")
        app = create_app(Settings(environment="test", storage=Path(folder)))
        settings, database = app.extensions["guerdon_settings"], app.extensions["guerdon_database"]
        installation.migrate(database, lambda session: demo.load(session, datetime.now(UTC), settings.zone))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            for name, ((username, password), places) in SCREENS.items():
                page = browser.new_context().new_page()
                page.add_init_script(WATCH)
                root = f"http://127.0.0.1:{server.server_port}/{name}"
                _sign_in(page, root, username, password)
                taken = {place: _median(page, root + place) for place in places}
                slowest = max(taken, key=lambda place: taken[place])
                detail = f"{taken[slowest]:.0f} ms after its last answer: `/{name}{slowest}`, the slowest of {len(places)} screens"
                yield Figure(
                    f"{name}: a screen after its data / {LIMIT_MS} ms", taken[slowest] / LIMIT_MS, 1, False, detail
                )
        finally:
            browser.close()
            server.shutdown()
            thread.join()
            server.server_close()
            database.engine.dispose()


def _sign_in(page: Page, address: str, username: str, password: str) -> None:
    page.goto(address)
    page.locator("input[autocomplete=username]").fill(username)
    page.locator("input[type=password]").fill(password)
    page.keyboard.press("Enter")
    page.locator("main#content").wait_for()


def _median(page: Page, address: str) -> float:
    found = []
    for _ in range(ROUNDS):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        found.append(float(page.evaluate(TAKEN)))
    return sorted(found)[ROUNDS // 2]
