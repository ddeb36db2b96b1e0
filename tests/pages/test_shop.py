"""The shop: registering, buying, playing, checking draws, and all that a customer holds."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select

from app import clock
from app.access.models import ActivationCode
from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import events
from app.members.models import Customer
from app.points import ledger
from tests.outbox.hooks import subscribe
from tests.pages.conftest import HOSTILE, JANE, Call, Visit, Visitor, campaign
from tests.pages.site import PEOPLE, Site

JANE_ID = 2  # who has 1000 points
JANES_MAIL, LOYALTY = PEOPLE["shop"]
GOOD_PASSWORD = "Correct-Horse-7"
HOSTILE_CODE = "<b>" + "W" * 60


def wheel(call: Call) -> str:
    return next(str(it["id"]) for it in shelf(call) if it["key"] == "lucky-wheel")


def shelf(call: Call) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = call("customer", "GET", "/api/customer/campaigns?size=100")["campaigns"]
    return found


def balance(call: Call) -> float:
    return float(call("customer", "GET", f"/api/customer/{JANE}/status")["points"])


def in_the_shop(visit: Visit, path: str = "", **how: Any) -> Visitor:
    """Jane has signed in, and stands where she wants to be."""
    visitor = visit(**how)
    visitor.sign_in(f"/shop{path}", JANES_MAIL, LOYALTY)
    return visitor


def problem_of(field: Locator) -> str:
    """What stands beside a field, as it is read out with it."""
    expect(field).to_have_attribute("aria-invalid", "true")
    ids = (field.get_attribute("aria-describedby") or "").split()
    return field.page.locator(f"#{ids[-1]}").inner_text()


def test_a_customer_registers_buys_sees_the_code_and_marks_it_as_used(visit: Visit, call: Call, site: Site) -> None:
    campaign(call, "coffee", "Free coffee", ("COFFEE-1", "COFFEE-2"), price=10)
    visitor = visit(width=360)
    page = visitor.open("/shop")
    page.get_by_role("link", name="Register").click()
    page.get_by_label("First name").fill("Ann")
    page.get_by_label("Last name").fill("New")
    page.get_by_label("E-mail").fill(JANES_MAIL)
    page.get_by_label("I agree").check()
    password = page.get_by_label("Password", exact=True)
    password.fill("weak")
    page.get_by_role("button", name="Register").click()
    expect(password).to_be_focused()
    assert problem_of(password) == "Use at least 8 characters."
    visitor.require_accessible()
    password.fill(GOOD_PASSWORD)
    page.get_by_role("button", name="Register").click()
    email = page.get_by_label("E-mail")
    expect(email).to_be_focused()
    assert "registered with this e-mail already" in problem_of(email)
    email.fill("ann@example.com")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ann")
    expect(page).to_have_url(re.compile("/shop$"))

    with site.database.transaction() as session:
        ann = session.scalars(select(Customer).order_by(Customer.id.desc()).limit(1)).one()
        ledger.add(session, ann.id, 2_500, clock.now())
    page.get_by_role("link", name="Free coffee").click()
    expect(page.get_by_role("link", name="25 points")).to_be_visible()
    page.get_by_role("button", name="Get it for 10 points").click()
    expect(page.get_by_role("dialog")).to_contain_text("You will have 15 points left.")
    page.get_by_role("button", name="Pay with points").click()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")
    expect(page.get_by_role("img", name="QR code of COFFEE-1")).to_be_visible()
    visitor.require_accessible()
    page.get_by_role("link", name="See my coupons").click()
    page.get_by_role("button", name="Free coffee").click()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")
    page.get_by_role("button", name="Mark as used").click()
    page.get_by_role("dialog", name="Mark this coupon as used?").get_by_role("button", name="Mark as used").click()
    said, places = page.locator(".toast").bounding_box(), page.get_by_role("navigation").bounding_box()
    assert said
    assert places
    assert said["y"] + said["height"] <= places["y"]  # what is said does not lie on what is tapped
    expect(page.get_by_role("button", name="Free coffee")).to_have_count(0)
    page.get_by_role("button", name="All").click()
    expect(page.get_by_role("button", name="Free coffee")).to_contain_text("Used")
    page.get_by_role("link", name="Points", exact=True).click()
    spent = page.get_by_role("listitem").filter(has_text="Free coffee, coupon: COFFEE-1")
    expect(spent.locator(".number")).to_have_text("−10")


def test_where_customers_do_not_register_or_wait_they_are_told_so(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/shop/register")
    for label, text in (("First name", "Ann"), ("Last name", "New"), ("E-mail", "ann@example.com")):
        page.get_by_label(label).fill(text)
    page.get_by_label("Password", exact=True).fill(GOOD_PASSWORD)
    page.get_by_role("button", name="Register").click()
    agree = page.get_by_label("I agree")
    expect(page.get_by_text("Please agree to the terms to take part.")).to_be_visible()
    agree.check()
    page.route(
        "**/self_register", lambda route: route.fulfill(status=403, json={"error": {"code": 403, "message": "No"}})
    )
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("alert")).to_contain_text("Please ask at the till")
    page.unroute("**/self_register")
    page.route(
        "**/login_check", lambda route: route.fulfill(status=400, json={"message": "Your account is not active"})
    )
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("status").filter(has_text="A seller will activate your account")).to_be_visible()


def test_who_registers_types_in_the_code_that_was_sent(visit: Visit, site: Site) -> None:
    settings = site.app.extensions["guerdon_settings"]
    site.app.extensions["guerdon_settings"] = replace(settings, self_registration="code")
    subscribe(site.database, "https://sms.example/send", ["customer.code"])
    visitor = visit()
    page = visitor.open("/shop/register")
    person = {"First name": "Ann", "Last name": "New", "E-mail": "ann@example.com", "Phone": "+48 600 100 200"}
    for label, text in person.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("Password", exact=True).fill(GOOD_PASSWORD)
    page.get_by_label("I agree").check()
    page.get_by_role("button", name="Register").click()
    code = page.get_by_label("Code")
    code.fill("x")
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    visitor.require_accessible()
    page.get_by_role("button", name="I have no code").click()
    page.get_by_label("Phone").fill(person["Phone"])
    page.get_by_role("button", name="Send a code").click()
    expect(page.get_by_role("status").filter(has_text="on its way")).to_be_visible()
    with site.database.reading() as session:
        sent = session.scalars(select(ActivationCode.code)).one()
    code.fill(f"{sent[:3]} {sent[3:]}")
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("status").filter(has_text="Your account is active.")).to_be_visible()


def test_the_keyboard_alone_suffices_to_buy(visit: Visit, call: Call) -> None:
    campaign(call, "coffee", "Free coffee", ("COFFEE-1",), price=10)
    page = in_the_shop(visit).page
    page.get_by_role("link", name="Free coffee").wait_for()
    go_to(page, "Free coffee")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Free coffee")).to_be_focused()
    go_to(page, "Get it for 10 points")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    expect(page.get_by_role("button", name="Pay with points")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Get this reward")).to_contain_text("Sold out")
    expect(page.get_by_role("button", name="Get it for 10 points")).to_be_focused()
    expect(page.get_by_role("button", name="Get it for 10 points")).to_be_disabled()


def go_to(page: Page, text: str) -> None:
    """Press Tab until what says this has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if text in page.evaluate("document.activeElement.innerText ?? ''"):
            return
    pytest.fail(f"Tab does not reach {text}")


