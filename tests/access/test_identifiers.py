"""An identifier is one identity, however it is written and through whatever door it comes."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.campaign.models.coupons import Coupon
from app.members.models import Customer, Profile
from app.sales.models import Sale
from tests.client import Client
from tests.sessionm.conftest import Program
from tests.spaaza.conftest import Shop, code
from tests.world import World, offered

ODDLY = ["{} ", " {}", "{}\t", "\u00a0{}", "{}\u200b", "\ufeff{}", "{}\u2003"]


@pytest.fixture
def shop(app: Flask, world: World) -> Shop:
    return Shop(app, world)


@pytest.fixture
def program(app: Flask, world: World) -> Program:
    return Program(app, world)


@pytest.mark.parametrize("oddly", ODDLY)
def test_one_person_is_not_registered_twice(shop: Shop, program: Program, ada: Client, oddly: str) -> None:
    world = shop.world
    person = {"first_name": "Clea", "last_name": "C"}
    for name, value in (
        ("username", "cle\u0301a@guerdon.example"),
        ("member_number", "M-1"),
        ("authentication_point_identifier", "A-1"),
        ("auxiliary_identifier", "X-1"),
        ("phone", "+481"),
    ):
        made = shop.partner().post("/internal/add-user", json={**person, name: value})
        again = shop.partner().post("/internal/add-user", json={**person, name: oddly.format(value)})
        assert (made.status_code, again.status_code) == (200, 400), name
        if name != "phone":
            found = shop.partner().get("/get-user-vouchers", query_string={name: oddly.format(value)})
            assert found.status_code == 200, (name, found.json)
    before = world.count(Customer)
    for name, value in (("email", "cléa@guerdon.example"), ("phone", "+481"), ("loyaltyCardNumber", "M-1")):
        body = {"firstName": "C", "lastName": "C", "agreement1": 1, "email": "new@guerdon.example"}
        assert (
            ada.post("/api/customer/register", json={"customer": {**body, name: oddly.format(value)}}).status_code
            == 400
        )
    user = {"email": oddly.format("cléa@guerdon.example"), "external_id": "new"}
    assert program.server().post(f"{program.v1}/users", json={"user": user}).json["status"] == "error"  # type: ignore[index]
    assert world.count(Customer) == before


@pytest.mark.parametrize("value", ["x@", "a b@example.com", "Ada <a@example.com>", "a@b", "@example.com"])
def test_no_door_takes_what_is_no_address(shop: Shop, program: Program, ada: Client, value: str) -> None:
    before = shop.world.count(Customer)
    person = {"first_name": "Clea", "last_name": "C", "username": value}
    assert code(shop.partner().post("/internal/add-user", json=person)) == 419
    user = {"email": value, "external_id": "new"}
    assert program.server().post(f"{program.v1}/users", json={"user": user}).json["status"] == "error"  # type: ignore[index]
    body = {"firstName": "C", "lastName": "C", "agreement1": 1, "email": value}
    assert ada.post("/api/customer/register", json={"customer": body}).status_code == 400
    assert shop.world.count(Customer) == before


def test_a_card_does_not_read_as_a_uuid(shop: Shop) -> None:
    for card in ("1" * 32, "{00000000-0000-0000-0000-000000000001}", "urn:uuid:" + "0" * 32):
        person = {"first_name": "Clea", "last_name": "C", "member_number": card}
        assert code(shop.partner().post("/internal/add-user", json=person)) == 419


def test_a_card_that_reads_as_a_uuid_from_before_finds_its_owner(ada: Client, world: World) -> None:
    con = world.a_customer(email="con@guerdon.example")
    with world.database.transaction() as session:
        session.get_one(Profile, con.id).loyalty_card_number = "1" * 32
    assert ada.get(f"/api/customer/{'1' * 32}").json["customerId"] == str(con.uuid)  # type: ignore[index]


@pytest.mark.parametrize("oddly", ODDLY)
def test_a_code_is_sold_and_used_in_one_form(shop: Shop, ada: Client, cleo: Client, oddly: str) -> None:
    world = shop.world
    body = offered(world, coupons=[oddly.format("BLANK-1")], limit=1, limitPerUser=1)
    campaign = ada.post("/api/campaign", json=body).json["campaignId"]  # type: ignore[index]
    bought: Any = cleo.post(f"/api/customer/campaign/{campaign}/buy").json
    assert bought["coupon"] == {"code": "BLANK-1"}
    mark = {"campaignId": campaign, "code": oddly.format("BLANK-1"), "used": True}
    assert cleo.post("/api/customer/campaign/coupons/mark_as_used", json={"coupons": [mark]}).status_code == 200
    method = {"type": "coupon", "codes": ["A-1", oddly.format("A-1")]}
    draw = {"chain_id": shop.chain_id, "title": "W", "type": "composable", "context": "interaction", "active": True}
    twice = shop.staff().post("/internal/add-campaign", json={**draw, "reward_methods": [method]})
    assert code(twice) == 419
    once = {**method, "codes": [oddly.format("A-1")]}
    assert shop.staff().post("/internal/add-campaign", json={**draw, "reward_methods": [once]}).status_code == 200
    with world.database.reading() as session:
        assert set(session.scalars(select(Coupon.code))) == {"BLANK-1", "A-1"}


@pytest.mark.parametrize("oddly", ODDLY)
def test_a_basket_is_rewarded_once_however_its_number_is_written(shop: Shop, oddly: str) -> None:
    world = shop.world
    world.a_reward_campaign(context="basket")
    body = {"user_id": world.cleo.id, "basket_total_price": 1}
    for reference in ("B-1", oddly.format("B-1")):
        assert (
            shop.partner().post("/auth/add-basket", data={**body, "retailer_basket_code": reference}).status_code == 200
        )
    assert (world.count(Sale), world.balance()) == (1, 100_500)
    assert code(shop.partner().post("/auth/add-basket", data={**body, "retailer_basket_code": oddly.format("")})) in {
        3,
        419,
    }


def test_a_search_counts_neither_capitals_nor_accents(ada: Client, world: World) -> None:
    world.a_customer("Łukasz", email="lukasz@guerdon.example")
    world.a_campaign(name="Żółta kawa")
    for query in (
        "firstName=łukasz",
        "firstName=ŁUKASZ",
        "firstName=lukas",
        "firstName=Łukasz&strict=1",
        "firstName=lukasz&strict=1",
    ):
        assert ada.get(f"/api/customer?{query}").json["total"] == 1, query  # type: ignore[index]
    assert ada.get("/api/customer?firstName=Łuk&strict=1").json["total"] == 0  # type: ignore[index]
    for query in ("name=ŻÓŁTA", "name=zolta", "name=żółta"):
        assert ada.get(f"/api/campaign?{query}").json["total"] == 1, query  # type: ignore[index]
    assert ada.get("/api/points/transfer?customerFirstName=ŁUKASZ").json["total"] == 1  # type: ignore[index]
