"""What a campaign's document can name: levels, segments and businesses of the chain, by their keys, and how many customers each is."""

from typing import Any

from flask import Response, jsonify

from app.admin import chosen
from app.admin.chosen import CHAIN
from app.members import levels, sizes
from app.members.models import Level, Segment
from app.native import schemas
from app.openloyalty.api import Blueprint
from app.organizations import chains
from app.segments import segments
from app.web.door import allow, reading

blueprint = Blueprint("admin_choices", __name__)


@blueprint.route("/admin/choices", methods=["GET"])
@blueprint.response(200, schemas.ChoicesView)
@blueprint.doc(parameters=[CHAIN])
@allow("admin")
def show_choices() -> Response:
    """Show what a campaign can be for, by the keys that its document names, and how many customers each is."""
    with reading() as session:
        chain = chains.get(session, chosen.chain())
        every = levels.of_chain(session, chain.id)
        groups = segments.of_chain(session, chain.id)
        on_level = levels.customers_counts(session)
        in_segment = segments.customers_counts(session, [it.id for it in groups])
        return jsonify(
            chain_id=chain.id,
            time_zone=chain.time_zone,
            currency=chain.currency,
            customers=sizes.of_chain(session, chain.id),
            levels=[_choice(it, on_level.get(it.id, 0)) for it in every],
            segments=[_choice(it, in_segment[it.id]) for it in groups],
            businesses=[{"name": it.name, "key": it.division_id} for it in chains.businesses(session, chain.id)],
        )


def _choice(it: Level | Segment, customers: int) -> dict[str, Any]:
    return {"key": it.key, "name": it.name, "active": it.active, "customers": customers}
