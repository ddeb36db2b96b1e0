"""Settings, texts, choices and figures, as Open Loyalty's cockpits ask for them. Source: contract sections 3.6 and 7.1."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from app.access import permissions, staff
from app.admin.cockpit import conditions
from app.campaign.errors import CustomerNotActive
from app.members.errors import OwnEditsClosed
from app.members.models import Customer, Profile
from app.organizations import chains
from app.organizations.details import ChainDetails
from tests.client import Client
from tests.openloyalty.test_members import picture
from tests.openloyalty.test_sales import COFFEE, a_rule, back, points_of, receipt
from tests.world import World, password_hash, voucher


def change(ada: Client, **settings: Any) -> Any:
    return ada.post("/api/settings", json={"settings": settings})


def errors_of(answer: Any, name: str) -> Any:
    assert answer.status_code == 400, answer.json
    return answer.json["form"]["children"][name].get("errors")


def test_settings_are_a_chains_in_open_loyaltys_words(ada: Client, world: World) -> None:
    before = ada.get("/api/settings").json["settings"]
    assert list(before)[:5] == [
        "excludedLevelCategories",
        "customerStatusesEarning",
        "customerStatusesSpending",
        "returns",
        "allTimeActive",
    ]
    assert (before["currency"], before["allTimeActive"], before["allTimeNotLocked"]) == ("eur", True, True)
    assert change(ada, **before).json["settings"] == before, "what is printed is taken back"
    sent = {
        "currency": "pln",
        "timezone": "Europe/Warsaw",
        "programPointsPlural": "stars",
        "helpEmailAddress": "help@guerdon.example",
        "pointsDaysExpiryAfter": "after_x_days",
        "pointsDaysActive": 30,
        "pointsDaysLocked": 3,
        "tierAssignType": "points",
        "levelDowngradeMode": "after_x_days",
        "levelDowngradeDays": 90,
        "excludedDeliverySKUs": ["DELIVERY"],
        "customersIdentificationPriority": [
            {"priority": 2, "field": "loyaltyCardNumber"},
            {"priority": 1, "field": "phone"},
        ],
    }
    changed = change(ada, **sent).json["settings"]
    assert {name: changed[name] for name in sent if name != "customersIdentificationPriority"} == {
        name: value for name, value in sent.items() if name != "customersIdentificationPriority"
    }
    assert changed["customersIdentificationPriority"] == [
        {"priority": 1, "field": "phone"},
        {"priority": 2, "field": "loyaltyCardNumber"},
    ]
    [chain] = ada.get("/api/chain").json["chains"]
    assert (chain["currency"], chain["pointsExpiry"], chain["pointsDaysActive"]) == ("PLN", "after_days", 30)
    assert (chain["levelsBy"], chain["levelDays"]) == ("points", 90)
    assert (chain["matchesBy"], chain["deliverySkus"]) == (["phone", "loyalty_card_number"], ["DELIVERY"])
    # As a form, and from an older console.
    older = {"settings[allTimeActive]": "1", "settings[allTimeNotLocked]": "1", "settings[levelDowngradeMode]": "none"}
    after = ada.post("/api/settings", data=older).json["settings"]
    assert (after["pointsDaysExpiryAfter"], after["allTimeNotLocked"], after["levelDowngradeMode"]) == (
        "all_time_active",
        True,
        "none",
    )
    assert after["programPointsPlural"] == "stars"
    assert change(ada, programPointsPlural="").json["settings"].get("programPointsPlural") is None


def test_of_two_ways_to_say_the_same_the_one_that_was_changed_counts(ada: Client) -> None:
    shown = ada.get("/api/settings").json["settings"]
    assert (shown["allTimeActive"], shown["pointsDaysExpiryAfter"]) == (True, "all_time_active")
    # An older console, which knows the checkbox, and sends back the rest.
    after = change(ada, **{**shown, "allTimeActive": False, "pointsDaysActive": 30}).json["settings"]
    assert (after["pointsDaysExpiryAfter"], after["pointsDaysActive"]) == ("after_x_days", 30)
    # A newer one, which knows the word.
    after = change(ada, **{**after, "pointsDaysExpiryAfter": "at_month_end"}).json["settings"]
    assert (after["allTimeActive"], after.get("pointsDaysActive")) == (False, None)
    change(ada, pointsDaysExpiryAfter="after_x_days", pointsDaysActive=10)
    assert change(ada, pointsDaysActive=60).json["settings"]["pointsDaysActive"] == 60
    assert change(ada, pointsDaysLocked=5).json["settings"]["allTimeNotLocked"] is False
    assert (
        change(ada, levelDowngradeMode="after_x_days", levelDowngradeDays=9).json["settings"]["levelDowngradeDays"] == 9
    )
    assert change(ada, levelDowngradeDays=10).json["settings"]["levelDowngradeDays"] == 10
    assert change(ada, tierAssignType="points").json["settings"]["tierAssignType"] == "points"
    assert "tierAssignType" not in change(ada, tierAssignType=None).json["settings"], "by hand again"
    before = change(ada, levelDowngradeMode="none", allTimeNotLocked=True).json["settings"]
    for sent, field in (
        ({"allTimeActive": True, "pointsDaysExpiryAfter": "at_year_end"}, "allTimeActive"),
        ({"allTimeActive": True, "pointsDaysActive": 7}, "pointsDaysActive"),
        ({"allTimeNotLocked": True, "pointsDaysLocked": 5}, "pointsDaysLocked"),
        ({"levelDowngradeDays": 90}, "levelDowngradeDays"),
        ({"programName": ""}, "programName"),
        ({"currency": None}, "currency"),
        ({"programUrl": "javascript:alert(1)"}, "programUrl"),
        ({"accentColor": "red; } body { display: none"}, "accentColor"),
        ({"cssTemplate": "x" * 10_001}, "cssTemplate"),
    ):
        assert errors_of(change(ada, **sent), field), sent
    assert ada.get("/api/settings").json["settings"] == before
    for empty in ([], "", None):
        assert ada.post("/api/settings", json={"settings": empty}).json == {"settings": before}


def test_each_chain_has_settings_texts_and_pictures_at_its_own_address(ada: Client, app: Flask, world: World) -> None:
    with world.database.transaction() as session:
        there = chains.create(session, ChainDetails("There", currency="PLN"), world.now).id
        chains.set_app(session, "there.example", there)
        permissions.permit(session, "ada", there, may_write=True)
        reader = staff.add_admin(session, "reader", password_hash())
        session.flush()
        permissions.permit(session, "reader", world.chain_id, may_write=False)
    at = {"headers": {"Host": "there.example"}}
    assert ada.get("/api/settings", **at).json["settings"]["programName"] == "There"
    assert ada.get("/api/settings").json["settings"]["programName"] != "There"
    assert ada.post("/api/settings", json={"settings": {"programPointsPlural": "stars"}}, **at).status_code == 200
    texts = {"name": "English", "code": "en", "content": '{"there": "yes"}'}
    assert ada.post("/api/admin/translations", json={"translation": texts}, **at).status_code == 200
    anyone = Client(app)
    assert anyone.get("/api/translations", **at).json == {"there": "yes"}
    assert anyone.get("/api/translations").json == {}
    assert anyone.get("/api/settings/public", **at).json["settings"]["programPointsPlural"] == "stars"
    assert "programPointsPlural" not in anyone.get("/api/settings/public").json["settings"]
    assert ada.get("/api/admin/analytics/transactions", **at).json == {"total": 0, "amount": 0, "currency": "pln"}
    # Who only reads, reads.
    reads = Client(app).as_login(reader)
    for path in ("settings", "admin/translations", "admin/analytics/transactions", "admin/analytics/points"):
        assert reads.get(f"/api/{path}").status_code == 200, path
    assert reads.post("/api/settings", json={"settings": {}}).status_code == 403
    assert reads.post("/api/settings/photo/logo", data={"photo[file]": (io.BytesIO(b"x"), "x.png")}).status_code == 403


@pytest.mark.parametrize("status", ["new", "blocked"])
def test_a_programme_says_of_which_statuses_customers_earn_and_spend(
    ada: Client, sol: Client, world: World, status: str
) -> None:
    a_rule(ada)
    bought = world.a_campaign()
    play = world.a_reward_campaign(voucher(3))
    with world.database.transaction() as session:
        session.get_one(Customer, world.cleo.id).status = status
    of_cleo = f"/api/seller/customer/{world.cleo.uuid}/campaign"
    buyer = {"customerData": {"loyaltyCardNumber": "CLEO-1"}, "pos": str(world.shop)}
    with world.database.transaction() as session:
        session.get_one(Profile, world.cleo.id).loyalty_card_number = "CLEO-1"

    def sells(number: str) -> tuple[int, float]:
        """How a purchase is answered, and the points that a sale earns."""
        before = points_of(ada, world)
        answer = sol.post(f"{of_cleo}/{bought.uuid}/buy").status_code
        paid = before - points_of(ada, world)
        assert sol.post("/api/transaction", json=receipt(number, **buyer)).status_code == 200
        return answer, points_of(ada, world) - before + paid

    assert sells("R-1") == (400, 0)
    assert change(ada, customerStatusesEarning=["active", status]).status_code == 200
    assert sells("R-2") == (400, 55)
    with pytest.raises(CustomerNotActive):
        world.interact(play)
    assert change(ada, customerStatusesSpending=["active", status]).json["settings"]["customerStatusesEarning"] == [
        "active",
        status,
    ]
    assert sells("R-3") == (200, 55)
    world.interact(play)
    assert change(ada, customerStatusesEarning=["active"], customerStatusesSpending=["active"]).status_code == 200
    assert sells("R-4") == (400, 0)
    world.require_invariants()


def test_who_may_do_something_before_being_activated_can_be_blocked(ada: Client, world: World) -> None:
    with world.database.transaction() as session:
        session.get_one(Customer, world.cleo.id).status = "new"
    path = f"/api/admin/customer/{world.cleo.uuid}/deactivate"

    def status() -> Any:
        return ada.get(f"/api/customer/{world.cleo.uuid}").json["status"]["type"]

    assert ada.post(path).status_code == 200
    assert status() == "new", "who may do nothing is still to be welcomed"
    assert change(ada, customerStatusesSpending=["active", "new"]).status_code == 200
    assert ada.post(path).status_code == 200
    assert status() == "blocked"


def test_what_no_programme_here_can_be_is_refused_and_nothing_changes(ada: Client, sol: Client) -> None:
    before = ada.get("/api/settings").json
    for name, value in (
        ("customerStatusesEarning", ["deleted"]),
        ("customerStatusesSpending", ["active", "asleep"]),
        ("customerStatusesSpending", []),
        ("returns", False),
        ("excludedLevelSKUs", ["A"]),
        ("accountActivationMethod", "sms"),
        ("levelDowngradeBase", "active_points"),
        ("colour", "red"),
    ):
        answer = change(ada, **{name: value, "programName": "Other"})
        assert answer.status_code == 400, name
        assert name in answer.get_data(as_text=True)
    assert errors_of(change(ada, timezone="Mars/Olympus"), "timezone")
    assert errors_of(change(ada, currency="euro"), "currency")
    assert errors_of(change(ada, allTimeActive=False), "pointsDaysActive") == ["This value should not be blank."]
    assert errors_of(change(ada, allTimeNotLocked=0), "pointsDaysLocked") == ["This value should not be blank."]
    twice = [{"priority": 1, "field": "email"}, {"priority": 2, "field": "email"}]
    assert errors_of(change(ada, customersIdentificationPriority=twice), "customersIdentificationPriority")
    assert ada.get("/api/settings").json == before
    assert sol.get("/api/settings").status_code == 403


@pytest.mark.parametrize(
    ("type", "some"),
    [
        ("language", {"Polish": "pl", "English": "en"}),
        ("country", {"Poland": "PL", "Germany": "DE"}),
        ("timezone", None),
        ("promotedEvents", {"Account created": "oloy.account.created"}),
        ("availableCustomerStatuses", ["new", "active", "blocked", "deleted"]),
        ("availableFrontendTranslations", [{"name": "English", "code": "en", "default": True}]),
        ("earningRuleLimitPeriod", {"Day": "1 day"}),
        ("referralEvents", {"First purchase": "first_purchase"}),
        ("referralTypes", {"Both": "both"}),
        ("availableAccountActivationMethods", ["email"]),
        ("smsGatewayConfig", {"fields": {}}),
        ("availableMarketingVendors", {"none": {"name": "None", "config": {}}}),
        ("availablePointExpireAfter", {"At month end": "at_month_end"}),
    ],
)
def test_everybody_is_told_what_can_be_chosen(client: Client, type: str, some: Any) -> None:
    choices = client.get(f"/api/settings/choices/{type}").json["choices"]
    if isinstance(some, dict):
        assert some.items() <= choices.items()
    elif some is None:
        assert choices["Europe"]["Warsaw"] == "Europe/Warsaw"
        assert not choices.keys() & {"Etc", "posix"}
    else:
        assert choices == some
    assert not {"XA", "XB", "EZ", "QO", "EU"} & set(choices.values() if type == "country" else ())
    assert client.get("/api/settings/choices/nothing").status_code == 404


@pytest.mark.parametrize(
    ("locale", "name"), [("pt-BR", "Portuguese (Brazil)"), ("pl_PL", "Polish (Poland)"), ("xx", "xx")]
)
def test_a_language_that_nobody_knows_keeps_no_cockpit_from_opening(
    app: Flask, client: Client, locale: str, name: str
) -> None:
    app.extensions["guerdon_settings"] = replace(app.extensions["guerdon_settings"], locale=locale)
    choices = client.get("/api/settings/choices/availableFrontendTranslations").json["choices"]
    assert choices == [{"name": name, "code": locale, "default": True}]


def test_texts_are_kept_and_shown_in_the_language_that_is_asked_for(ada: Client, client: Client) -> None:
    assert client.get("/api/translations").json == {}
    english = {"name": "English", "code": "en", "content": json.dumps({"global": {"b": "B", "a": "A"}})}
    made = ada.post("/api/admin/translations", json={"translation": english})
    assert (made.status_code, made.json["default"]) == (200, True)
    assert client.get("/api/translations").get_data(as_text=True) == english["content"], "as it was written"
    polish = {"name": "Polski", "code": "pl", "order": 2, "content": '{"global": {"a": "Ą"}}'}
    form = {f"translation[{name}]": str(value) for name, value in polish.items()}
    assert ada.post("/api/admin/translations", data=form).json["default"] is False
    assert client.get("/api/translations?_locale=pl").json == {"global": {"a": "Ą"}}
    assert client.get("/api/translations?_locale=xx").json == json.loads(english["content"])
    listed = ada.get("/api/admin/translations").json
    assert [(it["code"], it["default"], it["order"]) for it in listed["translations"]] == [
        ("en", True, 0),
        ("pl", False, 2),
    ]
    assert listed["total"] == 2
    assert errors_of(ada.post("/api/admin/translations", json={"translation": english}), "code") == [
        "This value is already used."
    ]
    for content in ("[1]", '{"a": NaN}', '{"a":' * 50_000, '{"a": 1, "a": 2}', "{"):
        broken = ada.put("/api/admin/translations/pl", json={"translation": {**polish, "content": content}})
        assert "JSON" in errors_of(broken, "content")[0], content[:20]
    for code in ("a/b", "..", "e", "english-language"):
        odd = ada.post("/api/admin/translations", json={"translation": {**polish, "code": code}})
        assert errors_of(odd, "code"), code
    assert ada.put("/api/admin/translations/pl", json={"translation": {**polish, "code": ""}}).status_code == 200
    no_default = ada.put("/api/admin/translations/en", json={"translation": {**english, "default": False}})
    assert "make another one the default" in errors_of(no_default, "default")[0]
    renamed = ada.put("/api/admin/translations/pl", json={"translation": {**polish, "code": "de"}})
    assert "keeps its code" in errors_of(renamed, "code")[0]
    printed = ada.get("/api/admin/translations/pl").json
    again = ada.put("/api/admin/translations/pl", json={"translation": {**printed, "default": True}})
    assert again.json["default"] is True
    assert client.get("/api/translations").json == {"global": {"a": "Ą"}}
    assert ada.delete("/api/admin/translations/pl").json == {}
    assert ada.get("/api/admin/translations/en").json["default"] is True
    assert ada.get("/api/admin/translations/pl").status_code == 404


def test_the_programme_has_pictures_of_whatever_size(ada: Client, client: Client) -> None:
    small = io.BytesIO()
    Image.new("RGBA", (120, 40)).save(small, "PNG")
    url = "/api/settings/photo/small-logo"
    assert client.get(url).status_code == 404
    sent = {"photo[file]": (io.BytesIO(small.getvalue()), "logo.png")}
    assert ada.send("POST", url, data=sent).json == []
    shown = client.get(url)
    assert (shown.mimetype, Image.open(io.BytesIO(shown.data)).size) == ("image/png", (120, 40))
    assert client.get("/api/settings/photo/logo").status_code == 404
    assert ada.delete(url).json == []
    assert client.get(url).status_code == 404


def test_the_programme_gives_its_terms_away_as_a_file(
    ada: Client, client: Client, sol: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conditions, "BYTES_MAX", 100)
    url, terms = "/api/settings/conditions-file", b"%PDF-1.7 terms"
    assert client.get(url).status_code == 404
    assert client.get("/api/settings/conditions-url").json == {"url": None}
    ada.post("/api/settings", json={"settings": {"programConditionsUrl": "https://shop.example/terms"}})
    assert client.get("/api/settings/conditions-url").json == {"url": "https://shop.example/terms"}

    def send(content: bytes, name: str = "conditions[file]", who: Client = ada) -> Any:
        return who.send("POST", url, data={name: (io.BytesIO(content), "terms.pdf")})

    assert send(terms, who=sol).status_code == 403
    for wrong in (b"", b"<html>", b"%PDF-" + b"x" * 100):
        assert send(wrong).json["form"]["children"]["file"]["errors"], wrong[:9]
    assert send(terms, "photo[file]").status_code == 400
    assert send(terms).json == []
    shown = client.get(url)
    assert (shown.data, shown.mimetype) == (terms, "application/pdf")
    assert shown.headers["Content-Disposition"] == "attachment; filename=terms_conditions.pdf"
    assert client.get(url, headers={"If-None-Match": shown.headers["ETag"]}).status_code == 304
    assert client.get("/api/settings/conditions-url").json["url"].endswith(url)
    assert ada.delete(url).json == []
    assert client.get(url).status_code == 404


def test_clients_wear_the_colour_and_the_styles_of_the_programme(ada: Client, client: Client) -> None:
    url = "/api/settings/css"
    assert (client.get(url).text, client.get(f"{url}?json=1").json) == ("", {})
    styles = ".header { border: 0; }"
    shown = change(ada, accentColor="#1a7f37", cssTemplate=styles).json["settings"]
    assert (shown["accentColor"], shown["cssTemplate"]) == ("#1a7f37", styles)
    worn = client.get(f"{url}?v=3")
    assert (worn.text, worn.content_type) == (f"{styles}\n:root {{ --accent: #1a7f37; }}", "text/css; charset=utf-8")
    assert client.get(f"{url}?json=true").json == {"accentColor": "#1a7f37", "cssTemplate": styles}
    assert client.get("/api/settings/public").json["settings"]["accentColor"] == "#1a7f37"
    assert change(ada, accentColor="", cssTemplate="").status_code == 200
    assert client.get(url).text == ""


def test_a_programme_may_leave_the_details_of_customers_to_its_staff(
    ada: Client, sol: Client, cleo: Client, client: Client, world: World
) -> None:
    url, renamed = f"/api/customer/{world.cleo.uuid}", {"customer": {"firstName": "Cleopatra"}}
    assert cleo.put(url, json=renamed).status_code == 200
    assert change(ada, allowCustomersProfileEdits=False).json["settings"]["allowCustomersProfileEdits"] is False
    assert client.get("/api/settings/public").json["settings"]["allowCustomersProfileEdits"] is False
    refused = cleo.put(url, json={"customer": {"firstName": "Kleo"}})
    assert (refused.status_code, refused.json["error"]["message"]) == (403, OwnEditsClosed.message)
    assert cleo.post(f"{url}/avatar", data=picture()).status_code == 403
    assert cleo.delete(f"{url}/avatar").status_code == 403
    assert cleo.get(url).json["firstName"] == "Cleopatra"
    assert cleo.put(url, json={"customer": {"firstName": "Cleopatra", "agreement2": True}}).json["agreement2"] is True
    assert cleo.put(url, json={"customer": {"agreement2": False}}).json["agreement2"] is False, "which is theirs to say"
    for staff_member in (ada, sol):
        assert staff_member.put(url, json={"customer": {"firstName": "Cleo"}}).status_code == 200
    assert change(ada, allowCustomersProfileEdits=True).status_code == 200
    assert cleo.put(url, json=renamed).status_code == 200


def test_figures_of_the_start_page(ada: Client, sol: Client, world: World) -> None:
    sol.post("/api/transaction", json=receipt("F-1", customerData={"email": "cleo@guerdon.example"}))
    sol.post("/api/transaction", json=back("F-2", "F-1", [{**COFFEE, "quantity": 1, "grossValue": 3.5}]))
    ada.post("/api/points/transfer/spend", json={"transfer": {"customer": str(world.cleo.uuid), "points": 12.5}})
    assert ada.get("/api/admin/analytics/points").json == {"totalPointsSpent": 12.5}
    assert ada.get("/api/admin/analytics/transactions").json == {"total": 1, "amount": 24, "currency": "eur"}
    customers = ada.get("/api/admin/analytics/customers").json["total"]
    assert customers == ada.get("/api/customer").json["total"]
    assert ada.get("/api/admin/analytics/referrals").json == {"total": 0, "totalCompleted": 0, "totalRegistered": 0}


def test_public_settings_tell_no_more_than_everybody_may_know(client: Client) -> None:
    public = client.get("/api/settings/public").json["settings"]
    assert {"currency", "timezone", "programName"} <= public.keys()
    assert public["allowCustomersProfileEdits"] is True
    told = ("currency", "timezone", "accentColor", "allowCustomersProfileEdits")
    assert all(name in told or name.startswith("program") for name in public)
    assert client.get("/api/settings/activation-method").json == {"method": "email"}
