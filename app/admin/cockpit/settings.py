"""The settings of a programme, its pictures, and how accounts are activated. Source: contract section 3.6."""

from typing import Any, cast

from flask import Response, jsonify
from marshmallow import Schema, ValidationError, fields
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden, NotFound

from app import clock
from app.media import pictures
from app.openloyalty import queries
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import without_none
from app.openloyalty.forms.form import InvalidForm, form, require_unchanged, tree
from app.openloyalty.forms.settings import SettingsAnswer, SettingsForm, decided, shown
from app.openloyalty.schemas import STATUSES
from app.openloyalty.shared.pictures import BODY_BYTES_MAX, REQUEST_BODY, show, uploaded
from app.organizations import chains
from app.organizations.models import Chain
from app.web.door import allow, anyone, blobs, reading, settings, shown_chain, transaction, visited_chain
from app.web.door import chains as own_chains

blueprint = Blueprint("admin_settings", __name__)

PUBLIC = ("currency", "timezone", "accentColor", "allowCustomersProfileEdits")
JSON = {"in": "query", "name": "json", "schema": {"type": "boolean"}}
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
        return jsonify(settings=shown(chains.details(chains.get(session, managed(session)))))


@blueprint.route("/settings", methods=["POST"])
@form("settings", SettingsForm)
@blueprint.response(200, SettingsAnswer)
@allow("admin")
def change_settings(sent: dict[str, Any]) -> Response:
    """Decide about the programme; what is not sent stays as it is. The same as a chain's, in Open Loyalty's words."""
    with transaction() as session:
        chain_id = managed(session)
        known = chains.details(chains.get(session, chain_id))
        require_unchanged("settings", shown(known))
        try:
            terms = decided(known, sent)
        except ValidationError as e:
            raise InvalidForm(tree(SettingsForm(), cast(dict[str, Any], e.messages))) from e
        return jsonify(settings=shown(chains.details(chains.change(session, chain_id, terms))))


@blueprint.route("/settings/public", methods=["GET"])
@blueprint.response(200, {"type": "object", "additionalProperties": {}})
@anyone
def show_public_settings() -> Response:
    """Show what everybody may know of the programme whose address this is."""
    with reading() as session:
        known = shown(chains.details(visited(session)))
    return jsonify(settings={name: known[name] for name in known if name in PUBLIC or name.startswith("program")})


@blueprint.route("/settings/css", methods=["GET"], any_query=True)
@blueprint.response(200, {"type": "string"}, content_type="text/css")
@blueprint.doc(parameters=[JSON])
@anyone
def show_styles() -> Response:
    """Show the colour and the styles of the programme whose address this is, for clients that wear them; as JSON, what they are made of."""
    with reading() as session:
        display = visited(session).display
    color, styles = display.get("accent_color"), display.get("css")
    if queries.flag("json"):
        return jsonify(without_none({"accentColor": color or None, "cssTemplate": styles or None}))
    worn = [styles or "", f":root {{ --accent: {color}; }}" if color else ""]  # what is imported comes first
    return Response("\n".join(filter(None, worn)), mimetype="text/css")


@blueprint.route("/settings/activation-method", methods=["GET"])
@blueprint.response(200, ActivationView)
@anyone
def show_activation_method() -> Response:
    """Show by what the account of a customer who registers is activated: by a link that is mailed, or by a code, which is `sms`."""
    return jsonify(method="sms" if settings().self_registration == "code" else "email")


@blueprint.route("/admin/customer-statuses", methods=["GET"])
@blueprint.response(200, StatusesView)
@allow("admin")
def list_customer_statuses() -> Response:
    """List the statuses of customers."""
    return jsonify(statuses=[*STATUSES], total=len(STATUSES))


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
    with reading() as session:
        chain_id = managed(session)
    made = uploaded(least=1)
    sha256 = blobs().put(made.content)
    with transaction() as session:
        pictures.put(session, chain_id, _place(picture), sha256, made.media_type, len(made.content), clock.now())
    return jsonify([])


@blueprint.route(f"/settings/photo/<{PICTURE}:picture>", methods=["DELETE"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def remove_picture(picture: str) -> Response:
    """Take a picture of the programme away."""
    with transaction() as session:
        pictures.remove(session, managed(session), _place(picture))
    return jsonify([])


def _place(picture: str) -> str:
    return f"settings/{picture}"


def visited(session: Session) -> Chain:
    """The chain whose address this is; where it is nobody's, the first. For who has not signed in."""
    return chains.get(session, shown_chain(session))


def managed(session: Session) -> int:
    """The chain whose address this is, if the caller acts for it here; else the first that the caller acts for. Raises Forbidden."""
    acts_for, here = own_chains(), visited_chain(session)
    if not acts_for:
        raise Forbidden
    return here if here is not None and here in acts_for else min(acts_for)
