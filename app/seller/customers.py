"""What a seller looks up and does for customers: registering, status, points, levels, shops."""

from typing import Any
from uuid import UUID

from flask import Response

from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.customers import CustomerForm, ShopChoiceForm
from app.openloyalty.forms.form import form
from app.openloyalty.forms.points import AdditionForm, TransferForm
from app.openloyalty.queries import paged_by
from app.openloyalty.shared import registration
from app.openloyalty.shared.programme import list_levels, list_shops, show_level, show_shop_to_seller
from app.openloyalty.shared.transfers import TRANSFER_FILTERS, customer_filter, move, transfers
from app.points import ledger
from app.sales import points as by_hand
from app.web.door import allow

blueprint = Blueprint("seller_customers", __name__)

STAFF = "seller", "admin"


@blueprint.route("/seller/customer/register", methods=["POST"])
@form("customer", CustomerForm)
@blueprint.response(200, schemas.Registered)
@allow(*STAFF)
def register_customer_as_seller(data: dict[str, Any]) -> Response:
    """Register a customer."""
    return registration.register(data)


@blueprint.route("/seller/customer/<customer>/status", methods=["GET"])
@blueprint.response(200, schemas.CustomerStatusView)
@allow(*STAFF)
def show_status_to_seller(customer: str) -> Response:
    """Show a customer's points and level."""
    return registration.status(customer)


@blueprint.route("/seller/customer/<customer>/<any(activate, deactivate):action>", methods=["POST"])
@blueprint.response(200, {"type": "string"})
@allow(*STAFF)
def switch_customer_as_seller(customer: str, action: str) -> Response:
    """Activate a customer, or block one."""
    return registration.switch(customer, on=action == "activate")


@blueprint.route("/seller/customer/<customer>/send-sms-code", methods=["POST"])
@blueprint.response(200, {"type": "string"})
@allow(*STAFF)
def send_code_as_seller(customer: str) -> Response:
    """Send a new customer a code, by which the account is activated, to the phone or by mail; the one before holds no more."""
    return registration.send_code(customer)


@blueprint.route("/seller/customer/<customer>/pos", methods=["POST"])
@form(None, ShopChoiceForm)
@blueprint.response(200, {"type": "array", "items": {}})
@allow(*STAFF)
def assign_shop_as_seller(data: dict[str, Any], customer: str) -> Response:
    """Say in which shop a customer is at home."""
    return registration.assign_shop(customer, data["shop"])


@blueprint.route("/seller/points/transfer", methods=["GET"])
@blueprint.response(200, schemas.listed("transfers", schemas.TransferView))
@blueprint.doc(parameters=[*paged_by(sorting.TRANSFERS), *TRANSFER_FILTERS])
@allow(*STAFF)
def list_transfers_as_seller() -> Response:
    """List the changes of customers' points."""
    return transfers(customer_filter())


@blueprint.route("/pos/points/transfer/add", methods=["POST"])
@form("transfer", AdditionForm)
@blueprint.response(200, schemas.TransferId)
@allow(*STAFF)
def add_points_as_seller(data: dict[str, Any]) -> Response:
    """Add points to a customer's account."""
    return move(by_hand.add, data)


@blueprint.route("/pos/points/transfer/spend", methods=["POST"])
@form("transfer", TransferForm)
@blueprint.response(200, schemas.TransferId)
@allow(*STAFF)
def spend_points_as_seller(data: dict[str, Any]) -> Response:
    """Take points from a customer's account."""
    return move(ledger.spend, data)


@blueprint.route("/seller/level", methods=["GET"])
@blueprint.response(200, schemas.listed("levels", schemas.LevelView))
@blueprint.doc(parameters=paged_by(sorting.LEVELS))
@allow(*STAFF)
def list_levels_as_seller() -> Response:
    """List the levels."""
    return list_levels()


@blueprint.route("/seller/level/<uuid:level>", methods=["GET"])
@blueprint.response(200, schemas.LevelView)
@allow(*STAFF)
def show_level_as_seller(level: UUID) -> Response:
    """Show a level."""
    return show_level(level)


@blueprint.route("/seller/pos", methods=["GET"])
@blueprint.response(200, schemas.listed("pos", schemas.PosView))
@blueprint.doc(parameters=paged_by(sorting.SHOPS))
@allow(*STAFF)
def list_shops_as_seller() -> Response:
    """List the points of sale."""
    return list_shops()


@blueprint.route("/seller/pos/<uuid:pos>", methods=["GET"])
@blueprint.response(200, schemas.PosView)
@allow(*STAFF)
def show_shop_as_seller(pos: UUID) -> Response:
    """Show a point of sale."""
    return show_shop_to_seller(pos)
