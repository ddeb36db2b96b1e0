"""The levels of the programme, as customers see them."""

from flask import Response

from app.media.pictures import with_picture
from app.members import levels
from app.openloyalty import member_views, schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import paged
from app.openloyalty.queries import paged_by, paging
from app.web.door import allow, chains, reading

blueprint = Blueprint("customer_levels", __name__)


@blueprint.route("/customer/level", methods=["GET"])
@blueprint.response(200, schemas.listed("levels", schemas.CustomersLevelView))
@blueprint.doc(parameters=paged_by(sorting.LEVELS))
@allow("customer")
def list_levels_as_customer() -> Response:
    """List the levels that one may reach, the lowest first."""
    with reading() as session:
        found = levels.page(session, chains(), paging(sorting.LEVELS), True)
        pictured = with_picture(session, "level", (it.uuid for it in found.rows))
        return paged("levels", found, lambda it: member_views.level_for_customers(it, it.uuid in pictured))
