"""Transactions and earning rules, as Open Loyalty's clients speak of them. Source: contract section 3.6."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.campaign.models.referrals import ReferralRelation
from app.sales.models import EarningRule, Sale
from tests.client import Client
from tests.world import World, points, voucher

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
    for items in (
        [{**COFFEE, "grossValue": 28}],
        [{**COFFEE, "grossValue": 7.01}],
        [{**COFFEE, "quantity": 3}],
        [{**COFFEE, "sku": {"code": "TEA"}}],
    ):
        answer = sol.post("/api/transaction", json=back("B", "R-1", items))
        assert (answer.status_code, "items" in str(answer.json)) == (400, True), items
    assert sol.post("/api/transaction", json=back("B", "R-9", [COFFEE])).status_code == 400
    early = back("B", "R-1", [COFFEE])
    early["transaction"]["transactionData"]["purchaseDate"] = "2026-11-01 09:59"
    answer = sol.post("/api/transaction", json=early)
    assert (answer.status_code, "purchaseDate" in str(answer.json)) == (400, True)
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
    if "rewardCampaignId" in terms:
        nowhere = {"name": "R", "allTimeActive": True, **terms}
        answer = ada.post("/api/earningRule", json={"earningRule": nowhere})
        assert answer.json["form"]["children"]["rewardCampaignId"]["errors"]
        terms = {**terms, "rewardCampaignId": str(world.a_campaign().uuid)}
    sent = {"name": "R", "description": "D", "active": True, "allTimeActive": False, **terms}
    sent |= {"startAt": "2026-01-01 00:00", "endAt": "2027-01-01 00:00", "levels": [str(world.silver.uuid)]}
    made = ada.post("/api/earningRule", json={"earningRule": sent})
    assert made.status_code == 200, made.json
    url = f"/api/earningRule/{made.json['earningRuleId']}"
    shown = ada.get(url).json
    assert {name: shown[name] for name in terms} == terms
    again = {name: value for name, value in shown.items() if name != "earningRuleId"}
    assert ada.put(url, json={"earningRule": shown}).status_code == 200
    assert ada.get(url).json == shown
    beside = ada.put(url, json={"earningRule": {**again, "pointsAmount": 3, "pointValue": 3}})
    assert beside.status_code == 400
    for name in set(terms) - {"type", "excludedSKUs", "excludedLabels", "labels", "limit", "minOrderValue", "excludeDeliveryCost",
                              "labelsInclusionType"} - ({"skuIds"} if terms["type"] == "multiply_for_product" else set()):  # fmt: skip
        missing = ada.post("/api/earningRule", json={"earningRule": {k: v for k, v in sent.items() if k != name}})
        assert missing.status_code == 400, name
    assert world.count(EarningRule) == 1


def test_labels_of_a_sale_are_changed_by_admins_and_added_to_by_its_customer(
    ada: Client, sol: Client, cleo: Client, world: World
) -> None:
    sent = receipt(customerData={"email": "cleo@guerdon.example"}, labels=[{"key": "a", "value": "1"}])
    made = sol.post("/api/transaction", json=sent).json["transactionId"]
    sol.post("/api/transaction", json=receipt("R-2"))

    def labels() -> list[str]:
        shown = ada.get(f"/api/transaction/{made}").json["labels"]
        return [f"{it['key']}:{it['value']}" for it in shown]

    form = {
        "transaction_labels[transactionId]": made,
        "transaction_labels[labels][0][key]": "b",
        "transaction_labels[labels][0][value]": "2",
    }
    assert ada.post("/api/admin/transaction/labels", data=form).json == {"transactionId": made}
    assert labels() == ["b:2"]
    more = {"append": {"transactionDocumentNumber": "R-1", "labels": "c:3;b:2"}}
    for _ in range(2):
        assert cleo.put("/api/customer/transaction/labels/append", json=more).json == {"transactionId": made}
    assert labels() == ["b:2", "c:3"]
    assert sol.post("/api/transaction", json=sent).json == {"transactionId": made}, (
        "the same sale, whatever it is called"
    )
    for number in ("R-2", "R-3"):  # nobody's, and none
        foreign = cleo.put(
            "/api/customer/transaction/labels/append",
            json={"append": {**more["append"], "transactionDocumentNumber": number}},
        )
        assert foreign.status_code == 400
        assert foreign.json["form"]["children"]["transactionDocumentNumber"]["errors"] == ["No such transaction"]
    unknown = {"transaction_labels": {"transactionId": str(uuid4()), "labels": []}}
    refused = ada.post("/api/admin/transaction/labels", json=unknown)
    assert refused.json["form"]["children"]["transactionId"]["errors"] == ["No such transaction"]
    many = {"append": {**more["append"], "labels": [{"key": f"k{i}", "value": ""} for i in range(99)]}}
    refused = cleo.put("/api/customer/transaction/labels/append", json=many)
    assert refused.json["form"]["children"]["labels"]["errors"] == ["A sale has at most 100 labels."]
    without = ada.post("/api/admin/transaction/labels", json={"transaction_labels": {"transactionId": made}})
    assert without.json["form"]["children"]["labels"]["errors"], "nothing that was not said is wiped"
    assert labels() == ["b:2", "c:3"]
    assert (
        ada.post(
            "/api/admin/transaction/labels", json={"transaction_labels": {"transactionId": made, "labels": []}}
        ).status_code
        == 200
    )
    assert labels() == []
    assert sol.post("/api/admin/transaction/labels", json=unknown).status_code == 403


def test_a_place_and_a_code_that_was_read_earn_within_their_limit(ada: Client, cleo: Client, world: World) -> None:
    once = {"active": True, "limit": 1, "period": "1 day"}
    shop = {
        "type": "geolocation",
        "latitude": 51.11,
        "longitude": 17.032,
        "radius": 0.5,
        "pointsAmount": 5,
        "pointValue": None,
    }
    near = a_rule(ada, **shop, limit=once)
    a_rule(ada, **{**shop, "latitude": -51.11, "pointsAmount": 50})
    poster = {"type": "qrcode", "code": "poster-1", "pointsAmount": 7, "pointValue": None}
    read = a_rule(ada, **poster)
    shown = ada.get(f"/api/earningRule/{near}").json
    assert {name: shown[name] for name in ("latitude", "longitude", "radius")} == {
        "latitude": 51.11,
        "longitude": 17.032,
        "radius": 0.5,
    }
    for rule in (near, read):  # what is printed is taken back
        printed = ada.get(f"/api/earningRule/{rule}").json
        assert ada.put(f"/api/earningRule/{rule}", json={"earningRule": printed}).status_code == 200
        assert ada.get(f"/api/earningRule/{rule}").json == printed
    assert "poster-1" not in cleo.get("/api/customer/earningRule").get_data(as_text=True)

    def told(kind: str, **what: Any) -> Any:
        return ada.post(f"/api/earningRule/{kind}/customer/{world.cleo.uuid}", json={"earningRule": what})

    assert told("geolocation", latitude=51.112, longitude=17.03).json == {"points": 5}
    limited = told("geolocation", latitude=51.112, longitude=17.03)
    assert (limited.status_code, limited.json) == (400, {"error": "limit exceeded"})
    far = told("geolocation", latitude=51.2, longitude=17.03)
    assert (far.status_code, far.json) == (400, {"error": "event does not exist"})
    assert told("geolocation", latitude=0.00005, longitude=5e-7).json == {"error": "event does not exist"}
    assert told("geolocation", latitude=91, longitude=1).json["form"]["children"]["latitude"]["errors"] == [
        "This value should be 90 or less."
    ]
    form = {"earningRule[code]": "poster-1", "earningRule[earningRuleId]": read}
    answer = ada.post(f"/api/earningRule/qrcode/customer/{world.cleo.uuid}", data=form)
    assert answer.json == {"points": 7}
    assert told("qrcode", code="poster-2").json == {"error": "event does not exist"}
    assert told("qrcode", code="poster-1", earningRuleId=near).json == {"error": "event does not exist"}
    assert points_of(ada, world) == 1_012
    assert cleo.post(f"/api/earningRule/qrcode/customer/{world.cleo.uuid}", data=form).status_code == 403
    world.require_invariants()


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
    shown = ada.get("/api/transaction?sort=documentNumber&direction=asc").json["transactions"]
    assert [it["earningRules"][0].get("reason") for it in shown] == [None, "limit_reached"]
    assert points_of(ada, world) == 1_000
    world.require_invariants()


def test_customers_see_their_own_sales_only(ada: Client, cleo: Client, world: World) -> None:
    mine = ada.post("/api/transaction", json=receipt("R-1", customerData={"email": "cleo@guerdon.example"})).json
    other = ada.post("/api/transaction", json=receipt("R-2")).json
    assert [it["documentNumber"] for it in cleo.get("/api/customer/transaction").json["transactions"]] == ["R-1"]
    assert cleo.get(f"/api/customer/transaction/{mine['transactionId']}").status_code == 200
    assert cleo.get(f"/api/customer/transaction/{other['transactionId']}").status_code == 404


def test_what_sales_earn_and_returns_take_back_is_listed_with_its_sale(ada: Client, sol: Client, world: World) -> None:
    a_rule(ada)
    sold = sol.post("/api/transaction", json=receipt(customerData={"email": "cleo@guerdon.example"})).json
    back_id = sol.post("/api/transaction", json=back("B-1", "R-1", [COFFEE])).json["transactionId"]
    found = ada.get(f"/api/points/transfer?customerId={world.cleo.uuid}").json["transfers"]
    assert [(it["type"], it["value"], it.get("transactionDocumentNumber")) for it in found] == [
        ("spending", 14, "B-1"),
        ("adding", 55, "R-1"),
        ("adding", 1_000, None),
    ]
    assert found[1]["transactionId"] == {"transactionId": sold["transactionId"]}
    assert found[0]["transactionId"] == {"transactionId": back_id}
    cancelled = ada.post(f"/api/points/transfer/{found[1]['pointsTransferId']}/cancel")
    assert (cancelled.status_code, points_of(ada, world)) == (200, 1_000)
    world.require_invariants()


def test_another_receipt_with_the_same_number_is_never_taken_for_the_first(sol: Client, world: World) -> None:
    sol.post("/api/transaction", json=receipt(pos=str(world.shop)))
    sol.post("/api/transaction", json=receipt("R-2"))
    assert sol.post("/api/transaction", json=back("B-1", "R-1", [COFFEE])).status_code == 200
    later = receipt(pos=str(world.shop))
    later["transaction"]["transactionData"]["purchaseDate"] = "2026-11-03 10:00"
    other = receipt(items=[{**COFFEE, "sku": {"code": "TEA"}}, CARD], pos=str(world.shop))
    for sent in (back("B-1", "R-2", [COFFEE]), later, other, receipt()):
        assert sol.post("/api/transaction", json=sent).status_code == 400, sent
    assert world.count(Sale) == 3


def test_a_receipt_sent_again_is_the_same_though_its_buyer_has_registered_since(
    ada: Client, sol: Client, world: World
) -> None:
    sent = receipt(customerData={"email": "new@guerdon.example"})
    first = sol.post("/api/transaction", json=sent).json
    person = {"firstName": "New", "lastName": "Comer", "email": "new@guerdon.example", "agreement1": 1}
    ada.post("/api/customer/register", json={"customer": person})
    again = sol.post("/api/transaction", json=sent)
    assert (again.status_code, again.json) == (200, first)


def test_what_is_given_back_takes_what_it_earned_and_no_more(ada: Client, sol: Client, world: World) -> None:
    a_rule(ada, type="product_purchase", skuIds=["COFFEE", "GIFT"], pointsAmount=10, pointValue=None)
    free = {**COFFEE, "sku": {"code": "GIFT"}, "quantity": 10, "grossValue": 0}
    buyer = {"email": "cleo@guerdon.example"}
    sol.post("/api/transaction", json=receipt(customerData=buyer))
    assert points_of(ada, world) == 1_020
    sol.post("/api/transaction", json=back("B-1", "R-1", [CARD]))
    assert points_of(ada, world) == 1_020, "the card earned nothing"
    sol.post("/api/transaction", json=back("B-2", "R-1", [{**COFFEE, "quantity": 1, "grossValue": 3.5}]))
    assert points_of(ada, world) == 1_010
    sol.post("/api/transaction", json=receipt("R-2", [free], customerData=buyer))
    assert points_of(ada, world) == 1_110
    sol.post("/api/transaction", json=back("B-3", "R-2", [{**free, "quantity": 1}]))
    assert points_of(ada, world) == 1_100
    world.require_invariants()


def test_the_points_of_a_first_purchase_go_back_with_it_and_a_free_receipt_is_none(
    ada: Client, sol: Client, world: World
) -> None:
    a_rule(ada, type="event", eventName="oloy.transaction.registered", pointsAmount=100, pointValue=None)
    buyer = {"email": "cleo@guerdon.example"}
    sol.post("/api/transaction", json=receipt("R-0", [], customerData=buyer))
    assert points_of(ada, world) == 1_000
    sol.post("/api/transaction", json=receipt(customerData=buyer))
    assert points_of(ada, world) == 1_100
    sol.post("/api/transaction", json=back("B-1", "R-1", [COFFEE, CARD]))
    assert points_of(ada, world) == 1_000
    world.require_invariants()


def test_an_account_that_is_full_refuses_no_sale(ada: Client, sol: Client, world: World) -> None:
    rule = a_rule(ada)
    most = {"customer": str(world.cleo.uuid), "points": 10**12 - 1_000}
    assert ada.post("/api/points/transfer/add", json={"transfer": most}).status_code == 200
    made = sol.post("/api/transaction", json=receipt(customerData={"email": "cleo@guerdon.example"}))
    assert made.status_code == 200
    [earned] = ada.get(f"/api/transaction/{made.json['transactionId']}").json["earningRules"]
    assert earned == {"earningRuleId": rule, "name": "Points", "points": 0, "reason": "too_many_points"}
    world.require_invariants()


@pytest.mark.parametrize(
    "terms",
    [
        {"pointValue": 0},
        {"type": "custom_event", "eventName": "e", "pointsAmount": 0, "pointValue": None},
        {"excludedSKUs": [f"S{i}" for i in range(1_001)]},
    ],
)
def test_a_rule_that_gives_nothing_or_names_too_much_is_refused(ada: Client, terms: dict[str, Any]) -> None:
    details = {"type": "points", "name": "Points", "allTimeActive": True, "pointValue": 2, **terms}
    answer = ada.post("/api/earningRule", json={"earningRule": details})
    assert (answer.status_code, "errors" in str(answer.json["form"])) == (400, True)


def test_who_was_referred_by_two_is_paid_once(ada: Client, world: World) -> None:
    a_rule(ada, type="referral", eventName="first_purchase", rewardType="both", pointsAmount=100, pointValue=None)
    friends = [world.a_customer(name, points=0) for name in ("One", "Two")]
    campaigns = [
        world.a_reward_campaign(
            points(10, recipient="referring"), voucher(5, recipient="referred"), kind="referral", name=f"Refer {i}"
        )
        for i in range(2)
    ]
    with world.database.transaction() as session:
        for friend, campaign in zip(friends, campaigns, strict=True):
            relation = ReferralRelation(
                chain_id=world.chain_id,
                campaign_id=campaign.id,
                referring_id=friend.id,
                referred_id=world.cleo.id,
                created_at=world.now,
                lapsed_at=None,
            )
            session.add(relation)
    ada.post("/api/transaction", json=receipt(customerData={"email": "cleo@guerdon.example"}))
    assert points_of(ada, world) == 1_100


def test_the_log_tells_what_was_changed_about_a_rule_and_whose_points_were_cancelled(ada: Client, world: World) -> None:
    rule = a_rule(ada)
    changed = {"type": "points", "name": "Points", "active": True, "allTimeActive": True, "pointValue": 2_000}
    ada.put(f"/api/earningRule/{rule}", json={"earningRule": changed})
    [entry] = [it for it in ada.get("/api/admin/audit").json["entries"] if "change_earning_rule" in str(it)]
    assert "200000" in str(entry), entry
    [added] = ada.get(f"/api/points/transfer?customerId={world.cleo.uuid}").json["transfers"]
    ada.post(f"/api/points/transfer/{added['pointsTransferId']}/cancel")
    [entry] = [it for it in ada.get("/api/admin/audit").json["entries"] if "cancel_points" in str(it)]
    assert str(world.cleo.uuid) in str(entry)


def test_a_chain_that_is_changed_by_who_knows_less_keeps_how_points_live(ada: Client, world: World) -> None:
    url = f"/api/chain/{world.chain_id}"
    known = {"name": "First chain", "currency": "EUR", "timeZone": "UTC"}
    lives = {"pointsExpiry": "after_days", "pointsDaysActive": 30, "levelsBy": "sales", "deliverySkus": ["SEND"]}
    assert ada.put(url, json={"chain": {**known, **lives}}).status_code == 200
    shown = ada.put(url, json={"chain": known}).json
    assert {name: shown[name] for name in lives} == lives
    never = ada.put(url, json={"chain": {**known, "pointsExpiry": "never"}})
    assert (never.status_code, "pointsDaysActive" in never.json) == (200, False)
    printed = ada.get("/api/chain").json["chains"][0]
    assert ada.put(url, json={"chain": printed}).status_code == 200


def a_campaign_for_sales(ada: Client, key: str, *rewards: dict[str, Any], context: str = "basket") -> Any:
    whole = {
        "version": 1,
        "key": key,
        "name": key,
        "lifecycle": "live",
        "kind": context,
        "context": context,
        "audience": {"everyone": True},
    }
    return ada.post("/api/admin/campaigns", json={**whole, "rewards": list(rewards)})


def a_share(percent: str, **voucher: Any) -> dict[str, Any]:
    return {"title": f"{percent}%", "kind": "voucher", "voucher": {"kind": "basket", "percent": percent, **voucher}}


def test_a_sale_earns_a_voucher_that_is_worth_a_part_of_it(
    ada: Client, sol: Client, cleo: Client, world: World
) -> None:
    made = a_campaign_for_sales(ada, "cashback", a_share("2.50", valid_seconds=86_400))
    assert made.status_code == 201, made.json
    printed = ada.get("/api/admin/campaigns/cashback").json
    assert printed["rewards"][0]["voucher"]["percent"] == "2.50"
    assert printed["rewards"][0]["voucher"]["amount"] is None
    for number, amount in (("V-1", 27.5), ("V-2", 10.2), ("V-3", 0.1)):
        item = {**COFFEE, "grossValue": amount}
        sent = receipt(number, [item], customerData={"email": "cleo@guerdon.example"})
        for _ in range(2):  # the same sale again earns nothing more
            assert sol.post("/api/transaction", json=sent).status_code == 200
    found = cleo.get("/api/customer/vouchers").json["vouchers"]
    # Half up, 68.75 and 25.5 cents; of ten cents there is no part.
    assert sorted(it["amount"] for it in found) == ["0.26", "0.69"]
    assert {it["percent"] for it in found} == {None}
    world.require_invariants()


def test_what_a_part_of_a_sale_cannot_be_is_said_where_it_stands(
    ada: Client, sol: Client, cleo: Client, world: World
) -> None:
    for number, (rewards, context, path) in enumerate(
        (
            ([a_share("10", amount="5.00")], "basket", "/rewards/0/voucher"),
            ([a_share("101")], "basket", "/rewards/0/voucher/percent"),
            ([a_share("0.00")], "basket", "/rewards/0/voucher"),
            ([a_share("10")], "interaction", "/rewards/0/voucher/percent"),
        )
    ):
        refused = a_campaign_for_sales(ada, f"bad-{number}", *rewards, context=context)
        assert refused.status_code == 400, refused.json
        assert path in [it["path"] for it in refused.json["problems"]], refused.json
    # Whatever else the campaign gives, it gives.
    points_too = {"title": "Points", "kind": "points", "points": "3.00"}
    assert a_campaign_for_sales(ada, "both", a_share("1"), points_too).status_code == 201
    item = {**COFFEE, "grossValue": 0.2}
    sol.post("/api/transaction", json=receipt("S-1", [item], customerData={"email": "cleo@guerdon.example"}))
    assert points_of(ada, world) == 1_003
    assert cleo.get("/api/customer/vouchers").json["vouchers"] == []
