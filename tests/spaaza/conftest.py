"""The callers of Spaaza's side: Cleo with a session, Ada of the staff with one, and a partner with a token."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.access import tokens
from app.access.models import Login
from app.members.models import Customer
from app.organizations import chains
from app.spaaza import codes
from tests.client import Client
from tests.world import World

KNOWN = {value.code: value for value in vars(codes).values() if isinstance(value, codes.ErrorCode)}
HOSTNAME = "shop.guerdon.example"
HOST = {"X-Spaaza-MyPrice-App-Hostname": HOSTNAME}


@dataclass
class Shop:
    """The first chain, its app and its keys."""

    app: Flask
    world: World
    chain_id: int = 0
    callers: dict[str, Client] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.world.database.transaction() as session:
            self.chain_id = chains.first(session)
            host = chains.set_app(session, HOSTNAME, self.chain_id)
            _, self.token = tokens.create_token(session, "till", host, True, self.world.now)
            _, self.reading_token = tokens.create_token(session, "report", host, False, self.world.now)
            _, self.unbound_token = tokens.create_token(session, "anywhere", None, True, self.world.now)

    def client(self, **headers: str) -> Client:
        client = Client(self.app)
        client.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return client

    def partner(self, token: str | None = None, **headers: str) -> Client:
        return self.client(Authorization=f"Bearer {token or self.token}", **headers)

    def session(self, login: Login, user_id: int, **headers: str) -> Client:
        with self.world.database.transaction() as session:
            begun = tokens.begin(session, session.get_one(Login, login.id), self.world.now)
        return self.client(X_Spaaza_Session_User_Id=str(user_id), X_Spaaza_Session_Key=begun.key, **headers)

    def customer(self, customer: Customer | None = None) -> Client:
        who = customer or self.world.cleo
        with self.world.database.reading() as session:
            login = session.scalars(select(Login).where(Login.customer_id == who.id)).one()
        return self.session(login, who.id, X_Spaaza_MyPrice_App_Hostname=HOSTNAME)

    def staff(self, login: Login | None = None) -> Client:
        who = login or self.world.ada
        return self.session(who, who.id)

    def forget_sessions(self) -> None:
        """All sessions have expired."""
        with self.world.database.transaction() as session:
            tokens.purge(session, self.world.now + timedelta(days=365))


@pytest.fixture
def shop(app: Flask, world: World) -> Shop:
    return Shop(app, world)


def code(answer: TestResponse) -> int | None:
    """The code of an error, or of the first warning; none of a plain success. The envelope must be whole."""
    body: Any = answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    if answer.status_code == 200:
        assert list(body) in (["result", "results"], ["result", "warnings", "results"])
        assert body["result"] == {"code": 1, "status": "ok"}
        assert list(body["results"])[-1] == "result_type"
        return body["warnings"][0]["code"] if "warnings" in body else None
    assert list(body) == ["result", "error"]
    assert body["result"] == {"code": 2, "status": "error"}
    assert list(body["error"]) == ["code", "name", "description"]
    known = KNOWN[body["error"]["code"]]
    assert body["error"]["name"] == known.name
    assert answer.status_code == known.status or known is codes.REQUEST_INVALID
    return known.code
