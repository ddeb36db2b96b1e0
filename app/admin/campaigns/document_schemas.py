"""What the calls for campaigns' documents take and answer, for the manual."""

from typing import Any

from marshmallow import Schema, fields

from app.campaign.document.parts import CampaignDocument
from app.native.schemas import RefusedErrorView, WhyNotView


class ProblemView(Schema):
    path = fields.String(required=True, metadata={"description": "Where, as a JSON Pointer into the document."})
    message = fields.String(required=True)
    code = fields.String(required=True)


class UnfitView(Schema):
    """What is wrong with a document, all of it."""

    error = fields.Nested(RefusedErrorView, required=True)
    problems = fields.List(fields.Nested(ProblemView))


class MovedView(Schema):
    """The campaign is at another revision than the request says."""

    error = fields.Nested(RefusedErrorView, required=True)
    revision = fields.Integer(required=True)


class PoolState(Schema):
    codes = fields.Integer(required=True)
    left = fields.Integer(required=True, allow_none=True)


class DrawState(Schema):
    commitment = fields.String(required=True, metadata={"description": "SHA-256 of the seed."})
    committed_at = fields.DateTime(required=True)
    seed = fields.String(required=True, allow_none=True, metadata={"description": "Once the campaign is over."})


class CampaignState(Schema):
    """What the service says of a campaign. It is passed over when it comes back."""

    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    revision = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    given = fields.Integer(required=True)
    left = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Of its limit or its codes, whichever ends first."}
    )
    customers = fields.Integer(required=True)
    participants = fields.Integer(required=True)
    photo = fields.String(required=True, allow_none=True, metadata={"description": "Where its latest photo is."})
    pool = fields.Nested(PoolState, required=True)
    draw = fields.Nested(DrawState, required=True, allow_none=True)


class CampaignWithState(CampaignDocument):
    """A campaign's document, and its state."""

    state = fields.Nested(CampaignState, required=True)


class CampaignDocumentView(CampaignDocument):
    """A campaign's document as it was."""


class CampaignDocuments(Schema):
    campaigns = fields.List(fields.Nested(CampaignWithState), required=True)
    total = fields.Integer(required=True)


class DifferenceView(Schema):
    path = fields.String(required=True)
    old = fields.Raw(required=True, allow_none=True)
    new = fields.Raw(required=True, allow_none=True)
    text = fields.String(required=True)


class CautionView(Schema):
    path = fields.String(required=True)
    message = fields.String(required=True)


class PlanView(Schema):
    """What would become of one document."""

    key = fields.String(required=True, allow_none=True)
    action = fields.String(required=True, metadata={"enum": ["create", "change", "none"]})
    possible = fields.Boolean(required=True)
    id = fields.UUID(required=True, allow_none=True)
    revision = fields.Integer(required=True, allow_none=True)
    problems = fields.List(fields.Nested(ProblemView), required=True)
    refused = fields.List(fields.Nested(ProblemView), required=True)
    differences = fields.List(fields.Nested(DifferenceView), required=True)
    warnings = fields.List(fields.Nested(CautionView), required=True)


class Plans(Schema):
    plans = fields.List(fields.Nested(PlanView), required=True)


class WhoView(Schema):
    kind = fields.String(required=True, metadata={"enum": ["login", "token", "service"]})
    name = fields.String(required=True, allow_none=True)


class RevisionView(Schema):
    revision = fields.Integer(required=True)
    at = fields.DateTime(required=True)
    by = fields.Nested(WhoView, required=True)
    differences = fields.List(fields.String(), required=True)


class Revisions(Schema):
    revisions = fields.List(fields.Nested(RevisionView), required=True)
    more = fields.Boolean(required=True)


class ChanceView(Schema):
    key = fields.String(required=True)
    title = fields.String(required=True)
    kind = fields.String(required=True)
    open = fields.Boolean(required=True)
    odds = fields.Float(required=True, allow_none=True)


class AnswerView(Schema):
    """What a customer would get."""

    at = fields.DateTime(required=True)
    visibility = fields.String(required=True, metadata={"enum": ["secret", "hidden", "shown"]})
    may_have = fields.Boolean(required=True)
    reasons = fields.List(fields.Nested(WhyNotView), required=True)
    price = fields.String(required=True)
    balance = fields.String(required=True)
    rewards = fields.List(fields.Nested(ChanceView), required=True)


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


class LoadedCodes(Schema):
    added = fields.Integer(required=True, metadata={"description": "Codes that are new in the pool."})
    known = fields.Integer(required=True, metadata={"description": "Codes that came twice, or were there already."})


CODES_BODY = _body(
    {
        "type": "object",
        "required": ["codes"],
        "properties": {
            "codes": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 255}, "minItems": 1}
        },
    }
)
_DOCUMENT = {"$ref": "#/components/schemas/CampaignDocumentView"}
DOCUMENT_BODY = _body(_DOCUMENT)
DOCUMENTS_BODY = _body(
    {"type": "object", "required": ["documents"], "properties": {"documents": {"type": "array", "items": _DOCUMENT}}}
)
QUESTION_BODY = _body(
    {
        "type": "object",
        "required": ["document", "customer"],
        "properties": {
            "document": _DOCUMENT,
            "customer": {"type": "string", "format": "uuid"},
            "at": {"type": "string", "format": "date-time", "nullable": True},
            "basket": {"type": "number", "minimum": 0, "nullable": True, "description": "What was paid."},
        },
    }
)

# A dry run is answered by its plan.
CHANGED_OR_PLANNED = {
    "oneOf": [{"$ref": "#/components/schemas/CampaignWithState"}, {"$ref": "#/components/schemas/PlanView"}]
}
