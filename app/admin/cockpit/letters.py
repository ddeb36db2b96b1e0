"""What the programme's letters say. Source: Open Loyalty, "e-mail settings"."""

from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from flask import Response, jsonify
from marshmallow import Schema, fields

from app import clock
from app.admin.cockpit.settings import managed
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import moment, without_none
from app.openloyalty.forms.fields import Text
from app.openloyalty.forms.form import Form, form, require_unchanged
from app.text import trimmed
from app.web.door import allow, reading, settings, transaction
from app.wording import own
from app.wording.errors import LetterKindUnknown
from app.wording.models import MailTemplate
from app.wording.templates import KINDS, Templates, language_of

blueprint = Blueprint("admin_letters", __name__)

IDS = {uuid5(UUID("b6f5ed9c-98d6-4d65-8b6e-f64bf2b0a1a4"), kind): kind for kind in KINDS}


class EmailView(Schema):
    emailId = fields.UUID(required=True)
    key = fields.String(required=True, metadata={"enum": list(KINDS)})
    subject = fields.String(required=True)
    content = fields.String(required=True, metadata={"description": "HTML. It names values as `{{ campaign }}`."})
    senderName = fields.String(required=True)
    senderEmail = fields.String(required=True)
    updatedAt = fields.String(metadata={"description": "Of words of the programme's own."})


class EmailsView(Schema):
    emails = fields.List(fields.Nested(EmailView), required=True)
    total = fields.Integer(required=True)


class AdditionalView(Schema):
    variables = fields.List(fields.String(), required=True)
    preview = fields.String(required=True)


class EmailDetails(Schema):
    entity = fields.Nested(EmailView, required=True)
    additional = fields.Nested(AdditionalView, required=True)


class EmailId(Schema):
    emailId = fields.UUID(required=True)


class EmailForm(Form):
    """What a letter says. Blank, it says again what the installation's templates do. Who sends it is the installation's to say."""

    printed = EmailView
    elsewhere = ("emailId", "key", "senderName", "senderEmail", "updatedAt", "sender_name", "sender_email")
    subject = Text()
    content = Text(own.CONTENT_LENGTH_MAX)


@blueprint.route("/settings/emails", methods=["GET"])
@blueprint.response(200, EmailsView)
@allow("admin")
def list_letters() -> Response:
    """List the letters that the programme sends, with their words."""
    with reading() as session:
        chain_id = managed(session)
        found = [_letter(id, own.find(session, chain_id, kind)) for id, kind in IDS.items()]
    return jsonify(emails=found, total=len(found))


@blueprint.route("/settings/emails/<uuid:email>", methods=["GET"])
@blueprint.response(200, EmailDetails)
@allow("admin")
def show_letter(email: UUID) -> Response:
    """Show what a letter says, which values it may name, and how it looks with an example of each."""
    kind = _kind(email)
    with reading() as session:
        theirs = own.find(session, managed(session), kind)
    words = _installations().words(kind, language_of(settings().locale), KINDS[kind])
    if theirs is not None:
        words = own.rendered(theirs.subject, theirs.content, KINDS[kind])
    return jsonify(entity=_letter(email, theirs), additional={"variables": list(KINDS[kind]), "preview": words.html})


@blueprint.route("/settings/emails/<uuid:email>", methods=["PUT"])
@form("email", EmailForm)
@blueprint.response(200, EmailId)
@allow("admin")
def change_letter(data: dict[str, Any], email: UUID) -> Response:
    """Let a letter say something else: the subject, and the letter in HTML, which may name values and ask with `if` and `for`."""
    kind = _kind(email)
    with transaction() as session:
        chain_id = managed(session)
        found = _letter(email, own.find(session, chain_id, kind))
        sender = {"sender_name": found["senderName"], "sender_email": found["senderEmail"]}
        require_unchanged("email", {**found, **sender})
        if not data["subject"] and not data["content"]:
            own.remove(session, chain_id, kind)
        elif (data["subject"], data["content"]) != (found["subject"], found["content"]):
            own.put(session, chain_id, kind, data["subject"] or "", data["content"] or "", clock.now())
    return jsonify(emailId=str(email))


def _kind(id: UUID) -> str:
    """Raises LetterKindUnknown."""
    if id not in IDS:
        raise LetterKindUnknown
    return IDS[id]


def _letter(id: UUID, theirs: MailTemplate | None) -> dict[str, Any]:
    subject, content = _installations().source(IDS[id], language_of(settings().locale))
    if theirs is not None:
        subject, content = theirs.subject, theirs.content
    name, address = parseaddr(settings().mail_from)
    return without_none(
        {
            "emailId": str(id),
            "key": IDS[id],
            "subject": subject,
            "content": trimmed(content),
            "senderName": name,
            "senderEmail": address,
            "updatedAt": moment(theirs.updated_at) if theirs else None,
        }
    )


def _installations() -> Templates:
    return _of_folder(settings().mail_templates)


@lru_cache(4)
def _of_folder(folder: Path | None) -> Templates:
    """Only the worker must have the operator's templates: a server that does not have them shows Guerdon's own."""
    return Templates(folder if folder is not None and folder.is_dir() else None, checked=False)
