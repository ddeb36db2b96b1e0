"""What Spaaza's real clients send: the chain left to be inferred, baskets as tills send them, vouchers with all their details."""

from typing import Any

import pytest

from app.campaign.models.vouchers import Voucher
from app.sales.models import Sale
from tests.client import Client
from tests.spaaza.conftest import HOST, HOSTNAME, Shop, code
from tests.world import points


def results(answer: Any) -> Any:
    assert answer.status_code == 200, answer.json
    return answer.json["results"]


def a_voucher(shop: Shop, **sent: Any) -> Any:
    campaign = shop.world.a_reward_campaign()
    body = {
        "campaign_id": campaign.id,
        "user_id": shop.world.cleo.id,
        "voucher_amount": "10",
        "set_claimed": True,
        **sent,
    }
    return results(shop.partner().post("/create-voucher", json=body))


def test_the_chain_follows_from_what_is_named(shop: Shop) -> None:
    staff, cleo, campaign = shop.staff(), shop.world.cleo, shop.world.a_reward_campaign()
    made = results(staff.post("/create-voucher", json={"campaign_id": campaign.id, "user_id": cleo.id, "amount": 3}))
    for name in ("voucher_key", "voucher_id"):
        results(staff.put("/lock-voucher", json={name: made[name]}))
        results(staff.put("/unlock-voucher", json={name: made[name]}))
    moved = {"user_id": cleo.id, "amount": 1}
    results(
        staff.post("/auth/add-user-purchase-progress", json=moved, headers={"X-Spaaza-MyPrice-App-Hostname": HOSTNAME})
    )
    assert code(staff.post("/auth/add-user-purchase-progress", json=moved)) == 217  # nothing tells it
    assert code(staff.put("/lock-voucher", json={"voucher_key": "0" * 64})) == 217


def test_a_voucher_has_all_that_was_said_of_it_and_may_be_locked_from_the_beginning(shop: Shop) -> None:
    details = {
        "title": "Ten off",
        "description": "For you",
        "notes": "Be kind",
        "image_url": "https://img.example/1.png",
    }
    made = a_voucher(
        shop, **{f"voucher_{k}": v for k, v in details.items()}, voucher_lock_period=60, retailer_basket_code="B-1"
    )
    assert {k: made[f"voucher_{k}"] for k in details} == details
    assert (made["voucher_amount"], made["voucher_locked"], made["voucher_retailer_basket_code_exclusive"]) == (
        10,
        True,
        "B-1",
    )
    redeemed = {"voucher_key": made["voucher_key"], "retailer_basket_code": "B-2"}
    assert code(shop.partner().post("/auth/redeem-voucher", json=redeemed)) == 9003
    results(shop.partner().post("/auth/redeem-voucher", json={**redeemed, "retailer_basket_code": "B-1"}))


@pytest.mark.parametrize(
    "sent",
    [
        {"voucher_colour": "red"},
        {"delete_existing": True},
        {"voucher_lock_period": 60},
        {"retailer_basket_code": "B"},
        {"amount": 5, "voucher_amount": 6},
        {"voucher_type": "honour", "voucher_honour_code": "H", "voucher_lock_period": 60, "retailer_basket_code": "B"},
    ],
)
def test_no_wish_is_passed_over_in_silence(shop: Shop, sent: dict[str, Any]) -> None:
    campaign = shop.world.a_reward_campaign()
    body = {"campaign_id": campaign.id, "user_id": shop.world.cleo.id, "amount": 5, **sent}
    answer: Any = shop.partner().post("/create-voucher", json=body)
    assert answer.status_code == 400
    if code(answer) == 419 and len(sent) == 1:
        assert next(iter(sent)) in answer.json["error"]["description"]
    assert shop.world.count(Voucher) == 0


def test_every_call_that_changes_something_refuses_what_it_does_not_know(shop: Shop) -> None:
    for path in ("/claim-voucher", "/lock-voucher", "/auth/redeem-voucher", "/auth/add-basket", "/internal/add-user",
                 "/interact-campaign", "/auth/apply-referral-code", "/auth/add-user-purchase-progress"):  # fmt: skip
        answer: Any = shop.partner().post(path, json={"wish": 1, "user_id": shop.world.cleo.id}, headers=HOST)
        assert (code(answer), "wish" in answer.json["error"]["description"]) == (419, True), path


BASKET = {
    "entity": {"entity_type": "chain", "entity_id": 1},
    "user": {"member_number": "M-7"},
    "basket": {
        "retailer_basket_code": "B-77",
        "basket_timestamp_iso8601": "2026-11-20T10:00:00+01:00",
        "basket_total_price": 12.5,
        "basket_currency": {"currency_id": 2, "currency_code": "EUR"},
        "basket_tax": [{"tax_rate": 0.21, "tax_total": 2.17}],
        "basket_items": [{"retailer_item_code": "I-1", "item_quantity": 2, "item_price": 6.25}],
    },
}


def test_a_till_sends_a_basket_as_an_object_once(shop: Shop) -> None:
    world = shop.world
    con = world.a_customer(loyalty_card_number="M-7", email="con@guerdon.example")
    world.a_reward_campaign(points(5), context="basket")
    voucher = a_voucher(shop, user_id=con.id)
    sent = {**BASKET, "basket": {**BASKET["basket"], "basket_vouchers": [{"voucher_key": voucher["voucher_key"]}]}}
    first, again = (results(shop.partner().post("/auth/add-basket", json=sent))["basket"] for _ in range(2))
    assert first == again
    assert {k: first[k] for k in ("user_id", "retailer_basket_code", "basket_total_price", "basket_timestamp")} == {
        "user_id": con.id,
        "retailer_basket_code": "B-77",
        "basket_total_price": 12.5,
        "basket_timestamp": "2026-11-20 09:00:00",
    }
    assert world.balance(con) == 100_500
    with world.database.reading() as session:
        [kept] = session.query(Sale)
        assert kept.details is not None
        assert kept.details["items"] == BASKET["basket"]["basket_items"]  # type: ignore[index]
        assert session.query(Voucher).one().status == "redeemed"
    world.require_invariants()


