"""What customers do with a link that was mailed to them: choose a new password, activate an account. Source: contract section 3.1."""

from typing import Any

from flask import Response, jsonify, request

from app import clock
from app.access import logins, mails, passwords
from app.access.links import ACTIVATION, RESET
from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import signups
from app.openloyalty import schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.errors import NotOffered
from app.openloyalty.fields import Secret, Text
from app.openloyalty.forms import Form, Group, form
from app.organizations import chains
from app.web.brakes import account_of, counted, has_room
from app.web.callers import identity
from app.web.door import anyone, database, in_background, note_unrewarded, settings, transaction, with_retries

blueprint = Blueprint("customer_links", __name__)


class ResetRequestForm(Form):
    """An e-mail address, a phone or a card."""

    username = Text()


class NewPasswordForm(Form):
    plainPassword = Secret(required=True, attribute="password")


class ResetForm(Form):
    """The token of the link that was mailed, and the new password."""

    token = Text(required=True)
    reset = Group(NewPasswordForm, required=True)


def _requested(data: dict[str, Any]) -> Response:
    if not settings().sends_mail:
        raise NotOffered("No mail is sent from here: ask the staff for a new password.")
    name = data["username"]
    if not name:
        raise NotOffered('field "username" should not be empty')
    counted("reset password")
    if has_room("reset password", account_of(True, name)):
        opened, now, may_activate = database(), clock.now(), settings().self_registration == "mail"
        host = request.host

        def write() -> None:
            with opened.transaction() as session:
                mails.write_link(session, name, now, may_activate, chains.of_host(session, host))

        # Beside the request: how long the answer takes tells nobody whether there is such an account.
        in_background(lambda: with_retries(write))
    return jsonify(success=True)


@blueprint.route("/password/reset/request", methods=["POST"])
@form(None, ResetRequestForm)
@blueprint.response(200, schemas.Success)
@anyone
def request_password_reset(data: dict[str, Any]) -> Response:
    """Ask for a link to choose a new password with; it is mailed, if there is such an account with an address, and holds for an hour.

    Who has registered, and has not activated the account yet, is mailed a link for that.
    """
    return _requested(data)


@blueprint.route("/customer/password/reset/request", methods=["POST"])
@form(None, ResetRequestForm)
@blueprint.response(200, schemas.Success)
@anyone
def request_customers_password_reset(data: dict[str, Any]) -> Response:
    """Ask for a link to choose a new password with, at the address of later versions."""
    return _requested(data)


@blueprint.route("/password/reset", methods=["POST"])
@form(None, ResetForm)
@blueprint.response(200, schemas.Success)
@anyone
def reset_password(data: dict[str, Any]) -> Response:
    """Choose a new password with a link, which holds once. All tokens given out until now end."""
    counted("use link")
    new = passwords.chosen(data["reset"]["password"])
    with transaction() as session:
        linked = identity().links.read(session, RESET, data["token"])
        logins.set_password(session, linked.login.id, new)
    return jsonify(success=True)


@blueprint.route("/customer/activate/<token>", methods=["POST"])
@blueprint.response(200, {"type": "string"})
@anyone
def activate_myself(token: str) -> Response:
    """Activate my account with the link that was mailed when I registered."""
    counted("use link")
    with transaction() as session:
        customer = identity().links.read(session, ACTIVATION, token).customer
        for it in signups.activate(session, customer, clock.now(), SYSTEM):
            note_unrewarded(it.campaign_id, it.reasons[0].code, is_answered=False)
    return jsonify("")
