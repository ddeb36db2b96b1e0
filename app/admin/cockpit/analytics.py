"""The figures of the start page of Open Loyalty's cockpit. Source: contract sections 3.6 and 7.1."""

from flask import Response, jsonify
from marshmallow import Schema, fields

from app.admin.cockpit.settings import managed
from app.amounts import number
from app.campaign.listings import figures
from app.members import sizes
from app.openloyalty.api import Blueprint
from app.organizations import chains as organizations
from app.web.door import allow, listing

blueprint = Blueprint("admin_analytics", __name__)


class PointsFigures(Schema):
    totalPointsSpent = fields.Float(required=True)


class SalesFiguresView(Schema):
    total = fields.Integer(required=True)
    amount = fields.Float(required=True)
    currency = fields.String(required=True)


class CustomersFigures(Schema):
    total = fields.Integer(required=True)


class ReferralsFigures(Schema):
    total = fields.Integer(required=True)
    totalCompleted = fields.Integer(required=True)
    totalRegistered = fields.Integer(required=True)


@blueprint.route("/admin/analytics/points", methods=["GET"])
@blueprint.response(200, PointsFigures)
@allow("admin")
def show_points_figures() -> Response:
    """Show how many points were spent on rewards so far."""
    with listing() as session:
        return jsonify(totalPointsSpent=number(figures.points_spent(session, {managed(session)})))


@blueprint.route("/admin/analytics/transactions", methods=["GET"])
@blueprint.response(200, SalesFiguresView)
@allow("admin")
def show_sales_figures() -> Response:
    """Show how many sales were recorded, and their money without what was returned."""
    with listing() as session:
        chain_id = managed(session)
        found = figures.sales(session, {chain_id})
        currency = organizations.get(session, chain_id).currency.lower()
    return jsonify(total=found.count, amount=number(found.amount), currency=currency)


@blueprint.route("/admin/analytics/customers", methods=["GET"])
@blueprint.response(200, CustomersFigures)
@allow("admin")
def show_customers_figures() -> Response:
    """Show how many customers there are."""
    with listing() as session:
        return jsonify(total=sizes.of_chain(session, managed(session)))


@blueprint.route("/admin/analytics/referrals", methods=["GET"])
@blueprint.response(200, ReferralsFigures)
@allow("admin")
def show_referrals_figures() -> Response:
    """Show how many customers were recommended, for how many a campaign rewarded the one who did, and for how many not yet."""
    with listing() as session:
        found = figures.referrals(session, {managed(session)})
    return jsonify(total=found.count, totalCompleted=found.completed, totalRegistered=found.count - found.completed)
