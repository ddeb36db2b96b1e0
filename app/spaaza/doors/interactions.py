"""interact-campaign: a customer interacts with a campaign. The answer never says what was won."""

from flask import Response

from app import clock
from app.campaign.triggers import interactions
from app.spaaza import access, codes, envelope, schemas
from app.spaaza.calls import call
from app.spaaza.envelope import INTERACT
from app.spaaza.identify import customer_id
from app.spaaza.parameters import parameters
from app.web.door import note_effect, single_statement
from app.web.rejected import Rejected

PARAMETERS = {
    "campaign_id*": "The campaign (integer).",
    "chain_id": "The chain (integer); for the staff.",
    "user_id": "The customer, or member_number, or authentication_point_identifier; for the staff and partners.",
    "X-Spaaza-MyPrice-App-Hostname": "The app of a customer's session.",
}


@call(
    INTERACT,
    "GET",
    "POST",
    also=("interaction-campaign",),
    partners_write=True,
    parameters=PARAMETERS,
    results=schemas.Done,
)
def interact() -> Response:
    """Interact with a campaign for a customer. Repeating it gives no more than the campaign allows."""
    campaign_id = _campaign_id()
    with single_statement() as executor:
        customer = customer_id(executor, parameters(), trusting=True)
        given = interactions.interact(executor, access.chain_id(), campaign_id, customer, clock.now(), access.actor())
        note_effect(given.award_id)
    return envelope.ok(INTERACT, {"success": True})


def _campaign_id() -> int:
    sent = parameters()
    if sent.values.get("campaign_id") in (None, ""):
        raise Rejected(codes.CAMPAIGN_ID_NOT_PRESENT)
    campaign_id = sent.whole("campaign_id")
    if campaign_id is None or campaign_id < 0:
        raise Rejected(codes.CAMPAIGN_ID_INVALID)
    return campaign_id
