"""Admins: who they are, and what they may do. Source: contract section 3.1.

What an admin may do is said by chain, to read or to write; the roles of Open Loyalty's consoles are one that may everything.
"""

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from marshmallow import Schema, ValidationError, fields, post_load, validates

from app.access import passwords, staff
from app.access.models import Login
from app.access.staff import AdminDetails
from app.openloyalty import schemas, views
from app.openloyalty.api import Blueprint
from app.openloyalty.fields import INVALID, Checkbox, Collection, Email, Secret, Text
from app.openloyalty.formats import without_none
from app.openloyalty.forms import Form, form, require_unchanged
from app.openloyalty.queries import PAGING_PARAMETERS, paging
from app.web.door import allow, caller, chains, note_chain, note_subject, own_chain, reading, transaction

blueprint = Blueprint("admin_admins", __name__)

ROLE = {"id": 1, "name": "Admin", "role": "ROLE_ADMIN", "master": True, "permissions": []}
ACCESSES = {"VIEW": "View", "MODIFY": "Modify"}
RESOURCES = (
    "ACL",
    "ADMIN",
    "ANALYTICS",
    "AUDIT",
    "CUSTOMER",
    "EARNING_RULE",
    "LEVEL",
    "POINT_TRANSFER",
    "POS",
    "REWARD_CAMPAIGN",
    "SEGMENT",
    "SEGMENT_EXPORT",
    "SELLER",
    "SETTINGS",
    "TRANSACTION",
)


class ResourceView(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)


class AccessView(ResourceView):
    pass


class RoleView(Schema):
    id = fields.Integer(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    master = fields.Boolean(required=True)
    permissions = fields.List(fields.Dict(), required=True)


class AdminView(Schema):
    id = fields.UUID(required=True)
    username = fields.String()
    firstName = fields.String()
    lastName = fields.String()
    email = fields.String()
    phone = fields.String()
    isActive = fields.Boolean(required=True)
    external = fields.Boolean(required=True)
    roles = fields.List(fields.Nested(RoleView), required=True)


class AdminId(Schema):
    adminId = fields.UUID(required=True)


class AdminChangeForm(Form):
    """An admin, as a whole; the password stays when it is not sent."""

    printed: type[Schema] | None = AdminView
    elsewhere = ("id", "username")
    later = frozenset({"external", "apiKey"})
    firstName = Text(required=True, attribute="first_name")
    lastName = Text(required=True, attribute="last_name")
    email = Email(required=True)
    phone = Text()
    isActive = Checkbox(load_default=None, attribute="active")
    plainPassword = Secret(attribute="password")
    roles = Collection(fields.Raw())

    @validates("roles")
    def require_known_roles(self, value: list[Any], **kw: Any) -> None:
        """The number of the role, as the consoles send it, or the role as it is printed."""
        if any(str(it["id"] if isinstance(it, dict) and "id" in it else it) != str(ROLE["id"]) for it in value):
            raise ValidationError(INVALID)

    @post_load
    def without_roles(self, data: dict[str, Any], **kw: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if name != "roles"}


class AdminForm(AdminChangeForm):
    """An admin to register."""

    printed = None
    plainPassword = Secret(required=True, attribute="password")


@blueprint.route("/admin", methods=["GET"])
@blueprint.response(200, schemas.listed("users", AdminView))
@blueprint.doc(parameters=PAGING_PARAMETERS)
@allow("admin")
def list_admins() -> Response:
    """List the admins who may act for the same chains."""
    with reading() as session:
        return views.paged("users", staff.admins(session, chains(), paging()), _shown)


@blueprint.route("/admin/data", methods=["POST"])
@form("admin", AdminForm)
@blueprint.response(200, AdminId)
@allow("admin")
def register_admin(data: dict[str, Any]) -> Response:
    """Register an admin, who signs in by the e-mail address and may write for the same chain."""
    password_hash = passwords.chosen(data.pop("password"))
    with transaction() as session:
        login = staff.register_admin(session, own_chain(), AdminDetails(**data), password_hash)
        note_subject(admin=login.uuid)
        return jsonify(adminId=str(login.uuid))


@blueprint.route("/admin/data/<uuid:admin>", methods=["GET"])
@blueprint.response(200, AdminView)
@allow("admin")
def show_admin(admin: UUID) -> Response:
    """Show an admin."""
    with reading() as session:
        return jsonify(_shown(staff.admin(session, admin, chains())))


@blueprint.route("/admin/data/<uuid:admin>", methods=["PUT"])
@form("admin", AdminChangeForm)
@blueprint.response(200, AdminId)
@allow("admin")
def change_admin(data: dict[str, Any], admin: UUID) -> Response:
    """Change an admin as a whole, who may act for no other chains than the caller may write for; a new password signs them out."""
    password = data.pop("password")
    password_hash = passwords.chosen(password) if password else None
    with transaction() as session:
        found = staff.admin(session, admin, chains())
        require_unchanged("admin", _shown(found))
        who = caller()
        changed = staff.change_admin(session, found, AdminDetails(**data), password_hash, who.login_id, who.writes)
        for chain_id in changed & who.writes:  # each of them can read who changed their admin
            note_chain(chain_id)
        if password_hash:
            note_subject(password="changed")
        return jsonify(adminId=str(admin))


@blueprint.route("/admin/acl/role", methods=["GET"])
@blueprint.response(200, schemas.listed("roles", RoleView))
@allow("admin")
def list_roles() -> Response:
    """List the roles of admins: there is one. For which chains somebody acts is said with the chain."""
    return jsonify(roles=[ROLE], total=1)


@blueprint.route("/admin/acl/resources", methods=["GET"])
@blueprint.response(200, schemas.listed("resources", ResourceView))
@allow("admin")
def list_resources() -> Response:
    """List what the role may act on: everything."""
    found = [{"code": code, "name": code.replace("_", " ").capitalize()} for code in RESOURCES]
    return jsonify(resources=found, total=len(found))


@blueprint.route("/admin/acl/accesses", methods=["GET"])
@blueprint.response(200, schemas.listed("accesses", AccessView))
@allow("admin")
def list_accesses() -> Response:
    """List in which ways the role may act."""
    found = [{"code": code, "name": name} for code, name in ACCESSES.items()]
    return jsonify(accesses=found, total=len(found))


def _shown(it: Login) -> dict[str, Any]:
    return without_none(
        {
            "id": str(it.uuid),
            "username": it.username,
            "firstName": it.first_name,
            "lastName": it.last_name,
            "email": it.email,
            "phone": it.phone,
            "isActive": it.active,
            "external": False,
            "roles": [ROLE],
        }
    )
