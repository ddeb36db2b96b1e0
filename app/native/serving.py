"""The routes for whoever serves a customer, which admins and sellers have alike, each below an address of their own."""

from datetime import datetime
from uuid import UUID

from flask import Response
from werkzeug.exceptions import Forbidden

from app.native import answers, schemas
from app.native.answers import DRAWS, EVERYTHING, READING, SEARCH, SHELF, USABLE
from app.openloyalty.api import Blueprint
from app.openloyalty.queries import flag, moment
from app.openloyalty.shared.buying_routes import AS_OF, STAFF
from app.refusal import Refusal
from app.web.door import allow, caller


def serving_blueprint(role: str) -> Blueprint:
    """`/api/<role>/customers`, and `/api/<role>/customer/…` for what one sees and holds."""
    blueprint = Blueprint(f"{role}_serving", __name__)
    blueprint.register_error_handler(Refusal, answers.refused)

    @blueprint.route(f"/{role}/customers", methods=["GET"])
    @blueprint.response(200, schemas.People)
    @blueprint.doc(parameters=SEARCH)
    @allow(*STAFF)
    def find_customers() -> Response:
        """Find customers while typing, by how a card, a phone, an address or a name begins."""
        return answers.people()

    @blueprint.route(f"/{role}/customer/<customer>/campaigns", methods=["GET"])
    @blueprint.response(200, schemas.ShelfPage)
    @blueprint.doc(parameters=[*SHELF, AS_OF, EVERYTHING])
    @allow(*STAFF)
    def list_campaigns_shown_to_customer(customer: str) -> Response:
        """List the campaigns of any kind that a customer is shown, each with every reason why nothing can be had of it."""
        everything = bool(flag("everything"))
        if everything and caller().role != "admin":
            raise Forbidden
        return answers.campaigns(customer, _moment(), everything)

    @blueprint.route(f"/{role}/customer/<customer>/campaigns/<uuid:campaign>", methods=["GET"])
    @blueprint.response(200, schemas.ShelfView)
    @blueprint.alt_response(404, schema=schemas.RefusedView, description="Not there, or not shown to the customer")
    @blueprint.doc(parameters=[AS_OF])
    @allow(*STAFF)
    def show_campaign_as_customer_sees_it(customer: str, campaign: UUID) -> Response:
        """Show a campaign as a customer sees it."""
        return answers.campaign_of(customer, campaign, _moment())

    @blueprint.route(f"/{role}/customer/<customer>/vouchers", methods=["GET"])
    @blueprint.response(200, schemas.HeldPage)
    @blueprint.doc(parameters=[USABLE, *READING])
    @allow(*STAFF)
    def list_vouchers_of_customer(customer: str) -> Response:
        """List what a customer holds, coupons and other vouchers, the newest first."""
        return answers.vouchers(customer)

    @blueprint.route(f"/{role}/customer/<customer>/draws", methods=["GET"])
    @blueprint.response(200, schemas.DrawPage)
    @blueprint.doc(parameters=DRAWS)
    @allow(*STAFF)
    def list_draws_of_customer(customer: str) -> Response:
        """List a customer's draws with all that it takes to check them, the newest first."""
        return answers.draws(customer)

    return blueprint


def _moment() -> datetime | None:
    """Another moment than now, for admins. Raises Forbidden."""
    at = moment("as_of")
    if at is not None and caller().role != "admin":
        raise Forbidden
    return at
