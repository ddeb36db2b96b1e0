"""The till: scanning, two taps to buy, and sales that are safe on a bad line."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import func, select

from app.access.models import ActivationCode
from app.campaign.models.awards import Award
from app.members.models import Customer
from tests.outbox.hooks import subscribe
from tests.pages.conftest import HOSTILE, JANE, OTHER_SELLER, Call, Visit, Visitor, campaign
from tests.pages.site import PEOPLE, Site, sign_in

SELLER, PASSWORD = PEOPLE["till"]
JOHN = "00000000-0000-474c-b092-b0dd880c07e1"
CARD = "0000"  # Jane's, who has 1000 points
DAY = 86_400_000


@pytest.fixture
def coffee(call: Call) -> str:
    """The key of a campaign that sells coffees for 10 points."""
    return campaign(call, "coffee", "Free coffee", ("COFFEE-1", "COFFEE-2", "COFFEE-3"), price=10)


def at_the_till(visit: Visit, seller: str = SELLER, **how: Any) -> Visitor:
    visitor = visit(**how)
    visitor.sign_in("/till", seller, PASSWORD)
    return visitor


def scan(page: Page, card: str = CARD) -> None:
    """As a scanner does: the card's characters and Enter, at once."""
    page.keyboard.type(card)
    page.keyboard.press("Enter")


def serve(page: Page, card: str = CARD) -> None:
    expect(page.locator("#card")).to_be_focused()
    scan(page, card)
    page.locator("[data-balance]").wait_for()


def tile(page: Page, name: str = "Free coffee") -> Any:
    return page.locator("button.tile", has_text=name)


def buy(page: Page, name: str = "Free coffee") -> None:
    tile(page, name).click()
    page.get_by_role("button", name="Buy", exact=True).click()


def purchases(site: Site) -> int:
    with site.database.transaction() as session:
        return session.scalar(select(func.count()).select_from(Award).where(Award.cause == "purchase")) or 0


def kept_sales(page: Page) -> list[dict[str, Any]]:
    """What the device keeps of sales."""
    found: list[dict[str, Any]] = page.evaluate(
        """() => new Promise((yes) => {
          indexedDB.open("guerdon.till", 1).onsuccess = (opened) => {
            const database = opened.target.result;
            database.transaction("sales").objectStore("sales").getAll().onsuccess = (it) => (database.close(), yes(it.target.result));
          };
        })"""
    )
    return found


def put_sale(page: Page, **changes: Any) -> None:
    """Put a sale on the device that was written down some other time."""
    seller = {"login": "", "username": SELLER} | page.evaluate(
        "() => { const {login, username} = JSON.parse(sessionStorage.getItem('guerdon.seller')); return {login, username}; }"
    )
    sale = {
        "key": str(uuid4()),
        "customer": {"id": JANE, "name": "Jane Doe"},
        "campaign": {"id": str(uuid4()), "name": "Free coffee", "price": "10.00", "instruction": None},
        "seller": seller,
        "created_at": page.evaluate("Date.now()"),
        "state": "waiting",
        **changes,
    }
    page.evaluate(
        """(sale) => new Promise((yes) => {
          indexedDB.open("guerdon.till", 1).onsuccess = (opened) => {
            const transaction = opened.target.result.transaction("sales", "readwrite");
            transaction.objectStore("sales").put(sale);
            transaction.oncomplete = () => (opened.target.result.close(), yes());
          };
        })""",
        sale,
    )


def test_a_new_customer_says_the_code_at_the_till(visit: Visit, site: Site) -> None:
    settings = site.app.extensions["guerdon_settings"]
    site.app.extensions["guerdon_settings"] = replace(settings, self_registration="code")
    subscribe(site.database, "https://sms.example/send", ["customer.code"])
    with site.database.transaction() as session:
        jane = session.scalars(select(Customer).where(Customer.uuid == UUID(JANE))).one()
        jane.status, jane.profile.phone = "new", "+48 600 100 200"
    visitor = at_the_till(visit)
    page = visitor.page
    serve(page)
    page.get_by_role("button", name="Send a code").click()
    expect(page.get_by_text("A code is on its way.")).to_be_visible()
    with site.database.reading() as session:
        sent = session.scalars(select(ActivationCode.code)).one()
    visitor.require_accessible()
    page.get_by_label("Code that was sent to the customer").fill(sent)
    page.get_by_role("button", name="Activate with the code").click()
    expect(page.get_by_text("The account is active.")).to_be_visible()
    expect(page.get_by_label("Code that was sent to the customer")).to_have_count(0)


