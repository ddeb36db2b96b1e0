"""Categories of campaigns, those that are featured or public, their texts in other languages, and what was bought as CSV.

Source: contract sections 2.2 to 2.4.
"""

import csv
import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, text

from app.access.models import Login
from app.campaign.models.campaigns import Campaign
from app.campaign.setup import categories
from app.organizations import chains
from app.organizations.details import ChainDetails
from tests.client import Client
from tests.world import World, offered


def a_category(client: Client, name: str = "Drinks", **details: Any) -> str:
    sent = {"campaign_category": {"translations": {"en": {"name": name}}, "active": 1, "sortOrder": 1, **details}}
    answer = client.post("/api/campaignCategory", json=sent)
    assert answer.status_code == 200, answer.json
    return str(answer.json["campaignCategoryId"])


def a_campaign(client: Client, world: World, **details: Any) -> str:
    answer = client.post("/api/campaign", json=offered(world, **details))
    assert answer.status_code == 200, answer.json
    return str(answer.json["campaignId"])


def names(client: Client, query: str) -> list[str]:
    answer = client.get(f"/api/{query}")
    assert answer.status_code == 200, answer.json
    assert answer.json["total"] == len(answer.json["campaigns"])
    return sorted(it["name"] for it in answer.json["campaigns"])


def test_categories_are_made_changed_and_shown_to_everybody(ada: Client, app: Flask, world: World) -> None:
    drinks, cakes = a_category(ada, sortOrder=2), a_category(ada, "Cakes")
    anyone = Client(app)
    listed: Any = anyone.get("/api/campaignCategory?perPage=1000&sort=order desc").json
    assert list(listed) == ["categories", "total"]
    assert [it["name"] for it in listed["categories"]] == ["Cakes", "Drinks"], "by sortOrder"
    one: Any = anyone.get(f"/api/campaignCategory/{drinks}").json
    assert one == {
        "name": "Drinks",
        "campaignCategoryId": drinks,
        "active": True,
        "sortOrder": 2,
        "translations": [{"name": "Drinks", "locale": "en"}],
    }
    back = ada.put(f"/api/campaignCategory/{drinks}", json={"campaign_category": {**one, "name": "Tea"}})
    assert (back.status_code, back.json) == (200, {"campaignCategoryId": drinks})
    both = {"translations": {"en": {"name": "Tea"}, "pl": {"name": "Herbata"}}}
    assert ada.put(f"/api/campaignCategory/{drinks}", json={"campaign_category": both}).status_code == 200
    named: Any = anyone.get(f"/api/campaignCategory/{drinks}").json
    assert named["translations"] == [{"name": "Tea", "locale": "en"}, {"name": "Herbata", "locale": "pl"}]
    polish: Any = anyone.get(f"/api/campaignCategory/{drinks}?_locale=pl").json
    assert polish == {**named, "name": "Herbata"}
    back = ada.put(f"/api/campaignCategory/{drinks}?_locale=pl", json={"campaign_category": polish})
    assert back.status_code == 200
    german: Any = anyone.get(f"/api/campaignCategory/{drinks}?_locale=de").json
    back = ada.put(f"/api/campaignCategory/{drinks}?_locale=de", json={"campaign_category": german})
    assert (back.status_code, anyone.get(f"/api/campaignCategory/{drinks}").json) == (200, named)
    assert ada.put(f"/api/campaignCategory/{drinks}", json={"campaign_category": polish}).status_code == 400
    assert (named["active"], named["sortOrder"]) == (True, 2), "what is not sent stays"
    assert ada.put(f"/api/campaignCategory/{drinks}", json={"campaign_category": named}).status_code == 200
    assert anyone.get(f"/api/campaignCategory/{drinks}").json == named
    assert ada.post(f"/api/campaignCategory/{cakes}/active", json={"active": False}).status_code == 200
    assert ada.post(f"/api/campaignCategory/{cakes}/active", json={}).status_code == 400
    assert ada.put(f"/api/campaignCategory/{cakes}", data={"campaign_category[name]": "Cakes"}).status_code == 200
    assert ada.get(f"/api/campaignCategory/{cakes}").json["active"] is False, "a name switches nothing on"
    for query, expected in (("active=1", ["Tea"]), ("active=0", ["Cakes"]), ("name=ea", ["Tea"]), ("name=x", [])):
        found: Any = ada.get(f"/api/campaignCategory?{query}").json
        assert [it["name"] for it in found["categories"]] == expected, query
    taken = ada.post("/api/campaignCategory", json={"campaign_category": {"name": "Tea"}})
    assert taken.status_code == 400
    assert taken.json["form"]["children"]["name"]["errors"] == ["There is a category called Tea already."]
    with world.database.transaction() as session:
        there = chains.create(session, ChainDetails("There"), world.now).id
        chains.set_app(session, "there.example", there)
    assert anyone.get("/api/campaignCategory", headers={"Host": "there.example"}).json == {"categories": [], "total": 0}


