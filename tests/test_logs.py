"""One id of a request from the proxy to the webhook, in lines that machines read and that tell nothing about people."""

import json
import re

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from app import logs
from app.outbox.models import Delivery
from tests.client import Client
from tests.conftest import Told
from tests.outbox.hooks import Hooks, subscribe
from tests.receiver import receiver
from tests.world import World

MADE_HERE = re.compile(r"[0-9a-f]{32}")


def test_a_request_has_an_id_in_its_answer_and_in_its_line(client: Client, told: Told) -> None:
    answer = client.get("/livez", headers={"X-Request-Id": "given-by-a-client"})
    assert MADE_HERE.fullmatch(answer.headers["X-Request-Id"]), "only a trusted proxy's id is taken"
    [line] = [line for line in told() if line["request_id"] == answer.headers["X-Request-Id"]]
    facts = ("level", "logger", "method", "route", "status")
    assert [line[name] for name in facts] == ["DEBUG", "guerdon.requests", "GET", "/livez", 200]
    assert line["milliseconds"] >= 0
    assert line["time"].endswith("+00:00")


@pytest.mark.parametrize("bad", ["", "short", "x" * 129, "two words of it", "żółć-żółć-żółć"])
def test_an_id_that_is_none_is_replaced(bad: str) -> None:
    assert MADE_HERE.fullmatch(logs.begin_request(bad))


@pytest.mark.parametrize(
    "good", ["0f" * 16, "550e8400-e29b-41d4-a716-446655440000", "Root=1-67891233-abcdef012345678912345678"]
)
def test_the_ids_of_proxies_are_taken(good: str) -> None:
    assert logs.begin_request(good) == good


def test_a_failure_tells_the_route_and_no_row(
    app: Flask, ada: Client, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL adds the whole row to an error, and an address names people."""

    def fail(*args: object, **kw: object) -> None:
        raise psycopg.errors.NotNullViolation(
            "null value\nDETAIL:  Failing row contains (1, cleo@guerdon.example).\nCONTEXT:  COPY x"
        )

    monkeypatch.setattr("app.members.customers.get", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.test_client() as http:
        answer = http.get("/api/customer/4711-cleo", headers=ada.headers)
    assert answer.status_code == 500
    lines = [line for line in told() if line["level"] == "ERROR"]
    assert lines[0]["message"] == "GET /api/customer/<customer> failed"
    assert "NotNullViolation: null value" in lines[0]["exc_info"]
    assert not [line for line in told() if "cleo" in json.dumps(line)]


def test_what_follows_a_purchase_goes_by_the_id_of_its_request(world: World, cleo: Client, told: Told) -> None:
    campaign = world.a_campaign()
    with receiver() as hook:
        it = subscribe(world.database, hook.url, ["purchase.made"])
        answer = cleo.post(f"/api/customer/campaign/{campaign.uuid}/buy", json={})
        hooks = Hooks(world.database)
        hooks.send()
        id = answer.headers["X-Request-Id"]
        assert [one.headers["x-request-id"] for one in hook.requests] == [id]
    with world.database.reading() as session:
        assert session.scalars(select(Delivery.request_id).where(Delivery.subscription_id == it.id)).all() == [id]
    [line] = [line for line in told() if line["logger"] == "guerdon.worker"]
    assert (line["request_id"], line["event"], line["level"]) == (id, "purchase.made", "DEBUG")
