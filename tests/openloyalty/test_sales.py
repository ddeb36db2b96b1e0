"""Transactions and earning rules, as Open Loyalty's clients speak of them. Source: contract section 3.6."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.organizations import chains
from app.sales.models import EarningRule, Sale
from tests.client import Client
from tests.world import World

COFFEE = {"sku": {"code": "COFFEE"}, "name": "Coffee", "quantity": 2, "grossValue": 7, "category": "drinks"}
CARD = {
    "sku": {"code": "CARD"},
    "name": "Gift card",
    "quantity": 1,
    "grossValue": 20.5,
    "labels": [{"key": "k", "value": "v"}],
}


def receipt(number: str = "R-1", items: Any = (COFFEE, CARD), **more: Any) -> dict[str, Any]:
    document = {"documentType": "sell", "documentNumber": number, "purchaseDate": "2026-11-02 10:00"}
    return {"transaction": {"transactionData": document, "items": list(items), **more}}


def back(number: str, of: str, items: Any) -> dict[str, Any]:
    document = {"documentType": "return", "documentNumber": number, "purchaseDate": "2026-11-03 10:00"}
    return {"transaction": {"transactionData": document, "items": list(items), "revisedDocument": of}}


def a_rule(client: Client, **terms: Any) -> str:
    details = {"type": "points", "name": "Points", "active": True, "allTimeActive": True, "pointValue": 2, **terms}
    answer = client.post("/api/earningRule", json={"earningRule": details})
    assert answer.status_code == 200, answer.json
    return str(answer.json["earningRuleId"])


def points_of(client: Client, world: World) -> Any:
    return client.get(f"/api/customer/{world.cleo.uuid}/status").json["points"]


def test_a_sale_earns_for_whom_the_till_means_and_says_by_which_rule(ada: Client, sol: Client, world: World) -> None:
    rule = a_rule(ada)
    other = a_rule(ada, name="Drinks", type="product_purchase", skuIds=["TEA"], pointsAmount=3, pointValue=None)
    sent = receipt(customerData={"email": "CLEO@guerdon.example", "name": "Cleo"}, pos=str(world.shop))
    simulated = sol.post("/api/transaction/simulate", json=sent)
    assert simulated.json == {"points": 55}
    assert world.count(Sale) == 0
    made = sol.post("/api/transaction", json=sent)
    assert made.status_code == 200, made.json
    shown = ada.get(f"/api/transaction/{made.json['transactionId']}").json
    assert list(shown)[:7] == [
        "grossValue", "transactionId", "documentNumber", "purchaseDate", "documentType", "customerId", "assignedToCustomer",
    ]  # fmt: skip
    assert shown["grossValue"] == 27.5
    assert shown["customerId"] == str(world.cleo.uuid)
    assert shown["items"][1] == {**CARD}
    assert shown["pointsEarned"] == 55
    assert shown["earningRules"] == [
        {"earningRuleId": rule, "name": "Points", "points": 55},
        {"earningRuleId": other, "name": "Drinks", "points": 0, "reason": "nothing_that_earns"},
    ]
    assert points_of(ada, world) == 1_055
    again = sol.post("/api/transaction", json=sent)
    assert again.json == made.json
    assert (points_of(ada, world), world.count(Sale)) == (1_055, 1)
    status = ada.get(f"/api/customer/{world.cleo.uuid}/status").json
    assert (status["transactionsCount"], status["transactionsAmount"]) == (1, 27.5)
    world.require_invariants()


def test_as_a_form_too(sol: Client, world: World) -> None:
    sent = {
        "transaction[transactionData][documentType]": "sell",
        "transaction[transactionData][documentNumber]": "F-1",
        "transaction[transactionData][purchaseDate]": "2026-11-02 10:00",
        "transaction[items][0][sku][code]": "COFFEE",
        "transaction[items][0][name]": "Coffee",
        "transaction[items][0][quantity]": "2",
        "transaction[items][0][grossValue]": "7.00",
        "transaction[items][0][labels][0][key]": "k",
        "transaction[items][0][labels][0][value]": "v",
        "transaction[customerData][loyaltyCardNumber]": " 00 12 ",
    }
    answer = sol.post("/api/transaction", data=sent)
    assert answer.status_code == 200, answer.json
    with world.database.reading() as session:
        [sale] = session.scalars(select(Sale))
        assert (sale.amount, sale.items[0].labels, sale.customer_id) == (700, [["k", "v"]], None)


def test_returns_take_back_what_was_earned_to_the_last_point_also_when_it_is_spent(
    ada: Client, sol: Client, world: World
) -> None:
    a_rule(ada)
    sol.post("/api/transaction", json=receipt(customerData={"email": "cleo@guerdon.example"}))
    ada.post("/api/points/transfer/spend", json={"transfer": {"customer": str(world.cleo.uuid), "points": 1_050}})
    half = {**COFFEE, "quantity": 1, "grossValue": 3.5}
    assert sol.post("/api/transaction", json=back("B-1", "R-1", [half])).status_code == 200
    assert points_of(ada, world) == -2  # 1055 earned and had, 1050 spent, 7 taken back
    assert sol.post("/api/transaction", json=back("B-2", "R-1", [half, CARD])).status_code == 200
    assert points_of(ada, world) == -50
    world.require_invariants()
    shown = ada.get("/api/transaction?documentNumber=R-1").json["transactions"][0]
    assert shown["pointsEarned"] == 0
    [returned] = ada.get("/api/transaction?documentNumber=B-2").json["transactions"]
    assert (returned["grossValue"], returned["revisedDocument"]) == (-24, "R-1")
    ada.post("/api/points/transfer/add", json={"transfer": {"customer": str(world.cleo.uuid), "points": 60}})
    assert points_of(ada, world) == 10
    world.require_invariants()


def test_who_owes_points_is_still_given_what_costs_none(ada: Client, sol: Client, world: World) -> None:
    a_rule(ada)
    campaign = world.a_campaign(cost=0)
    sol.post("/api/transaction", json=receipt(customerData={"email": "cleo@guerdon.example"}))
    ada.post("/api/points/transfer/spend", json={"transfer": {"customer": str(world.cleo.uuid), "points": 1_055}})
    sol.post("/api/transaction", json=back("B-1", "R-1", [COFFEE]))
    assert points_of(ada, world) == -14
    assert sol.post(f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy").status_code == 200
    dear = world.a_campaign()
    answer = sol.post(f"/api/seller/customer/{world.cleo.uuid}/campaign/{dear.uuid}/buy")
    assert (answer.status_code, answer.json) == (400, {"error": "Not enough points"})
    world.require_invariants()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "tomorrow": ({"transactionData": {"documentNumber": "W", "purchaseDate": "2999-01-01 10:00"}}, "purchaseDate"),
    "no number": ({"transactionData": {"purchaseDate": "2026-11-02 10:00"}}, "documentNumber"),
    "an item without a name": ({"items": [{**COFFEE, "name": ""}]}, "items"),
    "a negative price": ({"items": [{**COFFEE, "grossValue": -1}]}, "items"),
    "an unknown field": ({"items": [{**COFFEE, "colour": "brown"}]}, "items"),
    "no such shop": ({"pos": str(uuid4())}, "pos"),
    "a return of nothing": ({"revisedDocument": "R-0"}, "revisedDocument"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_a_sale_is_told_in_the_forms_tree_and_changes_nothing(
    sol: Client, world: World, wrong: str
) -> None:
    changed, field = WRONG[wrong]
    sent = receipt()
    sent["transaction"].update(changed)
    answer = sol.post("/api/transaction", json=sent)
    assert answer.status_code == 400, answer.json
    children = answer.json["form"]["children"]
    found = children.get(field) or children["transactionData"]["children"][field]
    assert found["errors"], answer.json
    assert world.count(Sale) == 0


def test_two_sales_with_one_number_and_a_return_larger_than_its_sale(sol: Client, world: World) -> None:
    assert sol.post("/api/transaction", json=receipt()).status_code == 200
    twice = sol.post("/api/transaction", json=receipt(items=[COFFEE]))
    assert twice.status_code == 400
    assert "documentNumber" in str(twice.json)
    for items in ([{**COFFEE, "grossValue": 28}], [{**COFFEE, "quantity": 3}], [{**COFFEE, "sku": {"code": "TEA"}}]):
        answer = sol.post("/api/transaction", json=back("B", "R-1", items))
        assert (answer.status_code, "items" in str(answer.json)) == (400, True), items
    assert sol.post("/api/transaction", json=back("B", "R-9", [COFFEE])).status_code == 400
    assert world.count(Sale) == 1


def test_a_sale_of_nobody_is_assigned_later_and_earns_then_but_for_what_came_back(
    ada: Client, sol: Client, world: World
) -> None:
    a_rule(ada)
    sol.post("/api/transaction", json=receipt())
    sol.post("/api/transaction", json=back("B-1", "R-1", [COFFEE]))
    assert points_of(ada, world) == 1_000
    url = "/api/admin/transaction/customer/assign"
    for sent, field in (
        ({"transactionDocumentNumber": "R-9", "customerId": str(world.cleo.uuid)}, "transactionDocumentNumber"),
        ({"transactionDocumentNumber": "R-1", "customerId": str(uuid4())}, "customerId"),
        ({"transactionDocumentNumber": "R-1"}, "customerId"),
    ):
        answer = ada.post(url, json={"assign": sent})
        assert answer.json["form"]["children"][field]["errors"], sent
    chosen = {"transactionDocumentNumber": "R-1", "customerId": str(world.cleo.uuid)}
    assert ada.post(url, json={"assign": chosen}).status_code == 200
    assert points_of(ada, world) == 1_041
    answer = ada.post(url, json={"assign": chosen})
    assert (answer.status_code, "already assign" in str(answer.json)) == (400, True)
    world.require_invariants()


RULES: list[dict[str, Any]] = [
    {"type": "points", "pointValue": 1.5, "excludedSKUs": ["A", "B"], "excludeDeliveryCost": True, "minOrderValue": 5,
     "labelsInclusionType": "exclude_labels", "excludedLabels": [{"key": "k", "value": ""}]},
    {"type": "product_purchase", "skuIds": ["A"], "pointsAmount": 10},
    {"type": "multiply_for_product", "skuIds": ["A"], "multiplier": 2.5, "labels": [{"key": "k", "value": "v"}]},
    {"type": "multiply_by_product_labels", "labelMultipliers": [{"key": "k", "value": "v", "multiplier": 3}]},
    {"type": "event", "eventName": "oloy.account.created", "pointsAmount": 5},
    {"type": "custom_event", "eventName": "visit", "pointsAmount": 5, "limit": {"active": True, "limit": 2, "period": "1 day"}},
    {"type": "referral", "eventName": "first_purchase", "rewardType": "both", "pointsAmount": 5},
    {"type": "instant_reward", "rewardCampaignId": str(uuid4())},
]  # fmt: skip


@pytest.mark.parametrize("terms", RULES, ids=lambda it: str(it["type"]))
def test_a_rule_is_taken_back_as_it_was_printed(ada: Client, world: World, terms: dict[str, Any]) -> None:
    sent = {"name": "R", "description": "D", "active": True, "allTimeActive": False, **terms}
    sent |= {"startAt": "2026-01-01 00:00", "endAt": "2027-01-01 00:00", "levels": [str(world.silver.uuid)]}
    made = ada.post("/api/earningRule", json={"earningRule": sent})
    assert made.status_code == 200, made.json
    url = f"/api/earningRule/{made.json['earningRuleId']}"
    shown = ada.get(url).json
    assert {name: shown[name] for name in terms} == terms
    again = {name: value for name, value in shown.items() if name != "earningRuleId"}
    assert ada.put(url, json={"earningRule": again}).status_code == 200
    assert ada.get(url).json == shown
    beside = ada.put(url, json={"earningRule": {**again, "pointsAmount": 3, "pointValue": 3}})
    assert beside.status_code == 400
    for name in set(terms) - {"type", "excludedSKUs", "excludedLabels", "labels", "limit", "minOrderValue", "excludeDeliveryCost",
                              "labelsInclusionType"} - ({"skuIds"} if terms["type"] == "multiply_for_product" else set()):  # fmt: skip
        missing = ada.post("/api/earningRule", json={"earningRule": {k: v for k, v in sent.items() if k != name}})
        assert missing.status_code == 400, name
    assert world.count(EarningRule) == 1


def test_custom_events_earn_within_their_limit(ada: Client, world: World) -> None:
    visit = {"type": "custom_event", "eventName": "visit", "pointsAmount": 5, "pointValue": None}
    a_rule(ada, **visit, limit={"active": True, "limit": 2, "period": "1 day"})
    url = f"/api/v1/earnRule/visit/customer/{world.cleo.uuid}"
    assert [ada.post(url).status_code for _ in range(3)] == [200, 200, 400]
    assert ada.post(url).json == {"error": "limit exceeded"}
    unknown = ada.post(f"/api/v1/earnRule/dance/customer/{world.cleo.uuid}")
    assert (unknown.status_code, unknown.json) == (400, {"error": "event does not exist"})
    assert points_of(ada, world) == 1_010


def test_events_that_happen_here_and_referrals_earn(ada: Client, world: World) -> None:
    a_rule(ada, type="event", eventName="oloy.account.created", pointsAmount=7, pointValue=None)
    a_rule(ada, type="event", eventName="oloy.transaction.registered", pointsAmount=3, pointValue=None)
    person = {"firstName": "New", "lastName": "Comer", "email": "new@guerdon.example", "agreement1": 1}
    made = ada.post("/api/customer/register", json={"customer": person}).json["customerId"]
    status = f"/api/customer/{made}/status"
    assert ada.get(status).json["points"] == 7
    for number in ("R-1", "R-2"):
        ada.post("/api/transaction", json=receipt(number, customerData={"email": "new@guerdon.example"}))
    assert ada.get(status).json["points"] == 10
    world.require_invariants()


def test_an_instant_reward_is_given_with_the_sale(ada: Client, sol: Client, world: World) -> None:
    campaign = world.a_campaign(limit=1, codes=["GIFT"])
    a_rule(ada, type="instant_reward", rewardCampaignId=str(campaign.uuid), pointValue=None)
    for number in ("R-1", "R-2"):  # of which the second finds nothing left, and is recorded all the same
        made = sol.post("/api/transaction", json=receipt(number, customerData={"email": "cleo@guerdon.example"}))
        assert made.status_code == 200
    found = ada.get(f"/api/admin/customer/{world.cleo.uuid}/campaign/bought").json
    assert [it["coupon"]["code"] for it in found["campaigns"]] == ["GIFT"]
    assert points_of(ada, world) == 1_000
    world.require_invariants()


def test_customers_see_their_own_sales_only(ada: Client, cleo: Client, world: World) -> None:
    mine = ada.post("/api/transaction", json=receipt("R-1", customerData={"email": "cleo@guerdon.example"})).json
    other = ada.post("/api/transaction", json=receipt("R-2")).json
    assert [it["documentNumber"] for it in cleo.get("/api/customer/transaction").json["transactions"]] == ["R-1"]
    assert cleo.get(f"/api/customer/transaction/{mine['transactionId']}").status_code == 200
    assert cleo.get(f"/api/customer/transaction/{other['transactionId']}").status_code == 404
    with world.database.transaction() as session:
        chains.create(session, chains.ChainDetails("There"), world.now)
