"""Customers: register, find, change, activate, put on a level."""

from typing import Any

from flask import Response, jsonify
from werkzeug.exceptions import Forbidden

from app import clock
from app.members import customers
from app.openloyalty import registration, schemas, views
from app.openloyalty.api import Blueprint
from app.openloyalty.fields import Uuid
from app.openloyalty.forms import Form, form, require_unchanged
from app.openloyalty.member_forms import CustomerChangeForm, CustomerForm
from app.openloyalty.people import customer_details, customer_pages
from app.openloyalty.queries import PAGING_PARAMETERS, flag, paging, text
from app.openloyalty.transfers import POINTS_PARAMETERS, points_of
from app.web.door import allow, caller, chains, listing, reading, transaction

blueprint = Blueprint("admin_customers", __name__)

STAFF = "admin", "seller"
TEXT_FILTERS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "phone": "phone",
    "email": "email",
    "loyaltyCardNumber": "loyalty_card_number",
}
FILTERS = [
    {"in": "query", "name": name, "schema": {"type": "string"}} for name in [*TEXT_FILTERS, "emailOrPhone", "strict"]
]


class LevelChoiceForm(Form):
    levelId = Uuid(attribute="level")


@blueprint.route("/customer/register", methods=["POST"])
@form("customer", CustomerForm)
@blueprint.response(200, schemas.Registered)
@allow(*STAFF)
def register_customer(data: dict[str, Any]) -> Response:
    """Register a customer."""
    return registration.register(data)


@blueprint.route("/customer", methods=["GET"])
@blueprint.response(200, schemas.listed("customers", schemas.CustomerView))
@blueprint.doc(parameters=[*PAGING_PARAMETERS, *FILTERS])
@allow(*STAFF)
def list_customers() -> Response:
    """List customers."""
    texts = {column: found for name, column in TEXT_FILTERS.items() if (found := text(name))}
    wanted = customers.CustomerFilter(texts, text("emailOrPhone"), strict=bool(flag("strict")))
    with listing() as session:
        return customer_pages(session, customers.page(session, chains(), wanted, paging(True)))


@blueprint.route("/customer/<customer>", methods=["GET"])
@blueprint.response(200, schemas.CustomerView)
@allow("admin", "seller", "customer")
def show_customer(customer: str) -> Response:
    """Show a customer; customers see themselves only."""
    with reading() as session:
        return customer_details(session, customers.get(session, _own_or_staff(customer), chains()))


@blueprint.route("/customer/<customer>", methods=["PUT"])
@form("customer", CustomerChangeForm)
@blueprint.response(200, schemas.CustomerView)
@allow(*STAFF)
def change_customer(data: dict[str, Any], customer: str) -> Response:
    """Change a customer; what is not sent stays."""
    with transaction() as session:
        found = customers.get(session, customer, chains())
        segments = [str(uuid) for uuid in customers.segments_of(session, found.id)]
        require_unchanged("customer", views.customer(found, None, segments=segments))
        customers.change(session, found, data, clock.now())
        return customer_details(session, found)


@blueprint.route("/customer/<customer>/status", methods=["GET"])
@blueprint.response(200, schemas.CustomerStatusView)
@allow("admin", "seller", "customer")
def show_status(customer: str) -> Response:
    """Show a customer's points and level; customers see their own only."""
    return registration.status(_own_or_staff(customer))


@blueprint.route("/customer/<customer>/points", methods=["GET"])
@blueprint.response(200, schemas.PointsView)
@blueprint.doc(parameters=POINTS_PARAMETERS)
@allow("admin", "seller", "customer")
def show_points(customer: str) -> Response:
    """Show a customer's points as of now, or of a past moment, and what expires soon; customers see their own only."""
    return points_of(_own_or_staff(customer))


@blueprint.route("/admin/customer/<customer>/status", methods=["GET"])
@blueprint.response(200, schemas.CustomerStatusView)
@allow("admin")
def show_status_to_admin(customer: str) -> Response:
    """Show a customer's points and level."""
    return registration.status(customer)


@blueprint.route("/admin/customer/<customer>/<any(activate, deactivate):action>", methods=["POST"])
@blueprint.response(200, {"type": "string"})
@allow("admin")
def switch_customer(customer: str, action: str) -> Response:
    """Activate a customer, or block one: no signing in, no buying."""
    return registration.switch(customer, on=action == "activate")


@blueprint.route("/customer/<customer>/level", methods=["POST"])
@form(None, LevelChoiceForm)
@blueprint.response(200, {"type": "array", "items": {}})
@allow(*STAFF)
def assign_level(data: dict[str, Any], customer: str) -> Response:
    """Put a customer on a level by hand."""
    if data["level"] is None:
        response = jsonify(levelId="field is required")
        response.status_code = 400
        return response
    with transaction() as session:
        customers.assign_level(session, customers.get(session, customer, chains()), data["level"], clock.now())
    return jsonify([])


@blueprint.route("/customer/<customer>/remove-manually-level", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow(*STAFF)
def release_level(customer: str) -> Response:
    """Take back a level given by hand."""
    with transaction() as session:
        customers.release_level(session, customers.get(session, customer, chains()), clock.now())
    return jsonify([])


def _own_or_staff(customer: str) -> str:
    """The id as it was asked for, if the caller may ask for it. Raises Forbidden."""
    who = caller()
    if who.role == "customer" and customer.lower() != str(who.customer):
        raise Forbidden
    return customer
