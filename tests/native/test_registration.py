"""Customers register themselves, and wait for a seller where the operator wants that."""

import threading
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from app.campaign.awards.give import SYSTEM
from app.campaign.models.referrals import ReferralRelation
from app.campaign.triggers import signups
from app.members.models import Customer
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.sales import earning_rules
from app.sales.earning_rules import RuleDetails
from tests.client import Client
from tests.world import PASSWORD, World, points

pytestmark = pytest.mark.slow

ANN = {
    "firstName": "Ann",
    "lastName": "New",
    "email": "ann@guerdon.example",
    "agreement1": 1,
    "plainPassword": PASSWORD,
}
PATH = "/api/customer/self_register"


def allow(app: Flask, how: str) -> None:
    app.extensions["guerdon_settings"] = replace(app.extensions["guerdon_settings"], self_registration=how)


def sign_in(client: Client) -> int:
    sent = {"_username": ANN["email"], "_password": PASSWORD}
    return client.post("/api/customer/login_check", json=sent).status_code


def test_who_registers_waits_for_a_seller_and_is_welcomed_once(world: World, client: Client, sol: Client) -> None:
    world.a_reward_campaign(points(50), kind="signup", limit_per_customer=9)
    made = client.post(PATH, json={"customer": ANN})
    assert made.status_code == 200
    assert sign_in(client) == 400
    person = f"/api/seller/customer/{made.json['customerId']}"
    assert sol.get(f"{person}/status").json["points"] == 0
    for action in ("activate", "deactivate", "activate"):
        assert sol.post(f"{person}/{action}").status_code == 200
    assert sign_in(client) == 200
    assert sol.get(f"{person}/status").json["points"] == 50
    world.require_invariants()


def test_who_was_active_before_is_not_welcomed_again(world: World, sol: Client) -> None:
    world.a_reward_campaign(points(50), kind="signup", limit_per_customer=9)
    for action in ("deactivate", "activate", "activate"):
        assert sol.post(f"/api/seller/customer/{world.cleo.uuid}/{action}").status_code == 200
    assert world.balance() == 100_000


def test_where_it_is_open_one_signs_in_at_once(app: Flask, world: World, client: Client) -> None:
    allow(app, "open")
    assert client.post(PATH, json={"customer": ANN}).status_code == 200
    assert sign_in(client) == 200


def test_where_it_is_off_nobody_registers(app: Flask, world: World, client: Client) -> None:
    allow(app, "off")
    assert client.post(PATH, json={"customer": ANN}).status_code == 403
    assert sign_in(client) == 401


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"plainPassword": "weak"}, "plainPassword"),
        ({"plainPassword": None}, "plainPassword"),
        ({"email": "cleo@guerdon.example"}, "email"),
        ({"agreement1": 0}, "agreement1"),
        ({"firstName": ""}, "firstName"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    world: World, client: Client, changed: dict[str, str], field: str
) -> None:
    refused = client.post(PATH, json={"customer": {**ANN, **changed}})
    assert refused.status_code == 400
    assert refused.json["form"]["children"][field]["errors"]
    assert sign_in(client) == 401


def test_nobody_chooses_a_level(world: World, client: Client) -> None:
    assert client.post(PATH, json={"customer": {**ANN, "levelId": str(world.silver.uuid)}}).status_code == 400


def test_who_is_blocked_before_they_were_active_is_still_welcomed(world: World, client: Client, sol: Client) -> None:
    world.a_reward_campaign(points(50), kind="signup", limit_per_customer=1)
    person = f"/api/seller/customer/{client.post(PATH, json={'customer': ANN}).json['customerId']}"
    for action in ("deactivate", "activate"):
        assert sol.post(f"{person}/{action}").status_code == 200
    assert sol.get(f"{person}/status").json["points"] == 50


def test_nobody_registers_by_the_thousand(world: World, client: Client) -> None:
    answers = [
        client.post(PATH, json={"customer": {**ANN, "email": f"a{i}@guerdon.example"}}).status_code for i in range(32)
    ]
    assert answers == [200] * 30 + [429] * 2