def test_a_lost_answer_and_a_reload_buy_once(visit: Visit, call: Call) -> None:
    coffee = campaign(call, "coffee", "Free coffee", ("COFFEE-1", "COFFEE-2"), price=10)
    page = in_the_shop(visit, f"/campaign/{coffee}").page
    keys = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.abort()

    page.route("**/buy", lose)
    page.get_by_role("button", name="Get it for 10 points").click()
    page.get_by_role("button", name="Pay with points").click()
    expect(page.get_by_role("alert")).to_contain_text("you never pay twice")
    page.get_by_role("button", name="Ask again").click()
    expect(page.get_by_role("button", name="Ask again")).not_to_have_attribute("aria-busy", "true")
    page.unroute("**/buy")
    page.reload()
    with page.expect_request("**/buy") as asked:
        page.get_by_role("button", name="Ask again").click()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-1")
    assert {*keys, asked.value.headers["idempotency-key"]} == {keys[0]}
    assert len(call("customer", "GET", "/api/customer/vouchers")["vouchers"]) == 1
    assert balance(call) == 990
    page.get_by_role("button", name="Done").click()
    page.get_by_role("button", name="Get it for 10 points").click()
    page.get_by_role("button", name="Pay with points").click()
    expect(page.locator("[data-code]")).to_have_text("COFFEE-2")  # the next purchase is another


