"""Campaigns of any kind as documents: read whole, created, changed under a revision, planned, asked before they are saved."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app import clock
from app.admin import chosen
from app.admin.campaigns import document_schemas as schemas
from app.admin.campaigns import document_views as views
from app.admin.campaigns.document_views import Moved, Unfit
from app.admin.chosen import CHAIN
from app.campaign.document import ask, documents
from app.campaign.document.problems import Problem
from app.campaign.document.schema import json_schema
from app.campaign.errors import RevisionMoved
from app.campaign.listings import campaign_documents
from app.campaign.listings.campaign_documents import DocumentFilter
from app.campaign.models.campaigns import CAMPAIGN_KINDS, LIFECYCLES, Campaign
from app.campaign.setup import campaigns, coupons, plans, revisions
from app.campaign.setup.plans import Plan
from app.openloyalty import sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.queries import filters, number, paged_by, paging, text
from app.openloyalty.shared.people import actor
from app.refusal import Conflicting, Malformed
from app.web import fields
from app.web.body import json_body
from app.web.door import allow, anyone, chains, listing, note_no_change, note_subject, reading, transaction

blueprint = Blueprint("campaign_documents", __name__)
BODY_BYTES_MAX = 1_000_000
DOCUMENTS_MAX = 250  # in one plan
DEPTH_MAX = 30
AMOUNT_MAX = 10**12
CODES_MAX = 10_000  # in one request
TAG = re.compile(r'(?:W/)?"?([0-9]+)"?')  # proxies that compress make strong tags weak
DRY_RUN = {
    "in": "query",
    "name": "dry_run",
    "schema": {"type": "boolean"},
    "description": "Changes nothing, and answers what would change, what is refused, and what is worth a second look.",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string"},
    "description": "The revision that you have seen, as the ETag says it; * for any.",
}
FILTERS = [
    {
        "in": "query",
        "name": "kind",
        "schema": {"type": "string"},
        "description": f"Some of {', '.join(CAMPAIGN_KINDS)}, with commas between.",
    },
    {
        "in": "query",
        "name": "lifecycle",
        "schema": {"type": "string"},
        "description": f"Some of {', '.join(LIFECYCLES)}, with commas between.",
    },
    {
        "in": "query",
        "name": "label",
        "schema": {"type": "string"},
        "description": "A label's key, or `key:value`; several with commas between.",
    },
    *filters("text", description="Text in the name or the key."),
]


def refusing(*statuses: int) -> Callable[[Any], Any]:
    """The manual tells that a call refuses with these statuses, and how."""

    def decorate(view: Any) -> Any:
        for status in statuses:
            view = blueprint.alt_response(status, schema=REFUSALS[status], description="Refused")(view)
        return view

    return decorate


REFUSALS = {400: schemas.UnfitView, 409: schemas.UnfitView, 412: schemas.MovedView, 428: schemas.MovedView}


@blueprint.errorhandler(Unfit)
def _unfit(e: Unfit) -> Response:
    return views.unfit(e)


@blueprint.errorhandler(Moved)
def _moved(e: Moved) -> Response:
    return views.moved(e)


@blueprint.route("/campaign-document.json", methods=["GET"])
@blueprint.response(200)
@anyone
def show_document_schema() -> Response:
    """Show the form of a campaign's document as JSON Schema."""
    response = jsonify(json_schema())
    response.mimetype = "application/schema+json"
    return response


@blueprint.route("/admin/campaigns", methods=["GET"])
@blueprint.response(200, schemas.CampaignDocuments)
@blueprint.doc(parameters=[*paged_by(sorting.DOCUMENTS), CHAIN, *FILTERS])
@allow("admin")
def list_campaign_documents() -> Response:
    """List campaigns of any kind as documents, the newest first."""
    wanted = DocumentFilter(_words("kind", CAMPAIGN_KINDS), _words("lifecycle", LIFECYCLES), _labels(), text("text"))
    page, now = paging(sorting.DOCUMENTS), clock.now()
    with listing() as session:
        found = campaign_documents.page(session, chosen.chain(), page, wanted)
        return jsonify(campaigns=[views.campaign(row, now) for row in found.rows], total=found.total)


