"""The terms and conditions of a programme, as a file that everybody may take away. Source: contract sections 3.1 and 7."""

from typing import Any

from flask import Response, jsonify, request
from werkzeug.exceptions import NotFound

from app import clock
from app.admin.cockpit.settings import managed, visited
from app.media import pictures
from app.native.schemas import RefusedView
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.fields import BLANK, Text
from app.openloyalty.forms.form import Form, InvalidForm, extra, tree
from app.openloyalty.shared.pictures import BODY_BYTES_MAX
from app.web.door import allow, anyone, blobs, reading, transaction

blueprint = Blueprint("admin_conditions", __name__)

PLACE, FILE, NAME = "settings/conditions-file", "conditions[file]", "terms_conditions.pdf"
BYTES_MAX = 5 * 2**20
PDF, BEGINS = "application/pdf", b"%PDF-"
BODY = {
    "content": {
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {FILE: {"type": "string", "format": "binary"}}}
        }
    }
}


class ConditionsForm(Form):
    """The form `conditions`; its file comes as a part of multipart/form-data."""

    file = Text(metadata={"format": "binary"}, attribute="file")


@blueprint.route("/settings/conditions-file", methods=["GET"])
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type=PDF)
@blueprint.alt_response(404, schema=RefusedView, description="The programme has none")
@anyone
def show_conditions() -> Response:
    """Take away the terms and conditions of the programme whose address this is."""
    with reading() as session:
        found = pictures.find(session, visited(session).id, PLACE)
    content = blobs().get(found.sha256) if found else None
    if found is None or content is None:
        raise NotFound
    response = Response(content, mimetype=PDF)
    response.headers["Content-Disposition"] = f"attachment; filename={NAME}"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    response.set_etag(found.sha256)
    response.make_conditional(request)
    return response


@blueprint.route("/settings/conditions-file", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@blueprint.doc(requestBody=BODY)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def upload_conditions() -> Response:
    """Give the programme its terms and conditions: a PDF of up to 5 MB, instead of the one before."""
    content = _uploaded()
    sha256 = blobs().put(content)
    with transaction() as session:
        pictures.put(session, managed(session), PLACE, sha256, PDF, len(content), clock.now())
    return jsonify([])


@blueprint.route("/settings/conditions-file", methods=["DELETE"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def remove_conditions() -> Response:
    """Take the terms and conditions away."""
    with transaction() as session:
        pictures.remove(session, managed(session), PLACE)
    return jsonify([])


@blueprint.route("/settings/conditions-url", methods=["GET"])
@blueprint.response(200, {"type": "object", "properties": {"url": {"type": "string", "nullable": True}}})
@anyone
def show_address_of_conditions() -> Response:
    """Say where the terms and conditions are: the file, or the address that the settings name."""
    with reading() as session:
        chain = visited(session)
        is_file = pictures.find(session, chain.id, PLACE) is not None
        named = chain.display.get("conditions_url")
    return jsonify(url=f"{request.url_root}api/settings/conditions-file" if is_file else named)


def _uploaded() -> bytes:
    """Raises InvalidForm."""
    others = [name for name in [*request.files, *request.form] if name != FILE]
    if others or len(request.files.getlist(FILE)) > 1:
        raise InvalidForm(tree(ConditionsForm(), {"_schema": [extra(others or ["a second file"])]}))
    upload = request.files.get(FILE)
    content = b""
    if upload is not None:
        upload.stream.seek(0)
        content = upload.stream.read(BYTES_MAX + 1)
    if not content:
        raise _refused(BLANK)
    if len(content) > BYTES_MAX:
        raise _refused("The file is too large. Allowed maximum size is 5 MB.")
    if not content.startswith(BEGINS):
        raise _refused("Please upload a valid PDF file.")
    return content


def _refused(message: str) -> InvalidForm:
    errors: dict[str, Any] = {"file": [message]}
    return InvalidForm(tree(ConditionsForm(), errors))
