"""Levels and shops, read by admins and sellers alike."""

from uuid import UUID

from flask import Response, jsonify

from app.media.pictures import with_picture
from app.members import levels
from app.openloyalty import views
from app.openloyalty.queries import paging
from app.organizations import shops
from app.web.door import chains, reading


def list_levels() -> Response:
    with reading() as session:
        counts, found = levels.customers_counts(session), levels.page(session, chains(), paging())
        pictured = with_picture(session, "level", (it.uuid for it in found.rows))
        return views.paged("levels", found, lambda it: views.level(it, counts.get(it.id, 0), it.uuid in pictured))


def show_level(uuid: UUID) -> Response:
    with reading() as session:
        level = levels.get(session, uuid, chains())
        counts, pictured = levels.customers_counts(session), with_picture(session, "level", [uuid])
        return jsonify(views.level(level, counts.get(level.id, 0), uuid in pictured))


def list_shops() -> Response:
    with reading() as session:
        return views.paged("pos", shops.page(session, chains(), paging()), views.pos)


def show_shop(uuid: UUID) -> Response:
    with reading() as session:
        return jsonify(views.pos(shops.get(session, uuid, chains())))
