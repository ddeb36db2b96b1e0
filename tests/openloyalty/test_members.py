"""A programme set up through the API alone: customers, levels, segments, sellers, shops."""

import threading
from typing import Any

from app.members.models import Customer
from tests.client import Client
from tests.world import PASSWORD, World, offered

PERSON = {
    "firstName": "Max",
    "lastName": "Muster",
    "email": "Max@Guerdon.example",
    "phone": "+48 1",
    "gender": "male",
    "birthDate": "1990-09-11",
    "loyaltyCardNumber": "M-1",
    "agreement1": 1,
    "plainPassword": PASSWORD,
    "address": {"street": "Main", "city": "Town", "country": "PL"},
    "company": {"name": "Co", "nip": "1"},
}


def test_a_programme_is_set_up_and_run_through_the_api_alone(ada: Client, client: Client, world: World) -> None:
    level: Any = ada.post(
        "/api/level/create",
        json={
            "level": {
                "name": "gold",
                "conditionValue": 500,
                "active": True,
                "reward": {"name": "Gold", "value": 20, "code": "G"},
            }
        },
    ).json
    shop: Any = ada.post("/api/pos", json={"pos": {"name": "Shop", "identifier": "s1"}}).json
    seller = {
        "firstName": "Sue",
        "lastName": "S",
        "email": "sue@guerdon.example",
        "posId": shop["posId"],
        "active": 1,
        "plainPassword": PASSWORD,
    }
    registered: Any = ada.post("/api/seller/register", json={"seller": seller}).json
    assert list(registered) == ["sellerId", "email"]
    tokens: Any = client.post(
        "/api/seller/login_check", json={"_username": "sue@guerdon.example", "_password": PASSWORD}
    ).json
    sue = Client(client.app).with_token(tokens["token"])
    customer: Any = sue.post(
        "/api/seller/customer/register", json={"customer": {**PERSON, "levelId": level["id"]}}
    ).json
    assert customer == {"customerId": customer["customerId"], "email": "max@guerdon.example"}
    sue.post("/api/pos/points/transfer/add", json={"transfer": {"customer": "M-1", "points": 100}})
    campaign: Any = ada.post("/api/campaign", json=offered(world, levels=[level["id"]])).json
    tokens = client.post("/api/customer/login_check", json={"_username": "M-1", "_password": PASSWORD}).json
    max_ = Client(client.app).with_token(tokens["token"])
    assert max_.post(f"/api/customer/campaign/{campaign['campaignId']}/buy").json["coupon"] == {"code": "A1"}  # type: ignore[index]
    shown: Any = max_.get(f"/api/customer/{customer['customerId']}").json
    assert (shown["levelPercent"], shown["birthDate"], shown["address"]) == (
        "20.00%",
        "1990-09-11T00:00:00+0200",
        {"street": "Main", "city": "Town", "country": "PL"},
    )
    assert len(shown["campaignPurchases"]) == 1
    world.require_invariants()


def test_registration_asks_for_what_is_missing_and_refuses_what_is_taken(ada: Client, world: World) -> None:
    empty: Any = ada.post("/api/customer/register", json={"customer": {}}).json
    fields = empty["form"]["children"]
    assert {name for name, node in fields.items() if node.get("errors")} == {
        "firstName",
        "lastName",
        "email",
        "agreement1",
    }
    assert ada.post("/api/customer/register", json={"customer": PERSON}).status_code == 200
    before = world.count(Customer)
    for field, message in (
        ("email", "customer with such email already exists"),
        ("phone", "customer with such phone already exists"),
        ("loyaltyCardNumber", "customer with such loyalty card number already exists"),
    ):
        other = {**PERSON, "email": "o@guerdon.example", "phone": "2", "loyaltyCardNumber": "M-2", field: PERSON[field]}
        answer: Any = ada.post("/api/customer/register", json={"customer": other})
        assert answer.status_code == 400
        assert answer.json["form"]["children"][field] == {"errors": [message]}
    for field, value in (
        ("email", "x"),
        ("birthDate", "1990-13-01"),
        ("gender", "x"),
        ("levelId", str(world.ada.uuid)),
        ("plainPassword", "weak"),
    ):
        other = {**PERSON, "email": "o@guerdon.example", "phone": "2", "loyaltyCardNumber": "M-2", field: value}
        answer = ada.post("/api/customer/register", json={"customer": other})
        assert "errors" in answer.json["form"]["children"][field], field
    assert world.count(Customer) == before
    world.require_invariants()


def test_a_customer_is_changed_in_part(ada: Client, world: World) -> None:
    path = f"/api/customer/{world.cleo.uuid}"
    before: Any = ada.get(path).json
    after: Any = ada.put(path, json={"customer": {"phone": "777", "agreement2": True}}).json
    assert after == {**before, "phone": "777", "agreement2": True, "updatedAt": after["updatedAt"]}
    assert ada.put(path, json={"customer": {"firstName": ""}}).status_code == 400
    taken = world.a_customer(phone="888").profile.phone
    answer: Any = ada.put(path, json={"customer": {"phone": taken}})
    assert answer.json["form"]["children"]["phone"]["errors"] == ["customer with such phone already exists"]
    assert ada.get(path).json == after


