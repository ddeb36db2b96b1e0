"""Pictures: the form in which they come, and how they are shown."""

from typing import Any

from flask import Response, g, request
from werkzeug.exceptions import NotFound

from app.media import imaging
from app.openloyalty.formats import file_name
from app.openloyalty.forms.fields import BLANK, Text
from app.openloyalty.forms.form import Form, InvalidForm, extra, tree
from app.web.door import blobs

BODY_BYTES_MAX = 8 * 1024 * 1024  # beyond the limit of a file, so that a larger one gets its message in the form's tree


def request_body(name: str) -> dict[str, Any]:
    """For the manual: one file, as a part of this name."""
    schema = {"type": "object", "properties": {f"{name}[file]": {"type": "string", "format": "binary"}}}
    return {"content": {"multipart/form-data": {"schema": schema}}}


REQUEST_BODY = request_body("photo")


class PhotoForm(Form):
    """The form `photo`, or one of another name; its file comes as a part of multipart/form-data."""

    file = Text(metadata={"format": "binary"}, attribute="file")


def uploaded(least: int = imaging.SIDE_PIXELS_MIN, name: str = "photo") -> imaging.Picture:
    """The picture that was uploaded in the form of this name, made safe; made once, however often the transaction after it must be tried.

    `least` is how many pixels each side must have. Raises InvalidForm.
    """
    if "picture" not in g:
        g.picture = _remade(least, f"{name}[file]")
    picture: imaging.Picture = g.picture
    return picture


def _remade(least: int, part: str) -> imaging.Picture:
    upload = request.files.get(part)
    others = [name for name in [*request.files, *request.form] if name != part]
    if others or len(request.files.getlist(part)) > 1:
        raise InvalidForm(tree(PhotoForm(), {"_schema": [extra(others or ["a second file"])]}))
    if upload is None:
        # The documents' example posts a path as text, which nobody but the caller can open.
        path = request.form.get(part) if request.mimetype != "application/json" else None
        raise _refused([] if path is None else ["The file could not be found."])
    upload.stream.seek(0)
    content = upload.stream.read(imaging.UPLOAD_BYTES_MAX + 1)
    if not content:
        raise _refused([BLANK])
    if len(content) > imaging.UPLOAD_BYTES_MAX:
        size = request.content_length or len(content)
        raise _refused([f"The file is too large ({size / 2**20:.2f} MB). Allowed maximum size is 2 MB."])
    try:
        return imaging.remake(content, least)
    except imaging.BadImage as e:
        raise _refused([str(e)]) from e


def _refused(messages: list[str]) -> InvalidForm:
    return InvalidForm(tree(PhotoForm(), {"file": messages} if messages else {}))


def show(sha256: str, media_type: str, stem: str, to_staff_only: bool) -> Response:
    """A stored picture, for an `<img>` on any page. Raises NotFound when the store has lost it."""
    content = blobs().get(sha256)
    if content is None:
        raise NotFound
    response = Response(content, mimetype=media_type)
    response.headers["Content-Disposition"] = f'inline; filename="{file_name(stem, media_type)}"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Cache-Control"] = f"{'private' if to_staff_only else 'public'}, max-age=0, must-revalidate"
    response.headers["Vary"] = "Authorization"
    response.set_etag(sha256)
    response.make_conditional(request)
    return response
