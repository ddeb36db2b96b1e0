"""Who may come in: logins and what they are signed in with, partners' tokens, and what the staff may do for which chain."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, ForeignKey, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.types import Base, OfChain, Serial, UtcDateTime, WrittenSmall, unique_where
from app.organizations.models import PointOfSale

ADMIN, SELLER, CUSTOMER = "admin", "seller", "customer"


class ChainPermission(Base):
    """What a member of the staff may do for a chain: read, or write as well."""

    __tablename__ = "chain_permission"
    __audited__ = ("may_write",)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), primary_key=True)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True)
    may_write: Mapped[bool]


class Role(Base):
    """What an admin with this role may do: `permissions` are pairs of a resource and an access; see `app.access.roles`."""

    __tablename__ = "role"
    __audited__ = ("name", "permissions")
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"))
    name: Mapped[str]
    permissions: Mapped[list[list[str]]] = mapped_column(JSON)
    __table_args__ = (UniqueConstraint("chain_id", "name"),)


class LoginRole(Base):
    """An admin has a role."""

    __tablename__ = "login_role"
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), primary_key=True)
    role_id: Mapped[int] = mapped_column(ForeignKey("role.id"), primary_key=True, index=True)


class SessionKey(Base):
    """A signed-in customer or member of the staff. Only the key's SHA-256 is kept."""

    __tablename__ = "session_key"
    key_sha256: Mapped[str] = mapped_column(primary_key=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AccessToken(Base):
    """A partner's key to a chain, or, bound to no app, to the app that each request names. Only its SHA-256 is kept."""

    __tablename__ = "access_token"
    __audited__ = ("revoked_at",)
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    name: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    app_host_id: Mapped[int | None] = mapped_column(ForeignKey("app_host.id"))
    may_write: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Login(Base):
    """Who may sign in, and as what. A customer's login obeys the customer's status as well."""

    __tablename__ = "login"
    __audited__ = ("email", "active", "deleted", "is_limited", "may_move_points", "pos")
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(Uuid, unique=True, default=uuid4)
    role: Mapped[str]
    username: Mapped[str | None] = mapped_column(WrittenSmall)  # for customers the profile's identifiers serve
    email: Mapped[str | None] = mapped_column(WrittenSmall)
    password_hash: Mapped[str | None]
    api_key_sha256: Mapped[str | None]  # of admins that are programs
    active: Mapped[bool] = mapped_column(default=True)
    deleted: Mapped[bool] = mapped_column(default=False)
    token_version: Mapped[int] = mapped_column(default=0)
    last_login_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), unique=True)
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    phone: Mapped[str | None]
    is_limited: Mapped[bool] = mapped_column(default=False)  # of admins: to what the roles permit
    may_move_points: Mapped[bool] = mapped_column(default=True)  # of sellers: add and spend customers' points
    chain_id: Mapped[int | None] = mapped_column(ForeignKey("chain.id"))  # of sellers: for which they work
    pos_id: Mapped[int | None] = mapped_column(ForeignKey("pos.id"))
    pos: Mapped[PointOfSale | None] = relationship(lazy="joined")
    __table_args__ = (
        UniqueConstraint("role", "username"),
        UniqueConstraint("role", "email"),
        unique_where("uq_login_api_key_sha256", "api_key_sha256", where="api_key_sha256 IS NOT NULL"),
        CheckConstraint("role IN ('admin', 'seller', 'customer')", "known_role"),
        CheckConstraint("(role = 'customer') = (customer_id IS NOT NULL)", "customers_only"),
    )


class ActivationCode(OfChain, Base):
    """Six digits with which a new customer's account is activated. As they are: no hash hides a number that small."""

    __tablename__ = "activation_code"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    code: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (UniqueConstraint("chain_id", "code"),)


class RefreshToken(Base):
    """One link of a chain of refresh tokens. Only its SHA-256 is kept; a spent one that returns ends the chain."""

    __tablename__ = "refresh_token"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    family: Mapped[UUID] = mapped_column(Uuid, index=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
