"""Buying for a customer, below /api/admin; marking coupons of any customer, and all that was bought."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from app.campaign.triggers import purchases
from app.campaign.vouchers import bought
from app.members import customers
from app.openloyalty import campaign_views, schemas, sorting
from app.openloyalty.formats import paged
from app.openloyalty.forms.coupons import DeliveryForm, MarkForm
from app.openloyalty.forms.form import form
from app.openloyalty.queries import filters, flag, paged_by, paging, period, text
from app.openloyalty.shared import buying, tables
from app.openloyalty.shared.buying_routes import buying_blueprint
from app.web.door import allow, chains, listing, note_subject, transaction

blueprint = buying_blueprint("admin")

PERIODS = [f"{name}{end}" for name in ("purchasedAt", "usageDate", "activeSince", "activeTo") for end in ("From", "To")]
FILTERS = [*filters(*PERIODS, description="A moment, inclusive."), *filters("used", "deliveryStatus")]


@blueprint.route("/campaign/bought", methods=["GET"])
@blueprint.response(200, schemas.listed("boughtCampaigns", schemas.BoughtView))
@blueprint.doc(parameters=[*paged_by(sorting.BOUGHT), *FILTERS])
@allow("admin")
def list_bought() -> Response:
    """List what all customers have bought, the newest first."""
    wanted = bought.BoughtFilter(
        [period("purchasedAt"), period("activeSince")],  # a coupon can be used as soon as it is bought
        period("usageDate"),
        period("activeTo"),
        flag("used"),
        text("deliveryStatus"),
    )
    with listing() as session:
        found = bought.page(session, chains(), wanted, paging(sorting.BOUGHT))
        return paged("boughtCampaigns", found, campaign_views.bought_row)


@blueprint.route("/campaign/bought/export/csv", methods=["GET"])
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
@blueprint.doc(parameters=filters("purchasedAtFrom", "purchasedAtTo", description="A day or a moment, inclusive."))
@allow("admin")
def export_bought() -> Response:
    """Take away what all customers have bought in a time, the oldest first, as CSV."""
    mine, wanted = chains(), bought.BoughtFilter([period("purchasedAt")])
    return tables.bought("bought", lambda session, after: bought.batch(session, mine, wanted, after))


@blueprint.route("/admin/customer/<customer>/bought/coupon/<uuid:purchase>/changeDeliveryStatus", methods=["PUT"])
@form("deliveryStatus", DeliveryForm)
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def change_delivery(data: dict[str, Any], customer: str, purchase: UUID) -> Response:
    """Say where a bought reward is that is sent by post."""
    with transaction() as session:
        customer_id = customers.get(session, customer, chains()).id
        purchases.set_delivery(session, customer_id, purchase, data["status"])
        note_subject(delivery=data["status"])
    return jsonify([])


@blueprint.route("/admin/campaign/coupons/mark_as_used", methods=["POST"])
@form(None, MarkForm)
@blueprint.response(200, schemas.MarkedList)
@allow("admin")
def mark_coupons_of_customers(data: dict) -> Response:  # type: ignore[type-arg]
    """Mark customers' coupons as used, or as unused again."""
    return buying.mark(data["coupons"], may_unuse=True)
