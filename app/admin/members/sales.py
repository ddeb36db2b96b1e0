"""Sales: record, list, show, assign, and what they would earn. Open Loyalty calls them transactions."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.form import form
from app.openloyalty.forms.sales import AssignForm, LabelsForm, TransactionForm
from app.openloyalty.queries import paged_by
from app.openloyalty.shared import sales
from app.sales import listing
from app.sales.recording import SaleDetails
from app.web.door import allow, chains, reading

blueprint = Blueprint("admin_sales", __name__)
STAFF = "admin", "seller"


@blueprint.route("/transaction", methods=["POST"])
@form("transaction", TransactionForm)
@blueprint.response(200, schemas.TransactionId)
@allow(*STAFF)
def record_transaction(reported: SaleDetails) -> Response:
    """Record a sale or a return; the same sent again is recorded once."""
    return sales.record(reported)


@blueprint.route("/transaction/simulate", methods=["POST"])
@form("transaction", TransactionForm)
@blueprint.response(200, schemas.PointsEarned)
@allow(*STAFF)
def simulate_transaction(reported: SaleDetails) -> Response:
    """Say what a sale would earn, without recording it."""
    return sales.simulate(reported)


@blueprint.route("/transaction", methods=["GET"])
@blueprint.response(200, schemas.listed("transactions", schemas.TransactionView))
@blueprint.doc(parameters=[*paged_by(sorting.SALES), *sales.SALE_FILTERS])
@allow(*STAFF)
def list_transactions() -> Response:
    """List the sales, the latest first."""
    return sales.list_sales()


@blueprint.route("/transaction/<uuid:transaction>", methods=["GET"])
@blueprint.response(200, schemas.TransactionView)
@allow(*STAFF)
def show_transaction(transaction: UUID) -> Response:
    """Show a sale, and which rule gave how many points for it."""
    return sales.show(transaction)


@blueprint.route("/transaction/item/labels", methods=["GET"])
@blueprint.response(200, {"type": "object", "additionalProperties": {}})
@allow("admin")
def list_item_labels() -> Response:
    """List the labels that items of the last sales have."""
    with reading() as session:
        found = listing.item_labels(session, chains())
    return jsonify(labels=[{"key": key, "values": values} for key, values in found.items()], total=len(found))


@blueprint.route("/admin/transaction/labels", methods=["POST"])
@form("transaction_labels", LabelsForm)
@blueprint.response(200, schemas.TransactionId)
@allow("admin")
def label_transaction(data: dict[str, Any]) -> Response:
    """Put labels on a transaction, instead of those it has."""
    return sales.label(data)


@blueprint.route("/admin/transaction/customer/assign", methods=["POST"])
@form("assign", AssignForm)
@blueprint.response(200, schemas.TransactionId)
@allow("admin")
def assign_transaction(data: dict[str, Any]) -> Response:
    """Say whose a sale was, of which nobody knew; it earns now."""
    return sales.assign(data)


@blueprint.route("/pos/transaction/customer/assign", methods=["POST"])
@form("assign", AssignForm)
@blueprint.response(200, schemas.TransactionId)
@allow("seller")
def assign_transaction_as_seller(data: dict[str, Any]) -> Response:
    """Say whose a sale was, of which nobody knew; it earns now."""
    return sales.assign(data)


@blueprint.route("/seller/transaction/customer/assign", methods=["POST"])
@form("assign", AssignForm)
@blueprint.response(200, schemas.TransactionId)
@allow("seller")
def assign_transaction_below_seller(data: dict[str, Any]) -> Response:
    """Say whose a sale was, at the other address that clients know."""
    return sales.assign(data)
