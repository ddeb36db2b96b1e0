"""Who is calling: tokens made and read, and the Caller that a request acts as.

A token proves who signed in; what that login may do is read from the database for every request, so that a disabled
account, a changed password or a sign-out acts at once.
"""

import fcntl
import hashlib
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import jwt
from cachetools import LRUCache
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, current_app, request
from flask_jwt_extended import JWTManager, create_access_token
from jwt import PyJWTError

from app.access.links import Links
from app.access.logins import Beside, LoginState, find_state, of_api_key
from app.access.models import Login
from app.access.roles import Permission, Permissions
from app.db.engine import Database
from app.db.prepared import Executor
from app.settings import BadSettings, Settings

ALGORITHM = "RS256"
RSA_BITS = 2048
AUDIENCE = ISSUER = "guerdon"
API_KEY_HEADER, API_KEY_PARAMETER = "X-AUTH-TOKEN", "auth_token"  # as Open Loyalty's programs send a key
CLAIMS = {"exp", "iat", "sub", "jti", "type", "aud", "iss", "ver"}
TOKENS_REMEMBERED = 10_000
ROLE_NAMES = {"admin": "ROLE_ADMIN", "seller": "ROLE_SELLER", "customer": "ROLE_PARTICIPANT"}


Named = Callable[[Mapping[str, Any]], Mapping[str, Any]]  # from what a token says, the parameters of a statement


