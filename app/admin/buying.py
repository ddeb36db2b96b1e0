"""Buying for a customer, below /api/admin; and marking coupons of any customer."""

from flask import Response

from app.openloyalty import buying, schemas
from app.openloyalty.buying_routes import buying_blueprint
from app.openloyalty.forms import form
from app.openloyalty.member_forms import MarkForm
from app.web.door import allow

blueprint = buying_blueprint("admin")


@blueprint.route("/admin/campaign/coupons/mark_as_used", methods=["POST"])
@form(None, MarkForm)
@blueprint.response(200, schemas.MarkedList)
@allow("admin")
def mark_coupons_of_customers(data: dict) -> Response:  # type: ignore[type-arg]
    """Mark customers' coupons as used, or as unused again."""
    return buying.mark(data["coupons"], may_unuse=True)
