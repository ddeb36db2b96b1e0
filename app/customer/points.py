"""A customer's points."""

from typing import Any

from flask import Response

from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.form import form
from app.openloyalty.forms.points import OwnPassingForm
from app.openloyalty.queries import paged_by
from app.openloyalty.shared.transfers import TRANSFER_FILTERS, pass_on, transfers
from app.web.door import allow, caller

blueprint = Blueprint("customer_points", __name__)


@blueprint.route("/customer/points/transfer", methods=["GET"])
@blueprint.response(200, schemas.listed("transfers", schemas.TransferView))
@blueprint.doc(parameters=[*paged_by(sorting.TRANSFERS), *TRANSFER_FILTERS])
@allow("customer")
def list_own_transfers() -> Response:
    """List the changes of my points account."""
    return transfers(caller().customer)


@blueprint.route("/customer/points/p2p-transfer", methods=["POST"])
@form("transfer", OwnPassingForm)
@blueprint.response(200, schemas.TransferId)
@allow("customer")
def pass_own_points_on(data: dict[str, Any]) -> Response:
    """Pass my points on to another customer."""
    return pass_on(data)