def test_campaigns_are_found_by_where_they_stand(
    ada: Client, sol: Client, cleo: Client, app: Flask, world: World
) -> None:
    drinks, cakes = a_category(ada), a_category(ada, "Cakes")
    coffee = a_campaign(ada, world, name="Coffee", categories=[drinks], featured=True)
    a_campaign(ada, world, name="Cake", categories=[cakes, drinks], public=True)
    a_campaign(ada, world, name="Plain")
    shown: Any = ada.get(f"/api/campaign/{coffee}").json
    assert (shown["categories"], shown["categoryNames"]) == ([drinks], {drinks: "Drinks"})
    assert (shown["featured"], shown["public"]) == (True, False)
    lists = ("campaign", "seller/campaign", f"seller/customer/{world.cleo.uuid}/campaign/available")
    for who, path in ((ada, lists[0]), (sol, lists[1]), (sol, lists[2]), (cleo, "customer/campaign/available")):
        assert names(who, f"{path}?categoryId[]={drinks}") == ["Cake", "Coffee"], path
        assert names(who, f"{path}?categoryId[]={cakes}&categoryId[]={drinks}&isFeatured=1") == ["Coffee"], path
        assert names(who, f"{path}?isPublic=true") == ["Cake"], path
        assert names(who, f"{path}?isPublic=0&isFeatured=0&hasSegment=0") == ["Plain"], path
        assert names(who, f"{path}?hasSegment=1") == [], path
    anyone = Client(app)
    assert names(anyone, "campaign/public/available") == ["Cake"]
    assert names(anyone, f"campaign/public/available?categoryId[]={drinks}&isFeatured=1") == []
    assert names(anyone, "campaign/public/available?isPublic=0") == []
    [public] = anyone.get("/api/campaign/public/available").json["campaigns"]
    assert not {"coupons", "levels", "canBeBoughtByCustomer"} & public.keys(), (
        "what the staff sees, and of nobody in particular"
    )
    assert not {"usageLeft", "visibleForCustomersCount", "usersWhoUsedThisCampaignCount"} & public.keys(), "how it goes"


