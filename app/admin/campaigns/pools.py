"""The codes of a campaign's pool: read one, and whose it is, or all of them; and its draws, verified."""

from flask import Response, jsonify

from app import clock
from app.admin import chosen
from app.admin.chosen import CHAIN
from app.campaign.awards import verification
from app.campaign.listings import codes, holdings
from app.native import answers, schemas, views
from app.openloyalty.api import Blueprint
from app.openloyalty.queries import filters, text, uuid
from app.points import ledger
from app.refusal import Missing, Refusal
from app.web.door import allow, listing, reading

blueprint = Blueprint("admin_pools", __name__)
blueprint.register_error_handler(Refusal, answers.refused)
EXPORTED, EXPORTED_MAX = 1_000, 10_000
PARTS = [
    CHAIN,
    *filters("after", description="Read on: the last code that was answered."),
    {"in": "query", "name": "size", "schema": {"type": "integer", "default": EXPORTED, "maximum": EXPORTED_MAX}},
]


class NoSuchCode(Missing):
    message = "The campaign's pool has no such code."


class NoDraws(Missing):
    message = "The campaign draws nothing."


@blueprint.route("/admin/campaigns/<campaign>/codes", methods=["GET"])
@blueprint.response(200, schemas.PoolCodePage)
@blueprint.doc(parameters=PARTS)
@allow("admin")
def list_pool_codes(campaign: str) -> Response:
    """List the codes of a campaign's pool and when each was given, a part at a time: for export."""
    size = answers.size(EXPORTED, EXPORTED_MAX)
    with listing() as session:
        found, more = codes.page(session, chosen.campaign(session, campaign).id, text("after") or "", size)
        rows = [{"code": it.code, "given_at": views.moment(it.given_at)} for it in found]
        return jsonify(views.more("codes", rows, more))


@blueprint.route("/admin/campaigns/<campaign>/code", methods=["GET"])
@blueprint.response(200, schemas.FoundCodeView)
@blueprint.alt_response(404, schema=schemas.RefusedView, description="No such code")
@blueprint.doc(parameters=[CHAIN, *filters("code", description="To the letter.")])
@allow("admin")
def find_pool_code(campaign: str) -> Response:
    """Find one code of a campaign's pool, and whose it is."""
    now = clock.now()
    with reading() as session:
        known = chosen.campaign(session, campaign)
        found = codes.find(session, known.id, text("code") or "")
        if found is None:
            raise NoSuchCode
        voucher, customer = found.voucher, found.customer
        return jsonify(
            code=found.code,
            given_at=views.moment(found.given_at),
            customer=views.person(customer, ledger.balance(session, customer.id)) if customer else None,
            status="shared" if known.single_coupon else views.status(voucher, now) if voucher else "free",
            used_at=views.moment(voucher.redeemed_at) if voucher else None,
        )


@blueprint.route("/admin/campaigns/<campaign>/draws", methods=["GET"])
@blueprint.response(200, schemas.DrawPage)
@blueprint.doc(parameters=[CHAIN, *answers.reading_on("id", "after", type="string", format="uuid")])
@allow("admin")
def list_draws(campaign: str) -> Response:
    """List a campaign's draws with all that it takes to check them, by customer and number."""
    now = clock.now()
    with listing() as session:
        known = chosen.campaign(session, campaign)
        found, more = holdings.draws_of_campaign(session, known.id, answers.size(), uuid("after"))
        return jsonify(views.more("draws", [views.draw(it, now) for it in found], more))


@blueprint.route("/admin/campaigns/<campaign>/draws/verification", methods=["GET"])
@blueprint.response(200, schemas.VerificationView)
@blueprint.alt_response(404, schema=schemas.RefusedView, description="It draws nothing")
@blueprint.doc(parameters=[CHAIN])
@allow("admin")
def verify_draws(campaign: str) -> Response:
    """Compute all draws of a campaign again, and tell what does not agree. For millions, use `guerdon draw verify`."""
    with listing() as session:
        reports = list(verification.verify(session, chosen.campaign(session, campaign).id))
        if not reports:
            raise NoDraws
        [report] = reports
        return jsonify(draws=report.draws_count, commitment=report.seed.commitment, problems=report.problems)
