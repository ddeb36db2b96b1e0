"""A customer looks through campaigns of any kind, takes part, and sees what there is to hold."""

from uuid import UUID

from flask import Response, jsonify

from app import clock
from app.campaign.awards.give import Actor
from app.campaign.engagement import opt_ins
from app.campaign.listings import holdings, shop
from app.campaign.triggers import interactions
from app.members import customers
from app.native import answers, schemas, views
from app.native.answers import DRAWS, READING, SHELF, USABLE
from app.openloyalty.api import Blueprint
from app.points import ledger
from app.refusal import Refusal
from app.web.door import allow, caller, chains, login_id, note_effect, transaction

blueprint = Blueprint("customer_shop", __name__)
blueprint.register_error_handler(Refusal, answers.refused)


@blueprint.route("/customer/campaigns", methods=["GET"])
@blueprint.response(200, schemas.ShelfPage)
@blueprint.doc(parameters=SHELF)
@allow("customer")
def list_campaigns_shown_to_me() -> Response:
    """List the campaigns of any kind that I am shown, each with every reason why I cannot have something of it now."""
    return answers.campaigns(_me())


@blueprint.route("/customer/campaigns/<uuid:campaign>", methods=["GET"])
@blueprint.response(200, schemas.ShelfView)
@blueprint.alt_response(404, schema=schemas.RefusedView, description="Not there, or not shown to me")
@allow("customer")
def show_campaign_to_me(campaign: UUID) -> Response:
    """Show a campaign as I see it."""
    return answers.campaign_of(_me(), campaign)


@blueprint.route("/customer/campaigns/<uuid:campaign>/play", methods=["POST"])
@blueprint.response(200, schemas.GivenView)
@blueprint.alt_response(404, schema=schemas.RefusedView, description="Not there, or not shown to me")
@blueprint.alt_response(409, schema=schemas.RefusedView, description="Not now, and why")
@allow("customer")
def play(campaign: UUID) -> Response:
    """Take what an interaction gives: turn the wheel, scratch the card, tap. The answer says what I was given."""
    now = clock.now()
    with transaction() as session:
        me = customers.get(session, _me(), chains())
        shown = shop.one(session, me, campaign, now).facts
        given = interactions.interact(session, me.chain_id, shown.campaign_id, me.id, now, Actor(login_id(), "system"))
        note_effect(given.award_id)
        things = holdings.of_award(session, given.award_id)
        return jsonify(views.given(things, ledger.balance(session, me.id), now))


@blueprint.route("/customer/campaigns/<uuid:campaign>/<any(opt_in, opt_out):wish>", methods=["POST"])
@blueprint.response(200, schemas.OptedView)
@blueprint.alt_response(404, schema=schemas.RefusedView, description="Not there, or not shown to me")
@blueprint.alt_response(409, schema=schemas.RefusedView, description="Not now, and why")
@allow("customer")
def opt(campaign: UUID, wish: str) -> Response:
    """Take part in a campaign, or no longer. Doing it twice changes nothing."""
    now = clock.now()
    with transaction() as session:
        me = customers.get(session, _me(), chains())
        campaign_id = shop.one(session, me, campaign, now).facts.campaign_id
        (opt_ins.opt_in if wish == "opt_in" else opt_ins.opt_out)(session, campaign_id, me.id, now)
    return jsonify(opted_in=wish == "opt_in")


@blueprint.route("/customer/vouchers", methods=["GET"])
@blueprint.response(200, schemas.HeldPage)
@blueprint.doc(parameters=[USABLE, *READING])
@allow("customer")
def list_my_vouchers() -> Response:
    """List what I hold, coupons and other vouchers, the newest first."""
    return answers.vouchers(_me())


@blueprint.route("/customer/draws", methods=["GET"])
@blueprint.response(200, schemas.DrawPage)
@blueprint.doc(parameters=DRAWS)
@allow("customer")
def list_my_draws() -> Response:
    """List my draws with all that it takes to check them, the newest first."""
    return answers.draws(_me())


def _me() -> str:
    return str(caller().customer)
