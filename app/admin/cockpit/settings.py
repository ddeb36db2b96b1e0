"""The settings of a programme, its pictures, and how accounts are activated. Source: contract section 3.6."""

import dataclasses
from typing import Any

from flask import Response, jsonify
from marshmallow import Schema, fields
from werkzeug.exceptions import NotFound

from app import clock
from app.media import pictures
from app.openloyalty.api import Blueprint
from app.openloyalty.forms import form, require_unchanged
from app.openloyalty.pictures import BODY_BYTES_MAX, REQUEST_BODY, show, uploaded
from app.openloyalty.settings_forms import SettingsAnswer, SettingsForm, shown
from app.organizations import chains
from app.organizations.models import Chain
from app.web.door import allow, anyone, blobs, own_chain, reading, transaction, visited_chain

blueprint = Blueprint("admin_settings", __name__)

PUBLIC = ("currency", "timezone", "programName")
PICTURES = (
    "logo",
    "small-logo",
    "hero-image",
    "admin-cockpit-logo",
    "client-cockpit-logo-big",
    "client-cockpit-logo-small",
    "client-cockpit-hero-image",
)
PICTURE = f"any{PICTURES}"
STATUSES = ["new", "active", "blocked", "deleted"]


class ActivationView(Schema):
    method = fields.String(required=True)


class StatusesView(Schema):
    statuses = fields.List(fields.String(), required=True)
    total = fields.Integer(required=True)


@blueprint.route("/settings", methods=["GET"])
@blueprint.response(200, SettingsAnswer)
@allow("admin")
def show_settings() -> Response:
    """Show what is decided about the programme."""
    with reading() as session:
        return jsonify(settings=shown(chains.details(chains.get(session, own_chain()))))


@blueprint.route("/settings", methods=["POST"])
@form("settings", SettingsForm)
@blueprint.response(200, SettingsAnswer)
@allow("admin")
def change_settings(changes: dict[str, Any]) -> Response:
    """Decide about the programme; what is not sent stays as it is. The same as a chain's, in Open Loyalty's words."""
    with transaction() as session:
        known = chains.details(chains.get(session, own_chain()))
        require_unchanged("settings", shown(known))
        changes["display"] = {**known.display, **changes["display"]}
        changed = chains.change(session, own_chain(), dataclasses.replace(known, **changes))
        return jsonify(settings=shown(chains.details(changed)))


@blueprint.route("/settings/public", methods=["GET"])
@blueprint.response(200, {"type": "object", "additionalProperties": {}})
@anyone
def show_public_settings() -> Response:
    """Show what everybody may know of the programme whose address this is."""
    with reading() as session:
        known = shown(chains.details(visited(session)))
    return jsonify(settings={name: known[name] for name in known if name in PUBLIC or name.startswith("program")})


@blueprint.route("/settings/activation-method", methods=["GET"])
@blueprint.response(200, ActivationView)
@anyone
def show_activation_method() -> Response:
    """Show by what a customer's own account is activated: a link that is mailed."""
    return jsonify(method="email")


@blueprint.route("/admin/customer-statuses", methods=["GET"])
@blueprint.response(200, StatusesView)
@allow("admin")
def list_customer_statuses() -> Response:
    """List the statuses of customers."""
    return jsonify(statuses=STATUSES, total=len(STATUSES))


@blueprint.route(f"/settings/photo/<{PICTURE}:picture>", methods=["GET"], any_query=True)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
@anyone
def show_picture(picture: str) -> Response:
    """Show a picture of the programme whose address this is, such as its logo."""
    with reading() as session:
        found = pictures.find(session, visited(session).id, _place(picture))
    if found is None:
        raise NotFound
    return show(found.sha256, found.media_type, picture, False)


@blueprint.route(f"/settings/photo/<{PICTURE}:picture>", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@blueprint.doc(requestBody=REQUEST_BODY)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def upload_picture(picture: str) -> Response:
    """Give the programme a picture, such as its logo; of whatever size up to 8,000 pixels a side."""
    made = uploaded(least=1)
    sha256 = blobs().put(made.content)
    with transaction() as session:
        pictures.put(session, own_chain(), _place(picture), made, sha256, clock.now())
    return jsonify([])


@blueprint.route(f"/settings/photo/<{PICTURE}:picture>", methods=["DELETE"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def remove_picture(picture: str) -> Response:
    """Take a picture of the programme away."""
    with transaction() as session:
        pictures.remove(session, own_chain(), _place(picture))
    return jsonify([])


def _place(picture: str) -> str:
    return f"settings/{picture}"


def visited(session: Any) -> Chain:
    """The chain whose address this is; where it is nobody's, the first."""
    return chains.get(session, visited_chain(session) or chains.first(session))
