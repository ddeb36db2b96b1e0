"""A client that holds every answer against the OpenAPI document, and every JSON against the rules of the dialect."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Flask
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from sqlalchemy import event
from sqlalchemy.pool import Pool
from werkzeug.test import TestResponse

from app.access.models import Login
from app.web.callers import Identity


class Client:
    """Sends requests as one person."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.headers: dict[str, str] = {}

    def as_login(self, login: Login, public_id: UUID | None = None) -> "Client":
        identity: Identity = self.app.extensions["guerdon_identity"]
        with self.app.app_context():
            token = identity.token(login, "somebody", public_id or login.uuid, datetime.now(UTC))
        return self.with_token(token)

    def with_token(self, token: str) -> "Client":
        self.headers["Authorization"] = f"Bearer {token}"
        return self

    def get(self, path: str, **kw: Any) -> TestResponse:
        return self.send("GET", path, **kw)

    def post(self, path: str, **kw: Any) -> TestResponse:
        return self.send("POST", path, **kw)

    def put(self, path: str, **kw: Any) -> TestResponse:
        return self.send("PUT", path, **kw)

    def delete(self, path: str, **kw: Any) -> TestResponse:
        return self.send("DELETE", path, **kw)

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **kw: Any) -> TestResponse:
        with self.app.test_client() as client:
            response = client.open(path, method=method, headers={**self.headers, **(headers or {})}, **kw)
            response.get_data()
            response.close()
        require_documented(self.app, method, path, response)
        return response


class _Held(threading.local):
    """How many connections this thread has taken from pools, and how many it had at most."""

    now = most = 0


_HELD = _Held()


def _taken(*_: Any) -> None:
    _HELD.now += 1
    _HELD.most = max(_HELD.most, _HELD.now)


def _given_back(*_: Any) -> None:
    _HELD.now -= 1


# Of every pool, from the beginning: threads of a test must not find listeners coming and going.
event.listen(Pool, "checkout", _taken)
event.listen(Pool, "checkin", _given_back)


@contextmanager
def one_connection_at_a_time() -> Iterator[None]:
    """Fails when a request takes another connection while it holds one: a server whose threads all do that waits for itself."""
    before = _HELD.most = _HELD.now
    yield
    held = _HELD.most - before
    assert held <= 1, f"the request held {held} connections at once"


def require_documented(app: Flask, method: str, path: str, response: TestResponse) -> None:
    """Fails when the OpenAPI document does not know this answer of a route that it knows."""
    document = _document(app)
    operation = _operation(document, method, path.partition("?")[0])
    if path.startswith("/api/") and "/v1/" not in path:
        assert response.status_code != 500, f"{method} {path} answers 500"
    if operation is None or response.status_code == 304:
        return
    described = operation["responses"].get(str(response.status_code))
    assert described is not None, f"{method} {path} answers {response.status_code}, which is not documented"
    content = described.get("content", {}).get("application/json")
    if content and response.mimetype == "application/json":
        schema = {**content["schema"], "components": document["components"]}
        OAS30Validator(schema, format_checker=oas30_format_checker).validate(response.json)


def _operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    fixed_first = sorted(document["paths"], key=lambda template: template.count("{"))
    for template in fixed_first:
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in document["paths"][template]:
            return document["paths"][template][method.lower()]  # type: ignore[no-any-return]
    return None


_documents: list[dict[str, Any]] = []


def _document(app: Flask) -> dict[str, Any]:
    """The document of whichever application was first: all are the same, and making it takes as long as a test."""
    if not _documents:
        _documents.append(_strict(app))
    return _documents[0]


def _strict(app: Flask) -> dict[str, Any]:
    document: dict[str, Any] = app.test_client().get("/openapi.json").json or {}
    for schema in document["components"]["schemas"].values():
        if schema.get("type") == "object" and "properties" in schema:
            schema["additionalProperties"] = False  # an answer with a key that the manual does not know is a mistake
    return document


def unrewarded_count(app: Flask, reason: str) -> float:
    """How often /metrics says that a campaign gave nothing for this reason."""
    lines = Client(app).get("/metrics").text.splitlines()
    found = [line for line in lines if line.startswith(f'guerdon_unrewarded_total{{reason="{reason}"}}')]
    return float(found[0].split()[-1]) if found else 0.0
