"""Customers register themselves, where the operator lets them. Source: contract section 3.2."""

from typing import Any

from flask import Response, jsonify
from marshmallow import Schema, fields
from werkzeug.exceptions import BadRequest, Forbidden

from app.access.models import CUSTOMER
from app.members import finding
from app.native.schemas import RefusedView
from app.openloyalty import queries, schemas
from app.openloyalty.api import REFUSAL_REFERENCE, Blueprint
from app.openloyalty.forms.customers import SelfRegistrationForm
from app.openloyalty.forms.form import form
from app.openloyalty.shared import registration
from app.web.brakes import counted
from app.web.door import anyone, reading, settings, shown_chain, visitor

blueprint = Blueprint("customer_registration", __name__)


class CheckView(Schema):
    total = fields.Integer(required=True)


@blueprint.route("/customer/check", methods=["GET"])
@blueprint.response(200, CheckView)
@blueprint.alt_response(403, schema=RefusedView, description="Customers do not register themselves here")
@blueprint.alt_response(429, schema=REFUSAL_REFERENCE, description="Somebody asks too often")
@blueprint.doc(
    parameters=queries.filters("emailOrPhone", description="An address in whatever case, or a phone, its `+` as `%2B`.")
)
@anyone
def check_name() -> Response:
    """Say how many customers of this programme have an e-mail address or a phone: who registers learns whether it is taken."""
    if settings().self_registration == "off":
        raise Forbidden  # nobody needs to know it
    who = visitor()
    if who is None or who.role == CUSTOMER:
        counted("check name")  # it tells who is registered, as registering does
    named = queries.text("emailOrPhone")
    if named is None:
        raise BadRequest("Say which e-mail address or phone: emailOrPhone.")
    with reading() as session:
        chain = {shown_chain(session)}
        found = {it.id for name in ("email", "phone") for it in finding.by_whole(session, chain, {name: named})}
    return jsonify(total=len(found))


@blueprint.route("/customer/self_register", methods=["POST"])
@form("customer", SelfRegistrationForm)
@blueprint.response(200, schemas.Registered)
@blueprint.alt_response(403, schema=RefusedView, description="Customers do not register themselves here")
@anyone
def register_myself(data: dict[str, Any]) -> Response:
    """Register as a customer. Where the programme asks for it, it waits: for a seller, or for the link or the code that is sent."""
    how = settings().self_registration
    if how == "off":
        raise Forbidden
    counted("register")  # each costs a password's hash, may give points, and tells who is registered
    return registration.register(data, status="active" if how == "open" else "new", by_staff=False)
