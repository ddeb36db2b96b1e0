"""Customers invite others. Source: contract section 3.6, and what 3.2's cockpits send."""

from typing import Any

from flask import Response, jsonify

from app import clock
from app.access import mails
from app.calendar import DAY_SECONDS
from app.members import customers
from app.openloyalty.api import Blueprint
from app.openloyalty.errors import NotOffered
from app.openloyalty.forms.fields import Choice, Email, Text
from app.openloyalty.forms.form import Form, form
from app.web.brakes import LETTERS_BY_ACCOUNT, LETTERS_TO_ADDRESS, TooManyTries, account_of, has_room
from app.web.door import allow, caller, settings, transaction

blueprint = Blueprint("customer_invitations", __name__)


class InvitationForm(Form):
    """Who is invited, by mail."""

    type = Choice(("email",))
    recipientEmail = Email(required=True, attribute="address")
    recipientPhone = Text()


@blueprint.route("/invitations/invite", methods=["POST"])
@form("invitation", InvitationForm)
@blueprint.response(200, {"type": "array", "items": {}})
@allow("customer")
def invite(data: dict[str, Any]) -> Response:
    """Invite somebody by mail, with a link to register as recommended by me; twenty a day. The answer tells nobody who is registered."""
    if not settings().sends_mail:
        raise NotOffered("No mail is sent from here: give your friends your referral code.")
    if data["recipientPhone"]:
        raise NotOffered("Invitations go by mail only: send recipientEmail.")
    who = caller()
    if not has_room("invite", str(who.customer), LETTERS_BY_ACCOUNT):
        raise TooManyTries(DAY_SECONDS, "You have invited twenty people: try again tomorrow.")
    is_new = has_room("be invited", account_of(True, data["address"]), LETTERS_TO_ADDRESS)
    with transaction() as session:
        customer = customers.get(session, str(who.customer), {who.own_chain_id} if who.own_chain_id else set())
        if is_new:
            mails.write_invitation(session, customer, data["address"], clock.now())
    return jsonify([])
