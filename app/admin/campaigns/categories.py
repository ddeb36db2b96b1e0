"""Categories of campaigns. Source: Open Loyalty 3.2, "Campaign category"."""

from uuid import UUID

from flask import Response, jsonify
from marshmallow import post_load

from app.campaign.setup import categories
from app.campaign.setup.categories import CategoryDetails
from app.openloyalty import schemas, views
from app.openloyalty.api import Blueprint
from app.openloyalty.fields import Checkbox, Text, Whole
from app.openloyalty.forms import Form, chosen_texts, form
from app.openloyalty.queries import PAGING_PARAMETERS, filters, flag, paging, text
from app.organizations import chains as organizations
from app.web.door import allow, anyone, chains, note_subject, own_chain, reading, transaction, visited_chain, visitor

blueprint = Blueprint("admin_categories", __name__)


class CategoryForm(Form):
    """A category of campaigns; those of a lower `sortOrder` come first."""

    translated = ("name",)
    name = Text(required=True)
    active = Checkbox(load_default=True)
    sortOrder = Whole(attribute="position", load_default=0)

    @post_load
    def details(self, data: dict[str, object], **kw: object) -> CategoryDetails:
        return CategoryDetails(**data)  # type: ignore[arg-type]


class CategoryChangeForm(CategoryForm):
    """The same, for one that is there."""

    printed = schemas.CategoryView
    chooses_texts = True
    elsewhere = ("campaignCategoryId",)


class SwitchForm(Form):
    active = Checkbox(load_default=None)


@blueprint.route("/campaignCategory", methods=["GET"])
@blueprint.response(200, schemas.listed("categories", schemas.CategoryView))
@blueprint.doc(parameters=[*PAGING_PARAMETERS, *filters("name", "active")])
@anyone
def list_categories() -> Response:
    """List the categories of campaigns: the staff's own, and to others those of the programme whose address this is."""
    who = visitor()
    with reading() as session:
        mine = who.reads if who is not None and who.role == "admin" else None
        found = categories.page(
            session,
            mine or {visited_chain(session) or organizations.first(session)},
            paging(),
            text("name"),
            flag("active"),
        )
        return views.paged("categories", found, views.category)


@blueprint.route("/campaignCategory", methods=["POST"])
@form("campaign_category", CategoryForm)
@blueprint.response(200, schemas.CategoryId)
@allow("admin")
def create_category(details: CategoryDetails) -> Response:
    """Create a category of campaigns."""
    with transaction() as session:
        created = categories.create(session, own_chain(), details)
        note_subject(category=created.uuid)
    return jsonify(campaignCategoryId=str(created.uuid))


@blueprint.route("/campaignCategory/<uuid:category>", methods=["GET"])
@blueprint.response(200, schemas.CategoryView)
@anyone
def show_category(category: UUID) -> Response:
    """Show a category of campaigns, to everybody."""
    with reading() as session:
        return jsonify(views.category(categories.get(session, category, None)))


@blueprint.route("/campaignCategory/<uuid:category>", methods=["PUT"])
@form("campaign_category", CategoryChangeForm)
@blueprint.response(200, schemas.CategoryId)
@allow("admin")
def change_category(details: CategoryDetails, category: UUID) -> Response:
    """Change a category of campaigns as a whole."""
    with transaction() as session:
        found = categories.get(session, category, chains())
        chosen = chosen_texts("campaign_category", {"name": found.name})
        categories.change(session, found, CategoryDetails(**{**vars(details), **chosen}))
    return jsonify(campaignCategoryId=str(category))


@blueprint.route("/campaignCategory/<uuid:category>/active", methods=["POST"])
@form(None, SwitchForm)
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def switch_category(data: dict[str, bool | None], category: UUID) -> Response:
    """Switch a category on or off; its campaigns stay in it."""
    if data["active"] is None:
        response = jsonify(active="this field is required")
        response.status_code = 400
        return response
    with transaction() as session:
        categories.get(session, category, chains()).active = data["active"]
    return jsonify([])
