"""A customer browses, buys, and uses coupons."""

from dataclasses import replace
from uuid import UUID

from flask import Response, jsonify
from werkzeug.exceptions import Forbidden

from app import clock
from app.campaign.listings import catalogue
from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.coupons import Mark, MarkForm
from app.openloyalty.forms.fields import Checkbox
from app.openloyalty.forms.form import Form, form
from app.openloyalty.queries import (
    FORMAT,
    LATER_FILTERS,
    LOCALE,
    SHELF_FILTERS,
    moment,
    paged_by,
    paging,
    shelf,
    wants_html,
)
from app.openloyalty.shared import buying, showing
from app.openloyalty.shared.buying_routes import AS_OF, DETAILS, ORDER
from app.paging import Paged
from app.web.door import allow, anyone, caller, listing, shown_chain

blueprint = Blueprint("customer_campaigns", __name__)


class UsedForm(Form):
    """The form of one coupon: `used`."""

    used = Checkbox(load_default=None)


@blueprint.route("/campaign/public/available", methods=["GET"])
@blueprint.response(200, schemas.listed("campaigns", schemas.PublicCampaignView))
@blueprint.doc(parameters=[*paged_by(sorting.CAMPAIGNS), FORMAT, LOCALE, *SHELF_FILTERS, *LATER_FILTERS])
@anyone
def list_public() -> Response:
    """List the campaigns on show that are public, of the programme whose address this is, for who has not signed in."""
    with listing() as session:
        chain = {shown_chain(session)}
        wanted = shelf()
        if wanted.is_public is False:
            return showing.page(Paged([], 0), "anyone")
        found = catalogue.visible_page(
            session, chain, paging(sorting.CAMPAIGNS), clock.now(), replace(wanted, is_public=True)
        )
        return showing.page(found, "anyone", wants_html())


@blueprint.route("/customer/campaign/available", methods=["GET"])
@blueprint.response(200, schemas.listed("campaigns", schemas.OwnCampaignView))
@blueprint.doc(parameters=[*paged_by(sorting.CAMPAIGNS), FORMAT, LOCALE, *SHELF_FILTERS, *LATER_FILTERS])
@allow("customer")
def list_available() -> Response:
    """List the campaigns that I can buy."""
    return buying.available(_me(), "customer")


@blueprint.route("/customer/campaign/<uuid:campaign>/buy", methods=["POST"])
@blueprint.response(200, schemas.SaleView)
@blueprint.doc(parameters=ORDER)
@allow("customer", authenticate=buying.buyer_by_token)
def buy(campaign: UUID) -> Response:
    """Buy a reward for my points."""
    return buying.buy(_me(), campaign)


@blueprint.route("/customer/campaign/bought", methods=["GET"])
@blueprint.response(200, schemas.listed("campaigns", schemas.PurchaseView))
@blueprint.doc(parameters=[*paged_by(sorting.BOUGHT), DETAILS])
@allow("customer")
def list_bought() -> Response:
    """List what I have bought."""
    return buying.bought(_me())


@blueprint.route("/customer/campaign/<uuid:campaign>/eligibility", methods=["GET"])
@blueprint.response(200, schemas.EligibilityView)
@blueprint.doc(parameters=[AS_OF])
@allow("customer")
def explain(campaign: UUID) -> Response:
    """Explain whether I may buy, and every reason why not."""
    if moment("as_of") is not None:
        raise Forbidden
    return buying.why_not(_me(), campaign)


@blueprint.route("/customer/campaign/coupons/mark_as_used", methods=["POST"])
@form(None, MarkForm)
@blueprint.response(200, schemas.MarkedList)
@allow("customer")
def mark_coupons(data: dict) -> Response:  # type: ignore[type-arg]
    """Mark my coupons as used."""
    own = [Mark(m.campaign, m.code, m.used, m.purchase, customer=None) for m in data["coupons"]]
    return buying.mark(own, may_unuse=False)


@blueprint.route("/customer/campaign/<uuid:campaign>/coupon/<code>", methods=["POST"])
@form(None, UsedForm)
@blueprint.response(200, schemas.Used)
@allow("customer")
def mark_coupon(data: dict, campaign: UUID, code: str) -> Response:  # type: ignore[type-arg]
    """Mark one of my coupons as used (the older call)."""
    if data["used"] is None:
        response = jsonify(errors='field "used" is required')
        response.status_code = 400
        return response
    buying.mark([Mark(campaign, code, data["used"], None, None)], may_unuse=False)
    return jsonify(used=data["used"])


def _me() -> str:
    return str(caller().customer)
