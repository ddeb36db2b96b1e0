"""My sales, and by what I earn points."""

from typing import Any
from uuid import UUID

from flask import Response

from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.form import form
from app.openloyalty.forms.sales import MoreLabelsForm
from app.openloyalty.queries import paged_by
from app.openloyalty.shared import sales
from app.openloyalty.shared.rules import list_valid_rules
from app.web.door import allow, caller

blueprint = Blueprint("customer_sales", __name__)


@blueprint.route("/customer/transaction", methods=["GET"])
@blueprint.response(200, schemas.listed("transactions", schemas.TransactionView))
@blueprint.doc(parameters=[*paged_by(sorting.SALES), *sales.SALE_FILTERS])
@allow("customer")
def list_own_transactions() -> Response:
    """List what I have bought in the shops, the latest first."""
    return sales.list_sales(caller().customer)


@blueprint.route("/customer/transaction/<uuid:transaction>", methods=["GET"])
@blueprint.response(200, schemas.TransactionView)
@allow("customer")
def show_own_transaction(transaction: UUID) -> Response:
    """Show one of my purchases in the shops, and what it earned."""
    return sales.show(transaction)


@blueprint.route("/customer/transaction/labels/append", methods=["PUT"])
@form("append", MoreLabelsForm)
@blueprint.response(200, schemas.TransactionId)
@allow("customer")
def label_own_transaction(data: dict[str, Any]) -> Response:
    """Put more labels on one of my transactions."""
    return sales.label_own(data)


@blueprint.route("/customer/earningRule", methods=["GET"])
@blueprint.response(200, schemas.listed("earningRules", schemas.EarningRuleView))
@blueprint.doc(parameters=paged_by(sorting.EARNING_RULES))
@allow("customer")
def list_earning_rules_as_customer() -> Response:
    """List by what points can be earned now."""
    return list_valid_rules()
