"""Roles of admins: what those may see and change who may not do everything. Source: contract section 3.1."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from marshmallow import Schema, ValidationError, fields, post_load
from sqlalchemy.orm import Session

from app.access import roles
from app.access.errors import RoleNotFound
from app.access.models import Login, Role
from app.access.roles import ACCESSES, RESOURCES, Permission
from app.openloyalty import schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.fields import INVALID, Choice, Text
from app.openloyalty.forms.form import Form, Forms, form, require_unchanged
from app.web.answers import word
from app.web.door import allow, caller, chains, login_id, note_subject, own_chain, reading, transaction

blueprint = Blueprint("admin_roles", __name__)

MASTER_ID = UUID(int=1)
MASTER = {"id": str(MASTER_ID), "name": "Admin", "role": "ROLE_ADMIN", "master": True, "permissions": []}
NAME_LENGTH_MAX = 100


class ResourceView(Schema):
    code = word(RESOURCES)
    name = fields.String(required=True)


class AccessView(Schema):
    code = word(ACCESSES)
    name = fields.String(required=True)


class RolePermissionView(Schema):
    """`id` is its place in the role."""

    id = fields.Integer(required=True)
    resource = word(RESOURCES)
    access = word(ACCESSES)


class RoleView(Schema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    master = fields.Boolean(required=True)
    permissions = fields.List(fields.Nested(RolePermissionView), required=True)


class RolePermissionForm(Form):
    """One access to one resource."""

    printed: type[Schema] | None = RolePermissionView
    resource = Choice(RESOURCES, required=True)
    access = Choice(ACCESSES, required=True)

    @post_load
    def made(self, data: dict[str, Any], **kw: Any) -> Permission:
        return Permission(**data)


class RoleForm(Form):
    """A role to add."""

    name = Text(NAME_LENGTH_MAX, required=True)
    permissions = Forms(RolePermissionForm, len(RESOURCES) * len(ACCESSES))


class RoleChangeForm(RoleForm):
    """A role that is there, as a whole."""

    printed = RoleView
    elsewhere = ("id", "role", "master")


@blueprint.route("/admin/acl/role", methods=["GET"])
@blueprint.response(200, schemas.listed("roles", RoleView))
@allow("admin")
def list_roles() -> Response:
    """List the roles of admins: first the one that may everything, which those have who have no other."""
    with reading() as session:
        found = [MASTER, *map(shown, roles.listed(session, chains()))]
    return jsonify(roles=found, total=len(found))


@blueprint.route("/admin/acl/role", methods=["POST"])
@form("role", RoleForm)
@blueprint.response(204)
@allow("admin")
def create_role(data: dict[str, Any]) -> Response:
    """Add a role: to which resources who has it has which access. Nobody gives more than the own roles permit."""
    with transaction() as session:
        role = roles.create(session, own_chain(), data["name"], data["permissions"], login_id())
        note_subject(role=role.uuid)
    return Response(status=204)


@blueprint.route("/admin/acl/role/<uuid:role>", methods=["GET"])
@blueprint.response(200, RoleView)
@allow("admin")
def show_role(role: UUID) -> Response:
    """Show a role."""
    if role == MASTER_ID:
        return jsonify(MASTER)
    with reading() as session:
        return jsonify(shown(roles.get(session, role, chains())))


@blueprint.route("/admin/acl/role/<uuid:role>", methods=["PUT"])
@form("role", RoleChangeForm)
@blueprint.response(204)
@allow("admin")
def change_role(data: dict[str, Any], role: UUID) -> Response:
    """Change a role as a whole; who has it may at once do what it permits now, and nothing else."""
    with transaction() as session:
        found = roles.get(session, role, chains())
        require_unchanged("role", shown(found))
        roles.change(session, found, data["name"], data["permissions"], login_id(), caller().writes)
    return Response(status=204)


@blueprint.route("/admin/acl/role/<uuid:role>", methods=["DELETE"])
@blueprint.response(204)
@allow("admin")
def remove_role(role: UUID) -> Response:
    """Remove a role that nobody has."""
    with transaction() as session:
        roles.remove(session, roles.get(session, role, chains()), login_id())
    return Response(status=204)


@blueprint.route("/admin/acl/resources", methods=["GET"])
@blueprint.response(200, schemas.listed("resources", ResourceView))
@allow("admin")
def list_resources() -> Response:
    """List what a role may give access to."""
    return jsonify(resources=_named(RESOURCES), total=len(RESOURCES))


@blueprint.route("/admin/acl/accesses", methods=["GET"])
@blueprint.response(200, schemas.listed("accesses", AccessView))
@allow("admin")
def list_accesses() -> Response:
    """List which access a role may give."""
    return jsonify(accesses=_named(ACCESSES), total=len(ACCESSES))


def shown(it: Role) -> dict[str, Any]:
    """A role, as it is printed."""
    permitted = [{"id": i, **held._asdict()} for i, held in enumerate(roles.permissions(it), 1)]
    return {"id": str(it.uuid), "name": it.name, "role": "ROLE_ADMIN", "master": False, "permissions": permitted}


def shown_of(admin: Login, held: Sequence[Role]) -> list[dict[str, Any]]:
    """The roles of an admin, as they are printed."""
    return [shown(it) for it in held] if admin.is_limited else [MASTER]


def chosen(session: Session, uuids: Iterable[UUID]) -> list[Role]:
    """The roles of these ids; none for the one that may everything. Raises RoleNotFound."""
    wanted = list(dict.fromkeys(uuids))
    if MASTER_ID in wanted and len(wanted) > 1:
        raise RoleNotFound("Who may do everything has no other role beside that.", field="roles")
    if MASTER_ID in wanted:
        return []
    try:
        return [roles.get(session, it, chains()) for it in wanted]
    except RoleNotFound as e:
        raise RoleNotFound(field="roles") from e


def read(value: Any) -> UUID:
    """The id of a role, alone or in a role that was printed; or the number 1, by which the first consoles know the master."""
    sent = value.get("id") if isinstance(value, dict) else value
    try:
        return MASTER_ID if str(sent) == "1" else UUID(str(sent))
    except ValueError as e:
        raise ValidationError(INVALID) from e


def _named(codes: Iterable[str]) -> list[dict[str, str]]:
    return [{"code": code, "name": code.replace("_", " ").capitalize()} for code in codes]
