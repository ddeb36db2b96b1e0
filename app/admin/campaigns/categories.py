"""Categories of campaigns. Source: Open Loyalty 3.2, "Campaign category"."""

import dataclasses
from collections.abc import Mapping, Set
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from marshmallow import missing, post_load
from sqlalchemy.orm import Session

from app.campaign.errors import CategoryNotFound
from app.campaign.setup import categories
from app.campaign.setup.categories import CategoryDetails
from app.openloyalty import campaign_views, schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import paged
from app.openloyalty.forms.fields import Checkbox, Text, Whole
from app.openloyalty.forms.form import Form, chosen_texts, form, lacking, without_fallbacks
from app.openloyalty.queries import LOCALE, filters, flag, paged_by, paging, text
from app.paging import Paged
from app.web.door import allow, anyone, chains, note_subject, own_chain, reading, shown_chain, transaction, visitor

blueprint = Blueprint("admin_categories", __name__)


class CategoryForm(Form):
    """A category of campaigns; those of a lower `sortOrder` come first."""

    translated = ("name",)
    keeps_translations = True
    name = Text(required=True)
    active = Checkbox(load_default=True)
    sortOrder = Whole(attribute="position", load_default=0)

    @post_load(pass_original=True)
    def details(self, data: dict[str, Any], original: Mapping[str, Any], **kw: Any) -> dict[str, Any]:
        others = self.other_texts(original)
        names = {locale: texts["name"] for locale, texts in others.items() if texts["name"]}
        return {**data, **({"translations": names} if original.get("translations") else {})}


class CategoryChangeForm(CategoryForm):
    """The same, for one that is there."""

    printed = schemas.CategoryView
    chooses_texts = True
    elsewhere = ("campaignCategoryId",)
    active = Checkbox(load_default=missing)  # not sent, it stays: who renames a category does not show it
    sortOrder = Whole(attribute="position", load_default=missing)


class SwitchForm(Form):
    active = Checkbox(load_default=None)


@blueprint.route("/campaignCategory", methods=["GET"])
@blueprint.response(200, schemas.listed("categories", schemas.CategoryView))
@blueprint.doc(parameters=[*paged_by(sorting.CATEGORIES), LOCALE, *filters("name", "active")])
@anyone
def list_categories() -> Response:
    """List the categories of campaigns: one's own chain's, and to who has not signed in those of the programme whose address this is.

    Those that are switched off are for the staff only.
    """
    with reading() as session:
        mine, is_staff = _whose(session)
        active = flag("active")
        if not is_staff and active is False:
            return paged("categories", Paged([], 0), campaign_views.category)
        found = categories.page(session, mine, paging(sorting.CATEGORIES), text("name"), active if is_staff else True)
        return paged("categories", found, campaign_views.category)


def _whose(session: Session) -> tuple[Set[int], bool]:
    """Of which chains the caller is shown categories: the staff's own, a customer's own, to others those of this address; and whether it
    is the staff, who is shown what is switched off, too.
    """
    who = visitor()
    if who is None:
        return {shown_chain(session)}, False
    return who.reads, who.role in ("admin", "seller")


@blueprint.route("/campaignCategory", methods=["POST"])
@form("campaign_category", CategoryForm)
@blueprint.response(200, schemas.CategoryId)
@allow("admin")
def create_category(data: dict[str, Any]) -> Response:
    """Create a category of campaigns."""
    with transaction() as session:
        created = categories.create(session, own_chain(), CategoryDetails(**data))
        note_subject(category=created.uuid)
    return jsonify(campaignCategoryId=str(created.uuid))


@blueprint.route("/campaignCategory/<uuid:category>", methods=["GET"])
@blueprint.response(200, schemas.CategoryView)
@blueprint.doc(parameters=[LOCALE])
@anyone
def show_category(category: UUID) -> Response:
    """Show a category of campaigns; one that is switched off, to the staff only."""
    with reading() as session:
        mine, is_staff = _whose(session)
        found = categories.get(session, category, mine)
        if not (found.active or is_staff):
            raise CategoryNotFound
        return jsonify(campaign_views.category(found))


@blueprint.route("/campaignCategory/<uuid:category>", methods=["PUT"])
@form("campaign_category", CategoryChangeForm)
@blueprint.response(200, schemas.CategoryId)
@allow("admin")
def change_category(data: dict[str, Any], category: UUID) -> Response:
    """Change a category of campaigns; whether it is active, its place and its other languages stay unless they are sent."""
    with transaction() as session:
        found = categories.get(session, category, chains())
        others = {language: {"name": name} for language, name in found.translations.items()}
        chosen = chosen_texts("campaign_category", {"name": found.name}, others)
        if "translations" in data:
            data["translations"] = {
                language: name
                for language, sent in data["translations"].items()
                if (
                    name := without_fallbacks(language, {"name": sent}, {"name": found.name}, others.get(language, {}))[
                        "name"
                    ]
                )
            }
        known = {field.name: getattr(found, field.name) for field in dataclasses.fields(CategoryDetails)}
        categories.change(session, found, CategoryDetails(**{**known, **data, **chosen}))
    return jsonify(campaignCategoryId=str(category))


@blueprint.route("/campaignCategory/<uuid:category>/active", methods=["POST"])
@form(None, SwitchForm)
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def switch_category(data: dict[str, bool | None], category: UUID) -> Response:
    """Switch a category on or off; its campaigns stay in it."""
    if data["active"] is None:
        return lacking(active="this field is required")
    with transaction() as session:
        categories.get(session, category, chains()).active = data["active"]
    return jsonify([])
