"""The doors to the applications."""

from playwright.sync_api import expect

from tests.pages.conftest import Visit


def test_the_doors_lead_to_the_applications_and_speak_two_languages(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/")
    visitor.settle()
    expect(page).to_have_title("Rewards that add up · Guerdon")
    doors = page.locator("a.tile").evaluate_all("all => all.map((it) => it.getAttribute('href'))")
    assert doors == ["/console", "/till", "/shop", "/docs"]
    visitor.require_accessible()
    page.get_by_role("button", name="Polski").click()
    page.get_by_role("heading", name="Konsola").wait_for()
    expect(page.locator("html")).to_have_attribute("lang", "pl")
    page.get_by_role("button", name="Ciemny").click()
    visitor.require_accessible()