def test_a_seller_scans_a_card_and_buys_with_two_taps(visit: Visit, site: Site, coffee: str) -> None:
    page = at_the_till(visit).page
    serve(page)
    expect(page.locator("[data-customer]")).to_have_text("Jane Doe")
    expect(page.locator("[data-balance]")).to_contain_text("1,000")
    tile(page).click()
    expect(page.get_by_role("dialog")).to_contain_text("990 points")
    page.get_by_role("button", name="Buy", exact=True).click()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")
    expect(page.get_by_role("img", name="QR code of COFFEE-1")).to_be_visible()
    expect(page.locator("[data-balance]")).to_contain_text("990")
    assert purchases(site) == 1
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#card")).to_be_focused()
    expect(page.locator("#card")).to_have_value("")
    page.get_by_role("link", name="Last sales").click()
    row = page.get_by_role("row", name="Free coffee")
    expect(row).to_contain_text("Jane Doe")
    expect(row).to_contain_text("Bought")
    row.get_by_role("button", name="Show the code").click()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")
    page.keyboard.press("Escape")
    scan(page)  # wherever one stands, a card opens its customer
    expect(page.locator("[data-balance]")).to_contain_text("990")


def test_the_keyboard_alone_suffices(visit: Visit, site: Site, coffee: str) -> None:
    page = at_the_till(visit).page
    page.keyboard.type("doe")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="John Doe")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("h1")).to_have_text("Jane Doe")
    expect(tile(page)).to_be_visible()
    for _ in range(10):
        page.keyboard.press("Tab")
        if tile(page).evaluate("it => it === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(tile(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Done")).to_be_focused()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")
    page.keyboard.press("Enter")
    expect(page.locator("#card")).to_be_focused()


def test_a_card_that_is_scanned_over_a_question_does_not_answer_it(visit: Visit, site: Site, coffee: str) -> None:
    page = at_the_till(visit).page
    serve(page)
    tile(page).click()
    expect(page.get_by_role("button", name="Buy", exact=True)).to_be_focused()
    scan(page, "4711")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert kept_sales(page) == []
    tile(page).click()
    page.get_by_role("button", name="Buy", exact=True).dispatch_event("click", {"detail": 2})
    expect(
        page.get_by_role("button", name="Buy", exact=True)
    ).to_be_enabled()  # nor does the second tap of a double tap
    assert kept_sales(page) == []
    assert purchases(site) == 0


def test_the_last_coupon_is_sold_once_when_two_sellers_try(visit: Visit, site: Site, call: Call) -> None:
    campaign(call, "cake", "Last cake", ("CAKE-1",), price=10)
    first, second = at_the_till(visit).page, at_the_till(visit, OTHER_SELLER).page
    for page in (first, second):
        serve(page)
        expect(tile(page, "Last cake")).to_contain_text("Last one")
        tile(page, "Last cake").click()
    first.get_by_role("button", name="Buy", exact=True).click()
    expect(first.locator("[data-code]")).to_have_text("CAKE-1")
    second.get_by_role("button", name="Buy", exact=True).click()
    expect(second.get_by_role("alert")).to_contain_text("No coupons are left.")
    assert purchases(site) == 1


def cut_after(route: Route) -> None:
    """The service does it; its answer is lost."""
    route.fetch()
    route.abort("connectionreset")


def cut_before(route: Route) -> None:
    """The service never hears of it."""
    route.abort("connectionfailed")


def busy(route: Route) -> None:
    route.fulfill(status=503, json={"error": {"code": 503, "message": "Too busy"}})


