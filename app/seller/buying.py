"""Buying for a customer, below /api/seller; and marking their coupons as used."""

from typing import Any

from flask import Response

from app.openloyalty import schemas
from app.openloyalty.forms.coupons import MarkForm
from app.openloyalty.forms.form import form
from app.openloyalty.shared import buying
from app.openloyalty.shared.buying_routes import STAFF, buying_blueprint
from app.web.door import allow

blueprint = buying_blueprint("seller")


@blueprint.route("/seller/campaign/coupons/mark_as_used", methods=["POST"])
@form(None, MarkForm)
@blueprint.response(200, schemas.MarkedList)
@allow(*STAFF)
def mark_coupons_at_the_till(data: dict[str, Any]) -> Response:
    """Mark customers' coupons as used."""
    return buying.mark(data["coupons"], may_unuse=False)
