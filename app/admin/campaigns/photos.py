"""Photos of campaigns, of levels and of earning rules: upload, show, remove."""

from collections.abc import Callable
from uuid import UUID

from flask import Response, jsonify
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from app import clock
from app.campaign.setup import photos
from app.media import pictures
from app.media.pictures import place_of
from app.members import levels
from app.members.models import Level
from app.openloyalty.api import Blueprint
from app.openloyalty.shared.pictures import BODY_BYTES_MAX, REQUEST_BODY, request_body, show, uploaded
from app.organizations.scope import EVERY_CHAIN, Chains
from app.sales import earning_rules
from app.sales.models import EarningRule
from app.web.door import allow, anyone, blobs, chains, reading, transaction, visitor

blueprint = Blueprint("admin_photos", __name__)

STAFF = "admin", "seller"
Pictured = Level | EarningRule  # what has one photo
GET: dict[str, Callable[[Session, UUID, Chains], Pictured]] = {"level": levels.get, "earning_rule": earning_rules.get}


@blueprint.route("/campaign/<uuid:campaign>/photo", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@blueprint.doc(requestBody=REQUEST_BODY)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def upload_photo(campaign: UUID) -> Response:
    """Give a campaign a photo, which is shown from now on; it keeps ten.

    PNG, GIF, JPEG or WebP of at most 2 MB and at least 600 x 600 pixels. The picture is encoded anew.
    """
    with reading() as session:
        photos.require_campaign(session, campaign, chains())
    picture = uploaded()
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


def _staff_of() -> frozenset[int]:
    """The chains of whose staff the caller is."""
    who = visitor()
    return who.reads if who is not None and who.role in STAFF else frozenset()


def _shown(campaign: UUID, which: UUID | None = None) -> Response:
    staff_of = _staff_of()
    with reading() as session:
        photo = photos.of_campaign(session, campaign, clock.now(), staff_of, which)
    return show(photo.sha256, photo.media_type, str(photo.uuid), bool(staff_of))


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


@blueprint.route("/campaign/<uuid:campaign>/brand_icon", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@blueprint.doc(requestBody=request_body("brand_icon"))
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def upload_brand_icon(campaign: UUID) -> Response:
    """Give a campaign the icon of its brand, instead of the one it has; of whatever size up to 8,000 pixels a side."""
    with reading() as session:
        photos.require_campaign(session, campaign, chains())
    picture = uploaded(least=1, name="brand_icon")
    sha256 = blobs().put(picture.content)
    with transaction() as session:
        photos.set_brand_icon(session, campaign, chains(), picture, sha256, clock.now())
    return jsonify([])


@blueprint.route("/campaign/<uuid:campaign>/brand_icon", methods=["GET"], any_query=True)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
@anyone
def show_brand_icon(campaign: UUID) -> Response:
    """Show the icon of a campaign's brand, to everybody; of a campaign that is still secret, to the staff only."""
    staff_of = _staff_of()
    with reading() as session:
        icon = photos.brand_icon(session, campaign, clock.now(), staff_of)
    return show(icon.sha256, icon.media_type, str(campaign), bool(staff_of))


@blueprint.route("/campaign/<uuid:campaign>/brand_icon", methods=["DELETE"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def remove_brand_icon(campaign: UUID) -> Response:
    """Take the icon of a campaign's brand away."""
    with transaction() as session:
        photos.remove_brand_icon(session, campaign, chains())
    return jsonify([])


@blueprint.route("/level/<uuid:level>/photo", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@blueprint.doc(requestBody=REQUEST_BODY)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def upload_photo_of_level(level: UUID) -> Response:
    """Give a level its photo, instead of the one it has. The picture is as a campaign's."""
    return _given("level", level)


@blueprint.route("/level/<uuid:level>/photo", methods=["GET"], any_query=True)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
@anyone
def show_photo_of_level(level: UUID) -> Response:
    """Show the photo of a level, to everybody; of one that is switched off, to the staff only."""
    return _shown_of("level", level)


@blueprint.route("/level/<uuid:level>/photo", methods=["DELETE"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def remove_photo_of_level(level: UUID) -> Response:
    """Take the photo of a level away."""
    with transaction() as session:
        pictures.remove(session, GET["level"](session, level, chains()).chain_id, place_of("level", level))
    return jsonify([])


@blueprint.route("/earningRule/<uuid:rule>/photo", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@blueprint.doc(requestBody=REQUEST_BODY)
@allow("admin", body_bytes_max=BODY_BYTES_MAX)
def upload_photo_of_earning_rule(rule: UUID) -> Response:
    """Give an earning rule its photo, instead of the one it has. The picture is as a campaign's."""
    return _given("earning_rule", rule)


@blueprint.route("/earningRule/<uuid:rule>/photo", methods=["GET"], any_query=True)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
@anyone
def show_photo_of_earning_rule(rule: UUID) -> Response:
    """Show the photo of an earning rule, to everybody; of one that is switched off, to the staff only."""
    return _shown_of("earning_rule", rule)


@blueprint.route("/earningRule/<uuid:rule>/photo", methods=["DELETE"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def remove_photo_of_earning_rule(rule: UUID) -> Response:
    """Take the photo of an earning rule away."""
    with transaction() as session:
        pictures.remove(session, GET["earning_rule"](session, rule, chains()).chain_id, place_of("earning_rule", rule))
    return jsonify([])


def _given(kind: str, uuid: UUID) -> Response:
    with reading() as session:
        GET[kind](session, uuid, chains())
    picture = uploaded()
    sha256 = blobs().put(picture.content)  # before the row: a row without its blob must never be seen
    with transaction() as session:
        chain_id = GET[kind](session, uuid, chains()).chain_id
        pictures.put(
            session, chain_id, place_of(kind, uuid), sha256, picture.media_type, len(picture.content), clock.now()
        )
    return jsonify([])


def _shown_of(kind: str, uuid: UUID) -> Response:
    who = visitor()
    with reading() as session:
        pictured = GET[kind](session, uuid, EVERY_CHAIN)
        is_staff = who is not None and who.role in STAFF and pictured.chain_id in who.reads
        picture = pictures.find(session, pictured.chain_id, place_of(kind, uuid))
        if picture is None or not (pictured.active or is_staff):
            raise NotFound
    return show(picture.sha256, picture.media_type, str(uuid), is_staff)