def noting(asked: list[str], then: Callable[[Route], None]) -> Callable[[Route], None]:
    """Note what is asked, and go on."""

    def note(route: Route) -> None:
        asked.append(route.request.url)
        then(route)

    return note


def somebody_elses(route: Route) -> None:
    """The page that a hotel's network shows instead."""
    route.fulfill(status=200, content_type="text/html", body="<h1>Welcome to our network</h1>")


@pytest.mark.parametrize("cut", [cut_after, cut_before])
def test_a_sale_whose_answer_is_lost_is_sold_once_and_its_code_is_shown_after_a_reload(
    visit: Visit, site: Site, coffee: str, cut: Callable[[Route], None]
) -> None:
    page = at_the_till(visit).page
    page.route("**/buy", cut_before)
    page.route("**/buy", cut, times=1)
    serve(page)
    buy(page)
    expect(page.get_by_role("dialog")).to_contain_text("No answer yet")
    expect(page.locator("[data-code]")).to_have_count(0)  # nothing is shown as bought before the service said so
    expect(page.locator("[data-waiting]")).to_contain_text("Waiting: 1")
    assert [sale["state"] for sale in kept_sales(page)] == ["waiting"]
    assert purchases(site) == (cut is cut_after)
    place = page.url
    page.goto("about:blank")
    page.unroute("**/buy")
    page.goto(place)
    expect(page.locator(".toast")).to_contain_text("Bought for Jane Doe: Free coffee")
    expect(page.locator("[data-waiting]")).to_have_count(0)
    expect(page.locator("[data-balance]")).to_contain_text("990")
    page.get_by_role("link", name="Last sales").click()
    page.get_by_role("button", name="Show the code of Free coffee").click()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")
    assert purchases(site) == 1


