"""Signing in as an admin; staying signed in and signing out, for everybody."""

from typing import Any

from flask import Response, jsonify, request
from werkzeug.exceptions import Forbidden

from app.access import logins
from app.openloyalty import schemas
from app.openloyalty.forms.form import form
from app.openloyalty.shared.sessions import RefreshForm, refreshed, session_blueprint
from app.web.door import allow, anyone, is_prefetch, login_id, transaction

blueprint = session_blueprint("admin")


@blueprint.route("/token/refresh", methods=["POST"])
@form(None, RefreshForm)
@blueprint.response(200, schemas.Tokens)
@blueprint.alt_response(401, schema=schemas.Unauthorized, description="Not a token that can be refreshed")
@anyone
def refresh(data: dict[str, Any]) -> Response:
    """Exchange a refresh token for a new pair of tokens."""
    return refreshed(data["refresh_token"] or "")


@blueprint.route("/token/revoke", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin", "seller", "customer")
def revoke() -> Response:
    """Sign out everywhere: all my tokens end."""
    return _revoked()


@blueprint.route("/token/revoke", methods=["GET"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin", "seller", "customer")
def revoke_by_get() -> Response:
    """Sign out everywhere (for clients of the older call; prefer POST)."""
    # It changes something, so nobody may send it by way of precaution.
    if request.method != "GET" or is_prefetch():
        raise Forbidden
    return _revoked()


def _revoked() -> Response:
    with transaction() as session:
        logins.revoke(session, login_id())
    response = jsonify([])
    response.headers["Cache-Control"] = "no-store"
    return response