def _nothing(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    return {}


class NotSignedIn(Exception):
    """No token, or one that opens nothing; the message says which."""


class BadApiKey(Exception):
    """A key that is no admin's, or that of one who may not come in."""

    def __init__(self) -> None:
        super().__init__("This key opens nothing.")


def _claims_of_key(connection: Executor, key: str) -> dict[str, Any]:
    """What a token of the admin with this key would say. Raises BadApiKey."""
    login = of_api_key(connection, key)
    if login is None:
        raise BadApiKey
    return {"sub": str(login), "id": str(login)}


@dataclass(frozen=True)
class Caller:
    """Who acts in this request: a login, or a partner's access token."""

    login_id: int | None
    login: UUID | None
    role: str
    customer_id: int | None
    customer: UUID | None
    token_id: int | None = None
    chain_id: int | None = None  # for which a partner acts in this request
    reads: frozenset[int] = frozenset()  # the chains that somebody with a bearer token may look at
    writes: frozenset[int] = frozenset()  # and change
    own_chain_id: int | None = None  # of customers and sellers
    is_limited: bool = False  # of admins: to what their roles permit

    @property
    def principal(self) -> str:
        """The same for all requests of one login, or of one token for one chain."""
        return self.login.hex if self.login else f"token {self.token_id} chain {self.chain_id}"


def _by_resource(permitted: Iterable[Permission]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for resource, access in sorted(permitted):
        found.setdefault(resource, []).append(access)
    return found


class Identity:
    """The keys and the verified tokens of one application."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.keys = key_ring(settings)
        self.links = Links([key.private for key in self.keys.keys])
        self._verified: LRUCache[str, dict[str, Any]] = LRUCache(TOKENS_REMEMBERED)
        self._lock = threading.Lock()
        app.config.update(
            JWT_ALGORITHM=ALGORITHM,
            JWT_ACCESS_TOKEN_EXPIRES=timedelta(seconds=settings.access_token_seconds),
            JWT_ENCODE_AUDIENCE=AUDIENCE,
            JWT_ENCODE_ISSUER=ISSUER,
        )
        manager = JWTManager(app)
        manager.encode_key_loader(lambda identity: self.keys.current.signer)

    def token(self, login: Login, name: str, public_id: UUID, now: datetime, permitted: Permissions = None) -> str:
        """A token for a login, with what Open Loyalty's consoles read in it: who it is, and what an admin with roles is `permitted`."""
        claims = {
            "id": str(public_id),
            "username": name,
            "roles": [ROLE_NAMES[login.role], "ROLE_USER"],
            "superAdmin": login.role == "admin" and permitted is None,
            **({"permissions": _by_resource(permitted)} if permitted is not None else {}),
            "lastLoginAt": int(now.timestamp()),
            "ver": login.token_version,
        }
        return cast(
            str,
            create_access_token(
                str(login.uuid), additional_claims=claims, additional_headers={"kid": self.keys.current.kid}
            ),
        )

    def caller(
        self, database: Database, beside: Beside[Any] | None = None, named: Named = _nothing
    ) -> tuple[Caller, Any]:
        """The caller of the current request, and what was asked `beside`, by what is `named`, or None. Raises NotSignedIn."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        key = request.headers.get(API_KEY_HEADER) or request.args.get(API_KEY_PARAMETER)
        is_signed_in = scheme.lower() == "bearer" and bool(token)
        if not is_signed_in and not key:
            raise NotSignedIn("Authentication Required")
        claims = self._claims(token) if is_signed_in else {}
        more: Any = None
        with database.lookup_connection() as connection:
            if not is_signed_in:
                claims = _claims_of_key(connection, key or "")
            found: LoginState | None
            if beside is None:
                found = find_state(connection, UUID(claims["sub"]))
            else:
                found, more = beside.find_state(connection, UUID(claims["sub"]), named(claims))
        if not is_signed_in and (found is None or not found.active):
            raise BadApiKey
        if found is None or not found.active or (is_signed_in and found.token_version != claims["ver"]):
            raise NotSignedIn("This token is no longer valid. Please sign in again.")
        caller = Caller(
            found.login_id,
            UUID(claims["sub"]),
            found.role,
            found.customer_id,
            found.customer_uuid,
            reads=found.reads,
            writes=found.writes,
            own_chain_id=found.own_chain_id,
            is_limited=found.is_limited,
        )
        return caller, more

    def _claims(self, token: str) -> dict[str, Any]:
        """What a token says, verified once and then remembered until it expires. Raises NotSignedIn."""
        with self._lock:
            claims = self._verified.get(token)
        if claims is None:
            try:
                claims = self._verified_claims(token)
            except (PyJWTError, ValueError, KeyError, AttributeError) as e:
                raise NotSignedIn("Invalid JWT Token") from e
            with self._lock:
                self._verified[token] = claims
        if claims["exp"] <= datetime.now(UTC).timestamp():
            raise NotSignedIn("Expired JWT Token")
        return claims

    def _verified_claims(self, token: str) -> dict[str, Any]:
        """Raises PyJWTError, KeyError for a key that is not ours, or ValueError or AttributeError for a subject that is none."""
        claims: dict[str, Any] = jwt.decode(
            token,
            self.keys.public(jwt.get_unverified_header(token).get("kid")),
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            options={"require": sorted(CLAIMS)},
        )
        if claims["type"] != "access":
            raise ValueError("not an access token")
        UUID(claims["sub"])
        return claims


def identity() -> Identity:
    return cast(Identity, current_app.extensions["guerdon_identity"])


@dataclass(frozen=True)
class Key:
    """One RSA key: in PEM, and read once for signing, which takes longer than the signature."""

    kid: str
    private: str = field(repr=False)
    public: str
    signer: rsa.RSAPrivateKey = field(repr=False)


class KeyRing:
    """RSA keys in PEM, one behind the other: the first signs, all verify."""

    def __init__(self, pem: str) -> None:
        end = "-----END PRIVATE KEY-----"
        blocks = [block.strip() + "\n" + end + "\n" for block in pem.split(end) if block.strip()]
        self.keys = [_key(block) for block in blocks]
        if not self.keys:
            raise BadSettings("GUERDON_JWT_PRIVATE_KEY holds no key. Make one with `guerdon keys rotate`.")
        self.current = self.keys[0]

    def public(self, kid: str | None) -> str:
        """The key that verifies tokens with this `kid`. Raises KeyError."""
        return {key.kid: key.public for key in self.keys}[kid or ""]


def key_ring(settings: Settings) -> KeyRing:
    """The keys of these settings. Raises BadSettings."""
    return KeyRing(_pem(settings))


def require_keys(path: Path) -> None:
    """Make a first signing key where there is none; who starts at the same time finds it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (path.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            rotate_keys(path)


def rotate_keys(path: Path, keep: int = 2) -> str:
    """Put a new signing key before those of a file, keep the last ones for verifying, and return its id."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    old = KeyRing(path.read_text()).keys if path.exists() else []
    keys = [_key(private.decode()), *old][:keep]
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("".join(key.private for key in keys))
    os.replace(new, path)
    return keys[0].kid


def _key(pem: str) -> Key:
    try:
        private = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as e:
        raise BadSettings(
            "GUERDON_JWT_PRIVATE_KEY is not a private key in PEM (PKCS 8). Make one with `guerdon keys rotate`."
        ) from e
    if not isinstance(private, rsa.RSAPrivateKey) or private.key_size < RSA_BITS:
        raise BadSettings(f"GUERDON_JWT_PRIVATE_KEY must be an RSA key of at least {RSA_BITS} bits.")
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(hashlib.sha256(public).hexdigest()[:16], pem, public.decode(), private)


def _pem(settings: Settings) -> str:
    if settings.jwt_private_keys:
        return settings.jwt_private_keys
    try:
        return settings.jwt_key_file.read_text()
    except FileNotFoundError as e:
        raise BadSettings(
            f"There is no key to sign tokens with: set GUERDON_JWT_PRIVATE_KEY or GUERDON_JWT_PRIVATE_KEY_FILE,"
            f" or run `guerdon keys rotate`, which makes {settings.jwt_key_file}."
        ) from e
