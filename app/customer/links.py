"""What customers do with a link or a code that was sent to them: a new password, an active account. Source: contract section 3.1."""

from typing import Any

from flask import Response, jsonify, request
from sqlalchemy.orm import Session

from app import clock
from app.access import codes, logins, mails, passwords
from app.access.links import ACTIVATION
from app.campaign.awards.give import SYSTEM
from app.campaign.triggers import signups
from app.members.models import Customer
from app.openloyalty import schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.errors import NotOffered
from app.openloyalty.forms.fields import Secret, Text
from app.openloyalty.forms.form import Form, Group, form
from app.organizations import chains
from app.web.brakes import LETTERS_BY_ACCOUNT, account_of, counted, has_room
from app.web.callers import identity
from app.web.door import anyone, database, in_background, note_unrewarded, settings, transaction, with_retries

blueprint = Blueprint("customer_links", __name__)


class ResetRequestForm(Form):
    """An e-mail address, a phone or a card."""

    username = Text()


class PhoneForm(Form):
    """Whose code it is: the phone, as it was registered."""

    phone = Text(required=True)


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
        opened, now, host = database(), clock.now(), request.host
        activated_by = settings().self_registration

        def write() -> None:
            with opened.transaction() as session:
                mails.write_link(session, name, now, activated_by, chains.of_host(session, host))

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
        linked = identity().links.read_for_password(session, data["token"])
        logins.set_password(session, linked.login.id, new)
    return jsonify(success=True)


@blueprint.route("/customer/activate/<token>", methods=["POST"])
@blueprint.response(200, {"type": "string"})
@anyone
def activate_myself(token: str) -> Response:
    """Activate my account with the link that was mailed when I registered."""
    counted("use link")
    with transaction() as session:
        _activated(session, identity().links.read(session, ACTIVATION, token).customer)
    return jsonify("")


@blueprint.route("/customer/activate-sms/<token>", methods=["POST"])
@blueprint.response(200, {"type": "string"})
@anyone
def activate_with_code(token: str) -> Response:
    """Activate an account with the code that was sent to the customer, who types it in, or says it at the till."""
    counted("use link")
    with transaction() as session:
        _activated(session, codes.use(session, token, clock.now(), chains.of_host(session, request.host)))
    return jsonify("")


@blueprint.route("/customer/customer-phone/send-sms-code", methods=["POST"])
@form(None, PhoneForm)
@blueprint.response(200, {"type": "string"})
@anyone
def ask_for_code(data: dict[str, Any]) -> Response:
    """Ask for another code to activate my account with. Whether somebody with this phone waits for one is not told."""
    counted("send code")
    account = account_of(True, data["phone"])
    has_some = has_room("send code", account) and has_room("codes of a day", account, LETTERS_BY_ACCOUNT)
    if settings().self_registration == "code" and has_some:
        opened, now, sends_mail, host = database(), clock.now(), settings().sends_mail, request.host

        def send() -> None:
            with opened.transaction() as session:
                mails.send_code_to(session, data["phone"], now, sends_mail, chains.of_host(session, host))

        in_background(lambda: with_retries(send))
    return jsonify("")


def _activated(session: Session, customer: Customer) -> None:
    for it in signups.activate(session, customer, clock.now(), SYSTEM):
        note_unrewarded(it.campaign_id, it.reasons[0].code, is_answered=False)