def test_a_refused_purchase_says_why_and_is_another_one_the_next_time(visit: Visit, call: Call) -> None:
    coffee = campaign(call, "coffee", "Free coffee", ("COFFEE-1", "COFFEE-2"), limits={"overall": 1})
    page = in_the_shop(visit, f"/campaign/{coffee}").page
    page.get_by_role("button", name="Get it for free").click()
    call("customer", "POST", f"/api/customer/campaign/{coffee}/buy")  # somebody was quicker
    page.get_by_role("dialog").get_by_role("button", name="Get it for free").click()
    region = page.get_by_role("region", name="Get this reward")
    expect(region).to_contain_text("Not now")
    expect(region).to_contain_text("Sold out")
    expect(region.get_by_role("button")).to_be_disabled()
    expect(region.get_by_role("button", name="Ask again")).to_have_count(0)


def test_the_wheel_is_turned_three_times_a_day_and_then_says_why_not(visit: Visit, call: Call) -> None:
    visitor = in_the_shop(visit, f"/campaign/{wheel(call)}", width=360)
    page = visitor.page
    section = page.get_by_role("region", name="Wheel")
    expect(page.get_by_role("listitem").filter(has_text="Better luck next time")).to_contain_text("90%")
    for left in ("2 more times", "1 more time", "0 more times"):
        section.get_by_role("button", name=re.compile("Turn")).click()
        expect(page.get_by_role("region", name="About this")).to_contain_text(left)
        draw = call("customer", "GET", "/api/customer/draws")["draws"][0]
        drawn = next(it for it in draw["candidates"] if it["method"] == draw["drawn"])
        expect(page.locator("[data-given]")).to_contain_text(drawn["title"])
        assert under_the_pointer(page) == drawn["title"]
    expect(section).to_contain_text("You have had your 3 for now")
    expect(section.get_by_role("button")).to_have_count(0)
    expect(section).to_be_focused()
    visitor.require_accessible()


def under_the_pointer(page: Page) -> str:
    """The reward on whose part of the wheel it stands: €5 has the first of a hundred parts, 100 points the next nine."""
    turned = re.search(r"rotate\(([\d.]+)deg\)", page.locator("svg g").get_attribute("style") or "")
    assert turned
    place = (1 - float(turned[1]) / 360) % 1
    return "€5" if place < 0.01 else "100 points" if place < 0.1 else "Better luck next time"


def test_what_the_wheel_gives_is_not_told_before_it_stops(visit: Visit, call: Call) -> None:
    visitor = in_the_shop(visit, f"/campaign/{wheel(call)}")
    page = visitor.page
    page.emulate_media(reduced_motion="no-preference")
    page.reload()
    page.clock.install(time=clock.now())
    page.clock.pause_at(clock.now() + timedelta(minutes=1))  # from here on it goes on only where this test says so
    page.get_by_role("button", name="Turn the wheel").click()
    expect(page.get_by_role("button", name="Turning")).to_be_visible()
    turned = page.get_by_role("region", name="Wheel").locator("svg g").first
    expect(turned).not_to_have_attribute("style", re.compile(r"rotate\(0deg\)"))
    page.clock.run_for(4_000)
    expect(page.locator("[data-given]")).to_have_count(0)
    page.clock.run_for(2_000)
    expect(page.locator("[data-given]")).to_be_visible()


