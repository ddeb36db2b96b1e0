"""The routes for one customer, which admins and sellers have alike, each below an address of their own."""

from uuid import UUID

from flask import Response
from werkzeug.exceptions import BadRequest, Forbidden

from app.campaign.triggers.purchases import QUANTITY_MAX
from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.queries import FORMAT, LATER_FILTERS, LOCALE, SHELF_FILTERS, filters, moment, paged_by, text
from app.openloyalty.shared import buying
from app.web.door import allow, caller

STAFF = "admin", "seller"
DETAILS = {
    "in": "query",
    "name": "includeDetails",
    "schema": {"type": "boolean"},
    "description": "With each purchase its campaign.",
}
ORDER = [
    {
        "in": "query",
        "name": "quantity",
        "schema": {"type": "integer", "default": 1, "maximum": QUANTITY_MAX},
        "description": "How many, all or none; in the body as well.",
    }
]
WITHOUT_POINTS = {
    "in": "query",
    "name": "withoutPoints",
    "schema": {"type": "boolean"},
    "description": "For nothing; for admins; in the body as well.",
}
OF_CUSTOMER = filters("customerId", description="The customer of the address once more, as consoles send it.")
AS_OF = {
    "in": "query",
    "name": "as_of",
    "schema": {"type": "string"},
    "description": "Another moment than now, `YYYY-MM-DD HH:mm` or ISO 8601; for admins.",
}


def _require_same(customer: str) -> None:
    """Raises BadRequest."""
    if text("customerId") not in (None, customer):
        raise BadRequest("customerId: another customer than the address names.")


def buying_blueprint(role: str) -> Blueprint:
    """`/api/<role>/customer/…` for a member of the staff who serves a customer."""
    blueprint = Blueprint(f"{role}_buying", __name__)

    @blueprint.route(f"/{role}/customer/<customer>/campaign/available", methods=["GET"])
    @blueprint.response(200, schemas.listed("campaigns", schemas.CampaignView))
    @blueprint.doc(
        parameters=[*paged_by(sorting.CAMPAIGNS), FORMAT, LOCALE, *SHELF_FILTERS, *LATER_FILTERS, *OF_CUSTOMER]
    )
    @allow(*STAFF)
    def list_available_for_customer(customer: str) -> Response:
        """List the campaigns that a customer can buy."""
        _require_same(customer)
        return buying.available(customer, role)

    @blueprint.route(f"/{role}/customer/<customer>/campaign/<uuid:campaign>/buy", methods=["POST"])
    @blueprint.response(200, schemas.SaleView)
    @blueprint.doc(parameters=[*ORDER, WITHOUT_POINTS])
    @allow(*STAFF, audited=False, authenticate=buying.buyer_by_token)
    def buy_for_customer(customer: str, campaign: UUID) -> Response:
        """Buy a reward for a customer."""
        return buying.buy(customer, campaign)

    @blueprint.route(f"/{role}/customer/<customer>/campaign/bought", methods=["GET"])
    @blueprint.response(200, schemas.listed("campaigns", schemas.PurchaseView))
    @blueprint.doc(parameters=[*paged_by(sorting.BOUGHT), DETAILS, *OF_CUSTOMER])
    @allow(*STAFF)
    def list_bought_by_customer(customer: str) -> Response:
        """List what a customer has bought."""
        _require_same(customer)
        return buying.bought(customer)

    @blueprint.route(f"/{role}/customer/<customer>/campaign/<uuid:campaign>/eligibility", methods=["GET"])
    @blueprint.response(200, schemas.EligibilityView)
    @blueprint.doc(parameters=[AS_OF])
    @allow(*STAFF)
    def explain_for_customer(customer: str, campaign: UUID) -> Response:
        """Explain whether a customer may buy, and every reason why not."""
        at = moment("as_of")
        if at is not None and caller().role != "admin":
            raise Forbidden
        return buying.why_not(customer, campaign, at)

    return blueprint
