"""What the cockpits of 3.2 send when somebody edits what they were shown. Source: contract section 7."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.organizations import chains
from app.organizations.details import ChainDetails
from tests.client import Client
from tests.world import PASSWORD, World, clock_at

LEVEL = {
    "name": "Gold",
    "description": "For friends",
    "conditionValue": 900,
    "active": 1,
    "reward": {"name": "r", "value": 15, "code": "R"},
    "specialRewards": [
        {"name": "May", "value": 12.5, "code": "M", "active": True, "startAt": "2026-05-01", "endAt": "2026-05-31"}
    ],
}

ITEM = {"sku": {"code": "A"}, "name": "A", "quantity": 1, "grossValue": 12.5}


def by_locale(translations: list[dict[str, Any]]) -> dict[str, Any]:
    return {it["locale"]: {name: it[name] for name in it if name not in ("locale", "id")} for it in translations}


def test_a_level_is_edited(ada: Client, world: World) -> None:
    made = ada.post("/api/level/create", json={"level": LEVEL})
    assert made.status_code == 200, made.json
    path = f"/api/level/{made.json['id']}"
    shown = ada.get(path).json
    assert list(shown)[-2:] == ["customersCount", "translations"]
    assert shown["translations"] == [{"name": "Gold", "description": "For friends", "locale": "en"}]
    [special] = shown["specialRewards"]
    assert (special["startAt"][:19], special["endAt"][:19]) == ("2026-05-01T00:00:00", "2026-05-31T23:59:59")
    days = {name: special[name][:10] for name in ("startAt", "endAt")}
    sent = {
        "conditionValue": shown["conditionValue"],
        "active": shown["active"],
        "reward": {**shown["reward"], "value": shown["reward"]["value"] * 100},
        "specialRewards": [{"active": True, "code": "M", "name": "May", "value": special["value"] * 100, **days}],
        "translations": {**by_locale(shown["translations"]), "en": {"name": "Golden", "description": "For friends"}},
    }
    assert ada.put(path, json={"level": sent}).status_code == 200
    again = ada.get(path).json
    moving = ("specialRewards", "translations", "name")
    assert {n: v for n, v in again.items() if n not in moving} == {n: v for n, v in shown.items() if n not in moving}
    assert again["name"] == "Golden"
    assert [{**it, "id": 0, "createdAt": 0} for it in again["specialRewards"]] == [{**special, "id": 0, "createdAt": 0}]


def test_of_a_text_that_comes_twice_what_was_changed_counts(ada: Client, world: World) -> None:
    path = f"/api/level/{ada.post('/api/level/create', json={'level': LEVEL}).json['id']}"
    shown = ada.get(path).json
    assert ada.put(path, json={"level": shown}).status_code == 200
    for flat, translated, name in (("Flat", "Gold", "Flat"), ("Flat", "Other", "Other"), ("One", "Two", None)):
        translations = [{**shown["translations"][0], "name": translated}]
        answer = ada.put(path, json={"level": {**shown, "name": flat, "translations": translations}})
        if name is None:
            assert answer.json["form"]["children"]["name"]["errors"]
        else:
            assert (answer.status_code, ada.get(path).json["name"]) == (200, name), answer.json
        shown = ada.get(path).json
    other = {**shown, "translations": [*shown["translations"], {"locale": "xx", "name": "Y"}]}
    assert ada.put(path, json={"level": other}).status_code == 400, "there is one language"


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "points", "pointValue": 2, "excludedSKUs": "A;B", "excludeDeliveryCost": True},
        {
            "type": "custom_event",
            "eventName": "visit",
            "pointsAmount": 5,
            "limit": {"active": True, "limit": 2, "period": "1 day"},
        },
        {"type": "product_purchase", "skuIds": ["A"], "pointsAmount": 3},
    ],
)
def test_an_earning_rule_is_edited(ada: Client, world: World, rule: dict[str, Any]) -> None:
    levels = [str(world.silver.uuid)]
    new = {
        **rule,
        "translations": {"en": {"name": "Rule", "description": "For all"}},
        "allTimeActive": True,
        "active": True,
    }
    made = ada.post("/api/earningRule", json={"earningRule": {**new, "target": "level", "levels": levels}})
    assert made.status_code == 200, made.json
    path = f"/api/earningRule/{made.json['earningRuleId']}"
    shown = ada.get(path).json
    assert (shown["name"], shown["levels"], shown["active"]) == ("Rule", levels, True)
    sent = {name: value for name, value in shown.items() if value and name not in ("earningRuleId", "hasPhoto", "type")}
    sent |= {"excludedSKUs": ";".join(sent["excludedSKUs"])} if "excludedSKUs" in sent else {}
    sent |= {"labels": "", "excludedLabels": "", "includedLabels": "", "target": "segment"}
    sent["translations"] = {"en": {"name": "Another", "description": "For all"}}
    answer = ada.put(path, json={"earningRule": sent})
    assert answer.status_code == 200, answer.json
    again = ada.get(path).json
    assert (again["name"], again["levels"], again["segments"]) == ("Another", [], []), (
        "another target forgets the levels"
    )
    moving = ("name", "levels", "translations")
    assert {n: v for n, v in again.items() if n not in moving} == {n: v for n, v in shown.items() if n not in moving}
    assert ada.get("/api/earningRule?paginated=0&active=1").json["total"] == 1
    assert ada.get("/api/earningRule?active=0").json["total"] == 0


def test_all_rules_come_at_once_where_nobody_wants_pages(ada: Client, world: World) -> None:
    for i in range(12):
        rule = {"type": "custom_event", "name": f"R{i}", "eventName": f"e{i}", "pointsAmount": 1, "allTimeActive": 1}
        assert ada.post("/api/earningRule", json={"earningRule": rule}).status_code == 200
    assert [len(ada.get(f"/api/earningRule{q}").json["earningRules"]) for q in ("", "?paginated=0")] == [10, 12]


def test_a_shop_is_edited_with_its_place(ada: Client, world: World) -> None:
    location = {"street": "Rynek", "address1": "1", "postal": "50-101", "city": "Wrocław", "country": "PL"}
    new = {"name": "Rynek", "identifier": "r", "location": {**location, "lat": "51.11", "long": "17.03"}}
    made = ada.post("/api/pos", json={"pos": new})
    assert made.status_code == 200, made.json
    path = f"/api/pos/{made.json['posId']}"
    shown = ada.get(path).json
    assert shown["location"] == {**location, "geoPoint": {"lat": "51.11", "long": "17.03"}}
    assert (shown["transactionsAmount"], shown["transactionsCount"], shown["currency"]) == (0, 0, "eur")
    assert ada.put(path, json={"pos": shown}).status_code == 200
    assert ada.get(path).json == shown
    document = {"documentType": "sell", "documentNumber": "P-1", "purchaseDate": "2026-05-01"}
    item = {"sku": {"code": "A"}, "name": "A", "quantity": 1, "grossValue": 12.5}
    with clock_at(world.now):
        sale = {"transactionData": document, "items": [item], "pos": made.json["posId"]}
        assert ada.post("/api/transaction", json={"transaction": sale}).status_code == 200
    sold = ada.get(path).json
    assert (sold["transactionsAmount"], sold["transactionsCount"]) == (12.5, 1)
    assert sold in ada.get("/api/pos").json["pos"]
    point = sold["location"].pop("geoPoint")  # the console writes it flat, and drops what it does not edit
    sent = {name: sold[name] for name in ("name", "identifier", "location", "transactionsAmount")}
    sent["location"] |= {"lat": point["lat"], "long": "18"}
    assert ada.put(path, json={"pos": sent}).status_code == 200
    assert ada.get(path).json["location"]["geoPoint"] == {"lat": "51.11", "long": "18.0"}
    for wrong in ({"lat": 91, "long": 1}, {"lat": 1}, {"country": "Poland"}):
        refused = ada.put(path, json={"pos": {**new, "location": wrong}})
        assert refused.status_code == 400, wrong
    as_form = {"pos[name]": "Old", "pos[identifier]": "r", "pos[location][city]": "Oława"}
    assert ada.put(path, data=as_form).status_code == 200
    assert ada.get(path).json["location"] == {"city": "Oława"}


def test_customers_edit_themselves_and_not_what_the_staff_decides(cleo: Client, ada: Client, world: World) -> None:
    path = f"/api/customer/{world.cleo.uuid}"
    assert ada.put(path, json={"customer": {"labels": "a:b", "loyaltyCardNumber": "77"}}).status_code == 200
    shown = cleo.get(path).json
    own = ("firstName", "lastName", "email", "address", "company", "agreement1", "agreement2", "agreement3", "levelId")
    sent = {name: shown[name] for name in own if name in shown}
    sent |= {"labels": "a:b", "loyaltyCardNumber": "77", "lastName": "Changed", "birthDate": "1980-01-02"}
    assert ada.put(path, json={"customer": {"posId": str(world.shop)}}).status_code == 200
    answer = cleo.put(path, json={"customer": sent})
    assert answer.status_code == 200, answer.json
    assert cleo.get(path).json["lastName"] == "Changed"
    for stolen in (
        {"labels": "a:c"},
        {"loyaltyCardNumber": "78"},
        {"levelId": str(world.bronze.uuid)},
        {"posId": str(uuid4())},
        {"labels": ""},
        {"loyaltyCardNumber": ""},
        {"createdAt": "2020-01-01 00:00"},
    ):
        refused = cleo.put(path, json={"customer": {**sent, "lastName": "No", **stolen}})
        assert (refused.status_code, next(iter(stolen)) in str(refused.json)) == (400, True), stolen
    assert cleo.get(path).json["lastName"] == "Changed"
    assert cleo.get("/api/customer/77").json["customerId"] == str(world.cleo.uuid), "one's own card names oneself"
    friend = world.a_customer(loyalty_card_number="99")
    for other in (friend.uuid, "99"):
        assert cleo.put(f"/api/customer/{other}", json={"customer": {"lastName": "No"}}).status_code == 403
        assert cleo.get(f"/api/customer/{other}").status_code == 403


def test_another_level_in_the_form_is_given_by_hand(ada: Client, world: World) -> None:
    customer = world.a_customer(level=world.silver)
    path = f"/api/customer/{customer.uuid}"
    shown = ada.get(path).json
    created = shown["createdAt"][:-2] + ":" + shown["createdAt"][-2:]
    assert ada.put(path, json={"customer": {**shown, "createdAt": created}}).status_code == 200, "however it is written"
    assert ada.get(f"{path}/levels").json["total"] == 0, "the same level is not given by hand"
    assert ada.put(path, json={"customer": {**shown, "levelId": str(world.bronze.uuid)}}).status_code == 200
    assert ada.get(path).json["manuallyAssignedLevelId"] == {"levelId": str(world.bronze.uuid)}
    by_hand = [it["customerId"] for it in ada.get("/api/customer?manuallyAssignedLevel=1").json["customers"]]
    others = [it["customerId"] for it in ada.get("/api/customer?manuallyAssignedLevel=false").json["customers"]]
    assert str(customer.uuid) in by_hand
    assert str(customer.uuid) not in others
    assert ada.get("/api/customer?manuallyAssignedLevel=perhaps").status_code == 400


def test_nobody_is_put_on_a_level_that_is_switched_off(ada: Client, world: World) -> None:
    off = ada.post("/api/level/create", json={"level": {**LEVEL, "active": 0}}).json["id"]
    answers = (
        ada.post(f"/api/customer/{world.cleo.uuid}/level", json={"levelId": off}),
        ada.put(f"/api/customer/{world.cleo.uuid}", json={"customer": {"levelId": off}}),
        ada.post(
            "/api/customer/register",
            json={
                "customer": {"firstName": "A", "lastName": "B", "email": "a@b.example", "agreement1": 1, "levelId": off}
            },
        ),
    )
    assert [it.status_code for it in answers] == [400, 400, 400]


def test_transfers_are_asked_for_by_several_states(ada: Client, world: World) -> None:
    total = ada.get("/api/points/transfer").json["total"]
    assert total
    for query in ("state=active", "state[]=active", "state[0]=active&state[1]=expired"):
        assert ada.get(f"/api/points/transfer?{query}").json["total"] == total, query
    assert ada.get("/api/points/transfer?state[]=expired").json["total"] == 0
    assert ada.get("/api/points/transfer?state[]=old").status_code == 400


def test_money_is_the_chains(ada: Client, world: World) -> None:
    settings = {"settings": {"currency": "pln"}}
    assert ada.post("/api/settings", json=settings).status_code == 200
    person = f"/api/customer/{world.cleo.uuid}"
    assert {ada.get(path).json["currency"] for path in (person, f"{person}/status", f"/api/pos/{world.shop}")} == {
        "pln"
    }


def test_a_token_that_was_found_changes_no_name_to_sign_in_by(app: Flask, cleo: Client, world: World) -> None:
    path, new = f"/api/customer/{world.cleo.uuid}", {"email": "mine@guerdon.example"}
    without = cleo.put(path, json={"customer": new})
    assert without.json["form"]["children"]["email"]["errors"] == ["Say your current password to change this."]
    wrong = cleo.put(path, json={"customer": {**new, "currentPassword": "wrong"}})
    assert wrong.status_code == 400
    assert cleo.get(path).json["email"] == "cleo@guerdon.example"
    assert cleo.put(path, json={"customer": {**new, "currentPassword": PASSWORD}}).status_code == 200
    assert cleo.get(path).json["email"] == "mine@guerdon.example"
    assert {cleo.put(path, json={"customer": {"lastName": f"L{i}"}}).status_code for i in range(32)} == {200}
    others = ({"email": f"{i}@guerdon.example", "currentPassword": PASSWORD} for i in range(32))
    answers = [cleo.put(path, json={"customer": it}).status_code for it in others]
    assert answers[-1] == 429, "nobody asks by the thousand who is registered"
    assert cleo.put(path, json={"customer": {"lastName": "Other"}}).status_code == 200


@pytest.mark.parametrize("odd", [{"a": 1}, ["a"], "x" * 5_000, "   ", True])
def test_texts_that_come_translated_are_read_as_any(ada: Client, odd: Any) -> None:
    path = f"/api/level/{ada.post('/api/level/create', json={'level': LEVEL}).json['id']}"
    shown = ada.get(path).json
    for translations in ({"en": {"name": odd}}, {"en": odd}, odd):
        answer = ada.put(path, json={"level": {**shown, "translations": translations}})
        assert answer.status_code in {200, 400}
        assert ada.get(path).json["name"] in {"Gold", "True"}
        made = ada.post("/api/level/create", json={"level": {**LEVEL, "translations": translations}})
        assert made.status_code in {200, 400}
    twice = [{"locale": "en", "name": name} for name in ("A", "B")]
    assert ada.put(path, json={"level": {**shown, "translations": twice}}).status_code == 400
    spaced = {"en": {"name": "  Trim me  ", "description": ""}}
    assert (
        ada.put(path, json={"level": {**shown, "name": ada.get(path).json["name"], "translations": spaced}}).status_code
        == 200
    )
    assert ada.get(path).json["name"] == "Trim me"
    assert "description" not in ada.get(path).json, "a text that is taken away is gone"


def flat(value: Any, path: str) -> dict[str, Any]:
    """A value as a form has it."""
    if isinstance(value, dict):
        return {k: v for name in value for k, v in flat(value[name], f"{path}[{name}]").items()}
    if isinstance(value, list):
        return {k: v for i, it in enumerate(value) for k, v in flat(it, f"{path}[{i}]").items()}
    return {path: int(value) if isinstance(value, bool) else value}


def test_what_is_printed_is_taken_back_as_a_form_too(ada: Client, world: World) -> None:
    level = f"/api/level/{ada.post('/api/level/create', json={'level': LEVEL}).json['id']}"
    rule = {"type": "points", "name": "R", "pointValue": 2, "allTimeActive": 1, "labels": "a:b"}
    made = ada.post("/api/earningRule", json={"earningRule": {**rule, "labels": ""}}).json["earningRuleId"]
    for path, root in (
        (level, "level"),
        (f"/api/earningRule/{made}", "earningRule"),
        (f"/api/customer/{world.a_customer(level=world.silver).uuid}", "customer"),
        (f"/api/pos/{world.shop}", "pos"),
    ):
        shown = ada.get(path).json
        answer = ada.put(path, data=flat(shown, root))
        assert answer.status_code == 200, (root, answer.json)
        again = ada.get(path).json
        for it in (shown, again):
            it.pop("updatedAt", None)
        assert again == shown


def test_a_busy_shop_is_edited(ada: Client, world: World) -> None:
    path = f"/api/pos/{world.shop}"
    shown = ada.get(path).json
    document = {"documentType": "sell", "documentNumber": "P-2", "purchaseDate": "2026-05-01"}
    sale = {"transactionData": document, "items": [ITEM], "pos": str(world.shop)}
    assert ada.post("/api/transaction", json={"transaction": sale}).status_code == 200
    assert ada.put(path, json={"pos": {**shown, "name": "Renamed"}}).status_code == 200


def test_a_day_alone_is_of_a_year_that_there_is(ada: Client, world: World) -> None:
    for day in ("0001-01-01", "0500-01-01", "1969-12-31", "2026-02-30"):
        document = {"documentType": "sell", "documentNumber": "D", "purchaseDate": day}
        sale = {"transaction": {"transactionData": document, "items": [ITEM]}}
        assert ada.post("/api/transaction", json=sale).status_code == 400, day
        assert ada.get(f"/api/transaction?purchaseDateFrom={day}").status_code == 400, day
    assert ada.get("/api/transaction?purchaseDateFrom=2026-01-01&purchaseDateTo=2026-12-31").status_code == 200


def test_where_levels_are_reached_a_form_that_is_old_gives_none_by_hand(ada: Client, world: World) -> None:
    customer = world.a_customer(points=0)
    path = f"/api/customer/{customer.uuid}"
    with world.database.transaction() as session:
        chains.change(session, world.chain_id, ChainDetails("First chain", levels_by="points"))
    shown = ada.get(path).json
    more = {"transfer": {"customer": str(customer.uuid), "points": 500}}
    assert ada.post("/api/points/transfer/add", json=more).status_code == 200
    assert ada.put(path, json={"customer": {**shown, "lastName": "N"}}).status_code == 400
    assert ada.get(path).json["level"] == {"name": "silver"}
    fresh = {**ada.get(path).json, "lastName": "N"}
    assert ada.put(path, json={"customer": fresh}).status_code == 200
    assert "manuallyAssignedLevelId" not in ada.get(path).json


def test_percentages_of_one_shop_stay_apart(ada: Client, world: World) -> None:
    parts = [[{"type": "transaction_percent_in_pos", "posId": str(world.shop), "percent": it}] for it in (50, 80)]
    sent = {"segment": {"name": "S", "active": True, "parts": [{"criteria": it} for it in parts]}}
    path = f"/api/segment/{ada.post('/api/segment', json=sent).json['segmentId']}"
    shown = ada.get(path).json
    preview = {"segment": {"name": "S", "parts": shown["parts"]}}
    assert ada.post("/api/segment/preview", json=preview).status_code == 200
    assert ada.put(path, json={"segment": shown}).status_code == 200
    again = ada.get(path).json
    assert [part["criteria"][0]["percent"] for part in again["parts"]] == [0.5, 0.8]


def test_segments_by_customers_labels(ada: Client, world: World) -> None:
    for name, labels in (("Ann", "vip:gold;city:x"), ("Ben", "vip:silver"), ("Cid", "")):
        customer = world.a_customer(name)
        assert ada.put(f"/api/customer/{customer.uuid}", json={"customer": {"labels": labels}}).status_code == 200

    def found(kind: str, labels: str) -> set[str]:
        criteria = [{"type": kind, "labels": labels}]
        sent = {"segment": {"name": "S", "active": True, "parts": [{"criteria": criteria}]}}
        answer = ada.post("/api/segment/preview", json=sent)
        assert answer.status_code == 200, answer.json
        return {it["firstName"] for it in answer.json["customers"]}

    assert found("customer_has_labels", "vip:") == {"Ann", "Ben"}
    assert found("customer_has_labels_with_values", "vip:gold;city:y") == {"Ann"}
    assert found("customer_with_labels_values", "vip:silver") == {"Ben"}
    assert found("customer_has_labels", "nothing:") == set()
