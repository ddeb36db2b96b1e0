"""For those who run and integrate the service: health, metrics, and the API manual."""

import time
from importlib.resources import files
from threading import Lock
from typing import Any

from flask import Flask, Response, current_app, jsonify, send_from_directory
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import clock
from app.db import installation
from app.db.engine import TryAgain
from app.jobs import schedule
from app.manual.document import document
from app.openloyalty.api import Api
from app.outbox import health
from app.web.door import anyone, database, settings
from app.web.metrics import Metrics

READY_SECONDS = 1.0
SWAGGER = files("flask_swagger_ui") / "dist"
SWAGGER_FILES = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Guerdon: API manual</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="manual"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/manual.js"></script>
</body>
</html>
"""
SCRIPT = """window.ui = SwaggerUIBundle({ url: "/openapi.json", dom_id: "#manual", deepLinking: true, docExpansion: "none" });
"""
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
)


def register(app: Flask, api: Api) -> None:
    """Hang the operators' doors."""
    _health(app)
    _metrics(app)
    _manual(app, api)


def _health(app: Flask) -> None:
    ready = {"until": 0.0}

    @app.get("/livez")
    @anyone
    def livez() -> Response:
        return jsonify(status="alive")

    @app.get("/readyz")
    @anyone
    def readyz() -> Response:
        if time.monotonic() > ready["until"]:
            problem = _not_ready()
            if problem:
                response = jsonify(status="not ready", problem=problem)
                response.status_code = 503
                return response
            ready["until"] = time.monotonic() + READY_SECONDS
        return jsonify(status="ready")


def _metrics(app: Flask) -> None:
    metrics: Metrics = app.extensions["guerdon_metrics"]

    @app.get("/metrics")
    @anyone
    def show_metrics() -> Response:
        return Response(metrics.text(_measured()), content_type=CONTENT_TYPE_LATEST)


def _measured() -> list[GaugeMetricFamily]:
    """How the outbox and the work by the clock do; nothing while the database does not answer, which /readyz tells."""
    now = clock.now()
    try:
        with database().reading() as session:
            backlog = health.waiting(session, now)
            jobs = schedule.jobs(session)
    except (TryAgain, SQLAlchemyError):
        return []
    messages = GaugeMetricFamily(
        "guerdon_outbox_messages", f"Messages in the outbox, {health.COUNTED_MAX} at most.", labels=["state"]
    )
    messages.add_metric(["waiting"], backlog.messages)
    messages.add_metric(["dead"], backlog.dead)
    oldest = GaugeMetricFamily("guerdon_outbox_oldest_seconds", "For how long the oldest message waits.")
    oldest.add_metric([], backlog.oldest_seconds)
    families = [messages, oldest]
    for name, what, values in (
        (
            "last_end_timestamp_seconds",
            "When a kind of work ended the last time.",
            {it.name: it.ended_at.timestamp() for it in jobs if it.ended_at is not None},
        ),
        ("next_timestamp_seconds", "When it is due.", {it.name: it.due_at.timestamp() for it in jobs}),
        ("failed", "1 where it failed the last time.", {it.name: float(it.outcome == "failed") for it in jobs}),
        ("broken", "1 where it found what must not be.", {it.name: float(it.outcome == "broken") for it in jobs}),
    ):
        family = GaugeMetricFamily(f"guerdon_work_{name}", what, labels=["work"])
        for work, value in values.items():
            family.add_metric([work], value)
        families.append(family)
    return families


def _manual(app: Flask, api: Api) -> None:
    manual: dict[str, Any] = {}
    writing = Lock()

    @app.get("/openapi.json")
    @anyone
    def openapi() -> Response:
        with writing:
            if not manual:
                manual.update(document(current_app, api))
        return jsonify(manual)

    @app.get("/docs")
    @anyone
    def docs() -> Response:
        return _page(PAGE, "text/html")

    @app.get("/docs/manual.js")
    @anyone
    def docs_script() -> Response:
        return _page(SCRIPT, "text/javascript")

    @app.get(f"/docs/<any({', '.join(map(repr, SWAGGER_FILES))}):name>")
    @anyone
    def docs_file(name: str) -> Response:
        return send_from_directory(str(SWAGGER), name, max_age=3600)


def _not_ready() -> str | None:
    try:
        with database().reading() as session:
            session.execute(text("SELECT 1"))
        if not installation.is_current(database()):
            return "the database is not up to date"
        probe = settings().storage / ".writable"
        probe.touch()
    except OSError:
        return "the storage folder cannot be written"
    except Exception:
        return "the database does not answer"
    return None


def _page(content: str, media_type: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response
