"""Who was recommended the programme by whom. Source: contract section 3.6."""

from typing import Any

from flask import Response

from app.campaign.listings import recommendations
from app.campaign.listings.recommendations import Recommended
from app.openloyalty import schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import moment, paged, without_none
from app.openloyalty.queries import paged_by, paging
from app.web.door import allow, chains, listing

blueprint = Blueprint("admin_invitations", __name__)


@blueprint.route("/invitations", methods=["GET"])
@blueprint.response(200, schemas.listed("invitations", schemas.InvitationView))
@blueprint.doc(parameters=paged_by())
@allow("admin")
def list_invitations() -> Response:
    """List who registered as recommended by whom, the latest first. Who was invited and has not registered is kept nowhere."""
    with listing() as session:
        return paged("invitations", recommendations.page(session, chains(), paging()), _shown)


def _shown(it: Recommended) -> dict[str, Any]:
    return without_none(
        {
            "invitationId": str(it.recipient.uuid),
            "referrerId": str(it.referrer.uuid),
            "referrerEmail": it.referrer.profile.email,
            "referrerName": _name(it.referrer),
            "recipientId": str(it.recipient.uuid),
            "recipientEmail": it.recipient.profile.email,
            "recipientName": _name(it.recipient),
            "status": "made_purchase" if it.has_bought else "registered",
            "createdAt": moment(it.since),
        }
    )


def _name(customer: Any) -> str:
    return f"{customer.profile.first_name} {customer.profile.last_name}".strip()
