"""Points: list, add, spend."""

from typing import Any
from uuid import UUID

from flask import Response

from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.form import form
from app.openloyalty.forms.points import AdditionForm, PassingForm, TransferForm
from app.openloyalty.queries import paged_by
from app.openloyalty.shared.transfers import TRANSFER_FILTERS, cancel, customer_filter, move, pass_on, transfers
from app.points import ledger
from app.sales import points as by_hand
from app.web.door import allow

blueprint = Blueprint("admin_points", __name__)


@blueprint.route("/points/transfer", methods=["GET"])
@blueprint.response(200, schemas.listed("transfers", schemas.TransferView))
@blueprint.doc(parameters=[*paged_by(sorting.TRANSFERS), *TRANSFER_FILTERS])
@allow("admin", "seller")
def list_transfers() -> Response:
    """List the changes of customers' points."""
    return transfers(customer_filter())


@blueprint.route("/points/transfer/add", methods=["POST"])
@form("transfer", AdditionForm)
@blueprint.response(200, schemas.TransferId)
@allow("admin")
def add_points(data: dict[str, Any]) -> Response:
    """Add points to a customer's account."""
    return move(by_hand.add, data)


@blueprint.route("/points/transfer/spend", methods=["POST"])
@form("transfer", TransferForm)
@blueprint.response(200, schemas.TransferId)
@allow("admin")
def spend_points(data: dict[str, Any]) -> Response:
    """Take points from a customer's account."""
    return move(ledger.spend, data)


@blueprint.route("/points/transfer/<uuid:transfer>/cancel", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def cancel_points(transfer: UUID) -> Response:
    """Take back what is left of points that were added; what was spent of them stays spent."""
    return cancel(transfer)


@blueprint.route("/admin/p2p-points-transfer", methods=["POST"])
@form("transfer", PassingForm)
@blueprint.response(200, schemas.TransferId)
@allow("admin")
def pass_points_on(data: dict[str, Any]) -> Response:
    """Move points from one customer's account to another's."""
    return pass_on(data)
