"""The callers of SessionM's side: an application with its secret, one that only reads, and Cleo's device with an auth_token."""

import base64
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.access import tokens
from app.members import customers
from app.members.models import Customer
from app.organizations import chains
from app.sessionm import codes
from tests.client import Client
from tests.world import World

EXTERNAL_ID = "crm-1"


@dataclass
class Program:
    """The first chain as an organization: its application, and Cleo whom its CRM knows as crm-1."""

    app: Flask
    world: World

    def __post_init__(self) -> None:
        with self.world.database.transaction() as session:
            self.chain_id = chains.first(session)
            host = chains.set_app(session, "app.guerdon.example", self.chain_id)
            self.api_key = host.api_key
            _, self.secret = tokens.create_token(session, "server", host, True, self.world.now)
            _, self.reading_secret = tokens.create_token(session, "report", host, False, self.world.now)
            cleo = session.get_one(Customer, self.world.cleo.id)
            customers.rename(session, cleo, EXTERNAL_ID, "Europe/Amsterdam", self.world.now)
        self.v1, self.v2 = f"/priv/v1/apps/{self.api_key}", f"/priv/v2/apps/{self.api_key}"
        self.client_v1 = f"/api/v1/apps/{self.api_key}"
        self.cleo = f"/users/{self.world.cleo.uuid}"

    def client(self, authorization: str | None = None) -> Client:
        client = Client(self.app)
        if authorization is not None:
            client.headers["Authorization"] = authorization
        return client

    def server(self, secret: str | None = None, user: str | None = None) -> Client:
        return self.client(basic(self.api_key if user is None else user, secret or self.secret))

    def create(self, **sent: Any) -> dict[str, Any]:
        """A campaign of this name, live for a year, and whatever is told of it."""
        answer = self.server().post(f"{self.v1}/campaigns", json={"campaign": {**a_campaign(), **sent}})
        assert code(answer) is None, answer.json
        return dict(answer.json["campaign"])  # type: ignore[index]

    def tell(self, name: str = "visit", who: str | None = None, **sent: Any) -> dict[str, Any]:
        """An event of Cleo, answered."""
        answer = self.server().post(f"{self.v1}{who or self.cleo}/events", json={"events": {name: sent}})
        assert code(answer) is None, answer.json
        return dict(answer.json["events"][0])  # type: ignore[index]

    def state(self, campaign: int, who: str | None = None) -> str:
        answer = self.server().get(f"{self.v1}{who or self.cleo}/campaigns/{campaign}/progress")
        assert code(answer) is None, answer.json
        return str(answer.json["campaign"]["state"])  # type: ignore[index]


@pytest.fixture
def program(app: Flask, world: World) -> Program:
    return Program(app, world)


def a_campaign(**sent: Any) -> dict[str, Any]:
    return {
        "name": "Campaign Example",
        "status": "live",
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2099-01-01T00:00:00Z",
        **sent,
    }


def visits(count: int = 1, points: float = 0, **sent: Any) -> dict[str, Any]:
    return {"name": "Visits", "event_name": "visit", "total_count": count, "points": points, **sent}


def basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


def code(answer: TestResponse) -> str | None:
    """The code of an error; none of what went well. The envelope must be whole, and the status the code's."""
    body: Any = answer.json
    assert answer.headers["Cache-Control"] == "no-store"
    if "errors" not in body:
        assert answer.status_code == 200
        assert "status" in body
        return None
    assert list(body) == ["status", "errors"]
    assert body["status"] == "error"
    assert list(body["errors"]) == ["code", "message"]
    known: str = body["errors"]["code"]
    others = {"not_found": {200}, "argument_error": {405, 411, 413, 415, 422}}.get(known, set())
    assert answer.status_code in {codes.STATUS[known], *others}
    return known