def test_a_tap_gives_a_voucher_that_is_shown_at_the_till(visit: Visit, call: Call) -> None:
    five = {"kind": "basket", "amount": 5, "valid_seconds": 86_400}
    tap = campaign(
        call,
        "five",
        "Five euros",
        kind="interaction",
        limits={"per_customer": {"limit": 1}},
        rewards=[{"title": "€5 off", "kind": "voucher", "voucher": five}],
    )
    page = in_the_shop(visit, f"/campaign/{tap}").page
    page.get_by_role("button", name="Tap").click()
    expect(page.locator("[data-given]")).to_contain_text("€5 off")
    page.get_by_role("link", name="Show my coupon").click()
    dialog = page.get_by_role("dialog", name="€5 off")
    expect(dialog).to_contain_text("€5.00")
    [voucher] = call("customer", "GET", "/api/customer/vouchers")["vouchers"]
    expect(dialog.locator("[data-code]")).to_have_text(voucher["key"])
    expect(dialog.get_by_role("button", name="Mark as used")).to_have_count(0)


def test_draws_are_checked_step_by_step_and_what_was_tampered_with_is_told(visit: Visit, call: Call) -> None:
    lucky = wheel(call)
    call("customer", "POST", f"/api/customer/campaigns/{lucky}/play")
    visitor = in_the_shop(visit, "/draws")
    page = visitor.page
    check(page)
    assert steps(page) == {"commitment": "null", "ticket": "null", "place": "true"}
    [draw] = call("customer", "GET", "/api/customer/draws")["draws"]
    expect(page.locator("[data-commitment]")).to_have_text(draw["commitment"])

    document = call("admin", "GET", "/api/admin/campaigns/lucky-wheel")
    call("admin", "PUT", "/api/admin/campaigns/lucky-wheel", document | {"lifecycle": "completed"}, **{"If-Match": "*"})
    page.reload()
    expect(page.get_by_role("status").filter(has_text="This draw is right")).to_be_visible()
    assert steps(page) == {"commitment": "true", "ticket": "true", "place": "true"}
    visitor.require_accessible()

    [draw] = call("customer", "GET", "/api/customer/draws")["draws"]
    other = "".join(f"{15 - int(digit, 16):x}" for digit in draw["ticket"])
    heavier = [it | {"weight": 0 if it["method"] == draw["drawn"] else it["weight"]} for it in draw["candidates"]]
    for changed, wrong in (
        ({"ticket": other}, {"ticket"}),
        ({"candidates": heavier}, {"place"}),
        ({"seed": other}, {"commitment", "ticket"}),
        ({"number": draw["number"] + 1}, {"ticket"}),
        ({"seed": "no hex"}, {"commitment", "ticket"}),
    ):
        found = page.evaluate(CHECKED, draw | changed)
        assert wrong <= {name for name, agrees in found.items() if agrees is False}
    told(page, draw | {"ticket": other})
    expect(page.get_by_role("alert")).to_contain_text("This draw does not agree")
    assert steps(page)["ticket"] == "false"

    page.add_init_script("Object.defineProperty(Crypto.prototype, 'subtle', { get: () => undefined })")
    told(page, draw)
    expect(page.get_by_role("status").filter(has_text="only on secure (https) pages")).to_be_visible()
    assert steps(page) == {"commitment": "null", "ticket": "null", "place": "true"}


# What the shop's own module finds of a draw, step by step.
CHECKED = """async (draw) => {
    const { checked } = await import(document.querySelector("link[href$='/shop/draws.mjs']").href);
    return Object.fromEntries((await checked(draw)).map((step) => [step.name, step.agrees]));
}"""


def check(page: Page) -> None:
    page.get_by_role("button", name="Check this draw").click()


def steps(page: Page) -> dict[str, str]:
    page.locator("[data-step]").nth(2).wait_for()
    return {
        it.get_attribute("data-step") or "": it.get_attribute("data-agrees") or ""
        for it in page.locator("[data-step]").all()
    }


def told(page: Page, draw: dict[str, Any]) -> None:
    """The service says this of the draw, whatever it said before."""
    page.unroute_all()
    page.route("**/api/customer/draws*", lambda route: route.fulfill(json={"draws": [draw], "more": False}))
    page.reload()