@blueprint.route("/admin/campaigns", methods=["POST"])
@blueprint.response(201, schemas.CampaignWithState)
@blueprint.doc(parameters=[DRY_RUN, CHAIN], requestBody=schemas.DOCUMENT_BODY)
@blueprint.alt_response(200, schema=schemas.PlanView, description="Of a dry run")
@refusing(400, 409)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def create_campaign_document() -> Response:
    """Create a campaign of any kind from its document."""
    sent, now = _body(), clock.now()
    with _session() as session:
        [planned] = plans.plan(session, chosen.chain(), [sent], now, chosen.is_dry_run())
        if planned.action != "create":
            planned = _taken(session, planned, sent, now)
        if chosen.is_dry_run():
            return jsonify(views.plan(planned))
        _require_possible(planned)
        assert planned.spec is not None
        made = campaigns.create(session, planned.spec, now, chosen.chain(), by=actor())
        note_subject(campaign=made.uuid)
        response = _answer(session, made.uuid, now)
    response.status_code = 201
    response.headers["Location"] = f"/api/admin/campaigns/{made.uuid}"
    return response


@blueprint.route("/admin/campaigns/<campaign>", methods=["GET"])
@blueprint.response(200, schemas.CampaignWithState)
@blueprint.doc(parameters=[CHAIN])
@allow("admin")
def show_campaign_document(campaign: str) -> Response:
    """Show a campaign of any kind as its document; by its key or its UUID."""
    with reading() as session:
        return _answer(session, chosen.campaign(session, campaign).uuid, clock.now())


@blueprint.route("/admin/campaigns/<campaign>", methods=["PUT"])
@blueprint.response(200, schemas.CHANGED_OR_PLANNED)
@blueprint.doc(parameters=[DRY_RUN, CHAIN, IF_MATCH], requestBody=schemas.DOCUMENT_BODY)
@refusing(400, 409, 412, 428)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def change_campaign_document(campaign: str) -> Response:
    """Make a campaign what a document says; the same document again changes nothing."""
    sent, now = _body(), clock.now()
    with _session() as session:
        known = chosen.campaign(session, campaign)
        planned = plans.plan_for(session, known, sent, now, chosen.is_dry_run())
        if chosen.is_dry_run():
            if "If-Match" in request.headers:
                _expected(known)
            return jsonify(views.plan(planned))
        return _put(session, known, planned, now)


@blueprint.route("/admin/campaigns/<campaign>/revisions", methods=["GET"])
@blueprint.response(200, schemas.Revisions)
@blueprint.doc(parameters=[CHAIN, *filters("before", description="Only revisions before this one.")])
@allow("admin")
def list_revisions(campaign: str) -> Response:
    """List what was changed of a campaign, by whom and when, the latest first."""
    before = number("before")
    with reading() as session:
        found, more = revisions.history(session, chosen.campaign(session, campaign).id, before)
        return jsonify(revisions=[views.revision(change) for change in found], more=more)


@blueprint.route("/admin/campaigns/<campaign>/revisions/<int(max=9223372036854775807):revision>", methods=["GET"])
@blueprint.response(200, schemas.CampaignDocumentView)
@blueprint.doc(parameters=[CHAIN])
@allow("admin")
def show_revision(campaign: str, revision: int) -> Response:
    """Show a campaign's document as it was at a revision."""
    with reading() as session:
        return jsonify(revisions.get(session, chosen.campaign(session, campaign).id, revision).document)


