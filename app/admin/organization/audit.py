"""The audit log: who of the staff and the partners changed what, and when."""

from typing import Any

from flask import Response, jsonify

from app.native import answers, schemas, views
from app.openloyalty.api import Blueprint
from app.openloyalty.queries import number
from app.web import audit
from app.web.audit import AuditRow
from app.web.door import allow, chains, listing

blueprint = Blueprint("admin_audit", __name__)


@blueprint.route("/admin/audit", methods=["GET"])
@blueprint.response(200, schemas.AuditPage)
@blueprint.doc(parameters=answers.reading_on("id", type="integer"))
@allow("admin")
def list_audit_entries() -> Response:
    """List what the staff and the partners of my chains changed, the newest first; before and after of what is not personal."""
    with listing() as session:
        found, more = audit.page(session, chains(), number("before"), answers.size())
        return jsonify(views.more("entries", [_entry(it) for it in found], more))


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
