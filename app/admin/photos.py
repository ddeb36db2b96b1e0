"""A campaign's photos: upload, show, remove."""

from uuid import UUID

from flask import Response, g, jsonify, request
from werkzeug.exceptions import NotFound

from app import clock
from app.campaign.setup import photos
from app.media import imaging
from app.openloyalty import views
from app.openloyalty.api import Blueprint
from app.openloyalty.fields import BLANK, Text
from app.openloyalty.forms import Form, InvalidForm, extra, tree
from app.web.door import allow, anyone, blobs, chains, reading, transaction, visitor

blueprint = Blueprint("admin_photos", __name__)

STAFF = "admin", "seller"
BODY_BYTES_MAX = 8 * 1024 * 1024  # beyond the limit of a file, so that a larger one gets its message in the form's tree


class PhotoForm(Form):
    """The form `photo`; its file comes as a part of multipart/form-data."""

    file = Text(metadata={"format": "binary"}, attribute="file")


@blueprint.route("/campaign/<uuid:campaign>/photo", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@blueprint.doc(
    requestBody={
        "content": {
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"photo[file]": {"type": "string", "format": "binary"}}}
            }
        }
    }
)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def upload_photo(campaign: UUID) -> Response:
    """Give a campaign a photo, which is shown from now on; it keeps ten.

    PNG, GIF, JPEG or WebP of at most 2 MB and at least 600 x 600 pixels. The picture is encoded anew.
    """
    with reading() as session:
        photos.require_campaign(session, campaign, chains())
    if "picture" not in g:  # made once, however often the transaction below must be tried
        g.picture = _picture()
    picture: imaging.Picture = g.picture
    sha256 = blobs().put(picture.content)  # before the row: a row without its blob must never be seen
    with transaction() as session:
        photos.attach(session, campaign, chains(), picture, sha256, clock.now())
    return jsonify([])


@blueprint.route("/campaign/<uuid:campaign>/photo", methods=["GET"], any_query=True)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
@anyone
def show_photo(campaign: UUID) -> Response:
    """Show a campaign's latest photo, to everybody; of a campaign that is still secret, to the staff only."""
    return _shown(campaign)


@blueprint.route("/campaign/<uuid:campaign>/photo/<uuid:photo>", methods=["GET"], any_query=True)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
@anyone
def show_one_photo(campaign: UUID, photo: UUID) -> Response:
    """Show one of a campaign's photos, to everybody; of a campaign that is still secret, to the staff only."""
    return _shown(campaign, photo)


def _shown(campaign: UUID, which: UUID | None = None) -> Response:
    who = visitor()
    staff_of = who.reads if who is not None and who.role in STAFF else frozenset()
    with reading() as session:
        photo = photos.of_campaign(session, campaign, clock.now(), staff_of, which)
    content = blobs().get(photo.sha256)
    if content is None:
        raise NotFound
    response = Response(content, mimetype=photo.media_type)
    response.headers["Content-Disposition"] = f'inline; filename="{views.photo_name(photo)}"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    whose = "private" if staff_of else "public"
    response.headers["Cache-Control"] = f"{whose}, max-age=0, must-revalidate"
    response.headers["Vary"] = "Authorization"
    response.set_etag(photo.sha256)
    response.make_conditional(request)
    return response


@blueprint.route("/campaign/<uuid:campaign>/photo", methods=["DELETE"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def remove_photos(campaign: UUID) -> Response:
    """Take a campaign's photos away."""
    with transaction() as session:
        photos.detach_all(session, campaign, chains())
    return jsonify([])


@blueprint.route("/campaign/<uuid:campaign>/photo/<uuid:photo>", methods=["DELETE"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def remove_photo(campaign: UUID, photo: UUID) -> Response:
    """Take one of a campaign's photos away."""
    with transaction() as session:
        photos.detach(session, campaign, photo, chains())
    return jsonify([])


def _picture() -> imaging.Picture:
    """The uploaded picture, made safe. Raises InvalidForm."""
    upload = request.files.get("photo[file]")
    others = [name for name in [*request.files, *request.form] if name != "photo[file]"]
    if others or len(request.files.getlist("photo[file]")) > 1:
        raise InvalidForm(tree(PhotoForm(), {"_schema": [extra(others or ["a second file"])]}))
    if upload is None:
        # The documents' example posts a path as text, which nobody but the caller can open.
        path = request.form.get("photo[file]") if request.mimetype != "application/json" else None
        raise _refused([] if path is None else ["The file could not be found."])
    upload.stream.seek(0)
    content = upload.stream.read(imaging.UPLOAD_BYTES_MAX + 1)
    if not content:
        raise _refused([BLANK])
    if len(content) > imaging.UPLOAD_BYTES_MAX:
        size = request.content_length or len(content)
        raise _refused([f"The file is too large ({size / 2**20:.2f} MB). Allowed maximum size is 2 MB."])
    try:
        return imaging.remake(content)
    except imaging.BadImage as e:
        raise _refused([str(e)]) from e


def _refused(messages: list[str]) -> InvalidForm:
    return InvalidForm(tree(PhotoForm(), {"file": messages} if messages else {}))
