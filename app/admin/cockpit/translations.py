"""The texts of a programme's own clients, in each of its languages. Source: contract section 3.6."""

from typing import Any

from flask import Response, jsonify, request
from marshmallow import Schema, ValidationError, fields, post_load, validates
from werkzeug.exceptions import BadRequest

from app import clock
from app.admin.cockpit.settings import managed, visited
from app.openloyalty import schemas
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import moment
from app.openloyalty.forms.fields import Checkbox, Text, Whole
from app.openloyalty.forms.form import Form, form
from app.organizations import translations
from app.organizations.models import Translation
from app.organizations.translations import TranslationDetails
from app.web.body import json_body
from app.web.door import allow, anyone, note_subject, reading, transaction

blueprint = Blueprint("admin_translations", __name__)

CONTENT_LENGTH_MAX = 500_000
CONTENT_DEPTH_MAX = 20
BODY_BYTES_MAX = 4 * 1024 * 1024


class TranslationView(Schema):
    name = fields.String(required=True)
    code = fields.String(required=True)
    default = fields.Boolean(required=True)
    order = fields.Integer(required=True)
    content = fields.String(metadata={"description": "A JSON object, as text. Not in lists."})
    updatedAt = fields.String(required=True)


class TranslationForm(Form):
    """The texts in one language."""

    printed = TranslationView
    name = Text(required=True)
    code = Text(length_max=20, required=True)
    default = Checkbox(attribute="is_default", load_default=None)
    order = Whole(attribute="position", load_default=0)
    content = Text(CONTENT_LENGTH_MAX, required=True)

    @validates("content")
    def require_object(self, value: str | None, **kw: Any) -> None:
        try:
            json_body((value or "{}").encode(), depth_max=CONTENT_DEPTH_MAX)
        except BadRequest as e:
            raise ValidationError(f"The texts are no JSON object. {e.description}") from e

    @post_load
    def details(self, data: dict[str, Any], **kw: Any) -> TranslationDetails:
        return TranslationDetails(**{**data, "position": data["position"] or 0})


class TranslationChangeForm(TranslationForm):
    """The same of a language that is there; its code is in the address."""

    code = Text(length_max=20)


@blueprint.route("/translations", methods=["GET"])
@blueprint.response(200, {"type": "object", "additionalProperties": {}})
@anyone
def show_texts() -> Response:
    """Show the texts of the programme whose address this is: in its default language, or in that of `_locale`."""
    with reading() as session:
        content = translations.texts(session, visited(session).id, request.args.get("_locale"))
    return Response(content, mimetype="application/json")


@blueprint.route("/admin/translations", methods=["GET"])
@blueprint.response(200, schemas.listed("translations", TranslationView))
@allow("admin")
def list_translations() -> Response:
    """List the languages."""
    with reading() as session:
        found = [_shown(it, with_content=False) for it in translations.of_chain(session, managed(session))]
    return jsonify(translations=found, total=len(found))


@blueprint.route("/admin/translations", methods=["POST"])
@form("translation", TranslationForm)
@blueprint.response(200, TranslationView)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def create_translation(details: TranslationDetails) -> Response:
    """Add a language. The first one is the default."""
    with transaction() as session:
        made = translations.create(session, managed(session), details, clock.now())
        note_subject(translation=made.code, characters=len(made.content))
        return jsonify(_shown(made))


@blueprint.route("/admin/translations/<language>", methods=["GET"])
@blueprint.response(200, TranslationView)
@allow("admin")
def show_translation(language: str) -> Response:
    """Show the texts in a language."""
    with reading() as session:
        return jsonify(_shown(translations.get(session, managed(session), language)))


@blueprint.route("/admin/translations/<language>", methods=["PUT"])
@form("translation", TranslationChangeForm)
@blueprint.response(200, TranslationView)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def change_translation(details: TranslationDetails, language: str) -> Response:
    """Change the texts in a language; its code stays."""
    with transaction() as session:
        changed = translations.change(session, managed(session), language, details, clock.now())
        note_subject(characters=len(changed.content))
        return jsonify(_shown(changed))


@blueprint.route("/admin/translations/<language>", methods=["DELETE"])
@blueprint.response(200, {"type": "object", "additionalProperties": {}})
@allow("admin")
def remove_translation(language: str) -> Response:
    """Remove a language."""
    with transaction() as session:
        translations.remove(session, managed(session), language)
    return jsonify({})


def _shown(it: Translation, with_content: bool = True) -> dict[str, Any]:
    return {
        "name": it.name,
        "code": it.code,
        "default": it.is_default,
        "order": it.position,
        **({"content": it.content} if with_content else {}),
        "updatedAt": moment(it.updated_at),
    }
