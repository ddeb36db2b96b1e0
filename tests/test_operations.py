"""Health, metrics, the manual, headers; and how many statements a page costs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openapi_spec_validator
import pytest
from flask import Flask
from sqlalchemy import event, text

from app import create_app
from app.db.engine import Database
from app.settings import Settings
from tests.client import Client
from tests.world import World

pytestmark = pytest.mark.slow


def test_health_is_told(client: Client, database: Database) -> None:
    assert client.get("/livez").json == {"status": "alive"}
    assert client.get("/readyz").json == {"status": "ready"}


def test_a_database_that_is_not_ready_is_told(app_of_its_own: Flask) -> None:
    client, database = Client(app_of_its_own), app_of_its_own.extensions["guerdon_database"]
    with database.transaction() as session:
        session.execute(text("DELETE FROM alembic_version"))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {"status": "not ready", "problem": "the database is not up to date"},
    )
    assert client.get("/livez").status_code == 200


def test_requests_are_counted(app_of_its_own: Flask, world: World) -> None:
    ada = Client(app_of_its_own).as_login(world.ada)
    ada.get("/api/campaign")
    details = ada.get("/metrics").text
    assert 'guerdon_requests_total{method="GET",route="/api/campaign",status="200"} 1.0' in details
    assert "guerdon_request_seconds_bucket" in details


def test_the_manual_is_valid_and_complete(client: Client, app: Flask) -> None:
    document: Any = client.get("/openapi.json").json
    openapi_spec_validator.validate(document)
    operations = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method in operations
        if method != "parameters" and path.startswith("/api/")  # Spaaza's calls: tests/spaaza/test_codes.py
    }
    routes = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/") and not getattr(app.view_functions[rule.endpoint], "is_no_call", False)
    }
    assert len(operations) == len(routes) > 60
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method == "parameters":
                continue
            assert operation["summary"], (method, path)
            assert operation["responses"].keys() - {"default"}, (method, path)
            refused = "200" if path.startswith("/priv") else "400"  # SessionM refuses with 200
            assert method not in {"post", "put"} or refused in operation["responses"]


def test_the_manual_is_shown_from_our_own_files(client: Client) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("<!doctype html>", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "manual.js"):
        assert f"/docs/{name}" in page.text
        assert client.get(f"/docs/{name}").status_code == 200
    assert client.get("/docs/../settings.py").status_code == 404
    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"].partition("script-src")[2].partition(";")[0]


def test_answers_are_guarded_by_headers(ada: Client) -> None:
    headers = ada.get("/api/campaign").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/nothing", 404), ("DELETE", "/api/campaign", 405), ("GET", "/docs/nothing", 404)],
)
def test_unknown_addresses_and_methods_are_answered_in_the_dialect(
    ada: Client, method: str, path: str, status: int
) -> None:
    answer: Any = ada.send(method, path)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, status)


def test_consoles_on_named_origins_may_call(settings: Settings, world: World) -> None:
    from dataclasses import replace

    app = create_app(replace(settings, cors_origins=("https://console.example",)))
    asked = {
        "Origin": "https://console.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    with app.test_client() as client:
        preflight = client.options("/api/campaign", headers=asked)
        assert preflight.status_code == 200
        assert preflight.headers["Access-Control-Allow-Origin"] == "https://console.example"
        refused = client.get("/api/campaign", headers={"Origin": "https://console.example"})
        assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, "https://console.example")
        other = client.get("/api/campaign", headers={"Origin": "https://evil.example"})
        assert "Access-Control-Allow-Origin" not in other.headers
    app.extensions["guerdon_database"].engine.dispose()


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are sent to the database in the block."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/campaign", 10),
        ("/api/seller/campaign", 10),
        ("/api/admin/customer/{cleo}/campaign/available", 13),
        ("/api/admin/customer/{cleo}/campaign/bought?includeDetails=1", 4),
        ("/api/customer", 5),
    ],
)
def test_a_page_costs_as_many_statements_however_long_the_list_is(
    ada: Client, world: World, database: Database, path: str, most: int
) -> None:
    def cost() -> int:
        with counted(database) as statements:
            answer = ada.get(path.format(cleo=world.cleo.uuid))
        assert answer.status_code == 200
        return len([s for s in statements if not s.startswith("BEGIN")])

    for i in range(2):
        world.buy(world.a_campaign(labels=[("a", "b")], name=f"{i}"))
    few = cost()
    for i in range(12):
        world.buy(world.a_campaign(labels=[("a", "b")], name=f"{i}"))
        world.a_customer(level=world.silver)
    assert cost() == few <= most