def test_customers_are_found(ada: Client, sol: Client, world: World) -> None:
    world.a_customer("Dora", phone="900100", email="dora@guerdon.example")

    def get(query: str) -> list[str]:
        answer: Any = sol.get(f"/api/customer?{query}").json
        assert list(answer) == ["customers", "total"]
        return [customer["firstName"] for customer in answer["customers"]]

    assert get("") == ["Dora", "Cleo"]
    assert get("firstName=dor") == ["Dora"]
    assert get("firstName=dor&strict=1") == []
    assert get("firstName=DORA&strict=1") == ["Dora"]
    assert get("emailOrPhone=9001&silenceQuery=true") == ["Dora"]
    assert get("email=%25") == []
    assert get("sort=firstName&direction=asc") == ["Cleo", "Dora"]
    assert get("sort=password") == ["Dora", "Cleo"]


def test_levels_are_moved_between_and_counted(ada: Client, world: World) -> None:
    customer = f"/api/customer/{world.cleo.uuid}"

    def counts() -> dict[str, int]:
        listed: Any = ada.get("/api/level").json
        assert list(listed) == ["levels", "total"]
        return {level["name"]: level["customersCount"] for level in listed["levels"]}

    assert counts() == {"bronze": 0, "silver": 1}
    assert ada.post(f"{customer}/level", data={"levelId": str(world.bronze.uuid)}).json == []
    assert counts() == {"bronze": 1, "silver": 0}
    assert ada.get(customer).json["manuallyAssignedLevelId"] == {"levelId": str(world.bronze.uuid)}  # type: ignore[index]
    missing = ada.post(f"{customer}/level", json={})
    assert (missing.status_code, missing.json) == (400, {"levelId": "field is required"})
    assert ada.post(f"{customer}/level", json={"levelId": str(world.ada.uuid)}).status_code == 400
    ada.post(f"{customer}/remove-manually-level")
    assert "manuallyAssignedLevelId" not in (ada.get(customer).json or {})
    members: Any = ada.get(f"/api/level/{world.bronze.uuid}/customers").json
    assert [row["customerId"] for row in members["customers"]] == [str(world.cleo.uuid)]
    assert ada.post(f"/api/level/{world.bronze.uuid}/activate", json={"active": False}).status_code == 204
    assert ada.get(f"/api/level/{world.bronze.uuid}").json["active"] is False  # type: ignore[index]
    assert ada.post(f"/api/level/{world.bronze.uuid}/activate").json == {"active": "this field is required"}
    world.require_invariants()


def test_segments_are_intersections_of_lists(ada: Client, world: World) -> None:
    world.a_customer("Con", phone="1")
    world.a_customer("Dora", loyalty_card_number="D")

    def part(*names: str) -> dict[str, Any]:
        return {"criteria": [{"type": "customer_list", "customers": [name]} for name in names]}

    def members(*parts: dict[str, Any]) -> list[str]:
        created: Any = ada.post("/api/segment", json={"segment": {"name": "s", "active": 1, "parts": list(parts)}}).json
        listed: Any = ada.get(f"/api/segment/{created['segmentId']}/customers?perPage=-1").json
        shown: Any = ada.get(f"/api/segment/{created['segmentId']}").json
        assert shown["customersCount"] == listed["total"] == len(listed["customers"])
        return [row["firstName"] for row in listed["customers"]]

    assert members(part("1", "D")) == ["Con", "Dora"]
    assert members(part("1", "D"), part("D", str(world.cleo.uuid))) == ["Dora"]
    assert members(part("1"), part("D")) == []
    assert members(part(), part("D")) == []
    assert members() == []
    wrong: Any = ada.post(
        "/api/segment", json={"segment": {"name": "s", "parts": [{"criteria": [{"type": "bought_skus"}]}]}}
    )
    assert "errors" in wrong.json["form"]["children"]["parts"]
    world.require_invariants()