def test_one_takes_part_and_sees_how_far_one_is(visit: Visit, call: Call, site: Site) -> None:
    again = campaign(
        call,
        "come-again",
        "Come again",
        kind="composable",
        context="event",
        opt_in={"required": True},
        behaviors=[
            {"name": "Visits", "points": 5, "goals": [{"event_name": "visit", "earn_count": 3}]},
            {
                "name": "A tour",
                "kind": "composite",
                "goals": [{"event_name": "see-the-oven"}, {"event_name": "taste", "points": 1}],
            },
        ],
    )
    visitor = in_the_shop(visit, f"/campaign/{again}")
    page = visitor.page
    page.get_by_role("button", name="Take part").click()
    expect(page.get_by_text("You are in")).to_be_visible()
    with site.database.transaction() as session:
        for event in (events.CustomerEvent("visit", quantity=2), events.CustomerEvent("see-the-oven")):
            events.record(session, JANE_ID, event, clock.now(), SYSTEM)
    page.reload()
    expect(page.get_by_role("progressbar", name="Visits")).to_have_attribute("aria-valuenow", "67")
    expect(page.get_by_text("2 / 3")).to_be_visible()
    expect(page.get_by_role("progressbar", name="see the oven")).to_have_attribute("aria-valuenow", "100")
    expect(page.get_by_role("progressbar", name="taste")).to_have_attribute("aria-valuenow", "0")
    visitor.require_accessible()
    page.get_by_role("button", name="Stop taking part").click()
    page.get_by_role("dialog").get_by_role("button", name="Stop taking part").click()
    expect(page.get_by_role("button", name="Take part")).to_be_visible()


def test_the_catalogue_says_what_is_missing_and_its_filters_are_in_the_address(visit: Visit, call: Call) -> None:
    for i in range(22):
        campaign(call, f"plain-{i}", f"Plain {i}", rewards=[{"title": "5 points", "kind": "points", "points": 5}])
    campaign(call, "dear", "Headphones", ("H-1",), price=1_042)
    shown = {"visibility": {"from": "2020-01-01T00:00:00Z"}}
    campaign(call, "early", "Breakfast", ("B-1",), activity={"from": "2036-05-01T10:00:00Z"}, **shown)
    gone = campaign(call, "gone", "Concert", ("C-1",))
    call("customer", "POST", f"/api/customer/campaign/{gone}/buy")
    visitor = in_the_shop(visit)
    page = visitor.page
    expect(page.locator("[data-balance]")).to_have_text("1,000")
    expect(page.get_by_role("link", name="Headphones")).to_contain_text("42 points to go")
    expect(page.get_by_role("link", name="Breakfast")).to_contain_text(re.compile("Opens .*2036"))
    expect(page.get_by_role("link", name="Concert")).to_contain_text("Sold out")
    expect(page.locator(".tile")).to_have_count(24)
    page.get_by_role("button", name="Show more").click()
    expect(page.get_by_role("link", name="Discount Code Campaign")).to_be_visible()
    assert len(set(page.locator(".tile").evaluate_all("tiles => tiles.map((it) => it.href)"))) == len(shelf(call))

    page.get_by_role("button", name="Buy", exact=True).click()
    expect(page.get_by_role("link", name="Lucky wheel")).to_have_count(0)
    page.get_by_label("Only what I can have now").check()
    expect(page.get_by_role("link", name="Headphones")).to_have_count(0)
    page.get_by_label("Search").fill("discount")
    expect(page.locator(".tile")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"text=discount"))
    page.reload()
    expect(page.get_by_label("Search")).to_have_value("discount")
    expect(page.get_by_label("Only what I can have now")).to_be_checked()
    expect(page.locator(".tile")).to_have_count(1)
    page.get_by_label("Search").fill("nothing like this")
    page.get_by_role("button", name="Show everything").click()
    expect(page.get_by_label("Search")).to_have_value("")
    expect(page.locator(".tile")).to_have_count(24)


