"""Admins: who they are, and what they may do. Source: contract section 3.1.

For which chains an admin acts is said by chain, to read or to write; what there, by roles.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from marshmallow import Schema, ValidationError, fields, validates_schema

from app.access import passwords, staff
from app.access import roles as access_roles
from app.access.models import Login, Role
from app.access.staff import AdminDetails
from app.admin.organization import roles
from app.openloyalty import schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import paged, without_none
from app.openloyalty.forms.fields import BLANK, Checkbox, Collection, Email, Secret, Text
from app.openloyalty.forms.form import Form, form, require_unchanged
from app.openloyalty.queries import paged_by, paging
from app.web.door import allow, caller, chains, login_id, note_chain, note_subject, own_chain, reading, transaction

blueprint = Blueprint("admin_admins", __name__)


class AdminView(Schema):
    id = fields.UUID(required=True)
    username = fields.String()
    firstName = fields.String()
    lastName = fields.String()
    email = fields.String()
    phone = fields.String()
    isActive = fields.Boolean(required=True)
    external = fields.Boolean(required=True)
    roles = fields.List(fields.Nested(roles.RoleView), required=True)


class AdminId(Schema):
    adminId = fields.UUID(required=True)


class RoleField(fields.Raw):
    """A role by its id, as the consoles send it, or as it is printed."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kw: Any) -> UUID:
        return roles.read(value)


class AdminChangeForm(Form):
    """An admin, as a whole; the password stays when it is not sent."""

    printed: type[Schema] | None = AdminView
    elsewhere = ("id", "username")
    firstName = Text(required=True, attribute="first_name")
    lastName = Text(required=True, attribute="last_name")
    email = Email(required=True)
    phone = Text()
    isActive = Checkbox(load_default=None, attribute="active")
    external = Checkbox(load_default=None)
    apiKey = Secret(attribute="api_key")
    plainPassword = Secret(attribute="password")
    roles = Collection(RoleField(), load_default=None)


class AdminForm(AdminChangeForm):
    """An admin to register."""

    printed = None

    @validates_schema(skip_on_field_errors=False)
    def require_a_way_in(self, data: dict[str, Any], **kw: Any) -> None:
        if not data.get("password") and not data.get("api_key"):
            raise ValidationError({"apiKey" if data.get("external") else "plainPassword": [BLANK]})


@blueprint.route("/admin", methods=["GET"])
@blueprint.response(200, schemas.listed("users", AdminView))
@blueprint.doc(parameters=paged_by(sorting.STAFF))
@allow("admin")
def list_admins() -> Response:
    """List the admins who may act for the same chains."""
    with reading() as session:
        found = staff.admins(session, chains(), paging(sorting.STAFF))
        held = access_roles.of_all(session, [it.id for it in found.rows])
        return paged("users", found, lambda it: _shown(it, held.get(it.id, [])))


@blueprint.route("/admin/data", methods=["POST"])
@form("admin", AdminForm)
@blueprint.response(200, AdminId)
@allow("admin")
def register_admin(data: dict[str, Any]) -> Response:
    """Register an admin, who signs in by the e-mail address and may write for the same chain; or a program, which comes with a key."""
    password = data.pop("password")
    password_hash = passwords.chosen(password) if password else None
    uuids = data.pop("roles") or ()
    with transaction() as session:
        held = roles.chosen(session, uuids)
        login = staff.register_admin(session, own_chain(), AdminDetails(**data), password_hash, held, login_id())
        note_subject(admin=login.uuid)
        return jsonify(adminId=str(login.uuid))


@blueprint.route("/admin/data/<uuid:admin>", methods=["GET"])
@blueprint.response(200, AdminView)
@allow("admin")
def show_admin(admin: UUID) -> Response:
    """Show an admin."""
    with reading() as session:
        found = staff.admin(session, admin, chains())
        return jsonify(_shown(found, access_roles.of(session, found.id)))


@blueprint.route("/admin/data/<uuid:admin>", methods=["PUT"])
@form("admin", AdminChangeForm)
@blueprint.response(200, AdminId)
@allow("admin")
def change_admin(data: dict[str, Any], admin: UUID) -> Response:
    """Change an admin as a whole, who may act for no other chains than the caller may write for; a new password signs them out."""
    password = data.pop("password")
    password_hash = passwords.chosen(password) if password else None
    uuids = data.pop("roles") or None  # blank: they stay, as what is not sent; the master's id lifts all limits
    with transaction() as session:
        found = staff.admin(session, admin, chains())
        require_unchanged("admin", _shown(found, access_roles.of(session, found.id)))
        held = None if uuids is None else roles.chosen(session, uuids)
        who = caller()
        changed = staff.change_admin(
            session, found, AdminDetails(**data), password_hash, held, who.login_id, who.writes
        )
        for chain_id in changed & who.writes:  # each of them can read who changed their admin
            note_chain(chain_id)
        if held is not None:
            note_subject(roles=",".join(str(it.uuid) for it in held) or "all")
        if password_hash:
            note_subject(password="changed")
        return jsonify(adminId=str(admin))


def _shown(it: Login, held: Sequence[Role]) -> dict[str, Any]:
    return without_none(
        {
            "id": str(it.uuid),
            "username": it.username,
            "firstName": it.first_name,
            "lastName": it.last_name,
            "email": it.email,
            "phone": it.phone,
            "isActive": it.active,
            "external": it.api_key_sha256 is not None,
            "roles": roles.shown_of(it, held),
        }
    )