def test_a_segment_is_changed_switched_and_removed(ada: Client, cleo: Client, world: World) -> None:
    segment = {"name": "few", "active": 1, "parts[0][criteria][0][type]": "customer_list"}
    body = {
        f"segment[{k.partition('[')[0]}]" + (f"[{k.partition('[')[2]}" if "[" in k else ""): v
        for k, v in segment.items()
    }
    body["segment[parts][0][criteria][0][customers][0]"] = "cleo@guerdon.example"
    created: Any = ada.post("/api/segment", data=body).json
    path = f"/api/segment/{created['segmentId']}"
    campaign = world.a_campaign(
        levels=[], segments=[created["segmentId"] and __import__("uuid").UUID(created["segmentId"])]
    )
    assert cleo.get("/api/customer/campaign/available").json["total"] == 1  # type: ignore[index]
    assert ada.post(f"{path}/deactivate").status_code == 204
    assert cleo.get("/api/customer/campaign/available").json["total"] == 0  # type: ignore[index]
    assert ada.post(f"{path}/activate").status_code == 204
    assert cleo.post(f"/api/customer/campaign/{campaign.uuid}/buy").status_code == 200
    assert ada.put(path, json={"segment": {"name": "none", "active": 1}}).status_code == 200
    assert cleo.get("/api/customer/campaign/available").json["total"] == 0  # type: ignore[index]
    assert ada.get("/api/segment?active=true&perPage=1000").json["segments"][0]["name"] == "none"  # type: ignore[index]
    assert ada.delete(path).status_code == 204
    assert ada.get(path).status_code == 404
    world.require_invariants()


def test_sellers_are_changed_and_deleted(ada: Client, sol: Client, world: World) -> None:
    path = f"/api/seller/{world.sol.uuid}"
    assert sol.get(path).json["posId"] == str(world.shop)  # type: ignore[index]
    change = {
        "firstName": "Sola",
        "lastName": "S",
        "email": "sola@guerdon.example",
        "posId": str(world.shop),
        "active": 1,
    }
    assert ada.put(path, json={"seller": change}).json == {"sellerId": str(world.sol.uuid)}
    assert sol.get(path).json["firstName"] == "Sola"  # type: ignore[index]
    wrong: Any = ada.put(path, json={"seller": {**change, "posId": str(world.ada.uuid)}})
    assert "errors" in wrong.json["form"]["children"]["posId"]
    listed: Any = ada.get("/api/seller").json
    assert (list(listed), listed["total"]) == (["sellers", "total"], 1)
    assert ada.post(f"{path}/delete").status_code == 200
    assert sol.get("/api/seller/campaign").status_code == 401
    assert ada.get(path).status_code == 404
    again = {**change, "plainPassword": PASSWORD}
    assert ada.post("/api/seller/register", json={"seller": again}).status_code == 200


def test_two_registrations_of_one_address_at_once_make_one_customer(ada: Client, world: World) -> None:
    """Both look, both find it free; the second to commit is told in the form, not by a failure of the server."""
    ada.get("/openapi.json")
    answers: list[Any] = []
    body = {**PERSON, "plainPassword": None}
    threads = [
        threading.Thread(target=lambda: answers.append(ada.post("/api/customer/register", json={"customer": body})))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
    world.require_invariants()


def test_campaigns_of_a_new_audience_can_be_created_at_once(ada: Client, world: World) -> None:
    ada.get("/openapi.json")
    answers: list[Any] = []
    body = offered(world, levels=[str(world.bronze.uuid), str(world.silver.uuid)])
    threads = [threading.Thread(target=lambda: answers.append(ada.post("/api/campaign", json=body))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 8


def test_nobody_takes_over_the_name_that_another_signs_in_with(ada: Client, client: Client, world: World) -> None:
    for field in ("loyaltyCardNumber", "phone"):
        answer: Any = ada.post("/api/customer/register", json={"customer": {**PERSON, field: "Cleo@Guerdon.example"}})
        assert answer.status_code == 400
        assert "errors" in answer.json["form"]["children"][field]
    assert (
        ada.post(
            "/api/customer/register", json={"customer": {**PERSON, "loyaltyCardNumber": str(world.cleo.uuid)}}
        ).status_code
        == 400
    )
    answer = client.post("/api/customer/login_check", json={"_username": "cleo@guerdon.example", "_password": PASSWORD})
    assert answer.status_code == 200


def test_a_group_of_the_wrong_type_is_refused_and_null_is_none(ada: Client, world: World) -> None:
    path = f"/api/customer/{world.cleo.uuid}"
    ada.put(path, json={"customer": {"address": {"street": "Main", "country": "pl"}}})
    for wrong in ("oops", True, 5, [[]]):
        answer: Any = ada.put(path, json={"customer": {"address": wrong}})
        assert answer.status_code == 400
        assert answer.json["form"]["children"]["address"] == {"errors": ["This value is not valid."]}
    assert ada.get(path).json["address"] == {"street": "Main", "country": "PL"}  # type: ignore[index]
    assert ada.put(path, json={"customer": {"address": None}}).status_code == 200
    for country in ("-1", "POL"):
        assert ada.put(path, json={"customer": {"address": {"country": country}}}).status_code == 400
    assert ada.put(path, json={"customer": {"birthDate": "2999-01-01"}}).status_code == 400


def test_levels_may_be_named_in_translations(ada: Client) -> None:
    body = {
        "level": {
            "translations": {"en": {"name": "gold"}},
            "conditionValue": 1,
            "reward": {"name": "r", "value": 1, "code": "c"},
        }
    }
    created: Any = ada.post("/api/level/create", json=body).json
    assert ada.get(f"/api/level/{created['id']}").json["name"] == "gold"  # type: ignore[index]