@pytest.mark.parametrize(
    ("inside", "beside"),
    [
        ({"basket_colour": "red"}, {}),
        ({"basket_currency": {"currency_code": "USD"}}, {}),
        ({"basket_vouchers": [{"voucher_key": "0" * 64}]}, {}),
        ({"basket_vouchers": [{}]}, {}),
        ({"basket_total_price": None}, {}),
        ({}, {"entity": {"entity_type": "chain", "entity_id": 99}}),
        ({}, {"entity": {"entity_type": "planet", "entity_id": 1}}),
        ({}, {"user": {"member_number": "nobody"}}),
        ({}, {"user": {}}),
    ],
)
def test_a_wrong_basket_is_refused_as_a_whole(shop: Shop, inside: Any, beside: Any) -> None:
    shop.world.a_customer(loyalty_card_number="M-7", email="con@guerdon.example")
    sent = {**BASKET, **beside, "basket": {**BASKET["basket"], **inside}}
    assert shop.partner().post("/auth/add-basket", json=sent).status_code >= 400
    assert shop.world.count(Sale) == 0


def test_vouchers_are_listed_in_three_groups_and_for_the_chain(shop: Shop, client: Client) -> None:
    made = a_voucher(shop)
    half: Any = results(
        shop.partner().post("/auth/redeem-voucher", json={"voucher_key": made["voucher_key"], "amount": 4})
    )["regenerated_voucher"]
    mine = results(shop.customer().get("/get-user-vouchers"))
    assert list(mine) == ["basket_vouchers", "honour_vouchers", "var_price_vouchers", "total", "result_type"]
    assert mine["basket_vouchers"][0]["parent_voucher"] == {"voucher_id": made["voucher_id"]}
    assert mine["basket_vouchers"][0]["voucher_id"] == half["voucher_id"]
    everybodys = results(shop.partner().get("/get-vouchers", query_string={"status": "claimed,redeemed"}))
    assert everybodys["total"] == 2
    assert code(shop.partner().get("/get-user-vouchers")) == 267


def test_a_basket_sent_again_with_vouchers_is_another(shop: Shop) -> None:
    world = shop.world
    con = world.a_customer(loyalty_card_number="M-7", email="con@guerdon.example")
    key = a_voucher(shop, user_id=con.id)["voucher_key"]
    results(shop.partner().post("/auth/add-basket", json=BASKET))
    paid = {**BASKET, "basket": {**BASKET["basket"], "basket_vouchers": [{"voucher_key": key}]}}
    assert shop.partner().post("/auth/add-basket", json=paid).status_code == 400
    with world.database.reading() as session:
        assert session.query(Voucher).one().status == "claimed"


@pytest.mark.parametrize(
    ("inside", "beside"),
    [
        ({"basket_timestamp": "2026-11-20 10:00:00"}, {}),
        ({"items": []}, {}),
        ({"basket_currency": "USD"}, {}),
        ({"basket_currency": {"currency_id": 777}}, {}),
        ({}, {"basket_total_price": 99}),
        ({}, {"user_id": 5}),
        ({}, {"user": {"member_number": "M-7", "colour": "red"}}),
    ],
)
def test_a_basket_that_contradicts_itself_is_refused(shop: Shop, inside: Any, beside: Any) -> None:
    shop.world.a_customer(loyalty_card_number="M-7", email="con@guerdon.example")
    sent = {**BASKET, **beside, "basket": {**BASKET["basket"], **inside}}
    assert code(shop.partner().post("/auth/add-basket", json=sent)) == 419
    assert shop.world.count(Sale) == 0


def test_a_lock_is_opened_by_its_code_however_it_is_written(shop: Shop) -> None:
    made = a_voucher(shop, voucher_title="Ten off")
    key = made["voucher_key"]
    results(shop.partner().put("/lock-voucher", json={"voucher_key": key, "retailer_basket_code": "B\u00a01"}))
    paid = {"voucher_key": key, "retailer_basket_code": "B\u200b 1", "amount": 3}
    rest = results(shop.partner().post("/auth/redeem-voucher", json=paid))["regenerated_voucher"]
    [listed] = results(shop.customer().get("/get-user-vouchers"))["basket_vouchers"]
    assert (listed["voucher_id"], listed["voucher_title"]) == (rest["voucher_id"], "Ten off")


def test_a_customer_learns_of_nobody_else(shop: Shop) -> None:
    con = shop.world.a_customer(loyalty_card_number="M-7", email="con@guerdon.example")
    for named in ({"username": "con@guerdon.example"}, {"username": "x@guerdon.example"}, {"member_number": "M-7"},
                  {"member_number": "M-8"}, {"user_id": con.id}, {"user_id": 999_999}):  # fmt: skip
        assert code(shop.customer().get("/get-user-vouchers", query_string=named)) == 405


def test_what_is_anothers_infers_no_chain(shop: Shop) -> None:
    there = shop.world.a_chain()
    theirs = shop.world.a_reward_campaign(chain_id=there)
    for campaign_id in (theirs.id, 999_999):
        sent = {"campaign_id": campaign_id, "amount": 3}
        assert code(shop.staff().post("/create-voucher", json=sent)) == 217
