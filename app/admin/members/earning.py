"""Earning rules: by what customers earn points."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from app import clock
from app.amounts import number
from app.campaign.triggers import sales
from app.members import customers
from app.members.models import Customer
from app.openloyalty import queries, schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.fields import Checkbox
from app.openloyalty.forms.form import Form, InvalidForm, chosen_texts, form, lacking, require_unchanged, tree
from app.openloyalty.forms.rules import TYPES, CodeForm, EarningRuleChangeForm, EarningRuleForm, PlaceForm
from app.openloyalty.queries import filters, paged_by, paging
from app.openloyalty.shared.rules import list_valid_rules, paged_rules, shown_rule
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
@form("earningRule", EarningRuleChangeForm)
@blueprint.response(200, schemas.EarningRuleId)
@allow("admin")
def change_earning_rule(data: dict[str, Any], rule: UUID) -> Response:
    """Change an earning rule as a whole; it keeps its type."""
    with transaction() as session:
        known = earning_rules.get(session, rule, chains())
        shown = shown_rule(session, known)
        require_unchanged("earningRule", shown)
        details = _changed(data, shown)
        sales.require_reward(session, known.chain_id, details)
        earning_rules.change(session, rule, details, chains())
    return jsonify(earningRuleId=str(rule))


def _changed(data: dict[str, Any], shown: dict[str, Any]) -> RuleDetails:
    """A rule of the type that it has, if none is sent. Raises InvalidForm."""
    rule_form = EarningRuleChangeForm()
    try:
        details = rule_form.details({**data, "type": data["type"] or shown["type"]})
    except ValidationError as e:
        raise InvalidForm(tree(rule_form, e.messages_dict)) from e
    return replace(details, **chosen_texts("earningRule", shown))


@blueprint.route("/earningRule/<uuid:rule>/activate", methods=["POST"])
@form(None, RuleSwitchForm)
@blueprint.response(200, schemas.EarningRuleId)
@allow("admin")
def switch_earning_rule(data: dict[str, Any], rule: UUID) -> Response:
    """Switch an earning rule on or off."""
    if data["active"] is None:
        return lacking(active="this field is required")
    with transaction() as session:
        earning_rules.switch(session, rule, data["active"], chains())
    return jsonify(earningRuleId=str(rule))


@blueprint.route("/earningRule/<uuid:rule>", methods=["GET"])
@blueprint.response(200, schemas.EarningRuleView)
@allow("admin", "seller")
def show_earning_rule(rule: UUID) -> Response:
    """Show an earning rule."""
    with reading() as session:
        return jsonify(shown_rule(session, earning_rules.get(session, rule, chains())))


@blueprint.route("/earningRule", methods=["GET"])
@blueprint.response(200, schemas.listed("earningRules", schemas.EarningRuleView))
@blueprint.doc(parameters=[*paged_by(sorting.EARNING_RULES), *filters("type", "active", "paginated")])
@allow("admin")
def list_earning_rules() -> Response:
    """List the earning rules."""
    page = paging(sorting.EARNING_RULES)
    if queries.flag("paginated") is False:
        page = replace(page, page=1, per_page=None)
    kind, active = queries.choice("type", TYPES), queries.flag("active")
    with reading() as session:
        return paged_rules(
            session, earning_rules.page(session, chains(), page, TYPES[kind] if kind else None, active=active)
        )


@blueprint.route("/seller/earningRule", methods=["GET"])
@blueprint.response(200, schemas.listed("earningRules", schemas.EarningRuleView))
@blueprint.doc(parameters=paged_by(sorting.EARNING_RULES))
@allow("admin", "seller")
def list_earning_rules_as_seller() -> Response:
    """List the earning rules that are valid now."""
    return list_valid_rules()


@blueprint.route("/seller/earningRule/<uuid:rule>", methods=["GET"])
@blueprint.response(200, schemas.EarningRuleView)
@allow("admin", "seller")
def show_earning_rule_to_seller(rule: UUID) -> Response:
    """Show an earning rule."""
    with reading() as session:
        return jsonify(shown_rule(session, earning_rules.get(session, rule, chains())))


@blueprint.route("/v1/earnRule/<event>/customer/<customer>", methods=["POST"])
@blueprint.response(200, schemas.PointsEarned)
@allow("admin")
def tell_custom_event(event: str, customer: str) -> Response:
    """Tell that a customer did something for which a rule gives points; how many it gave."""
    return _earned(customer, lambda session, found: earning.for_custom_event(session, found, event, clock.now()), event)


@blueprint.route("/earningRule/geolocation/customer/<customer>", methods=["POST"])
@form("earningRule", PlaceForm)
@blueprint.response(200, schemas.PointsEarned)
@allow("admin")
def tell_place(data: dict[str, Any], customer: str) -> Response:
    """Tell where a customer is, for which a rule gives points; how many it gave."""
    return _earned(customer, lambda session, found: earning.for_place(session, found, now=clock.now(), **data))


@blueprint.route("/earningRule/qrcode/customer/<customer>", methods=["POST"])
@form("earningRule", CodeForm)
@blueprint.response(200, schemas.PointsEarned)
@allow("admin")
def tell_code(data: dict[str, Any], customer: str) -> Response:
    """Tell which code a customer has read, for which a rule gives points; how many it gave."""
    return _earned(customer, lambda session, found: earning.for_code(session, found, now=clock.now(), **data))


def _earned(customer: str, earn: Callable[[Session, Customer], int], event: str | None = None) -> Response:
    with transaction() as session:
        found = customers.get(session, customer, chains())
        points = earn(session, found)
        note_subject(customer=found.uuid, **({"event": event} if event else {}))
        return jsonify(points=number(points))