def test_nobody_asks_by_the_thousand_who_is_registered(world: World, client: Client) -> None:
    taken = {**ANN, "email": "cleo@guerdon.example"}
    answers = [client.post(PATH, json={"customer": taken}).status_code for _ in range(32)]
    assert answers == [400] * 30 + [429] * 2


def test_nobody_claims_a_card(world: World, client: Client) -> None:
    assert client.post(PATH, json={"customer": {**ANN, "loyaltyCardNumber": "4711"}}).status_code == 400


@pytest.mark.parametrize("becomes_of_the_referrer", ["stays", "blocked", "merged"])
def test_who_was_recommended_is_referred_when_the_account_is_activated(
    client: Client, ada: Client, world: World, becomes_of_the_referrer: str
) -> None:
    gift = points(5, recipient="referred"), points(7, recipient="referring")
    world.a_reward_campaign(*gift, context="referral")
    friend, kept = world.a_customer("Fay", email="fay@guerdon.example"), world.a_customer("Kim")
    nobody = client.post(PATH, json={"customer": {**ANN, "referral_customer_email": "x@guerdon.example"}})
    assert nobody.status_code == 400
    made = client.post(PATH, json={"customer": {**ANN, "referral_customer_email": "fay@guerdon.example"}})
    assert made.status_code == 200, made.json
    assert world.count(ReferralRelation) == 0
    if becomes_of_the_referrer == "blocked":
        ada.post(f"/api/admin/customer/{friend.uuid}/deactivate")
    if becomes_of_the_referrer == "merged":
        merged = ada.post(f"/api/admin/customer/{kept.uuid}/merge", json={"merge": {"customer": str(friend.uuid)}})
        assert merged.status_code == 200, merged.json
    for _ in range(2):  # activated again, nobody is referred again
        assert ada.post(f"/api/admin/customer/{made.json['customerId']}/activate").status_code == 200
    status = ada.get(f"/api/customer/{made.json['customerId']}/status").json
    assert status["points"] == (0 if becomes_of_the_referrer == "blocked" else 5)
    with world.database.reading() as session:
        known = [it.referring_id for it in session.scalars(select(ReferralRelation))]
    expected = {"stays": [friend.id], "merged": [kept.id], "blocked": []}
    assert known == expected[becomes_of_the_referrer]
    world.require_invariants()


def test_who_is_activated_twice_at_once_is_welcomed_once(world: World) -> None:
    with world.database.transaction() as session:
        welcome = RuleDetails("event", "Welcome", {"event": "registered", "points": 20_000}, active=True)
        earning_rules.create(session, world.chain_id, welcome, world.now)
    ann = world.a_customer("Ann", points=0)
    with world.database.transaction() as session:
        session.get_one(Customer, ann.id).status = "new"
    before, has_begun = world.balance(ann), threading.Event()

    def again() -> None:
        with world.database.transaction() as session:
            found = session.get_one(Customer, ann.id)
            has_begun.set()
            signups.activate(session, found, world.now, SYSTEM)

    with world.database.transaction() as session:
        signups.activate(session, session.get_one(Customer, ann.id), world.now, SYSTEM)
        second = threading.Thread(target=again)
        second.start()
        has_begun.wait(1)  # on SQLite it begins when this has ended
    second.join(60)
    assert world.balance(ann) == before + 20_000
    world.require_invariants()


def test_points_for_registering_lift_who_is_counted_once(world: World) -> None:
    with world.database.transaction() as session:
        chains.change(session, world.chain_id, ChainDetails("First chain", levels_by="points"))
        welcome = RuleDetails("event", "Welcome", {"event": "registered", "points": 20_000}, active=True)
        earning_rules.create(session, world.chain_id, welcome, world.now)
    ann = world.a_customer("Ann", points=0)
    with world.database.reading() as session:
        assert session.get_one(Customer, ann.id).level_id == world.silver.id
    world.require_invariants()
