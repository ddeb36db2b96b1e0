"""How soon after its data a screen is there: from the last answer of the API until the last change of the page, in Chromium."""

from collections.abc import Iterator

from playwright.sync_api import Page

from app import demo
from bench.table import Figure
from tests.pages.site import PEOPLE, chromium, demo_site, sign_in

LIMIT_MS, ROUNDS = 100, 5
SCREENS = {
    "console": ("", "/campaigns", "/campaigns/lucky-wheel", "/customers", "/audit"),
    "till": (f"/customer/{demo.JANE}",),
    "shop": ("", "/coupons", "/points", "/draws"),
}
WATCH = """
globalThis.changed = 0;
new MutationObserver(() => requestAnimationFrame(() => (globalThis.changed = performance.now())))
  .observe(document, { childList: true, subtree: true, characterData: true });
"""
# Milliseconds, or nothing where no answer came or nothing changed after it.
TAKEN = """() => {
  const answers = performance.getEntriesByType("resource").filter((it) => it.name.includes("/api/")).map((it) => it.responseEnd);
  const taken = globalThis.changed - Math.max(...answers);
  return answers.length && taken > 0 ? taken : null;
}"""


def figures() -> Iterator[Figure]:
    """One for each application: the slowest of its screens, medians of five visits."""
    with demo_site() as site, chromium() as browser:
        for name, places in SCREENS.items():
            page = browser.new_context().new_page()
            page.add_init_script(WATCH)
            root = f"{site.url}/{name}"
            page.goto(root)
            sign_in(page, *PEOPLE[name])
            taken = {place: _median(page, root + place) for place in places}
            slowest = max(taken, key=lambda place: taken[place])
            detail = f"{taken[slowest]:.0f} ms after its last answer: `/{name}{slowest}`, of {len(places)} screens"
            yield Figure(
                f"{name}: a screen after its data / {LIMIT_MS} ms", taken[slowest] / LIMIT_MS, 1, False, detail
            )


def _median(page: Page, address: str) -> float:
    found = []
    for _ in range(ROUNDS):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        page.locator("h1").wait_for()
        taken = page.evaluate(TAKEN)
        if taken is None:
            raise RuntimeError(f"{address} shows nothing that it asked for.")
        found.append(float(taken))
    return sorted(found)[ROUNDS // 2]
