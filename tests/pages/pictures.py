"""`make pictures`: what the README shows of each application, taken from the demo world."""

import shutil
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from app import create_app, demo
from app.db import installation
from app.settings import Settings
from app.web.callers import rotate_keys
from tests.pages.conftest import CHROMIUM, QUIET

PICTURES = Path(__file__).parent.parent.parent / "docs" / "pictures"
COLOURS = 128
SIZES = {"console": (1280, 800), "till": (1024, 768), "shop": (390, 780)}
NAMES = {"console": ("admin", "open"), "till": ("john@doe.com", "open"), "shop": ("user-temp@oloy.com", "loyalty")}


def main() -> None:
    """Take them anew."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        rotate_keys(Path(folder) / "keys" / "jwt.pem")
        app = create_app(Settings(environment="test", storage=Path(folder), self_registration="open"))
        settings, database = app.extensions["guerdon_settings"], app.extensions["guerdon_database"]
        installation.migrate(database, lambda session: demo.load(session, datetime.now(UTC), settings.zone))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            for name, (width, height) in SIZES.items():
                context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{server.server_port}/{name}")
                _sign_in(page, *NAMES[name])
                SHOWN[name](page)
                _kept(page, PICTURES / f"{name}.png", Path(folder))
                context.close()
        finally:
            browser.close()
            server.shutdown()
            thread.join()
            server.server_close()
            database.engine.dispose()
            shutil.rmtree(folder, ignore_errors=True)


def _sign_in(page: Page, name: str, password: str) -> None:
    page.locator("input[autocomplete=username]").fill(name)
    page.locator("input[type=password]").fill(password)
    page.keyboard.press("Enter")
    page.locator("main#content").wait_for()


def _console(page: Page) -> None:
    page.get_by_role("link", name="Campaigns", exact=True).first.click()
    page.locator("tbody tr").first.wait_for()


def _till(page: Page) -> None:
    page.keyboard.type("0000")
    page.keyboard.press("Enter")
    page.locator(".tile").first.wait_for()


def _shop(page: Page) -> None:
    page.locator(".tile").first.wait_for()


SHOWN = {"console": _console, "till": _till, "shop": _shop}


def _kept(page: Page, path: Path, folder: Path) -> None:
    """As a small file: few colours are enough for screens."""
    page.wait_for_load_state("networkidle")
    taken = folder / path.name
    page.screenshot(path=taken)
    Image.open(taken).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
