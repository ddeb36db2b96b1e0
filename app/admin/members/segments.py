"""Segments of customers."""

from dataclasses import replace
from uuid import UUID

from flask import Response, jsonify
from sqlalchemy.orm import Session

from app import clock
from app.members import roster
from app.openloyalty import member_views, schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import kept_percent, paged
from app.openloyalty.forms.form import form
from app.openloyalty.forms.segments import SegmentChangeForm, SegmentForm
from app.openloyalty.queries import filters, flag, paged_by, paging, text
from app.openloyalty.shared import tables
from app.segments import segments
from app.segments.criteria import Criterion
from app.segments.segments import SegmentDetails
from app.web.door import allow, chains, listing, note_subject, own_chain, reading, transaction

blueprint = Blueprint("admin_segments", __name__)
MEMBER_FILTERS = {"firstName": "first_name", "lastName": "last_name", "phone": "phone", "email": "email"}


@blueprint.route("/segment", methods=["GET"])
@blueprint.response(200, schemas.listed("segments", schemas.SegmentView))
@blueprint.doc(parameters=[*paged_by(sorting.SEGMENTS), *filters("active", "name")])
@allow("admin")
def list_segments() -> Response:
    """List the segments."""
    with reading() as session:
        found = segments.page(session, chains(), paging(sorting.SEGMENTS), flag("active"), text("name"))
        counts = segments.customers_counts(session, [segment.id for segment in found.rows])
        return paged("segments", found, lambda it: member_views.segment(it, counts[it.id]))


@blueprint.route("/segment", methods=["POST"])
@form("segment", SegmentForm)
@blueprint.response(200, schemas.SegmentId)
@allow("admin")
def create_segment(definition: SegmentDetails) -> Response:
    """Create a segment: parts that must all hold, each of criteria of which any may hold."""
    with transaction() as session:
        created = segments.create(session, own_chain(), definition, clock.now())
        note_subject(segment=created.uuid)
    return jsonify(segmentId=str(created.uuid))


@blueprint.route("/segment/preview", methods=["POST"])
@form("segment", SegmentForm)
@blueprint.response(200, schemas.listed("customers", schemas.MemberView))
@allow("admin")
def preview_segment(definition: SegmentDetails) -> Response:
    """Say how many customers a segment would have, and show ten of them; nothing is saved."""
    with reading() as session:
        total, some = segments.preview(session, own_chain(), _with_known_percentages(session, definition), clock.now())
        return jsonify(customers=[member_views.member(it) for it in some], total=total)


@blueprint.route("/segment/<uuid:segment>", methods=["GET"])
@blueprint.response(200, schemas.SegmentView)
@allow("admin")
def show_segment(segment: UUID) -> Response:
    """Show a segment."""
    with reading() as session:
        found = segments.get(session, segment, chains())
        return jsonify(member_views.segment(found, segments.customers_counts(session, [found.id])[found.id]))


@blueprint.route("/segment/<uuid:segment>", methods=["PUT"])
@form("segment", SegmentChangeForm)
@blueprint.response(200, schemas.SegmentId)
@allow("admin")
def change_segment(definition: SegmentDetails, segment: UUID) -> Response:
    """Change a segment as a whole.

    A percentage is sent as one, and printed as a fraction, as Open Loyalty does; printed and sent back, it stays.
    """
    with transaction() as session:
        definition = _with_known_percentages(session, definition)
        segments.change(session, segment, definition, chains(), clock.now())
    return jsonify(segmentId=str(segment))


def _with_known_percentages(session: Session, definition: SegmentDetails) -> SegmentDetails:
    """Percentages of criteria that come back as they were printed, as fractions of one, are what they were."""
    asked = [it for part in definition.parts for it in part if it.id is not None and "percent" in it.terms]
    known = segments.known_terms(session, [it.id for it in asked if it.id is not None], chains()) if asked else {}

    def kept(it: Criterion) -> Criterion:
        before = known.get(it.id, {}).get("percent") if it.id is not None else None
        if before is None or "percent" not in it.terms:
            return it
        return replace(it, terms={**it.terms, "percent": kept_percent(it.terms["percent"], before)})

    return replace(definition, parts=[[kept(it) for it in part] for part in definition.parts])


@blueprint.route("/segment/<uuid:segment>", methods=["DELETE"])
@blueprint.response(204)
@allow("admin")
def remove_segment(segment: UUID) -> Response:
    """Remove a segment."""
    with transaction() as session:
        segments.remove(session, segment, chains(), clock.now())
    return Response(status=204)


@blueprint.route("/segment/<uuid:segment>/<any(activate, deactivate):action>", methods=["POST"])
@blueprint.response(204)
@allow("admin")
def switch_segment(segment: UUID, action: str) -> Response:
    """Activate or deactivate a segment; an inactive one has no members."""
    with transaction() as session:
        segments.switch(session, segment, action == "activate", chains(), clock.now())
    return Response(status=204)


@blueprint.route("/segment/<uuid:segment>/customers", methods=["GET"])
@blueprint.response(200, schemas.listed("customers", schemas.MemberView))
@blueprint.doc(parameters=[*paged_by(sorting.MEMBERS), *filters(*MEMBER_FILTERS)])
@allow("admin")
def list_customers_of_segment(segment: UUID) -> Response:
    """List the customers of a segment."""
    texts = {column: found for name, column in MEMBER_FILTERS.items() if (found := text(name))}
    with listing() as session:
        return paged(
            "customers",
            segments.customers(session, segment, chains(), paging(sorting.MEMBERS), texts),
            member_views.member,
        )


@blueprint.route("/csv/segment/<uuid:segment>", methods=["GET"])
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
@allow("admin")
def export_customers_of_segment(segment: UUID) -> Response:
    """Take away the customers of a segment, as CSV."""
    with reading() as session:
        found = segments.get(session, segment, chains())
        id, key = found.id, found.key
    return tables.customers(f"segment-{key}", lambda session, after: roster.in_segment(session, id, after))
