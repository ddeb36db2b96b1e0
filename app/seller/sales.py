"""Sales, as a seller looks at them."""

from flask import Response

from app.members import customers
from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.queries import paged_by
from app.openloyalty.shared import sales
from app.web.door import allow, chains, reading

blueprint = Blueprint("seller_sales", __name__)
STAFF = "admin", "seller"


@blueprint.route("/seller/transaction", methods=["GET"])
@blueprint.response(200, schemas.listed("transactions", schemas.TransactionView))
@blueprint.doc(parameters=[*paged_by(sorting.SALES), *sales.SALE_FILTERS])
@allow(*STAFF)
def list_transactions_as_seller() -> Response:
    """List the sales, the latest first."""
    return sales.list_sales()


@blueprint.route("/seller/transaction/customer/<customer>", methods=["GET"])
@blueprint.response(200, schemas.listed("transactions", schemas.TransactionView))
@blueprint.doc(parameters=[*paged_by(sorting.SALES), *sales.SALE_FILTERS])
@allow(*STAFF)
def list_transactions_of_customer(customer: str) -> Response:
    """List the sales of a customer."""
    with reading() as session:
        uuid = customers.get(session, customer, chains()).uuid
    return sales.list_sales(uuid)


@blueprint.route("/seller/transaction/<path:document>", methods=["GET"])
@blueprint.response(200, schemas.listed("transactions", schemas.TransactionView))
@blueprint.doc(parameters=paged_by(sorting.SALES))
@allow(*STAFF)
def list_transactions_of_document(document: str) -> Response:
    """List the sale with this document number, or nothing."""
    return sales.list_of_document(document)
