"""The console, as an admin uses it."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import text

from app import clock
from tests.pages.conftest import HOSTILE, JANE, Call, Visit, Visitor, campaign
from tests.pages.site import PEOPLE


@pytest.fixture
def admin(visit: Visit) -> Visitor:
    visitor = visit(width=1280)
    visitor.sign_in("/console", "admin", "open")
    return visitor


def go(visitor: Visitor, place: str, title: str) -> Page:
    page = visitor.open(f"/console{place}")
    expect(page.locator("h1")).to_have_text(title)
    return page


def agree(page: Page, button: str) -> None:
    page.locator("dialog").get_by_role("button", name=button, exact=True).click()


def name_of(campaign: Page) -> Locator:
    """The field of its name; those of its translations come later."""
    return campaign.get_by_label("Name", exact=True).first


def picture(folder: Path) -> Path:
    path = folder / "coffee.png"
    Image.new("RGB", (640, 640), "#7a4a1d").save(path)
    return path


def test_an_admin_makes_a_coupon_campaign_with_a_photo_and_ten_thousand_codes(admin: Visitor, tmp_path: Path) -> None:
    page = go(admin, "", "Home")
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_role("link", name=re.compile("Sell coupons")).click()
    name_of(page).fill("Free coffee")
    page.get_by_label("Price in points").fill("25")
    page.get_by_role("button", name="Publish").click()
    agree(page, "Publish")
    # It goes on to what a coupon campaign needs next.
    expect(page.get_by_role("heading", name="Load codes")).to_be_visible()
    codes = tmp_path / "codes.csv"
    codes.write_text("code;value\n" + "".join(f"CAFE-{i:05};1\n" for i in range(10_000)))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file of codes").click()
    chooser.value.set_files(codes)
    expect(page.get_by_text("10,000 codes added.")).to_be_visible()
    expect(page.get_by_text("10,000 / 10,000")).to_be_visible()
    page.get_by_label("Code", exact=True).fill("CAFE-00042")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("Free", exact=True)).to_be_visible()
    page.get_by_role("link", name="Photo").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(picture(tmp_path))
    expect(page.get_by_alt_text("Preview of the picture")).to_be_visible()
    page.get_by_role("button", name="Use this photo").click()
    expect(page.get_by_alt_text("The photo of now")).to_be_visible()
    page.get_by_role("link", name="Campaign", exact=True).click()
    page.get_by_label("Price in points").fill("30")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("dialog")).to_contain_text("25 → 30")  # what changes is said before it is saved
    agree(page, "Save")
    expect(page.get_by_text("‘Free coffee’ is saved.").first).to_be_visible()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("Revision 2")).to_be_visible()
    page.get_by_role("button", name="Restore revision 1").click()
    agree(page, "Restore")
    expect(page.get_by_text("Revision 3")).to_be_visible()


def test_what_changes_is_said_in_polish(visit: Visit, call: Call) -> None:
    visitor = visit(language="pl-PL")
    page = visitor.sign_in("/console/campaigns/tests", *PEOPLE["console"])
    page.get_by_label("Cena w punktach").fill("13")
    page.get_by_role("button", name="Zapisz").click()
    expect(page.locator("dialog")).to_contain_text(re.compile(r"cena w punktach: \d+ → 13"))
    page.locator("dialog").get_by_role("button", name="Zapisz").click()
    expect(page.locator(".toast")).to_contain_text("tests")
    page.locator("#content").get_by_role("button", name="Wstrzymaj").click()
    page.locator("dialog").get_by_role("button", name="Wstrzymaj").click()
    page.get_by_role("link", name="Historia").click()
    expect(page.get_by_text("stan: Trwa → Wstrzymana")).to_be_visible()


def test_an_admin_makes_a_draw_publishes_pauses_and_completes_it(admin: Visitor) -> None:
    page = go(admin, "/campaigns/new?purpose=draw", "Draw a prize")
    name_of(page).fill("Scratch card")
    page.get_by_label("Weight").nth(0).fill("10")
    expect(page.get_by_text("9.17%, one in 11").first).to_be_visible()
    page.get_by_role("button", name="Save as draft").click()
    expect(page.locator("h1")).to_have_text("Scratch card")
    expect(page.get_by_text("Draft", exact=True)).to_be_visible()
    for move, state in (("Publish", "Live"), ("Pause", "Paused"), ("Resume", "Live"), ("Complete", "Completed")):
        page.locator("#content").get_by_role("button", name=move, exact=True).first.click()
        agree(page, move)
        expect(page.locator(".badge", has_text=state).first).to_be_visible()
    page.get_by_role("link", name="Draws").click()
    page.get_by_role("button", name="Compute all draws again").click()
    expect(page.get_by_text("0 draws computed again: all agree.")).to_be_visible()


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(admin: Visitor) -> None:
    page = go(admin, "/campaigns/new?purpose=sale", "Sell coupons for points")
    page.get_by_label("Price in points").fill("-1")
    page.get_by_role("button", name="Publish").click()
    expect(name_of(page)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Price in points")).to_have_attribute("aria-invalid", "true")
    name_of(page).fill("Tea")
    expect(name_of(page)).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("link", name="Campaigns", exact=True).first.click()
    expect(page.get_by_role("heading", name="Leave without saving?")).to_be_visible()
    agree(page, "Leave")
    expect(page.get_by_text("7 campaigns")).to_be_visible()


def test_what_is_saved_without_a_difference_is_guarded_as_ever(admin: Visitor) -> None:
    page = go(admin, "/campaigns/tests", "tests")
    price = page.get_by_label("Price in points")
    before = price.input_value()
    price.fill("77")
    price.fill(before)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("‘tests’ is saved.").first).to_be_visible()
    expect(page.get_by_role("button", name="Undo my changes")).to_have_count(0)
    price.fill("88")
    page.get_by_role("link", name="Customers", exact=True).click()
    agree(page, "Cancel")
    expect(price).to_have_value("88")


def test_a_new_campaign_needs_no_key_of_the_admins(admin: Visitor) -> None:
    for name, key in (("🎉🎉", r"campaign-\w+"), ("tests", r"tests-\w+")):
        page = go(admin, "/campaigns/new?purpose=sale", "Sell coupons for points")
        name_of(page).fill(name)
        page.get_by_role("button", name="Save as draft").click()
        expect(page).to_have_url(re.compile(f"/console/campaigns/{key}/codes$"))
        expect(page.locator("h1")).to_have_text(name)


def test_somebody_else_changed_it_meanwhile(admin: Visitor, visit: Visit) -> None:
    other = visit()
    other.sign_in("/console", "admin", "open")
    mine, theirs = go(admin, "/campaigns/tests", "tests"), go(other, "/campaigns/tests", "tests")
    for page, price in ((theirs, "11"), (mine, "12")):
        page.get_by_label("Price in points").fill(price)
        page.get_by_role("button", name="Save").click()
        if page is theirs:
            agree(page, "Save")
            expect(page.get_by_text("‘tests’ is saved.").first).to_be_visible()
    expect(mine.get_by_text("Somebody else has changed the campaign").first).to_be_visible()


def test_home_tells_what_runs_out_and_what_was_refused(admin: Visitor, call: Call) -> None:
    coffee = campaign(call, "coffee", "Free coffee", ("COFFEE-1",))
    prize = {"title": "A bicycle", "kind": "voucher", "weight": 1, "stock": 3}
    prize["voucher"] = {"kind": "basket", "amount": 500}
    wheel = campaign(call, "win", "Win it", kind="composable", handling="random_draw", rewards=[prize])
    call("customer", "POST", f"/api/customer/campaigns/{wheel}/play")
    call("customer", "POST", f"/api/customer/campaign/{coffee}/buy")
    call("customer", "POST", f"/api/customer/campaign/{coffee}/buy", is_refused=True)
    admin.site.app.extensions["guerdon_refusals"].write()
    page = go(admin, "", "Home")
    out = page.get_by_role("listitem").filter(has_text="A bicycle")
    expect(out).to_contain_text("2 of 3 left")
    row = page.get_by_role("listitem").filter(has_text="once,")
    expect(row).to_contain_text("Free coffee")
    expect(row).to_contain_text("No codes are left")
    admin.require_accessible()


def test_campaigns_are_found_filtered_and_sorted_and_the_address_keeps_it(admin: Visitor) -> None:
    page = go(admin, "/campaigns", "Campaigns")
    page.get_by_label("Search").fill("test")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Name").click()
    expect(page).to_have_url(re.compile(r"text=test.*sort=name"))
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody tr").first.click()
    expect(page.locator("h1")).to_have_text("for test")


def test_a_customer_is_found_given_points_blocked_and_seen_as_they_see(admin: Visitor) -> None:
    page = go(admin, "/customers", "Customers")
    page.get_by_label("Find a customer").fill("0000")
    page.get_by_role("link", name="Jane Doe").click()
    page.get_by_role("button", name="Add points").click()
    page.locator("dialog").get_by_label("How many").fill("12.5")
    page.locator("dialog").get_by_label("Comment").fill("For your patience")
    agree(page, "Add points")
    expect(page.locator("[data-balance]")).to_have_text("1,012.50")
    expect(page.get_by_text("For your patience")).to_be_visible()
    page.get_by_role("button", name="What they may have").click()
    expect(page.get_by_role("link", name="Lucky wheel")).to_be_visible()
    page.get_by_role("button", name="Block").click()
    agree(page, "Block")
    expect(page.get_by_text("Not active")).to_be_visible()
    page = go(admin, f"/seen?customer={JANE}", "As a customer sees it")
    expect(page.get_by_role("link", name="Lucky wheel")).to_be_visible()
    page = go(admin, "/audit", "Audit log")
    expect(page.get_by_text("Activated or blocked a customer")).to_be_visible()
    expect(page.get_by_text("blocked", exact=True)).to_be_visible()


def test_levels_segments_sellers_shops_apps_and_tokens(admin: Visitor) -> None:
    page = go(admin, "/programme", "Levels and segments")
    page.get_by_role("button", name="New level").click()
    page.locator("dialog").get_by_label("Name").fill("Platinum")
    page.locator("dialog").get_by_label("From what they spent").fill("500")
    agree(page, "Save")
    expect(page.get_by_text("Platinum")).to_be_visible()
    page.get_by_role("button", name="New segment").click()
    page.locator("dialog").get_by_label("Name").fill("Janes")
    page.locator("dialog").get_by_label("Customers").fill("0000\nuser@oloy.com")
    agree(page, "Save")
    expect(page.get_by_text("2 customers")).to_be_visible()
    page = go(admin, "/staff", "Sellers and shops")
    page.get_by_role("button", name="New seller").click()
    page.locator("dialog").get_by_label("First name").fill("Sel")
    page.locator("dialog").get_by_label("E-mail").fill("no address")
    agree(page, "Save")
    expect(page.locator("dialog").get_by_label("Last name")).to_have_attribute("aria-invalid", "true")
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_have_count(0)
    page = go(admin, "/partners", "Apps and tokens")
    page.get_by_role("button", name="New token").click()
    page.locator("dialog").get_by_label("Name").fill("till 7")
    agree(page, "Make the token")
    expect(page.locator("[data-token]")).to_be_visible()


SPENDING = {"type": "points", "name": "Euros", "active": 1, "allTimeActive": 1, "pointValue": 1}


def receipt(number: str, customer: str | None = None, price: float = 12.5) -> dict[str, Any]:
    item = {"sku": {"code": "COFFEE"}, "name": "Coffee", "quantity": 1, "grossValue": price, "maker": "Roast"}
    document = {"documentType": "sell", "documentNumber": number, "purchaseDate": "2026-05-01 12:30"}
    buyer = {"loyaltyCardNumber": customer} if customer else {}
    return {"transaction": {"transactionData": document, "items": [item], "customerData": buyer}}


def test_an_admin_decides_what_earns_and_says_whose_a_sale_was(admin: Visitor, call: Call) -> None:
    page = go(admin, "/earning", "Earning points")
    dialog = page.locator("dialog")
    page.get_by_role("button", name="New rule").click()
    dialog.get_by_label("Name").fill("Coffee")
    dialog.get_by_label("What earns").select_option("product_purchase")
    agree(page, "Save")
    expect(dialog.get_by_label("Products (SKU)")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("Products (SKU)").fill("COFFEE\nTEA")
    dialog.get_by_label("Points", exact=True).fill("3,5")
    agree(page, "Save")
    expect(page.get_by_text("3.50 points for each piece of COFFEE, TEA")).to_be_visible()
    page.get_by_role("button", name="New rule").click()
    dialog.get_by_label("Name").fill("Far too much")
    dialog.get_by_label("Points for each unit of money").fill("1")
    dialog.get_by_label("From a purchase of").fill("1000")
    agree(page, "Save")
    expect(page.get_by_text("1 points for each unit of money · from 1,000")).to_be_visible()
    # What the form does not show stays.
    call("admin", "POST", "/api/transaction", receipt("R-1"))
    page = go(admin, "/sales", "Sales")
    page.get_by_label("Only those that are nobody’s").check()
    page.get_by_role("link", name="R-1").click()
    page.get_by_role("button", name="Say whose it is").click()
    dialog.get_by_role("searchbox").fill("Jane")
    dialog.get_by_role("button", name=re.compile("Jane")).click()
    expect(page.locator("[data-earned]")).to_have_text("3.50")
    expect(page.get_by_text("Too little was spent.")).to_be_visible()
    page.get_by_role("link", name="The customer").click()
    page.get_by_role("button", name="Bought").click()
    expect(page.get_by_role("link", name="R-1")).to_be_visible()
    admin.require_accessible()
    page = go(admin, "/earning", "Earning points")
    page.get_by_role("button", name="Switch off ‘Coffee’").click()
    expect(page.get_by_role("button", name="Switch on ‘Coffee’")).to_be_visible()


@pytest.mark.parametrize(
    ("choose", "fields", "sent"),
    [
        ("multiply_for_product", {"Products (SKU)": "A", "How many times": "2"}, {"skuIds": ["A"], "multiplier": 2.0}),
        (
            "multiply_by_product_labels",
            {"Labels, and how": "colour:red = 1,5\nfair = 2"},
            {
                "labelMultipliers": [
                    {"key": "colour", "value": "red", "multiplier": 1.5},
                    {"key": "fair", "value": "", "multiplier": 2.0},
                ]
            },
        ),
        (
            "event",
            {"What happens": "oloy.account.created", "Points": "5"},
            {"eventName": "oloy.account.created", "pointsAmount": 5.0},
        ),
        (
            "custom_event",
            {"What happens": "visit", "Points": "5", "At most": "2", "In": "1 week"},
            {"limit": {"active": True, "limit": 2, "period": "1 week"}},
        ),
        (
            "geolocation",
            {"Latitude": "51.11", "Longitude": "17,03", "Radius": "0.5", "Points": "5", "At most": "1"},
            {
                "latitude": 51.11,
                "longitude": 17.03,
                "radius": 0.5,
                "limit": {"active": True, "limit": 1, "period": "1 day"},
            },
        ),
        ("qrcode", {"The code": "poster-1", "Points": "5"}, {"code": "poster-1", "pointsAmount": 5.0}),
        (
            "referral",
            {"What happens": "register", "Who earns": "referrer", "Points": "5"},
            {"rewardType": "referrer", "eventName": "register"},
        ),
        ("instant_reward", {"From a purchase of": "10"}, {"minOrderValue": 10.0}),
    ],
)
def test_each_type_of_rule_has_its_fields(
    admin: Visitor, call: Call, choose: str, fields: dict[str, str], sent: dict[str, Any]
) -> None:
    page = go(admin, "/earning", "Earning points")
    dialog = page.locator("dialog")
    page.get_by_role("button", name="New rule").click()
    dialog.get_by_label("Name", exact=True).fill("One")
    dialog.get_by_label("What earns").select_option(choose)
    for label, value in fields.items():
        found = dialog.get_by_label(label, exact=label in ("Points", "In")).first
        if found.evaluate("it => it.tagName") == "SELECT":
            found.select_option(value)
        else:
            found.fill(value)
    agree(page, "Save")
    expect(page.locator("#content li").filter(has_text="One")).to_be_visible()
    [rule] = call("admin", "GET", "/api/earningRule")["earningRules"]
    assert {name: rule[name] for name in sent} == sent
    page.get_by_role("button", name="Change One").click()
    dialog.get_by_label("Name", exact=True).fill("Two")
    agree(page, "Save")
    expect(page.locator("#content li").filter(has_text="Two")).to_be_visible()
    [again] = call("admin", "GET", "/api/earningRule")["earningRules"]
    renamed = [{**rule["translations"][0], "name": "Two"}]
    assert again == {**rule, "name": "Two", "translations": renamed}, "what was not changed stays"


def test_a_new_campaign_for_sales_gives_a_part_of_the_sale(admin: Visitor, call: Call) -> None:
    page = admin.open("/console/campaigns/new?purpose=basket")
    name_of(page).fill("Something back")
    page.get_by_label("Amount in EUR").fill("")
    page.get_by_label("Percent of the sale").fill("2,5")
    page.get_by_role("button", name="Publish").click()
    agree(page, "Publish")
    expect(page.get_by_role("dialog")).to_have_count(0)
    [made] = [it for it in call("admin", "GET", "/api/admin/campaigns")["campaigns"] if it["name"] == "Something back"]
    voucher = call("admin", "GET", f"/api/admin/campaigns/{made['key']}")["rewards"][0]["voucher"]
    assert (voucher["amount"], voucher["percent"]) == (None, "2.50")


def test_a_level_gets_a_photo_and_loses_it(admin: Visitor, call: Call, tmp_path: Path) -> None:
    [level, *_] = call("admin", "GET", "/api/level")["levels"]
    page = go(admin, "/programme", "Levels and segments")
    photo = page.get_by_role("button", name=f"Photo of {level['name']}", exact=True)
    photo.click()
    dialog = page.locator("dialog")
    with page.expect_file_chooser() as chooser:
        dialog.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(picture(tmp_path))
    dialog.get_by_role("button", name="Use this photo").click()
    expect(dialog).to_have_count(0)
    photo.click()
    expect(dialog.get_by_alt_text("The photo of now")).to_be_visible()
    admin.require_accessible()
    assert call("admin", "GET", f"/api/level/{level['id']}")["hasPhoto"]
    dialog.get_by_role("button", name="Remove the photo").click()
    page.locator("dialog").last.get_by_role("button", name="Remove", exact=True).click()
    expect(dialog).to_have_count(0)
    assert not call("admin", "GET", f"/api/level/{level['id']}")["hasPhoto"]


def test_a_level_gives_rewards_for_a_time(admin: Visitor, call: Call) -> None:
    [level, *_] = call("admin", "GET", "/api/level")["levels"]
    page = go(admin, "/programme", "Levels and segments")
    dialog = page.locator("dialog")
    page.get_by_role("button", name=f"Rewards of {level['name']}", exact=True).click()
    expect(dialog.get_by_text("No rewards for a time yet")).to_be_visible()
    dialog.get_by_role("button", name="New reward").click()
    dialog.get_by_label("Name", exact=True).fill("May")
    dialog.get_by_label("Discount in percent").fill("12.5")
    dialog.get_by_label("Code").fill("MAY-1")
    dialog.get_by_label("From").fill("2031-05-31T00:00")
    dialog.get_by_label("Until").fill("2031-05-01T23:59")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("ends before it starts")).to_be_visible()
    dialog.get_by_label("From").fill("2031-05-01T00:00")
    dialog.get_by_label("Until").fill("2031-05-31T23:59")
    admin.require_accessible()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("MAY-1")).to_be_visible()
    admin.require_accessible()
    [reward] = call("admin", "GET", f"/api/level/{level['id']}")["specialRewards"]
    assert (reward["name"], reward["value"], reward["code"], reward["active"]) == ("May", 0.125, "MAY-1", True)
    dialog.get_by_role("button", name="Change May").click()
    dialog.get_by_label("Switched on").uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("MAY-1")).to_be_visible()
    [changed] = call("admin", "GET", f"/api/level/{level['id']}")["specialRewards"]
    assert changed == {**reward, "active": False}
    meanwhile = {**level, "specialRewards": [changed], "conditionValue": 1}
    call("admin", "PUT", f"/api/level/{level['id']}", {"level": meanwhile})
    dialog.get_by_role("button", name="Remove May").click()
    page.locator("dialog").last.get_by_role("button", name="Remove", exact=True).click()
    expect(dialog.get_by_text("No rewards for a time yet")).to_be_visible()
    left = call("admin", "GET", f"/api/level/{level['id']}")
    assert (left["specialRewards"], left["conditionValue"]) == ([], 1), "what another admin has changed meanwhile stays"
    call("admin", "PUT", f"/api/level/{level['id']}", {"level": level})


def test_a_segment_by_criteria_is_looked_at_and_saved(admin: Visitor, call: Call) -> None:
    page = go(admin, "/programme", "Levels and segments")
    dialog = page.locator("dialog")
    page.get_by_role("button", name="New segment").click()
    dialog.get_by_label("Name", exact=True).fill("Many points")
    dialog.get_by_label("Who").select_option("balance")
    dialog.get_by_label("At least").fill("50")
    dialog.get_by_role("button", name="And", exact=True).click()
    second = dialog.get_by_role("group", name="A part of the segment").last
    second.get_by_label("Who").select_option("transaction_count")
    second.get_by_label("At most").fill("1000")
    second.get_by_role("button", name="Or", exact=True).click()
    second.get_by_label("Who").last.select_option("bought_labels")
    second.get_by_label("Labels").fill("colour:red")
    dialog.get_by_role("button", name="How many is that?").click()
    expect(dialog.get_by_role("status")).to_contain_text("Jane")
    admin.require_accessible()
    agree(page, "Save")
    expect(page.get_by_text("Many points", exact=True)).to_be_visible()
    [made] = [it for it in call("admin", "GET", "/api/segment?name=Many")["segments"] if it["name"] == "Many points"]
    plain = [
        [{name: value for name, value in it.items() if name != "criterionId"} for it in part["criteria"]]
        for part in made["parts"]
    ]
    assert plain == [
        [{"type": "balance", "fromPoints": 50.0}],
        [
            {"type": "transaction_count", "max": 1000},
            {"type": "bought_labels", "labels": [{"key": "colour", "value": "red"}]},
        ],
    ]
    page.get_by_role("button", name="Change Many points").click()
    dialog.get_by_label("At least").first.fill("x")
    agree(page, "Save")
    expect(dialog.get_by_text("fromPoints: This value is not valid.")).to_be_visible()


def test_how_points_live_is_decided_and_an_addition_is_taken_back(admin: Visitor, call: Call) -> None:
    page = go(admin, "/programme", "Levels and segments")
    dialog = page.locator("dialog")
    [chain] = call("admin", "GET", "/api/chain")["chains"]
    page.get_by_role("button", name=f"Change {chain['name']}").click()
    dialog.get_by_label("Points expire").select_option("after_days")
    agree(page, "Save")
    expect(dialog.get_by_label("Points expire")).to_have_attribute("aria-invalid", "true")
    dialog.get_by_label("After so many days").fill("20")
    dialog.get_by_label("the phone").uncheck()
    agree(page, "Save")
    expect(page.get_by_text("points expire after 20 days").first).to_be_visible()
    chain = call("admin", "GET", "/api/chain")["chains"][0]
    assert (chain["pointsDaysActive"], chain["matchesBy"]) == (20, ["loyalty_card_number", "email"])
    call(
        "admin", "POST", "/api/points/transfer/add", {"transfer": {"customer": JANE, "points": 7, "comment": "A gift"}}
    )
    page = admin.open(f"/console/customers/{JANE}")
    expect(page.get_by_text("Expire in 30 days")).to_be_visible()
    before = page.locator("[data-balance]").inner_text()
    page.get_by_role("button", name="Take back these 7 points").click()
    agree(page, "Take back")
    expect(page.locator("li").filter(has_text="A gift")).to_contain_text("taken back")
    expect(page.locator("[data-balance]")).not_to_have_text(before)


def test_two_accounts_become_one_and_somebody_is_erased(admin: Visitor, call: Call) -> None:
    twin = {
        "firstName": "Twin",
        "lastName": "Doe",
        "email": "twin@guerdon.example",
        "agreement1": True,
        "loyaltyCardNumber": "7007",
    }
    made = call("admin", "POST", "/api/customer/register", {"customer": twin})["customerId"]
    call("admin", "POST", "/api/points/transfer/add", {"transfer": {"customer": made, "points": 40}})
    page = admin.open(f"/console/customers/{JANE}")
    before = float(page.locator("[data-balance]").inner_text().replace(",", ""))
    dialog = page.locator("dialog")
    page.get_by_role("button", name="Merge another account").click()
    dialog.get_by_role("searchbox").fill("7007")
    dialog.get_by_role("button", name=re.compile("Twin")).click()
    page.get_by_role("button", name="Merge another account").last.click()
    expect(page.locator("[data-balance]")).to_have_text(f"{before + 40:,.2f}".removesuffix(".00"))
    page.get_by_role("button", name="Levels", exact=True).click()
    expect(page.get_by_text("The level has never changed.")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("button", name="All that is kept, as a file").click()
    assert "twin@guerdon.example" in Path(taken.value.path()).read_text()
    page.get_by_role("button", name="Erase", exact=True).click()
    agree(page, "Erase")
    expect(page.locator("h1")).to_have_text("Customers")
    assert call("admin", "GET", f"/api/customer/{JANE}", is_refused=True)["error"]["code"] == 404


def test_an_ended_session_asks_for_the_password_and_goes_on(admin: Visitor) -> None:
    page = go(admin, "/campaigns/tests", "tests")
    page.get_by_label("Price in points").fill("13")
    with admin.site.database.transaction() as session:
        session.execute(text("UPDATE login SET token_version = token_version + 1"))
        session.execute(text("DELETE FROM refresh_token"))
    page.get_by_role("button", name="Save").click()
    ended = page.get_by_role("heading", name="Your session has ended")
    expect(ended).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Escape")
    expect(ended).to_be_visible()
    page.locator("dialog").get_by_label("Password").fill("open")
    agree(page, "Go on")
    agree(page, "Save")
    expect(page.get_by_text("‘tests’ is saved.").first).to_be_visible()


SCREENS = (
    "",
    "/campaigns",
    "/campaigns/new",
    "/campaigns/new?purpose=event",
    "/campaigns/lucky-wheel",
    "/campaigns/tests/codes",
    "/campaigns/lucky-wheel/draws",
    "/campaigns/lucky-wheel/photo",
    "/campaigns/lucky-wheel/history",
    f"/seen?customer={JANE}",
    "/customers",
    f"/customers/{JANE}",
    "/sales",
    "/earning",
    "/programme",
    "/staff",
    "/partners",
    "/audit",
    "/account",
    "/nowhere",
)


@pytest.mark.parametrize(("language", "dark", "width"), [("en-GB", False, 360), ("pl-PL", True, 1280)])
def test_every_screen_is_accessible_and_fits(visit: Visit, language: str, dark: bool, width: int) -> None:
    visitor = visit(width=width, language=language, dark=dark)
    visitor.sign_in("/console", "admin", "open")
    for screen in SCREENS:
        visitor.open(f"/console{screen}")
        visitor.require_accessible(only_colours=dark)
        visitor.require_fits()


# Where each screen shows what somebody called something.
SHOWN = {
    "": "#content li",
    "/campaigns": "tbody tr",
    "/campaigns/hostile": "h1",
    "/campaigns/hostile/codes": "h1",
    "/campaigns/hostile/history": "h1",
    "/campaigns/hostile/photo": "h1",
    "/campaigns/wheel/draws": "#content li",
    "/customers": "tbody tr",
    f"/customers/{JANE}": "#content li",
    f"/seen?customer={JANE}": ".tile",
    "/sales": "tbody tr",
    "/earning": "#content li",
    "/programme": "#content li",
    "/staff": "#content li",
    "/partners": "#content li",
    "/audit": "#content li",
}


def test_hostile_names_are_text_on_every_screen(admin: Visitor, call: Call) -> None:
    soon = (clock.now().replace(microsecond=0) + timedelta(days=1)).isoformat()
    whole = {"key": "hostile", "name": HOSTILE, "lifecycle": "live", "audience": {"everyone": True}, "price": 1}
    whole |= {"sale": {"coupon_kind": "gift_code"}, "texts": {"short_description": HOSTILE}, "activity": {"to": soon}}
    rewards = [{"title": HOSTILE, "kind": "points", "points": 1, "weight": 1}]
    wheel = {"key": "wheel", "name": HOSTILE, "lifecycle": "live", "audience": {"everyone": True}, "rewards": rewards}
    wheel |= {"kind": "composable", "handling": "random_draw"}
    person = {"firstName": HOSTILE[:100], "lastName": "X", "email": "h@guerdon.example", "agreement1": True}
    for method, path, body in (
        ("POST", "/api/admin/campaigns", whole),
        ("POST", "/api/admin/campaigns/hostile/codes", {"codes": [HOSTILE[:60]]}),
        ("PUT", f"/api/customer/{JANE}", {"customer": {"firstName": HOSTILE[:100]}}),
        ("POST", "/api/customer/register", {"customer": person}),
        ("POST", "/api/points/transfer/add", {"transfer": {"customer": JANE, "points": 1, "comment": HOSTILE}}),
        ("POST", "/api/admin/campaigns", wheel),
        ("POST", "/api/pos", {"pos": {"name": HOSTILE, "identifier": "hostile"}}),
        ("PUT", "/api/chain/1", {"chain": {"name": HOSTILE[:100], "timeZone": "Europe/Warsaw"}}),
        ("POST", "/api/segment", {"segment": {"name": HOSTILE, "active": 1, "parts": []}}),
        ("POST", "/api/earningRule", {"earningRule": {**SPENDING, "name": HOSTILE}}),
        ("POST", "/api/transaction", receipt(HOSTILE[:100])),
    ):
        call("admin", method, path, body)
    for screen, selector in SHOWN.items():
        page = admin.open(f"/console{screen}")
        expect(page.locator(selector).filter(has_text="<img src=x onerror=alert(1)>").first).to_be_visible()
        admin.require_fits()


def test_going_back_or_pausing_asks_before_what_is_not_saved_is_lost(admin: Visitor) -> None:
    page = go(admin, "/campaigns", "Campaigns")
    page.get_by_role("link", name="for test").click()
    expect(page.locator("h1")).to_have_text("for test")
    price = page.get_by_label("Price in points")
    price.fill("77")
    page.go_back()
    agree(page, "Cancel")
    expect(price).to_have_value("77")
    expect(page).to_have_url(re.compile("/console/campaigns/for-test$"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Leave without saving?")).to_be_visible()
    agree(page, "Cancel")
    expect(price).to_have_value("77")
    page.get_by_role("button", name="Pause").click()
    agree(page, "Leave")
    agree(page, "Cancel")  # it is not paused after all, and what was written is still there
    expect(price).to_have_value("77")
    page.get_by_role("link", name="Customers", exact=True).click()
    agree(page, "Cancel")
    expect(price).to_have_value("77")
    page.go_back()
    agree(page, "Leave")
    expect(page.locator("h1")).to_have_text("Campaigns")


def test_a_refused_amount_can_be_put_right_in_the_same_dialog(admin: Visitor) -> None:
    page = go(admin, f"/customers/{JANE}", "Jane Doe")
    page.get_by_role("button", name="Take points").click()
    page.locator("dialog").get_by_label("How many").fill("9999999")
    agree(page, "Take points")
    amount = page.locator("dialog").get_by_label("How many")
    expect(amount).to_be_focused()
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(page.locator("dialog")).to_contain_text("There are not enough points.")
    amount.fill("1")
    agree(page, "Take points")
    expect(page.locator("[data-balance]")).to_have_text("999")


def test_what_is_made_is_made_once_also_when_the_answer_is_lost(admin: Visitor, call: Call) -> None:
    page = go(admin, "/customers", "Customers")
    page.get_by_role("button", name="New customer").first.click()
    for label, value in (("First name", "Ann"), ("Last name", "New"), ("E-mail", "ann@guerdon.example")):
        page.locator("dialog").get_by_label(label).fill(value)
    page.locator("dialog").get_by_label("Password").fill("Correct-Horse-7")
    page.locator("dialog").get_by_role("checkbox").check()

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/api/customer/register", lose, times=1)
    agree(page, "Register")
    expect(page.locator("dialog").get_by_role("alert")).to_contain_text("did not answer")
    kept = page.evaluate("JSON.stringify({...sessionStorage})")
    assert "Ann" in kept
    assert "Correct-Horse-7" not in kept
    agree(page, "Register")
    expect(page.locator("h1")).to_have_text("Ann New")
    page = go(admin, "/campaigns/new?purpose=interaction", "Give for a tap")
    name_of(page).fill("Tap")
    page.get_by_label("Title").first.fill("5 points")
    page.get_by_label("Points", exact=True).first.fill("5")
    page.route("**/api/admin/campaigns", lose, times=1)
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_role("alert")).to_contain_text("did not answer")
    page.get_by_role("button", name="Save as draft").click()
    expect(page.locator("h1")).to_have_text("Tap")
    made = call("admin", "GET", "/api/admin/campaigns?text=tap")["campaigns"]
    assert sorted(it["name"] for it in made) == ["A tap a day", "Tap"]


def test_a_password_is_not_changed_without_a_line_and_that_is_said(admin: Visitor) -> None:
    page = go(admin, "/account", "My account")
    page.get_by_label("Current password").fill("open")
    page.get_by_label("New password").fill("Correct-Horse-7")
    page.route("**/password/change", lambda route: route.abort(), times=1)
    page.get_by_role("button", name="Change my password").click()
    expect(page.get_by_role("alert")).to_contain_text("did not answer")


def test_the_search_box_follows_the_address(admin: Visitor) -> None:
    page = go(admin, "/customers", "Customers")
    page.get_by_label("Find a customer").fill("0000")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Jane Doe").click()
    expect(page.locator("h1")).to_have_text("Jane Doe")
    page.go_back()
    expect(page.get_by_label("Find a customer")).to_have_value("0000")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Customers", exact=True).click()
    expect(page.get_by_label("Find a customer")).to_have_value("")


def test_restrictions_that_are_no_json_are_not_saved_as_those_of_before(admin: Visitor) -> None:
    page = go(admin, "/campaigns/tests", "tests")
    page.get_by_text("Restrictions", exact=True).click()
    box = page.get_by_label("A tree of conditions")
    box.fill('{"rule": ')
    expect(box).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast.bad")).to_be_visible()
    expect(page.locator("dialog")).to_have_count(0)
    page.get_by_role("button", name="Undo my changes").click()
    expect(box).to_have_value("")
    expect(box).not_to_have_attribute("aria-invalid", "true")


def test_the_parts_of_a_campaign_share_what_is_known_of_it(admin: Visitor) -> None:
    page = go(admin, "/campaigns/tests", "tests")
    page.get_by_label("Price in points").wait_for()
    asked: list[str] = []
    page.route("**/api/admin/campaigns/tests", lambda route: (asked.append(route.request.url), route.continue_()))
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("Revision 1")).to_be_visible()
    expect(page.get_by_role("link", name="History")).to_be_focused()
    assert asked == []


def test_signing_out_while_a_token_is_renewed_stays_signed_out(admin: Visitor) -> None:
    page = go(admin, "/account", "My account")
    held: list[Route] = []
    page.route("**/api/token/refresh", lambda route: held.append(route))
    page.evaluate(
        """() => { const kept = JSON.parse(sessionStorage["guerdon.admin"]);
                   sessionStorage["guerdon.admin"] = JSON.stringify({...kept, token: "expired"}); }"""
    )
    page.reload()
    with page.expect_request("**/api/token/refresh"):
        page.get_by_role("link", name="Customers", exact=True).click()
    page.get_by_role("link", name="admin").click()
    with page.expect_response("**/api/token/revoke"):
        page.get_by_role("button", name="Sign out").click()
    with page.expect_response("**/api/token/refresh") as renewed:
        held[0].continue_()
    renewed.value.finished()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    # The page has taken the answer by the time it has taken a later one.
    page.evaluate("fetch('/api/nothing').then((it) => it.text())")
    assert page.evaluate("sessionStorage['guerdon.admin'] ?? null") is None


def test_files_of_codes_as_spreadsheets_save_them_and_codes_of_any_letters(admin: Visitor, tmp_path: Path) -> None:
    page = go(admin, "/campaigns/tests/codes", "tests")

    def load(name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a file of codes").click()
        chooser.value.set_files(tmp_path / name)

    def is_found(code: str) -> None:
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_role("button", name="Search").click()
        expect(page.locator("[role=status] .mono")).to_have_text(code)

    load("quoted.csv", b'\xef\xbb\xbf"code"\r\n"AB""C"\r\n"A/B"\r\n')
    expect(page.get_by_text("2 codes added.")).to_be_visible()
    for code in ('AB"C', "A/B"):
        is_found(code)
    load("unicode.txt", "value\tcode\r\n5\tŻÓŁW-1\r\n".encode("utf-16"))
    expect(page.get_by_text("1 code added.")).to_be_visible()
    is_found("ŻÓŁW-1")
    for table in (b"Lp,Numer\n1,KK-1\n", b"A;B\n1;2\n"):
        load("table.csv", table)
        expect(page.get_by_text("none of them is called")).to_be_visible()
    load("kody.csv", b"Lp;Kod\n1;KK-1\n")
    expect(page.get_by_text("1 code added.").last).to_be_visible()
    is_found("KK-1")
    load("empty.csv", b"\n\n")
    expect(page.get_by_text("There is no code in it.")).to_be_visible()
    load("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe")
    expect(page.get_by_text("This is no file of text")).to_be_visible()


def test_an_import_that_fails_says_how_far_it_came_and_can_be_started_again(admin: Visitor, tmp_path: Path) -> None:
    page = go(admin, "/campaigns/tests/codes", "tests")
    (tmp_path / "many.txt").write_text("".join(f"MANY-{i:06}\n" for i in range(25_000)))
    sent = []

    def cut_the_second(route: Route) -> None:
        sent.append(1)
        route.abort() if len(sent) == 2 else route.continue_()

    page.route("**/codes", cut_the_second)
    for outcome in ("The service did not answer.", "15,000 codes added."):
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a file of codes").click()
        chooser.value.set_files(tmp_path / "many.txt")
        expect(page.get_by_text(outcome)).to_be_visible()
        if "answer" in outcome:
            done = page.get_by_role("progressbar").first.get_attribute("aria-valuenow")
            assert done is not None
            assert 30 < int(done) < 50


def test_what_is_decided_about_an_hour_that_is_skipped_or_comes_twice(admin: Visitor) -> None:
    clock = """async ([at, zone]) => {
        const { momentOn, onClock } = await import(document.querySelector("script[type=module]").src.replace("main", "zone"));
        const moment = momentOn(at, zone);
        return [moment, onClock(moment, zone)];
    }"""
    for at, moment, shown in (
        ("2026-07-01T10:00", "2026-07-01T08:00:00+00:00", "2026-07-01T10:00"),
        ("2026-03-29T02:30", "2026-03-29T01:30:00+00:00", "2026-03-29T03:30"),  # skipped
        ("2026-10-25T02:30", "2026-10-25T00:30:00+00:00", "2026-10-25T02:30"),  # comes twice: the first
    ):
        assert admin.page.evaluate(clock, [at, "Europe/Warsaw"]) == [moment, shown]
