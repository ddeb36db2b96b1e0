"""`make pictures`: what the README shows of each application, taken from the demo world."""

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.pages.site import PEOPLE, chromium, demo_site, sign_in

PICTURES = Path(__file__).parent.parent.parent / "docs" / "pictures"
COLOURS = 128
SIZES = {"console": (1280, 800), "till": (1024, 768), "shop": (390, 780)}


def main() -> None:
    """Take them anew."""
    PICTURES.mkdir(exist_ok=True)
    with demo_site() as site, chromium() as browser:
        for name, (width, height) in SIZES.items():
            context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
            page = context.new_page()
            page.goto(f"{site.url}/{name}")
            sign_in(page, *PEOPLE[name])
            SHOWN[name](page)
            _take(page, PICTURES / f"{name}.png")
            context.close()


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


def _take(page: Page, path: Path) -> None:
    """As a small file: few colours are enough for screens."""
    page.wait_for_load_state("networkidle")
    with tempfile.TemporaryDirectory() as folder:
        taken = Path(folder) / path.name
        page.screenshot(path=taken)
        Image.open(taken).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
