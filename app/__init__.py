"""Guerdon: one reward-campaign domain, spoken in several dialects. `create_app` is the only wiring."""

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from app import admin, customer, operations, seller
from app.blobs import FolderStore
from app.database import Database
from app.doors import BODY_BYTES_MAX, Doors
from app.identity import Identity
from app.openloyalty import errors
from app.openloyalty.api import create_api
from app.settings import Settings

__all__ = ["create_app"]


def create_app(settings: Settings) -> Flask:
    """Open the database and hang the doors."""
    app = Doors(__name__, static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=BODY_BYTES_MAX, MAX_FORM_PARTS=2_000, PROPAGATE_EXCEPTIONS=False)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["guerdon_settings"] = settings
    app.extensions["guerdon_database"] = Database(settings.sqlalchemy_url, settings.pool_size)
    app.extensions["guerdon_blobs"] = FolderStore(settings.storage / "photos")
    app.extensions["guerdon_identity"] = Identity(app, settings)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    if settings.cors_origins:
        _open_to(app, settings.cors_origins)
    api = create_api(app)
    errors.register(app)
    for blueprint in [*admin.BLUEPRINTS, *seller.BLUEPRINTS, *customer.BLUEPRINTS]:
        api.register_blueprint(blueprint)
    operations.register(app, api)
    app.after_request(_secure)
    return app


def _open_to(app: Flask, origins: tuple[str, ...]) -> None:
    from flask_cors import CORS

    CORS(
        app,
        origins=list(origins),
        methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
        expose_headers=["Idempotency-Replayed", "Retry-After"],
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
