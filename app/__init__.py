"""Guerdon: one reward-campaign domain, spoken in several dialects. `create_app` is the only wiring.

What is imported stays as long as the process: the collector, which would look through it again and again, is off meanwhile, and never
looks at it later. A process begins and ends in little more than half the time, and workers go on sharing these pages (decision 0015).
"""

import gc

gc.disable()

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from app import admin, customer, operations, pages, seller, sessionm, spaaza
from app.campaign.awards.refused import Refusals
from app.db.engine import Database
from app.db.replica import Replica
from app.media.stores import blob_store
from app.openloyalty import errors
from app.openloyalty.api import create_api
from app.sessionm import envelope as sessionm_envelope
from app.settings import Settings
from app.spaaza import envelope as spaaza_envelope
from app.web.callers import Identity
from app.web.door import BODY_BYTES_MAX, GuardedFlask
from app.web.metrics import Metrics
from app.web.requests import HEADER, observe

gc.freeze()
gc.enable()

__all__ = ["create_app"]

SPAAZA_HEADERS = (
    "X-Spaaza-Session-User-Id",
    "X-Spaaza-Session-Username",
    "X-Spaaza-Session-Key",
    "X-Spaaza-MyPrice-App-Hostname",
    "X-Spaaza-API-Version",
)
SESSIONM = ("/priv", "/api/v1/apps/", "/api/2.0", "/apps/", "/offers", "/incentives")
NOT_SPAAZA = ("/api", "/docs", "/openapi.json", "/livez", "/readyz", "/metrics", *pages.PATHS)


def create_app(settings: Settings) -> Flask:
    """Open the database and hang the doors."""
    app = GuardedFlask(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=BODY_BYTES_MAX, MAX_FORM_PARTS=2_000, PROPAGATE_EXCEPTIONS=False)
    app.url_map.merge_slashes = False  # a doubled slash is no address, rather than a page that sends elsewhere
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["guerdon_settings"] = settings
    app.extensions["guerdon_database"] = Database(settings.sqlalchemy_url, settings.pool_size)
    app.extensions["guerdon_replica"] = _replica(app.extensions["guerdon_database"], settings)
    app.extensions["guerdon_blobs"] = blob_store(settings)
    app.extensions["guerdon_metrics"] = Metrics()
    app.extensions["guerdon_has_background"] = False
    app.extensions["guerdon_refusals"] = Refusals(app.extensions["guerdon_database"])
    app.extensions["guerdon_identity"] = Identity(app, settings)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    if settings.cors_origins:
        _open_to(app, settings.cors_origins)
    observe(app, app.extensions["guerdon_metrics"], settings)
    api = create_api(app, _refuse)
    errors.register(app)
    for blueprint in [
        *admin.BLUEPRINTS,
        *seller.BLUEPRINTS,
        *customer.BLUEPRINTS,
        *spaaza.BLUEPRINTS,
        *sessionm.BLUEPRINTS,
    ]:
        api.register_blueprint(blueprint)
    operations.register(app, api)
    app.register_blueprint(pages.blueprint)
    app.after_request(_secure)
    return app


def _replica(database: Database, settings: Settings) -> Replica | None:
    return Replica(database, settings.read_url, settings.pool_size) if settings.read_url else None


def _refuse(error: HTTPException) -> Response:
    """In the words of whom the address belongs to: what is not SessionM's, Open Loyalty's or the operators' is Spaaza's."""
    if request.path.startswith(SESSIONM):
        return sessionm_envelope.http_exception(error)
    if request.path.startswith(NOT_SPAAZA) or request.path == "/":
        return errors.http_exception(error)
    return spaaza_envelope.http_exception(error)


def _open_to(app: Flask, origins: tuple[str, ...]) -> None:
    from flask_cors import CORS

    CORS(
        app,
        origins=list(origins),
        methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", *SPAAZA_HEADERS],
        expose_headers=["ETag", "Idempotency-Replayed", "Location", "Retry-After", HEADER],
        max_age=600,
    )


def _secure(response: Response) -> Response:
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    if "Content-Security-Policy" not in headers:
        headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    if "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response
