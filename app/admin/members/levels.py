"""The levels of the programme."""

from dataclasses import replace
from uuid import UUID

from flask import Response, jsonify

from app import clock
from app.media.pictures import with_picture
from app.members import levels, roster
from app.openloyalty import member_views, schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import kept_percent, paged
from app.openloyalty.forms.fields import Checkbox
from app.openloyalty.forms.form import Form, chosen_texts, form, lacking, require_unchanged
from app.openloyalty.forms.levels import LevelChangeForm, LevelForm
from app.openloyalty.queries import paged_by, paging
from app.openloyalty.shared import tables
from app.openloyalty.shared.programme import list_levels, show_level
from app.web.door import allow, chains, listing, note_subject, own_chain, reading, transaction

blueprint = Blueprint("admin_levels", __name__)


class ActiveForm(Form):
    active = Checkbox(load_default=None)


@blueprint.route("/level", methods=["GET"])
@blueprint.response(200, schemas.listed("levels", schemas.LevelView))
@blueprint.doc(parameters=paged_by(sorting.LEVELS))
@allow("admin", "seller")
def list_all_levels() -> Response:
    """List the levels, the lowest first."""
    return list_levels()


@blueprint.route("/level/<uuid:level>", methods=["GET"])
@blueprint.response(200, schemas.LevelView)
@allow("admin", "seller")
def show_one_level(level: UUID) -> Response:
    """Show a level."""
    return show_level(level)


@blueprint.route("/level/create", methods=["POST"])
@form("level", LevelForm)
@blueprint.response(200, schemas.LevelId)
@allow("admin")
def create_level(terms: levels.LevelDetails) -> Response:
    """Create a level."""
    with transaction() as session:
        created = levels.create(session, own_chain(), terms, clock.now())
        note_subject(level=created.uuid)
    return jsonify(id=str(created.uuid))


@blueprint.route("/level/<uuid:level>", methods=["PUT"])
@form("level", LevelChangeForm)
@blueprint.response(200, schemas.LevelId)
@allow("admin")
def change_level(terms: levels.LevelDetails, level: UUID) -> Response:
    """Change a level as a whole.

    The percentage of its reward is sent as one, and printed as a fraction, as Open Loyalty does; printed and sent back, it stays.
    """
    with transaction() as session:
        found = levels.get(session, level, chains())
        has_photo = level in with_picture(session, "level", [level])
        require_unchanged("level", {"id": str(level), "hasPhoto": has_photo})
        terms = replace(terms, **chosen_texts("level", {"name": found.name, "description": found.description}))
        known = {it.id: it.hundredths_of_percent for it in levels.special_rewards(found)}
        terms = replace(
            terms,
            reward_hundredths_of_percent=kept_percent(
                terms.reward_hundredths_of_percent, found.reward_hundredths_of_percent
            ),
            special_rewards=[
                replace(it, hundredths_of_percent=kept_percent(it.hundredths_of_percent, known.get(it.id)))
                for it in terms.special_rewards
            ]
            if terms.special_rewards is not None
            else None,
        )
        levels.change(session, level, terms, chains(), clock.now())
    return jsonify(id=str(level))


@blueprint.route("/level/<uuid:level>/activate", methods=["POST"])
@form(None, ActiveForm)
@blueprint.response(204)
@allow("admin")
def switch_level(data: dict, level: UUID) -> Response:  # type: ignore[type-arg]
    """Switch a level on or off."""
    if data["active"] is None:
        return lacking(active="this field is required")
    with transaction() as session:
        levels.get(session, level, chains()).active = data["active"]
    return Response(status=204)


@blueprint.route("/level/<uuid:level>/customers", methods=["GET"])
@blueprint.response(200, schemas.listed("customers", schemas.MemberView))
@blueprint.doc(parameters=paged_by(sorting.MEMBERS))
@allow("admin")
def list_customers_of_level(level: UUID) -> Response:
    """List the customers on a level."""
    with listing() as session:
        return paged(
            "customers", levels.customers(session, level, chains(), paging(sorting.MEMBERS)), member_views.member
        )


@blueprint.route("/csv/level/<uuid:level>", methods=["GET"])
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
@allow("admin")
def export_customers_of_level(level: UUID) -> Response:
    """Take away the customers on a level, as CSV."""
    with reading() as session:
        found = levels.get(session, level, chains())
        id, key = found.id, found.key
    return tables.customers(f"level-{key}", lambda session, after: roster.on_level(session, id, after))
