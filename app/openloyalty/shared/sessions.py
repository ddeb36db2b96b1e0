"""Signing in, the same for every role, each below an address of its own."""

from typing import Any

from flask import Response, jsonify
from sqlalchemy.orm import Session

from app import clock
from app.access import logins, passwords, roles
from app.access.errors import BadCredentials, BadRefreshToken, WrongPassword
from app.access.models import Login
from app.openloyalty import schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.fields import Secret, Text
from app.openloyalty.forms.form import Form, form
from app.web.brakes import account_of, braked
from app.web.callers import identity
from app.web.door import allow, anyone, login_id, reading, settings, transaction, visited_chain


class LoginForm(Form):
    """`_username` and `_password`."""

    name = Text(data_key="_username")
    password = Secret(data_key="_password")


class RefreshForm(Form):
    refresh_token = Text()


class PasswordChangeForm(Form):
    currentPassword = Secret(required=True, attribute="current_password")
    plainPassword = Secret(required=True, attribute="password")


def session_blueprint(role: str) -> Blueprint:
    """`/api/<role>/login_check` and `/api/<role>/password/change`."""
    blueprint = Blueprint(f"{role}_sessions", __name__)

    @blueprint.route(f"/{role}/login_check", methods=["POST"])
    @form(None, LoginForm)
    @blueprint.response(200, schemas.Tokens)
    @blueprint.alt_response(401, schema=schemas.Unauthorized, description="Bad credentials")
    @anyone
    def sign_in(data: dict[str, Any]) -> Response:
        """Sign in with a name and a password."""
        return _signed_in(role, data["name"] or "", data["password"] or "")

    @blueprint.route(f"/{role}/password/change", methods=["POST"])
    @form(None, PasswordChangeForm)
    @blueprint.response(200, schemas.Success)
    @allow(role)
    def change_password(data: dict[str, Any]) -> Response:
        """Change my password; all tokens given out until now end."""
        with braked("change password", str(login_id()), WrongPassword, each_try=True):
            with reading() as session:
                known = logins.password_hash(session, login_id())
            logins.require_password(known, data["current_password"])
        new = passwords.chosen(data["password"])
        with transaction() as session:
            logins.set_password(session, login_id(), new)
        return jsonify(success=True)

    return blueprint


def refreshed(token: str) -> Response:
    """A new pair of tokens for a refresh token. One that was spent before ends its whole chain."""
    with braked("refresh", None, BadRefreshToken):
        return _refreshed(token)


def _refreshed(token: str) -> Response:
    try:
        with transaction() as session:
            login, refresh_token = logins.refreshed(session, token, clock.now())
            tokens = _tokens(session, login, refresh_token)
    except BadRefreshToken:
        with transaction() as session:
            logins.end_chain(session, token)
        raise
    return jsonify(tokens)


def _signed_in(role: str, name: str, password: str) -> Response:
    if len(password) > passwords.LENGTH_MAX:
        raise BadCredentials
    with braked("sign in", account_of(role == "customer", name), BadCredentials, each_try=True):
        with reading() as session:
            found = logins.candidates(session, role, name, visited_chain(session))
        login = logins.check(found, password)
    rehashed = passwords.rehashed(login.password_hash, password)
    with transaction() as session:
        refresh_token = logins.signed_in(session, login, clock.now(), settings().refresh_token_days, rehashed)
        tokens = _tokens(session, login, refresh_token)
    return jsonify(tokens)


def _tokens(session: Session, login: Login, refresh_token: str) -> dict[str, str]:
    name, public_id = logins.public_name(session, login)
    permitted = roles.granted(session, login.id) if login.is_limited else None
    return {"token": identity().token(login, name, public_id, clock.now(), permitted), "refresh_token": refresh_token}
