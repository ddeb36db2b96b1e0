"""One person's data: take all of it away, merge two accounts of one person, erase somebody."""

import json
from typing import Any

from flask import Response

from app import clock
from app.members import customers
from app.openloyalty import schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.fields import Text
from app.openloyalty.forms.form import Form, form
from app.openloyalty.shared.people import customer_details
from app.privacy import erasing, merging, report
from app.web.door import allow, caller, chains, note_subject, reading, transaction

blueprint = Blueprint("admin_people", __name__)


class MergeForm(Form):
    """Whose account it is, too: by UUID or loyalty card number."""

    customer = Text(required=True)


@blueprint.route("/admin/customer/<customer>/export", methods=["GET"])
@blueprint.response(200, {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}})
@allow("admin")
def export_customer(customer: str) -> Response:
    """Take away all that is kept of a customer, table by table, for whoever asks what is kept; amounts in hundredths."""
    with reading() as session:
        found = customers.get(session, customer, chains())
        rows, uuid = report.report(session, found.id), found.uuid
    response = Response(json.dumps(rows, ensure_ascii=False, indent=2), mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="customer-{uuid}.json"'
    return response


@blueprint.route("/admin/customer/<customer>/merge", methods=["POST"])
@form("merge", MergeForm)
@blueprint.response(200, schemas.CustomerView)
@allow("admin")
def merge_customers(data: dict[str, Any], customer: str) -> Response:
    """Merge another account of the same person into this one, and show it.

    Points, purchases, vouchers and limits move; the other account is closed, and its id, card, phone and address lead here. There is no way
    back.
    """
    with transaction() as session:
        kept, gone = (customers.get(session, name, chains()) for name in (customer, data["customer"]))
        merging.merge(session, kept, gone, clock.now(), caller().role, caller().login_id)
        note_subject(customer=kept.uuid, merged=gone.uuid)
        return customer_details(session, kept)


@blueprint.route("/admin/customer/<customer>", methods=["DELETE"])
@blueprint.response(204)
@allow("admin")
def erase_customer(customer: str) -> Response:
    """Erase a customer: names, addresses, identifiers, notes, sign-ins, letters. There is no way back.

    What was bought, won and paid stays under a number; points that are left cannot be spent any more.
    """
    with transaction() as session:
        found = customers.get(session, customer, chains())
        note_subject(customer=found.uuid)
        erasing.erase(session, found, clock.now())
    return Response(status=204)
