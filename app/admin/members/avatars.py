"""Pictures of customers, for the staff and themselves. Source: Open Loyalty 3.1, "avatar"."""

from flask import Response
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from app import clock
from app.access.models import CUSTOMER
from app.media import pictures
from app.members import customers, own_edits
from app.members.models import Customer
from app.openloyalty.api import Blueprint
from app.openloyalty.shared.people import asked_customer
from app.openloyalty.shared.pictures import BODY_BYTES_MAX, request_body, show, uploaded
from app.web.door import allow, blobs, caller, reading, transaction

blueprint = Blueprint("admin_avatars", __name__)


@blueprint.route("/customer/<customer>/avatar", methods=["POST"])
@blueprint.response(204)
@blueprint.doc(requestBody=request_body("avatar"))
@allow("admin", "seller", "customer", body_bytes_max=BODY_BYTES_MAX)
def upload_avatar(customer: str) -> Response:
    """Give a customer a picture, instead of the one there is; of whatever size up to 8,000 pixels a side. Customers give themselves one."""
    with reading() as session:
        _to_change(session, customer)
    made = uploaded(least=1, name="avatar")
    sha256 = blobs().put(made.content)  # before the row: a row without its blob must never be seen
    with transaction() as session:
        found = _to_change(session, customer)
        customers.set_picture(session, found, sha256, made.media_type, len(made.content), clock.now())
    return Response(status=204)


@blueprint.route("/customer/<customer>/avatar", methods=["GET"], any_query=True)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="image/*")
@allow("admin", "seller", "customer")
def show_avatar(customer: str) -> Response:
    """Show a customer's picture; customers see their own only."""
    with reading() as session:
        found = asked_customer(session, customer)
        picture = pictures.find(session, found.chain_id, pictures.place_of("customer", found.uuid))
    if picture is None:
        raise NotFound
    return show(picture.sha256, picture.media_type, str(found.uuid), to_staff_only=True)


@blueprint.route("/customer/<customer>/avatar", methods=["DELETE"])
@blueprint.response(204)
@allow("admin", "seller", "customer")
def remove_avatar(customer: str) -> Response:
    """Take a customer's picture away; customers do so with their own."""
    with transaction() as session:
        found = _to_change(session, customer)
        if not pictures.remove(session, found.chain_id, pictures.place_of("customer", found.uuid)):
            raise NotFound
    return Response(status=204)


def _to_change(session: Session, name: str) -> Customer:
    """The customer of this name, whom the caller may change. Raises CustomerNotFound, Forbidden or OwnEditsClosed."""
    found = asked_customer(session, name)
    if caller().role == CUSTOMER:
        own_edits.require_open(session, found)
    return found
