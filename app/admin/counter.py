"""Buying for a customer, below /api/admin; and marking coupons of any customer."""

from flask import Response

from app.openloyalty import counter, schemas
from app.openloyalty.counter_routes import counter_blueprint
from app.openloyalty.forms import form
from app.openloyalty.member_forms import MarkForm
from app.web.door import allow

blueprint = counter_blueprint("admin")


@blueprint.route("/admin/campaign/coupons/mark_as_used", methods=["POST"])
@form(None, MarkForm)
@blueprint.response(200, schemas.MarkedList)
@allow("admin")
def mark_coupons_of_customers(told: dict) -> Response:  # type: ignore[type-arg]
    """Mark customers' coupons as used, or as unused again."""
    return counter.mark(told["coupons"], may_unuse=True)