def test_what_is_printed_is_taken_back_and_what_is_not_sent_stays(ada: Client, world: World) -> None:
    drinks = a_category(ada)
    texts = {"pl": {"name": "Kawa", "shortDescription": "Mała"}, "en": {"name": "Coffee"}}
    campaign = a_campaign(ada, world, name=None, translations=texts, categories=[drinks], featured=1, public=1)
    path = f"/api/campaign/{campaign}"
    shown: Any = ada.get(path).json
    assert shown["name"] == "Coffee"
    assert shown["translations"] == [
        {"name": "Coffee", "locale": "en"},
        {"name": "Kawa", "shortDescription": "Mała", "locale": "pl"},
    ]
    assert ada.put(path, json={"campaign": shown}).status_code == 200
    assert ada.get(path).json == shown
    polish: Any = ada.get(f"{path}?_locale=pl").json
    assert (polish["name"], polish["shortDescription"], polish["translations"]) == (
        "Kawa",
        "Mała",
        shown["translations"],
    )
    in_polish = f"{path}?_locale=pl"
    assert ada.put(in_polish, json={"campaign": polish}).status_code == 200
    assert ada.get(path).json == shown, "what is shown in another language is no change of it"
    # Changed where it stands by language, or flat: only what says both, and differently, is refused.
    little = {**polish, "translations": [shown["translations"][0], {"name": "Mała kawa", "locale": "pl"}]}
    assert ada.put(in_polish, json={"campaign": little}).json["form"]["children"]["name"]["errors"] == [
        "This is said twice, and differs: here, and in translations."
    ]
    flat = {**polish, "name": "Mała kawa", "translations": shown["translations"][:1]}
    assert ada.put(in_polish, json={"campaign": flat}).status_code == 200
    assert ada.get(path).json["translations"] == [
        shown["translations"][0],
        {"name": "Mała kawa", "shortDescription": "Mała", "locale": "pl"},
    ]
    before: Any = ada.get(path).json
    plain = offered(world)["campaign"]
    for sent in (ada.get(in_polish).json, {**plain, "name": "Mała kawa"}):
        refused = ada.put(path, json={"campaign": sent})
        assert (refused.status_code, ada.get(path).json) == (400, before), (
            "it would take the place of the programme's own"
        )
        assert "_locale=pl" in refused.json["form"]["children"]["name"]["errors"][0]
    lonely = ada.put(in_polish, json={"campaign": {**plain, "name": "Kawka"}})
    said = "This is the text in pl: say translations[en][name], too."
    assert lonely.json["form"]["children"]["name"]["errors"] == [said]
    # In a language in which nothing is written, the programme's own is printed; sent back, nothing is.
    in_german = f"{path}?_locale=de"
    assert ada.put(in_german, json={"campaign": ada.get(in_german).json}).status_code == 200
    assert ada.get(path).json == before
    alike = [*before["translations"], {"name": before["name"], "locale": "de"}]
    assert ada.put(path, json={"campaign": {**before, "translations": alike}}).status_code == 200
    written: Any = ada.get(path).json["translations"]
    assert {"name": before["name"], "locale": "de"} in written, (
        "what is written in a language is kept, also where it says the same"
    )
    assert ada.put(path, json={"campaign": shown}).status_code == 200
    assert ada.get(path).json == shown
    for url in ("/api/campaign", "/api/campaign/public/available"):
        assert [it["name"] for it in ada.get(f"{url}?_locale=pl").json["campaigns"]] == ["Kawa"]
        assert [it["name"] for it in ada.get(f"{url}?_locale=de").json["campaigns"]] == ["Coffee"]
    # As 3.2's console does: by locale, and without the flat texts.
    console = {name: value for name, value in shown.items() if name not in ("name", "categoryNames")}
    console["translations"] = {"en": {"name": "Espresso"}, "pl": {"name": "Kawa mała", "shortDescription": ""}}
    assert ada.put(path, json={"campaign": {**console, "featured": False}}).status_code == 200
    changed: Any = ada.get(path).json
    assert (changed["name"], changed["featured"], changed["public"]) == ("Espresso", False, True)
    assert changed["translations"][1] == {"name": "Kawa mała", "locale": "pl"}
    # A console of 2.9 knows of none of this.
    plain = offered(world, name="Espresso", coupons=shown["coupons"])
    assert ada.put(path, json=plain).status_code == 200
    kept: Any = ada.get(path).json
    for name in ("categories", "public", "translations"):
        assert kept[name] == changed[name], name
    gone = {"en": {"name": "Espresso"}}  # what does not come is no more
    emptied = {**plain["campaign"], "translations": gone, "categories": [], "public": 0}
    assert ada.put(path, json={"campaign": emptied}).status_code == 200
    last: Any = ada.get(path).json
    assert [it["locale"] for it in last["translations"]] == ["en"]
    assert ("categories" in last, last["public"]) == (False, False)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"categories": ["00000000-0000-4000-8000-000000000000"]}, "categories"),
        ({"categories": ["no id"]}, "categories"),
    ],
)
def test_what_is_no_category_is_refused(ada: Client, world: World, sent: dict[str, Any], field: str) -> None:
    answer = ada.post("/api/campaign", json=offered(world, **sent))
    assert answer.status_code == 400
    assert answer.json["form"]["children"][field]["errors"]
    assert ada.get("/api/campaign").json["total"] == 0


