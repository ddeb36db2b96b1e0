"""Campaigns: create, list, change, look at, switch."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from flask import Response, jsonify

from app import clock
from app.campaign.document.spec import CampaignSpec, TranslationSpec
from app.campaign.listings import catalogue
from app.campaign.setup import campaigns, coupons
from app.openloyalty import campaign_views, schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import paged
from app.openloyalty.forms.campaigns import CampaignChangeForm, CampaignForm
from app.openloyalty.forms.form import chosen_texts, form, sends_translations, without_fallbacks
from app.openloyalty.queries import (
    FORMAT,
    LATER_FILTERS,
    LOCALE,
    SHELF_FILTERS,
    flag,
    labels,
    paged_by,
    paging,
    shelf,
    text,
    wants_html,
)
from app.openloyalty.shared import showing
from app.openloyalty.shared.people import actor, customer_pages
from app.web.door import allow, caller, chains, listing, note_subject, own_chain, reading, transaction

blueprint = Blueprint("admin_campaigns", __name__)

LABELS = [
    {
        "in": "query",
        "name": f"labels[0][{part}]",
        "schema": {"type": "string"},
        "description": f"A label's {part}; several are ANDed.",
    }
    for part in ("key", "value")
]
FILTERS = [
    {"in": "query", "name": "name", "schema": {"type": "string"}, "description": "Text in the name."},
    {"in": "query", "name": "active", "schema": {"type": "boolean"}, "description": "Switched on or off."},
    {"in": "query", "name": "campaignType", "schema": {"type": "string"}, "description": "The kind of reward."},
]


@blueprint.route("/campaign", methods=["POST"])
@form("campaign", CampaignForm)
@blueprint.response(200, schemas.CampaignId)
@allow("admin")
def create_campaign(spec: CampaignSpec) -> Response:
    """Create a reward campaign."""
    with transaction() as session:
        created = campaigns.create(session, spec, clock.now(), own_chain(), by=actor())
        note_subject(campaign=created.uuid)
    return jsonify(campaignId=str(created.uuid))


@blueprint.route("/campaign", methods=["GET"])
@blueprint.response(200, schemas.listed("campaigns", schemas.CampaignView))
@blueprint.doc(
    parameters=[*paged_by(sorting.CAMPAIGNS), FORMAT, LOCALE, *LABELS, *FILTERS, *SHELF_FILTERS, *LATER_FILTERS]
)
@allow("admin")
def list_campaigns() -> Response:
    """List all campaigns."""
    wanted = replace(
        shelf(), labels=labels(), name=text("name"), active=flag("active"), coupon_kind=text("campaignType")
    )
    with listing() as session:
        found = catalogue.page(session, chains(), paging(sorting.CAMPAIGNS), clock.now(), wanted)
        return showing.page(found, "admin", wants_html())


@blueprint.route("/campaign/active", methods=["GET"])
@blueprint.response(200, schemas.listed("campaigns", schemas.CampaignView))
@blueprint.doc(parameters=[*paged_by(sorting.CAMPAIGNS), FORMAT, LOCALE])
@allow("admin")
def list_active_campaigns() -> Response:
    """List the campaigns that are switched on, for whoever chooses what an instant reward gives."""
    with listing() as session:
        wanted = catalogue.CampaignFilter(active=True)
        return showing.page(
            catalogue.page(session, chains(), paging(sorting.CAMPAIGNS), clock.now(), wanted), "admin", wants_html()
        )


@blueprint.route("/campaign/<uuid:campaign>", methods=["PUT"])
@form("campaign", CampaignChangeForm)
@blueprint.response(200, schemas.CampaignId)
@allow("admin")
def change_campaign(spec: CampaignSpec, campaign: UUID) -> Response:
    """Change a campaign as a whole."""
    with transaction() as session:
        known, others = campaigns.texts(session, campaign, chains())
        chosen = chosen_texts(
            "campaign", _on_the_wire(known), {it: _on_the_wire(texts) for it, texts in others.items()}
        )
        name = chosen.pop("name", spec.name)
        gone = {language: TranslationSpec() for language in others} if sends_translations("campaign") else {}
        sent = {
            language: TranslationSpec(**without_fallbacks(language, asdict(texts), known, others.get(language, {})))
            for language, texts in spec.translations.items()
        }
        spec = replace(spec, name=name, texts=replace(spec.texts, **chosen), translations={**gone, **sent})
        campaigns.change(session, campaign, spec, chains(), clock.now(), actor())
    return jsonify(campaignId=str(campaign))


def _on_the_wire(texts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: texts.get(ours) for name, ours in campaign_views.TRANSLATED.items()}


@blueprint.route("/campaign/<uuid:campaign>", methods=["GET"])
@blueprint.response(200, schemas.CampaignDetails)
@blueprint.doc(parameters=[FORMAT, LOCALE])
@allow("admin", "seller", "customer")
def show_campaign(campaign: UUID) -> Response:
    """Show a campaign; to customers only one that is visible to them, and without its codes."""
    who = caller()
    with reading() as session:
        if who.customer:
            shown = catalogue.one_for_customer(session, campaign, who.customer, clock.now())
        else:
            shown = catalogue.one(session, campaign, chains(), clock.now())
    return showing.one(shown, who.role, wants_html())


@blueprint.route("/campaign/<uuid:campaign>/<any(active, inactive):status>", methods=["POST"])
@blueprint.response(200, schemas.CampaignId)
@allow("admin")
def switch_campaign(campaign: UUID, status: str) -> Response:
    """Switch a campaign on or off."""
    with transaction() as session:
        campaigns.switch(session, campaign, status == "active", chains(), clock.now(), actor())
    return jsonify(campaignId=str(campaign))


@blueprint.route("/campaign/<uuid:campaign>/coupons", methods=["GET"])
@blueprint.response(200, schemas.listed("coupons", schemas.PoolCouponView))
@blueprint.doc(parameters=paged_by())
@allow("admin")
def list_coupons(campaign: UUID) -> Response:
    """List all codes of a campaign, by code: for pools too large to be printed with it."""
    with listing() as session:
        return paged("coupons", coupons.page(session, campaign, chains(), paging()), campaign_views.pool_coupon)


@blueprint.route("/campaign/<uuid:campaign>/customers/visible", methods=["GET"])
@blueprint.response(200, schemas.listed("customers", schemas.CustomerView))
@blueprint.doc(parameters=paged_by())
@allow("admin")
def list_customers_of_campaign(campaign: UUID) -> Response:
    """List the customers that a campaign is visible to."""
    with listing() as session:
        return customer_pages(session, catalogue.customers(session, campaign, chains(), paging(), clock.now()))