@blueprint.route(
    "/admin/campaigns/<campaign>/revisions/<int(max=9223372036854775807):revision>/restore", methods=["POST"]
)
@blueprint.response(200, schemas.CHANGED_OR_PLANNED)
@blueprint.doc(parameters=[DRY_RUN, CHAIN, IF_MATCH])
@refusing(400, 409, 412, 428)
@allow("admin")
def restore_revision(campaign: str, revision: int) -> Response:
    """Make a campaign what it was at a revision, as a new one; its state of life stays as it is."""
    now = clock.now()
    with _session() as session:
        known = chosen.campaign(session, campaign)
        old = revisions.get(session, known.id, revision).document
        # What is not the campaign's to decide stays as it is: where it stands in its life, what it is called, the chain's zone.
        hours = {**old["hours"], "time_zone": None}
        again = {**old, "lifecycle": known.lifecycle, "key": known.key, "hours": hours}
        planned = plans.plan_for(session, known, again, now, chosen.is_dry_run())
        if chosen.is_dry_run():
            return jsonify(views.plan(planned))
        return _put(session, known, planned, now)


@blueprint.route("/admin/campaigns/plan", methods=["POST"])
@blueprint.response(200, schemas.Plans)
@blueprint.doc(parameters=[CHAIN], requestBody=schemas.DOCUMENTS_BODY)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def plan_campaign_documents() -> Response:
    """Tell what documents would change if each were put; changes nothing."""
    listed = _body("documents").get("documents")
    if not isinstance(listed, list) or len(listed) > DOCUMENTS_MAX:
        raise BadRequest(f"documents: a list of at most {DOCUMENTS_MAX}.")
    with reading() as session:
        return jsonify(plans=[views.plan(it) for it in plans.plan(session, chosen.chain(), listed, clock.now())])


@blueprint.route("/admin/campaigns/ask", methods=["POST"])
@blueprint.response(200, schemas.AnswerView)
@blueprint.doc(parameters=[CHAIN], requestBody=schemas.QUESTION_BODY)
@refusing(400)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def ask_campaign_document() -> Response:
    """Tell what a customer would get of a document at a moment, saved or not, and every reason why nothing."""
    sent = _body("document", "customer", "at", "basket")
    if not isinstance(sent.get("document"), dict):
        raise BadRequest("document: a campaign's document.")
    customer, at, basket = _customer(sent.get("customer")), _moment(sent.get("at")), _basket(sent.get("basket"))
    with reading() as session:
        [planned] = documents.understood(session, chosen.chain(), [sent["document"]], {})
        if planned.spec is None or planned.problems:
            raise Unfit(400, planned.problems)
        return jsonify(
            views.answer(ask.ask(session, chosen.chain(), planned.spec, customer, at or clock.now(), basket))
        )


@blueprint.route("/admin/campaigns/<campaign>/codes", methods=["POST"])
@blueprint.response(200, schemas.LoadedCodes)
@blueprint.doc(parameters=[CHAIN], requestBody=schemas.CODES_BODY)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def load_codes(campaign: str) -> Response:
    """Add codes to a campaign's pool, all or none; those that it has are passed over, so they can be sent again."""
    listed = _body("codes").get("codes")
    if not isinstance(listed, list) or not 0 < len(listed) <= CODES_MAX:
        raise BadRequest(f"codes: a list of 1 to {CODES_MAX} codes.")
    try:
        codes = [fields.code(code, coupons.CODE_LENGTH_MAX) for code in listed]
    except ValueError as e:
        raise BadRequest(f"codes: each is text of 1 to {coupons.CODE_LENGTH_MAX} characters.") from e
    with transaction() as session:
        known = chosen.campaign(session, campaign)
        added = coupons.load_batch(session, known.uuid, list(dict.fromkeys(codes)))
        note_subject(campaign=known.uuid, codes=added)
    return jsonify(added=added, known=len(codes) - added)


def _put(session: Session, known: Campaign, planned: Plan, now: datetime) -> Response:
    if planned.problems:
        raise Unfit(400, planned.problems)
    revision = _expected(known)
    _require_possible(planned)
    assert planned.spec is not None
    if planned.action == "none":
        note_no_change()
    try:
        changed = campaigns.put(session, known.uuid, planned.spec, chains(), now, actor(), revision)
    except RevisionMoved as e:
        raise Moved(e.actual, is_said=True) from e
    except (Conflicting, Malformed) as e:  # it became so between the look and the lock
        raise Unfit(409, [Problem("", e)]) from e
    note_subject(campaign=changed.uuid, revision=changed.stock.revision)
    return _answer(session, changed.uuid, now)


