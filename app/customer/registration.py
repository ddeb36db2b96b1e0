"""Customers register themselves, where the operator lets them. Source: contract section 3.2."""

from typing import Any

from flask import Response
from werkzeug.exceptions import Forbidden

from app.native.schemas import RefusedView
from app.openloyalty import registration, schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.forms import form
from app.openloyalty.member_forms import SelfRegistrationForm
from app.web.brakes import counted
from app.web.door import anyone, settings

blueprint = Blueprint("customer_registration", __name__)


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
