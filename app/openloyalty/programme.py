"""Levels and shops, read by admins and sellers alike."""

from uuid import UUID

from flask import Response, jsonify

from app.members import levels
from app.openloyalty import views
from app.openloyalty.queries import paging
from app.organizations import shops
from app.web.door import chains, reading


def list_levels() -> Response:
    with reading() as session:
        counts = levels.customers_counts(session)
        return views.paged(
            "levels", levels.page(session, chains(), paging()), lambda it: views.level(it, counts.get(it.id, 0))
        )


def show_level(uuid: UUID) -> Response:
    with reading() as session:
        level = levels.get(session, uuid, chains())
        return jsonify(views.level(level, levels.customers_counts(session).get(level.id, 0)))


def list_shops() -> Response:
    with reading() as session:
        return views.paged("pos", shops.page(session, chains(), paging()), views.pos)


def show_shop(uuid: UUID) -> Response:
    with reading() as session:
        return jsonify(views.pos(shops.get(session, uuid, chains())))