def test_the_shop_speaks_polish_and_campaigns_do_where_they_were_translated(
    visit: Visit, call: Call, site: Site
) -> None:
    coffee = campaign(
        call, "coffee", "Free coffee", ("COFFEE-1",), price=1_002, translations={"pl": {"name": "Darmowa kawa"}}
    )
    visitor = in_the_shop(visit, language="pl-PL")
    page = visitor.page
    tile = page.get_by_role("link", name="Darmowa kawa")
    expect(tile).to_contain_text("Brakuje 2 punktów")
    tile.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Darmowa kawa")
    page.set_viewport_size({"width": 360, "height": 740})
    with site.database.transaction() as session:
        ledger.add(session, JANE_ID, 123_456_789_50, clock.now())
    page.reload()
    expect(page.locator("header a.badge")).to_contain_text("789,50")
    visitor.require_fits()
    with site.database.transaction() as session:
        ledger.spend(session, JANE_ID, 123_456_789_50, clock.now())
    page.reload()
    expect(page.get_by_role("button", name="Odbierz za 1002 punkty")).to_be_disabled()
    page.goto(page.url.replace(f"campaign/{coffee}", "account"))
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Account")
    page.get_by_role("link", name="Rewards").click()
    expect(page.get_by_role("link", name="Free coffee")).to_contain_text("2 points to go")


