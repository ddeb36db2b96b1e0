"""The campaigns that a seller may offer."""

from uuid import UUID

from flask import Response

from app import clock
from app.campaign.listings import catalogue
from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.queries import SHELF_FILTERS, paged_by, paging, shelf
from app.openloyalty.shared import showing
from app.web.door import allow, chains, listing, reading

blueprint = Blueprint("seller_campaigns", __name__)


@blueprint.route("/seller/campaign", methods=["GET"])
@blueprint.response(200, schemas.listed("campaigns", schemas.CampaignView))
@blueprint.doc(parameters=[*paged_by(sorting.CAMPAIGNS), *SHELF_FILTERS])
@allow("seller", "admin")
def list_visible_campaigns() -> Response:
    """List the campaigns that are switched on and visible."""
    with listing() as session:
        found = catalogue.visible_page(session, chains(), paging(sorting.CAMPAIGNS), clock.now(), shelf())
        return showing.page(found, "seller")


@blueprint.route("/seller/campaign/<uuid:campaign>", methods=["GET"])
@blueprint.response(200, schemas.CampaignView)
@allow("seller", "admin")
def show_campaign_to_seller(campaign: UUID) -> Response:
    """Show a campaign."""
    with reading() as session:
        return showing.one(catalogue.one(session, campaign, chains(), clock.now()), "seller")