def test_a_text_that_is_wrong_is_told_in_its_language(ada: Client, world: World) -> None:
    for sent in ({"pl": None}, {"pl": ""}, {"pl": []}, {}):
        a_campaign(ada, world, translations=sent)
    answer: Any = ada.post("/api/campaign", json=offered(world, translations={"pl": {"name": "x" * 300}}))
    assert answer.status_code == 400
    children = answer.json["form"]["children"]["translations"]["children"]
    assert children["pl"]["children"]["name"]["errors"] == [
        "This value is too long. It should have 255 characters or less."
    ]
    many = {f"a{one}{two}": {"name": "x"} for one in "abcdefgh" for two in "abcdefgh"}
    assert ada.post("/api/campaign", json=offered(world, translations=many)).status_code == 400


def test_what_is_switched_off_is_for_the_staff_and_what_is_elsewhere_for_nobody(
    ada: Client, sol: Client, cleo: Client, app: Flask, world: World
) -> None:
    drinks = a_category(ada)
    a_campaign(ada, world, name="Coffee", categories=[drinks], public=1)
    assert ada.post(f"/api/campaignCategory/{drinks}/active", json={"active": 0}).status_code == 200
    anyone = Client(app)
    for who, total in ((ada, 1), (sol, 1), (cleo, 0), (anyone, 0)):
        assert who.get("/api/campaignCategory").json["total"] == total
        assert who.get(f"/api/campaignCategory/{drinks}").status_code == (200 if total else 404)
    for who, path in ((cleo, "customer/campaign/available"), (anyone, "campaign/public/available")):
        assert names(who, f"{path}?categoryId[]={drinks}") == []
        assert "Drinks" not in who.get(f"/api/{path}").get_data(as_text=True)
    assert names(ada, f"campaign?categoryId[]={drinks}") == ["Coffee"]
    with world.database.transaction() as session:
        there = chains.create(session, ChainDetails("There"), world.now).id
        chains.set_app(session, "there.example", there)
        theirs = categories.create(session, there, categories.CategoryDetails("Theirs")).uuid
    stranger = world.a_customer(chain_id=there)
    with world.database.reading() as session:
        login = session.scalars(select(Login).where(Login.customer_id == stranger.id)).one()
    client = Client(app).as_login(login, stranger.uuid)
    assert [it["name"] for it in client.get("/api/campaignCategory").json["categories"]] == ["Theirs"]
    for who in (ada, sol, cleo, anyone):
        assert who.get(f"/api/campaignCategory/{theirs}").status_code == 404
    assert names(anyone, "campaign/public/available") == ["Coffee"]
    assert anyone.get("/api/campaign/public/available", headers={"Host": "there.example"}).json["total"] == 0


@pytest.mark.parametrize(
    "changed",
    [{"active": 0}, {"campaignVisibility": {"visibleFrom": "2999-01-01 00:00", "visibleTo": "2999-02-01 00:00"}}],
)
def test_what_is_public_is_no_less_secret_before_its_time(
    ada: Client, app: Flask, world: World, changed: dict[str, Any]
) -> None:
    a_campaign(ada, world, public=1, **changed)
    assert names(Client(app), "campaign/public/available") == []


