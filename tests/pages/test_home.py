"""The doors to the applications."""

from tests.pages.conftest import Visit


def test_the_doors_lead_to_the_applications_and_speak_two_languages(visit: Visit) -> None:
    visitor = visit()
    page = visitor.open("/")
    assert {link.get_attribute("href") for link in page.locator("a.tile").all()} == {
        "/console",
        "/till",
        "/shop",
        "/docs",
    }
    visitor.require_accessible()
    page.get_by_role("button", name="Polski").click()
    page.get_by_role("heading", name="Konsola").wait_for()
    assert page.locator("html").get_attribute("lang") == "pl"
    page.get_by_role("button", name="Ciemny").click()
    visitor.require_accessible()
