"""A customer browses, buys, and uses coupons."""

from uuid import UUID

from flask import Response, jsonify
from werkzeug.exceptions import Forbidden

from app.openloyalty import counter, schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.counter_routes import DETAILS
from app.openloyalty.fields import Checkbox
from app.openloyalty.forms import Form, form
from app.openloyalty.member_forms import Mark, MarkForm
from app.openloyalty.queries import PAGING_PARAMETERS, moment
from app.web.door import allow, caller

blueprint = Blueprint("customer_campaigns", __name__, "Reward campaigns (customer)")


class UsedForm(Form):
    """The form of one coupon: `used`."""

    used = Checkbox(load_default=None)


@blueprint.route("/customer/campaign/available", methods=["GET"])
@blueprint.response(200, schemas.listed("campaigns", schemas.OwnCampaignView))
@blueprint.doc(parameters=PAGING_PARAMETERS)
@allow("customer")
def list_available() -> Response:
    """List the campaigns that I can buy."""
    return counter.available(_me(), "customer")


@blueprint.route("/customer/campaign/<uuid:campaign>/buy", methods=["POST"])
@blueprint.response(200, schemas.SaleView)
@allow("customer")
def buy(campaign: UUID) -> Response:
    """Buy a reward for my points."""
    return counter.buy(_me(), campaign)


@blueprint.route("/customer/campaign/bought", methods=["GET"])
@blueprint.response(200, schemas.listed("campaigns", schemas.PurchaseView))
@blueprint.doc(parameters=[*PAGING_PARAMETERS, DETAILS])
@allow("customer")
def list_bought() -> Response:
    """List what I have bought."""
    return counter.bought(_me())


@blueprint.route("/customer/campaign/<uuid:campaign>/eligibility", methods=["GET"])
@blueprint.response(200, schemas.EligibilityView)
@allow("customer")
def explain(campaign: UUID) -> Response:
    """Explain whether I may buy, and every reason why not."""
    if moment("as_of") is not None:
        raise Forbidden
    return counter.why_not(_me(), campaign)


@blueprint.route("/customer/campaign/coupons/mark_as_used", methods=["POST"])
@form(None, MarkForm)
@blueprint.response(200, schemas.MarkedList)
@allow("customer")
def mark_coupons(told: dict) -> Response:  # type: ignore[type-arg]
    """Mark my coupons as used."""
    own = [Mark(m.campaign, m.code, m.used, m.purchase, customer=None) for m in told["coupons"]]
    return counter.mark(own, may_unuse=False)


@blueprint.route("/customer/campaign/<uuid:campaign>/coupon/<code>", methods=["POST"])
@form(None, UsedForm)
@blueprint.response(200, schemas.Used)
@allow("customer")
def mark_coupon(told: dict, campaign: UUID, code: str) -> Response:  # type: ignore[type-arg]
    """Mark one of my coupons as used (the older call)."""
    if told["used"] is None:
        response = jsonify(errors='field "used" is required')
        response.status_code = 400
        return response
    counter.mark([Mark(campaign, code, told["used"], None, None)], may_unuse=False)
    return jsonify(used=told["used"])


def _me() -> str:
    return str(caller().customer)
