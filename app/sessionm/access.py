"""Who is calling: an application with its secret, or somebody whom an application gave an auth_token.

An application is an app of a chain, named by its api key; its secret is any of its access tokens, sent as the password of Basic
or as a bearer token. An auth_token is encrypted, stands for one customer, and only lets look.
Source: contract section 2.1.
"""

import base64
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import g, request

from app import clock
from app.access import tokens
from app.campaign.awards.give import Actor
from app.db.prepared import Executor
from app.members import identifiers
from app.members.errors import CustomerNotFound
from app.members.identifiers import KnownCustomer
from app.members.models import ERASED
from app.sessionm import codes
from app.web.callers import Caller, identity
from app.web.door import caller, database
from app.web.rejected import Rejected

APPLICATION, VISITOR = "application", "visitor"
AUTH_TOKEN_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Application:
    """The application that calls, or for whose customer somebody does."""

    api_key: str
    chain_id: int
    has_divisions: bool


def by_secret(write: bool) -> Callable[[], Caller]:
    """How a call finds out which application calls; `write`, its secret must be allowed to change something."""

    def find() -> Caller:
        api_key = _api_key()
        user, secret = _credentials()
        with database().lookup_connection() as connection:
            app: Any = tokens.find_app(connection, api_key, secret, clock.now(), *_named_customer())
            found = _customer_of(connection, app) if app is not None else None
        if app is None:
            raise Rejected(codes.INVALID_API_KEY, "No application was found for the given key.")
        if app.token_id is None or user not in ("", api_key):
            raise Rejected(codes.ACCESS_DENIED, "Send the api key and its secret as Basic, or the secret as Bearer.")
        if write and not app.may_write:
            raise Rejected(codes.ACCESS_DENIED, "This secret lets you read, but not change anything.")
        g.application = Application(api_key, app.chain_id, app.has_divisions)
        g.customer = found
        return Caller(None, None, APPLICATION, None, None, app.token_id, app.chain_id)

    return find


def by_auth_token() -> Caller:
    """Whom an auth_token stands for. Raises `invalid_api_key` or `invalid_auth_token`."""
    api_key = _api_key()
    with database().lookup_connection() as connection:
        app: Any = tokens.find_app(connection, api_key, "", clock.now())
        if app is None:
            raise Rejected(codes.INVALID_API_KEY, "No application was found for the given key.")
        customer = _customer_of_token(api_key)
        try:
            known = identifiers.by_uuid(connection, app.chain_id, customer)
        except CustomerNotFound as e:
            raise _invalid_auth_token() from e
    g.application = Application(api_key, app.chain_id, app.has_divisions)
    g.customer = known
    return Caller(None, None, VISITOR, known.id, known.uuid, None, app.chain_id)


def customer() -> KnownCustomer | None:
    """The customer whom the address names, or whom the auth_token stands for; None when there is no such one."""
    return cast("KnownCustomer | None", g.customer)


def application() -> Application:
    return cast(Application, g.application)


def actor() -> Actor:
    """Who asked, for the records."""
    return Actor(None, "system", caller().token_id)


def auth_token(api_key: str, customer: UUID) -> str:
    """A token for one customer at one application, good for AUTH_TOKEN_SECONDS."""
    sealed = _seal().encrypt_at_time(customer.bytes + _sha256(api_key), int(clock.now().timestamp()))
    return "v2--" + sealed.decode()


def _customer_of_token(api_key: str) -> UUID:
    token = request.args.get("auth_token", "")
    try:
        opened = _seal().decrypt_at_time(
            token.removeprefix("v2--").encode(), AUTH_TOKEN_SECONDS, int(clock.now().timestamp())
        )
    except (InvalidToken, UnicodeEncodeError) as e:
        raise _invalid_auth_token() from e
    if opened[16:] != _sha256(api_key):
        raise _invalid_auth_token()
    return UUID(bytes=opened[:16])


def _invalid_auth_token() -> Rejected:
    return Rejected(codes.INVALID_AUTH_TOKEN, "The auth_token could not be decrypted, or has expired.")


def _seal() -> MultiFernet:
    return _seal_of(tuple(key.private for key in identity().keys.keys))


@lru_cache(4)
def _seal_of(private_keys: tuple[str, ...]) -> MultiFernet:
    """The keys that sign sign-ins seal these tokens, too: one thing to rotate."""
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_sha256("auth_token " + key))) for key in private_keys])


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _named_customer() -> tuple[UUID | None, str | None]:
    """The ids in the address. One that is no UUID is nobody's."""
    named = request.view_args or {}
    try:
        user_id = UUID(named["user_id"]) if "user_id" in named else None
    except ValueError:
        user_id = None
    return user_id, named.get("external_id")


def _customer_of(executor: Executor, app: Any) -> KnownCustomer | None:
    if app.customer_id is None:
        return None
    if app.customer_status == ERASED:  # or merged into somebody, who is meant
        with suppress(CustomerNotFound):
            return identifiers.by_uuid(executor, app.chain_id, app.customer_uuid)
        return None
    return KnownCustomer(
        app.customer_id, app.customer_uuid, app.customer_is_anonymous, app.customer_status, app.chain_id
    )


def _api_key() -> str:
    return str((request.view_args or {})["api_key"])


def _credentials() -> tuple[str, str]:
    """The user name, if any, and the secret. Raises `access_denied` when there is none."""
    sent = request.authorization
    if sent is not None and sent.type == "basic" and sent.password:
        return sent.username or "", sent.password
    if sent is not None and sent.type == "bearer" and sent.token:
        return "", sent.token
    raise Rejected(codes.ACCESS_DENIED, "Send the api key and its secret as Basic, or the secret as Bearer.")
