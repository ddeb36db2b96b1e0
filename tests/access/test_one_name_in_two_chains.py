"""The same e-mail, card and phone in two chains are two people: nobody signs in to the wrong one, or is found by it."""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app import clock
from app.access import passwords, tokens
from app.access.models import Login
from app.db.engine import Database
from app.members import customers, identifiers
from app.members.customers import Joining, Person
from app.members.errors import CustomerElsewhere, CustomerNotFound, IdentifiersDisagree
from app.members.models import Customer
from app.organizations.scope import EVERY_CHAIN
from app.outbox.models import Message
from app.refusal import AlreadyTaken
from app.settings import Settings
from tests.client import Client
from tests.world import PASSWORD, World

EMAIL, PHONE, CARD = "twice@guerdon.example", "600700800", "7788"
HOSTS = ("one.example", "two.example")
OTHER_PASSWORD = "Another-Horse-9"


@pytest.fixture
def twins(world: World) -> tuple[Customer, Customer]:
    """One in each of two chains, alike but for the password."""
    chains_ = (world.chain_id, world.a_chain())
    with world.database.transaction() as session:
        for host, chain_id in zip(HOSTS, chains_, strict=True):
            tokens.give_app(session, host, chain_id, clock.now())
    details = {"email": EMAIL, "phone": PHONE, "loyalty_card_number": CARD}
    first, second = (world.a_customer("Twin", chain_id=chain_id, **details) for chain_id in chains_)
    give_password(world.database, second, OTHER_PASSWORD)
    return first, second


def give_password(database: Database, customer: Customer, password: str) -> None:
    with database.transaction() as session:
        login = session.scalars(select(Login).where(Login.customer_id == customer.id)).one()
        login.password_hash = passwords.hashed(password)


def sign_in(client: Client, name: str, password: str, host: str = "localhost") -> Any:
    return client.post(
        "/api/customer/login_check", json={"_username": name, "_password": password}, base_url=f"http://{host}"
    )


def who(app: Flask, answer: Any) -> str:
    claims: dict[str, Any] = app.extensions["guerdon_identity"]._claims(answer.json["token"])
    return str(claims["id"])


@pytest.mark.parametrize("name", [EMAIL, EMAIL.upper(), PHONE, CARD])
def test_each_signs_in_at_the_address_of_the_chain(
    app: Flask, client: Client, twins: tuple[Customer, Customer], name: str
) -> None:
    for host, customer, password in zip(HOSTS, twins, (PASSWORD, OTHER_PASSWORD), strict=True):
        assert who(app, sign_in(client, name, password, f"{host}:8443")) == str(customer.uuid)
    for host, password in zip(HOSTS, (OTHER_PASSWORD, PASSWORD), strict=True):
        assert sign_in(client, name, password, host).status_code == 401, "the other's password opens nothing"


def test_where_the_address_is_nobodys_the_password_tells_who_it_is(
    app: Flask, client: Client, world: World, twins: tuple[Customer, Customer]
) -> None:
    for customer, password in zip(twins, (PASSWORD, OTHER_PASSWORD), strict=True):
        assert who(app, sign_in(client, EMAIL, password)) == str(customer.uuid)
    assert sign_in(client, EMAIL, "Wrong-Horse-1").status_code == 401
    give_password(world.database, twins[1], PASSWORD)
    answer = sign_in(client, EMAIL, PASSWORD)
    assert (answer.status_code, "several programmes" in str(answer.json)) == (401, True)
    with world.database.transaction() as session:
        customers.block(session, customers.get_by_id(session, twins[1].id), clock.now())
    assert who(app, sign_in(client, EMAIL, PASSWORD)) == str(twins[0].uuid)


def test_a_customer_registers_at_the_address_of_a_chain(
    client: Client, world: World, twins: tuple[Customer, Customer]
) -> None:
    form = {
        "customer": {
            "firstName": "New",
            "lastName": "Comer",
            "email": "new@guerdon.example",
            "agreement1": 1,
            "plainPassword": PASSWORD,
        }
    }
    made = [client.post("/api/customer/self_register", json=form, base_url=f"http://{host}") for host in HOSTS]
    assert [it.status_code for it in made] == [200, 200]
    assert client.post("/api/customer/self_register", json=form, base_url=f"http://{HOSTS[1]}").status_code == 400
    with world.database.reading() as session:
        found = [customers.get(session, it.json["customerId"], EVERY_CHAIN).chain_id for it in made]
    assert found == [it.chain_id for it in twins]


def test_a_new_password_is_asked_for_at_the_address_of_a_chain(
    app: Flask, client: Client, world: World, settings: Settings, twins: tuple[Customer, Customer]
) -> None:
    app.extensions["guerdon_settings"] = replace(settings, smtp_url="smtp://127.0.0.1:25")

    def ask(host: str) -> set[int]:
        form = {"username": EMAIL}
        assert client.post("/api/password/reset/request", json=form, base_url=f"http://{host}").status_code == 200
        with world.database.transaction() as session:
            found = {it.chain_id for it in session.scalars(select(Message))}
            for it in session.scalars(select(Message)).all():
                session.delete(it)
        return found

    assert ask(HOSTS[0]) == {twins[0].chain_id}
    assert ask(HOSTS[1]) == {twins[1].chain_id}
    assert ask("localhost") == {it.chain_id for it in twins}, "a letter for each, which says of which it is"


def test_within_a_chain_each_is_taken_once(world: World, twins: tuple[Customer, Customer]) -> None:
    for name, value in (("email", EMAIL), ("phone", PHONE), ("loyalty_card_number", CARD), ("phone", CARD)):
        for chain_id in (it.chain_id for it in twins):
            with pytest.raises(AlreadyTaken), world.database.transaction() as session:
                customers.register(session, Person("A", "B", **{name: value}), clock.now(), Joining(chain_id))


def test_identifiers_name_the_chains_own(world: World, twins: tuple[Customer, Customer]) -> None:
    third = world.a_chain("Third")
    alone = world.a_customer("Alone", chain_id=third, email="alone@guerdon.example")
    with world.database.reading() as session:
        for customer in twins:
            named = {"email": EMAIL, "loyalty_card_number": CARD}
            assert identifiers.customer_id(session, named, customer.chain_id) == customer.id
            assert customers.get(session, CARD, {customer.chain_id}).id == customer.id
        with pytest.raises(CustomerElsewhere):
            identifiers.customer_id(session, {"email": EMAIL}, third)
        with pytest.raises(CustomerElsewhere):
            identifiers.customer_id(session, {"email": EMAIL, "id": alone.id}, twins[0].chain_id)
        with pytest.raises(CustomerNotFound):
            identifiers.customer_id(session, {"email": "nobody@guerdon.example"}, third)
        with pytest.raises(IdentifiersDisagree, match="several chains"):
            customers.get(session, CARD, EVERY_CHAIN)
