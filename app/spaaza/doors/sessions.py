"""login and logout."""

from typing import Any

from flask import Response, request

from app import clock
from app.access import logins, passwords, tokens
from app.access.errors import BadCredentials
from app.access.models import ADMIN, CUSTOMER, SELLER
from app.spaaza import access, codes, envelope, schemas, views
from app.spaaza.calls import call
from app.spaaza.parameters import parameters
from app.web.brakes import account_of, braked
from app.web.door import reading, transaction
from app.web.rejected import Rejected

LOGIN, LOGOUT = "login", "logout"
PASSWORD_LENGTH_MAX = 1_000


@call(
    LOGIN,
    "POST",
    prefix="/auth",
    authenticated=False,
    parameters={
        "username*": "E-mail of a customer; user name or e-mail of the staff.",
        "password*": "The password.",
        "X-Spaaza-MyPrice-App-Hostname": "The app, for customers; the staff leaves it out.",
    },
    results=schemas.SessionResult,
)
def login() -> Response:
    """Sign in; whoever was signed in before with the same account is signed out."""
    if "password" in request.args:
        raise Rejected(codes.PARAMETER_INVALID, "Send the password in the body: addresses are written into logs.")
    sent = parameters()
    username = sent.required("username", sent.text("username"))
    password = sent.required("password", sent.secret("password", PASSWORD_LENGTH_MAX))
    hostname = access.hostname()
    with reading() as session:
        chain_id = access.chain_of_app(session, hostname) if hostname else None
    with braked("sign in", account_of(chain_id is not None, username), BadCredentials, each_try=True):
        with reading() as session:
            found = _candidates(session, username, chain_id)
        checked = logins.check(found, password)
        if checked.is_limited:
            raise Rejected(codes.PERMISSION_DENIED)  # roles permit calls of the console, and no others
        now = clock.now()
        rehashed = passwords.rehashed(checked.password_hash, password)
        with transaction() as session:
            if chain_id is not None and logins.chain_id(session, checked) != chain_id:
                raise BadCredentials
            begun = tokens.begin(session, checked, now, rehashed)
            name, _ = logins.public_name(session, checked)
    user_id = checked.customer_id or checked.id
    info = {
        "session_key": begun.key,
        "session_key_validity": str(tokens.SESSION_HOURS),
        "session_auth_method": "user" if checked.customer_id else "admin",
        "session_user_id": user_id,
        "session_username": name,
        "session_expires_date": views.moment(begun.expires_at),
    }
    return envelope.ok(LOGIN, {"session_info": info, "user_info": {"id": user_id, "username": name}})


@call(LOGOUT, "DELETE", "POST", chain="", prefix="/auth", results=schemas.Done)
def logout() -> Response:
    """Sign out: the session key opens nothing any more."""
    key = access.session_key()
    if key is None:
        raise Rejected(
            codes.AUTH_METHOD_INVALID, "There is no session to end: an access token is revoked, not signed out."
        )
    with transaction() as session:
        tokens.end(session, key)
    return envelope.ok(LOGOUT, {"success": True})


def _candidates(session: Any, username: str, chain_id: int | None) -> list[logins.Candidate]:
    if chain_id is not None:
        return logins.candidates(session, CUSTOMER, username, chain_id)
    return logins.candidates(session, ADMIN, username) or logins.candidates(session, SELLER, username)