def _answer(session: Session, uuid: UUID, now: datetime) -> Response:
    session.expire_all()
    found = campaign_documents.get(session, str(uuid), chains(), chosen.chain())
    response = jsonify(views.campaign(campaign_documents.with_document(session, found), now))
    response.headers["ETag"] = f'"{found.stock.revision}"'
    return response


def _taken(session: Session, planned: Plan, sent: dict[str, Any], now: datetime) -> Plan:
    """The plan of creating what is there already: its key is refused."""
    if planned.problems or planned.spec is None:
        return planned
    return plans.plan_new(session, chosen.chain(), planned.spec, now)


def _require_possible(planned: Plan) -> None:
    """Raises Unfit."""
    if planned.problems:
        raise Unfit(400, planned.problems)
    if planned.refused:
        raise Unfit(409, planned.refused)


def _expected(known: Campaign) -> int | None:
    """The revision that the request says it has seen; None for any. Raises Moved."""
    sent = request.headers.get("If-Match")
    if sent is None:
        raise Moved(known.stock.revision, is_said=False)
    tags = [tag.strip() for tag in sent.split(",")]
    if "*" in tags:
        return None
    revisions = [TAG.fullmatch(tag) for tag in tags]
    if None in revisions:
        raise BadRequest(f'If-Match: the ETag that you were shown, such as "{known.stock.revision}", or *.')
    if str(known.stock.revision) not in [match[1] for match in revisions if match]:
        raise Moved(known.stock.revision, is_said=True)
    return known.stock.revision


def _body(*known: str) -> dict[str, Any]:
    """An object of these names; of any, for a document, which tells its own. Raises BadRequest."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON: Content-Type: application/json.")
    sent = json_body(request.get_data(), DEPTH_MAX)
    unknown = sorted(sent.keys() - set(known)) if known else []
    if unknown:
        raise BadRequest(f"Unknown: {', '.join(unknown)}; known are {', '.join(known)}.")
    return sent


def _session() -> AbstractContextManager[Session]:
    """A transaction; for a dry run, a session that only reads."""
    return reading() if chosen.is_dry_run() else transaction()


def _words(name: str, known: tuple[str, ...]) -> list[str]:
    """Raises BadRequest."""
    words = [word.strip() for word in (text(name) or "").split(",") if word.strip()]
    unknown = [word for word in words if word not in known]
    if unknown:
        raise BadRequest(f"{name}: some of {', '.join(known)}, with commas between.")
    return words


def _labels() -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for label in (text("label") or "").split(","):
        key, colon, value = label.partition(":")
        if key.strip():
            found.append((key.strip(), value.strip() if colon else None))
    return found


def _customer(sent: Any) -> UUID:
    try:
        return UUID(sent)
    except (ValueError, AttributeError, TypeError) as e:
        raise BadRequest("customer: the UUID of a customer.") from e


def _basket(sent: Any) -> float | None:
    """Raises BadRequest."""
    if sent is None:
        return None
    if isinstance(sent, bool) or not isinstance(sent, int | float) or not 0 <= sent <= AMOUNT_MAX:
        raise BadRequest("basket: what was paid, a number.")
    return float(sent)


def _moment(sent: Any) -> datetime | None:
    """Raises BadRequest."""
    if sent is None:
        return None
    try:
        at = datetime.fromisoformat(sent)
    except (ValueError, TypeError) as e:
        raise BadRequest("at: a moment in ISO 8601, such as 2026-12-31T23:00:00+01:00.") from e
    if at.tzinfo is None or not 1970 <= at.year <= 2999:
        raise BadRequest("at: a moment with its offset, such as 2026-12-31T23:00:00+01:00.")
    return at
