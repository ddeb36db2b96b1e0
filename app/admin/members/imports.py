"""Import customers, points and sales from XML."""

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import ValidationError

from app.openloyalty import schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.customers import CustomerForm
from app.openloyalty.forms.points import AdditionForm
from app.openloyalty.forms.sales import TransactionForm
from app.openloyalty.shared import imports, registration, transfers
from app.openloyalty.shared import sales as openloyalty_sales
from app.openloyalty.shared.imports import BODY_BYTES_MAX, REQUEST, RowKind
from app.sales import points as by_hand
from app.sales.recording import SaleDetails
from app.web.door import allow, chains, reading, transaction

blueprint = Blueprint("admin_imports", __name__)

# A key stands for one transaction, and each row is one. Customers and sales are recorded once by what names them; points are not.
NOT_KEYED: frozenset[str] = frozenset()
CUSTOMER = {
    "customerId": "customer",
    "customerLoyaltyCardNumber": "card",
    "customerEmail": "email",
    "customerPhoneNumber": "phone",
}
DOCUMENT = ("documentType", "documentNumber", "purchaseDate", "purchasePlace")


def _points(row: dict[str, Any]) -> Mapping[str, Any]:
    """The customer by the first of four names."""
    if row.get("type", "adding") != "adding":
        raise ValidationError("type: points are added by a file, not spent.")
    named = [(name, row[name]) for name in CUSTOMER if row.get(name)]
    if len(named) != 1:
        raise ValidationError(f"Say whose points, by one of {', '.join(CUSTOMER)}.")
    kept = {name: value for name, value in row.items() if name not in CUSTOMER and name != "type"}
    with reading() as session:
        name, value = named[0]
        kept["customer"] = transfers.named(session, CUSTOMER[name], str(value), chains())
    return kept


def _sale(row: dict[str, Any]) -> Mapping[str, Any]:
    """What belongs together in a call may stand side by side in a file."""
    kept = {name: value for name, value in row.items() if name not in (*DOCUMENT, "customer")}
    if beside := {name: row[name] for name in DOCUMENT if name in row}:
        document = kept.get("transactionData") or {}
        if not isinstance(document, Mapping):
            raise ValidationError("transactionData: consists of elements.")
        kept["transactionData"] = {**document, **beside}
    if "customer" in row:
        kept["customerData"] = row["customer"]
    return kept


def _record_sale(reported: SaleDetails) -> str:
    with transaction() as session:
        return str(openloyalty_sales.recorded(session, reported).uuid)


CUSTOMERS = RowKind("customer", CustomerForm(), lambda row: row, lambda data: registration.registered(data)[0])
POINTS = RowKind("pointsTransfer", AdditionForm(), _points, lambda data: transfers.moved(by_hand.add, data))
SALES = RowKind("transaction", TransactionForm(), _sale, _record_sale)


@blueprint.route("/admin/customer/import", methods=["POST"])
@blueprint.response(200, schemas.ImportResult)
@blueprint.doc(requestBody=REQUEST)
@allow("admin", body_bytes_max=BODY_BYTES_MAX, keyed=NOT_KEYED)
def import_customers() -> Response:
    """Register the customers of a file: `<customers><customer>…`, each with the names of the call that registers one."""
    return imports.run(CUSTOMERS)


@blueprint.route("/points/transfer/import", methods=["POST"])
@blueprint.response(200, schemas.ImportResult)
@blueprint.doc(requestBody=REQUEST)
@allow("admin", body_bytes_max=BODY_BYTES_MAX, keyed=NOT_KEYED)
def import_points() -> Response:
    """Add the points of a file: `<pointsTransfers><pointsTransfer>…` with points, and customerId, customerEmail or the like.

    What was added is added again when the file is sent again.
    """
    return imports.run(POINTS)


@blueprint.route("/transaction/import", methods=["POST"])
@blueprint.response(200, schemas.ImportResult)
@blueprint.doc(requestBody=REQUEST)
@allow("admin", body_bytes_max=BODY_BYTES_MAX, keyed=NOT_KEYED)
def import_transactions() -> Response:
    """Record the sales and returns of a file: `<transactions><transaction>…`. Sent again, each is recorded once."""
    return imports.run(SALES)
