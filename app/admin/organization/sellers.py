"""Sellers and the shops they work in."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from werkzeug.exceptions import Forbidden

from app.access import passwords, staff
from app.openloyalty import member_views, schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.formats import paged
from app.openloyalty.forms.form import form, require_unchanged
from app.openloyalty.forms.sellers import SellerChangeForm, SellerForm
from app.openloyalty.forms.shops import PosChangeForm, PosForm
from app.openloyalty.queries import paged_by, paging
from app.openloyalty.shared.programme import list_shops_with_sales, show_shop, shown_shop
from app.organizations import chains as organizations
from app.organizations import shops
from app.web.door import allow, caller, chains, login_id, note_subject, own_chain, reading, transaction

blueprint = Blueprint("admin_sellers", __name__)


@blueprint.route("/seller", methods=["GET"])
@blueprint.response(200, schemas.listed("sellers", schemas.SellerView))
@blueprint.doc(parameters=paged_by(sorting.STAFF))
@allow("admin")
def list_sellers() -> Response:
    """List the sellers."""
    with reading() as session:
        return paged("sellers", staff.sellers(session, chains(), paging(sorting.STAFF)), member_views.seller)


@blueprint.route("/seller/register", methods=["POST"])
@form("seller", SellerForm)
@blueprint.response(200, schemas.SellerRegistered)
@allow("admin")
def register_seller(data: dict[str, Any]) -> Response:
    """Register a seller. The password is not answered: who sent it knows it."""
    password_hash = passwords.chosen(data.pop("password"))
    with transaction() as session:
        login = staff.add_seller(session, own_chain(), staff.SellerDetails(**data), password_hash, login_id())
        note_subject(seller=login.uuid)
    return jsonify(sellerId=str(login.uuid), email=login.email)


@blueprint.route("/seller/<uuid:seller>", methods=["GET"])
@blueprint.response(200, schemas.SellerView)
@allow("admin", "seller")
def show_seller(seller: UUID) -> Response:
    """Show a seller; sellers see themselves only."""
    if caller().role == "seller" and caller().login != seller:
        raise Forbidden
    with reading() as session:
        return jsonify(member_views.seller(staff.seller(session, seller, chains())))


@blueprint.route("/seller/<uuid:seller>", methods=["PUT"])
@form("seller", SellerChangeForm)
@blueprint.response(200, schemas.SellerId)
@allow("admin")
def change_seller(data: dict[str, Any], seller: UUID) -> Response:
    """Change a seller as a whole; a new password signs them out."""
    password = data.pop("password")
    password_hash = passwords.chosen(password) if password else None
    with transaction() as session:
        found = staff.seller(session, seller, chains())
        require_unchanged("seller", member_views.seller(found))
        staff.change_seller(session, found, data, password_hash, login_id())
    return jsonify(sellerId=str(seller))


@blueprint.route("/seller/<uuid:seller>/<any(activate, deactivate, delete):action>", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow("admin")
def switch_seller(seller: UUID, action: str) -> Response:
    """Activate, deactivate or delete a seller; it acts at once."""
    with transaction() as session:
        found = staff.seller(session, seller, chains())
        if action == "delete":
            staff.remove_seller(session, found)
        else:
            found.active = action == "activate"
    return jsonify([])


@blueprint.route("/pos", methods=["GET"])
@blueprint.response(200, schemas.listed("pos", schemas.PosView))
@blueprint.doc(parameters=paged_by(sorting.SHOPS))
@allow("admin")
def list_pos() -> Response:
    """List the points of sale, with what was sold there; `/api/seller/pos` is quicker where there are many sales."""
    return list_shops_with_sales()


@blueprint.route("/pos", methods=["POST"])
@form("pos", PosForm)
@blueprint.response(200, schemas.PosId)
@allow("admin")
def create_pos(data: dict[str, Any]) -> Response:
    """Create a point of sale."""
    with transaction() as session:
        created = shops.add(session, own_chain(), **data)
        note_subject(pos=created.uuid)
    return jsonify(posId=str(created.uuid))


@blueprint.route("/pos/<uuid:pos>", methods=["GET"])
@blueprint.response(200, schemas.PosView)
@allow("admin")
def show_pos(pos: UUID) -> Response:
    """Show a point of sale."""
    return show_shop(pos)


@blueprint.route("/pos/identifier/<identifier>", methods=["GET"])
@blueprint.response(200, schemas.PosView)
@allow("admin")
def show_pos_named(identifier: str) -> Response:
    """Show the point of sale that the chain knows by this name."""
    with reading() as session:
        return shown_shop(session, shops.named(session, identifier, chains()))


@blueprint.route("/pos/<uuid:pos>", methods=["PUT"])
@form("pos", PosChangeForm)
@blueprint.response(200, schemas.PosId)
@allow("admin")
def change_pos(data: dict[str, Any], pos: UUID) -> Response:
    """Change a point of sale as a whole."""
    with transaction() as session:
        chain_id = shops.get(session, pos, chains()).chain_id
        currency = organizations.printed_currencies(session, [chain_id])[chain_id]
        require_unchanged("pos", {"posId": str(pos), "currency": currency})
        shops.change(session, pos, **data, chains=chains())
    return jsonify(posId=str(pos))
