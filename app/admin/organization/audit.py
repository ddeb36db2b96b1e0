"""The audit log: who of the staff and the partners changed what, and when."""

from typing import Any

from flask import Response, jsonify
from marshmallow import Schema, fields

from app.native import answers, schemas, views
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import moment, paged, without_none
from app.openloyalty.queries import number, paged_by, paging
from app.openloyalty.schemas import listed
from app.web import audit
from app.web.audit import AuditRow
from app.web.door import allow, chains, listing

blueprint = Blueprint("admin_audit", __name__)


class AuditLogView(Schema):
    """What was done (`eventType`) to what, by whom."""

    auditLogId = fields.String(required=True)
    eventType = fields.String(required=True)
    entityType = fields.String()
    entityId = fields.String()
    createdAt = fields.String(required=True)
    username = fields.String()
    data = fields.Dict(required=True)


@blueprint.route("/admin/audit", methods=["GET"])
@blueprint.response(200, schemas.AuditPage)
@blueprint.doc(parameters=answers.reading_on("id", type="integer"))
@allow("admin")
def list_audit_entries() -> Response:
    """List what the staff and the partners of my chains changed, the newest first; before and after of what is not personal."""
    with listing() as session:
        found, more = audit.page(session, chains(), number("before"), answers.size())
        return jsonify(views.more("entries", [_entry(it) for it in found], more))


@blueprint.route("/audit/log", methods=["GET"])
@blueprint.response(200, listed("auditLogs", AuditLogView))
@blueprint.doc(parameters=paged_by())
@allow("admin")
def list_audit_log() -> Response:
    """List the same as Open Loyalty's console asks for it: by pages, the newest 10,000."""
    with listing() as session:
        return paged("auditLogs", audit.numbered_page(session, chains(), paging()), _logged)


def _logged(it: AuditRow) -> dict[str, Any]:
    entity, id = next(iter(it.entry.subject.items()), (None, None))
    return without_none(
        {
            "auditLogId": str(it.entry.id),
            "eventType": it.entry.action.partition(".")[2],
            "entityType": entity,
            "entityId": None if id is None else str(id),
            "createdAt": moment(it.entry.at),
            "username": it.by,
            "data": {"role": it.role, "subject": it.entry.subject, "changes": it.entry.changes or []},
        }
    )


def _entry(it: AuditRow) -> dict[str, Any]:
    return {
        "id": it.entry.id,
        "at": views.moment(it.entry.at),
        "by": it.by,
        "role": it.role,
        "action": it.entry.action.partition(".")[2],
        "subject": it.entry.subject,
        "changes": it.entry.changes or [],
    }