def test_an_answer_that_comes_late_is_shown_by_the_dialog_that_is_still_open(
    visit: Visit, site: Site, coffee: str
) -> None:
    page = at_the_till(visit).page
    keys: list[str] = []
    ways = iter([busy, somebody_elses, cut_after])

    def answer(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        next(ways, Route.continue_)(route)

    page.route("**/buy", answer)
    serve(page)
    buy(page)
    expect(page.get_by_role("dialog")).to_contain_text("No answer yet")
    page.get_by_role("button", name="Ask now").click()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")  # it asks by itself, after pauses
    assert len(keys) == 4
    assert len(set(keys)) == 1
    expect(page.locator(".toast")).to_have_count(0)
    assert purchases(site) == 1


def test_of_two_tabs_only_one_asks(visit: Visit, site: Site, coffee: str) -> None:
    visitor = at_the_till(visit)
    held: list[Route] = []
    visitor.context.route("**/buy", lambda route: held.append(route))
    serve(visitor.page)
    buy(visitor.page)
    expect(visitor.page.get_by_role("dialog")).to_contain_text("Nothing is bought yet")
    second = Visitor(visitor.context.new_page(), visitor.context, site)
    second.sign_in("/till", SELLER, PASSWORD)
    second.page.locator("[data-waiting]").click()
    second.page.get_by_role("button", name="Ask now").click()
    expect(second.page.get_by_role("dialog")).to_contain_text("Free coffee")
    assert len(held) == 1
    held[0].continue_()
    expect(visitor.page.locator("[data-code]")).to_have_text("COFFEE-1")
    expect(second.page.get_by_role("dialog")).to_contain_text("Nothing waits any more")
    assert len(held) == 1


def test_a_session_that_has_ended_refuses_nothing(visit: Visit, site: Site, coffee: str) -> None:
    page = at_the_till(visit).page
    serve(page)
    page.route("**/api/token/refresh", lambda route: route.fulfill(status=401, json={"message": "Expired"}))
    page.route("**/buy", lambda route: route.fulfill(status=401, json={"message": "Expired JWT Token"}), times=1)
    buy(page)
    page.get_by_role("dialog", name="Your session has ended").locator("input").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")
    assert purchases(site) == 1


def test_a_refused_purchase_tells_every_reason(visit: Visit, site: Site, call: Call) -> None:
    campaign(call, "cake", "Last cake", ("CAKE-1",), price=10)
    page = at_the_till(visit).page
    serve(page)
    tile(page, "Last cake").click()
    shelf = call("seller", "GET", f"/api/seller/customer/{JOHN}/campaigns")["campaigns"]
    cake = next(it["id"] for it in shelf if it["key"] == "cake")
    call("seller", "POST", f"/api/seller/customer/{JOHN}/campaign/{cake}/buy")
    call("seller", "POST", "/api/pos/points/transfer/spend", {"transfer": {"customer": JANE, "points": 995}})
    page.get_by_role("button", name="Buy", exact=True).click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("No coupons are left.")
    expect(alert).to_contain_text("5 points to go")
    page.get_by_role("button", name="Close").last.click()
    not_yet = page.locator("[data-not-yet]", has_text="Last cake")
    expect(not_yet).to_contain_text("No coupons are left.")
    expect(not_yet).to_contain_text("5 points to go")
    page.get_by_role("link", name="Last sales").click()
    row = page.get_by_role("row", name="Last cake")
    expect(row).to_contain_text("Not bought")
    expect(row).to_contain_text("5 points to go")
    assert purchases(site) == 1


def test_what_cannot_be_had_yet_says_when(visit: Visit, call: Call) -> None:
    later = {"from": "2100-01-01T10:00:00+01:00", "to": "2101-01-01T00:00:00+01:00"}
    campaign(call, "later", "Next century", ("L-1",), price=10, activity=later)
    page = at_the_till(visit, timezone_id="Europe/Warsaw").page
    serve(page)
    expect(page.locator("[data-not-yet]", has_text="Next century")).to_contain_text(re.compile(r"Opens .*2100.*10:00"))


def test_another_sellers_waiting_sale_waits_for_that_seller(visit: Visit, site: Site, coffee: str) -> None:
    visitor = at_the_till(visit)
    page = visitor.page
    page.route("**/buy", cut_before)
    serve(page)
    buy(page)
    page.get_by_role("button", name="Continue").click()
    leave(page)
    page.get_by_role("button", name="Cancel").click()  # it warns
    leave(page)
    page.get_by_role("dialog", name="Sign out with sales waiting?").get_by_role("button", name="Sign out").click()
    asked: list[str] = []
    page.route("**/buy", noting(asked, Route.continue_))
    sign_in(page, OTHER_SELLER, PASSWORD)
    page.locator("[data-waiting]").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"Waits until {SELLER} signs in here.")
    page.get_by_role("button", name="Ask now").click()
    expect(page.get_by_role("button", name="Ask now")).to_be_enabled()
    assert asked == []
    page.keyboard.press("Escape")
    leave(page)
    page.get_by_role("dialog", name="Sign out with sales waiting?").get_by_role("button", name="Sign out").click()
    sign_in(page, SELLER, PASSWORD)
    expect(page.locator(".toast")).to_contain_text("Bought for Jane Doe")
    assert purchases(site) == 1


def leave(page: Page) -> None:
    page.get_by_role("button", name="Preferences and sign out").click()
    page.get_by_role("button", name="Sign out", exact=True).click()


def test_a_sale_that_is_too_old_is_never_sent(visit: Visit) -> None:
    page = at_the_till(visit).page
    now = page.evaluate("Date.now()")
    put_sale(page, created_at=now - 6 * DAY - 1000)
    put_sale(page, created_at=now - 2 * DAY, settled_at=now - 2 * DAY, state="done", code="OLD-1")
    asked: list[str] = []
    page.route("**/buy", noting(asked, cut_before))
    page.reload()
    page.locator("[data-waiting]").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Too old to ask for. Look at the customer’s coupons")
    expect(dialog.get_by_role("link", name="See the coupons")).to_have_attribute("href", f"/till/customer/{JANE}")
    dialog.get_by_role("button", name="Put away").click()
    expect(page.locator("[data-waiting]")).to_have_count(0)
    assert asked == []
    assert [sale.get("code") for sale in kept_sales(page)] == [None, None]  # codes are forgotten after a day
    dialog.get_by_role("link", name="Last sales").click()
    expect(page.get_by_role("row", name="Free coffee")).to_have_count(2)