def test_what_is_public_is_found_by_its_own_index(world: World) -> None:
    query = select(Campaign.id).where(Campaign.chain_id == world.chain_id, Campaign.is_public)
    with world.database.transaction() as session:
        if world.database.is_postgresql:
            session.execute(text("SET LOCAL enable_seqscan = off"))
        compiled = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
        plan = session.execute(text(("EXPLAIN " if world.database.is_postgresql else "EXPLAIN QUERY PLAN ") + compiled))
        assert "ix_campaign_public" in str(plan.all())


def test_documents_call_categories_by_name(ada: Client, world: World) -> None:
    drinks = a_category(ada)
    campaign = a_campaign(ada, world, categories=[drinks])
    document: Any = ada.get(f"/api/admin/campaigns/{campaign}").json
    assert document["listing"]["categories"] == ["Drinks"]
    wanted = {**document, "listing": {**document["listing"], "categories": ["Cakes"]}}
    seen = {"headers": {"If-Match": ada.get(f"/api/admin/campaigns/{campaign}").headers["ETag"]}}
    wrong = ada.put(f"/api/admin/campaigns/{campaign}", json=wanted, **seen)
    assert wrong.status_code in {400, 422}
    assert "There is no category called Cakes." in wrong.get_data(as_text=True)
    a_category(ada, "Cakes")
    assert ada.put(f"/api/admin/campaigns/{campaign}", json=wanted, **seen).status_code == 200
    assert list(ada.get(f"/api/campaign/{campaign}").json["categoryNames"].values()) == ["Cakes"]
    both = {**wanted, "listing": {**wanted["listing"], "categories": ["Drinks", "Cakes"]}}
    tags = []
    for _ in range(2):
        seen = {"headers": {"If-Match": ada.get(f"/api/admin/campaigns/{campaign}").headers["ETag"]}}
        assert ada.put(f"/api/admin/campaigns/{campaign}", json=both, **seen).status_code == 200
        tags.append(ada.get(f"/api/admin/campaigns/{campaign}").headers["ETag"])
    assert tags[0] == tags[1], "the same once more changes nothing"


def test_a_campaign_has_the_icon_of_its_brand(ada: Client, app: Flask, world: World) -> None:
    campaign = a_campaign(ada, world)
    path = f"/api/campaign/{campaign}/brand_icon"
    assert ada.get(path).status_code == 404, "consoles ask for it before there is one"
    content = io.BytesIO()
    Image.new("RGB", (32, 32)).save(content, "PNG")
    sent = {"brand_icon[file]": (io.BytesIO(content.getvalue()), "icon.png")}
    assert ada.send("POST", path, data=sent).status_code == 200
    assert Client(app).get(path).mimetype == "image/png"
    assert ada.get(f"/api/campaign/{campaign}").json["brandIcon"] is True
    assert ada.send("DELETE", path).status_code == 200
    assert "brandIcon" not in ada.get(f"/api/campaign/{campaign}").json
    secret = a_campaign(ada, world, active=0)
    again = {"brand_icon[file]": (io.BytesIO(content.getvalue()), "icon.png")}
    assert ada.send("POST", f"/api/campaign/{secret}/brand_icon", data=again).status_code == 200
    assert Client(app).get(f"/api/campaign/{secret}/brand_icon").status_code == 404
    assert ada.get(f"/api/campaign/{secret}/brand_icon").status_code == 200


def test_what_was_bought_is_taken_away_as_csv(ada: Client, world: World) -> None:
    campaign = world.a_campaign(name="=Coffee")
    sold = world.buy(campaign), world.buy(campaign)
    answer = ada.get("/api/campaign/bought/export/csv?purchasedAtFrom=2000-01-01&purchasedAtTo=2999-12-31")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [it["couponCode"] for it in rows] == [it.code for it in sold]
    assert {it["campaignName"] for it in rows} == {"'=Coffee"}, "no spreadsheet runs it"
    assert {(it["customerId"], it["costInPoints"], it["used"]) for it in rows} == {(str(world.cleo.uuid), "10", "0")}
    nothing = ada.get("/api/campaign/bought/export/csv?purchasedAtTo=2000-01-01").get_data(as_text=True)
    assert len(nothing.splitlines()) == 1
