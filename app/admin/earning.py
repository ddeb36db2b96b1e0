"""Earning rules: by what customers earn points."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify

from app import clock
from app.amounts import number
from app.campaign.triggers import sales
from app.members import customers
from app.openloyalty import queries, sale_views, schemas, views
from app.openloyalty.api import Blueprint
from app.openloyalty.fields import Checkbox
from app.openloyalty.forms import Form, form, require_unchanged
from app.openloyalty.queries import PAGING_PARAMETERS, filters, paging
from app.openloyalty.rule_forms import TYPES, EarningRuleForm
from app.openloyalty.rules import list_valid_rules
from app.sales import earning, earning_rules
from app.sales.earning_rules import RuleDetails
from app.web.door import allow, chains, note_subject, own_chain, reading, transaction

blueprint = Blueprint("admin_earning", __name__)


class RuleSwitchForm(Form):
    active = Checkbox(load_default=None)


@blueprint.route("/earningRule", methods=["POST"])
@form("earningRule", EarningRuleForm)
@blueprint.response(200, schemas.EarningRuleId)
@allow("admin")
def create_earning_rule(details: RuleDetails) -> Response:
    """Create an earning rule."""
    with transaction() as session:
        sales.require_reward(session, own_chain(), details)
        made = earning_rules.create(session, own_chain(), details, clock.now())
        note_subject(earning_rule=made.uuid)
        return jsonify(earningRuleId=str(made.uuid))


@blueprint.route("/earningRule/<uuid:rule>", methods=["PUT"])
@form("earningRule", EarningRuleForm)
@blueprint.response(200, schemas.EarningRuleId)
@allow("admin")
def change_earning_rule(details: RuleDetails, rule: UUID) -> Response:
    """Change an earning rule as a whole; it keeps its type."""
    with transaction() as session:
        known = earning_rules.get(session, rule, chains())
        sales.require_reward(session, known.chain_id, details)
        require_unchanged("earningRule", sale_views.earning_rule(known))
        earning_rules.change(session, rule, details, chains())
    return jsonify(earningRuleId=str(rule))


@blueprint.route("/earningRule/<uuid:rule>/activate", methods=["POST"])
@form(None, RuleSwitchForm)
@blueprint.response(200, schemas.EarningRuleId)
@allow("admin")
def switch_earning_rule(data: dict[str, Any], rule: UUID) -> Response:
    """Switch an earning rule on or off."""
    if data["active"] is None:
        response = jsonify(active="this field is required")
        response.status_code = 400
        return response
    with transaction() as session:
        earning_rules.switch(session, rule, data["active"], chains())
    return jsonify(earningRuleId=str(rule))


@blueprint.route("/earningRule/<uuid:rule>", methods=["GET"])
@blueprint.response(200, schemas.EarningRuleView)
@allow("admin", "seller")
def show_earning_rule(rule: UUID) -> Response:
    """Show an earning rule."""
    with reading() as session:
        return jsonify(sale_views.earning_rule(earning_rules.get(session, rule, chains())))


@blueprint.route("/earningRule", methods=["GET"])
@blueprint.response(200, schemas.listed("earningRules", schemas.EarningRuleView))
@blueprint.doc(parameters=[*PAGING_PARAMETERS, *filters("type", "paginated")])
@allow("admin")
def list_earning_rules() -> Response:
    """List the earning rules."""
    queries.flag("paginated")  # 3.2's console asks for all at once so
    kind = queries.choice("type", TYPES)
    with reading() as session:
        found = earning_rules.page(session, chains(), paging(), TYPES[kind] if kind else None)
        return views.paged("earningRules", found, sale_views.earning_rule)


@blueprint.route("/seller/earningRule", methods=["GET"])
@blueprint.response(200, schemas.listed("earningRules", schemas.EarningRuleView))
@blueprint.doc(parameters=PAGING_PARAMETERS)
@allow("admin", "seller")
def list_earning_rules_as_seller() -> Response:
    """List the earning rules that are valid now."""
    return list_valid_rules()


@blueprint.route("/v1/earnRule/<event>/customer/<customer>", methods=["POST"])
@blueprint.response(200, schemas.PointsEarned)
@allow("admin")
def tell_custom_event(event: str, customer: str) -> Response:
    """Tell that a customer did something for which a rule gives points; how many it gave."""
    with transaction() as session:
        found = customers.get(session, customer, chains())
        points = earning.for_custom_event(session, found, event, clock.now())
        note_subject(customer=found.uuid, event=event)
        return jsonify(points=number(points))