def test_a_new_password_is_asked_for_once_and_one_stays_signed_in(visit: Visit) -> None:
    visitor = in_the_shop(visit, "/account")
    page = visitor.page
    current, fresh = page.get_by_label("Current password"), page.get_by_label("New password")
    current.fill("wrong")
    fresh.fill("correct-horse-7")
    page.get_by_role("button", name="Change password").click()
    expect(fresh).to_have_attribute("aria-invalid", "true")
    assert problem_of(fresh) == "Use both small and capital letters."
    fresh.fill(GOOD_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(current).to_have_attribute("aria-invalid", "true")
    assert problem_of(current) == "This is not your current password."
    current.fill(LOYALTY)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status").filter(has_text="Your password is changed.")).to_be_visible()
    page.get_by_role("link", name="Points", exact=True).click()
    expect(page.get_by_text("Welcome to the demo world")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("link", name="Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_customer_sees_rules_of_places_and_codes_and_invites_somebody(visit: Visit, call: Call) -> None:
    always = {"active": 1, "allTimeActive": 1, "pointsAmount": 5}
    place = {"type": "geolocation", "name": "Come in", "latitude": 51.11, "longitude": 17.03, "radius": 0.5}
    for rule in (place, {"type": "qrcode", "name": "The poster", "code": "poster-1"}):
        call("admin", "POST", "/api/earningRule", {"earningRule": {**rule, **always}})
    visitor = in_the_shop(visit, "/earn")
    page = visitor.page
    expect(page.get_by_text("5 points within 0.5 km of 51.11, 17.03")).to_be_visible()
    expect(page.get_by_text("5 points for reading the code")).to_be_visible()
    expect(page.get_by_text("poster-1")).to_have_count(0)
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_label("E-mail address")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("E-mail address").fill("friend@guerdon.example")
    page.get_by_role("button", name="Invite").click()
    # Here no mail is sent, and the page says what to do instead.
    expect(page.get_by_text("give your friends your referral code")).to_be_visible()
    visitor.require_accessible()


def test_an_invitation_that_does_not_hold_is_told_where_one_registers(visit: Visit) -> None:
    page = visit().open("/shop/register#not-a-token")
    for label, text in (("First name", "Nora"), ("Last name", "New"), ("E-mail", "nora@guerdon.example")):
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label("Password", exact=True).fill(GOOD_PASSWORD)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("This invitation does not hold any more.")).to_be_visible()


def test_a_customer_sees_what_earns_what_expires_and_passes_points_on(visit: Visit, call: Call) -> None:
    rule = {"type": "points", "name": "Euros", "active": 1, "allTimeActive": 1, "pointValue": 1.5}
    call("admin", "POST", "/api/earningRule", {"earningRule": rule})
    item = {"sku": {"code": "A"}, "name": "Coffee", "quantity": 1, "grossValue": 4}
    document = {"documentType": "sell", "documentNumber": "R-77", "purchaseDate": "2026-05-01 12:30"}
    sold = {"transactionData": document, "items": [item], "customerData": {"email": JANES_MAIL}}
    call("admin", "POST", "/api/transaction", {"transaction": sold})
    lasting = {"transfer": {"customer": JANE, "points": 8, "validityDuration": 3}}
    call("admin", "POST", "/api/points/transfer/add", lasting)
    friend = {"firstName": "Fay", "lastName": "Friend", "email": "fay@guerdon.example", "agreement1": True}
    made = call("admin", "POST", "/api/customer/register", {"customer": {**friend, "loyaltyCardNumber": "7070"}})
    visitor = visit(width=360)
    visitor.sign_in("/shop", JANES_MAIL, LOYALTY)
    page = visitor.open("/shop/points")
    expect(page.get_by_role("heading", name="Expiring soon")).to_be_visible()
    page.get_by_role("link", name="How to earn points").click()
    expect(page.get_by_text("1.50 points for each unit of money")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="R-77")).to_contain_text("+6")
    expect(page.get_by_text("yours")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Pass points on").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("To whom").fill("no card")
    dialog.get_by_label("How many points").fill("2,5")
    dialog.get_by_role("button", name="Pass on").click()
    page.get_by_role("button", name="Pass on").last.click()
    expect(dialog.get_by_text("Nobody has this card.")).to_be_visible()
    dialog.get_by_label("To whom").fill("7070")
    dialog.get_by_role("button", name="Pass on").click()
    page.get_by_role("button", name="Pass on").last.click()
    expect(page.locator(".toast")).to_contain_text("2.50 points passed on.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert call("admin", "GET", f"/api/customer/{made['customerId']}/status")["points"] == 2.5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_screen_fits_a_phone_and_shows_what_is_hostile_as_text(visit: Visit, call: Call, dark: bool) -> None:
    texts = dict.fromkeys(("short_description", "conditions_description", "usage_instruction"), HOSTILE)
    hostile = campaign(call, "hostile", HOSTILE, (HOSTILE_CODE,), price=1, texts=texts)
    rewards = [{"title": HOSTILE, "kind": "points", "points": 1}, {"title": "W" * 200, "kind": "nothing"}]
    lot = campaign(call, "lot", HOSTILE, kind="composable", handling="random_draw", rewards=rewards)
    call("customer", "POST", f"/api/customer/campaigns/{lot}/play")
    call("customer", "POST", f"/api/customer/campaign/{hostile}/buy")
    rule = {"type": "points", "name": HOSTILE, "active": 1, "allTimeActive": 1, "pointValue": 1}
    call("admin", "POST", "/api/earningRule", {"earningRule": rule})
    visitor = visit(width=360, dark=dark)
    page = visitor.open("/shop/register")
    visitor.require_accessible(only_colours=dark)
    visitor.sign_in("/shop", JANES_MAIL, LOYALTY)
    for path, seen in (
        ("", page.get_by_role("heading", level=2).filter(has_text="<img src=x").first),
        (f"/campaign/{hostile}", page.get_by_role("heading", level=1).filter(has_text="<img src=x")),
        (f"/campaign/{lot}", page.get_by_role("listitem").filter(has_text="<img src=x")),
        ("/coupons", page.get_by_role("button").filter(has_text="<img src=x")),
        ("/points", page.get_by_role("listitem").filter(has_text="<img src=x").first),
        ("/earn", page.get_by_role("listitem").filter(has_text="<img src=x").first),
        ("/draws", page.get_by_role("article")),
        ("/account", page.get_by_role("heading", name="Change password")),
    ):
        visitor.open(f"/shop{path}")
        seen.wait_for()
        visitor.require_accessible(only_colours=dark)
        visitor.require_fits()
    visitor.open("/shop/coupons")
    page.get_by_role("button").filter(has_text="<img src=x").click()
    expect(page.locator("[data-code]")).to_have_text(HOSTILE_CODE)
    visitor.require_accessible(only_colours=dark)
    visitor.require_fits()
    visitor.open("/shop/draws")
    check(page)
    page.locator("[data-step]").nth(2).get_by_text("The numbers").click()
    visitor.require_accessible(only_colours=dark)
    visitor.require_fits()
