"""Codes that activate a new customer's account: told to whoever sends text messages, mailed, typed in, or said at the till."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.access import codes
from app.access.errors import BadCode, NoCodeNeeded
from app.access.models import ActivationCode
from app.db.engine import TryAgain
from app.members.models import Customer
from app.outbox.models import Message
from tests.client import Client
from tests.outbox.hooks import subscribe
from tests.world import PASSWORD, World, clock_at

pytestmark = pytest.mark.slow

ANN = {
    "firstName": "Ann",
    "lastName": "New",
    "email": "ann@guerdon.example",
    "phone": "+48 600 100 200",
    "agreement1": 1,
}
REGISTER = "/api/customer/self_register"
ASK = "/api/customer/customer-phone/send-sms-code"


@pytest.fixture
def sends_codes(app: Flask, world: World) -> None:
    """Registering asks for a code, and somebody sends text messages."""
    app.extensions["guerdon_settings"] = replace(app.extensions["guerdon_settings"], self_registration="code")
    subscribe(world.database, "https://sms.example/send", [codes.TOLD])


def register(client: Client, **changed: Any) -> Any:
    return client.post(REGISTER, json={"customer": {**ANN, "plainPassword": PASSWORD, **changed}})


def sign_in(client: Client) -> int:
    sent = {"_username": ANN["phone"], "_password": PASSWORD}
    return client.post("/api/customer/login_check", json=sent).status_code


def waiting(world: World, phone: str) -> Customer:
    """A new customer with this phone."""
    made = world.a_customer(phone=phone)
    with world.database.transaction() as session:
        session.get_one(Customer, made.id).status = "new"
    return made


def told(world: World) -> list[dict[str, Any]]:
    """What is told of codes, the oldest first."""
    with world.database.reading() as session:
        query = select(Message.data).where(Message.kind == codes.TOLD).order_by(Message.id)
        return [it for it in session.scalars(query) if it is not None]


def use(client: Client, code: str) -> int:
    return client.post(f"/api/customer/activate-sms/{code}").status_code


@pytest.mark.usefixtures("sends_codes")
def test_who_registers_is_sent_a_code_which_activates_the_account_once(
    world: World, client: Client, sol: Client
) -> None:
    assert client.get("/api/settings/activation-method").json == {"method": "sms"}
    made = register(client)
    assert (made.status_code, sign_in(client)) == (200, 400)
    [sent] = told(world)
    assert (sent["phone"], sent["customer"]["id"]) == (ANN["phone"], made.json["customerId"])
    assert len(sent["code"]) == codes.DIGITS
    wrong = f"{(int(sent['code']) + 1) % 10**codes.DIGITS:0{codes.DIGITS}}"
    assert [use(client, code) for code in (wrong, "", "x", sent["code"], sent["code"])] == [404, 404, 404, 200, 404]
    assert sign_in(client) == 200
    refused = sol.post(f"/api/seller/customer/{made.json['customerId']}/send-sms-code")
    assert (refused.status_code, refused.json["error"]["message"]) == (400, NoCodeNeeded.message)


@pytest.mark.usefixtures("sends_codes")
def test_a_code_ends_with_the_hour_and_with_the_next_one(world: World, client: Client, sol: Client) -> None:
    customer = register(client).json["customerId"]
    assert sol.post(f"/api/seller/customer/{customer}/send-sms-code").status_code == 200
    first, second = (it["code"] for it in told(world))
    assert first == second or use(client, first) == 404
    with clock_at(clock.now() + codes.HOLDS):
        assert use(client, second) == 404
        with world.database.transaction() as session:
            codes.purge(session, clock.now())
    assert world.count(ActivationCode) == 0


@pytest.mark.usefixtures("sends_codes")
def test_whether_a_phone_waits_for_a_code_is_told_to_nobody(world: World, client: Client) -> None:
    register(client)
    answers = [client.post(ASK, json={"phone": phone}) for phone in (ANN["phone"], "+48 1", "+48 2")]
    assert {(it.status_code, it.json) for it in answers} == {(200, "")}
    assert len(told(world)) == 2
    assert use(client, told(world)[-1]["code"]) == 200


@pytest.mark.usefixtures("sends_codes")
def test_nobody_has_codes_sent_by_the_thousand(world: World, client: Client) -> None:
    register(client)
    assert [client.post(ASK, json={"phone": ANN["phone"]}).status_code for _ in range(32)] == [200] * 30 + [429] * 2
    assert len(told(world)) == 4


def test_without_anybody_who_sends_it_nobody_registers_to_wait_for_ever(
    app: Flask, world: World, client: Client
) -> None:
    app.extensions["guerdon_settings"] = replace(app.extensions["guerdon_settings"], self_registration="code")
    refused = register(client)
    assert refused.status_code == 400
    assert refused.json["form"]["children"]["phone"]["errors"]
    assert sign_in(client) == 401


def test_two_who_wait_never_have_one_code(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    subscribe(world.database, "https://sms.example/send", [codes.TOLD])
    drawn = iter([7, 7, 8, *[7] * codes.DRAWS_MAX])
    monkeypatch.setattr(codes, "secrets", SimpleNamespace(randbelow=lambda most: next(drawn)))
    ann, bob, cid = (waiting(world, phone) for phone in ("+48 1", "+48 2", "+48 3"))
    now = clock.now()
    with world.database.transaction() as session:
        for it in (ann, bob):
            codes.send(session, session.get_one(Customer, it.id), now, sends_mail=False)
    assert [it["code"] for it in told(world)] == ["000007", "000008"]
    with pytest.raises(TryAgain), world.database.transaction() as session:
        codes.send(session, session.get_one(Customer, cid.id), now, sends_mail=False)
    later = now + codes.HOLDS + timedelta(seconds=1)
    drawn = iter([7])
    with world.database.transaction() as session:
        codes.send(session, session.get_one(Customer, cid.id), later, sends_mail=False)
        assert codes.use(session, "000007", later).id == cid.id


def test_a_code_of_another_chain_opens_nothing(world: World) -> None:
    subscribe(world.database, "https://sms.example/send", [codes.TOLD])
    ann = waiting(world, "+48 1")
    now = clock.now()
    with world.database.transaction() as session:
        codes.send(session, session.get_one(Customer, ann.id), now, sends_mail=False)
    [sent] = told(world)
    with world.database.transaction() as session:
        with pytest.raises(BadCode):
            codes.use(session, sent["code"], now, ann.chain_id + 1)
        assert codes.use(session, sent["code"], now, ann.chain_id).id == ann.id


def test_one_code_in_two_chains_opens_only_where_the_chain_is_known(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = world.a_chain()
    for chain_id in (world.chain_id, there):
        subscribe(world.database, "https://sms.example/send", [codes.TOLD], chain_id=chain_id)
    monkeypatch.setattr(codes, "secrets", SimpleNamespace(randbelow=lambda most: 7))
    ann, bob = waiting(world, "+48 1"), world.a_customer(phone="+48 2", chain_id=there)
    now = clock.now()
    with world.database.transaction() as session:
        session.get_one(Customer, bob.id).status = "new"
        for it in (ann, bob):
            codes.send(session, session.get_one(Customer, it.id), now, sends_mail=False)
    with world.database.transaction() as session:
        with pytest.raises(BadCode):
            codes.use(session, "000007", now)
        assert codes.use(session, "000007", now, there).id == bob.id
        assert codes.use(session, "000007", now).id == ann.id


def test_who_listens_to_everything_is_told_no_codes(app: Flask, world: World, client: Client) -> None:
    app.extensions["guerdon_settings"] = replace(app.extensions["guerdon_settings"], self_registration="code")
    subscribe(world.database, "https://crm.example/hook", ["*"])
    assert register(client).status_code == 400, "nobody sends text messages"
    subscribe(world.database, "https://sms.example/send", ["*", codes.TOLD])
    assert register(client).status_code == 200
    assert len(told(world)) == 1


@pytest.mark.usefixtures("sends_codes")
def test_a_code_is_asked_for_by_the_phone_alone(world: World, client: Client) -> None:
    register(client)
    assert client.post(ASK, json={"phone": ANN["email"]}).status_code == 200
    assert len(told(world)) == 1
