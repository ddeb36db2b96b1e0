"""Levels and shops, read by admins and sellers alike."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from sqlalchemy.orm import Session

from app.media.pictures import with_picture
from app.members import levels
from app.openloyalty import member_views, sorting
from app.openloyalty.formats import paged
from app.openloyalty.queries import paging
from app.organizations import chains as organizations
from app.organizations import shops
from app.organizations.models import PointOfSale
from app.sales.listing import sold_in
from app.web.door import chains, listing, reading


def list_levels() -> Response:
    with reading() as session:
        counts, found = levels.customers_counts(session), levels.page(session, chains(), paging(sorting.LEVELS))
        pictured = with_picture(session, "level", (it.uuid for it in found.rows))
        return paged("levels", found, lambda it: member_views.level(it, counts.get(it.id, 0), it.uuid in pictured))


def show_level(uuid: UUID) -> Response:
    with reading() as session:
        level = levels.get(session, uuid, chains())
        counts, pictured = levels.customers_counts(session), with_picture(session, "level", [uuid])
        return jsonify(member_views.level(level, counts.get(level.id, 0), uuid in pictured))


def list_shops() -> Response:
    """The shops, without what was sold there: quick, for whoever chooses one."""
    with reading() as session:
        return paged("pos", shops.page(session, chains(), paging(sorting.SHOPS)), member_views.pos)


def list_shops_with_sales() -> Response:
    with listing() as session:
        found = shops.page(session, chains(), paging(sorting.SHOPS))
        shown = _with_sales(session, found.rows)
        return paged("pos", found, lambda it: shown[it.id])


def show_shop(uuid: UUID) -> Response:
    with reading() as session:
        return shown_shop(session, shops.get(session, uuid, chains()))


def show_shop_to_seller(uuid: UUID) -> Response:
    """A shop, without what was sold there."""
    with reading() as session:
        return jsonify(member_views.pos(shops.get(session, uuid, chains())))


def shown_shop(session: Session, it: PointOfSale) -> Response:
    return jsonify(_with_sales(session, [it])[it.id])


def _with_sales(session: Session, found: Sequence[PointOfSale]) -> dict[int, dict[str, Any]]:
    """Shops as they are printed, by their ids."""
    sold = sold_in(session, [it.id for it in found])
    currencies = organizations.printed_currencies(session, [it.chain_id for it in found])
    return {it.id: member_views.pos(it, sold[it.id], currencies[it.chain_id]) for it in found}