def test_without_a_line_the_till_opens_and_shows_what_it_knew(visit: Visit, site: Site, coffee: str) -> None:
    visitor = visit()
    page = visitor.sign_in("/till", SELLER, PASSWORD)
    page.evaluate(
        """async () => {
          const workers = navigator.serviceWorker;
          if (!workers.controller) await new Promise((yes) => workers.addEventListener("controllerchange", yes));
        }"""
    )
    serve(page)
    tile(page).wait_for()
    visitor.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("No connection.")
    expect(page.locator("main")).to_contain_text(re.compile(r"As of \d\d:\d\d"))
    expect(tile(page)).to_have_count(0)
    expect(page.locator(".tile", has_text="Free coffee")).to_be_visible()
    expect(page.locator("main")).to_contain_text("You can buy again when it is back.")
    page.reload()
    expect(page.locator("main")).to_contain_text(re.compile(r"As of \d\d:\d\d"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Scan or type a card")).to_be_visible()
    page.reload()
    scan(page)
    expect(page.locator("[data-customer]")).to_have_text("Jane Doe")
    visitor.require_accessible()
    visitor.context.set_offline(False)
    expect(page.get_by_role("alert")).to_have_count(0)
    buy(page)
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")


def test_coupons_are_shown_and_marked_as_used(visit: Visit, call: Call, coffee: str) -> None:
    page = at_the_till(visit).page
    serve(page)
    buy(page)
    page.get_by_role("button", name="Mark as used").click()
    question = page.get_by_role("dialog", name="Mark as used?")
    expect(question).to_contain_text("COFFEE-1")
    question.get_by_role("button", name="Mark as used").click()
    expect(page.get_by_role("dialog")).to_contain_text("Used")
    page.get_by_role("button", name="Close").click()
    serve(page)
    buy(page)
    page.get_by_role("button", name="Done").click()
    serve(page)
    page.get_by_role("button", name="Show the code of Free coffee").click()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-2")
    page.get_by_role("button", name="Mark as used").click()
    page.get_by_role("dialog", name="Mark as used?").get_by_role("button", name="Mark as used").click()
    expect(page.locator(".toast")).to_contain_text("marked as used")
    expect(page.locator("main")).to_contain_text("No coupons to use")
    held = call("seller", "GET", f"/api/seller/customer/{JANE}/vouchers")["vouchers"]
    assert [it["status"] for it in held] == ["used", "used"]


def test_points_are_added_once_even_when_the_answer_is_lost(visit: Visit, call: Call) -> None:
    page = at_the_till(visit).page
    page.route("**/points/transfer/add", cut_after, times=1)
    serve(page)
    page.get_by_role("button", name="Add points").click()
    for wrong in ("-3", "0", "0x10", "1e3", "1,000", "1.005"):
        page.get_by_role("textbox", name="Points").fill(wrong)
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text("more than 0")
        page.get_by_role("textbox", name="Points").fill("")
        page.get_by_role("textbox", name="Points").press("Enter")
    page.get_by_role("textbox", name="Points").fill("12,5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("did not answer")
    page.get_by_role("dialog").get_by_role("button", name="Add points").click()
    expect(page.locator(".toast")).to_contain_text("Added: 12.50 points")
    assert call("seller", "GET", f"/api/seller/customer/{JANE}/status")["points"] == 1012.5
    expect(page.locator("[data-balance]")).to_contain_text("1,012.50")


def test_a_receipt_that_was_paid_without_the_card_earns_now(visit: Visit, call: Call) -> None:
    rule = {"type": "points", "name": "Euros", "active": 1, "allTimeActive": 1, "pointValue": 2}
    call("admin", "POST", "/api/earningRule", {"earningRule": rule})
    item = {"sku": {"code": "A"}, "name": "Coffee", "quantity": 1, "grossValue": 4}
    document = {"documentType": "sell", "documentNumber": "R-77", "purchaseDate": "2026-05-01 12:30"}
    call("seller", "POST", "/api/transaction", {"transaction": {"transactionData": document, "items": [item]}})
    visitor = at_the_till(visit)
    page = visitor.page
    serve(page)
    page.get_by_role("button", name="Add a receipt").click()
    number = page.get_by_role("textbox", name="Number of the receipt")
    number.fill("R-78")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("There is no receipt with this number.")
    visitor.require_accessible()
    number.fill("R-77")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("The receipt has earned 8 points.")
    expect(page.locator("[data-balance]")).to_contain_text("1,008")


def test_somebody_with_an_unknown_card_is_registered(visit: Visit, call: Call) -> None:
    visitor = at_the_till(visit)
    page = visitor.page
    scan(page, "777000")
    expect(page.locator("main")).to_contain_text("No customer found for ‘777000’")
    page.get_by_role("link", name="Register with this card").click()
    expect(page.get_by_label("Card")).to_have_value("777000")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_label("First name")).to_be_focused()
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Last name").fill("Nowak")
    page.get_by_label("E-mail").fill("user@oloy.com")
    page.get_by_label("The customer agrees").check()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Another customer has this e-mail.")
    visitor.require_accessible()
    page.get_by_label("E-mail").fill("ada@example.com")
    page.keyboard.press("Enter")
    expect(page.locator("[data-customer]")).to_have_text("Ada Nowak")
    customer = page.url.rsplit("/", 1)[1]
    call("seller", "POST", f"/api/seller/customer/{customer}/deactivate")
    page.reload()
    expect(page.locator("main")).to_contain_text("This account is not active.")
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("main")).not_to_contain_text("This account is not active.")


def test_the_till_speaks_polish(visit: Visit, site: Site, call: Call) -> None:
    campaign(call, "coffee", "Coffee", ("K-1",), price=10, translations={"pl": {"name": "Darmowa kawa"}})
    page = at_the_till(visit, language="pl-PL").page
    expect(page.get_by_role("heading")).to_have_text("Zeskanuj lub wpisz kartę")
    serve(page)
    tile(page, "Darmowa kawa").click()
    expect(page.get_by_role("dialog")).to_contain_text("990 punktów")
    page.get_by_role("button", name="Kup", exact=True).click()
    expect(page.locator("[data-code]")).to_have_text("K-1")


@pytest.mark.parametrize("dark", [False, True])
def test_every_screen_is_accessible_and_fits_a_narrow_window(visit: Visit, call: Call, coffee: str, dark: bool) -> None:
    campaign(call, "hostile", HOSTILE, ("H-1",), price=10)
    person = {"firstName": HOSTILE[:80], "lastName": "🎉" * 255, "email": "h@example.com", "agreement1": True}
    person["loyaltyCardNumber"] = "6666"
    made = call("seller", "POST", "/api/seller/customer/register", {"customer": person})
    call("seller", "POST", "/api/pos/points/transfer/add", {"transfer": {"customer": made["customerId"], "points": 15}})
    visitor = at_the_till(visit, width=360, height=740, dark=dark)
    page = visitor.page

    def look() -> None:
        visitor.require_accessible(only_colours=dark)
        visitor.require_fits()

    page.keyboard.type("<img")
    expect(page.get_by_role("option")).to_contain_text("<img src=x onerror=alert(1)>")
    look()
    page.keyboard.press("Enter")
    expect(page.locator("[data-customer]")).to_contain_text("<img src=x onerror=alert(1)>")
    tile(page, "<img").wait_for()
    look()
    tile(page, "<img").click()
    look()
    page.get_by_role("button", name="Buy", exact=True).click()
    expect(page.locator("[data-code]")).to_have_text("H-1")
    look()
    page.get_by_role("button", name="Done").click()
    put_sale(page, created_at=0)
    page.reload()
    page.locator("[data-waiting]").click()
    page.get_by_role("button", name="Put away").wait_for()
    look()
    page.get_by_role("link", name="Last sales").last.click()
    page.get_by_role("row", name="<img").wait_for()
    look()
    page.get_by_role("button", name="Preferences").click()
    look()
